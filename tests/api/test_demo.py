"""`taquilla demo`: a lively cinema around today, told by a seed, and never one on top of another's data."""

from datetime import datetime, timedelta

import pytest

from harness.cinema import Cinema, run
from harness.door import ok
from harness.maker import Maker


@pytest.fixture(scope="module")
def demo():
    cinema = Cinema()
    done = cinema.run("demo", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "seed 1" in done.stdout
    with cinema:
        m = Maker(cinema)
        yield m
        m.close()


def test_reservations_in_every_state(demo):
    found = ok(demo.reservations.get("/api/reservations", params={"limit": 10000}))
    assert len(found) >= 200
    assert {r["status"] for r in found} == {"PENDING", "CONFIRMED", "CANCELLED", "EXPIRED"}
    payments = {r["payment"]["status"] for r in found if r["payment"]}
    assert {"COMPLETED", "REFUNDED"} <= payments
    assert len({r["userId"] for r in found}) > 30


def test_showings_from_yesterday_to_a_week_ahead(demo):
    found = ok(demo.rooms.get("/api/schedules", params={"limit": 10000}))
    days = {s["show_time"][:10] for s in found}
    assert {demo.at(days=d)[:10] for d in range(-1, 8)} == days
    length = {f["_id"]: f["duration"] for f in ok(demo.movies.get("/api/movies", params={"limit": 1000}))}
    by_room = {}
    for s in found:
        by_room.setdefault(s["room_id"], []).append(s)
    assert len(by_room) == 5
    for showings in by_room.values():
        showings.sort(key=lambda s: s["show_time"])
        for one, other in zip(showings, showings[1:]):
            ends = datetime.fromisoformat(one["show_time"]) + timedelta(minutes=length[one["movie_id"]] + 15)
            assert ends <= datetime.fromisoformat(other["show_time"]), (one, other)


def test_rooms_differ(demo):
    rooms = ok(demo.rooms.get("/api/rooms"))
    assert {r["screen_type"] for r in rooms} == {"2D", "3D", "IMAX"}
    seats = [s for r in rooms for s in ok(demo.rooms.get(f"/api/rooms/{r['id']}/seats"))]
    assert {s["seat_type"] for s in seats} == {"regular", "premium", "vip"}
    assert any(s["accessible"] for s in seats)
    assert sum(r["capacity"] for r in rooms) == len(seats)


def test_films_speak_the_house_s_language(demo):
    films = ok(demo.movies.get("/api/movies", params={"limit": 1000}))
    assert len(films) >= 60
    assert all(f["title"] and f["description"] and f["cast"] and f["director"] and f["genre"] for f in films)
    names = {g["name"] for g in ok(demo.movies.get("/api/genres"))}
    assert "Ciencia ficción" in names and {g for f in films for g in f["genre"]} <= names


def test_nobody_real_is_in_it(demo):
    users = ok(demo.reservations.get("/api/users", params={"limit": 1000}))
    assert len(users) == 40 and all(u["email"].endswith("@example.com") for u in users)


def test_it_fills_an_open_cinema_once(tmp_path):
    with Cinema(LANGUAGE="en") as cinema:
        into = ("--base-port", cinema.base_port, "--data", cinema.data)
        done = run("demo", *into, "--seed", 7, folder=tmp_path, timeout=120)
        assert done.returncode == 0 and "seed 7" in done.stdout, done.stderr
        m = Maker(cinema)
        films = ok(m.movies.get("/api/movies", params={"limit": 1000}))
        assert any("Science Fiction" in f["genre"] for f in films)
        before = len(ok(m.reservations.get("/api/reservations", params={"limit": 10000})))
        again = run("demo", *into, folder=tmp_path, timeout=120)
        assert again.returncode == 1 and len(again.stderr.strip().splitlines()) == 1
        assert len(ok(m.reservations.get("/api/reservations", params={"limit": 10000}))) == before
        m.close()


def test_one_film_of_your_own_is_enough_to_refuse(tmp_path):
    with Cinema() as cinema:
        m = Maker(cinema)
        m.make_movie()
        m.close()
        done = run("demo", "--base-port", cinema.base_port, "--data", cinema.data, folder=tmp_path, timeout=60)
        assert done.returncode == 1 and "movies" in done.stderr


def test_no_cinema_there(tmp_path):
    done = run("demo", "--base-port", 1, "--data", tmp_path / "data", folder=tmp_path, timeout=60)
    assert done.returncode == 1 and done.stderr.strip()


def test_a_directory_in_use(tmp_path):
    with Cinema(embedded=True) as cinema:
        done = run("demo", "--data", cinema.data, folder=tmp_path, timeout=60)
        assert done.returncode == 1 and "--base-port" in done.stderr


def test_a_bad_setting_is_one_sentence(tmp_path):
    done = run("demo", "--data", tmp_path / "data", folder=tmp_path, CURRENCY="XX")
    assert done.returncode == 1 and "CURRENCY" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_with_an_admin(tmp_path):
    done = run(
        "demo", "--data", tmp_path / "data", folder=tmp_path, timeout=60, ADMIN_TOKEN="only-the-manager-0123456789"
    )
    assert done.returncode == 0, done.stderr
