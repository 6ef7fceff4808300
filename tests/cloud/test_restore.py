"""A restore out of S3: the newest backup byte for byte, a moment between two backups, and nobody comes back who was erased."""

import json
import re
import time
from datetime import datetime, timezone

from harness import lake
from harness.cinema import Cinema, run
from harness.door import ok, refused
from harness.keeping import export, exports, rows, settle
from harness.maker import Maker, unique
from harness.replayed import replayed


def verb_in(cinema, *arguments, settings, **more):
    """A verb for a cinema that is open."""
    flags = ("--base-port", cinema.base_port, "--data", cinema.data)
    return run(*arguments, *flags, folder=cinema.folder, timeout=300, **settings, **more)


def backup(cinema, settings):
    """One to S3, as cron makes it; its stamp."""
    urls = {f"{s.upper()}_API_URL": cinema.url(s) for s in ("movies", "rooms", "reservations", "analytics")}
    done = run(
        *("ingestion", "--mode", "backup", "--data", cinema.data),
        **(settings | urls | {"SERVICE_TOKEN": cinema.service_token}),
        folder=cinema.folder,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def restore(cinema, settings, *arguments, code=0):
    done = verb_in(cinema, "restore", *arguments, settings=settings)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def history(m, bookings=6, showing=None):
    showing = showing or m.make_showing(seats=60)
    user = m.make_user(name="Ñandú", email=unique("b") + "@example.com")
    free = [s for s, state in m.states_once(showing, lambda s: len(s) > 0).items() if state == "free"]
    made = [m.book(showing, [seat], user) for seat in free[:bookings]]
    for booking in made[::2]:
        m.pay(booking)
    m.cancel(made[0])
    settle(m.cinema)
    return showing, user, made


def changes(m, showing, made):
    """Of everything that may change, something."""
    film = m.make_movie()
    ok(m.movies.put(f"/api/movies/{film['_id']}", json={"title": unique("Anders "), "rating": 8}))
    ok(m.movies.delete(f"/api/movies/{m.make_movie()['_id']}"))
    ok(m.movies.post("/api/genres", json={"name": unique("Género ")}), 201)
    other = m.make_room(seats=6, per_row=3)
    ok(m.rooms.put(f"/api/rooms/{other['id']}", json={"name": unique("Sala "), "capacity": 9, "screen_type": "IMAX"}))
    seat = other["seats"][0]["id"]
    ok(m.rooms.put(f"/api/rooms/{other['id']}/seats/{seat}", json={"is_available": False, "seat_type": "vip"}))
    asked = m.make_showing(film, other, m.at(days=3), sales_close_at=m.at(days=3, minutes=5))
    ok(m.rooms.put(f"/api/schedules/{asked['id']}", json={"price": 20.25}))
    closed = m.make_showing(film, other, m.at(days=5))
    ok(m.rooms.delete(f"/api/schedules/{closed['id']}"))
    m.cancel(made[1])
    m.pay(m.book(asked, asked["seat_ids"][1:3]))
    held = m.book(showing, showing["seat_ids"][-3:-1])
    m.try_pay(held, method="test_decline")
    m.book(showing, showing["seat_ids"][-1:], hold=True)
    gone = m.make_user()
    ok(m.reservations.delete(f"/api/users/{gone['id']}"))
    settle(m.cinema)


def nameless(owners, since):
    """Exports of all three, without what a moment between two backups cannot have: what users made or renamed after `since` are called."""
    found = {name: (dict(tables), position) for name, (tables, position) in owners.items()}
    tables = found["reservations"][0]
    known = {u["id"] for u in rows(since["reservations"][0], "users")}
    users = [u if u["id"] in known else u | {"email": None, "name": None, "phone": None} for u in rows(tables, "users")]
    tables["users"] = users
    return found


def moment():
    time.sleep(0.01)
    now = datetime.now(timezone.utc)
    time.sleep(0.01)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z"


def quiet(cinema):
    """What it exports once nothing more changes: followers have caught up."""
    before = None
    while (now := exports(cinema)) != before:
        before = now
        time.sleep(0.6)
    return now


def test_the_newest_backup_byte_for_byte(aws, bucket, settings, cinema):
    m = Maker(cinema)
    showing, _, made = history(m)
    backup(cinema, settings)
    changes(m, showing, made)
    want = quiet(cinema)
    time.sleep(1.1)
    backup(cinema, settings)
    with Cinema() as fresh:
        said = restore(fresh, settings, "--from", f"s3://{bucket}")
        assert exports(fresh) == want
        assert "counts and checksums agree" in said
        assert not list((fresh.data / "ingestion").rglob("*.ndjson")), "people's data stayed on the disk"
        again = restore(fresh, settings, "--from", f"s3://{bucket}")
        assert "holds this backup already" in again and exports(fresh) == want
        n = Maker(fresh)
        n.book(showing, showing["seat_ids"][20:22])
        assert not replayed(fresh)
        m.book(showing, showing["seat_ids"][22:24])
        n.book(showing, showing["seat_ids"][24:25])
        again = restore(fresh, settings, "--from", f"s3://{bucket}")
        assert "holds this backup already" in again
        n.close()
    m.close()


def test_a_moment_between_two_backups(aws, bucket, settings, cinema):
    m = Maker(cinema)
    showing, user, made = history(m)
    backup(cinema, settings)
    at_backup = exports(cinema)
    lake.write(cinema, settings)
    changes(m, showing, made)
    want, at = quiet(cinema), moment()
    history(m, showing=showing)
    ok(m.reservations.put(f"/api/users/{user['id']}", json={"name": "Later", "email": unique("l") + "@example.com"}))
    time.sleep(1.1)
    backup(cinema, settings)
    lake.write(cinema, settings)
    for table in ("rooms_events", "reservations_events"):
        lake.make_part(aws.boto("s3"), bucket, table)
    with Cinema() as fresh:
        said = restore(fresh, settings, "--from", f"s3://{bucket}", "--at", at)
        assert "goes on past this" in said
        expected = nameless(want, at_backup)
        end = time.monotonic() + 20  # rooms tells when showings are, after it was opened
        while nameless(got := exports(fresh), at_backup) != expected and time.monotonic() < end:
            time.sleep(0.3)
        assert {n: p for n, (_, p) in got.items()} == {n: p for n, (_, p) in want.items()}
        for name in got:
            assert got[name][0]["log"] == want[name][0]["log"], name
        for name, (tables, _) in nameless(got, at_backup).items():
            for table, lines in tables.items():
                assert lines == expected[name][0][table], f"{name} {table}"
            assert set(tables) == set(expected[name][0])
        assert "the lake adds" in said and "not all of that moment" not in said
        assert not replayed(fresh)
        n = Maker(fresh)
        taken = {c["seat_id"] for c in rows(got["reservations"][0], "seat_claims") if c["schedule_id"] == showing["id"]}
        n.pay(n.book(showing, [seat for seat in showing["seat_ids"] if seat not in taken][:2]))
        n.close()
    m.close()


def test_a_moment_the_lake_does_not_reach_is_said(aws, bucket, settings, cinema):
    m = Maker(cinema)
    showing, _, made = history(m)
    backup(cinema, settings)
    lake.write(cinema, settings)
    changes(m, showing, made)
    time.sleep(1)
    with Cinema() as fresh:
        said = restore(fresh, settings, "--from", f"s3://{bucket}", "--at", moment())
        assert "was written last" in said and "not all of that moment" in said
    m.close()


def test_nobody_comes_back_who_was_erased_later(aws, bucket, settings, cinema):
    m = Maker(cinema)
    history(m)
    gone, stays = m.make_user(), m.make_user()
    backup(cinema, settings)
    before, between = quiet(cinema), moment()
    ok(m.reservations.delete(f"/api/users/{gone['id']}"))
    lake.write(cinema, settings)
    told = m.feed("reservations")
    for arguments in ((), ("--at", between), ("--at", moment())):
        with Cinema() as fresh:
            said = restore(fresh, settings, "--from", f"s3://{bucket}", *arguments)
            n = Maker(fresh)
            refused(n.reservations.get(f"/api/users/{gone['id']}"), 404)
            assert ok(n.reservations.get(f"/api/users/{stays['id']}"))["name"] == stays["name"]
            tables, _ = export(fresh, "reservations")
            assert gone["email"].encode() not in b"".join(tables.values())
            row = next(u for u in rows(tables, "users") if u["id"] == gone["id"])
            assert row["erased_at"] == told[-1]["time"] == row["updated_at"]
            assert tables["log"].startswith(before["reservations"][0]["log"])
            assert rows(tables, "log")[-1] | {"time": 0} == {
                "position": len(told),
                "type": "user.erased",
                "subject": str(gone["id"]),
                "time": 0,
                "data": told[-1]["data"],
            }
            assert ("1 users were erased later" in said) == (arguments[1:] < (told[-1]["time"],))
            n.close()
    m.close()


def test_what_is_wrong_is_said(aws, bucket, settings, cinema, tmp_path):
    m = Maker(cinema)
    showing, _, made = history(m)
    s3, place = aws.boto("s3"), f"s3://{bucket}"
    with Cinema() as fresh:
        assert "no complete backup in s3://" in restore(fresh, settings, "--from", place, code=1)
        backup(cinema, settings)
        early = restore(fresh, settings, "--from", place, "--at", "2020-01-01T00:00:00Z", code=1)
        assert re.search(r"no complete backup .* or before; the oldest is \d{8}_\d{6}", early)
        assert "--at is a time" in restore(fresh, settings, "--from", place, "--at", "yesterday", code=2)
        assert "--at TIME needs" in restore(fresh, settings, "--from", tmp_path, "--at", "2026-01-01", code=2)
        wrong = settings | {"AWS_SECRET_ACCESS_KEY": "wrong"}
        assert "does not know our key" in restore(fresh, wrong, "--from", place, code=1)
        assert "bucket" in restore(fresh, settings, "--from", place + "-missing", code=1)
        table = next(k["Key"] for k in s3.list_objects_v2(Bucket=bucket, Prefix="backups/mysql/seats/")["Contents"])
        body = s3.get_object(Bucket=bucket, Key=table)["Body"].read()
        s3.put_object(Bucket=bucket, Key=table, Body=body.replace(b'"regular"', b'"premium"', 1))
        damaged = restore(fresh, settings, "--from", place, code=1)
        assert table in damaged and "SHA-256" in damaged
        s3.put_object(Bucket=bucket, Key=table, Body=body)
        lake.write(cinema, settings)
        changes(m, showing, made)
        lake.write(cinema, settings)
        at = moment()
        key = lake.prefix("rooms_events") + "manifest.json"
        whole = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        kept = json.loads(whole)
        holed = kept | {"segments": kept["segments"][:1] + [kept["segments"][1] | {"first": kept["segments"][1]["first"] + 1}]}
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(holed))
        assert "has a hole" in restore(fresh, settings, "--from", place, "--at", at, code=1)
        bad = kept | {"segments": [*kept["segments"][:1], kept["segments"][1] | {"sha256": "0" * 64}]}
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(bad))
        assert "SHA-256" in restore(fresh, settings, "--from", place, "--at", at, code=1)
        s3.put_object(Bucket=bucket, Key=key, Body=whole)
        assert [position for _, position in exports(fresh).values()] == [0, 0, 0], "something of them was used"
        restore(fresh, settings, "--from", place)
    m.close()


def test_what_was_fetched_whole_is_not_fetched_again(aws, bucket, settings, cinema):
    m = Maker(cinema)
    history(m)
    backup(cinema, settings)
    want = exports(cinema)
    s3 = aws.boto("s3")
    log = next(k["Key"] for k in s3.list_objects_v2(Bucket=bucket, Prefix="backups/mongodb/log/")["Contents"])
    body = s3.get_object(Bucket=bucket, Key=log)["Body"].read()
    s3.delete_object(Bucket=bucket, Key=log)
    with Cinema() as fresh:
        assert "it is not there" in restore(fresh, settings, "--from", f"s3://{bucket}", code=1)
        s3.put_object(Bucket=bucket, Key=log, Body=body)
        for kind in ("mysql", "postgresql"):
            for entry in s3.list_objects_v2(Bucket=bucket, Prefix=f"backups/{kind}/")["Contents"]:
                s3.delete_object(Bucket=bucket, Key=entry["Key"])
        restore(fresh, settings, "--from", f"s3://{bucket}")
        assert exports(fresh) == want
    m.close()


def test_under_a_prefix_and_by_mode(aws, bucket, settings, cinema):
    m = Maker(cinema)
    history(m)
    below = settings | {"S3_BACKUP_FOLDER": "copies/a/backups", "S3_ANALYTICS_FOLDER": "copies/a/analytics"}
    backup(cinema, below)
    lake.write(cinema, below)
    want = exports(cinema)
    with Cinema() as fresh:
        assert "no complete backup" in restore(fresh, settings, "--from", f"s3://{bucket}", code=1)
        checked = restore(fresh, settings, "--check", "--from", f"s3://{bucket}/copies/a/")
        assert "Fetching" in checked and exports(fresh) != want
        urls = {f"{s.upper()}_API_URL": fresh.url(s) for s in ("movies", "rooms", "reservations")}
        done = run(
            *("ingestion", "--mode", "restore", "--data", fresh.data),
            **(below | urls | {"SERVICE_TOKEN": fresh.service_token}),
            folder=fresh.folder,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert exports(fresh) == want
    m.close()
