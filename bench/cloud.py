"""The same items and bytes to DynamoDB and S3 by the services' client and by boto3, and what a day of a cinema asks of both."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import httpx

from harness.aws import Aws
from harness.awsproxy import Proxy
from harness.cinema import Cinema, run
from harness.maker import Maker
from migration import migration
from rivals import ROOT, Nginx
from scenarios import row
from year import children_s, run_s

ROUNDS, BATCHED, PUT, FILE_MB = 3, 10_000, 3_000, 256
BATCHES_AT_ONCE, PUTS_AT_ONCE = 8, 32  # as services/ingestion has them
SYNCS, RESERVATIONS_A_DAY = 48, 1000
NEVER = "0 0 29 2 *"

# Takes every question and says that it was done: no database is the limit then.
SINK = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 100000000; types {{ }} default_type application/x-amz-json-1.0;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ return 200 '{{"UnprocessedItems":{{}}}}'; }} }}
}}
"""


class Sink(Nginx):
    config = SINK


def item(number):
    """Such as a reservation of two seats."""
    seats = [
        {"M": {"seat_id": {"N": str(number * 2 + n)}, "row": {"S": "F"}, "number": {"N": str(n + 7)}, "ticket_type": {"S": "general"}, "price": {"N": "1250"}}}
        for n in range(2)
    ]
    texts = {"status": "CONFIRMED", "created_at": "2026-11-25T19:00:00.000Z", "confirmed_at": "2026-11-25T19:01:00.000Z", "show_time": "2026-11-28T21:30:00.000Z"}
    texts |= {"payment_status": "COMPLETED", "payment_method": "cash", "transaction_id": f"TXN{number}", "paid_at": "2026-11-25T19:01:00.000Z"}
    numbers = {"position": 1, "schedule_id": number % 300, "room_id": 3, "total_amount": 2500, "payment_amount": 2500, "payment_id": number, "seat_count": 2}
    made = {"reservation_id": {"S": str(number)}, "user_id": {"S": str(number % 500)}, "movie_id": {"S": f"film-{number % 40}"}, "seats": {"L": seats}}
    return made | {name: {"S": text} for name, text in texts.items()} | {name: {"N": str(n)} for name, n in numbers.items()}


class Runs:
    """Seconds and CPU seconds of each, and of the server meanwhile, in turns."""

    def __init__(self, settings, server):
        self.settings = os.environ | settings | {"AWS_DEFAULT_REGION": settings["AWS_REGION"]}
        self.server, self.found = server, {}

    def add(self, name, *command):
        used, before = children_s(), run_s(self.server)
        done = subprocess.run([str(c) for c in command], env=self.settings, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        self.found.setdefault(name, []).append((float(done.stdout), children_s() - used, run_s(self.server) - before))

    def figure(self, name, rival, things, scenario, unit, said):
        s, cpu, server = (statistics.median(r[i] for r in self.found[name]) for i in range(3))
        rival_s, rival_cpu, rival_server = (statistics.median(r[i] for r in self.found[rival]) for i in range(3))
        us = 1e6 / things
        more = {"rival_cpu_us_per_request": round(rival_cpu * us, 1), "server_cpu_us_per_request": round(server * us, 1)}
        return row(scenario, things / s, unit, said, things / rival_s, cpu * us, **more, rival_server_cpu_us_per_request=round(rival_server * us, 1))


def tables(aws, kinds):
    """A new table for each, as setup makes that of reservations."""
    client, made = aws.boto("dynamodb"), {}
    for kind in kinds:
        names = aws.fresh()
        done = run("setup", **aws.settings(), **names, executable=ROOT / "build/taquilla/taquilla")
        assert done.returncode == 0, done.stderr
        made[kind] = names["DYNAMODB_RESERVATIONS_TABLE"]
    client.close()
    return made


def items_sent(runs, place, folder, where):
    """place: a new table each time; both send the same lines to tables alike."""
    batches, puts = folder / "batches", folder / "puts"
    batches.write_text("".join(json.dumps(item(n), separators=(",", ":")) + "\n" for n in range(BATCHED)))
    puts.write_text("".join(json.dumps(item(n), separators=(",", ":")) + "\n" for n in range(PUT)))
    ours, boto = (ROOT / "build/bench/cloud",), (sys.executable, ROOT / "bench/boto.py")
    for _ in range(ROUNDS):
        runs.add("batches", *ours, "batch", batches, place(), BATCHES_AT_ONCE)
        runs.add("batches, boto3 8", *boto, "batch", batches, place(), BATCHES_AT_ONCE)
        runs.add("batches, boto3 writer", *boto, "writer", batches, place(), 1)
        runs.add("batches, boto3 1", *boto, "batch", batches, place(), 1)
        runs.add("batches, boto3 32", *boto, "batch", batches, place(), 32)
        runs.add("puts", *ours, "put", puts, place(), PUTS_AT_ONCE)
        runs.add("puts, boto3 32", *boto, "put", puts, place(), PUTS_AT_ONCE)
    for rival, said in (("writer", "boto3 batch_writer, 1 thread"), ("1", "boto3 batch_write_item, 1 thread"), ("8", "boto3 batch_write_item, 8 threads"), ("32", "boto3 batch_write_item, 32 threads")):
        yield runs.figure("batches", f"batches, boto3 {rival}", BATCHED, f"cloud, batches to {where}", "items/s", said)
    yield runs.figure("puts", "puts, boto3 32", PUT, f"cloud, guarded puts to {where}", "items/s", "boto3 put_item, 32 threads")


def upload(aws, folder):
    bucket, file = aws.fresh()["S3_BUCKET_NAME"], folder / "file"
    aws.boto("s3").create_bucket(Bucket=bucket)
    with open(file, "wb") as out:
        for _ in range(FILE_MB):
            out.write(os.urandom(1 << 20))
    runs = Runs(aws.settings(), aws.s3.process.pid)
    for _ in range(ROUNDS):
        runs.add("ours", ROOT / "build/bench/cloud", "upload", file, bucket, "ours")
        runs.add("boto3", sys.executable, ROOT / "bench/boto.py", "upload", file, bucket, "theirs")
    yield runs.figure("ours", "boto3", FILE_MB, "cloud, upload to VersityGW", "MiB/s", "boto3 upload_file, 8 MiB parts, 3 at once")


def kind_of(request):
    if request.operation:
        return f"DynamoDB {request.operation}"
    return "S3 LIST" if "list-type" in request.query or "uploads" in request.query and request.method == "GET" else f"S3 {request.method}"


def told(what, *proxies):
    """How many of each kind since the last time, and bytes of what was sent."""
    asked = [request for proxy in proxies for request in proxy.asked]
    for proxy in proxies:
        proxy.asked = []
    for kind, count in sorted(Counter(kind_of(r) for r in asked).items()):
        sent = sum(r.length() for r in asked if kind_of(r) == kind)
        yield row(f"cloud day, {what}", count, kind, "-", None, 0, bytes_sent=sent)


def day(aws, executable):
    """One backup, and 48 syncs with a thousand paid reservations between them."""
    names = aws.fresh()
    with Proxy(aws.s3) as s3, Proxy(aws.dynamodb, "dynamodb") as dynamodb:
        settings = aws.settings(s3.url, dynamodb.url) | names
        assert run("setup", **settings, executable=executable).returncode == 0
        with Cinema(executable=executable, SYNC_SCHEDULE=NEVER, BACKUP_SCHEDULE=NEVER, **settings) as cinema:
            maker, url = Maker(cinema), cinema.url("ingestion")
            showings = [maker.make_showing(seats=300) for _ in range(4)]
            users = [maker.make_user() for _ in range(50)]
            seats = iter([(showing, seat) for showing in showings for seat in showing["seat_ids"]])
            assert httpx.post(f"{url}/migrate", timeout=600).status_code == 200
            list(told("", s3, dynamodb))
            for number in range(SYNCS):
                for sold in range(RESERVATIONS_A_DAY * number // SYNCS, RESERVATIONS_A_DAY * (number + 1) // SYNCS):
                    showing, seat = next(seats)
                    maker.pay(maker.book(showing, [seat], users[sold % 50]))
                for table in ("movies", "rooms", "users", "reservations"):
                    assert httpx.post(f"{url}/sync/{table}", timeout=600).status_code == 200
            yield from told(f"{SYNCS} syncs, {RESERVATIONS_A_DAY} reservations", s3, dynamodb)
            assert httpx.post(f"{url}/backup", timeout=600).status_code == 200
            yield from told("one backup", s3, dynamodb)
            maker.close()


def cloud(maker, _nginx):
    """All of it; DynamoDB Local, a Java program over SQLite, is the limit of whoever asks many things at once: so the sink, too."""
    with Aws() as aws, Sink() as sink, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = iter(tables(aws, range(7 * ROUNDS)).values())
        yield from items_sent(Runs(aws.settings(), aws.dynamodb.process.pid), lambda: next(made), folder, "DynamoDB Local")
        url = f"http://127.0.0.1:{sink.port}"
        yield from items_sent(Runs(aws.settings(dynamodb=url), sink.worker()), lambda: "any", folder, "a sink")
        yield from migration(aws, maker.cinema.executable)
        yield from upload(aws, folder)
        yield from day(aws, maker.cinema.executable)
