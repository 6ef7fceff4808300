"""A lively cinema that the attacks may spoil: filled by `taquilla demo`, like the ones that people try out."""

import pytest
import requests

from harness.cinema import Cinema
from harness.described import PROMISES
from harness.door import ok
from harness.maker import Maker


@pytest.fixture(scope="session")
def town():
    cinema = Cinema(MAX_HOLDS_PER_USER=1000)
    done = cinema.run("demo", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    with cinema:
        maker = Maker(cinema)
        yield maker
        maker.close()


@pytest.fixture(scope="session")
def known(town):
    """Values that lead somewhere, by the name of a parameter or member."""
    def listed(door, path, name="id", **query):
        return [row[name] for row in ok(door.get(path, params={"limit": 30} | query))]

    showings = [s["id"] for s in ok(town.gateway.get("/api/showtimes", params={"limit": 30}))]
    layout = ok(town.gateway.get(f"/api/showtimes/{showings[0]}/seats"))["seats"]
    return {
        "movie": listed(town.movies, "/api/movies", "_id"),
        "room": listed(town.rooms, "/api/rooms"),
        "schedule": showings,
        "seat": [seat["id"] for seat in layout[:30]],
        "user": listed(town.reservations, "/api/users"),
        "reservation": listed(town.reservations, "/api/reservations"),
    }


@pytest.fixture(scope="session")
def lines(town):
    """A keep-alive connection to each service, with the service token: nothing is closed to who asks."""
    made = {}
    for service in PROMISES:
        made[service] = requests.Session()
        made[service].trust_env = False
        made[service].headers["authorization"] = f"Bearer {town.cinema.service_token}"
    yield made
    for session in made.values():
        session.close()
