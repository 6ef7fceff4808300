"""Where the time goes (script/bench --flames DIR): what each process does while the house is browsed, sells over many showings and sells
one out. Leaves in DIR a flame graph of each process, and tables.md: CPU and system calls for each request, whose code and which
functions, and what the database server counts. Three passes of the same kind, as who is watched is slower: one is only counted, one is
sampled, one is traced."""

import itertools
import random
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from boxoffice import STORM_SEATS
from crowd import crowd
from flame import Recorder, shares, write
from harness.cinema import descendants
from house import CLIENTS, house
from pace import SECONDS
from scenarios import store_counts

FUNCTIONS, STATEMENTS, CALLS = 12, 6, 10  # rows of a table
TRACED = 6000  # requests, a storm from its beginning to its end: tracing makes each slow
PASS_S = 2 * SECONDS
BROWSED_PER_S, SOLD_PER_S = 30_000, 8000  # of plans


# --- what is asked ---


class Browsing:
    """Lists, the same with a tag, a film's page and a map of 200 seats, in turns, at the gateway."""

    name, door, statuses, processes = "browse", "gateway", (200, 304), ("gateway",)

    def __init__(self, home):
        self.home, make = home, home.maker
        room = make.make_room(seats=200, per_row=20)
        showings = [make.make_showing(home.film, room, make.at(days=day)) for day in range(1, 30)]
        pages = ["/api/showtimes?limit=20", f"/api/movie-details/{home.film['_id']}", f"/api/showtimes/{showings[0]['id']}/seats"]
        tag = make.gateway.get(pages[0], headers={"Accept-Encoding": "identity"}).headers["etag"]
        self.lines = [f"GET {page}" for page in pages] + [f"GET {pages[0]} If-None-Match: {tag}"]

    def plan(self, seconds):
        return self.lines * int(BROWSED_PER_S * seconds / len(self.lines))


class Selling:
    """book-ticket of one seat a request, each another, over 100 showings."""

    name, door, statuses, processes = "spread", "gateway", (201,), ("gateway", "reservations")

    def __init__(self, home):
        self.home, make = home, home.maker
        rooms = [make.make_room(seats=1000, per_row=50) for _ in range(20)]
        showings = [home.known(make.make_showing(home.film, room, make.at(days=day))) for day, room in itertools.product(range(1, 6), rooms)]
        self.left = ((showing, seat) for seats in zip(*(s["seat_ids"] for s in showings)) for showing, seat in zip(showings, seats))

    def plan(self, seconds):
        buyers = itertools.cycle(self.home.buyers)
        return [self.home.booking(self.door, *one, next(buyers)) for one in itertools.islice(self.left, int(SOLD_PER_S * seconds / 2))]


class Storming:
    """Showings of 2,000 seats one after the other, each seat asked for three times in random order, at reservations itself."""

    name, door, statuses, processes = "storm", "reservations", (201, 409), ("reservations",)

    def __init__(self, home):
        self.home, self.room, self.days = home, home.maker.make_room(seats=STORM_SEATS, per_row=50), itertools.count(1)

    def plan(self, seconds):
        lines, dice = [], random.Random(1)
        while len(lines) < SOLD_PER_S * seconds:
            showing = self.home.known(self.home.maker.make_showing(self.home.film, self.room, self.home.maker.at(days=next(self.days))))
            wanted = showing["seat_ids"] * 3
            dice.shuffle(wanted)
            lines += [self.home.booking(self.door, showing, seat, dice.choice(self.home.buyers)) for seat in wanted]
        return lines


# --- the passes ---


def asked(act, lines, seconds=PASS_S):
    return crowd(act.home.port(act.door), lines, clients=CLIENTS, seconds=seconds).only(*act.statuses)


def pids_of(act):
    """Of the services that take part and of the database server, when those are gone that only looked into it."""
    home = act.home
    time.sleep(0.5)
    found = {name: [home.cinema.pid(name)] for name in act.processes}
    return found | ({"PostgreSQL": [home.server.process.pid, *descendants(home.server.process.pid)]} if sells_on_postgres(act) else {})


def sells_on_postgres(act):
    return bool(act.home.server) and "reservations" in act.processes


def counted(act):
    """CPU us of each process, bookings for each commit and, on PostgreSQL, what the server counted, for each request."""
    home, server = act.home, act.home.server if sells_on_postgres(act) else None
    lines = act.plan(PASS_S)
    cost, before = home.cost(*act.processes), store_counts(home.maker)
    server_before = wal(server) if server else None
    if server:
        server.sql("SELECT pg_stat_statements_reset()")
    seen = asked(act, lines)
    number = len(seen.notes)
    cpu = cost.us_each(number)
    found = {"requests": number, "cpu": {name: cpu[name] for name in pids_of(act)}}
    if sold := len(seen.of(201)):
        found |= {"sold": sold, "commits": home.batches(before)}
    if server:
        time.sleep(1)  # a backend tells its counts a moment later
        found["wal"] = {name: (later - server_before[name]) / number for name, later in wal(server).items()}
        found["statements"] = [(text, int(calls) / number, float(us)) for text, calls, us in top_statements(server)]
    return found


def wal(server):
    question = "SELECT wal_records, wal_bytes, wal_write, wal_sync, (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) FROM pg_stat_wal"
    return dict(zip(("records of the log", "bytes of the log", "writes of the log", "syncs of the log", "commits"), map(float, server.sql(question)[0])))


def top_statements(server):
    return server.sql(
        r"SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 70), calls, round((total_exec_time / calls * 1000)::numeric, 1) FROM pg_stat_statements "
        f"WHERE query NOT LIKE '%pg_stat_%' ORDER BY total_exec_time DESC LIMIT {STATEMENTS}"
    )


def sampled(act):
    recorders = {name: Recorder(pids) for name, pids in pids_of(act).items()}
    asked(act, act.plan(PASS_S))
    return {name: recorder.folded() for name, recorder in recorders.items()}


def traced(act):
    """System calls for each request, by process."""
    files, tracers, lines = {}, [], act.plan(2)[:TRACED]
    for name, pids in pids_of(act).items():
        files[name] = tempfile.NamedTemporaryFile("r")
        command = ["strace", "-c", "-f", "-q", "-o", files[name].name, *(word for pid in pids for word in ("-p", str(pid)))]
        tracers.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
    time.sleep(1)
    number = len(asked(act, lines, seconds=60).notes)
    for tracer in tracers:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(20)
    return {name: [(call, calls / number) for call, calls in calls_of(file.read())] for name, file in files.items()}


def calls_of(text):
    """The table that strace -c prints, the most frequent first."""
    rows = re.findall(r"(?m)^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", text)
    return sorted(((call, int(calls)) for calls, call in rows if call != "total"), key=lambda row: -row[1])[:CALLS]


# --- the page's tables ---


def table(titles, rows):
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def tables(name, count, stacks, calls):
    """In Markdown."""
    cpu = ", ".join(f"{process} {us:.1f}" for process, us in count["cpu"].items())
    parts = [f"### {name}\n", f"{count['requests']:,} requests; CPU us for each: {cpu}."]
    if "sold" in count:
        parts[-1] += f" {count['sold']:,} bookings in {count['commits']:,.0f} commits, {count['sold'] / count['commits']:.1f} each."
    parts.append("")
    owners = {process: dict(shares(found)[0]) for process, found in stacks.items()}
    whose = list(dict.fromkeys(w for found in owners.values() for w in found))
    parts.append(table(["% of its time in", *whose], [[process, *(f"{found.get(w, 0):.0f}" for w in whose)] for process, found in owners.items()]))
    for process, found in stacks.items():
        top = ", ".join(f"`{function}` {percent:.1f}" for (function, _), percent in shares(found)[1][:FUNCTIONS])
        parts.append(f"{process}, % in the function itself: {top}.\n")
    for process, found in calls.items():
        parts.append(f"{process}, system calls for each request: " + ", ".join(f"`{call}` {n:.3f}" for call, n in found) + ".\n")
    if "wal" in count:
        parts.append("PostgreSQL, for each request: " + ", ".join(f"{what} {n:.3f}" for what, n in count["wal"].items()) + ".\n")
        parts.append(table(["statement", "calls for each request", "us each"], [[f"`{text}`", f"{n:.3f}", us] for text, n, us in count["statements"]]))
    return "\n".join(parts)


def looked_at(act, folder):
    store = f" on {act.home.store}" if "reservations" in act.processes else ""
    count, stacks = counted(act), sampled(act)
    for process, found in stacks.items():
        write(folder, f"{act.name}{store}-{process}".replace(" ", "-").lower(), found)
    return tables(f"{act.name}{store}", count, stacks, traced(act))


def where(folder):
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for store, acts in (("SQLite", (Browsing, Selling, Storming)), ("PostgreSQL", (Selling, Storming))):
        with house(store) as home:
            for act in acts:
                found.append(looked_at(act(home), folder))
                print(found[-1], flush=True)
    (folder / "tables.md").write_text("\n".join(found))
