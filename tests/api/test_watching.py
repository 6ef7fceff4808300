"""GET /api/showtimes/{id}/seats/stream: the seat map, then every change of it, for all who watch."""

import concurrent.futures
import random
import re
import socket
import time

import httpx
import pytest

from harness.door import refused
from harness.maker import ok
from harness.stream import Stream


def watchers(m):
    with m.internal("gateway") as door:
        return int(re.search(r"^taquilla_seat_watchers (\d+)$", door.get("/metrics").text, re.M)[1])


@pytest.fixture
def watch(m):
    opened = []

    def one(showing, last=None):
        headers = {"Last-Event-ID": last} if last else {}
        opened.append(Stream(f"{m.cinema.url('gateway')}/api/showtimes/{showing['id']}/seats/stream", headers))
        return opened[-1]

    yield one
    for stream in opened:
        stream.close()


def folded(events):
    """The map that a watcher has after these events."""
    whole = None
    for _, kind, data in events:
        if kind == "map":
            whole = data
            continue
        assert kind == "seats" and whole is not None and data["seats"], "a change of nothing"
        assert data["scheduleId"] == whole["scheduleId"] and data["version"] >= whole["version"]
        seats = {s["id"]: dict(s) for s in whole["seats"]}
        for changed in data["seats"]:
            assert set(changed) == {"id", "state"} and seats[changed["id"]]["state"] != changed["state"]
            seats[changed["id"]]["state"] = changed["state"]
        whole = {**whole, "version": data["version"], "counts": data["counts"], "seats": list(seats.values())}
    return whole


def same(m, showing, events):
    """Versions apart: the map's is the owner's last fact, whatever that was about."""
    if not events:
        return False
    mine, theirs = folded(events), m.seat_map(showing)
    return (mine["counts"], mine["seats"]) == (theirs["counts"], theirs["seats"])


def test_the_map_comes_first_and_then_what_changes(m, watch):
    showing = m.make_showing(seats=20)
    stream = watch(showing)
    stream.until(lambda s: len(s.events) == 1)
    assert stream.status == 200 and stream.type == "text/event-stream"
    assert stream.events[0][1] == "map" and same(m, showing, stream.events)

    a, b = showing["seat_ids"][3:5]
    held = m.book(showing, [a, b])
    stream.until(lambda s: len(s.events) == 2)
    _, kind, change = stream.events[1]
    assert kind == "seats" and change["seats"] == [{"id": a, "state": "held"}, {"id": b, "state": "held"}]
    assert change["counts"] == {"free": 18, "held": 2, "sold": 0, "out": 0}
    m.pay(held)
    stream.until(lambda s: folded(s.events)["counts"]["sold"] == 2)
    m.cancel(held)
    stream.until(lambda s: folded(s.events)["counts"]["free"] == 20)
    assert same(m, showing, stream.events)
    assert [kind for _, kind, _ in stream.events] == ["map", "seats", "seats", "seats"]
    assert len({i for i, _, _ in stream.events}) == 4


def test_a_change_of_the_room_is_a_new_map(m, watch):
    showing = m.make_showing(seats=20)
    m.book(showing, showing["seat_ids"][:2])
    stream = watch(showing)
    stream.until(lambda s: s.events)
    ok(m.rooms.put(f"/api/rooms/{showing['room']['id']}/seats/{showing['seat_ids'][7]}", json={"is_available": False}))
    stream.until(lambda s: len(s.events) == 2)
    assert stream.events[1][1] == "map" and same(m, showing, stream.events)
    assert folded(stream.events)["counts"] == {"free": 17, "held": 2, "sold": 0, "out": 1}
    ok(m.rooms.put(f"/api/schedules/{showing['id']}", json={"price": 77.5}))
    stream.until(lambda s: len(s.events) == 3)
    assert {seat["price"] for seat in folded(stream.events)["seats"]} == {77.5}


def test_other_showings_are_not_told(m, watch):
    mine, other = m.make_showing(seats=10), m.make_showing(seats=10)
    quiet, lively = watch(mine), watch(other)
    lively.until(lambda s: s.events)
    m.book(other)
    lively.until(lambda s: len(s.events) == 2)
    quiet.until(lambda s: s.events)
    m.book(mine)
    quiet.until(lambda s: len(s.events) > 1)
    assert len(quiet.events) == 2 and len(lively.events) == 2


def test_who_comes_back_gets_what_he_missed(m, watch):
    showing = m.make_showing(seats=20)
    stays, leaves = watch(showing), watch(showing)
    leaves.until(lambda s: s.events)
    leaves.close()
    for n in range(3):
        m.book(showing, showing["seat_ids"][n : n + 1])
        stays.until(lambda s, n=n: folded(s.events)["counts"]["held"] == n + 1)
    back = watch(showing, last=leaves.events[-1][0])
    back.until(lambda s: len(s.events) >= len(stays.events) - 1)
    assert all(kind == "seats" for _, kind, _ in back.events) and same(m, showing, leaves.events + back.events)
    so_far = stays.events[:1] + back.events
    back.close()
    knows_all = watch(showing, last=stays.events[-1][0])
    m.book(showing, showing["seat_ids"][10:11])
    knows_all.until(lambda s: s.events)
    assert [kind for _, kind, _ in knows_all.events] == ["seats"] and same(m, showing, so_far + knows_all.events)
    for strange in ("1-00000000", "x", "999999999-ffffffff"):
        stranger = watch(showing, last=strange)
        stranger.until(lambda s: s.events)
        assert stranger.events[0][1] == "map" and same(m, showing, stranger.events)


def test_all_watchers_see_all_sales_of_a_rush(m, watch):
    """Sold, paid and given back by eight at once; each watcher's map, folded from what he was told, is the seat map in the end."""
    showing = m.make_showing(seats=60)
    users = [m.make_user() for _ in range(8)]
    streams = [watch(showing) for _ in range(20)]
    for stream in streams:
        stream.until(lambda s: s.events)

    def buyer(n):
        dice = random.Random(n)
        for _ in range(12):
            answer = m.try_book(showing, dice.sample(showing["seat_ids"], 2), user=users[n])
            if answer.status_code == 201:
                made = answer.json()["data"]
                if dice.random() < 0.5:
                    m.pay(made)
                if dice.random() < 0.6:
                    m.cancel(made)

    with concurrent.futures.ThreadPoolExecutor(8) as crowd:
        list(crowd.map(buyer, range(8)))
    for stream in streams:
        stream.until(lambda s: same(m, showing, s.events))
        assert [kind for _, kind, _ in stream.events].count("map") == 1
    assert len(streams[0].events) > 5


def test_one_who_reads_nothing_holds_up_nobody(m, watch):
    """His connection fills up; the others are told all the same, and the sale goes on."""
    showing = m.make_showing(seats=200)
    url = httpx.URL(m.cinema.url("gateway"))
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((url.host, url.port))
    deaf.sendall(f"GET /api/showtimes/{showing['id']}/seats/stream HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
    stream = watch(showing)
    stream.until(lambda s: s.events)
    for n in range(40):
        ok(m.rooms.put(f"/api/schedules/{showing['id']}", json={"price": 10 + n}))  # each a whole map
    stream.until(lambda s: {seat["price"] for seat in folded(s.events)["seats"]} == {49.0})
    m.book(showing)
    stream.until(lambda s: folded(s.events)["counts"]["held"] == 1)
    deaf.close()


def test_it_is_refused_and_left_as_others_are(m, watch):
    refused(m.gateway.get("/api/showtimes/99999999/seats/stream"), 404, "showing_unknown")
    refused(m.gateway.post("/api/showtimes/1/seats/stream"), 405)
    showing = m.make_showing(seats=10)
    head = m.gateway.head(f"/api/showtimes/{showing['id']}/seats/stream")
    assert head.status_code == 200 and head.headers["content-type"] == "text/event-stream" and "etag" not in head.headers
    stream = watch(showing)
    stream.until(lambda s: s.events)
    assert watchers(m) >= 1
    stream.close()
    end = time.monotonic() + 5
    while watchers(m) > 0 and time.monotonic() < end:
        time.sleep(0.02)
    assert watchers(m) == 0
    again = watch(showing)
    again.until(lambda s: s.events)
    assert same(m, showing, again.events)
