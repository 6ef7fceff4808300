"""run.py [SCENARIO...] [--json FILE] [--report FILE] [--flames DIR]: starts a cinema of the release build and prints ratios measured in this one run."""

import argparse
import functools
import json
import platform
import sys
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

from harness.cinema import Cinema, program  # noqa: E402
from harness.maker import Maker  # noqa: E402
import report  # noqa: E402
from boxoffice import BOX_OFFICE  # noqa: E402
from cloud import cloud  # noqa: E402
from figures import analytics  # noqa: E402
from growth import growth  # noqa: E402
from herd import HERD  # noqa: E402
from keeping import backups, export, imports  # noqa: E402
from load import CPUS  # noqa: E402
from million import million  # noqa: E402
from mixed import MIXED  # noqa: E402
from mysql import mysql  # noqa: E402
from overload import overload  # noqa: E402
from postgres import postgres  # noqa: E402
from ready import ready  # noqa: E402
from replicas import replicas  # noqa: E402
from rivals import Nginx  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402
from search import search  # noqa: E402
from soak import soak  # noqa: E402
from ticket import ticket  # noqa: E402
from watch import watch  # noqa: E402
from where import where  # noqa: E402

SCENARIOS |= BOX_OFFICE | HERD | MIXED | {"million": million, "growth": growth, "ticket": ticket, "ready": ready, "watch": watch, "mysql": mysql, "postgres": postgres, "analytics": analytics, "export": export, "import": imports, "backup": backups, "search": search, "cloud": cloud, "replicas": replicas, "soak": soak, "overload": overload}
LONG = ("million", "growth", "soak")
COLUMNS = ("scenario", "figure", "unit", "rival", "rival_figure", "ratio", "cpu_us_per_request")
TITLES = ("scenario", "figure", "unit", "rival", "rival's", "ratio", "CPU us")


def table(rows):
    lines = [TITLES] + [tuple("" if r[c] is None else str(r[c]) for c in COLUMNS) for r in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in lines)


def main():
    known = argparse.ArgumentParser(description=__doc__)
    known.add_argument("scenario", nargs="*", help=", ".join(SCENARIOS) + "; without any, all but million and growth, which take ten minutes and more, and soak, which takes an hour")
    known.add_argument("--json", type=Path, help="also write the rows to this file")
    known.add_argument("--report", type=Path, help="also write a page with tables and plots to this file")
    known.add_argument("--flames", type=Path, metavar="DIR", help="instead of scenarios: leaves in DIR where each process spends its time")
    known.add_argument("--full", action="store_true", help="growth with twenty million reservations in place of one")
    asked = known.parse_args()
    if unknown := [s for s in asked.scenario if s not in SCENARIOS]:
        known.error(f"unknown scenario: {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    if asked.flames:
        where(asked.flames)
        return
    if asked.full:
        SCENARIOS["growth"] = functools.partial(growth, full=True)
    rows = []
    executable = program("TAQUILLA_RELEASE", "build")
    with Cinema(executable=executable, MAX_HOLDS_PER_USER=100000) as cinema, Nginx() as nginx:
        maker = Maker(cinema)
        for name in asked.scenario or [s for s in SCENARIOS if s not in LONG]:
            for found in SCENARIOS[name](maker, nginx):
                print(found["scenario"], found["figure"], found["unit"], flush=True, file=sys.stderr)
                rows.append(found | {"of": name})
        maker.close()
    about = f"{platform.machine()}, {len(CPUS)} processors, Linux {platform.release()}, {datetime.now():%d %B %Y}; medians; the load on one processor"
    print(f"\n{about}\n")
    print(table(rows))
    if per_commit := {r["scenario"]: r["bookings_per_commit"] for r in rows if "bookings_per_commit" in r}:
        print("\nbookings per commit:\n" + "\n".join(f"{count:6} {scenario}" for scenario, count in per_commit.items()))
    for r in rows:
        if "server_cpu_us_per_request" in r:
            print(f"{r['scenario']}: the database server's CPU us each {r['server_cpu_us_per_request']}, for the rival {r['rival_server_cpu_us_per_request']}")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=2) + "\n")
    if asked.report:
        asked.report.write_text(report.page(rows, about))


main()
