"""The rivals: nginx with the same bytes, and SQLite with one commit a booking."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

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


def commit_each(schema, count=3000, batch=1):
    """Bookings a second with the same rows and indexes, a batch a commit: a plain program on the same file system."""
    folder = tempfile.mkdtemp(prefix="taquilla-sqlite-")
    db = sqlite3.connect(f"{folder}/one.db", isolation_level=None)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; " + schema)
    db.execute("CREATE TABLE log (position INTEGER PRIMARY KEY, type TEXT, subject TEXT, time_ms INTEGER, data TEXT)")
    db.execute("INSERT INTO users (email, email_key, name, created_at, updated_at) VALUES ('a', 'a', 'a', 0, 0)")
    began = time.monotonic()
    for seat in range(count):
        if seat % batch == 0:
            db.execute("BEGIN IMMEDIATE")
        taken = db.execute("SELECT 1 FROM seat_claims WHERE schedule_id = 1 AND seat_id = ?", (seat,)).fetchone()
        assert not taken
        made = db.execute(
            "INSERT INTO reservations (user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, "
            "expires_at) VALUES (1, 1, 'm', 1250, 'PENDING', 1, 0, 600000)"
        ).lastrowid
        db.execute(
            "INSERT INTO reserved_seats (reservation_id, seat_id, row_number, seat_number, ticket_type, price) "
            "VALUES (?, ?, 'A', 1, 'general', 1250)",
            (made, seat),
        )
        db.execute("INSERT INTO seat_claims VALUES (1, ?, ?, 600000)", (seat, made))
        db.execute("INSERT INTO log (type, subject, time_ms, data) VALUES ('reservation.made', ?, 0, ?)", (made, "x" * 300))
        if seat % batch == batch - 1 or seat == count - 1:
            db.execute("COMMIT")
    took = time.monotonic() - began
    db.close()
    shutil.rmtree(folder, ignore_errors=True)
    return count / took
