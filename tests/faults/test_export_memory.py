"""A large store leaves through a small process: 200,000 reservations are exported in a few megabytes, and others are served."""

import re
import sqlite3
import threading
import time
from pathlib import Path

import httpx

from harness.cinema import Alone, program

RESERVATIONS = 200_000
GROWTH_LIMIT_KB = 8_000
TOKEN = "t" * 32
SETTINGS = {"MOVIES_API_URL": "none", "ROOMS_API_URL": "none", "SERVICE_TOKEN": TOKEN}

FILL = f"""
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {RESERVATIONS})
INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, confirmed_at)
SELECT i, 1, i % 1000 + 1, '507f1f77bcf86cd799439011', 2500, 'CONFIRMED', 0, 1780000000000 + i, 1780000000001 + i FROM n;
INSERT INTO reserved_seats (reservation_id, seat_id, row_number, seat_number, ticket_type, price)
SELECT r.id, r.id * 2 + s.value, 'A', 1, 'general', 1250 FROM reservations r, json_each('[0,1]') s;
INSERT INTO seat_claims (schedule_id, seat_id, reservation_id)
SELECT r.schedule_id, s.seat_id, r.id FROM reservations r JOIN reserved_seats s ON s.reservation_id = r.id;
INSERT INTO payments (reservation_id, amount, payment_method, payment_status, transaction_id, payment_date)
SELECT id, 2500, 'cash', 'COMPLETED', 'TXN' || id, reservation_date FROM reservations;
INSERT INTO log (position, type, subject, time_ms, data)
SELECT id, 'reservation.confirmed', id, reservation_date, '{{"id":' || id || ',"userId":1,"seats":[{{"seatId":1,"price":12.5}}]}}'
FROM reservations;
"""


def fill(cinema):
    cinema.start()
    cinema.stop(remove=False)
    db = sqlite3.connect(cinema.database())
    db.execute("INSERT INTO users (id, email, email_key, name, created_at, updated_at) VALUES (1, 'a@b', 'a@b', 'A', 1, 1)")
    db.executescript(FILL)
    db.close()


def own_kb(pid):
    """What it holds of its own: pages of files that are mapped can be taken back any time."""
    return int(re.search(r"(?m)^RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()).group(1))


class Watch(threading.Thread):
    """The most that a process held, and how long it left others waiting."""

    def __init__(self, cinema):
        super().__init__()
        self.pid, self.url = cinema.process.pid, cinema.url("reservations") + "/health/live"
        self.before = self.most = own_kb(self.pid)
        self.slowest_s, self.ends = 0, threading.Event()
        self.start()

    def run(self):
        with httpx.Client() as http:
            while not self.ends.wait(0.02):
                self.most = max(self.most, own_kb(self.pid))
                began = time.monotonic()
                assert http.get(self.url).status_code == 200
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    def end(self):
        self.ends.set()
        self.join()
        return self.most - self.before


def test_a_large_export_takes_little_memory():
    cinema = Alone("reservations", executable=program("TAQUILLA_RELEASE", "build"), **SETTINGS)
    fill(cinema)
    with cinema.start(), httpx.Client(base_url=cinema.url("reservations"), timeout=120) as http:
        watch = Watch(cinema)
        began, size, lines, last = time.monotonic(), 0, 0, b""
        with http.stream("GET", "/export", headers={"authorization": f"Bearer {TOKEN}"}) as answer:
            assert answer.status_code == 200
            for piece in answer.iter_bytes():
                size += len(piece)
                lines += piece.count(b"\n")
                last = (last + piece)[-100:]
        took, grown = time.monotonic() - began, watch.end()
    rows = 2 + 7 * RESERVATIONS  # with a user and a secret
    print(
        f"{rows} rows, {size / 1e6:.0f} MB in {took:.1f} s; {watch.before} kB and {grown} kB more, "
        f"others waited {watch.slowest_s * 1000:.0f} ms at most"
    )
    assert lines == rows + 1
    assert last.endswith(b'{"end":true,"position":%d,"rows":%d}\n' % (RESERVATIONS, rows))
    assert grown < GROWTH_LIMIT_KB
