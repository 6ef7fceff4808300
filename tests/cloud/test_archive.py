"""LOG_KEEP_DAYS with a cloud: owners drop what backup, lake and DynamoDB hold, and the shorter cinema goes on and comes back whole."""

import sqlite3
import time

import httpx

from harness.cinema import Cinema, run
from harness.keeping import export, exports, good
from harness.maker import Maker

OLD_MS = 10 * 86400 * 1000


def sell(cinema, count):
    m = Maker(cinema)
    showing = m.make_showing(seats=20)
    for seat in showing["seat_ids"][:count]:
        m.pay(m.book(showing, [seat]))
    m.close()


def aged(cinema):
    """All that is in the log of reservations happened ten days earlier; its end."""
    db = sqlite3.connect(cinema.data / "reservations.db", isolation_level=None)
    db.execute("UPDATE log SET time_ms = time_ms - ?", (OLD_MS,))
    db.execute("DELETE FROM log_readers")
    last = db.execute("SELECT max(position) FROM log").fetchone()[0]
    db.close()
    return last


def order(cinema, what):
    answer = httpx.post(cinema.url("ingestion") + what, timeout=120, trust_env=False)
    assert answer.status_code == 200 and answer.json()["errors"] == [], answer.text
    return answer.json()


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
    end = time.monotonic() + 90  # how far a reader has come is noted once a minute
    while removed == 0:
        assert time.monotonic() < end, cinema.log()[-3000:]
        time.sleep(1)
        removed = order(cinema, "/backup")["log_rows_removed"]
    assert removed == old, "what is younger than LOG_KEEP_DAYS stays"
    lines = export(cinema, "reservations")[0]["log"].splitlines()
    assert lines[0].startswith(b'{"position":%d,' % (old + 1))

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
