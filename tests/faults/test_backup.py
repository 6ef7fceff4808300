"""Backup and restore: during a booking storm, killed half way, on a full disk, of damaged folders, into stores with data."""

import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import time

import httpx
import pytest

from harness import keeping
from harness.cinema import Cinema, bare_environment, program, run
from harness.door import ok, refused
from harness.keeping import OWNERS, begun, exports, folders, good, kept, leftovers, settle, verb
from harness.maker import Maker, unique
from harness.storm import SEED, Clock, Crowd, storm
from sweep import replay, sweep

CLIENTS, SHOWINGS, SEATS = 24, 8, 400


@pytest.fixture
def shelf(tmp_path):
    return tmp_path / "shelf"


@pytest.fixture
def closing():
    """Cinemas that end with the test."""
    cinemas = []
    yield cinemas.append
    for cinema in cinemas:
        cinema.stop()


def opened(closing, **settings):
    cinema = Cinema(MAX_HOLDS_PER_USER=100000, **settings).start()
    closing(cinema)
    return cinema


def history(m, bookings=9):
    """A bit of everything that owners keep; no money is on its way any more."""
    film, room = m.make_movie(duration=90), m.make_room(seats=60)
    showing, user = m.make_showing(film, room), m.make_user(name='Ñandú "el 5" \U0001f3ac \n\\ end')
    m.at_movies.post("/api/genres", json={"name": unique("Género "), "description": "é"})
    made = [m.book(showing, [seat], user) for seat in showing["seat_ids"][:bookings]]
    for i, booking in enumerate(made):
        if i % 3:
            m.pay(booking)
        if i % 4 == 0:
            m.cancel(booking)
    m.try_pay(m.book(showing, showing["seat_ids"][-2:], user), method="test_decline")
    settle(m.cinema)
    return showing, user, made


def but_for_refunds(owners):
    """What does not change when money goes back that was due in the backup."""
    tables, _ = owners["reservations"]
    payments = [{k: v for k, v in p.items() if k != "refund_due"} for p in keeping.rows(tables, "payments")]
    events = [e for e in keeping.rows(tables, "log") if e["type"] != "payment.returned"]
    rest = {name: rows for name, rows in tables.items() if name not in ("payments", "log")}
    return payments, events, rest, owners["rooms"], owners["movies"]


async def sell(dice, cinema, showings, user, clock, backups):
    """Clients book, pay and cancel; meanwhile `backups` are made one after the other."""
    codes = {}

    async def client(number, lines):
        while clock.runs():
            showing = dice.choice(showings)
            body = {"userId": user, "scheduleId": showing["id"], "movieId": showing["movie_id"], "totalAmount": 1}
            body["seatIds"] = dice.sample(showing["seat_ids"], dice.randint(1, 4))
            status, answer = await lines["reservations"].ask("POST", "/api/reservations", body)
            assert status in (201, 409), answer
            if status == 409:
                continue
            made = answer["data"]
            codes[made["id"]] = made["accessCode"]
            fate = dice.random()
            if fate < 0.5:
                pay = {"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "cash"}
                status, answer = await lines["reservations"].ask("POST", "/api/payments", pay)
                assert status == 201, answer
            if fate > 0.3:
                path = f"/api/reservations/{made['id']}/cancel?code={made['accessCode']}"
                status, answer = await lines["reservations"].ask("PUT", path)
                assert status == 200, answer

    async def keep():
        while clock.runs():
            done = await asyncio.to_thread(backups)
            assert done.returncode == 0, done.stdout + done.stderr

    async with Crowd(cinema, CLIENTS) as crowd:
        await asyncio.gather(crowd.each(client), keep())
    return codes


def test_backup_during_a_storm(shelf, closing):
    token = "the-manager-of-both-houses-0123456789"
    cinema = opened(closing, ADMIN_TOKEN=token)
    m = Maker(cinema)
    film, room = m.make_movie(duration=1), m.make_room(seats=SEATS, per_row=20)
    showings = [m.make_showing(film, room, m.at(days=2, minutes=20 * i)) for i in range(SHOWINGS)]
    user = m.make_user()["id"]
    codes = storm(
        lambda dice: sell(dice, cinema, showings, user, Clock(6), lambda: verb(cinema, "backup", "--to", shelf))
    )
    during = folders(shelf)
    assert during and len(codes) > 100, "the storm was none"
    settle(cinema)
    good(verb(cinema, "backup", "--to", shelf))
    quiet = folders(shelf)[-1]
    assert kept(quiet) == exports(cinema), "a backup of a quiet cinema is its exports"
    for folder in (*during, quiet):
        tables, position = kept(folder)["reservations"]
        assert not keeping.half_reservations(tables)
        events = [e | {"data": e["data"]} for e in keeping.rows(tables, "log")]
        assert [e["position"] for e in events] == list(range(1, position + 1))
    sizes = [len(kept(f)["reservations"][0]["log"]) for f in during]
    print(f"{len(codes)} bookings, {len(during)} backups meanwhile, logs of {sizes} bytes")

    for folder in (during[len(during) // 2], quiet):
        there = opened(closing, ADMIN_TOKEN=token)
        done = good(verb(there, "restore", "--from", folder))
        assert "counts and checksums agree" in done.stdout
        found = exports(there)
        assert but_for_refunds(found) == but_for_refunds(kept(folder)), "what comes out is what went in"
        if folder == quiet:
            assert found == kept(folder)
        buy_a_ticket(there, showings, kept(folder), codes)
        assert not replay(Maker(there).feed("reservations"))
        there.stop(remove=False)
        assert not sweep(there.database())
    m.close()


def buy_a_ticket(there, showings, backup, codes):
    """As if nothing had happened: a seat that was free is sold, one that was sold is not, an old access code opens."""
    m = Maker(there)
    claims = {(c["schedule_id"], c["seat_id"]) for c in keeping.rows(backup["reservations"][0], "seat_claims")}
    showing, seat = next((s, i) for s in showings for i in s["seat_ids"] if (s["id"], i) not in claims)
    taken = next(i for s, i in sorted(claims) if s == showings[0]["id"])
    user = m.make_user()
    assert user["id"] > max(u["id"] for u in keeping.rows(backup["reservations"][0], "users"))
    refused(m.try_book(showings[0], [taken], user), 409, "seats_taken")
    made = m.book(showing, [seat], user)
    assert made["id"] > max(r["id"] for r in keeping.rows(backup["reservations"][0], "reservations"))
    m.pay(made)
    assert m.states_once(showing, lambda s: s[seat] == "sold")[seat] == "sold"
    film = ok(m.gateway.get(f"/api/movie-details/{showing['movie_id']}"))
    assert showing["id"] in [s["id"] for s in film["schedules"]]
    old = keeping.rows(backup["reservations"][0], "reservations")[-1]["id"]
    with there.door("gateway") as stranger:
        assert stranger.get(f"/api/reservations/{old}").status_code == 401
        found = ok(stranger.get(f"/api/reservations/{old}", params={"code": codes[old]}))
        assert found["id"] == old
    ok(m.movies.post("/api/movies", json=m.movie_body()), 201)
    m.make_showing()
    m.close()


def test_a_cinema_that_is_closed(shelf, tmp_path):
    """The verbs open it for themselves, as the others do."""
    with Cinema() as cinema:
        m = Maker(cinema)
        history(m)
        m.close()
        wanted = exports(cinema)
        cinema.stop(remove=False)
        flags = ("--base-port", cinema.base_port, "--data")
        good(run("backup", "--to", shelf, *flags, cinema.data, folder=tmp_path))
    assert kept(folders(shelf)[0]) == wanted
    house = tmp_path / "house"
    house.mkdir()
    done = good(run("restore", "--from", shelf, *flags, house / "data", folder=tmp_path))
    assert f"The cinema in {house / 'data'} now holds all" in done.stdout
    with Cinema(folder=house) as again:
        assert exports(again) == wanted


def test_restore_runs_again_and_refuses_data(shelf, closing):
    cinema = opened(closing)
    m = Maker(cinema)
    history(m)
    good(verb(cinema, "backup", "--to", shelf))
    same = good(verb(cinema, "restore", "--from", shelf))
    assert "holds this backup already" in same.stdout, "into itself: nothing to do"
    m.make_movie()
    before = exports(cinema)
    same = good(verb(cinema, "restore", "--from", shelf))
    assert "holds this backup already" in same.stdout, "and has gone on since"
    assert exports(cinema) == before
    m.close()

    for service in OWNERS:
        other = opened(closing)
        o = Maker(other)
        {"reservations": o.make_user, "rooms": o.make_room, "movies": o.make_movie}[service]()
        before = exports(other)
        done = verb(other, "restore", "--from", shelf)
        assert done.returncode == 1 and service in done.stderr, done.stderr
        assert exports(other) == before, "the others were opened again as empty as they were"
        o.book(o.make_showing())
        o.close()


def test_killed_backups_leave_nothing_half(shelf, closing):
    cinema = opened(closing)
    m = Maker(cinema)
    for _ in range(3):
        history(m, bookings=50)
    m.close()
    dice, halves = random.Random(SEED), 0
    print(f"TAQUILLA_SEED={SEED}")
    for _ in range(40):
        process = begun(cinema, "backup", "--to", shelf)
        while process.poll() is None and not (shelf.exists() and leftovers(shelf)):
            time.sleep(0.002)
        time.sleep(dice.random() * 0.04)
        process.kill()
        process.wait()
        halves += bool(leftovers(shelf))
        for folder in folders(shelf):
            assert (folder / "manifest.json").is_file()
        if halves > 3:
            break
    assert halves, "none was killed half way"
    good(verb(cinema, "backup", "--to", shelf))
    assert not leftovers(shelf)
    for folder in folders(shelf):
        good(run("restore", "--from", folder, "--check"))
    assert kept(folders(shelf)[-1]) == exports(cinema)


def alive(cinema):
    """Until the owners answer, closed or not."""
    end = time.monotonic() + 30
    for service in OWNERS:
        while True:
            try:
                if cinema.door(service).get("/health/live").status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            assert time.monotonic() < end, cinema.log()[-2000:]
            time.sleep(0.05)


@pytest.mark.parametrize("whom", ["verb", "owner", "house"])
def test_killed_restores_are_run_again(whom, shelf, closing):
    cinema = opened(closing)
    m = Maker(cinema)
    for _ in range(4):
        history(m, bookings=50)
    m.close()
    good(verb(cinema, "backup", "--to", shelf))
    there = opened(closing)
    dice, killed = random.Random(SEED), 0
    print(f"TAQUILLA_SEED={SEED}")
    for round in range(12):
        asked = there.log().count("/internal/restore/start")
        process = begun(there, "restore", "--from", shelf)
        end = time.monotonic() + 20
        while there.log().count("/internal/restore/start") < asked + 3 and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(dice.random() * 0.03 * round)
        if whom == "verb":
            process.kill()
        elif whom == "owner":
            there.kill(dice.choice(OWNERS))
        else:
            there.kill_all()
        stopped = process.wait(60) != 0
        if whom == "house":
            there.start(wait=False)
        alive(there)
        killed += stopped
        if not stopped and not killed:
            there = opened(closing)  # it was through before the blow fell: once more, into another
        if killed and round >= 3:
            break
    assert killed, "none was stopped half way"
    good(verb(there, "restore", "--from", shelf))
    assert exports(there) == kept(folders(shelf)[-1])
    m = Maker(there)
    m.book(m.make_showing())
    m.close()


def test_full_disk(closing, tmp_path):
    """The backup fails in plain words and takes what it wrote away; the cinema does not notice."""
    cinema = opened(closing)
    m = Maker(cinema)
    history(m, bookings=50)
    for _ in range(40):
        m.make_movie(description="x" * 4000)
    m.close()
    small = tmp_path / "small"
    small.mkdir()
    script = f'mount -t tmpfs -o size=64k tmpfs {small} && "$@"; code=$?; find {small} -mindepth 1 >&2; umount {small}; exit $code'
    command = ["sh", "-c", script, "sh", program(), "backup", "--to", small]
    if os.geteuid() != 0:
        command = ["unshare", "-rm", *command]
    done = subprocess.run(
        [*map(str, command), "--base-port", str(cinema.base_port), "--data", str(cinema.data)],
        env=bare_environment(cinema.folder),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "cannot be written: No space left on device" in done.stderr
    left = [line for line in done.stderr.splitlines() if line.startswith(str(small))]
    assert left == [str(small / "taquilla-backup.lock")], done.stderr
    m = Maker(cinema)
    m.book(m.make_showing())
    m.close()


def damage_flip(folder, dice):
    file = folder / dice.choice(["rooms/seats.ndjson", "reservations/log.ndjson", "movies/movies.ndjson"])
    content = bytearray(file.read_bytes())
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    file.write_bytes(content)


def damage_line(folder, dice):
    file = folder / "reservations" / "reserved_seats.ndjson"
    lines = file.read_bytes().splitlines(keepends=True)
    del lines[dice.randrange(len(lines))]
    file.write_bytes(b"".join(lines))


def damage_order(folder, dice):
    file = folder / "reservations" / "log.ndjson"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[::-1]))


def damage_end(folder, dice):
    with open(folder / "movies" / "log.ndjson", "ab") as file:
        file.write(b"{}\n")


def damage_manifest(folder, dice):
    file = folder / "manifest.json"
    content = bytearray(file.read_bytes())
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    file.write_bytes(content)


def damage_file_gone(folder, dice):
    (folder / "reservations" / "users.ndjson").unlink()


def damage_manifest_gone(folder, dice):
    (folder / "manifest.json").unlink()


def damage_other_place(folder, dice):
    """A manifest that is sealed well and names a file elsewhere."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["services"][0]["tables"][0]["name"] = "../../x"
    (folder / "manifest.json").write_text(keeping.seal(manifest))


def damage_newer(folder, dice):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(keeping.seal(manifest | {"version": 2}))


DAMAGES = [f for name, f in sorted(globals().items()) if name.startswith("damage_")]


def test_damaged_backups_are_refused_before_anything_is_sent(shelf, closing, tmp_path):
    cinema, there = opened(closing), opened(closing)
    m = Maker(cinema)
    history(m)
    m.close()
    good(verb(cinema, "backup", "--to", shelf))
    whole = folders(shelf)[0]
    dice = random.Random(SEED)
    print(f"TAQUILLA_SEED={SEED}")
    manifest = json.loads((whole / "manifest.json").read_text())
    assert keeping.seal(manifest) == (whole / "manifest.json").read_text(), "the test seals as the program does"
    for damage in DAMAGES:
        for round in range(4 if damage in (damage_flip, damage_manifest) else 1):
            folder = tmp_path / damage.__name__ / str(round) / whole.name
            shutil.copytree(whole, folder)
            damage(folder, dice)
            for arguments in ((folder,), (folder, "--check"), (folder.parent,)):
                done = verb(there, "restore", "--from", *arguments)
                assert done.returncode == 1, f"{damage.__name__}: {done.stdout}{done.stderr}"
                assert re.search("is damaged|no backup in|cannot be read", done.stderr), done.stderr
                assert "now holds" not in done.stdout and "is whole" not in done.stdout
    assert "/internal/restore" not in there.log(), "something was sent"

    # Beside a whole one of the same directory it is passed over, and said so.
    newer = shelf / "taquilla-29991231_235959"
    shutil.copytree(whole, newer)
    damage_line(newer, dice)
    done = verb(there, "restore", "--from", shelf, "--check")
    assert done.returncode == 1 and f"{whole} is whole" in done.stdout and "passed over" in done.stderr
    done = good(verb(there, "restore", "--from", shelf))
    assert "passed over" in done.stderr and f"{newer}/" in done.stderr
    assert exports(there) == kept(whole)
