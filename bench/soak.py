"""The day's mix for a long time at a fixed rate: what of memory, descriptors and lateness does not stay as it was."""

import contextlib
import os
import re
import statistics
import time
from pathlib import Path

from harness.cinema import SERVICES
from harness.flat import growth, leaks, settled
from harness.stores import ask
from house import house
from mix import Day
from mixed import turn
from scenarios import row

MINUTES = float(os.environ.get("TAQUILLA_SOAK_MINUTES") or 30)
RATE_PER_S, TURNS_MIN, TURN_S_MAX = 300, 10, 30
SETTLE_S = 5
MEMORY_KB, DESCRIPTORS = 2000, 2  # what a process may grow by after the first third
BURST = 4000  # requests at first, all at once, so that what is made when many come together has been made
CLAIM_KB = 0.15  # what the gateway has in memory of each seat that is held or sold: 112 bytes, and its part of a hash table
PAGES = 1.25  # SQLite's memory for each byte of the file that it keeps there
REST_S = 75  # connections between services that nobody uses are ended after 60 s


class Watched:
    """Each service after every turn, when those who asked are gone: KB of memory of its own, KB with its part of what is shared, descriptors
    without the connections that services keep to one another; and KB of what it has to keep, which grows with the sales."""

    def __init__(self, home):
        self.home, self.pids = home, {service: home.cinema.pid(service) for service in SERVICES}
        self.own, self.pss, self.descriptors, self.kept = ({s: [] for s in SERVICES} for _ in range(4))
        self.at_first = self.all_descriptors()

    def take(self):
        counts, claims = self.settle(), int(ask(self.home.cinema.database(), "SELECT count(*) FROM seat_claims")[0][0])
        for service, pid in self.pids.items():
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            for series, name in ((self.own, "Pss_Anon"), (self.pss, "Pss")):
                series[service].append(int(re.search(rf"(?m)^{name}:\s+(\d+) kB", text)[1]))
            self.descriptors[service].append(counts[service])
            pages = PAGES * sum(f.stat().st_size for f in self.home.cinema.data.rglob(f"{service}*.db")) / 1000
            self.kept[service].append(round(pages + CLAIM_KB * claims * (service == "gateway")))

    def all_descriptors(self):
        return {service: len(open_files(pid)) for service, pid in self.pids.items()}

    def outer_descriptors(self):
        files = {service: open_files(pid) for service, pid in self.pids.items()}
        inner = inner_sockets({link for links in files.values() for link in links})
        return {service: sum(link not in inner for link in links) for service, links in files.items()}

    def settle(self):
        """When nothing is opened or closed any more: connections end a moment after those who asked."""
        end, before = time.monotonic() + SETTLE_S, None
        while (now := self.outer_descriptors()) != before and time.monotonic() < end:
            before = now
            time.sleep(0.3)
        return now

    def rest(self):
        """Nobody asks anything until all descriptors are as many as at first; those of who does not come so far."""
        end = time.monotonic() + REST_S
        while more := {s: n - self.at_first[s] for s, n in self.all_descriptors().items() if n > self.at_first[s] + DESCRIPTORS}:
            if time.monotonic() > end:
                return [f"{service} keeps {count} descriptors more than at first" for service, count in more.items()]
            time.sleep(0.5)
        return []

    def problems(self):
        """The gateway keeps the claims; SQLite keeps pages of its file, 64 MiB of them at most."""
        found = []
        for service, kb in self.own.items():
            found.append(leaks(f"memory of {service}", kb, MEMORY_KB + max(0, growth(settled(self.kept[service]))), "KB"))
            found.append(leaks(f"descriptors of {service}", self.descriptors[service], DESCRIPTORS, "in all"))
        return [problem for problem in found if problem]


def open_files(pid):
    found = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed this moment
            found.append(os.readlink(file))
    return found


def inner_sockets(links):
    """Those of these sockets whose other end is one of them too, as "socket:[number]"."""
    ends = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if (link := f"socket:[{fields[9]}]") in links:
            ends[fields[1], fields[2]] = link
    return {link for (here, there), link in ends.items() if (there, here) in ends}


def lasting(home, minutes=MINUTES, between=lambda number: None):
    """The mix in turns; between: called after each. What was watched, and what each turn measured."""
    turns = max(TURNS_MIN, int(minutes * 60 / TURN_S_MAX))
    seconds = minutes * 60 / turns
    day = Day(home, requests=int(RATE_PER_S * seconds * (turns + 2) + BURST))
    watched, found = Watched(home), []
    turn(day, seconds=60, most_per_s=BURST / 60)
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
    assert not (problems := watched.problems() + watched.rest()), "\n".join(problems)
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
