"""A cinema that was put back tells another past from there on: its lake is one of its own, and every past can be gone back to."""

import time

import httpx

from harness import lake
from harness.cinema import Cinema, run
from harness.keeping import OWNERS, exports, settle
from harness.maker import Maker
from harness.ports import free_ports
from test_restore import backup, history, moment, quiet, restore


def told(aws, bucket, place):
    s3 = aws.boto("s3")
    return {name: lake.rows(s3, bucket, f"{name}_events", place) for name in OWNERS}


def feeds(cinema):
    m = Maker(cinema)
    settle(cinema)
    found = {name: m.feed(name) for name in OWNERS}
    m.close()
    return found


def logs(owners):
    return {name: tables.get("log") for name, (tables, _) in owners.items()}


def sold(cinema):
    m = Maker(cinema)
    m.pay(m.book(m.make_showing(seats=4)))
    settle(cinema)
    m.close()


def test_each_past_has_a_lake_of_its_own(aws, bucket, settings, cinema):
    m, s3, place = Maker(cinema), aws.boto("s3"), f"s3://{bucket}"
    history(m)
    backup(cinema, settings)
    lake.write(cinema, settings)
    sold(cinema)
    lost, at = quiet(cinema), moment()
    sold(cinema)
    lake.write(cinema, settings)
    first = told(aws, bucket, lake.FIRST)
    time.sleep(1.1)
    with Cinema() as second:
        said = restore(second, settings, "--from", place)
        sold(second)
        lake.write(second, settings)
        (its,) = lake.places(s3, bucket)
        assert its.startswith("analytics/lake-") and told(aws, bucket, its) == feeds(second)
        assert told(aws, bucket, lake.FIRST) == first == feeds(cinema)
        sold(second)
        lake.write(second, settings)
        assert told(aws, bucket, its) == feeds(second) and lake.places(s3, bucket) == [its], "each writes where it wrote before"
        sold(cinema)
        lake.write(cinema, settings)
        assert told(aws, bucket, lake.FIRST) == feeds(cinema) and lake.places(s3, bucket) == [its]
        time.sleep(1.1)
        backup(second, settings)
        sold(second)
        want, later = quiet(second), moment()
        sold(second)
        lake.write(second, settings)
    for moment_at, expected in ((at, lost), (later, want)):
        with Cinema() as again:
            said = restore(again, settings, "--from", place, "--at", moment_at)
            assert logs(exports(again)) == logs(expected) and "not all of that moment" not in said
            assert "one of its own" in said
    m.close()


def test_one_that_was_put_back_while_it_runs_notices(aws, bucket, settings, names):
    """The service itself: it has written to the first lake, and is closed, emptied and restored under the same directory."""
    done = run("setup", **settings)
    assert done.returncode == 0, done.stderr
    quiet_ones = settings | {"SYNC_SCHEDULE": "0 0 29 2 *", "BACKUP_SCHEDULE": "0 0 29 2 *"}
    with Cinema(embedded=True, **quiet_ones) as cinema:
        m = Maker(cinema)
        history(m)
        m.close()
        order(cinema)
        sold(cinema)
        before = feeds(cinema)
        order(cinema)
        assert told(aws, bucket, lake.FIRST) == before
        cinema.stop(remove=False)
        for file in cinema.data.glob("*.db*"):
            file.unlink()
        cinema.start()
        stamps = sorted(o["Key"] for o in aws.boto("s3").list_objects_v2(Bucket=bucket, Prefix="backups/manifests/")["Contents"])
        aws.boto("s3").delete_object(Bucket=bucket, Key=stamps[-1])
        restore(cinema, settings, "--from", f"s3://{bucket}")
        sold(cinema)
        order(cinema)
        (its,) = lake.places(aws.boto("s3"), bucket)
        assert told(aws, bucket, its) == feeds(cinema) and told(aws, bucket, lake.FIRST) == before
        assert "lake_begun" in cinema.log() and "lake_failed" not in cinema.log()


def order(cinema):
    answer = httpx.post(cinema.url("ingestion") + "/backup", timeout=120)
    while answer.status_code == 409:
        time.sleep(0.2)
        answer = httpx.post(cinema.url("ingestion") + "/backup", timeout=120)
    assert answer.status_code == 200 and answer.json()["errors"] == [], answer.text


def test_a_cinema_opened_for_a_restore_alone_writes_nothing(aws, bucket, settings, cinema, tmp_path):
    m = Maker(cinema)
    history(m)
    m.close()
    backup(cinema, settings)
    want, s3 = exports(cinema), aws.boto("s3")
    before = [v["VersionId"] for v in s3.list_object_versions(Bucket=bucket)["Versions"]]
    eager = {"SYNC_SCHEDULE": "* * * * *", "BACKUP_SCHEDULE": "* * * * *", "BACKUP_DIR": tmp_path / "backups"}
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in (settings | eager).items()))
    flags = ("--base-port", free_ports(), "--data", tmp_path / "data")
    done = run("restore", "--from", f"s3://{bucket}", *flags, folder=tmp_path, timeout=120)
    assert done.returncode == 0 and "counts and checksums agree" in done.stdout, done.stdout + done.stderr
    assert [v["VersionId"] for v in s3.list_object_versions(Bucket=bucket)["Versions"]] == before
    assert not (tmp_path / "data/ingestion/jobs").exists() and not (tmp_path / "backups").exists()
    with Cinema(folder=tmp_path, embedded=True, **{name: "" for name in (*settings, *eager)}) as opened:
        assert exports(opened) == want
