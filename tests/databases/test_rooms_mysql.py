"""Rooms on MySQL as a service: away at its start, restarted and killed under load, two replicas, a database of the old system."""

import threading
import time

import httpx
import pytest

from databases import old
from harness.cinema import Alone, run
from harness.door import ok, refused
from harness.mariadb import MariaDB

HEAL_S = 20
SHOWING = {"movie_id": "507f1f77bcf86cd799439011", "price": 12.5}
OLD = old.ROOMS_SCRIPT + """
INSERT INTO rooms (id, name, capacity) VALUES (5, 'Sala vieja', 10);
INSERT INTO seats (room_id, `row_number`, seat_number) VALUES (5, 'A', 1), (5, 'A', 2);
INSERT INTO schedules (id, movie_id, room_id, show_time, price) VALUES
    (130, '507f1f77bcf86cd799439011', 5, '2030-05-01 20:00:00', 9.99),
    (131, '507f1f77bcf86cd799439011', 5, '2030-05-01 21:00:00', 9.99);
"""


@pytest.fixture
def server():
    with MariaDB() as server:
        yield server


def rooms(**settings):
    return Alone("rooms", MOVIES_API_URL="none", RESERVATIONS_API_URL="none", SERVICE_TOKEN="t" * 32, **settings)


@pytest.fixture
def replicas(server):
    url = server.database("cinema_rooms")
    with rooms(ROOMS_DATABASE_URL=url) as one, rooms(ROOMS_DATABASE_URL=url) as other:
        yield one.door("rooms"), other.door("rooms")


def make_room(door, name="Sala 1"):
    return ok(door.post("/api/rooms", json={"name": name, "capacity": 10}), 201)


def events(door, after=0, wait=0):
    answer = door.get(
        "/feed", params={"after": after, "limit": 1000, "wait": wait}, headers={"Authorization": "Bearer " + "t" * 32}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["events"]


def in_time(condition, what, seconds=HEAL_S):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def test_a_server_that_comes_later(server):
    url = server.database("cinema_rooms")
    server.kill()
    service = rooms(ROOMS_DATABASE_URL=url).start(wait=False)
    with service:
        with service.door("rooms") as door:
            in_time(lambda: answers(door), "it listens")
            assert door.get("/health/live").status_code == 200
            unready = httpx.get(service.url("rooms") + "/health/ready")
            assert unready.status_code == 503 and unready.json()["checks"]["store"]["status"] == "away"
            began = time.monotonic()
            away = door.get("/api/rooms")
            refused(away, 503, "store_unavailable")
            assert away.headers["Retry-After"] == "1"
            refused(door.post("/api/rooms", json={"name": "x", "capacity": 1}), 503, "store_unavailable")
            assert time.monotonic() - began < 4, "two answers, two seconds each"
            server.start()
            in_time(lambda: httpx.get(service.url("rooms") + "/health/ready").status_code == 200, "ready")
            assert make_room(door)["id"] == 1


def answers(door):
    try:
        return door.get("/health/live").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("how", ["restart", "kill"])
def test_a_server_that_goes_and_comes_back_under_load(server, how):
    """Whatever was acknowledged is there, once; while the server is away everybody is told so, and nobody anything else."""
    acknowledged, statuses, ended = [], set(), threading.Event()

    def write(name):
        with service.door("rooms") as door:
            number = 0
            while not ended.is_set():
                number += 1
                body = {"name": f"{name} {number}", "capacity": 1}
                for _ in range(400):
                    answer = door.post("/api/rooms", json=body, headers={"Idempotency-Key": body["name"].replace(" ", "-")})
                    statuses.add(answer.status_code)
                    if answer.status_code == 201:
                        acknowledged.append(answer.json()["data"]["name"])
                        break
                    time.sleep(0.05)

    with rooms(ROOMS_DATABASE_URL=server.database("cinema_rooms")) as service:
        writers = [threading.Thread(target=write, args=(f"w{i}",)) for i in range(8)]
        for writer in writers:
            writer.start()
        for _ in range(2):
            before = len(acknowledged)
            in_time(lambda: len(acknowledged) > before + 20, "rooms are made")
            server.kill() if how == "kill" else server.halt()
            time.sleep(0.5)
            server.start()
        before = len(acknowledged)
        in_time(lambda: len(acknowledged) > before + 20, "rooms are made again")
        ended.set()
        for writer in writers:
            writer.join()
        with service.door("rooms") as door:
            names = [r["name"] for r in ok(door.get("/api/rooms", params={"limit": 10000}))]
            positions = [e["position"] for e in every_event(door)]
    assert statuses <= {201, 503}, statuses
    assert len(set(names)) == len(names), "made twice"
    assert set(acknowledged) <= set(names), "acknowledged and lost"
    assert positions == list(range(1, len(names) + 1)), "a hole in the log"


def every_event(door):
    found = []
    while page := events(door, after=found[-1]["position"] if found else 0):
        found += page
    return found


def test_replicas_are_one_service(replicas):
    """Each request to the other replica: what one wrote, the other has; a key is a key; a room is free or it is not."""
    one, other = replicas
    room = make_room(one)
    assert ok(other.get(f"/api/rooms/{room['id']}")) == room
    assert [s["row_number"] for s in ok(other.post(f"/api/rooms/{room['id']}/seats", json={"auto_generate": True}), 201)]
    assert len(ok(one.get(f"/api/rooms/{room['id']}/seats"))) == 10
    body = SHOWING | {"room_id": room["id"], "show_time": "2030-05-01T20:00:00"}
    made = ok(one.post("/api/schedules", json=body, headers={"Idempotency-Key": "k"}), 201)
    assert ok(other.post("/api/schedules", json=body, headers={"Idempotency-Key": "k"}), 201) == made
    refused(other.post("/api/schedules", json=body), 409, "showing_overlaps")
    assert ok(other.put(f"/api/schedules/{made['id']}", json={"price": 5}))["price"] == 5
    assert ok(one.get(f"/api/schedules/{made['id']}"))["price"] == 5
    assert ok(one.delete(f"/api/schedules/{made['id']}"))["is_active"] is False
    assert [e["position"] for e in events(one)] == [e["position"] for e in events(other)] == [1, 2, 3, 4, 5]


def test_a_feed_tells_of_the_other_replicas_commits(replicas):
    one, other = replicas
    make_room(one)
    threading.Timer(0.3, make_room, args=(one, "Sala 2")).start()
    began = time.monotonic()
    told = events(other, after=1, wait=10)
    assert [e["data"]["name"] for e in told] == ["Sala 2"]
    assert time.monotonic() - began < 5, "told when the wait was over, not when it was written"


def test_a_database_of_the_old_system_by_its_old_names(server):
    server.database("cinema_rooms")
    server.sql(OLD + "CREATE USER 'cine ma'@'%' IDENTIFIED BY 'p@ss/w?rd'; GRANT ALL ON cinema_rooms.* TO 'cine ma'@'%'", "cinema_rooms")
    old_names = {"MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": server.port, "MYSQL_USER": "cine ma", "MYSQL_PASSWORD": "p@ss/w?rd"}
    with rooms(**old_names) as service, service.door("rooms") as door:
        assert [r["name"] for r in ok(door.get("/api/rooms"))] == ["Sala vieja"]
        found = ok(door.get("/api/schedules"))
        assert [(s["id"], s["startsAt"]) for s in found] == [(130, "2030-05-01T20:00:00-05:00"), (131, "2030-05-01T21:00:00-05:00")]
        adopted = ["room.adopted", "seats.adopted", "seats.adopted", "showing.adopted", "showing.adopted"]
        assert [e["type"] for e in events(door)] == adopted
        log = service.log()
        assert "adopted_overlap" in log and "showing 131 begins" in log
        assert make_room(door)["id"] > 5


@pytest.mark.parametrize(
    "url,told",
    [
        ("oracle://x/y", "sqlite: or mysql://"),
        ("mysql://u:topsecret@h", "the database is missing"),
        ("mysql://u:topsecret@h/d?ssl=perhaps", "ssl is disable, require or verify"),
    ],
)
def test_an_address_that_cannot_be(url, told):
    done = run("rooms", "--port", "0", ROOMS_DATABASE_URL=url)
    assert done.returncode == 2 and told in done.stderr and "topsecret" not in done.stderr, done.stderr
