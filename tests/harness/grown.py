"""A chain's cinema of any size, put straight into its stores while it is closed: half of its showings are over, half are to come."""

import sqlite3

SEATS, PER_ROW, SLOTS = 300, 20, 5  # of a room; of a row; showings of a room each day
OFFSET_S = 5 * 3600  # the house is in Lima, five hours behind UTC all year round
PER_USER = 20  # reservations

WORDS = "abcdefghijklmnopqrstuvwxyz"
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1) "
MOVIE = "printf('%024x', 1 + {number})"

MOVIES = (
    NUMBERS.format(count="{films}")
    + """INSERT INTO movies (id, title, description, duration, genre, director, "cast", release_date, rating, poster_url, trailer_url, is_active, created_at, updated_at)
    SELECT printf('%024x', 1 + i),
        'Film ' || substr('{words}', 1 + i % 26, 1) || substr('{words}', 1 + i / 26 % 26, 1) || 'ora ' || i,
        'What happens in film ' || i || ', told in a few sentences as a programme has them: somebody comes, somebody goes, and in the end the lights go on.',
        90 + i % 60, '["Drama","Comedy"]', 'Director ' || i % 997, '["Actor ' || i % 1999 || '","Actor ' || i % 2999 || '"]',
        unixepoch() * 1000 - i % 9000 * 86400000, i % 100 / 10.0, '', '', 1, unixepoch() * 1000, unixepoch() * 1000 FROM n;
INSERT INTO log (position, type, subject, time_ms, data)
    SELECT row_number() OVER (ORDER BY key), 'movie.changed', id, created_at, '{{"id":"' || id || '","isActive":true}}' FROM movies;"""
)
ROOMS = (
    NUMBERS.format(count="{rooms}")
    + """INSERT INTO rooms (id, name, capacity, screen_type, created_at, updated_at)
    SELECT 1 + i, 'Room ' || (1 + i), {seats}, '2D', unixepoch() * 1000, unixepoch() * 1000 FROM n;"""
    + NUMBERS.format(count="{rooms} * {seats}")
    + """INSERT INTO seats (id, room_id, row_number, seat_number, created_at)
    SELECT 1 + i, 1 + i / {seats}, char(65 + i % {seats} / {per_row}), 1 + i % {seats} % {per_row}, unixepoch() * 1000 FROM n;"""
    + NUMBERS.format(count="{showings}")
    + """INSERT INTO schedules (id, movie_id, room_id, show_time, price, length_minutes, starts_at, created_at, updated_at)
    SELECT 1 + i, {movie}, 1 + i % {rooms}, at, 1250, 90 + i * 31 % {films} % 60, (at + {offset}) * 1000, unixepoch() * 1000, unixepoch() * 1000
    FROM (SELECT i, (unixepoch() / 86400 - {days} / 2 + i / {rooms} / {slots}) * 86400 + 36000 + i / {rooms} % {slots} * 9000 AS at FROM n);
INSERT INTO log (position, type, subject, time_ms, data) VALUES (1, 'house.filled', '', unixepoch() * 1000, '{{}}');"""
)
USERS = (
    NUMBERS.format(count="{users}")
    + """INSERT INTO users (id, email, email_key, name, created_at, updated_at)
    SELECT 1 + i, 'b' || i || '@example.org', 'b' || i || '@example.org', 'Buyer ' || i, 1, 1 FROM n;
INSERT INTO showings (schedule_id, movie_id, room_id, starts_at, ends_at) SELECT id, movie_id, room_id, starts_at, ends_at FROM rooms.schedules
    WHERE id <= {sales};"""
)
SALES = """CREATE TEMP TABLE sale AS """ + NUMBERS.format(count="{sales}") + """
    SELECT 1 + i AS id, 1 + i * 7919 % {users} AS user, s.schedule_id AS schedule, s.movie_id AS movie,
        (s.room_id - 1) * {seats} + 1 + i / {showings} * 2 AS seat, i / {showings} * 2 AS place, min(s.starts_at, unixepoch() * 1000) - 3600000 - i * 7907 % 864000 * 1000 AS at
    FROM n JOIN showings s ON s.schedule_id = 1 + i % {showings};
INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, confirmed_at)
    SELECT id, user, schedule, movie, 2500, 'CONFIRMED', 0, at, at + 60000 FROM sale;
INSERT INTO reserved_seats (reservation_id, seat_id, row_number, seat_number, ticket_type, price)
    SELECT s.id, seat + e.value, char(65 + (place + e.value) / {per_row}), 1 + (place + e.value) % {per_row}, 'general', 1250
    FROM sale s, json_each('[0,1]') e ORDER BY s.id;
INSERT INTO seat_claims (schedule_id, seat_id, reservation_id)
    SELECT schedule, seat + e.value, s.id FROM sale s, json_each('[0,1]') e ORDER BY 1, 2;
INSERT INTO payments (id, reservation_id, amount, payment_method, payment_status, transaction_id, payment_date)
    SELECT id, id, 2500, 'cash', 'COMPLETED', 'TXN' || id, at + 60000 FROM sale;
INSERT INTO log (position, type, subject, time_ms, data)
    SELECT id, 'reservation.confirmed', id, at + 60000,
        '{{"id":' || id || ',"userId":' || user || ',"scheduleId":' || schedule || ',"movieId":"' || movie || '","totalAmount":25}}' FROM sale;
DROP TABLE sale;"""


class Size:
    """How much of everything there is. Each showing's seats are sold in the order of their ids, two a reservation."""

    def __init__(self, films, rooms, showings, sales):
        self.films, self.rooms, self.showings, self.sales = films, rooms, showings, sales
        self.users = max(1, sales // PER_USER)
        self.days = -(-showings // (rooms * SLOTS))
        assert showings > rooms * SLOTS and sales <= showings * SEATS // 2

    def of(self, share):
        """Everything times that."""
        return Size(*(max(1, round(n * share)) for n in (self.films, self.rooms, self.showings, self.sales)))

    def filled(self, text):
        numbers = {"words": WORDS, "seats": SEATS, "per_row": PER_ROW, "slots": SLOTS, "offset": OFFSET_S}
        return text.format(movie=MOVIE.format(number=f"i * 31 % {self.films}"), **vars(self), **numbers)

    def to_come(self):
        """A showing of tomorrow, and its room."""
        i = (self.days // 2 + 1) * SLOTS * self.rooms + self.rooms // 2
        return 1 + i, 1 + i % self.rooms


def fill(cinema, size):
    """Of a cinema that was started once and has nothing in it."""
    for service, texts in {"movies": [MOVIES], "rooms": [ROOMS], "reservations": [USERS, SALES]}.items():
        db = sqlite3.connect(cinema.database(service), isolation_level=None)
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -200000;")
        if service == "reservations":
            db.execute("ATTACH ? AS rooms", (str(cinema.database("rooms")),))
        for text in texts:
            db.executescript(f"BEGIN;{size.filled(text)}COMMIT;")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
    for left in cinema.data.glob("analytics.db*"):
        left.unlink()  # what was put into the stores is in no event: analytics begins with their snapshots
