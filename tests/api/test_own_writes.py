"""Nobody sees his own write missing: write, then read at once, through the gateway, 200 rounds."""

import time

import pytest

from harness.door import ok
from harness.maker import LAG_S, Maker, unique


@pytest.fixture(scope="module")
def m(through):
    """What is read at the gateway at once is written there."""
    return through


ROUNDS = 200


@pytest.mark.long
def test_write_then_read(m):
    g = m.gateway
    room = m.make_room(seats=ROUNDS, per_row=20)
    first_film = m.make_movie()
    lasting = m.make_showing(first_film, room, m.at(days=200))
    missing = []

    def check(name, good):
        if not good:
            missing.append(name)

    for i in range(ROUNDS):
        film = ok(g.post("/api/movies", json=m.movie_body(duration=10)), 201)
        details = g.get(f"/api/movie-details/{film['_id']}")
        check("film", details.status_code == 200)
        showing = ok(
            g.post(
                "/api/schedules",
                json={
                    "movie_id": film["_id"],
                    "room_id": room["id"],
                    "price": 5,
                    "show_time": m.at(days=1, minutes=30 * i),
                },
            ),
            201,
        )
        check("showing", g.get(f"/api/showtimes/{showing['id']}").status_code == 200)
        check(
            "showing in details",
            [s["id"] for s in ok(g.get(f"/api/movie-details/{film['_id']}"))["schedules"]] == [showing["id"]],
        )
        check(
            "showing in list",
            [s["id"] for s in ok(g.get("/api/showtimes", params={"movieId": film["_id"]}))] == [showing["id"]],
        )
        title = unique("Cambiada ")
        ok(g.put(f"/api/movies/{film['_id']}", json={"title": title}))
        check("title", ok(g.get(f"/api/showtimes/{showing['id']}"))["movie"]["title"] == title)
        user = ok(g.post("/api/users", json=m.user_body()), 201)
        seat = room["seats"][i]["id"]
        made = ok(
            g.post(
                "/api/book-ticket",
                json={
                    "userId": user["id"],
                    "scheduleId": lasting["id"],
                    "seatIds": [seat],
                    "movieId": first_film["_id"],
                },
            ),
            201,
        )
        board = g.get(f"/api/user-dashboard/{user['id']}")
        check(
            "dashboard",
            board.status_code == 200 and [r["id"] for r in board.json()["data"]["reservations"]] == [made["id"]],
        )
        check("held", m.states(lasting)[seat] == "held")
        ok(
            g.post(
                "/api/payments",
                json={"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "cash"},
            ),
            201,
        )
        check("sold", m.states(lasting)[seat] == "sold")
        if i % 2:
            ok(g.put(f"/api/reservations/{made['id']}/cancel"))
            check("free again", m.states(lasting)[seat] == "free")
        ok(g.put(f"/api/schedules/{showing['id']}", json={"price": 6}))
        check("price", ok(g.get(f"/api/showtimes/{showing['id']}"))["price"] == 6)
        assert g.delete(f"/api/schedules/{showing['id']}").status_code in (200, 202)
        check("gone", ok(g.get("/api/showtimes", params={"movieId": film["_id"]})) == [])
    assert not missing, {name: missing.count(name) for name in set(missing)}


def test_what_one_owner_wrote_another_knows(cinema):
    """No pause between making a thing at one owner and using it at the next; a change is known a moment later."""
    m = Maker(cinema)
    for _ in range(50):
        showing = m.make_showing(seats=4)
        assert m.book(showing)["totalAmount"] == 12.5
    assert m.rooms.put(f"/api/schedules/{showing['id']}", json={"price": 33}).status_code == 200
    time.sleep(LAG_S)
    assert m.book(showing, [showing["seat_ids"][1]])["totalAmount"] == 33
    m.close()
