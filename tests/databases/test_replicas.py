"""Two replicas of every service on the same databases, and each request to the other one than the last: one cinema to whoever asks.

What was made is found by its id at once, whichever replica is asked; what was changed, and lists, a feed's lag later at the latest."""

import time

import pytest

from harness.door import named_seats, ok, refused
from harness.maker import Maker, unique
from harness.replicas import Replicas

ROUNDS = 6
LAG_S = 2  # two sanitized cinemas on two cores; the house's own promise is a tenth of a second


class Alternating:
    """A client whose every request goes to the next replica."""

    def __init__(self, doors):
        self.doors, self.asked = doors, 0

    def next(self):
        self.asked += 1
        return self.doors[self.asked % len(self.doors)]

    def __getattr__(self, method):
        return getattr(self.next(), method)

    def close(self):
        for door in self.doors:
            door.close()


class Between(Maker):
    """Makes what a test needs, each thing at the next replica."""

    def __init__(self, cinema, **more):
        super().__init__(cinema, **more)
        for service in cinema.services:
            getattr(self, service).close()
            setattr(self, service, Alternating([up.door(service, token=self.token) for up in cinema.ups]))
        for service in ("movies", "rooms", "reservations"):
            setattr(self, f"at_{service}", getattr(self, service) if self.at_movies is not self.gateway else self.gateway)


@pytest.fixture(scope="module")
def house(servers):
    stores = servers.fresh(("movies", "rooms", "reservations"), {})
    with Replicas(2, stores=stores, MAX_HOLDS_PER_USER=1000) as cinema:
        m = Between(cinema)
        yield m
        m.close()


def everywhere(m, service, path, good, what):
    """Every replica answers so, soon."""
    for door in getattr(m, service).doors:
        end = time.monotonic() + LAG_S
        while not good(answer := door.get(path)):
            assert time.monotonic() < end, f"{door.base_url}{path}: still not {what}: {answer.text[:500]}"
            time.sleep(0.01)


def on_the_map(m, showing, seat, state):
    def good(answer):
        found = {s["id"]: s["state"] for s in answer.json()["data"]["seats"]} if answer.status_code == 200 else {}
        return found.get(seat) == state

    everywhere(m, "gateway", f"/api/showtimes/{showing['id']}/seats", good, f"{state}: seat {seat}")


def at_once(m, service, path):
    """Twice, which is once at each."""
    one, other = (ok(getattr(m, service).get(path)) for _ in range(2))
    assert one == other
    return one


def sell(m, showing, user):
    """Held at one, paid at the other, taken back at the first; the map of each gateway follows."""
    seat, second = showing["seat_ids"][:2]
    key = {"Idempotency-Key": unique("k")}
    body = m.booking(showing, [seat, second], user, hold=True)
    made = ok(m.reservations.post("/api/reservations", json=body, headers=key), 201)
    assert ok(m.reservations.post("/api/reservations", json=body, headers=key), 201) == made, "one key, two replicas"
    path = f"/api/reservations/{made['id']}"
    assert at_once(m, "reservations", path)["status"] == "PENDING"
    taken = refused(m.reservations.post("/api/reservations", json=m.booking(showing, [second], user)), 409, "seats_taken")
    assert named_seats(taken) == [second]
    on_the_map(m, showing, seat, "held")
    assert ok(m.try_pay(made), 201)["status"] == "COMPLETED"
    refused(m.try_pay(made), 409, "payment_exists")
    assert at_once(m, "reservations", path)["status"] == "CONFIRMED"
    on_the_map(m, showing, seat, "sold")
    assert ok(m.cancel(made))["payment"]["status"] == "REFUNDED"
    refused(m.cancel(made), 409)
    assert at_once(m, "reservations", path)["status"] == "CANCELLED"
    on_the_map(m, showing, seat, "free")
    again = m.book(showing, [seat], user)
    m.pay(again)
    return again


def buy_at_the_gateway(m, showing):
    """A buyer who is nobody's user yet, by her e-mail: the second ticket is hers too."""
    buyer = m.user_body()
    ticket = {"buyer": buyer, "scheduleId": showing["id"], "movieId": showing["movie_id"], "paymentMethod": "cash"}
    first, second = (
        ok(m.gateway.post("/api/book-ticket", json=ticket | {"seatIds": [seat]}), 201) for seat in showing["seat_ids"][4:6]
    )
    assert first["userId"] == second["userId"] and first["status"] == "CONFIRMED"
    board = ok(m.gateway.get(f"/api/user-dashboard/{first['userId']}"))
    assert {r["id"] for r in board["reservations"]} == {first["id"], second["id"]}


def change_the_user(m, user):
    path, name = f"/api/users/{user['id']}", unique("Nueva ")
    refused(m.reservations.post("/api/users", json=m.user_body(email=user["email"].upper())), 409)
    ok(m.reservations.put(path, json=m.user_body(name=name)))
    assert at_once(m, "reservations", path)["name"] == name
    refused(m.reservations.delete(path), 409)  # she has a ticket, whoever sold it
    gone = m.make_user()
    ok(m.reservations.delete(f"/api/users/{gone['id']}"))
    for _ in range(2):
        refused(m.reservations.get(f"/api/users/{gone['id']}"), 404)


def change_the_programme(m, showing):
    title = unique("Cambiada ")
    ok(m.movies.put(f"/api/movies/{showing['movie_id']}", json={"title": title}))
    ok(m.movies.put(f"/api/movies/{showing['movie_id']}", json={"rating": 9}))
    shown = f"/api/showtimes/{showing['id']}"
    everywhere(m, "movies", f"/api/movies/{showing['movie_id']}", lambda a: a.json()["data"]["title"] == title, title)
    everywhere(m, "gateway", shown, lambda a: a.json()["data"]["movie"]["title"] == title, title)
    ok(m.rooms.put(f"/api/schedules/{showing['id']}", json={"price": 33}))
    assert at_once(m, "rooms", f"/api/schedules/{showing['id']}")["price"] == 33
    everywhere(m, "gateway", shown, lambda a: a.json()["data"]["price"] == 33, "at the new price")


def take_the_showing_down(m, showing, sold):
    refused(m.rooms.delete(f"/api/schedules/{showing['id']}"), 409)
    answer = m.rooms.delete(f"/api/schedules/{showing['id']}", params={"refund": "true"})
    assert answer.status_code in (200, 202), answer.text
    refused(m.try_book(showing, [showing["seat_ids"][8]]), 409, "showing_cancelled")
    end = time.monotonic() + 10
    while at_once(m, "reservations", f"/api/reservations/{sold['id']}")["status"] != "CANCELLED":
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_a_whole_story(house, round_number):
    """Everything that people do, at owners and gateways by turns; an odd number of requests between rounds swaps who does what."""
    m = house
    for service in m.cinema.services:
        getattr(m, service).asked += round_number
    film = m.make_movie()
    assert at_once(m, "movies", f"/api/movies/{film['_id']}")["title"] == film["title"]
    showing = m.make_showing(film)
    assert at_once(m, "gateway", f"/api/showtimes/{showing['id']}")["id"] == showing["id"]
    assert len(at_once(m, "rooms", f"/api/rooms/{showing['room_id']}/seats")) == 20
    refused(m.rooms.post("/api/schedules", json={k: showing[k] for k in ("movie_id", "room_id", "show_time", "price")}), 409)
    user = m.make_user()
    assert at_once(m, "reservations", f"/api/users/{user['id']}")["email"] == user["email"]
    sold = sell(m, showing, user)
    buy_at_the_gateway(m, showing)
    change_the_user(m, user)
    change_the_programme(m, showing)
    take_the_showing_down(m, showing, sold)


def test_lists_agree_and_the_logs_are_one(house):
    m = house
    m.make_showing()
    time.sleep(LAG_S)
    for service, path in (
        ("movies", "/api/movies?limit=1000"),
        ("rooms", "/api/schedules?limit=10000"),
        ("reservations", "/api/reservations?limit=10000"),
        ("gateway", "/api/showtimes?limit=10000"),
        ("analytics", "/api/analytics/revenue?period=all"),
        ("analytics", "/api/analytics/popular-movies?period=all"),
    ):
        at_once(m, service, path)
    for service in ("movies", "rooms", "reservations"):
        logs = []
        for up in m.cinema.ups:
            other = Maker(up)
            logs.append(other.feed(service))
            other.close()
        assert logs[0] == logs[1] and [e["position"] for e in logs[0]] == list(range(1, len(logs[0]) + 1))
