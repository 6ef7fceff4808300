"""What script/bench measured, as a page with a section for each scenario, its tables and plots; it asks nothing of any other machine."""

import html
import math
import re

import pygal
from pygal.style import Style

COLUMNS = ("scenario", "figure", "unit", "rival", "rival_figure", "ratio", "cpu_us_per_request")
TITLES = ("scenario", "figure", "unit", "rival", "rival's", "ratio", "CPU us")
PERCENTILES = ("p50_ms", "p99_ms", "p99.9_ms")
LEAST_MS = 0.1  # a shorter bar could not be seen
COLOURS = {
    "gateway": "#2f6db3",
    "reservations": "#c8553d",
    "PostgreSQL": "#8a8d91",
    "movies": "#3f8f5f",
    "rooms": "#d9a441",
    "analytics": "#7a5ba8",
    "ingestion": "#59a5b5",
}
OTHERS = ("#2f6db3", "#c8553d", "#d9a441", "#3f8f5f", "#7a5ba8", "#59a5b5")
LOOK = """body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 74em; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .25em .7em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }
th { white-space: nowrap } td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tr.better td.ratio { color: #27693f } tr.worse td.ratio { color: #a33a24 }
h2 { margin-top: 2.2em; border-top: 2px solid #222; padding-top: .4em } nav a { margin-right: 1em } figure { margin: 1.2em 0 }
figcaption { font-weight: 600 } .besides { color: #555; font-size: 13px } figure svg { width: 100%; height: auto }"""


# --- tables ---


def cell(value, name=""):
    kind = f"number {name}".strip() if isinstance(value, (int, float)) else name
    text = "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return f'<td class="{kind}">{html.escape(text)}</td>' if kind else f"<td>{html.escape(text)}</td>"


def table(titles, rows, marks=None):
    head = "".join(f"<th>{html.escape(title)}</th>" for title in titles)
    lines = []
    for n, row in enumerate(rows):
        mark = f' class="{marks[n]}"' if marks and marks[n] else ""
        lines.append(f"<tr{mark}>{''.join(cell(v, 'ratio' if t == 'ratio' else '') for t, v in zip(titles, row))}</tr>")
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>" + "\n".join(lines) + "</tbody></table>"


def judged(row):
    """Is more better? Of what is measured in a time, less is."""
    if row["ratio"] is None or row["ratio"] == 1:
        return ""
    return "better" if (row["ratio"] < 1) == (row["unit"] == "ms") else "worse"


def figures(rows):
    return table(TITLES, [[r[c] for c in COLUMNS] for r in rows], [judged(r) for r in rows])


def besides(rows):
    """What the table has no column for and no plot shows."""
    shown = (*COLUMNS, *PERCENTILES, "of", "cpu_us_of", "pss_mb", "kinds", "series", "curve", "showings", "value")
    found = [(r["scenario"], ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in r.items() if k not in shown)) for r in rows]
    lines = [f"{html.escape(name)}: {html.escape(text)}" for name, text in dict(found).items() if text]
    return f'<p class="besides">{"<br>".join(lines)}</p>' if lines else ""


# --- plots ---


def look(names):
    rest = iter(OTHERS * 3)
    colours = tuple(COLOURS.get(name.split(",")[0]) or next(rest) for name in names)
    return Style(
        colors=colours, background="transparent", plot_background="transparent", font_family="system-ui, sans-serif", label_font_size=13,
        major_label_font_size=13, legend_font_size=13, value_font_size=12, opacity=".95", guide_stroke_dasharray="1,3", major_guide_stroke_dasharray="1,3",
    )


def drawn(title, chart, labels, series, height, **more):
    """As SVG in the page; series: name and values, one for each label."""
    plot = chart(style=look([name for name, _ in series]), js=[], width=1120, height=height, show_legend=len(series) > 1,
                 legend_at_bottom=True, legend_at_bottom_columns=len(series), disable_xml_declaration=True, truncate_label=-1, truncate_legend=-1, **more)  # fmt: skip
    plot.x_labels = labels
    for name, values in series:
        plot.add(name, values)
    return figure(title, plot)


def figure(title, plot):
    drawing = re.sub(r"<!--.*?-->|<script.*?</script>", "", plot.render(is_unicode=True), flags=re.S)
    return f"<figure><figcaption>{html.escape(title)}</figcaption>{drawing}</figure>"


def bars(title, rows, series, stacked=False, **more):
    """In the order of the table, which a plot begins from below; without what all names have in common."""
    chart = pygal.HorizontalStackedBar if stacked else pygal.HorizontalBar
    upwards = [(name, values[::-1]) for name, values in series]
    lines = len(rows) * (1 if stacked else len(series))
    return drawn(title, chart, short(rows)[::-1], upwards, 110 + 14 * lines + 14 * len(rows), **more)


def short(names):
    """The words that all begin with are left out."""
    words, at = [name.split() for name in names], 0
    while len(names) > 1 and all(len(w) > at + 1 and w[at] == words[0][at] for w in words):
        at += 1
    return [" ".join(w[at:]) for w in words]


def ratios(rows):
    found = [r for r in rows if r["ratio"] is not None]
    if not found:
        return ""
    names = [f"{r['scenario']} / {r['rival']}" for r in found]
    return bars("ratio to the rival in the same run", names, [("ratio", [r["ratio"] for r in found])])


def percentiles(title, found):
    """found: name and the percentiles of it. As factors: between the middle and the last of a thousand lie many."""
    found = [(name, late) for name, late in found if all(p in late for p in PERCENTILES)]
    if not found:
        return ""
    series = [(p.replace("_ms", ""), [max(LEAST_MS, late[p]) for _, late in found]) for p in PERCENTILES]
    most = next(10**n for n in range(1, 9) if 10**n >= max(max(values) for _, values in series))
    return bars(title, [name for name, _ in found], series, logarithmic=True, range=(LEAST_MS / 10, most), zero=LEAST_MS / 10, y_labels=powers(most))


def powers(most):
    return [10**n if n >= 0 else 10.0**n for n in range(-3, 9) if LEAST_MS / 10 <= 10.0**n <= most]


def processes(rows, key, title):
    """Stacked: what each process takes of it."""
    found = list({r["scenario"]: r for r in rows if key in r}.values())
    if not found:
        return ""
    names = list(dict.fromkeys(name for r in found for name in r[key]))
    series = [(name, [r[key].get(name, 0) for r in found]) for name in names]
    return bars(title, [r["scenario"] for r in found], series, stacked=True)


def kinds(row):
    """Of a mix: each kind of request."""
    lines = [(name, k["asked"], *(k[p] for p in PERCENTILES)) for name, k in row["kinds"].items()]
    plot = percentiles(f"{row['scenario'].removesuffix(': p99')}: each kind, ms", list(row["kinds"].items()))
    return table(("kind", "asked", "p50, ms", "p99, ms", "p99.9, ms"), lines) + plot


def curves(rows):
    """One line a series over how many showings there are, both axes in powers of ten."""
    drawings = []
    for name in dict.fromkeys(r["curve"] for r in rows if "curve" in r):
        found = [r for r in rows if r.get("curve") == name]
        series = list(dict.fromkeys(r["series"] for r in found))
        plot = pygal.XY(style=look(series), js=[], width=1120, height=520, logarithmic=True, legend_at_bottom=True, disable_xml_declaration=True)
        plot.x_title = "showings, as a power of ten"
        for one in series:
            plot.add(one, [(math.log10(r["showings"]), max(r["value"], 0.001)) for r in found if r["series"] == one])
        drawings.append(figure(name, plot))
    return "".join(drawings)


def over_time(row):
    series = list(row["series"].items())
    turns = range(1, len(series[0][1]) + 1)
    step = max(1, len(turns) // 12)
    labels = [str(n) if n % step == 1 or step == 1 else "" for n in turns]
    return drawn(f"{row['scenario']}, turn by turn", pygal.Line, labels, series, 380, show_dots=False)


# --- the page ---


def section(name, rows):
    """One scenario's: what it found, how late answers were, what each process took."""
    parts = [f'<h2 id="{html.escape(name)}">{html.escape(name)}</h2>', figures(rows), besides(rows), ratios(rows)]
    parts.append(percentiles("from when a request was due to its answer, ms", [(r["scenario"].removesuffix(": p99"), r) for r in rows]))
    parts.append(processes(rows, "cpu_us_of", "CPU us for each request, by process"))
    parts.append(processes(rows, "pss_mb", "memory at the end (PSS), MB"))
    parts += [kinds(r) for r in rows if "kinds" in r]
    parts += [over_time(r) for r in rows if "series" in r and "curve" not in r]
    parts.append(curves(rows))
    return "\n".join(part for part in parts if part)


def page(rows, about=""):
    """about: on what it was measured, and when."""
    groups = {}
    for r in rows:
        groups.setdefault(r.get("of", "measured"), []).append(r)
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Taquilla, measured</title><style>{LOOK}</style></head>'
    links = " ".join(f'<a href="#{html.escape(name)}">{html.escape(name)}</a>' for name in groups)
    lead = f"<p>{html.escape(about)}</p>\n<p>Absolute figures are this machine's; ratios and CPU for each request are what to compare. bench/README.md says what each scenario asks.</p>"
    sections = "\n".join(section(name, found) for name, found in groups.items())
    return f"{head}<body><h1>Taquilla, measured</h1>\n{lead}\n<nav>{links}</nav>\n{sections}</body></html>\n"
