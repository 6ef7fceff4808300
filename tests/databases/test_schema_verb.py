"""`taquilla schema` says which migrations a store has and which a start would apply, and changes nothing."""

import re
import sqlite3
import time

import pytest

from harness.cinema import Alone, Cinema, run
from harness.ferretdb import FerretDB
from harness.keeping import good
from harness.mariadb import MariaDB
from harness.postgres import Postgres

DOWN = "There is no way down from a migration but a restore"


def listing(done):
    """{owner: (its first line, [(number, what about it)], the other lines)}"""
    found = {}
    for line in done.stdout.splitlines():
        if head := re.fullmatch(r"(movies|rooms|reservations|analytics): (.*)", line):
            owner = found.setdefault(head[1], (head[2], [], []))
        elif row := re.fullmatch(r" +(\d+)  [a-z_ ]+? +(applied \S+(, not known here)?|the next start applies it)", line):
            owner[1].append((int(row[1]), row[2]))
        elif line.startswith("  "):
            owner[2].append(line.strip())
    assert DOWN in done.stdout
    return found


def of(done, owner):
    return listing(done)[owner]


def files(folder):
    return {f.relative_to(folder): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_embedded(tmp_path):
    data = tmp_path / "data"
    before = listing(good(run("schema", "--data", data)))
    assert not data.exists(), "looking made nothing"
    assert {owner: rows for owner, (_, rows, _) in before.items()} == {
        "movies": [(1, "the next start applies it"), (2, "the next start applies it"), (3, "the next start applies it")],
        "rooms": [(1, "the next start applies it"), (2, "the next start applies it"), (3, "the next start applies it")],
        "reservations": [(1, "the next start applies it"), (2, "the next start applies it"), (3, "the next start applies it")],
        "analytics": [(1, "the next start applies it"), (2, "the next start applies it"), (3, "the next start applies it")],
    }
    assert all(notes == ["new: would be made"] for _, _, notes in before.values())

    with Cinema(folder=tmp_path) as cinema:
        open_now = listing(good(run("schema", "--data", cinema.data)))
    kept = files(data)
    closed = listing(good(run("schema", "--data", data)))
    assert files(data) == kept, "not a file was added or changed"
    for said in (open_now, closed):
        for owner, (place, rows, notes) in said.items():
            assert place == f"SQLite, {data}/{owner}.db" and not notes
            assert all(re.fullmatch(r"applied \d{4}-\d\d-\d\dT[\d:.]+-05:00", about) for _, about in rows), rows

    with sqlite3.connect(data / "reservations.db") as db:
        db.execute("DELETE FROM schema_migrations WHERE number = 3")
    assert of(run("schema", "--data", data), "reservations")[1][2] == (3, "the next start applies it")
    with sqlite3.connect(data / "rooms.db") as db:
        db.execute("INSERT INTO schema_migrations VALUES (9, 'of_tomorrow', 1)")
    _, rows, notes = of(good(run("schema", "--data", data)), "rooms")
    assert rows[-1][0] == 9 and rows[-1][1].endswith("not known here")
    assert notes == ["The store is newer than this program, which does not open it."]


def test_after_a_crash(tmp_path):
    """What is still in the journal counts, and stays there."""
    data = tmp_path / "data"
    with Cinema(folder=tmp_path) as cinema:
        cinema.kill_all()
    assert (data / "movies.db-wal").stat().st_size > 0
    kept = {name: text for name, text in files(data).items() if name.suffix in (".db", ".db-wal")}
    assert of(good(run("schema", "--data", data)), "movies")[1][0][1].startswith("applied")
    assert {name: files(data)[name] for name in kept} == kept


def test_what_cannot_be_read(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "rooms.db").write_bytes(b"this is no database" * 100)
    done = run("schema", "--data", data)
    assert done.returncode == 1 and f"rooms: The store {data}/rooms.db cannot be read" in done.stderr
    assert set(listing(done)) == {"movies", "reservations", "analytics"}, "the others are told all the same"
    for setting, url in (
        ("ROOMS_DATABASE_URL", "mysql://root:secret@127.0.0.1:1/cinema_rooms"),
        ("RESERVATIONS_DATABASE_URL", "postgres://me:secret@127.0.0.1:1/x"),
        ("ANALYTICS_DATABASE_URL", "postgres://me:secret@127.0.0.1:1/x"),
        ("ANALYTICS_DATABASE_URL", "mysql://me:secret@127.0.0.1:1/x"),
        ("MOVIES_DATABASE_URL", "mongodb://me:secret@127.0.0.1:1/x"),
        ("MOVIES_DATABASE_URL", "http://me:secret@127.0.0.1:1/x"),
    ):
        done = run("schema", "--data", tmp_path / "none", **{setting: url})
        assert done.returncode == 1 and setting.split("_")[0].lower() + ": " in done.stderr, done.stderr
        assert "secret" not in done.stdout + done.stderr


SERVERS = {
    "rooms": (MariaDB, "MySQL", [1, 2, 3, 4]),
    "reservations": (Postgres, "PostgreSQL", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    "analytics": (Postgres, "PostgreSQL", [1, 2, 3, 4]),
}


def make_tables(service, store):
    if service != "analytics":
        with Alone(service, **store, MOVIES_API_URL="none", ROOMS_API_URL="none"):
            return
    nowhere = {f"{owner.upper()}_API_URL": "http://127.0.0.1:1" for owner in ("movies", "rooms", "reservations")}
    alone = Alone(service, **store, **nowhere).start(wait=False)  # without owners it is never ready
    end = time.monotonic() + 20
    while "reports" not in alone.log():
        assert time.monotonic() < end, alone.log()
        time.sleep(0.05)
    alone.stop()


@pytest.mark.parametrize("owner", SERVERS)
def test_on_a_server(owner, tmp_path):
    make, kind, numbers = SERVERS[owner]
    setting, name = f"{owner.upper()}_DATABASE_URL", f"cinema_{owner}"
    with make() as server:
        url = server.database(name)
        before = good(run("schema", "--data", tmp_path, **{setting: url}))
        place, rows, notes = of(before, owner)
        assert place == f"{kind}, 127.0.0.1:{server.port}/{name}" and notes == ["new: would be made"]
        assert rows == [(n, "the next start applies it") for n in numbers]
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'schema_migrations'"
        made = server.sql(tables)
        assert str(made).strip("[]'\n") == "0", "looking made nothing"

        make_tables(owner, {setting: url})
        _, rows, notes = of(good(run("schema", "--data", tmp_path, **{setting: url})), owner)
        assert [n for n, _ in rows] == numbers and all(about.startswith("applied 20") for _, about in rows)
        assert not notes

        columns = "number, name, applied_ms" if owner == "rooms" else "number, name, applied_at"
        when = "1" if owner == "rooms" else "now()"
        server.sql(f"INSERT INTO schema_migrations ({columns}) VALUES (19, 'of_tomorrow', {when})", database=name)
        _, rows, notes = of(good(run("schema", "--data", tmp_path, **{setting: url})), owner)
        assert rows[-1][0] == 19 and "newer than this program" in notes[0]


def test_the_old_names_of_the_warehouse(tmp_path):
    """A password may hold any sign; the new name goes before the old ones."""
    with Postgres() as server:
        server.database("cinema_analytics")
        old = {"RDS_ENDPOINT": "127.0.0.1", "RDS_PORT": server.port, "RDS_USER": "taquilla", "RDS_PASSWORD": "p@ss:/?#%"}
        place, _, notes = of(good(run("schema", "--data", tmp_path, **old)), "analytics")
        assert place == f"PostgreSQL, 127.0.0.1:{server.port}/cinema_analytics" and notes == ["new: would be made"]
        place, _, _ = of(good(run("schema", "--data", tmp_path, **old, ANALYTICS_DATABASE_URL=f"sqlite:{tmp_path}")), "analytics")
        assert place == f"SQLite, {tmp_path}/analytics.db"


def test_on_mongodb(tmp_path):
    """Documents have no migrations, and it says so."""
    with FerretDB() as server:
        url = server.database("cinema_movies")
        _, rows, notes = of(good(run("schema", "--data", tmp_path, MOVIES_DATABASE_URL=url)), "movies")
        assert not rows and notes == ["new: would be made"]
        with Alone("movies", MOVIES_DATABASE_URL=url, ROOMS_API_URL="none") as service:
            with service.door("movies") as door:
                assert door.post("/api/genres", json={"name": "Drama", "description": "d"}).status_code == 201
        place, rows, notes = of(good(run("schema", "--data", tmp_path, MOVIES_DATABASE_URL=url)), "movies")
        assert place == f"MongoDB, 127.0.0.1:{server.port}/cinema_movies"
        assert not rows and "there are no migrations" in notes[0]
