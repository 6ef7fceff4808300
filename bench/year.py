"""A cinema after a year: the demo's, with many paid reservations besides, put straight into its store."""

import contextlib
import os
import resource
import sqlite3
from pathlib import Path

from harness.cinema import Cinema, program, run

RESERVATIONS, USERS = 100_000, 5_000
SNAPSHOT_S_MAX = 1200  # analytics is ready when it has read all of them
TABLES = {
    "movies": ("movies", "genres", "log"),
    "rooms": ("rooms", "seats", "schedules", "log"),
    "reservations": ("users", "reservations", "reserved_seats", "seat_claims", "payments", "log"),
}

# Of showings that are over, in seats that no room has: nothing that is on sale is touched.
FILL = """
CREATE TEMP TABLE past AS SELECT row_number() OVER (ORDER BY id) - 1 AS number, id, movie_id FROM rooms.schedules
    WHERE ends_at < unixepoch() * 1000;
CREATE TEMP TABLE sale AS
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {sales})
    SELECT i, (SELECT max(id) FROM reservations) + i AS id, 1000 + i * 7919 % {users} AS user, p.id AS schedule, p.movie_id AS movie,
        (unixepoch() - 3600 - i * 7907 % (365 * 86400)) * 1000 AS at
    FROM n JOIN past p ON p.number = i % (SELECT count(*) FROM past);
INSERT INTO users (id, email, email_key, name, created_at, updated_at)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {users} - 1)
    SELECT 1000 + i, 'b' || i || '@x', 'b' || i || '@x', 'Buyer ' || i, 1, 1 FROM n;
INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, confirmed_at)
    SELECT id, user, schedule, movie, 2500, 'CONFIRMED', 0, at, at + 60000 FROM sale;
INSERT INTO reserved_seats (reservation_id, seat_id, row_number, seat_number, ticket_type, price)
    SELECT s.id, 1000000 + s.i * 2 + e.value, 'A', 1, 'general', 1250 FROM sale s, json_each('[0,1]') e;
INSERT INTO seat_claims (schedule_id, seat_id, reservation_id)
    SELECT s.schedule, 1000000 + s.i * 2 + e.value, s.id FROM sale s, json_each('[0,1]') e;
INSERT INTO payments (reservation_id, amount, payment_method, payment_status, transaction_id, payment_date)
    SELECT id, 2500, 'cash', 'COMPLETED', 'TXN' || id, at + 60000 FROM sale;
INSERT INTO log (position, type, subject, time_ms, data)
    SELECT (SELECT max(position) FROM log) + i, 'reservation.confirmed', id, at + 60000,
        '{{"id":' || id || ',"userId":' || user || ',"scheduleId":' || schedule || ',"movieId":"' || movie || '","totalAmount":25}}' FROM sale;
"""


@contextlib.contextmanager
def year(sales=RESERVATIONS):
    cinema = Cinema(executable=program("TAQUILLA_RELEASE", "build"), MAX_HOLDS_PER_USER=100000)
    done = run("demo", "--data", cinema.data, executable=cinema.executable, folder=cinema.folder, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    db = sqlite3.connect(cinema.database(), isolation_level=None)
    db.execute("ATTACH ? AS rooms", (str(cinema.database("rooms")),))
    db.executescript(f"BEGIN;{FILL.format(sales=sales, users=USERS)}COMMIT;")
    db.close()
    for left in Path(cinema.data).glob("analytics.db*"):
        left.unlink()  # what was put into the store is in no event: analytics begins with its snapshot
    cinema.start(wait=False)
    try:
        cinema.wait_ready(within_s=SNAPSHOT_S_MAX)
        yield cinema
    finally:
        cinema.stop()


def run_s(pid):
    """Seconds that a process's threads have run, to the nanosecond: for what is over in less than a tick of the clock."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def children_s():
    """The same of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def owners_s(cinema, *services):
    return sum(run_s(cinema.pid(s)) for s in services or TABLES)


def size(path):
    return os.stat(path).st_size
