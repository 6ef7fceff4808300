"""Seats sold to a crowd: over many showings (spread), of one until it is sold out (storm), from a moment on for which ten thousand wait
(opening), and while as many look at the map as can (poll). Each ends with a sweep of the store: what it finds takes all figures away."""

import contextlib
import itertools
import random
import time
from datetime import timedelta

import rivals
from crowd import Cost, Crowd, crowd, middle
from harness.cinema import Alone, Cinema, program
from harness.maker import Maker, wall
from harness.postgres import Postgres
from harness.stores import ask
from postgres import BOOK_ONE, Bench
from scenarios import SCHEMA, row, store_counts
from sweep import sweep

ROUNDS, SECONDS, CLIENTS = 3, 3, 64
ROOMS, SEATS, DAYS, BUYERS = 50, 1000, 10, 1000  # 500 showings
STORM_SEATS, STORM_ROUNDS = 2000, 3
WAITING, OPENS_IN_S, ASKED_PER_S, OPENING_SEATS = 10_000, 5, 3000, 4000  # at each of two doors
BATCH = 64
FASTEST_PER_S = 30_000  # of plans: more than anybody answers
DOORS = {"reservations": "/api/reservations", "gateway": "/api/book-ticket"}

# The most that PostgreSQL takes of the same rows: a statement that looks at nothing writes 64 bookings, over one connection.
BOOK_MANY = f"""
CREATE FUNCTION book_many() RETURNS void LANGUAGE plpgsql AS $$
DECLARE at timestamptz := clock_timestamp(); first bigint := nextval('bench_seats') * {BATCH} + 1000000000;
BEGIN
    WITH made AS (
        INSERT INTO reservations (user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, expires_at)
            SELECT 1 + i, first / 200, '507f1f77bcf86cd799439011', 12.5, 'PENDING', true, at, at + interval '600 seconds'
            FROM generate_series(1, {BATCH}) i RETURNING id, user_id),
    seats AS (INSERT INTO reserved_seats (reservation_id, seat_id, ticket_type, price)
        SELECT id, first + user_id, 'general', 12.5 FROM made),
    claims AS (INSERT INTO seat_claims SELECT first / 200, first + user_id, id, at + interval '600 seconds' FROM made)
    INSERT INTO log (position, type, subject, time, data, command)
        SELECT nextval('bench_positions'), 'reservation.made', id::text, at, repeat('x', 400), gen_random_uuid() FROM made;
END $$;
"""


class House:
    """A whole cinema on one kind of store, with buyers and a film."""

    def __init__(self, store):
        self.store = store
        self.server = None
        settings = {"MAX_HOLDS_PER_USER": 100000, "HOLD_SECONDS": 3600}
        if store == "PostgreSQL":
            words = ("max_connections=300", "shared_buffers=256MB", "shared_preload_libraries=pg_stat_statements")
            self.server = Postgres(*words, durable=True).__enter__()
            settings["RESERVATIONS_DATABASE_URL"] = self.server.url
        self.cinema = Cinema(executable=program("TAQUILLA_RELEASE", "build"), **settings).start()
        self.maker = Maker(self.cinema)
        self.film = self.maker.make_movie()
        self.buyers = [self.maker.make_user()["id"] for _ in range(BUYERS)]

    def rival(self):
        """Another database of the same server, with the same tables."""
        url = self.server.database("rival")
        with Alone("reservations", executable=self.cinema.executable, ROOMS_API_URL="none", RESERVATIONS_DATABASE_URL=url):
            pass
        self.server.sql(BOOK_ONE + BOOK_MANY, database="rival")
        return Bench(self.server, url)

    def cost(self, door):
        return Cost(self.cinema, list(dict.fromkeys((door, "reservations"))), self.server)

    def port(self, door):
        return self.cinema.port(door)

    def booking(self, door, showing, seat, buyer):
        body = f'{{"userId":{buyer},"scheduleId":{showing["id"]},"movieId":"x","seatIds":[{seat}],"totalAmount":12.5,"hold":true}}'
        return f"POST {DOORS[door]} {body}"

    def known(self, showing):
        """Reservations has heard of it: its first seat is booked."""
        self.maker.book(showing, showing["seat_ids"][:1], user={"id": self.buyers[0]})
        return showing | {"seat_ids": showing["seat_ids"][1:]}

    def close(self):
        self.maker.close()
        self.cinema.stop(remove=False)
        ask(self.cinema.database(), "CREATE INDEX bench_claims ON seat_claims (reservation_id)")  # or the sweep takes minutes
        problems = sweep(self.cinema.database())
        self.cinema.stop()
        if self.server:
            self.server.stop()
        assert not problems, "no figures, as the store is wrong:\n" + "\n".join(problems)


@contextlib.contextmanager
def house(store):
    made = House(store)
    try:
        yield made
        made.close()
    finally:
        if made.cinema.process:
            made.cinema.abandon()
        if made.server:
            made.server.stop()


# --- spread: 500 showings ---


class Stock:
    """Every seat of every showing once; neighbours are of different showings."""

    def __init__(self, home, showings):
        buyers = itertools.cycle(home.buyers)
        rows = zip(*(s["seat_ids"] for s in showings))
        self.left = [(showing, seat, next(buyers)) for seats in rows for showing, seat in zip(showings, seats)]

    def sold(self, count):
        del self.left[:count]


def sold_in(home, door, stock, rate=0, seconds=SECONDS):
    lines = [home.booking(door, *one) for one in stock.left[: int(rate * seconds) or FASTEST_PER_S * seconds]]
    cost, before = home.cost(door), store_counts(home.maker)
    seen = crowd(home.port(door), lines, clients=CLIENTS, rate=rate, seconds=seconds).only(201)
    stock.sold(len(seen.notes))
    after, sold = store_counts(home.maker), len(seen.notes)
    batches = after["taquilla_store_batches_total"] - before["taquilla_store_batches_total"]
    return {"per_s": seen.per_s(201), "cpu": cost.us_each(sold), "pss": cost.pss_mb(), "per_commit": sold / batches} | seen.late_ms(201)


def rates_of_rivals(home, bench):
    """Bookings a second, one each and 64 at once: of pgbench, or of a plain program on SQLite."""
    if bench:
        one = bench.run("\\set buyer random(1, 500)\nSELECT book_one(:buyer);\n", CLIENTS)[0]
        return {"one each": one, "64 at once": bench.run("SELECT book_many();\n", 1)[0] * BATCH}
    schema = SCHEMA.read_text()
    return {"one each": rivals.commit_each(schema), "64 at once": rivals.commit_each(schema, count=20 * 1000, batch=BATCH)}


def spread_rows(home):
    rooms = [home.maker.make_room(seats=SEATS, per_row=50) for _ in range(ROOMS)]
    days = itertools.product(range(1, DAYS + 1), rooms)
    showings = [home.known(home.maker.make_showing(home.film, room, home.maker.at(days=day))) for day, room in days]
    stock, bench = Stock(home, showings), home.rival() if home.server else None
    runs, their = {door: [] for door in DOORS}, []
    for _ in range(ROUNDS):
        for door, found in runs.items():
            found.append(sold_in(home, door, stock))
        their.append(rates_of_rivals(home, bench))
    for door, found in runs.items():
        full = middle(found, "per_s")
        calm = sold_in(home, door, stock, rate=0.8 * full, seconds=2 * SECONDS)
        more = {"cpu_us_of": middle(found, "cpu"), "pss_mb": middle(found, "pss"), "bookings_per_commit": round(middle(found, "per_commit"), 1)}
        more |= {name: middle(found, name) for name in found[0] if name.startswith("p9") or name.startswith("p5")}
        cpu = sum(more["cpu_us_of"].values())
        name = f"spread at {door} on {home.store}, {CLIENTS} clients"
        one, many = (middle(their, kind) for kind in ("one each", "64 at once"))
        whose = "pgbench" if home.server else "SQLite"
        yield row(name, full, "bookings/s", f"{whose}, one transaction each", one, cpu, **more)
        yield row(name, full, "bookings/s", f"{whose}, {BATCH} a statement" if home.server else f"SQLite, {BATCH} a commit", many, cpu)
        if door == "gateway":
            yield row(name, full, "bookings/s", "at reservations", middle(runs["reservations"], "per_s"), cpu)
        late = {k: v for k, v in calm.items() if k.startswith("p") and k.endswith("_ms")}
        yield row(f"{name}, at 80 %: p99", calm["p99_ms"], "ms", None, None, sum(calm["cpu"].values()), cpu_us_of=calm["cpu"], **late)


# --- storm: one showing until nothing is left ---


def storm_once(home, room, day):
    showing = home.known(home.maker.make_showing(home.film, room, home.maker.at(days=day)))
    wanted = showing["seat_ids"] * 3
    random.Random(day).shuffle(wanted)
    lines = [home.booking("reservations", showing, seat, home.buyers[n % BUYERS]) for n, seat in enumerate(wanted)]
    cost = home.cost("reservations")
    seen = crowd(home.port("reservations"), lines, clients=CLIENTS, seconds=60).only(201, 409)
    assert len(seen.of(201)) == len(showing["seat_ids"]), f"{len(seen.of(201))} sold of {len(showing['seat_ids'])}"
    claims = ask(home.cinema.database(), f"SELECT count(*), count(DISTINCT seat_id) FROM seat_claims WHERE schedule_id = {showing['id']}")
    assert [int(n) for n in claims[0]] == [len(room["seats"])] * 2, f"the store has {claims}"
    found = {"winners_per_s": seen.per_s(201), "cpu": cost.us_each(len(seen.notes)), "pss": cost.pss_mb()} | seen.late_ms(201)
    return showing, found


def statements(server):
    return int(server.sql("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'")[0][0])


def lose(home, showing):
    """Everybody comes too late; afterwards as many ask for /health, and nobody asks anything for as long."""
    lines = [home.booking("reservations", showing, seat, home.buyers[n % BUYERS]) for n, seat in enumerate(showing["seat_ids"])] * 100
    before, cost = statements(home.server) if home.server else 0, home.cost("reservations")
    seen = crowd(home.port("reservations"), lines, clients=CLIENTS, seconds=SECONDS).only(409)
    found = {"per_s": seen.per_s(409), "cpu": cost.us_each(len(seen.notes))} | seen.late_ms(409)
    if home.server:
        found["statements"] = statements(home.server) - before
        before = statements(home.server)
        time.sleep(SECONDS)
        found["statements_idle"] = statements(home.server) - before
    health = crowd(home.port("reservations"), ["GET /health"] * len(lines), clients=CLIENTS, seconds=SECONDS).only(200)
    return found | {"health": health.per_s(200)}


def storm_rows(home):
    if home.server:
        home.server.sql("CREATE EXTENSION pg_stat_statements")
    room = home.maker.make_room(seats=STORM_SEATS, per_row=50)
    sold, lost = [], []
    for day in range(1, STORM_ROUNDS + 1):
        showing, found = storm_once(home, room, day)
        sold.append(found)
        lost.append(lose(home, showing))
    name = f"storm on {home.store}, {STORM_SEATS} seats, {CLIENTS} clients"
    more = {k: middle(sold, k) for k in sold[0] if k.endswith("_ms")} | {"cpu_us_of": middle(sold, "cpu"), "pss_mb": middle(sold, "pss")}
    yield row(f"{name}: winners", middle(sold, "winners_per_s"), "bookings/s", None, None, sum(more["cpu_us_of"].values()), **more)
    more = {k: middle(lost, k) for k in lost[0] if k.endswith("_ms") or k.startswith("statements")} | {"cpu_us_of": middle(lost, "cpu")}
    cpu = sum(more["cpu_us_of"].values())
    yield row(f"{name}: losers", middle(lost, "per_s"), "refusals/s", "/health, same server", middle(lost, "health"), cpu, **more)


# --- opening: ten thousand wait for one moment ---


def opening_rows(home):
    """Half of them at the gateway and half at reservations; each asks every second or two, before and after."""
    room, maker = home.maker.make_room(seats=OPENING_SEATS, per_row=50), home.maker
    opens = maker.now() + timedelta(seconds=OPENS_IN_S + 5)
    showing = maker.make_showing(home.film, room, maker.at(days=3), sales_open_at=wall(opens))
    opens_ns = time.monotonic_ns() + int((opens.timestamp() - time.time()) * 1e9)
    time.sleep(max(0, (opens_ns - time.monotonic_ns()) / 1e9 - OPENS_IN_S))
    seats = iter(random.Random(1).choices(showing["seat_ids"], k=2 * ASKED_PER_S * 2 * OPENS_IN_S))
    crowds, cost = [], home.cost("gateway")
    for door in DOORS:
        lines = [home.booking(door, showing, seat, random.choice(home.buyers)) for seat in itertools.islice(seats, ASKED_PER_S * 2 * OPENS_IN_S)]
        crowds.append(Crowd(home.port(door), lines, clients=WAITING // 2, rate=ASKED_PER_S, seconds=2 * OPENS_IN_S))
    found = [one.seen().only(201, 409) for one in crowds]
    won = sorted(n[2] for seen in found for n in seen.of(201))
    early = [n for n in won if n < opens_ns]
    assert not early, f"{len(early)} seats were sold before the moment"
    asked = sum(n[2] < opens_ns for seen in found for n in seen.notes)
    cpu = cost.us_each(sum(len(seen.notes) for seen in found))
    more = {"refused_before": asked, "sold": len(won), "last_sold_ms": round((won[-1] - opens_ns) / 1e6), "cpu_us_of": cpu}
    name = f"opening on {home.store}, {WAITING} wait: the first seat is sold after"
    yield row(name, (won[0] - opens_ns) / 1e6, "ms", None, None, sum(cpu.values()), **more)


# --- poll: the map while seats go ---


def poll_once(home, nginx, showing, seats, selling_per_s=200):
    target = f"/api/showtimes/{showing['id']}/seats"
    lines = [home.booking("reservations", showing, seat, home.buyers[0]) for seat in itertools.islice(seats, selling_per_s * SECONDS)]
    cost = home.cost("gateway")
    selling = Crowd(home.port("reservations"), lines, clients=4, rate=selling_per_s, seconds=SECONDS)
    seen = crowd(home.port("gateway"), [f"GET {target}"] * FASTEST_PER_S * SECONDS, clients=CLIENTS, seconds=SECONDS).only(200)
    selling.seen().only(201)
    found = {"per_s": seen.per_s(200), "cpu": cost.us_each(len(seen.notes)), "pss": cost.pss_mb()} | seen.late_ms(200)
    url = nginx.serve("seat-map-in-poll", home.maker.gateway.get(target).content)
    path = url.split("/", 3)[3]
    same = crowd(nginx.port, [f"GET /{path}"] * FASTEST_PER_S * SECONDS, clients=CLIENTS, seconds=SECONDS).only(200)
    return found | {"rival": same.per_s(200)}


def poll_rows(home, nginx):
    room = home.maker.make_room(seats=STORM_SEATS, per_row=50)
    showing = home.known(home.maker.make_showing(home.film, room, home.maker.at(days=20)))
    seats = iter(showing["seat_ids"])
    found = [poll_once(home, nginx, showing, seats) for _ in range(ROUNDS)]
    more = {k: middle(found, k) for k in found[0] if k.endswith("_ms")} | {"cpu_us_of": middle(found, "cpu"), "pss_mb": middle(found, "pss")}
    name = f"poll on {home.store}: a map of {STORM_SEATS} seats while 200 a second go"
    yield row(name, middle(found, "per_s"), "requests/s", "nginx, same bytes", middle(found, "rival"), sum(more["cpu_us_of"].values()), **more)


# --- as scenarios: on both stores, figures only of a store that is right ---


def on_both(rows_of):
    def scenario(_maker, nginx):
        for store in ("SQLite", "PostgreSQL"):
            with house(store) as home:
                found = list(rows_of(home, nginx) if rows_of is poll_rows else rows_of(home))
            yield from found

    return scenario


BOX_OFFICE = {"spread": on_both(spread_rows), "storm": on_both(storm_rows), "opening": on_both(opening_rows), "poll": on_both(poll_rows)}
