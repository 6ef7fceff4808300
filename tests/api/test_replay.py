"""taquilla replay: the log alone makes the sales again, byte for byte; what differs is named."""

import re
import shutil
import sqlite3

import pytest

from harness.cinema import Cinema, run
from harness.imports import into
from harness.maker import Maker
from harness.replayed import TABLES, replayed


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """The demo cinema, closed: sales in every state."""
    folder = tmp_path_factory.mktemp("closed")
    done = run("demo", "--data", folder / "data", folder=folder, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def again(folder):
    return run("replay", "--data", folder / "data", folder=folder, timeout=120)


def rows_of(folder):
    db = sqlite3.connect(folder / "data" / "reservations.db")
    counts = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    db.close()
    return counts


def test_the_demo(closed):
    """The verb opens the cinema, and holds that have run out end then: the seats claimed may become fewer before or after its look."""
    before = rows_of(closed)
    done = again(closed)
    after = rows_of(closed)
    assert done.returncode == 0, done.stderr
    said = dict(re.findall(r"^  (\w+) +(\d+) rows, the same$", done.stdout, re.M))
    assert list(said) == TABLES
    assert all(before[t] >= int(said[t]) >= after[t] for t in TABLES)
    assert all(before[t] == after[t] for t in TABLES if t != "seat_claims")
    assert int(said["payments"]) > 100


def test_while_it_sells(m):
    """An open cinema, with a moved showing, an erased user, a refused and a returned payment."""
    showing = m.make_showing(seats=20)
    seats = showing["seat_ids"]
    m.book(showing, seats[:2])
    paid = m.book(showing, seats[2:4])
    m.try_pay(paid, method="test_decline")
    m.pay(paid)
    m.cancel(paid)
    moved = m.rooms.put(f"/api/schedules/{showing['id']}", json={"show_time": m.at(days=2)})
    assert moved.status_code == 200, moved.text
    assert not replayed(m.cinema)


CHANGES = {
    "reservations": "UPDATE reservations SET total_amount = total_amount + 1 WHERE id = (SELECT max(id) FROM reservations)",
    "reserved_seats": "UPDATE reserved_seats SET price = 1 WHERE id = (SELECT max(id) FROM reserved_seats)",
    "seat_claims": "UPDATE seat_claims SET held_until = 1 WHERE held_until IS NULL",
    "payments": "DELETE FROM payments WHERE id = (SELECT max(id) FROM payments)",
    "checkins": "INSERT INTO checkins (reservation_id, seat_id, schedule_id, checked_in_at, recorded_at, place)"
    " SELECT r.id, s.seat_id, r.schedule_id, 1, 1, 'x' FROM reservations r JOIN reserved_seats s ON s.reservation_id = r.id LIMIT 1",
}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_no_event_made(closed, tmp_path, table):
    shutil.copytree(closed / "data", tmp_path / "data")
    db = sqlite3.connect(tmp_path / "data" / "reservations.db", isolation_level=None)
    db.execute(CHANGES[table])
    db.close()
    done = again(tmp_path)
    assert done.returncode == 1
    assert re.search(rf"^taquilla replay: Row \d+ of {table} is .*, and the log makes it ", done.stderr), done.stderr


def test_nothing_is_nothing():
    with Cinema() as cinema:
        Maker(cinema).close()
        done = run("replay", *into(cinema), folder=cinema.folder)
        assert done.returncode == 0 and "0 events" in done.stdout, done.stdout + done.stderr
