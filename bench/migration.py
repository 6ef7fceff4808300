"""A whole migration beside a script by boto3 that does the same: the same cinema, new tables for each, in turns."""

import json
import os
import statistics
import subprocess
import sys
import time

import httpx

from harness.aws import TABLES
from harness.cinema import Cinema, run
from harness.copied import scanned
from harness.keeping import OWNERS, first_backup_over
from harness.sold import fill, hold_on
from rivals import ROOT
from scenarios import row
from year import children_s, run_s

ROUNDS, SALES = 3, 10_000
NEVER = "0 0 29 2 *"


def ours(cinema):
    """Seconds of all of it, of its DynamoDB step, CPU seconds of ingestion; items."""
    url, pid = cinema.url("ingestion"), cinema.pid("ingestion")
    used, began, step = run_s(pid), time.monotonic(), [None, None]
    answer = httpx.post(url + "/migrate", headers={"Prefer": "respond-async"}, timeout=60)
    assert answer.status_code == 202, answer.text
    while (job := httpx.get(url + answer.headers["location"], timeout=60).json())["state"] == "running":
        at_it, now = job["step"] == "dynamodb", time.monotonic()
        if at_it and not step[0]:
            step[0] = now
        if step[0] and not at_it and not step[1]:
            step[1] = now
        time.sleep(0.01)
    assert job["state"] == "succeeded", job
    items = sum(job["report"]["dynamodb"].values())
    return time.monotonic() - began, (step[1] or time.monotonic()) - step[0], run_s(pid) - used, items


def theirs(cinema, settings, names):
    urls = json.dumps({name: cinema.url(name) for name in OWNERS})
    tables = json.dumps({t: names[f"DYNAMODB_{t.upper()}_TABLE"] for t in TABLES})
    used = children_s()
    done = subprocess.run(
        [sys.executable, ROOT / "bench/boto_migrate.py", urls, cinema.service_token, tables],
        env=os.environ | settings | {"AWS_DEFAULT_REGION": settings["AWS_REGION"]},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, items = done.stdout.split()
    return float(seconds), children_s() - used, int(items)


def fresh(aws, executable):
    names = aws.fresh()
    done = run("setup", **aws.settings(), **names, executable=executable)
    assert done.returncode == 0, done.stderr
    return names


def count_of(aws, names):
    return sum(1 for _ in scanned(aws, names, "reservations"))


def migration(aws, executable):
    """Rows are items: films, rooms, users and reservations with what belongs to them."""
    settings, found = aws.settings(), []
    cinema = Cinema(executable=executable, embedded=True, SYNC_SCHEDULE=NEVER, BACKUP_SCHEDULE=NEVER, **settings)
    fill(cinema, SALES)
    hold_on(cinema)
    server = aws.dynamodb.process.pid
    for _ in range(ROUNDS + 1):  # the first warms DynamoDB Local up and does not count
        cinema.settings |= fresh(aws, executable)
        cinema.start(wait=False)
        cinema.wait_ready(within_s=600)
        first_backup_over(cinema)
        before = run_s(server)
        whole, step, cpu, items = ours(cinema)
        between = run_s(server)
        names = fresh(aws, executable)
        its, its_cpu, count = theirs(cinema, settings, names)
        assert count == items, (count, items)
        found.append((whole, step, cpu, between - before, its, its_cpu, run_s(server) - between, items))
        assert count_of(aws, names) == count_of(aws, cinema.settings) >= SALES
        cinema.stop(remove=False)
    cinema.stop()
    whole, step, cpu, server_s, its, its_cpu, its_server_s, items = (statistics.median(r[i] for r in found[1:]) for i in range(8))
    us = 1e6 / items
    more = {
        "rival_cpu_us_per_request": round(its_cpu * us, 1),
        "server_cpu_us_per_request": round(server_s * us, 1),
        "rival_server_cpu_us_per_request": round(its_server_s * us, 1),
    }
    said = "boto3: exports, items, batch_writer, 1 thread"
    yield row("cloud, migration: the DynamoDB step, to DynamoDB Local", items / step, "rows/s", said, items / its, cpu * us, **more)
    yield row("cloud, migration: all of it, S3 and lake too", items / whole, "rows/s", said, items / its, cpu * us, **more)
