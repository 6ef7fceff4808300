"""An owner that takes requests and never answers: who waits for it holds nobody else up, hears so soon, and is let in again when it
answers; and one that is only slow is waited for."""

import asyncio
import os
import signal
import time

import pytest

from harness.cinema import Cinema
from harness.door import ok
from harness.maker import Maker
from harness.storm import Line, storm

BUYERS, LOOKERS = 240, 8
SOON_S = 6  # it is two seconds; a shared machine may take longer, and a payment's own deadline is seventy
QUICK_S = 2
HEAL_S = 40
REFUSED = {"upstream_away", "upstream_open"}


@pytest.fixture(scope="module")
def house():
    with Cinema(MAX_HOLDS_PER_USER=100000) as cinema:
        m = Maker(cinema)
        yield m
        m.close()


def big_showing(m):
    return m.make_showing(room=m.make_room(seats=600, per_row=30))


def breaker(m):
    return ok_health(m)["checks"]["reservations"]["breaker"]


def ok_health(m):
    answer = m.gateway.get("/health")
    assert answer.status_code == 200, answer.text
    return answer.json()


class Stopped:
    """reservations takes connections, for its kernel does, and answers nobody."""

    def __init__(self, m):
        self.pid = m.cinema.pid("reservations")

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def ticket(showing, user, seat):
    return {"userId": user["id"], "scheduleId": showing["id"], "movieId": showing["movie_id"], "seatIds": [seat], "hold": True}


async def buy(lines, showing, user, seats):
    """All at once: (status, code, seconds) of each."""

    async def one(line, seat):
        began = time.monotonic()
        status, answer = await line.ask("POST", "/api/book-ticket", ticket(showing, user, seat), timeout=3 * SOON_S)
        return status, answer.get("code"), time.monotonic() - began

    return await asyncio.gather(*(one(line, seat) for line, seat in zip(lines, seats)))


async def look_around(line, showing, looks, running):
    paths = ("/api/showtimes", f"/api/showtimes/{showing['id']}", f"/api/showtimes/{showing['id']}/seats", "/api/house")
    while running[0]:
        for path in paths:
            began = time.monotonic()
            status, _ = await line.ask("GET", path)
            looks.append((path, status, time.monotonic() - began))
    return looks


def test_nobody_else_waits(house):
    m, showing, user = house, big_showing(house), house.make_user()
    port, looks = m.cinema.port("gateway"), []
    m.states_once(showing, lambda states: len(states) == 600)

    async def main(dice):
        buyers, lookers = [Line(port) for _ in range(BUYERS)], [Line(port) for _ in range(LOOKERS)]
        for line in buyers:
            await line.open()
        running = [True]
        looking = [asyncio.create_task(look_around(line, showing, looks, running)) for line in lookers]
        first = await buy(buyers, showing, user, showing["seat_ids"])
        second = await buy(buyers, showing, user, showing["seat_ids"][BUYERS:])
        running[0] = False
        await asyncio.gather(*looking)
        for line in buyers + lookers:
            await line.close()
        return first, second

    assert breaker(m) == "closed"
    with Stopped(m):
        first, second = storm(main)
        assert breaker(m) in ("open", "half-open")
        assert ok_health(m)["checks"]["reservations"]["status"] == "away"
        assert ok_health(m)["checks"]["rooms"]["breaker"] == "closed"
    slowest = max(look[2] for look in looks)
    print(f"{len(looks)} looks, the slowest {slowest:.2f} s; refusals after {max(f[2] for f in first):.2f} and {max(s[2] for s in second):.2f} s")
    assert {look[1] for look in looks} == {200} and slowest < QUICK_S and len(looks) > 100
    assert {f[0] for f in first} == {503} and {f[1] for f in first} <= REFUSED and max(f[2] for f in first) < SOON_S
    at_once = sum(s[1] == "upstream_open" and s[2] < QUICK_S for s in second)
    assert {s[0] for s in second} == {503} and at_once >= BUYERS - 2, "an open breaker refuses at once, but for a trial"

    end = time.monotonic() + HEAL_S
    while m.gateway.post("/api/book-ticket", json=ticket(showing, user, showing["seat_ids"][-1])).status_code not in (201, 409):
        assert time.monotonic() < end, "the sale does not heal"
        time.sleep(0.1)
    assert breaker(m) == "closed"
    sold = {s for r in ok(m.reservations.get(f"/api/reservations/user/{user['id']}?limit=1000")) for s in r["seatIds"]}

    def agree(states):
        return {seat for seat, state in states.items() if state != "free"} == sold

    assert agree(m.states_once(showing, agree, within_s=HEAL_S)), "what it did when it woke up is not on the map"


def test_a_slow_answer_is_waited_for(house):
    """Three seconds of silence, and alive all the while: nobody is cut off."""
    m, showing = house, house.make_showing()
    opened = m.gateway.get("/metrics").text
    began = time.monotonic()
    body = ticket(showing, m.make_user(), showing["seat_ids"][0]) | {"hold": False, "paymentMethod": "test_slow"}
    assert ok(m.gateway.post("/api/book-ticket", json=body), 201)["status"] == "CONFIRMED"
    assert time.monotonic() - began > 2.5
    count = 'taquilla_breaker_opened_total{upstream="reservations"}'
    assert [x for x in opened.splitlines() if x.startswith(count)] == [
        x for x in m.gateway.get("/metrics").text.splitlines() if x.startswith(count)
    ]
