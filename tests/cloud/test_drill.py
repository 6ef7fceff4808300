"""The drill: a cinema goes to the cloud, everything here is lost, and it comes back byte for byte, whatever was killed on the way."""

import os
import random
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest

from harness.cinema import ROOT, Cinema, bare_environment, program, run
from harness.copied import differences, expected, held
from harness.keeping import begun, exports, first_backup_over, settle
from harness.maker import Maker
from harness.ports import free_ports
from harness.sold import fill, hold_on
from harness.storm import SEED

NEVER = "0 0 29 2 *"
FEW, MANY = 5_000, 200_000
READY_S, JOB_S = 600, 1800
KILLS = 2  # of each: what ingestion writes to DynamoDB is begun anew after its end, so there must be one
PEAK_LIMIT_KB = 64_000  # of ingestion; a build with sanitizers takes more


class Peak:
    """The most memory that any of ingestion's processes has held."""

    def __init__(self, cinema):
        self.cinema, self.kb, self.over = cinema, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        pid = None
        while not self.over.wait(0.02):
            try:
                pid = pid or self.cinema.pid("ingestion")
                found = re.search(r"(?m)^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
                self.kb = max(self.kb, int(found.group(1)))
            except (OSError, AttributeError):  # it was killed
                pid = None

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


class Killer:
    """kill -9 of each of `victims` KILLS times, at moments of the dice. In the thread that owns the servers: with it they would die too."""

    def __init__(self, dice, victims, most_s):
        self.dice, self.victims, self.most_s = dice, victims, most_s
        self.left = [name for name in victims for _ in range(KILLS)]
        dice.shuffle(self.left)
        self.wait()

    def wait(self):
        self.due = time.monotonic() + self.dice.uniform(0.05, self.most_s)

    def turn(self):
        if self.left and time.monotonic() >= self.due:
            if self.victims[self.left[-1]](self.dice):
                self.left.pop()
            self.wait()


def server_dies(server):
    def die(dice):
        server.kill()
        time.sleep(dice.uniform(0, 1))
        server.start()
        return True

    return die


def service_dies(cinema):
    def die(_dice):
        return cinema.kill("ingestion") is not None

    return die


def migrate(cinema, killer):
    """Ordered, and asked after until it has ended, also by the process that follows; its account."""
    end, place = time.monotonic() + JOB_S, None
    while True:
        assert time.monotonic() < end, cinema.log()[-3000:]
        time.sleep(0.05)
        killer.turn()
        try:
            if not place:
                ordered = httpx.post(cinema.url("ingestion") + "/migrate", headers={"Prefer": "respond-async"}, timeout=30)
                place = ordered.headers.get("location")
                continue
            job = httpx.get(cinema.url("ingestion") + place, timeout=30)
        except httpx.HTTPError:
            continue
        if job.status_code == 200 and job.json()["state"] != "running":
            return job.json()


def gone_to_the_cloud(cinema, dice, victims, most_s):
    """Migrated with kills on the way, all of them at least once."""
    killer = Killer(dice, victims, most_s)
    jobs = [migrate(cinema, killer)]
    while killer.left or jobs[-1]["state"] != "succeeded":
        assert len(jobs) < 10, jobs
        jobs.append(migrate(cinema, killer))
    print(f"{len(jobs)} migrations with {KILLS} kills each of {', '.join(victims)}, went on {sum(j['resumed'] for j in jobs)} times")
    return jobs[-1]


def came_back(fresh, settings, bucket, dice, s3):
    """Restored with kills of S3 and of the restore itself; each time it is begun again until it has gone well."""
    kills = 0
    for _ in range(20):
        doing = begun(fresh, "restore", "--from", f"s3://{bucket}", executable=fresh.executable, **settings)
        if kills < 3:
            time.sleep(dice.uniform(0.05, 1))
            if kills == 1:
                s3.kill()
                time.sleep(dice.uniform(0, 1))
                s3.start()
            else:
                doing.kill()
            kills += 1
        if doing.wait(READY_S) == 0:
            print(f"restored after {kills} kills")
            return
    raise AssertionError("it could not be restored")


def drill(aws, executable, sales):
    """What is killed when is of the seed. Peak memory of ingestion in kB."""
    print(f"TAQUILLA_SEED={SEED}")
    dice, names = random.Random(SEED), aws.fresh()
    settings = aws.settings() | names
    made = run("setup", executable=executable, **settings)
    assert made.returncode == 0, made.stdout + made.stderr
    quiet = {"SYNC_SCHEDULE": NEVER, "BACKUP_SCHEDULE": NEVER, "MAX_RETRIES": 30, "RETRY_DELAY": 1}
    cinema = Cinema(executable=executable, embedded=True, **settings | quiet)
    fill(cinema, sales)
    hold_on(cinema)
    cinema.start(wait=False)
    cinema.wait_ready(within_s=READY_S)
    settle(cinema)
    victims = {"ingestion": service_dies(cinema), "S3": server_dies(aws.s3), "DynamoDB": server_dies(aws.dynamodb)}
    began = time.monotonic()
    with Peak(cinema) as peak:
        job = gone_to_the_cloud(cinema, dice, victims, most_s=min(30, 1 + sales / 2000))
    took = time.monotonic() - began
    want = exports(cinema)
    assert job["report"]["positions"] == {service: position for service, (_, position) in want.items()}
    cinema.check_log()
    cinema.kill_all()
    shutil.rmtree(cinema.data)
    began = time.monotonic()
    with Cinema(executable=executable, embedded=True) as fresh:
        came_back(fresh, settings, names["S3_BUCKET_NAME"], dice, aws.s3)
        print(f"{sales} reservations: there in {took:.0f} s, back in {time.monotonic() - began:.0f} s, peak {peak.kb / 1000:.0f} MB")
        found = exports(fresh)
        for service, (tables, position) in want.items():
            assert found[service][1] == position
            assert found[service][0].keys() == tables.keys()
            different = [name for name, rows in tables.items() if found[service][0][name] != rows]
            assert not different, f"{service}: {different}"
        in_cloud, _ = held(aws, names)
        assert len(in_cloud["reservations"]) >= sales
        lines = differences(in_cloud, expected(fresh))
        assert not lines, lines[:20]
    shutil.rmtree(cinema.folder)
    return peak.kb


def test_everything_is_lost_and_comes_back(own_aws):
    drill(own_aws, program(), FEW)


def test_memory_does_not_depend_on_the_cinema(own_aws):
    assert drill(own_aws, program("TAQUILLA_RELEASE", "build"), FEW) < PEAK_LIMIT_KB


@pytest.mark.long
def test_a_large_cinema_comes_back(own_aws):
    assert drill(own_aws, program("TAQUILLA_RELEASE", "build"), MANY) < PEAK_LIMIT_KB


def commands(guide):
    """The example that rehearses a restore, as the guide has it."""
    text = (ROOT / "docs/guide" / guide).read_text()
    return next(block for block in re.findall(r"(?ms)^```sh\n(.*?)^```", text) if "/tmp/drill" in block)


def test_the_fire_drill_of_the_guide(aws, names, tmp_path):
    settings, base_port = aws.settings() | names, free_ports()
    assert run("setup", **settings).returncode == 0
    with Cinema(SYNC_SCHEDULE=NEVER, BACKUP_SCHEDULE=NEVER, embedded=True, **settings) as cinema:
        m = Maker(cinema)
        m.pay(m.book(m.make_showing()))
        m.close()
        first_backup_over(cinema)
        assert httpx.post(cinema.url("ingestion") + "/backup", timeout=120).status_code == 200
        before = keys(aws, names)
        text = commands("cloud.md")
        assert text == commands("cloud.es.md")
        (tmp_path / "taquilla").symlink_to(program())
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        for written, meant in (("/tmp/drill", tmp_path / "drill"), ("estrella-cinema-data", names["S3_BUCKET_NAME"]), ("4001", base_port), ("4004", base_port + 3)):
            assert written in text
            text = text.replace(written, str(meant))
        done = subprocess.run(
            ["bash", "-eu", "-c", text],
            cwd=tmp_path,
            env=bare_environment(tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}"),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "counts and checksums agree" in done.stdout
        assert not (tmp_path / "drill").exists()
        assert keys(aws, names) == before, "the second cinema wrote to the bucket"


def keys(aws, names):
    return [o["Key"] for o in aws.boto("s3").list_objects_v2(Bucket=names["S3_BUCKET_NAME"]).get("Contents", [])]
