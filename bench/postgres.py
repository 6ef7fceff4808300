"""Reservations on PostgreSQL against pgbench, which does the same to the same server: each booking in a transaction of its own, each
reservation by the same statement, prepared."""

import contextlib
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

import httpx

from harness.cinema import Alone, descendants, program
from harness.postgres import Postgres, programs
from load import TICKS_S, cpu_s, wrk
from scenarios import row

ROUNDS, SECONDS, BUYERS, READ_FROM = 3, 3, 500, 2000
CLIENTS = (64, 256)
FILM = "507f1f77bcf86cd799439011"
JOINED = Path(__file__).resolve().parents[1] / "services/reservations/store_postgres_reads.c"

# What a service without batches would do: look, then write the same rows into the same indexes, and commit.
BOOK_ONE = """
CREATE SEQUENCE bench_seats;
CREATE SEQUENCE bench_positions;
CREATE FUNCTION book_one(buyer bigint, showings bigint DEFAULT 0) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE made bigint; at timestamptz := clock_timestamp(); seat bigint := nextval('bench_seats'); held bigint;
    showing bigint := CASE WHEN showings > 0 THEN 1 + seat % showings ELSE seat / 200 END;
BEGIN
    PERFORM 1 FROM users WHERE id = buyer AND erased_at IS NULL;
    PERFORM 1 FROM showings WHERE schedule_id = showing;
    IF EXISTS (SELECT 1 FROM seat_claims WHERE schedule_id = showing AND seat_id = seat) THEN RETURN NULL; END IF;
    SELECT count(*) INTO held FROM (SELECT 1 FROM reservations WHERE user_id = buyer AND status = 'PENDING' AND expires_at > at LIMIT 10) o;
    INSERT INTO reservations (user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, expires_at)
        VALUES (buyer, showing, '507f1f77bcf86cd799439011', 12.5, 'PENDING', true, at, at + interval '600 seconds') RETURNING id INTO made;
    INSERT INTO reserved_seats (reservation_id, seat_id, row_number, seat_number, ticket_type, price) VALUES (made, seat, 'A', 1, 'general', 12.5);
    INSERT INTO seat_claims VALUES (showing, seat, made, at + interval '600 seconds');
    INSERT INTO log (position, type, subject, time, data, command)
        VALUES (nextval('bench_positions'), 'reservation.made', made::text, at, reservation_fact(made), gen_random_uuid());
    RETURN made;
END $$;
INSERT INTO users (email, email_key, name, created_at, updated_at) SELECT 'b' || i, 'b' || i, 'B', now(), now() FROM generate_series(1, 500) i;
"""

BOOKING_LUA = """
local next_seat = %(first)d
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request()
    next_seat = next_seat + 1
    return wrk.format(nil, "/api/reservations", nil, string.format(
        '{"userId":%%d,"scheduleId":%%d,"movieId":"507f1f77bcf86cd799439011","seatIds":[%%d],"totalAmount":12.5,"hold":true}',
        1 + next_seat %% %(buyers)d, 1 + math.floor(next_seat / 200), next_seat))
end
"""

READING_LUA = """
local ids = { %(ids)s }
local at = 0
function request()
    at = at %% #ids + 1
    return wrk.format("GET", "/api/reservations/" .. ids[at])
end
"""


def joined_statement():
    """The text that the service prepares for reservations by their ids, for one, with pgbench's variable in it."""
    source = JOINED.read_text()
    macro = re.search(r"#define JOINED\(reservations\)(.*?)\n\n", source, re.S)[1]
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|\breservations\b', macro.replace("\\\n", ""))
    text = "".join(part or "SELECT * FROM reservations WHERE id = :id AND deleted_at IS NULL" for part in parts)
    assert text.count(":id") == 1 and text.startswith("SELECT r.id"), text
    return text


class Bench:
    """pgbench on the rival's database, and the CPU of a server and of whoever asks it."""

    def __init__(self, server, url):
        self.server, self.url = server, url

    def server_cpu(self):
        """Seconds of all its processes so far, those that have ended too."""
        fields = Path(f"/proc/{self.server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        total = (int(fields[13]) + int(fields[14])) / TICKS_S
        for pid in descendants(self.server.process.pid):
            with contextlib.suppress(OSError):  # it ends this moment
                total += cpu_s(pid)
        return total

    def run(self, script, clients):
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            cpu = self.server_cpu()
            done = subprocess.run(
                [programs() / "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(SECONDS), "-f", file.name, self.url],
                capture_output=True,
                text=True,
            )
        found = re.search(r"transactions actually processed: (\d+)[^$]*tps = ([\d.]+)", done.stdout)
        assert found and "aborted" not in done.stderr, done.stdout + done.stderr
        return float(found[2]), (self.server_cpu() - cpu) / max(1, int(found[1])) * 1e6  # 256 backends may not get to one


def syncs(server):
    return [int(n) for n in server.sql("SELECT (SELECT wal_sync FROM pg_stat_wal), (SELECT count(*) FROM reservations)")[0]]


def booking_rows(server, service, bench):
    first = 0
    for clients in CLIENTS:
        ours, theirs, per_sync = [], [], []
        for _ in range(ROUNDS):
            before, cpu = syncs(server), bench.server_cpu()
            run = wrk(
                service.url("reservations"),
                [service.pid("reservations")],
                seconds=SECONDS,
                script=BOOKING_LUA % {"first": first, "buyers": BUYERS},
                connections=clients,
            )
            assert run.failed == 0, run.text
            cpu = (bench.server_cpu() - cpu) / run.requests * 1e6
            after = syncs(server)
            per_sync.append((after[1] - before[1]) / max(1, after[0] - before[0]))
            first += 4 * run.requests + 1000
            ours.append((run.per_s, run.cpu_us, cpu))
            theirs.append(bench.run("\\set buyer random(1, 500)\nSELECT book_one(:buyer);\n", clients))
        yield row(
            f"bookings on PostgreSQL, {clients} clients",
            statistics.median(o[0] for o in ours),
            "bookings/s",
            "pgbench, one transaction each",
            statistics.median(t[0] for t in theirs),
            statistics.median(o[1] for o in ours),
            server_cpu_us_per_request=round(statistics.median(o[2] for o in ours), 1),
            rival_server_cpu_us_per_request=round(statistics.median(t[1] for t in theirs), 1),
            bookings_per_commit=round(statistics.median(per_sync), 1),
        )


def reading_row(service, bench, ids):
    statement = f"\\set id random({ids[0]}, {ids[-1]})\n{joined_statement()};\n"
    ours, theirs = [], []
    for _ in range(ROUNDS):
        cpu = bench.server_cpu()
        run = wrk(
            service.url("reservations"),
            [service.pid("reservations")],
            seconds=SECONDS,
            script=READING_LUA % {"ids": ",".join(map(str, ids))},
        )
        assert run.failed == 0, run.text
        ours.append((run.per_s, run.cpu_us, (bench.server_cpu() - cpu) / run.requests * 1e6))
        theirs.append(Bench(bench.server, bench.server.url).run(statement, 64))
    return row(
        "a reservation on PostgreSQL, 64 clients",
        statistics.median(o[0] for o in ours),
        "req/s",
        "pgbench, the same SELECT",
        statistics.median(t[0] for t in theirs),
        statistics.median(o[1] for o in ours),
        server_cpu_us_per_request=round(statistics.median(o[2] for o in ours), 1),
        rival_server_cpu_us_per_request=round(statistics.median(t[1] for t in theirs), 1),
    )


def postgres(maker, nginx):
    """Bookings and one reservation by its id, the service on a server with fsync."""
    executable = program("TAQUILLA_RELEASE", "build")
    alone = {"executable": executable, "ROOMS_API_URL": "none", "MAX_HOLDS_PER_USER": 100000}
    with Postgres("max_connections=300", "shared_buffers=256MB", durable=True) as server:
        rival = server.database("rival")
        with Alone("reservations", RESERVATIONS_DATABASE_URL=rival, **alone):
            pass
        server.sql(BOOK_ONE, database="rival")
        bench = Bench(server, rival)
        with Alone("reservations", RESERVATIONS_DATABASE_URL=server.url, **alone) as service:
            with httpx.Client(base_url=service.url("reservations")) as client:
                for number in range(BUYERS):
                    client.post("/api/users", json={"email": f"b{number}@x", "name": "B"}).raise_for_status()
            yield from booking_rows(server, service, bench)
            server.sql("ANALYZE")
            yield reading_row(service, bench, range(1, READ_FROM))
