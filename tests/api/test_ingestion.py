"""Ingestion without a cloud: its health, the door that says so, backups by schedule, and its tasks alone."""

import fcntl
import json
import os
import signal
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import httpx
import pytest

from harness import keeping
from harness.cinema import ZONE, Alone, Cinema, run
from harness.door import check_any, refused
from harness.keeping import exports, folders, good, kept, verb
from harness.maker import Maker

CLOUD = [
    ("POST", "/migrate"),
    ("POST", "/backup"),
    ("POST", "/sync/rooms"),
    ("POST", "/sync/no-such-table"),
    ("GET", "/jobs/backup-20261128_020000"),
    ("GET", "/backups"),
    ("GET", "/backups?source_db=mysql&table_name=rooms"),
    ("GET", "/dynamodb/tables"),
    ("GET", "/dynamodb/rooms/items"),
    ("GET", "/dynamodb/cinema-rooms/items?limit=5"),
]


def door(cinema, **headers):
    return httpx.Client(base_url=cinema.url("ingestion"), headers=headers, trust_env=False, timeout=20)


def health(cinema):
    answer = httpx.get(cinema.url("ingestion") + "/health", timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_for(good_health, cinema, within_s=40):
    end = time.monotonic() + within_s
    while not good_health(found := health(cinema)):
        assert time.monotonic() < end, f"{found}\n{cinema.log()[-2000:]}"
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("settings", [{}, {"AWS_REGION": "eu-west-1", "RDS_ENDPOINT": "db.example"}])
def test_without_a_cloud(settings):
    with Alone("ingestion", **settings) as alone:
        body = health(alone)
        assert body["status"] == "healthy" and body["service"] == "data-ingestion-service"
        assert set(body["aws_connections"]) == {"s3", "dynamodb", "rds"}
        for connection in body["aws_connections"].values():
            assert connection["status"] == "not_configured" and connection["message"]
        assert body["backup"] is None
        with door(alone) as client:
            for method, path in CLOUD:
                for content in (None, b"", b"{}", b'{"last_sync_time":"2026-01-01T00:00:00Z"}'):
                    answer = client.request(method, path, content=content)
                    check_any(answer)
                    refused(answer, 503, "cloud_not_configured")
            refused(client.get("/nowhere"), 404, "route_unknown")
            refused(client.get("/migrate"), 405)
            assert client.get("/health/ready").status_code == 200
            assert client.get("/docs").status_code == 200


def test_the_door_needs_the_token_once_set():
    token = "the-manager-alone-knows-0123456789"
    with Alone("ingestion", ADMIN_TOKEN=token) as alone:
        for method, path in CLOUD:
            with door(alone) as stranger:
                refused(stranger.request(method, path), 401, "unauthenticated")
            with door(alone, authorization=f"Bearer {token}") as manager:
                refused(manager.request(method, path), 503, "cloud_not_configured")
        health(alone)


def test_behind_the_gateway(m):
    answer = m.gateway.get("/api/ingestion/health")
    assert answer.status_code == 200 and answer.json()["service"] == "data-ingestion-service"
    refused(m.gateway.post("/api/ingestion/migrate"), 503, "cloud_not_configured")


# --- by schedule ---


@pytest.mark.long
def test_backups_by_schedule(tmp_path):
    """The first is made at once; what fell due while the house was closed is made up for, and nothing else; some are kept."""
    shelf = tmp_path / "shelf"
    cinema = Cinema(BACKUP_DIR=shelf, BACKUP_KEEP=2).start()
    m = Maker(cinema)
    m.book(m.make_showing())
    body = wait_for(lambda h: h["backup"]["newest"], cinema)
    assert body["checks"]["backup"]["status"] == "ok" and body["backup"]["last_result"] == "ok"
    first = folders(shelf)
    assert [f.name for f in first] == [body["backup"]["newest"]]
    next_at = datetime.fromisoformat(body["backup"]["next_at"]).astimezone(ZoneInfo(ZONE))
    assert (next_at.hour, next_at.minute) == (2, 0)
    assert timedelta(0) < next_at - datetime.now(timezone.utc) <= timedelta(days=1)
    token = {"authorization": f"Bearer {cinema.service_token}"}
    metrics = httpx.get(cinema.url("ingestion") + "/metrics", headers=token).text
    assert 'taquilla_backups_total{result="ok"} 1' in metrics
    cinema.stop(remove=False)

    cinema.start()
    body = wait_for(lambda h: h["backup"]["newest"], cinema)
    assert body["backup"]["next_at"] == next_at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert folders(shelf) == first, "none fell due"
    cinema.stop(remove=False)

    for days in (4, 3, 2):
        age(folders(shelf)[-1], days)
        cinema.start()
        wait_for(lambda h: h["backup"]["last_result"] == "ok" and not is_old(h), cinema)
        cinema.stop(remove=False)
    assert len(folders(shelf)) == 2, "BACKUP_KEEP"
    m.close()
    cinema.start()
    assert kept(folders(shelf)[-1]) == exports(cinema)
    cinema.stop()


def age(folder, days):
    """As if it had been made so many days before."""
    manifest = json.loads((folder / "manifest.json").read_text())
    made = datetime.fromisoformat(manifest["made_at"]) - timedelta(days=days)
    manifest["made_at"] = made.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    (folder / "manifest.json").write_text(keeping.seal(manifest))
    folder.rename(folder.parent / made.strftime("taquilla-%Y%m%d_%H%M%S"))


def is_old(body):
    made = datetime.fromisoformat(body["backup"]["newest_made_at"])
    return datetime.now(timezone.utc) - made > timedelta(hours=20)


def test_a_backup_that_fails_is_seen_and_tried_again(tmp_path):
    shelf = tmp_path / "not" / "there"
    with Cinema(BACKUP_DIR=shelf, RETRY_DELAY=1, MAX_RETRIES=100) as cinema:
        body = wait_for(lambda h: h["backup"]["last_result"] == "failed", cinema)
        assert body["status"] == "healthy", "nothing is mended by taking the service away"
        assert body["checks"]["backup"]["status"] == "away" and body["backup"]["last_code"] == "backup_unwritable"
        assert str(tmp_path) not in json.dumps(body)
        shelf.parent.mkdir()
        body = wait_for(lambda h: h["backup"]["last_result"] == "ok", cinema)
        assert body["checks"]["backup"]["status"] == "ok" and body["backup"]["last_code"] is None
        assert "No such file or directory" in cinema.log()


@pytest.mark.long
def test_every_minute(tmp_path):
    with Cinema(BACKUP_DIR=tmp_path, BACKUP_SCHEDULE="* * * * *") as cinema:
        wait_for(lambda h: len(folders(tmp_path)) >= 2, cinema, within_s=150)


@pytest.mark.long
def test_stopped_while_it_writes(tmp_path):
    """SIGTERM in the middle of a backup: it ends with the service, and leaves nothing."""
    for _ in range(3):
        with Cinema(BACKUP_DIR=tmp_path / "shelf", BACKUP_SCHEDULE="0 0 1 1 *") as cinema:
            m = Maker(cinema)
            for _ in range(30):
                m.make_movie(description="x" * 4000)
            m.close()
            pid = cinema.pid("ingestion")
            os.kill(pid, signal.SIGTERM)
            cinema.killed.add("ingestion")
        assert not (tmp_path / "shelf").exists() or not keeping.leftovers(tmp_path / "shelf")


# --- its tasks alone ---


def addresses(cinema):
    urls = {f"{s.upper()}_API_URL": cinema.url(s) for s in keeping.OWNERS}
    return urls | {"SERVICE_TOKEN": cinema.service_token}


@pytest.mark.long
def test_modes(tmp_path):
    shelf = tmp_path / "shelf"
    with Cinema() as cinema, Cinema() as other:
        m = Maker(cinema)
        m.book(m.make_showing())
        m.close()
        for _ in range(3):
            done = good(run("ingestion", "--mode", "backup", BACKUP_DIR=shelf, BACKUP_KEEP=2, **addresses(cinema)))
        assert "1 older backups were taken away" in done.stdout and len(folders(shelf)) == 2
        assert kept(folders(shelf)[-1]) == exports(cinema)
        good(run("ingestion", "--mode=restore", BACKUP_DIR=shelf, **addresses(other)))
        assert exports(other) == exports(cinema)

        wrong = addresses(cinema) | {"SERVICE_TOKEN": "x" * 40}
        done = run("ingestion", "--mode", "backup", BACKUP_DIR=shelf, **wrong)
        assert done.returncode == 1 and "does not take our SERVICE_TOKEN" in done.stderr
        away = addresses(cinema) | {"ROOMS_API_URL": "http://127.0.0.1:1"}
        done = run("ingestion", "--mode", "backup", BACKUP_DIR=shelf, **away)
        assert done.returncode == 1 and "rooms service does not answer" in done.stderr
        assert len(folders(shelf)) == 2 and not keeping.leftovers(shelf)


def test_what_is_said_of_wrong_words(tmp_path):
    def said(code, sentence, *arguments, **settings):
        done = run(*arguments, folder=tmp_path, **settings)
        assert done.returncode == code and sentence in done.stderr, done

    said(1, "No cloud is configured", "ingestion", "--mode", "migrate", SERVICE_TOKEN="x" * 40)
    said(1, "No cloud is configured", "ingestion", "--mode", "setup")
    said(1, "No cloud is configured", "setup", "--plan")
    said(2, "need each other", "ingestion", AWS_ACCESS_KEY_ID="AKIAEXAMPLE")
    said(2, "S3_BUCKET_NAME", "ingestion", S3_BUCKET_NAME="a/b")
    said(2, "SYNC_SCHEDULE", "ingestion", SYNC_SCHEDULE="often")
    said(2, "not nonsense", "ingestion", "--mode", "nonsense")
    said(2, "needs BACKUP_DIR", "ingestion", "--mode", "backup")
    said(2, "needs BACKUP_DIR", "ingestion", "--mode", "restore")
    said(2, "needs BACKUP_DIR", "ingestion", "--mode", "scheduler")
    said(2, "SERVICE_TOKEN", "ingestion", "--mode", "backup", BACKUP_DIR=tmp_path)
    said(2, "its hour must be", "ingestion", BACKUP_SCHEDULE="0 24 * * *")
    said(2, "no month that it names has such a day", "ingestion", BACKUP_SCHEDULE="0 0 31 2 *")
    said(2, "five fields", "ingestion", "--mode", "backup", BACKUP_DIR=tmp_path, BACKUP_SCHEDULE="0 2 * *")
    said(2, "--to DIR", "backup")
    said(2, "--to", "backup", "--to")
    said(2, "--from DIR", "restore")
    said(2, "--nonsense", "restore", "--from", tmp_path, "--nonsense")
    said(1, "There is no backup in", "restore", "--from", tmp_path)
    said(1, "cannot be read", "restore", "--from", tmp_path / "nowhere")


def test_one_at_a_time(tmp_path):
    with Cinema() as cinema, open(tmp_path / "taquilla-backup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = verb(cinema, "backup", "--to", tmp_path)
        assert done.returncode == 1 and "Another backup is being written" in done.stderr
        fcntl.flock(lock, fcntl.LOCK_UN)
        good(verb(cinema, "backup", "--to", tmp_path))
        assert "  reservations" in good(verb(cinema, "restore", "--from", tmp_path)).stdout


def test_settings_are_explained(tmp_path):
    printed = good(run("config", folder=tmp_path, BACKUP_KEEP=3)).stdout
    for name in ("BACKUP_DIR=", "BACKUP_SCHEDULE=0 2 * * *", "BACKUP_KEEP=3", "MAX_RETRIES=3", "RETRY_DELAY=5"):
        assert f"\n{name}\n" in printed, printed
    usage = good(run("--help", folder=tmp_path)).stdout
    assert "backup --to DIR" in usage and "restore --from DIR" in usage and "--mode" in usage
