"""What script/bench makes of what it measured: the page of a report, flame graphs, tables of system calls, and its judge of a mix's answers."""

import re
import sys
import xml.etree.ElementTree as Xml
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

import flame  # noqa: E402
import report  # noqa: E402
from mix import MIX, Asked, judged  # noqa: E402
from where import calls_of  # noqa: E402

LATE = {"p50_ms": 0.4, "p99_ms": 12.5, "p99.9_ms": 130}


def row(of, scenario, ratio=None, unit="bookings/s", **more):
    figures = {"figure": 1234, "unit": unit, "rival": ratio and "pgbench <one>", "rival_figure": ratio and 1000, "ratio": ratio}
    return {"scenario": scenario, "cpu_us_per_request": 31.5, "of": of} | figures | more


ROWS = [
    row("spread", "spread on SQLite", ratio=1.2, cpu_us_of={"gateway": 9.5, "reservations": 22}, pss_mb={"gateway": 6.1, "reservations": 9}),
    row("spread", "spread on SQLite, at 80 %: p99", unit="ms", cpu_us_of={"gateway": 9.5, "reservations": 22}, **LATE),
    row("mixed", "mixed on SQLite, at 50 %: p99", ratio=1.3, unit="ms", kinds={"seat map": {"asked": 100} | LATE, "hold": {"asked": 7} | LATE}, **LATE),
    row("soak", "soak on SQLite: memory", unit="KB", series={"gateway, MB": [5, 5.1, 5.1], "rooms, MB": [4, 4, 4]}),
]


def test_a_report_is_one_page_that_asks_nothing_of_others():
    page = report.page(ROWS, "x86_64, two processors")
    assert not re.search(r"<script|<link|<iframe|<img|@import|url\((?!#)", page), "it loads something"
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page), "it leads elsewhere"
    assert re.findall(r"<h2 id=\"(\w+)\"", page) == ["spread", "mixed", "soak"]
    for text in ("x86_64, two processors", "1,234", "pgbench &lt;one&gt;", "seat map", "130", "memory at the end", "turn by turn"):
        assert text in page, text
    assert page.count("<figure>") == page.count("<svg") == 8


def test_more_is_better_but_of_time():
    assert [report.judged(r) for r in ROWS] == ["better", "", "worse", ""]


SAMPLES = """taquilla 1 [001] 2.0:   1 cpu-clock:
\tffffffff8158e3e1 tcp_sendmsg+0xc1 ([kernel.kallsyms])
\t          5afb31 send+0x13 (/usr/lib/x86_64-linux-gnu/libc.so.6)
\t          4afb31 answer_send+0x3 (/tmp/build/taquilla/taquilla)
\t               7 [unknown] ([unknown])

taquilla 1 [001] 2.1:   1 cpu-clock:
\t          5afb31 send (/usr/lib/x86_64-linux-gnu/libc.so.6)
\t          4afb31 answer_send+0x9 (/tmp/build/taquilla/taquilla)

taquilla 1 [001] 2.1:   1 cpu-clock:
\t            afb3 [unknown] (/usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6)

"""


def test_samples_become_stacks_and_a_picture():
    stacks = flame.fold(SAMPLES)
    sent = (("answer_send", "taquilla"), ("send", "libc"))
    assert stacks == {(*sent, ("tcp_sendmsg", "kernel")): 1, sent: 1, (("(no name, SQLite)", "SQLite"),): 1}
    by_owner, _ = flame.shares(stacks)
    assert {name: round(percent) for name, percent in by_owner} == {"kernel": 33, "libc": 33, "SQLite": 33}
    picture = Xml.fromstring(flame.svg(stacks, "one & all"))
    boxes = {g[0].text: float(g[1].get("width")) for g in picture.iter("{http://www.w3.org/2000/svg}g")}
    assert boxes.keys() == {"answer_send: 66.7 %", "send: 66.7 %", "tcp_sendmsg: 33.3 %", "(no name, SQLite): 33.3 %"}
    assert boxes["answer_send: 66.7 %"] == pytest.approx(800, abs=1) and boxes["tcp_sendmsg: 33.3 %"] == pytest.approx(400, abs=1)


def test_the_table_of_strace_is_read():
    text = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 61.76    0.001234           5       240           sendto
 30.00    0.000600           2      1300       100 recvfrom
------ ----------- ----------- --------- --------- ----------------
100.00    0.001834           1      1540       100 total
"""
    assert calls_of(text) == [("recvfrom", 1300), ("sendto", 240)]


def test_each_kind_of_a_mix_has_its_own_answers():
    asked = [Asked(kind.name, f"GET /{n}", None) for n, kind in enumerate(MIX)]
    good = [(0, 0, 1, kind.statuses[0], n) for n, kind in enumerate(MIX)]
    assert all(len(notes) == 1 for notes in judged(asked, SimpleNamespace(notes=good)).values())
    for n, kind in enumerate(MIX):
        other = next(status for status in (200, 201, 304, 409, 503) if status not in kind.statuses)
        with pytest.raises(AssertionError, match=re.escape(f"'{kind.name}', {other}")):
            judged(asked, SimpleNamespace(notes=[*good[:n], (0, 0, 1, other, n), *good[n + 1 :]]))
