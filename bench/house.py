"""A cinema for one scenario: made for it, measured, and looked through at its end, when what is wrong in its store takes the figures away."""

import contextlib
import re

import rivals
from crowd import Cost, crowd, middle
from harness.cinema import Alone, Cinema, program
from harness.maker import Maker
from harness.postgres import Postgres
from harness.stores import ask
from pace import SECONDS
from postgres import BOOK_ONE, Bench
from scenarios import row, store_counts
from sweep import sweep

BUYERS, CLIENTS, BATCH = 1000, 64, 64
FASTEST_PER_S = 30_000  # of plans: more than anybody answers
CALM = 0.8  # of what is answered when nobody waits: the rate at which lateness is measured
DOORS = {"reservations": "/api/reservations", "gateway": "/api/book-ticket"}

# The most that PostgreSQL takes of the same rows: a statement that looks at nothing writes 64 bookings, over one connection. Its buyers and
# showings are as many as those of who is compared, and its events as long.
BOOK_MANY = f"""
CREATE FUNCTION book_many(event_bytes int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE at timestamptz := clock_timestamp(); first bigint := nextval('bench_seats') * {BATCH} + 1000000000;
BEGIN
    WITH made AS (
        INSERT INTO reservations (user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, expires_at)
            SELECT 1 + floor(random() * {rivals.BUYERS}), 1 + (first + i) % {rivals.SHOWINGS}, '507f1f77bcf86cd799439011', 12.5, 'PENDING', true, at,
                at + interval '600 seconds'
            FROM generate_series(1, {BATCH}) i RETURNING id, schedule_id),
    seats AS (INSERT INTO reserved_seats (reservation_id, seat_id, row_number, seat_number, ticket_type, price)
        SELECT id, first + schedule_id, 'A', 1, 'general', 12.5 FROM made),
    claims AS (INSERT INTO seat_claims SELECT schedule_id, first + schedule_id, id, at + interval '600 seconds' FROM made)
    INSERT INTO log (position, type, subject, time, data, command)
        SELECT nextval('bench_positions'), 'reservation.made', id::text, at, repeat('x', event_bytes), gen_random_uuid() FROM made;
END $$;
INSERT INTO users (email, email_key, name, created_at, updated_at)
    SELECT 'b' || i, 'b' || i, 'B', now(), now() FROM generate_series((SELECT count(*) + 1 FROM users), {rivals.BUYERS}) i;
INSERT INTO showings (schedule_id, movie_id, room_id, starts_at, ends_at)
    SELECT i, '507f1f77bcf86cd799439011', 1, now(), now() FROM generate_series(1, {rivals.SHOWINGS}) i;
"""


class House:
    """A whole cinema on one kind of store, with buyers and a film."""

    def __init__(self, store, **more):
        self.store = store
        self.server = None
        self.settings = {"MAX_HOLDS_PER_USER": 100000, "HOLD_SECONDS": 3600} | more
        if store == "PostgreSQL":
            words = ("max_connections=300", "shared_buffers=256MB", "shared_preload_libraries=pg_stat_statements")
            self.server = Postgres(*words, durable=True).__enter__()
            self.server.sql("CREATE EXTENSION pg_stat_statements")
            self.settings["RESERVATIONS_DATABASE_URL"] = self.server.url
        self.cinema = Cinema(executable=program("TAQUILLA_RELEASE", "build"), **self.settings).start()
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

    def cost(self, *doors):
        """Of these services, of reservations, and of the database server."""
        return Cost(self.cinema, list(dict.fromkeys((*doors, "reservations"))), self.server)

    def port(self, door):
        return self.cinema.port(door)

    def booking(self, door, showing, seats, buyer):
        """A line of a crowd's plan; seats: one, or a list of them."""
        seats = seats if isinstance(seats, list) else [seats]
        body = f'{{"userId":{buyer},"scheduleId":{showing["id"]},"movieId":"x","seatIds":[{",".join(map(str, seats))}],"totalAmount":{12.5 * len(seats)},"hold":true}}'
        return f"POST {DOORS[door]} {body}"

    def known(self, showing):
        """Reservations has heard of it: its first seat is booked."""
        self.maker.book(showing, showing["seat_ids"][:1], user={"id": self.buyers[showing["id"] % len(self.buyers)]})
        return showing | {"seat_ids": showing["seat_ids"][1:]}

    def measure(self, door, lines, *statuses, rate=0, clients=CLIENTS, seconds=SECONDS, doors=()):
        """A crowd at a door, who must have one of these answers, if any are named: what it saw, and what that cost a request. Only at a fixed rate are
        there percentiles: one who waits for an answer before the next request is no measure of how late answers are."""
        cost, before = self.cost(door, *doors), store_counts(self.maker)
        seen = crowd(self.port(door), lines, clients=clients, rate=rate, seconds=seconds).only(*statuses)
        found = {"per_s": len(seen.notes) / seen.seconds, "cpu": cost.us_each(len(seen.notes)), "pss": cost.pss_mb()}
        if sold := len(seen.of(201)):
            found["per_commit"] = sold / self.batches(before)
        return seen, found | (seen.late_ms(*statuses) if rate else {})

    def counter(self, service, name):
        """One of its metrics."""
        with self.maker.internal(service) as door:
            return float(re.search(rf"^{name} ([\d.e+]+)$", door.get("/metrics").text, re.M)[1])

    def batches(self, before):
        """Commits of reservations since those counts were taken."""
        return max(1, store_counts(self.maker)["taquilla_store_batches_total"] - before["taquilla_store_batches_total"])

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
def house(store, **more):
    made = House(store, **more)
    try:
        yield made
        made.close()
    finally:
        if made.cinema.process:
            made.cinema.abandon()
        if made.server:
            made.server.stop()


def more_of(runs):
    """The medians of what several runs measured besides, as a row has it; and CPU us of all processes together."""
    names = {"cpu": "cpu_us_of", "pss": "pss_mb", "per_commit": "bookings_per_commit"}
    more = {names.get(k, k): middle(runs, k) for k in runs[0] if k in names or k.endswith("_ms")}
    if "bookings_per_commit" in more:
        more["bookings_per_commit"] = round(more["bookings_per_commit"], 1)
    return more, sum(more["cpu_us_of"].values())


def calm_row(name, found, **besides):
    """A row of a run at a fixed rate: its p99, the other percentiles besides."""
    more, cpu = more_of([found])
    return row(f"{name}, at {CALM:.0%}".replace("%", " %") + ": p99", found["p99_ms"], "ms", None, None, cpu, **more, **besides)


def on_both(rows_of, **more):
    """A scenario on both stores, with these settings besides; figures only of a store that is right."""

    def scenario(_maker, nginx):
        for store in ("SQLite", "PostgreSQL"):
            with house(store, **more) as home:
                found = list(rows_of(home, nginx))
            yield from found

    return scenario
