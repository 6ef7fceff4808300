"""The calls that the clients of the replaced system make, played as they make them."""

import pytest

from harness.door import ok, refused


@pytest.fixture(scope="module")
def m(through):
    """What is read at the gateway at once is written there."""
    return through


def test_the_old_web_client(m):
    showing = m.make_showing(price=15, seats=30)
    user, web = m.make_user(), m.gateway
    origin = {"origin": "http://localhost:5173"}

    answer = web.get("/api/movies", params={"page": 1, "limit": 12}, headers=origin)
    assert answer.headers["access-control-allow-origin"] == origin["origin"]
    for film in ok(answer):
        assert (
            film["_id"]
            and film["title"]
            and film["duration"]
            and isinstance(film["genre"], list)
            and film["rating"] is not None
        )
    assert answer.json()["pagination"]["page"] == 1 and answer.json()["pagination"]["pages"] >= 1
    found = ok(
        web.get("/api/movies", params={"page": 1, "limit": 12, "search": showing["movie"]["title"]}, headers=origin)
    )
    assert [f["_id"] for f in found] == [showing["movie_id"]]
    ok(web.get("/api/movies", params={"page": 1, "limit": 12, "genre": "Drama"}, headers=origin))
    ok(web.get("/api/movies", params={"page": 1, "limit": 12, "search": "", "genre": ""}, headers=origin))
    ok(web.get("/api/genres", headers=origin))

    details = ok(web.get(f"/api/movie-details/{showing['movie_id']}", headers=origin))
    assert details["movie"]["title"]
    chosen = details["schedules"][0]
    assert (chosen["id"], chosen["room_id"], chosen["show_time"], chosen["price"]) == (
        showing["id"],
        showing["room_id"],
        showing["show_time"],
        15,
    )
    assert chosen["room"]["name"] and chosen["room"]["screen_type"] == "2D" and chosen["room"]["capacity"] == 30

    schedules = ok(web.get("/api/schedules", headers=origin))
    mine = next(s for s in schedules if s["id"] == showing["id"])
    room = ok(web.get(f"/api/rooms/{mine['room_id']}", headers=origin))
    seats = ok(web.get(f"/api/rooms/{mine['room_id']}/seats", headers=origin))
    assert len(seats) == room["capacity"] == 30

    wanted = [s["id"] for s in seats if s["is_available"]][:3]
    preflight = web.options(
        "/api/book-ticket",
        headers=origin | {"access-control-request-method": "POST", "access-control-request-headers": "content-type"},
    )
    assert preflight.status_code == 204
    booked = ok(
        web.post(
            "/api/book-ticket",
            headers=origin,
            json={
                "userId": str(user["id"]),
                "scheduleId": showing["id"],
                "movieId": showing["movie_id"],
                "seatIds": wanted,
                "totalAmount": 10 * len(wanted),
            },
        ),
        201,
    )
    assert booked["totalAmount"] == 45, "10 a seat whatever the price is what it says; the price is what it pays"
    refused(
        web.post(
            "/api/book-ticket",
            headers=origin,
            json={
                "userId": str(user["id"]),
                "scheduleId": showing["id"],
                "movieId": showing["movie_id"],
                "seatIds": wanted,
                "totalAmount": 30,
            },
        ),
        409,
        "seats_taken",
    )

    row = ok(web.get(f"/api/user-dashboard/{user['id']}", headers=origin))["reservations"][0]
    assert (row["id"], row["status"], row["totalAmount"]) == (booked["id"], "PENDING", 45)
    assert row["movie"]["title"] == showing["movie"]["title"] and row["schedule"]["showtime"] == showing["show_time"]
    assert row["schedule"]["room"]["name"] == showing["room"]["name"]
    assert sorted(row["seatIds"]) == sorted(wanted) and row["createdAt"]


def test_the_old_gateway(m):
    """It sends {} as the body of its GETs."""
    showing = m.make_showing()
    empty = {"content": b"{}", "headers": {"content-type": "application/json"}}

    def get(door, path):
        return ok(door.request("GET", path, **empty))

    schedule = get(m.rooms, f"/api/schedules/{showing['id']}")
    assert schedule["room_id"] == showing["room_id"]
    seats = get(m.rooms, f"/api/rooms/{showing['room_id']}/seats")
    assert all(s["is_available"] is True for s in seats)
    made = m.book(showing, 2)
    assert get(m.reservations, f"/api/reservations/{made['id']}")["status"] == "PENDING"
    assert get(m.reservations, f"/api/reservations/user/{made['userId']}")
    assert get(m.movies, f"/api/movies/{showing['movie_id']}")["title"]
    assert get(m.rooms, "/api/schedules")
    assert get(m.rooms, f"/api/schedules/movie/{showing['movie_id']}")[0]["room_capacity"] == 20
    assert get(m.movies, "/api/movies?page=1&limit=10")


def test_a_script_that_sells_the_first_thousand(m):
    """Whoever takes /api/schedules as it comes can sell what comes first."""
    m.make_showing()
    first = ok(m.rooms.get("/api/schedules"))[0]
    seats = ok(m.rooms.get(f"/api/rooms/{first['room_id']}/seats"))
    assert first["startsAt"] and seats is not None
