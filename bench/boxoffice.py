"""Seats sold to a crowd: over many showings (spread), of one until it is sold out (storm), from a moment on for which ten thousand wait
(opening), and while as many look at the map as can (poll). Each ends with a sweep of the store: what it finds takes all figures away."""

import contextlib
import itertools
import random
import time
from datetime import timedelta

import rivals
from crowd import Crowd, crowd, middle
from harness.maker import wall
from harness.stores import ask
from house import BATCH, BUYERS, CALM, CLIENTS, DOORS, FASTEST_PER_S, calm_row, more_of, on_both
from pace import ROUNDS, SECONDS
from scenarios import row, store_counts
from watch import Listeners, lags_ms

ROOMS, SEATS, DAYS = 50, 1000, 10  # 500 showings
STORM_SEATS = 2000
WAITING, OPENS_IN_S, ASKED_PER_S, OPENING_SEATS = 10_000, 5, 3000, 4000  # at each of two doors
SELLING_PER_S, WATCHING, POLLED_PER_S = 200, 200, 1000


# --- spread: 500 showings ---


class Stock:
    """Every seat of every showing once; neighbours are of different showings."""

    def __init__(self, home, showings):
        buyers = itertools.cycle(home.buyers)
        rows = zip(*(s["seat_ids"] for s in showings))
        self.left = [(showing, seat, next(buyers)) for seats in rows for showing, seat in zip(showings, seats)]

    def sold(self, count):
        del self.left[:count]


def season(home):
    """500 showings of 1,000 seats, all known to reservations."""
    rooms = [home.maker.make_room(seats=SEATS, per_row=50) for _ in range(ROOMS)]
    days = itertools.product(range(1, DAYS + 1), rooms)
    return [home.known(home.maker.make_showing(home.film, room, home.maker.at(days=day))) for day, room in days]


def sold_in(home, door, stock, rate=0, seconds=SECONDS):
    lines = [home.booking(door, *one) for one in stock.left[: int((rate or FASTEST_PER_S) * seconds)]]
    seen, found = home.measure(door, lines, 201, rate=rate, seconds=seconds)
    stock.sold(len(seen.notes))
    return found


def many_buyers(home):
    """So many that nobody comes to hold more than he may; their ids."""
    lines = [f'POST /api/users {{"email":"b{n}@crowd.example","name":"B"}}' for n in range(rivals.BUYERS)]
    crowd(home.port("reservations"), lines, clients=CLIENTS, seconds=120).only(201)
    return [int(found[0]) for found in ask(home.cinema.database(), "SELECT id FROM users ORDER BY id")][-rivals.BUYERS :]


def rates_of_rivals(home, bench):
    """Bookings a second, one each and 64 at once: of pgbench, or of a plain program on SQLite. Their events are as long as ours."""
    length = "SELECT CAST(avg(length(data)) AS integer) FROM log WHERE type = 'reservation.made'"
    event_bytes = int(ask(home.cinema.database(), length)[0][0])
    if home.server:
        one = bench.run(f"\\set buyer random(1, {rivals.BUYERS})\nSELECT book_one(:buyer, {rivals.SHOWINGS});\n", CLIENTS)[0]
        return {"one each": one, "64 at once": bench.run(f"SELECT book_many({event_bytes});\n", 1)[0] * BATCH}
    return {"one each": bench.run(SECONDS, 1, event_bytes), "64 at once": bench.run(SECONDS, BATCH, event_bytes)}


def spread_rows(home, _nginx):
    showings, home.buyers = season(home), many_buyers(home)
    stock, runs, their = Stock(home, showings), {door: [] for door in DOORS}, []
    with contextlib.nullcontext(home.rival()) if home.server else rivals.Plain() as bench:
        for _ in range(ROUNDS):
            for door, found in runs.items():
                found.append(sold_in(home, door, stock))
            their.append(rates_of_rivals(home, bench))
    for door, found in runs.items():
        full = middle(found, "per_s")
        now = sold_in(home, door, stock)["per_s"]  # less than at first: the store has grown
        calm = sold_in(home, door, stock, rate=CALM * now, seconds=2 * SECONDS)
        more, cpu = more_of(found)
        name = f"spread at {door} on {home.store}, {CLIENTS} clients"
        one, many = (middle(their, kind) for kind in ("one each", "64 at once"))
        whose = "pgbench" if home.server else "SQLite"
        yield row(name, full, "bookings/s", f"{whose}, one transaction each", one, cpu, **more)
        yield row(name, full, "bookings/s", f"{whose}, {BATCH} a statement" if home.server else f"SQLite, {BATCH} a commit", many, cpu)
        if door == "gateway":
            yield row(name, full, "bookings/s", "at reservations", middle(runs["reservations"], "per_s"), cpu)
        yield calm_row(name, calm)


# --- storm: one showing until nothing is left ---


def storm_once(home, room, day, rate=0):
    """Each seat is asked for three times, in random order."""
    showing = home.known(home.maker.make_showing(home.film, room, home.maker.at(days=day)))
    wanted = showing["seat_ids"] * 3
    random.Random(day).shuffle(wanted)
    lines = [home.booking("reservations", showing, seat, home.buyers[n % BUYERS]) for n, seat in enumerate(wanted)]
    seen, found = home.measure("reservations", lines, 201, 409, rate=rate, seconds=60)
    assert len(seen.of(201)) == len(showing["seat_ids"]), f"{len(seen.of(201))} sold of {len(showing['seat_ids'])}"
    claims = ask(home.cinema.database(), f"SELECT count(*), count(DISTINCT seat_id) FROM seat_claims WHERE schedule_id = {showing['id']}")
    assert [int(n) for n in claims[0]] == [len(room["seats"])] * 2, f"the store has {claims}"
    more = seen.late_ms(201) if rate else {"first_per_s": until_half(seen)}
    return showing, found | {"winners_per_s": seen.per_s(201)} | more


def until_half(seen):
    """Answers a second until half of the seats are sold. Most of these requests win, later ones lose, which is much cheaper: the rate of the
    whole storm is more than the beginning can take."""
    won = sorted(n[2] for n in seen.of(201))
    half, began = won[len(won) // 2], min(n[0] for n in seen.notes)
    return sum(n[2] <= half for n in seen.notes) / (half - began) * 1e9


def statements(server):
    return int(server.sql("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'")[0][0])


def late_lines(home, showing, door="reservations"):
    """Bookings of seats that are gone."""
    return [home.booking(door, showing, seat, home.buyers[n % BUYERS]) for n, seat in enumerate(showing["seat_ids"])] * 100


def lose(home, showing, rate=0):
    """Everybody comes too late; afterwards as many ask for /health, and nobody asks anything for as long."""
    lines = late_lines(home, showing)
    before = statements(home.server) if home.server else 0
    _, found = home.measure("reservations", lines, 409, rate=rate)
    if home.server:
        found["statements"] = statements(home.server) - before
        before = statements(home.server)
        time.sleep(SECONDS)
        found["statements_idle"] = statements(home.server) - before
    health = crowd(home.port("reservations"), ["GET /health"] * len(lines), clients=CLIENTS, seconds=SECONDS).only(200)
    return found | {"health": health.per_s(200)}


def storm_rows(home, _nginx):
    room = home.maker.make_room(seats=STORM_SEATS, per_row=50)
    sold, lost = [], []
    for day in range(1, ROUNDS + 1):
        showing, found = storm_once(home, room, day)
        sold.append(found)
        lost.append(lose(home, showing))
    name = f"storm on {home.store}, {STORM_SEATS} seats, {CLIENTS} clients"
    _, early = storm_once(home, room, ROUNDS + 1, rate=CALM * middle(sold, "first_per_s"))
    showing, calm = storm_once(home, room, ROUNDS + 2, rate=CALM * middle(sold, "per_s"))
    more, cpu = more_of(sold)
    yield row(f"{name}: winners", middle(sold, "winners_per_s"), "bookings/s", None, None, cpu, **more)
    yield calm_row(f"{name}: winners, rate of its first half", early)
    yield calm_row(f"{name}: winners", calm)
    more, cpu = more_of(lost)
    more |= {k: middle(lost, k) for k in lost[0] if k.startswith("statements")}
    yield row(f"{name}: losers", middle(lost, "per_s"), "refusals/s", "/health, same server", middle(lost, "health"), cpu, **more)
    yield calm_row(f"{name}: losers", lose(home, showing, rate=CALM * middle(lost, "per_s")))


# --- opening: ten thousand wait for one moment ---


def opening_rows(home, _nginx):
    """Half of them at the gateway and half at reservations; each asks every second or two, before and after."""
    room, maker = home.maker.make_room(seats=OPENING_SEATS, per_row=50), home.maker
    opens = maker.now() + timedelta(seconds=OPENS_IN_S + 5)
    showing = maker.make_showing(home.film, room, maker.at(days=3), sales_open_at=wall(opens))
    opens_ns = time.monotonic_ns() + int((opens.timestamp() - time.time()) * 1e9)
    time.sleep(max(0, (opens_ns - time.monotonic_ns()) / 1e9 - OPENS_IN_S))
    seats = iter(random.Random(1).choices(showing["seat_ids"], k=2 * ASKED_PER_S * 2 * OPENS_IN_S))
    crowds, cost, before = [], home.cost("gateway"), store_counts(maker)
    for door in DOORS:
        lines = [home.booking(door, showing, seat, random.choice(home.buyers)) for seat in itertools.islice(seats, ASKED_PER_S * 2 * OPENS_IN_S)]
        crowds.append(Crowd(home.port(door), lines, clients=WAITING // 2, rate=ASKED_PER_S, seconds=2 * OPENS_IN_S))
    found = [one.seen().only(201, 409) for one in crowds]
    won = sorted(n[2] for seen in found for n in seen.of(201))
    early = [n for n in won if n < opens_ns]
    assert not early, f"{len(early)} seats were sold before the moment"
    asked = sum(n[2] < opens_ns for seen in found for n in seen.notes)
    more, cpu = more_of([{"cpu": cost.us_each(sum(len(s.notes) for s in found)), "pss": cost.pss_mb(), "per_commit": len(won) / home.batches(before)}])
    more |= {"refused_before": asked, "sold": len(won), "last_sold_ms": round((won[-1] - opens_ns) / 1e6)}
    name = f"opening on {home.store}, {WAITING} wait: the first seat is sold after"
    yield row(name, (won[0] - opens_ns) / 1e6, "ms", None, None, cpu, **more)


# --- poll: the map while seats go, and the stream of them ---


def poll_once(home, nginx, showing, seats, rate=0):
    """The map is asked for while 200 seats a second go; `same`: nginx with its bytes, asked likewise."""
    target = f"/api/showtimes/{showing['id']}/seats"
    sold = [home.booking("reservations", showing, seat, home.buyers[0]) for seat in itertools.islice(seats, int(SELLING_PER_S * SECONDS))]
    selling = Crowd(home.port("reservations"), sold, clients=4, rate=SELLING_PER_S, seconds=SECONDS)
    lines = [f"GET {target}"] * int((rate or FASTEST_PER_S) * SECONDS)
    before = store_counts(home.maker)
    _, found = home.measure("gateway", lines, 200, rate=rate)
    found["per_commit"] = len(selling.seen().only(201).notes) / home.batches(before)
    if rate:
        return found
    path = f"seat-map-{time.monotonic_ns()}"  # another file each time: nginx keeps what it has opened
    nginx.serve(path, home.maker.gateway.get(target).content)
    same = crowd(nginx.port, [f"GET /{path}"] * len(lines), clients=CLIENTS, seconds=SECONDS).only(200)
    return found | {"rival": same.per_s(200)}


def watched_once(home, showing, seats, polled):
    """Milliseconds from the buyer's answer to each of those who watch, while the map is polled at a fixed rate, or by nobody."""
    target, going = f"/api/showtimes/{showing['id']}/seats", list(itertools.islice(seats, int(SELLING_PER_S * SECONDS)))
    listeners = Listeners(home.cinema.url("gateway"), target + "/stream", WATCHING)
    listeners.wait_ready()
    cost = home.cost("gateway")
    sold = [home.booking("reservations", showing, seat, home.buyers[0]) for seat in going]
    selling = Crowd(home.port("reservations"), sold, clients=4, rate=SELLING_PER_S, seconds=SECONDS)
    if polled:
        asked = crowd(home.port("gateway"), [f"GET {target}"] * int(POLLED_PER_S * SECONDS), clients=CLIENTS, rate=POLLED_PER_S, seconds=SECONDS).only(200)
    notes = selling.seen().only(201).notes
    heard = listeners.end()
    found = {"cpu": cost.us_each(len(notes) * WATCHING), "pss": cost.pss_mb()}
    found |= lags_ms({going[n[4]]: n[2] for n in notes}, heard, WATCHING)
    return found | ({f"map_{k}": v for k, v in asked.late_ms(200).items()} if polled else {})


def poll_rows(home, nginx):
    room = home.maker.make_room(seats=STORM_SEATS, per_row=50)
    showings = (home.known(home.maker.make_showing(home.film, room, home.maker.at(days=day))) for day in itertools.count(20))
    found, watched, quiet = [], [], []
    showing = next(showings)
    seats = iter(showing["seat_ids"])
    for _ in range(ROUNDS):
        found.append(poll_once(home, nginx, showing, seats))
    calm = poll_once(home, nginx, *with_seats(next(showings)), rate=CALM * middle(found, "per_s"))
    for _ in range(ROUNDS):
        watched.append(watched_once(home, *with_seats(next(showings)), polled=True))
        quiet.append(watched_once(home, *with_seats(next(showings)), polled=False))
    name = f"poll on {home.store}: a map of {STORM_SEATS} seats while {SELLING_PER_S} a second go"
    more, cpu = more_of(found)
    yield row(name, middle(found, "per_s"), "requests/s", "nginx, same bytes", middle(found, "rival"), cpu, **more)
    yield calm_row(name, calm)
    more, cpu = more_of(watched)
    name = f"poll on {home.store}: {WATCHING} watch the seats while {POLLED_PER_S} a second ask for the map, from a sale to each, p99"
    yield row(name, middle(watched, "p99_ms"), "ms", "nobody asks for the map", middle(quiet, "p99_ms"), cpu, **more)


def with_seats(showing):
    return showing, iter(showing["seat_ids"])


SCENES = {"storm": storm_rows, "opening": opening_rows, "poll": poll_rows}
BOX_OFFICE = {name: on_both(rows_of) for name, rows_of in SCENES.items()} | {"spread": on_both(spread_rows, MAX_HOLDS_PER_USER=rivals.HOLDS)}
