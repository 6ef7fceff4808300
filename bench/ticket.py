"""What the gateway costs a sale: book-ticket there against the same posted to reservations, on the embedded store and on PostgreSQL."""

import statistics

from harness.cinema import Cinema, program
from harness.maker import Maker
from harness.postgres import Postgres
from load import CONNECTIONS
from scenarios import Season, booking, row

ROUNDS = 3


def sold(store, maker):
    """In turns: a store that grows is the same for both."""
    season = Season(maker)
    ours, direct = [], []
    for _ in range(ROUNDS):
        ours.append(booking(season, "gateway", "/api/book-ticket", CONNECTIONS)[0])
        direct.append(booking(season, "reservations", "/api/reservations", CONNECTIONS)[0])
    return row(
        f"book-ticket at the gateway on {store}, {CONNECTIONS} clients",
        statistics.median(r.per_s for r in ours),
        "bookings/s",
        "posted to reservations",
        statistics.median(r.per_s for r in direct),
        statistics.median(r.cpu_us for r in ours),
        rival_cpu_us_per_request=round(statistics.median(r.cpu_us for r in direct), 1),
    )


def ticket(maker, nginx):
    """book-ticket against a plain booking, on both stores of reservations."""
    yield sold("SQLite", maker)
    executable = program("TAQUILLA_RELEASE", "build")
    with Postgres("max_connections=300", "shared_buffers=256MB", durable=True) as server:
        with Cinema(executable=executable, MAX_HOLDS_PER_USER=100000, RESERVATIONS_DATABASE_URL=server.url) as cinema:
            on_postgres = Maker(cinema)
            yield sold("PostgreSQL", on_postgres)
            on_postgres.close()
