"""The day's mix for a long time at a fixed rate: what of memory, descriptors and lateness does not stay as it was."""

import os
import re
import statistics
import time
from pathlib import Path

from harness.cinema import SERVICES
from harness.flat import growth, leaks, settled
from house import house
from mix import Day
from mixed import turn
from scenarios import row

MINUTES = float(os.environ.get("TAQUILLA_SOAK_MINUTES") or 30)
RATE_PER_S, TURNS_MIN, TURN_S_MAX = 300, 10, 30
SETTLE_S = 5
MEMORY_KB, DESCRIPTORS = 2000, 2  # what a process may grow by after the first third: caches that still fill, a connection that is still kept


class Watched:
    """Each service after every turn, when those who asked are gone: KB of memory of its own, KB with its part of what is shared, descriptors."""

    def __init__(self, cinema):
        self.pids = {service: cinema.pid(service) for service in SERVICES}
        self.own, self.pss, self.descriptors = ({s: [] for s in SERVICES} for _ in range(3))

    def take(self):
        counts = self.settle()
        for service, pid in self.pids.items():
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            for series, name in ((self.own, "Pss_Anon"), (self.pss, "Pss")):
                series[service].append(int(re.search(rf"(?m)^{name}:\s+(\d+) kB", text)[1]))
            self.descriptors[service].append(counts[service])

    def settle(self):
        """Descriptors when nothing is opened or closed any more: connections end a moment after those who asked."""
        end, before = time.monotonic() + SETTLE_S, None
        while (now := {s: len(os.listdir(f"/proc/{pid}/fd")) for s, pid in self.pids.items()}) != before and time.monotonic() < end:
            before = now
            time.sleep(0.3)
        return now

    def problems(self):
        found = [leaks(f"memory of {s}", kb, MEMORY_KB, "KB") for s, kb in self.own.items()]
        found += [leaks(f"descriptors of {s}", count, DESCRIPTORS, "") for s, count in self.descriptors.items()]
        return [problem for problem in found if problem]


def lasting(home, minutes=MINUTES, between=lambda number: None):
    """The mix in turns; between: called after each. What was watched, and what each turn measured."""
    turns = max(TURNS_MIN, int(minutes * 60 / TURN_S_MAX))
    seconds = minutes * 60 / turns
    day = Day(home, requests=int(RATE_PER_S * seconds * (turns + 2)))
    watched, found = Watched(home.cinema), []
    for number in range(turns):
        found.append(turn(day, rate=RATE_PER_S, seconds=seconds))
        between(number)
        watched.take()
    return watched, found


def thirds_ms(found, name):
    """The median of a percentile in the first third and in the last."""
    values, third = [turn[name] for turn in found], max(1, len(found) // 3)
    return statistics.median(values[:third]), statistics.median(values[-third:])


def soak_rows(home, minutes=MINUTES):
    watched, found = lasting(home, minutes)
    assert not (problems := watched.problems()), "\n".join(problems)
    name = f"soak on {home.store}, {minutes:g} minutes of mixed at {RATE_PER_S} a second"
    series = {f"{s}, MB": [round(kb / 1000, 2) for kb in pss] for s, pss in watched.pss.items()}
    late = {name: [turn[name] for turn in found] for name in ("p50_ms", "p99_ms")}
    first, last = thirds_ms(found, "p99_ms")
    cpu = sum(statistics.median(turn["cpu"][s] for turn in found) for s in found[0]["cpu"])
    yield row(f"{name}: p99 in its last third", last, "ms", "in its first", first, cpu, series=late)
    grown = {s: round(growth(settled(kb)), 1) for s, kb in watched.own.items()}
    pss = {s: round(kb[-1] / 1000, 1) for s, kb in watched.pss.items()}
    yield row(f"{name}: memory grew by", sum(grown.values()), "KB", None, None, cpu, pss_mb=pss, grown_kb=grown, series=series)
    yield row(f"{name}: descriptors", sum(n[-1] for n in watched.descriptors.values()), "open", "after the first third", first_third(watched), cpu)


def first_third(watched):
    return sum(settled(n)[0] for n in watched.descriptors.values())


def soak(_maker, _nginx):
    """Runs only when it is named: it takes half an hour for each store."""
    for store in ("SQLite", "PostgreSQL"):
        with house(store, HOLD_SECONDS=hold_s()) as home:
            found = list(soak_rows(home))
        yield from found


def hold_s(minutes=MINUTES):
    """So that holds run out within it, and none before the next turn, in which it is paid."""
    turn_s = min(TURN_S_MAX, minutes * 60 / TURNS_MIN)
    return int(max(15, 3 * turn_s))
