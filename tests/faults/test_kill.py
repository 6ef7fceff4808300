"""kill -9 during a booking storm: afterwards every acknowledged thing is there, and nothing is there by half."""

import asyncio
import os
import signal
import time

import pytest

from harness.buyers import buyer, settle, taken
from harness.cinema import SERVICES, Cinema, descendants
from harness.door import ok
from harness.maker import Maker
from harness.replayed import replayed
from harness.storm import Clock, Crowd, storm
from sweep import replay, sweep

CLIENTS, SHOWINGS, SEATS = 24, 10, 200
SECONDS = 6


def open_house(**settings):
    cinema = Cinema(MAX_HOLDS_PER_USER=100000, **settings).start()
    m = Maker(cinema)
    film, room = m.make_movie(duration=1), m.make_room(seats=SEATS, per_row=20)
    showings = [m.make_showing(film, room, m.at(days=1, hours=i)) for i in range(SHOWINGS)]
    return cinema, m, showings, m.make_user()["id"]


def check_after(cinema, m, showings, done):
    """Every acknowledged booking as acknowledged, seats and all; seat maps agree; nothing impossible in the file."""
    cinema.wait_ready()
    settle(lambda: m.gateway.get("/api/showtimes").status_code == 200, "the gateway")
    there = {
        r["id"]: r
        for at in range(0, 200000, 10000)
        for r in ok(m.reservations.get("/api/reservations", params={"limit": 10000, "offset": at}))
    }
    missing = [i for i in done if i not in there]
    assert not missing, f"{len(missing)} acknowledged bookings are gone, as {missing[:5]}"
    for number, kept in done.items():
        assert sorted(there[number]["seatIds"]) == kept["seats"]
        if kept["status"] != "PAYING":
            assert there[number]["status"] == kept["status"], f"{number}: {kept} {there[number]}"
    for showing in showings:
        live = [
            s
            for r in there.values()
            if r["scheduleId"] == showing["id"] and r["status"] in ("PENDING", "CONFIRMED")
            for s in r["seatIds"]
        ]
        assert len(live) == len(set(live)) and taken(m.states_once(showing, lambda s: taken(s) == set(live))) == set(live)
    assert not replay(m.feed("reservations"))
    assert not replayed(cinema)
    m.close()
    cinema.stop(remove=False)
    assert not sweep(cinema.database())
    cinema.stop()


@pytest.mark.parametrize("victim", SERVICES)
def test_kill_one(victim):
    cinema, m, showings, user = open_house()
    done = {}

    async def main(dice):
        clock = Clock(SECONDS)

        async def killer():
            kills = 0
            while clock.runs():
                await asyncio.sleep(dice.uniform(0.8, 1.6))
                if cinema.kill(victim):
                    kills += 1
            return kills

        async with Crowd(cinema, CLIENTS) as crowd:
            kills, *_ = await asyncio.gather(
                killer(), crowd.each(lambda number, lines: buyer(dice, lines, showings, user, clock, done))
            )
        return kills

    kills = storm(main)
    print(f"{victim} killed {kills} times, {len(done)} bookings acknowledged")
    assert kills >= 2 and len(done) > 50
    check_after(cinema, m, showings, done)


def test_kill_all():
    cinema, m, showings, user = open_house()
    done = {}

    async def main(dice):
        for _ in range(3):
            clock = Clock(2)

            async def killer():
                await asyncio.sleep(dice.uniform(0.8, 1.5))
                await asyncio.to_thread(cinema.kill_all)
                await asyncio.to_thread(cinema.start)

            async with Crowd(cinema, CLIENTS) as crowd:
                await asyncio.gather(
                    killer(), crowd.each(lambda number, lines: buyer(dice, lines, showings, user, clock, done))
                )

    storm(main)
    print(f"{len(done)} bookings acknowledged")
    assert len(done) > 50
    check_after(cinema, m, showings, done)


def test_up_starts_a_killed_child_again():
    with Cinema() as cinema:
        for service in SERVICES:
            before = cinema.kill(service)
            assert before
            end = time.monotonic() + 15
            while cinema.pid(service) in (None, before):
                assert time.monotonic() < end, f"{service} was not started again"
                time.sleep(0.02)
            cinema.wait_ready([service])
        with cinema.door("gateway") as door:
            ok(door.get("/api/showtimes"))


def gone(pids, within_s=5):
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not any(os.path.exists(f"/proc/{p}/cmdline") and open(f"/proc/{p}/cmdline").read() for p in pids):
            return True
        time.sleep(0.02)
    return False


def test_children_end_with_their_parent():
    cinema = Cinema().start()
    children = descendants(cinema.process.pid)
    assert len(children) >= 4
    os.kill(cinema.process.pid, signal.SIGKILL)
    cinema.process.wait(5)
    assert gone(children), "orphans live on"
    cinema.process = None
    cinema.stop()


def test_an_owner_that_is_away():
    """The gateway says 503 with Retry-After for what needs the owner, and heals."""
    with Cinema() as cinema:
        m = Maker(cinema)
        showing = m.make_showing()
        pid = cinema.pid("movies")
        cinema.killed.add("movies")
        os.kill(pid, signal.SIGSTOP)
        try:
            start = time.monotonic()
            answer = m.gateway.post("/api/movies", json=m.movie_body())
            assert answer.status_code == 503 and time.monotonic() - start < 35
        finally:
            os.kill(pid, signal.SIGKILL)
        settle(lambda: m.gateway.post("/api/movies", json=m.movie_body()).status_code == 201, "movies")
        assert m.try_book(showing).status_code == 201
        m.close()


def test_keys_and_codes_survive_a_restart():
    cinema = Cinema().start()
    m = Maker(cinema)
    showing, headers = m.make_showing(), {"idempotency-key": "kept"}
    body = m.booking(showing)
    first = ok(m.reservations.post("/api/reservations", json=body, headers=headers), 201)
    film_headers = {"idempotency-key": "film"}
    film_body = m.movie_body()
    film = ok(m.movies.post("/api/movies", json=film_body, headers=film_headers), 201)
    m.close()
    cinema.stop(remove=False)
    cinema.start()
    m = Maker(cinema)
    assert ok(m.reservations.post("/api/reservations", json=body, headers=headers), 201) == first
    assert ok(m.movies.post("/api/movies", json=film_body, headers=film_headers), 201) == film
    assert m.reservations.post("/api/reservations", json=body | {"totalAmount": 77}, headers=headers).status_code == 422
    assert m.states(showing)[showing["seat_ids"][0]] == "held"
    m.close()
    cinema.stop()


def test_drain():
    """SIGTERM: what is under way is answered, then it ends, with 0."""
    cinema = Cinema().start()
    m = Maker(cinema)
    made = m.book(m.make_showing(), hold=True)
    m.close()

    async def main(dice):
        async with Crowd(cinema, 1) as crowd:
            line = crowd.lines[0]["reservations"]
            paying = asyncio.create_task(
                line.ask(
                    "POST",
                    "/api/payments",
                    {"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "test_slow"},
                )
            )
            await asyncio.sleep(0.3)
            cinema.process.terminate()
            return await paying

    status, answer = storm(main)
    assert status == 201, answer
    assert cinema.process.wait(20) == 0
    cinema.process = None
    cinema.check_log()
    assert not sweep(cinema.database())
    cinema.stop()
