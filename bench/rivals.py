"""The rivals: nginx with the same bytes, and SQLite with one commit a booking."""

import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = sorted((ROOT / "services/reservations/schema").glob("*.sql"))
SHOWINGS, BUYERS, HOLDS = 500, 50_000, 10  # of who books all over the house, and of its rivals: nobody has more holds than he may

CONFIG = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/access.log combined buffer=64k flush=1s; keepalive_requests 100000000; types {{ }} default_type application/json;
    open_file_cache max=100; sendfile on; tcp_nopush on; etag on;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{ listen 127.0.0.1:{port} backlog=1024; root {folder}/files; }}
}}
"""


PUSHING = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        location /publish {{ nchan_publisher; nchan_channel_id one; nchan_message_buffer_length 100; }}
        location /listen {{ nchan_subscriber eventsource; nchan_channel_id one; nchan_subscriber_first_message oldest; }}
    }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("a rival does not start")


class Nginx:
    """One worker that serves each body it was given from a file that it keeps open."""

    config = CONFIG

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="taquilla-nginx-"))
        (self.folder / "files").mkdir()
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        config = self.folder / "nginx.conf"
        config.write_text(self.config.format(folder=self.folder, port=self.port))
        self.process = subprocess.Popen(["nginx", "-e", self.folder / "error.log", "-c", config])
        wait_for(self.port)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def worker(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def serve(self, name, body):
        (self.folder / "files" / name).write_bytes(body)
        return f"http://127.0.0.1:{self.port}/{name}"


class Pusher(Nginx):
    """One worker that pushes what is published to all who listen."""

    config = PUSHING


class Ceiling:
    """A raw epoll loop that gives every request the same bytes, head and all: no server of one thread can be faster here."""

    def __init__(self, answer):
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(answer)
        self.file.flush()
        self.port = free_port()
        self.process = subprocess.Popen([ROOT / "build/bench/ceiling", str(self.port), self.file.name])
        self.url = f"http://127.0.0.1:{self.port}/"
        wait_for(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.file.close()


def known_to_all(db):
    """The tables of reservations as it has them, its log, and the buyers and showings of all who are compared."""
    db.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "CREATE TABLE log (position INTEGER PRIMARY KEY, type TEXT, subject TEXT, time_ms INTEGER, data TEXT);" + "".join(f.read_text() for f in SCHEMA)
    )
    db.execute("BEGIN")
    buyers = ((f"b{n}", f"b{n}") for n in range(BUYERS))
    db.executemany("INSERT INTO users (email, email_key, name, created_at, updated_at) VALUES (?, ?, 'B', 0, 0)", buyers)
    db.executemany("INSERT INTO showings VALUES (?, 'm', 1, 0, 0, 0)", ((n + 1,) for n in range(SHOWINGS)))
    db.execute("COMMIT")


def looked(db, buyer, showing, seat):
    """What a service has to know before it writes."""
    found = [
        db.execute("SELECT id FROM users WHERE id = ? AND erased_at IS NULL", (buyer,)).fetchone(),
        db.execute("SELECT 1 FROM showings WHERE schedule_id = ? AND NOT sales_stopped", (showing,)).fetchone(),
    ]
    taken = db.execute("SELECT 1 FROM seat_claims WHERE schedule_id = ? AND seat_id = ?", (showing, seat)).fetchone()
    open_holds = "SELECT count(*) FROM (SELECT 1 FROM reservations WHERE user_id = ? AND status = 'PENDING' AND expires_at > 0 LIMIT ?)"
    return all(found) and not taken and db.execute(open_holds, (buyer, HOLDS)).fetchone()[0] < HOLDS


def written(db, buyer, showing, seat, event):
    made = db.execute(
        "INSERT INTO reservations (user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, expires_at) "
        "VALUES (?, ?, '507f1f77bcf86cd799439011', 1250, 'PENDING', 1, 0, 600000)",
        (buyer, showing),
    ).lastrowid
    db.execute(
        "INSERT INTO reserved_seats (reservation_id, seat_id, row_number, seat_number, ticket_type, price) VALUES (?, ?, 'A', 1, 'general', 1250)",
        (made, seat),
    )
    db.execute("INSERT INTO seat_claims VALUES (?, ?, ?, 600000)", (showing, seat, made))
    db.execute("INSERT INTO log (type, subject, time_ms, data) VALUES ('reservation.made', ?, 0, ?)", (made, event))


class Plain:
    """A plain program with reservations' tables on the same file system, which has what it wrote before as reservations has."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="taquilla-sqlite-")
        self.db = sqlite3.connect(f"{self.folder}/one.db", isolation_level=None)
        self.count = 0
        known_to_all(self.db)
        return self

    def __exit__(self, *_):
        self.db.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, seconds, batch=1, event_bytes=400):
        """Bookings a second with the same rows, indexes and keys, so many a commit; who books one by one looks before he writes."""
        event, first, began = "x" * event_bytes, self.count, time.monotonic()
        while time.monotonic() < began + seconds:
            self.db.execute("BEGIN IMMEDIATE")
            for _ in range(batch):
                one = (random.randint(1, BUYERS), 1 + self.count % SHOWINGS, self.count)
                assert batch > 1 or looked(self.db, *one)
                written(self.db, *one, event)
                self.count += 1
            self.db.execute("COMMIT")
        return (self.count - first) / (time.monotonic() - began)
