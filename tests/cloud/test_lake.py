"""The data lake in S3: equal to the feeds, each fact there once whatever happens to who writes it, and read by the tools of others."""

import gzip
import hashlib
import json
import random
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from harness import lake
from harness.cinema import ZONE, Cinema
from harness.door import ok
from harness.keeping import OWNERS, settle
from harness.maker import Maker, unique

SEED = random.randrange(1 << 32)
PERSONAL = ("Ñandú", "nandu@example.com", "555000111")


def history(m, bookings=6):
    """Some of everything that owners tell, by somebody whose name must never leave the house."""
    showing = m.make_showing(seats=40)
    user = m.make_user(name=PERSONAL[0], email=unique("a") + PERSONAL[1], phone=PERSONAL[2])
    made = [m.book(showing, [seat], user) for seat in showing["seat_ids"][:bookings]]
    for booking in made[::2]:
        m.pay(booking)
    m.cancel(made[0])
    ok(m.reservations.delete(f"/api/users/{m.make_user()['id']}"))
    settle(m.cinema)
    return showing, user, made


def feeds(cinema):
    m = Maker(cinema)
    try:
        return {name: m.feed(name) for name in OWNERS}
    finally:
        m.close()


def check_equal(aws, bucket, cinema):
    s3 = aws.boto("s3")
    for name, told in feeds(cinema).items():
        assert lake.rows(s3, bucket, f"{name}_events") == told, name


def test_lake_is_the_feeds(aws, bucket, settings, cinema):
    m = Maker(cinema)
    history(m)
    first = lake.write(cinema, settings)
    check_equal(aws, bucket, cinema)
    assert first["positions"] == [len(feeds(cinema)[name]) for name in OWNERS]
    again = lake.write(cinema, settings)
    assert again["rows"] == 0 and again["positions"] == first["positions"]
    history(m)
    more = lake.write(cinema, settings)
    assert more["segments"] == 3
    check_equal(aws, bucket, cinema)
    s3 = aws.boto("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page["Contents"]:
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            text = (gzip.decompress(body) if entry["Key"].endswith(".gz") else body).decode()
            assert not any(word in text for word in PERSONAL), entry["Key"]
    m.close()


def test_segments_hold_one_day_each_and_what_others_read_is_the_same(aws, bucket, settings, cinema, tmp_path):
    import duckdb
    import pandas

    m = Maker(cinema)
    history(m)
    lake.write(cinema, settings)
    s3 = aws.boto("s3")
    for name, told in feeds(cinema).items():
        table = f"{name}_events"
        for key in lake.keys(s3, bucket, table):
            place = tmp_path / key
            place.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, key, str(place))
            day = key.split("dt=")[1].split("/")[0]
            assert all(json.loads(line)["time"].startswith(day) for line in gzip.open(place))
        frames = [
            pandas.read_json(place, lines=True, dtype=False)
            for place in sorted((tmp_path / "analytics/lake" / table).rglob("*.ndjson.gz"))
        ]
        read = pandas.concat(frames).to_dict("records")
        assert [r["position"] for r in read] == [e["position"] for e in told]
        assert [r["data"] for r in read] == [e["data"] for e in told]
        found = duckdb.sql(
            "select position, type, subject, cast(data as varchar) as data from read_json("
            f"'{tmp_path}/analytics/lake/{table}/*/*.ndjson.gz', hive_partitioning = true, "
            "columns = {position: 'BIGINT', type: 'VARCHAR', subject: 'VARCHAR', data: 'JSON'}) order by position"
        ).fetchall()
        assert [(p, t, s, json.loads(d)) for p, t, s, d in found] == [
            (e["position"], e["type"], e["subject"], e["data"]) for e in told
        ]
    m.close()


def test_each_ended_day_of_sales_is_there_once(aws, bucket, settings):
    """A day of the house ends at DAY_STARTS: one that begins in a minute has one behind it that has just ended soon."""
    now = datetime.now(ZoneInfo(ZONE))
    ends = now + timedelta(seconds=90 if now.second > 35 else 60)
    with Cinema(DAY_STARTS=ends.strftime("%H:%M")) as cinema:
        m = Maker(cinema)
        showing, _, made = history(m)
        lake.write(cinema, settings)
        s3 = aws.boto("s3")
        before = lake.keys(s3, bucket, "daily_sales")
        end = ends.replace(second=0, microsecond=0)
        while datetime.now(ZoneInfo(ZONE)) <= end + timedelta(seconds=1):
            time.sleep(0.5)
        lake.write(cinema, settings)
        lake.write(cinema, settings)
        after = lake.keys(s3, bucket, "daily_sales")
        assert len(after) == len(before) + 1
        found = lake.rows(s3, bucket, "daily_sales")
        day = lake.manifest(s3, bucket, "daily_sales")["segments"][-1]["dt"]
        sheet = ok(m.analytics.get(f"/api/analytics/day?date={day}"))
        assert sheet["total"]["tickets"] > 0
        mine = [r for r in found if r["date"] == day]
        total = next(r for r in mine if r["by"] == "total")
        assert {k: total[k] for k in ("sold", "refunded", "net", "tickets")} == sheet["total"]
        films = {r["name"]: (r["title"], r["net"], r["tickets"]) for r in mine if r["by"] == "film"}
        assert films == {f["movieId"]: (f["title"], f["net"], f["tickets"]) for f in sheet["byMovie"]}
        assert {r["name"] for r in mine if r["by"] == "method"} == {s["paymentMethod"] for s in sheet["byPaymentMethod"]}
        m.close()


def test_written_once_however_often_its_writer_is_killed(aws, bucket, settings, cinema):
    """kill -9 at any moment while the cinema sells; after each, whatever is there is right, and at the end all of it is."""
    dice, kills = random.Random(SEED), 0
    print(f"seed {SEED}")
    m = Maker(cinema)
    s3, history_of = aws.boto("s3"), {}
    history(m, bookings=2)
    began = time.monotonic()
    lake.write(cinema, settings)
    took = time.monotonic() - began
    for _ in range(25):
        history(m, bookings=2)
        writer = lake.begin_writing(cinema, settings)
        time.sleep(dice.uniform(0.2, 1) * took)
        kills += writer.poll() is None
        writer.kill()
        writer.communicate()
        for name in OWNERS:
            for key in lake.keys(s3, bucket, f"{name}_events"):
                etag = s3.head_object(Bucket=bucket, Key=key)["ETag"]
                assert history_of.setdefault(key, etag) == etag, f"{key} was written twice"
    assert kills > 5, "the writer was always faster"
    lake.write(cinema, settings)
    check_equal(aws, bucket, cinema)
    for name in OWNERS:
        versions = s3.list_object_versions(Bucket=bucket, Prefix=lake.prefix(f"{name}_events") + "dt=").get("Versions", [])
        assert len({v["Key"] for v in versions}) == len(versions)
    m.close()


def test_what_a_crash_left_unlisted_is_taken_over_and_another_cinemas_is_not(aws, bucket, settings, cinema):
    m = Maker(cinema)
    history(m)
    lake.write(cinema, settings)
    s3 = aws.boto("s3")
    key = lake.prefix("rooms_events") + "manifest.json"
    before = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    history(m)
    lake.write(cinema, settings)
    s3.put_object(Bucket=bucket, Key=key, Body=before)
    history(m)
    lake.write(cinema, settings)
    check_equal(aws, bucket, cinema)
    m.close()
    with Cinema() as other:
        n = Maker(other)
        history(n, bookings=2)
        code, said = lake.try_write(other, settings)
        assert code == 1 and said.startswith("lake_differs") and "S3_ANALYTICS_FOLDER" in said
        n.close()
    check_equal(aws, bucket, cinema)


def test_many_segments_make_parts(aws, bucket, settings, cinema):
    """The manifest stays short: the older ones of two thousand segments are listed in an object of their own."""
    m = Maker(cinema)
    m.make_room(seats=4)
    lake.write(cinema, settings)
    s3 = aws.boto("s3")
    kept = lake.manifest(s3, bucket, "rooms_events")
    only = kept["segments"][0]
    fake = [only | {"first": i + 1, "last": i + 1, "rows": 1} for i in range(1999)]
    told = feeds(cinema)["rooms"]
    for _ in range(2001 - len(told)):
        m.make_room(seats=0)
    told = feeds(cinema)["rooms"]
    line = (json.dumps(told[1998], separators=(",", ":"), ensure_ascii=False) + "\n").encode()
    fake[-1]["sha256"] = hashlib.sha256(line).hexdigest()
    kept |= {"segments": fake, "last": 1999}
    s3.put_object(Bucket=bucket, Key=lake.prefix("rooms_events") + "manifest.json", Body=json.dumps(kept))
    lake.write(cinema, settings)
    after = lake.manifest(s3, bucket, "rooms_events")
    assert [(p["first"], p["last"], p["segments"]) for p in after["parts"]] == [(1, 1000, 1000)]
    assert len(after["segments"]) == 1000 and after["segments"][0]["first"] == 1001 and after["last"] == len(told)
    part = json.loads(s3.get_object(Bucket=bucket, Key=after["parts"][0]["key"])["Body"].read())
    assert part["segments"] == fake[:1000]
    m.close()
