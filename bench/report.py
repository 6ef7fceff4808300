"""What script/bench measured, as a page with its tables and plots; it asks nothing of any other machine."""

import html

import pygal
from pygal.style import CleanStyle

COLUMNS = ("scenario", "figure", "unit", "rival", "rival_figure", "ratio", "cpu_us_per_request")
TITLES = ("scenario", "figure", "unit", "rival", "rival's", "ratio", "CPU us")
PERCENTILES = ("p50_ms", "p99_ms", "p99.9_ms")
LOOK = """body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .25em .7em; border-bottom: 1px solid #ddd; text-align: left }
td.number { text-align: right; font-variant-numeric: tabular-nums } figure { margin: 1.5em 0 }"""


def cell(value):
    if value is None:
        return "<td></td>"
    kind = ' class="number"' if isinstance(value, (int, float)) else ""
    return f"<td{kind}>{html.escape(str(value))}</td>"


def table(titles, rows):
    head = "".join(f"<th>{html.escape(title)}</th>" for title in titles)
    body = "\n".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def plotted(chart, labels, series):
    """As SVG in the page; series: name and values, one for each label."""
    plot = chart(style=CleanStyle, js=[], height=120 + 34 * len(labels), width=1100, show_legend=len(series) > 1, disable_xml_declaration=True)
    plot.x_labels = labels
    for name, values in series:
        plot.add(name, values)
    return plot


def figure(title, plot):
    plot.title = title
    return f"<figure>{plot.render(is_unicode=True)}</figure>"


def ratios(rows):
    found = [r for r in rows if r["ratio"] is not None]
    labels = [f"{r['scenario']} / {r['rival']}" for r in found]
    return figure("ratio to the rival in the same run", plotted(pygal.HorizontalBar, labels, [("ratio", [r["ratio"] for r in found])]))


def percentiles(rows):
    found = [r for r in rows if all(name in r for name in PERCENTILES)]
    series = [(name.replace("_ms", ""), [r[name] for r in found]) for name in PERCENTILES]
    return figure("from when a request was due to its answer, ms", plotted(pygal.HorizontalBar, [r["scenario"] for r in found], series))


def processes(rows, key, title):
    """Stacked: what each process takes of it."""
    found = [r for r in rows if key in r]
    names = list(dict.fromkeys(name for r in found for name in r[key]))
    series = [(name, [r[key].get(name, 0) for r in found]) for name in names]
    return figure(title, plotted(pygal.HorizontalStackedBar, [r["scenario"] for r in found], series))


def page(rows):
    parts = [table(TITLES, [[r[c] for c in COLUMNS] for r in rows])]
    if any(r["ratio"] is not None for r in rows):
        parts.append(ratios(rows))
    if any("p99.9_ms" in r for r in rows):
        parts.append(percentiles(rows))
    for key, title in (("cpu_us_of", "CPU us for each request, by process"), ("pss_mb", "memory at the end (PSS), MB")):
        if any(key in r for r in rows):
            parts.append(processes(rows, key, title))
    others = [(r["scenario"], ", ".join(f"{k} {v}" for k, v in r.items() if k not in COLUMNS and not isinstance(v, dict))) for r in rows]
    parts.append(table(("scenario", "besides"), [o for o in others if o[1]]))
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Taquilla, measured</title><style>{LOOK}</style></head>'
    return f"{head}<body><h1>Taquilla, measured</h1>\n{''.join(parts)}</body></html>\n"

