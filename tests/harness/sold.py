"""A cinema after a year: the demo's, with many paid reservations besides, put straight into its store while it is closed."""

import sqlite3

from harness.cinema import run

USERS = 5_000

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


def fill(cinema, sales, users=USERS):
    """Of a cinema that was never open."""
    done = run("demo", "--data", cinema.data, executable=cinema.executable, folder=cinema.folder, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    db = sqlite3.connect(cinema.database(), isolation_level=None)
    db.execute("ATTACH ? AS rooms", (str(cinema.database("rooms")),))
    db.executescript(f"BEGIN;{FILL.format(sales=sales, users=users)}COMMIT;")
    db.close()
    for left in cinema.data.glob("analytics.db*"):
        left.unlink()  # what was put into the store is in no event: analytics begins with its snapshot


def hold_on(cinema):
    """Nothing shall change by itself meanwhile: what the demo holds it holds until tomorrow."""
    with sqlite3.connect(cinema.database()) as db:
        for table, end in (("reservations", "expires_at"), ("seat_claims", "held_until")):
            db.execute(f"UPDATE {table} SET {end} = {end} + 86400000 WHERE {end} IS NOT NULL")
    db.close()
