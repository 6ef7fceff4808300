"""Rooms on MariaDB against mysqlslap, which has the same server do the very statements that the service did for one such request."""

import re
import statistics
import subprocess
import time

import httpx
from harness.cinema import Cinema, program
from harness.maker import Maker
from harness.mariadb import MariaDB
from load import CONNECTIONS, cpu_s, wrk
from scenarios import row

ROUNDS, SECONDS, STATEMENTS = 3, 3, 30000
SEATS, SHOWINGS = 200, 100


LOG = "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = %s"  # values are in it when it was on at the Prepare


def statements(server, url):
    """What the server is asked for one request, values and all; the service's looks at its log's position are not part of it."""
    server.sql("TRUNCATE mysql.general_log")
    httpx.get(url).raise_for_status()
    asked = server.sql(
        "SELECT argument FROM mysql.general_log WHERE command_type = 'Execute' AND argument NOT LIKE '%log_counter%'"
    ).splitlines()
    assert asked and not any("?" in one for one in asked), asked
    return asked


class Slap:
    """mysqlslap with as many clients as wrk has."""

    def __init__(self, server):
        self.server = server

    def run(self, asked):
        cpu = cpu_s(self.server.process.pid)
        began = time.monotonic()
        done = subprocess.run(
            [
                *("mariadb-slap", "--no-defaults", "-h127.0.0.1", f"-P{self.server.port}", "-uroot"),
                *("--create-schema=cinema_rooms", "--delimiter=;", f"--query={';'.join(asked)}"),
                *(f"--concurrency={CONNECTIONS}", f"--number-of-queries={STATEMENTS}"),
            ],
            capture_output=True,
            text=True,
        )
        took = re.search(r"Average number of seconds to run all queries: ([\d.]+)", done.stdout)
        assert took and done.returncode == 0, done.stdout + done.stderr
        assert float(took[1]) <= time.monotonic() - began
        rounds = STATEMENTS / len(asked)
        return rounds / float(took[1]), (cpu_s(self.server.process.pid) - cpu) / rounds * 1e6


def reading(name, server, url, pid, asked):
    ours, theirs = [], []
    for _ in range(ROUNDS):
        cpu = cpu_s(server.process.pid)
        run = wrk(url, [pid], seconds=SECONDS)
        assert run.failed == 0, run.text
        ours.append((run.per_s, run.cpu_us, (cpu_s(server.process.pid) - cpu) / run.requests * 1e6))
        theirs.append(Slap(server).run(asked))
    return row(
        f"{name} on MariaDB, {CONNECTIONS} clients",
        statistics.median(o[0] for o in ours),
        "req/s",
        "mysqlslap, the same SELECT" if len(asked) == 1 else f"mysqlslap, the same {len(asked)} SELECTs",
        statistics.median(t[0] for t in theirs),
        statistics.median(o[1] for o in ours),
        server_cpu_us_per_request=round(statistics.median(o[2] for o in ours), 1),
        rival_server_cpu_us_per_request=round(statistics.median(t[1] for t in theirs), 1),
    )


def mysql(maker, nginx):
    """A room by its id, its 200 seats, and a page of showings; the service on a server of its own."""
    with MariaDB() as server:
        executable, database = program("TAQUILLA_RELEASE", "build"), server.database("cinema_rooms")
        server.sql(LOG % "ON")
        with Cinema(executable=executable, ROOMS_DATABASE_URL=database) as cinema:
            made = Maker(cinema)
            room, film = made.make_room(seats=SEATS, per_row=20), made.make_movie()
            for day in range(2, 2 + SHOWINGS):
                made.make_showing(movie=film, room=room, start=made.at(days=day))
            made.close()
            urls = {
                "a room": cinema.url("rooms") + f"/api/rooms/{room['id']}",
                f"{SEATS} seats of a room": cinema.url("rooms") + f"/api/rooms/{room['id']}/seats",
                "a page of showings": cinema.url("rooms") + "/api/schedules?limit=20&offset=40",
            }
            asked = {name: statements(server, url) for name, url in urls.items()}
            server.sql(LOG % "OFF")
            for name, url in urls.items():
                yield reading(name, server, url, cinema.pid("rooms"), asked[name])
