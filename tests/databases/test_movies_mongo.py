"""Movies on MongoDB as a service: away at its start, killed under load, two replicas that take turns."""

import json
import threading
import time

import httpx
import pytest

from harness.cinema import Alone
from harness.door import ok, refused
from harness.ferretdb import FerretDB
from harness.tables import Tables

HEAL_S = 20
FILM = {"title": "El sur", "description": "d", "duration": 95, "director": "Víctor Erice", "releaseDate": "1983-05-19"}


@pytest.fixture
def server():
    with FerretDB() as server:
        yield server


def movies(**settings):
    return Alone("movies", ROOMS_API_URL="none", SERVICE_TOKEN="t" * 32, **settings)


def in_time(condition, what, seconds=HEAL_S):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def answers(door):
    try:
        return door.get("/health/live").status_code == 200
    except httpx.HTTPError:
        return False


def events(door, after=0):
    answer = door.get("/feed", params={"after": after, "limit": 1000}, headers={"Authorization": "Bearer " + "t" * 32})
    assert answer.status_code == 200, answer.text
    return answer.json()["events"]


def test_a_server_that_comes_later(server):
    server.kill()
    with movies(MOVIES_DATABASE_URL=server.url("cinema_movies")).start(wait=False) as service, service.door("movies") as door:
        in_time(lambda: answers(door), "it listens")
        unready = httpx.get(service.url("movies") + "/health/ready")
        assert unready.status_code == 503 and unready.json()["checks"]["store"]["status"] == "away"
        away = door.get("/api/movies")
        refused(away, 503, "store_unavailable")
        assert away.headers["Retry-After"] == "1"
        refused(door.post("/api/movies", json=FILM), 503, "store_unavailable")
        server.start()
        in_time(lambda: httpx.get(service.url("movies") + "/health/ready").status_code == 200, "ready")
        ok(door.post("/api/movies", json=FILM), 201)


def test_a_server_that_is_killed_under_load(server):
    """Whatever was acknowledged is there, once."""
    acknowledged, statuses, ended = [], set(), threading.Event()

    def write(name):
        with service.door("movies") as door:
            for number in range(10000):
                title = f"{name}-{number}"
                for _ in range(400):
                    if ended.is_set():
                        return
                    answer = door.post("/api/movies", json=FILM | {"title": title}, headers={"Idempotency-Key": title})
                    statuses.add(answer.status_code)
                    if answer.status_code == 201:
                        acknowledged.append(title)
                        break
                    time.sleep(0.05)

    with movies(MOVIES_DATABASE_URL=server.url("cinema_movies")) as service:
        writers = [threading.Thread(target=write, args=(f"w{i}",)) for i in range(4)]
        for writer in writers:
            writer.start()
        for _ in range(2):
            before = len(acknowledged)
            in_time(lambda: len(acknowledged) > before + 10, "films are made")
            server.kill()
            time.sleep(0.5)
            server.start()
        before = len(acknowledged)
        in_time(lambda: len(acknowledged) > before + 10, "films are made again")
        ended.set()
        for writer in writers:
            writer.join()
        found, after = [], 0
        with service.door("movies") as door:
            while page := events(door, after):
                found, after = found + page, page[-1]["position"]
    titles = [e["data"]["title"] for e in found]
    assert statuses <= {201, 503}, statuses
    assert [e["position"] for e in found] == list(range(1, len(found) + 1)), "a hole in the log"
    assert len(set(titles)) == len(titles), "made twice"
    assert set(acknowledged) <= set(titles), "acknowledged and lost"


def test_a_copy_whose_log_does_not_tell_its_films_is_refused(server):
    """The log is all that is kept here: a film that it does not tell would be gone at the next start, and who cannot be read would
    keep the service from it."""
    moment = "2020-01-01T00:00:00.000Z"
    film = FILM | {"_id": "5" * 24, "genre": [], "cast": [], "rating": 5, "posterUrl": "", "trailerUrl": "", "isActive": True}
    film |= {"releaseDate": moment, "createdAt": moment, "updatedAt": moment}
    told = {"position": 1, "type": "movie.changed", "subject": film["_id"], "time": moment, "data": film}
    with movies(MOVIES_DATABASE_URL=server.url("cinema_movies")) as service, Tables(service, "movies", "t" * 32) as tables:
        for wrong in (told | {"subject": "1"}, told | {"data": {}}, told | {"type": "genre.changed"}, told | {"subject": "6" * 24}):
            copy = {"movies": [json.dumps(film)], "log": [json.dumps(wrong)]}
            began = tables.start()
            assert began.status_code == 200, began.text
            tables.put_all(copy)
            answer = tables.finish(tables.export()[0])
            assert answer.status_code == 409 and answer.json()["code"] == "restore_differs", answer.text
        assert tables.start().status_code == 200
        tables.put_all({"movies": [json.dumps(film)], "log": [json.dumps(told)]})
        assert tables.finish(tables.export()[0]).status_code == 200
        with service.door("movies") as door:
            assert ok(door.get(f"/api/movies/{film['_id']}"))["title"] == film["title"]


def test_replicas_take_turns(server):
    url = server.url("cinema_movies")
    with movies(MONGODB_URI=url) as one, movies(MONGODB_URI=url) as other:
        with one.door("movies") as first, other.door("movies") as second:
            for turn in range(10):
                here, there = (first, second) if turn % 2 else (second, first)
                key = {"Idempotency-Key": f"k{turn}"}
                made = ok(here.post("/api/movies", json=FILM | {"title": f"Film {turn}"}, headers=key), 201)
                assert ok(there.post("/api/movies", json=FILM | {"title": f"Film {turn}"}, headers=key), 201) == made
                assert ok(there.get(f"/api/movies/{made['_id']}")) == made
                edited = ok(there.put(f"/api/movies/{made['_id']}", json={"rating": 8.5}))
                assert ok(here.put(f"/api/movies/{made['_id']}", json={"duration": 100}))["rating"] == edited["rating"]
            assert events(first) == events(second)
            assert len(events(first)) == 30
