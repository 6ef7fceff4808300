"""`taquilla copy` moves a cinema between embedded and real databases: nothing lost, nothing twice, whatever interrupts it."""

import hashlib
import random
import re
import signal
import sqlite3
import subprocess
import time

import httpx
import pytest

from harness import keeping
from harness.cinema import Cinema, bare_environment, program, run
from harness.ferretdb import FerretDB
from harness.keeping import OWNERS, exports, good
from harness.maker import Maker, unique
from harness.mariadb import MariaDB
from harness.postgres import Postgres
from harness.storm import SEED

DATABASES = {"movies": FerretDB, "rooms": MariaDB, "reservations": Postgres}


@pytest.fixture(scope="module")
def servers():
    running = {owner: make().start() for owner, make in DATABASES.items()}
    yield running
    for server in running.values():
        server.stop()


def real(servers, folder):
    """Settings that lead to fresh databases, and the file that says so."""
    name = f"copy_{random.getrandbits(32):08x}"
    settings = {f"{owner.upper()}_DATABASE_URL": server.database(name) for owner, server in servers.items()}
    file = folder / f"{name}.env"
    file.write_text("".join(f"{k}={v}\n" for k, v in settings.items()) + f"DATA_DIR={folder / name}\n")
    return settings, file


def filled(folder, bookings=12, films=4, rooms=1):
    """A closed cinema with a bit of everything, which changes no more by itself; its exports."""
    folder.mkdir()
    with Cinema(folder=folder, MAX_HOLDS_PER_USER=100000) as cinema:
        m = Maker(cinema)
        for _ in range(films - 1):
            m.make_movie(description="é" * 400)
        for _ in range(rooms - 1):
            m.make_room(seats=200, per_row=20)
        m.at_movies.post("/api/genres", json={"name": unique("Género "), "description": 'a "b" \\ \U0001f3ac'})
        showing = m.make_showing(m.make_movie(), m.make_room(seats=max(20, bookings + 2)))
        user = m.make_user(name='Ñandú "el 5" \\ end')
        for i, seat in enumerate(showing["seat_ids"][:bookings]):
            made = m.book(showing, [seat], user)
            if i % 3:
                m.pay(made)
            else:
                m.cancel(made)
        m.close()
        end = time.monotonic() + 30
        while any(p["refund_due"] for p in keeping.rows(keeping.export(cinema, "reservations")[0], "payments")):
            assert time.monotonic() < end
            time.sleep(0.1)
        return exports(cinema), showing


def sell(cinema, showing):
    m = Maker(cinema)
    seat = showing["seat_ids"][-1]
    m.pay(m.book(showing, [seat], m.make_user()))
    assert m.states_once(showing, lambda s: s[seat] == "sold")[seat] == "sold"
    m.close()


def copy(*arguments, folder, **settings):
    return run("copy", *arguments, folder=folder, timeout=240, **settings)


def account(done):
    """{owner: {table: (rows, sha256)}} as it was printed."""
    found = {}
    for owner, table, rows, digest in re.findall(r"(?m)^ +(\w+) +(\w+) +(\d+) rows  ([0-9a-f]{64})$", done.stdout):
        found.setdefault(owner, {})[table] = int(rows), digest
    return found


def sums(owners):
    return {
        owner: {name: (rows.count(b"\n"), hashlib.sha256(rows).hexdigest()) for name, rows in tables.items()}
        for owner, (tables, _) in owners.items()
    }


def test_there_and_back(servers, tmp_path):
    wanted, showing = filled(tmp_path / "first")
    settings, file = real(servers, tmp_path)
    first = tmp_path / "first" / "data"
    done = good(copy(first, file, folder=tmp_path, TMPDIR=tmp_path))
    assert account(done) == sums(wanted)
    assert "counts and SHA-256 of every table agree on both sides" in done.stdout
    assert not (tmp_path / file.stem).exists(), "nothing was put beside the databases"
    assert not list(tmp_path.glob("taquilla-figures-*")), "the sums of the two sides stayed"

    back = tmp_path / "second"
    back.mkdir()
    # What the settings here say of other stores does not count.
    (tmp_path / ".env").write_text(f"ROOMS_DATABASE_URL=sqlite:{tmp_path / 'wrong'}\nMYSQL_HOST=127.0.0.1\n")
    assert account(good(copy(file, back / "data", folder=tmp_path, MONGODB_URI="mongodb://127.0.0.1:1/"))) == sums(wanted)
    assert not (tmp_path / "wrong").exists()
    left = {f.name for f in (back / "data").iterdir()}
    assert left <= {f"{o}.db{end}" for o in OWNERS for end in ("", ".lock", "-wal", "-shm")} | {"ticket.key"}, left

    with Cinema(folder=back) as again:
        assert exports(again) == wanted, "byte for byte"
        sell(again, showing)
    with Cinema(**settings) as moved:
        assert exports(moved) == wanted, "byte for byte"
        sell(moved, showing)

    gone_on = good(copy(first, file, folder=tmp_path))
    assert "reservations: this copy is there" in gone_on.stdout and "has gone on since" in gone_on.stdout
    assert "agree on both sides" not in gone_on.stdout


def begun(from_, to, folder):
    return subprocess.Popen(
        [program(), "copy", from_, to],
        cwd=folder,
        env=bare_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def marked(servers, data, settings):
    """Is a store of the other side half full? Each has a mark as long as it is."""
    if settings:
        name = settings["ROOMS_DATABASE_URL"].rsplit("/", 1)[1]
        try:
            return servers["rooms"].sql("SELECT count(*) FROM restore_state", database=name).strip() != "0"
        except AssertionError:  # no table yet
            return False
    try:
        with sqlite3.connect(f"file:{data}/rooms.db?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM restore_state").fetchone() != (0,)
    except sqlite3.OperationalError:
        return False


@pytest.mark.parametrize("place", ["embedded", "real"])
def test_killed_and_run_again(servers, tmp_path, place):
    """kill -9 at any moment while rows pass or stores open: the same command goes on and ends right."""
    wanted, _ = filled(tmp_path / "first", bookings=40, films=60, rooms=6)
    first, data, dice = tmp_path / "first" / "data", tmp_path / "second" / "data", random.Random(SEED)
    print(f"TAQUILLA_SEED={SEED}")
    settings, to = ({}, data) if place == "embedded" else real(servers, tmp_path)
    (tmp_path / "second").mkdir()
    halves = 0
    for _ in range(3):
        process, already = begun(first, to, tmp_path), halves > 0
        while process.poll() is None and not already and not marked(servers, data, settings):
            time.sleep(0.002)
        time.sleep(dice.random() * (4 if already else 0.2))
        process.kill()
        process.communicate()
        halves += marked(servers, data, settings)
    assert halves, "none was killed half way"
    done = good(copy(first, to, folder=tmp_path))
    print(done.stdout)
    assert account(done) == sums(wanted)
    with Cinema(folder=tmp_path / "second", **settings) as cinema:
        assert exports(cinema) == wanted


def restoring(cinema, owner, rows_of, upto):
    """As a copy that was killed leaves an owner: `upto` tables filled, half of the next."""
    url = cinema.url(owner) + "/internal/restore"
    head = {"authorization": f"Bearer {cinema.service_token}", "content-type": "application/json"}
    none = '{"table":"log","rows":[]}'
    assert httpx.post(f"{url}/rows", content=none, headers=head).json()["code"] == "restore_not_started"
    assert httpx.post(f"{url}/start", content="{}", headers=head).status_code == 200
    assert httpx.post(f"{url}/rows", content=none, headers=head).status_code == 200
    for at, (table, lines) in enumerate(rows_of.items()):
        rows = lines.decode().splitlines()
        rows = rows if at < upto else rows[: len(rows) // 2] if at == upto else []
        for some in (rows[i : i + 500] for i in range(0, len(rows), 500)):
            body = f'{{"table":"{table}","rows":[{",".join(some)}]}}'
            answer = httpx.post(f"{url}/rows", content=body, headers=head)
            assert answer.status_code == 200, answer.text


def test_it_goes_on_where_it_was(tmp_path):
    """Rows that are there are not sent again; those that differ are the reason to begin anew."""
    wanted, _ = filled(tmp_path / "first", bookings=30)
    first, to = tmp_path / "first" / "data", tmp_path / "second"
    to.mkdir()
    with Cinema(folder=to) as half:
        restoring(half, "reservations", wanted["reservations"][0], upto=3)
        other = dict(wanted["rooms"][0])
        other["rooms"] = other["rooms"].replace(b'"name":"', b'"name":"Other ', 1)
        restoring(half, "rooms", other, upto=2)
    with sqlite3.connect(to / "data" / "reservations.db") as db:  # each row that is put in is counted
        db.execute("CREATE TABLE put (what)")
        db.execute("CREATE TRIGGER count_users AFTER INSERT ON users BEGIN INSERT INTO put VALUES ('user'); END")
        db.execute("CREATE TRIGGER count_payments AFTER INSERT ON payments BEGIN INSERT INTO put VALUES ('payment'); END")
    done = good(copy(first, to / "data", folder=tmp_path))
    assert "reservations: a part of it is there: it goes on behind it" in done.stdout
    assert not re.search("reservations: .*begins anew", done.stdout)
    assert re.search("rooms: .*begins anew", done.stdout)
    assert account(done) == sums(wanted)
    with sqlite3.connect(to / "data" / "reservations.db") as db:
        put = dict(db.execute("SELECT what, count(*) FROM put GROUP BY what"))
        db.execute("DROP TABLE put")
        db.execute("DROP TRIGGER count_users")
        db.execute("DROP TRIGGER count_payments")
    assert put == {"payment": sums(wanted)["reservations"]["payments"][0]}, "users were there already"
    with Cinema(folder=to) as cinema:
        assert exports(cinema) == wanted


def test_ctrl_c(tmp_path):
    wanted, _ = filled(tmp_path / "first")
    first, to = tmp_path / "first" / "data", tmp_path / "second" / "data"
    process = begun(first, to, tmp_path)
    while process.poll() is None and not to.exists():  # the first cinema is open, the other opens
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "taquilla copy: It was stopped." in err, (out, err)
    assert "It came as far as " in err and "The same command again goes on" in err
    assert account(good(copy(first, to, folder=tmp_path))) == sums(wanted)


def test_refused(tmp_path):
    wanted, showing = filled(tmp_path / "first")
    first = tmp_path / "first" / "data"
    (tmp_path / "second").mkdir()
    with Cinema(folder=tmp_path / "second") as other:
        m = Maker(other)
        m.make_room()
        m.close()
        before = exports(other)
        done = copy(first, other.data, folder=tmp_path)
        assert done.returncode == 1 and "Another process is using the store" in done.stderr
        assert "close it first" in done.stderr
    done = copy(first, tmp_path / "second" / "data", folder=tmp_path)
    assert done.returncode == 1 and "rooms: other data is there" in done.stderr, done.stderr
    with Cinema(folder=tmp_path / "second") as other:
        assert exports(other) == before, "the others were opened again as empty as they were"
        Maker(other).make_movie()

    for wrong in (tmp_path / "nowhere", tmp_path / "nowhere.env"):
        done = copy(wrong, tmp_path / "third", folder=tmp_path)
        assert done.returncode == 2 and str(wrong) in done.stderr, done.stderr
    (tmp_path / "empty.env").write_text("CINEMA_NAME=x\n")
    assert copy(first, tmp_path / "empty.env", folder=tmp_path).returncode == 2
    assert copy(first, folder=tmp_path).returncode == 2
    assert not (tmp_path / "third").exists() and not (tmp_path / "nowhere").exists()


def test_the_first_side_has_moved_on(tmp_path):
    wanted, showing = filled(tmp_path / "first")
    first, second = tmp_path / "first" / "data", tmp_path / "second" / "data"
    (tmp_path / "second").mkdir()
    good(copy(first, second, folder=tmp_path))
    with Cinema(folder=tmp_path / "first") as cinema:
        assert exports(cinema) == wanted, "copying changes nothing there"
        sell(cinema, showing)
    done = copy(first, second, folder=tmp_path)
    assert done.returncode == 1
    position = wanted["reservations"][1]
    assert f"as it was at position {position}, and the first cinema has moved on to" in done.stderr, done.stderr
    with Cinema(folder=tmp_path / "second") as cinema:
        assert exports(cinema) == wanted
