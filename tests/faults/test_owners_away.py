"""Every owner is away: the gateway shows what it knows, sells nothing in vain, and all heals by itself."""

import signal
import time

import httpx

from harness.cinema import Cinema
from harness.door import refused
from harness.maker import Maker

OWNERS = ("movies", "rooms", "reservations")
HEAL_S = 40


def settle(good, what, within_s=HEAL_S):
    end = time.monotonic() + within_s
    while not good():
        assert time.monotonic() < end, f"{what} does not heal"
        time.sleep(0.1)


def test_what_is_on_is_shown_all_the_same():
    with Cinema() as cinema:
        m = Maker(cinema, through_gateway=True)
        showing = m.make_showing(seats=20)
        held = m.book(showing, showing["seat_ids"][:3])
        paths = (
            "/api/showtimes?limit=5",
            f"/api/showtimes/{showing['id']}",
            f"/api/showtimes/{showing['id']}/seats",
            f"/api/movie-details/{showing['movie']['_id']}",
        )
        before = {path: m.gateway.get(path).json() for path in paths}

        cinema.process.send_signal(signal.SIGSTOP)  # so that nobody is started again
        try:
            for owner in OWNERS:
                cinema.kill(owner)
            settle(lambda: m.gateway.get("/health").json()["checks"]["rooms"]["status"] == "away", "the news")
            assert {path: m.gateway.get(path).json() for path in paths} == before
            fresh = m.gateway.get("/api/showtimes?limit=6")  # nothing was kept for this one
            assert fresh.status_code == 200 and fresh.json()["data"] == before[paths[0]]["data"]
            time.sleep(1.1)
            checks = m.gateway.get("/health").json()["checks"]
            assert all(checks[owner]["status"] == "away" and checks[owner]["age_s"] >= 1 for owner in OWNERS), checks
            began = time.monotonic()
            ticket = {"userId": held["userId"], "scheduleId": showing["id"], "seatIds": showing["seat_ids"][5:6]}
            refused(m.gateway.post("/api/book-ticket", json=ticket), 503)
            assert time.monotonic() - began < 2
            refused(m.gateway.get(f"/api/showtimes/{showing['id'] + 1000}"), 503, "upstream_away")
        finally:
            cinema.process.send_signal(signal.SIGCONT)

        cinema.wait_ready()
        settle(lambda: m.gateway.post("/api/book-ticket", json=ticket).status_code == 201, "the sale")
        m.states_once(showing, lambda states: list(states.values()).count("held") == 4, within_s=HEAL_S)
        assert list(m.states(showing).values()).count("held") == 4
        for path in ("/api/movies?limit=1", "/api/rooms?limit=1"):
            settle(lambda path=path: m.gateway.get(path).status_code == 200, path)
        later = m.make_showing(room=showing["room"], start=m.at(days=4))
        settle(lambda: m.gateway.get(f"/api/showtimes/{later['id']}").status_code == 200, "the programme")
        m.close()


def test_a_gateway_that_was_killed_knows_all_again():
    """A gateway that is killed answers again from what its owners tell it."""
    with Cinema() as cinema:
        m = Maker(cinema)
        room, film = m.make_room(seats=200, per_row=20), m.make_movie()
        showings = [m.make_showing(movie=film, room=room, start=m.at(days=1 + n)) for n in range(60)]
        m.book(showings[7], showings[7]["seat_ids"][10:12])
        before = cinema.kill("gateway")
        cinema.wait_ready()
        assert cinema.pid("gateway") != before
        shown = httpx.get(cinema.url("gateway") + "/api/showtimes?limit=1000").json()["data"]
        assert [s["id"] for s in shown] == [s["id"] for s in showings]
        states = m.states(showings[7])
        assert {i for i, state in states.items() if state != "free"} == set(showings[7]["seat_ids"][10:12])
        m.close()
