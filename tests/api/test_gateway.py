"""Contract section 5: what the gateway composes, what it passes through."""

import json
import re
import socket
from datetime import timedelta

import httpx
import pytest

from harness import shapes
from harness.door import named_seats, ok, refused
from harness.maker import unique, wall


@pytest.fixture(scope="module")
def m(through):
    """What is read at the gateway at once is written there."""
    return through


ABSENT = 99_999_999


def ids(showings):
    return [s["id"] for s in showings]


@pytest.fixture(scope="module")
def week(m):
    """Showings of one film at noon of the next days, one past, one cancelled."""
    film, room = m.make_movie(duration=90), m.make_room()
    noon = m.now().replace(hour=12, minute=0, second=0)
    made = {day: m.make_showing(film, room, wall(noon + timedelta(days=day))) for day in (3, 1, 2, -2)}
    gone = m.make_showing(film, room, wall(noon + timedelta(days=5)))
    m.gateway.delete(f"/api/schedules/{gone['id']}")
    return {"film": film, "room": room, "noon": noon, "gone": gone} | made


def showtimes(m, **query):
    return ok(m.gateway.get("/api/showtimes", params=query))


# --- showtimes ---


def test_showtimes(m, week):
    listed = showtimes(m, movieId=week["film"]["_id"])
    assert ids(listed) == ids([week[1], week[2], week[3]]), "active, not over, by time"
    for showing in listed:
        shapes.schedule(showing)
        assert showing["movie"] == week["film"]
        assert (
            showing["room"] == {k: v for k, v in week["room"].items() if k != "seats"}
            or shapes.room(showing["room"])["id"] == week["room"]["id"]
        )
    everything = [s["show_time"] for s in showtimes(m, limit=10000)]
    assert everything == sorted(everything)
    assert len(showtimes(m)) <= 100


def test_showtimes_filters(m, week):
    film, day = week["film"]["_id"], lambda n: wall(week["noon"] + timedelta(days=n))[:10]
    assert ids(showtimes(m, movieId=film, date=day(2))) == [week[2]["id"]]
    assert ids(showtimes(m, movieId=film, roomId=week["room"]["id"], limit=2, offset=1)) == ids([week[2], week[3]])
    assert showtimes(m, movieId=film, roomId=ABSENT) == []
    assert ids(showtimes(m, movieId=film, **{"from": day(2), "to": day(4)})) == ids([week[2], week[3]])
    assert ids(showtimes(m, movieId=film, **{"from": day(-3), "to": day(-1)})) == [week[-2]["id"]], "any day"
    assert showtimes(m, movieId=film, date=day(30)) == []
    assert showtimes(m, movieId="0" * 24) == []
    assert week[1]["id"] in ids(showtimes(m, date=day(1), limit=10000))
    assert week[2]["id"] not in ids(showtimes(m, date=day(1), limit=10000))


@pytest.mark.parametrize(
    "bad",
    [
        {"date": "yesterday"},
        {"date": "2026-13-01"},
        {"date": "2026-02-30"},
        {"roomId": "x"},
        {"from": "soon"},
        {"to": "2026-99-01"},
    ],
)
def test_bad_filters(m, bad):
    refused(m.gateway.get("/api/showtimes", params=bad), 400)


def test_films_taken_down_are_not_on(m):
    showing = m.make_showing()
    assert m.gateway.delete(f"/api/movies/{showing['movie_id']}", params={"showings": "keep"}).status_code == 200
    assert showtimes(m, movieId=showing["movie_id"]) == []


def test_one_showtime(m, week):
    one = shapes.schedule(ok(m.gateway.get(f"/api/showtimes/{week[1]['id']}")))
    assert one["movie"] == week["film"] and one["room"]["id"] == week["room"]["id"]
    refused(m.gateway.get(f"/api/showtimes/{ABSENT}"), 404)
    for bad in ("abc", "0", "-1"):
        refused(m.gateway.get(f"/api/showtimes/{bad}"), {400, 404})


# --- seat map ---


def test_seat_map(m):
    from test_reservations import change_seat

    showing = m.make_showing(price=9.9, seats=6)
    a, b, c, d, e, f = showing["seat_ids"]
    seats = m.seat_map(showing)
    assert seats["scheduleId"] == showing["id"] and "version" in seats
    assert seats["counts"] == {"free": 6, "held": 0, "sold": 0, "out": 0}
    for seat, want in zip(seats["seats"], showing["room"]["seats"]):
        shapes.has(
            seat,
            id={want["id"]},
            row_number={want["row_number"]},
            seat_number={want["seat_number"]},
            seat_type={"regular"},
            accessible=bool,
            state={"free"},
            price=shapes.money,
        )
        assert seat["price"] == 9.9
    held, sold = m.book(showing, [a, b], hold=True), m.book(showing, [c])
    m.pay(sold)
    change_seat(m, d, showing["room"], is_available=False)
    m.states_once(showing, lambda states: states[d] == "out" and states[c] == "sold")
    now = m.seat_map(showing)
    assert {s["id"]: s["state"] for s in now["seats"]} == {
        a: "held",
        b: "held",
        c: "sold",
        d: "out",
        e: "free",
        f: "free",
    }
    assert now["counts"] == {"free": 2, "held": 2, "sold": 1, "out": 1}
    assert now["version"] != seats["version"]
    ok(m.cancel(held)), ok(m.cancel(sold))
    m.states_once(showing, lambda states: list(states.values()).count("free") == 5)
    assert m.seat_map(showing)["counts"] == {"free": 5, "held": 0, "sold": 0, "out": 1}
    refused(m.gateway.get(f"/api/showtimes/{ABSENT}/seats"), 404)


def test_seat_map_tag(m):
    showing = m.make_showing()
    path = f"/api/showtimes/{showing['id']}/seats"
    tag = m.gateway.get(path).headers["etag"]
    assert m.gateway.get(path, headers={"if-none-match": tag}).status_code == 304
    m.book(showing)
    assert m.gateway.get(path, headers={"if-none-match": tag}).status_code == 200


# --- film and user ---


def test_a_packed_answer_is_the_same_answer(m):
    """Each of the two has a tag of its own, and a cache between is told that they differ."""
    showing = m.make_showing(seats=60)
    path = f"/api/showtimes/{showing['id']}/seats"
    for _ in range(2):  # the first asks for what nobody asked before
        plain = m.gateway.get(path, headers={"Accept-Encoding": "identity"})
        packed = m.gateway.get(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
        assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) * 4 < int(plain.headers["content-length"]) == len(plain.content)
        assert packed.content == plain.content
        tags = plain.headers["etag"], packed.headers["etag"]
        assert tags[0] != tags[1]
        for answer, taken in ((plain, "identity"), (packed, "gzip")):
            assert "Accept-Encoding" in answer.headers.get_list("vary", split_commas=True)
            again = m.gateway.get(path, headers={"Accept-Encoding": taken, "If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304 and again.headers["etag"] == answer.headers["etag"] and not again.content
            assert "content-encoding" not in again.headers
        head = m.gateway.head(path, headers={"Accept-Encoding": "gzip"})
        assert head.headers["content-length"] == packed.headers["content-length"] and head.headers["content-encoding"] == "gzip"
    m.book(showing)
    m.states_once(showing, lambda states: "held" in states.values())
    newer = m.gateway.get(path, headers={"Accept-Encoding": "gzip"})
    assert newer.json() == m.gateway.get(path, headers={"Accept-Encoding": "identity"}).json() != plain.json()
    assert newer.headers["etag"] not in tags
    refused_one = m.gateway.get("/api/showtimes/99999999/seats", headers={"Accept-Encoding": "gzip"})
    assert refused_one.status_code == 404 and "content-encoding" not in refused_one.headers


def test_a_slow_client_gets_the_whole_of_what_was_then(m):
    """He is still being sent the map while others are given a newer one."""
    showing = m.make_showing(room=m.make_room(seats=2000, per_row=50))
    path, url = f"/api/showtimes/{showing['id']}/seats", httpx.URL(m.cinema.url("gateway"))
    before = m.seat_map(showing)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect((url.host, url.port))
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: {url.host}\r\nConnection: close\r\n\r\n".encode())
    assert line.recv(1)
    for n in range(5):
        m.book(showing, showing["seat_ids"][n : n + 1])
        m.states_once(showing, lambda states, n=n: list(states.values()).count("held") == n + 1)
    head, body = b"".join(iter(lambda: line.recv(65536), b"")).split(b"\r\n\r\n", 1)
    line.close()
    assert len(body) == int(re.search(rb"Content-Length: (\d+)", head)[1])
    assert json.loads(body)["data"] == before


def test_movie_details(m, week):
    details = ok(m.gateway.get(f"/api/movie-details/{week['film']['_id']}"))
    assert details["movie"] == week["film"]
    assert ids(details["schedules"]) == ids([week[1], week[2], week[3]])
    for showing in details["schedules"]:
        shapes.schedule(showing)
        shapes.room(showing["room"])
    past = ok(m.gateway.get(f"/api/movie-details/{week['film']['_id']}", params={"past": "true"}))
    assert sorted(ids(past["schedules"])) == sorted(ids([week[1], week[2], week[3], week[-2]]))
    assert ok(m.gateway.get(f"/api/movie-details/{m.make_movie()['_id']}"))["schedules"] == []
    refused(m.gateway.get(f"/api/movie-details/{'0' * 24}"), 404)
    refused(m.gateway.get("/api/movie-details/abc"), {400, 404})


def test_user_dashboard(m):
    user, showing = m.make_user(), m.make_showing()
    made = [m.book(showing, [s], user) for s in showing["seat_ids"][:3]]
    m.pay(made[1])
    board = ok(m.gateway.get(f"/api/user-dashboard/{user['id']}"))
    assert shapes.user(board["user"])["email"] == user["email"]
    assert ids(board["reservations"]) == ids(made[::-1])
    for reservation in board["reservations"]:
        shapes.reservation(reservation)
        assert reservation["movie"]["title"] == showing["movie"]["title"]
        schedule = shapes.schedule(reservation["schedule"])
        assert schedule["showtime"] == showing["show_time"]
        assert shapes.room(schedule["room"])["name"] == showing["room"]["name"]
    assert board["reservations"][1]["status"] == "CONFIRMED"
    assert len(ok(m.gateway.get(f"/api/user-dashboard/{user['id']}", params={"limit": 1}))["reservations"]) == 1
    assert ok(m.gateway.get(f"/api/user-dashboard/{m.make_user()['id']}"))["reservations"] == []
    refused(m.gateway.get(f"/api/user-dashboard/{ABSENT}"), 404)
    refused(m.gateway.get("/api/user-dashboard/abc"), {400, 404})


def test_dashboard_of_things_that_are_gone(m):
    user, showing = m.make_user(), m.make_showing()
    m.book(showing, 1, user)
    assert m.gateway.delete(f"/api/schedules/{showing['id']}", params={"refund": "true"}).status_code == 202
    assert m.gateway.delete(f"/api/movies/{showing['movie_id']}").status_code == 200
    row = ok(m.gateway.get(f"/api/user-dashboard/{user['id']}"))["reservations"][0]
    assert row["status"] == "CANCELLED" and row["movie"]["title"] == showing["movie"]["title"]
    assert row["schedule"]["showtime"] == showing["show_time"]


# --- book-ticket ---


def test_book_ticket(m):
    user, showing = m.make_user(), m.make_showing(price=12.5)
    answer = m.gateway.post(
        "/api/book-ticket",
        json={
            "userId": user["id"],
            "scheduleId": showing["id"],
            "movieId": showing["movie_id"],
            "seatIds": showing["seat_ids"][:2],
        },
    )
    made = shapes.reservation(ok(answer, 201))
    assert answer.json()["message"] == "Ticket booked successfully"
    assert made["status"] == "PENDING" and made["totalAmount"] == 25 and made["accessCode"]
    assert m.read(made)["id"] == made["id"]


def test_book_ticket_and_pay(m):
    showing = m.make_showing()
    made = ok(m.gateway.post("/api/book-ticket", json=m.booking(showing, hold=True, paymentMethod="cash")), 201)
    assert made["status"] == "CONFIRMED"
    assert m.newest_payment(made)["status"] == "COMPLETED"


def test_book_ticket_declined_keeps_no_seats(m):
    showing = m.make_showing()
    refused(
        m.gateway.post("/api/book-ticket", json=m.booking(showing, 2, paymentMethod="test_decline")),
        402,
        "payment_declined",
    )
    assert set(m.states(showing).values()) == {"free"}
    m.book(showing, 2)


def test_book_ticket_hold(m):
    from datetime import datetime, timezone
    from test_reservations import close

    made = ok(m.gateway.post("/api/book-ticket", json=m.booking(m.make_showing(), hold=True)), 201)
    assert close(made["expiresAt"], datetime.now(timezone.utc) + timedelta(seconds=600))


def test_book_ticket_buyer(m):
    showing, email = m.make_showing(), unique("Compra") + "@Example.com"

    def buy(seat, **buyer):
        return ok(
            m.gateway.post(
                "/api/book-ticket",
                json={
                    "buyer": buyer,
                    "scheduleId": showing["id"],
                    "movieId": showing["movie_id"],
                    "seatIds": [showing["seat_ids"][seat]],
                },
            ),
            201,
        )

    first = buy(0, email=email, name="Ana", phone="111222333")
    assert ok(m.reservations.get(f"/api/users/{first['userId']}"))["name"] == "Ana"
    second = buy(1, email=email.lower(), name="Otro")
    assert second["userId"] == first["userId"], "the user with that e-mail"
    said = str(second["user"])
    assert "Ana" not in said and "111222333" not in said, "shows only what this buyer sent"
    assert ok(m.reservations.get(f"/api/users/{first['userId']}"))["name"] == "Ana", "and changes nobody"
    refused(
        m.gateway.post(
            "/api/book-ticket",
            json={
                "buyer": {"email": "no", "name": "x"},
                "scheduleId": showing["id"],
                "movieId": "x",
                "seatIds": [showing["seat_ids"][3]],
            },
        ),
        400,
    )


def test_book_ticket_refusals(m):
    showing, other = m.make_showing(), m.make_showing()
    body = m.booking(showing)

    def attempt(**change):
        return m.gateway.post("/api/book-ticket", json=body | change)

    refused(attempt(userId=ABSENT), 404)
    refused(attempt(scheduleId=ABSENT), 404)
    refused(attempt(seatIds=[]), 400)
    refused(attempt(seatIds=None), 400)
    refused(attempt(seatIds=other["seat_ids"][:1]), 400)
    refused(attempt(seatIds=showing["seat_ids"][:1] * 2), 400)
    refused(m.gateway.post("/api/book-ticket", json={}), 400)
    refused(m.gateway.post("/api/book-ticket", json={k: v for k, v in body.items() if k != "userId"}), 400)
    ok(attempt(), 201)
    assert named_seats(refused(attempt(), 409, "seats_taken")) == showing["seat_ids"][:1]
    gone = m.make_showing()
    m.gateway.delete(f"/api/schedules/{gone['id']}")
    refused(m.gateway.post("/api/book-ticket", json=m.booking(gone)), 409, "showing_cancelled")


# --- passing through ---

PASSED = [
    ("movies", "/api/movies"),
    ("movies", "/api/movies/featured"),
    ("movies", "/api/movies/search?q=a&limit=3"),
    ("movies", "/api/genres"),
    ("rooms", "/api/rooms?limit=3&offset=1"),
    ("rooms", "/api/schedules?limit=2"),
    ("reservations", "/api/reservations?limit=2"),
    ("reservations", "/api/users?limit=2"),
    ("movies", f"/api/movies/{'0' * 24}"),
    ("movies", "/api/movies/abc"),
    ("rooms", f"/api/rooms/{ABSENT}"),
    ("rooms", "/api/rooms?limit=x"),
    ("reservations", f"/api/payments/reservation/{ABSENT}"),
    ("reservations", f"/api/users/{ABSENT}"),
    ("movies", "/api/movies/search?q=%C3%B1and%C3%BA%20%26%2B&limit=1"),
]
CHANGING = {"requestId", "instance"}


@pytest.mark.parametrize("service,path", PASSED)
def test_reads_pass_unchanged(m, service, path):
    direct, through = getattr(m, service).get(path), m.gateway.get(path)
    assert through.status_code == direct.status_code
    assert {k: v for k, v in through.json().items() if k not in CHANGING} == {
        k: v for k, v in direct.json().items() if k not in CHANGING
    }
    if direct.status_code == 200:
        assert through.content == direct.content
    for header in ("etag", "content-type", "cache-control", "link"):
        if direct.status_code == 200 or header != "etag":
            assert through.headers.get(header) == direct.headers.get(header)


def test_writes_pass_unchanged(m):
    film = ok(m.gateway.post("/api/movies", json=m.movie_body()), 201)
    assert ok(m.movies.get(f"/api/movies/{film['_id']}")) == film
    assert ok(m.gateway.put(f"/api/movies/{film['_id']}", json={"rating": 9}))["rating"] == 9
    genre = unique("Género ")
    ok(m.gateway.post("/api/genres", json={"name": genre}), 201)
    refused(m.gateway.post("/api/genres", json={"name": genre}), 409, sentence="Genre already exists")
    room = ok(m.gateway.post("/api/rooms", json={"name": "x", "capacity": 4}), 201)
    seats = ok(m.gateway.post(f"/api/rooms/{room['id']}/seats", json={"auto_generate": True, "seats_per_row": 2}), 201)
    showing = ok(
        m.gateway.post(
            "/api/schedules",
            json={"movie_id": film["_id"], "room_id": room["id"], "show_time": m.at(days=1), "price": 7},
        ),
        201,
    )
    user = ok(m.gateway.post("/api/users", json=m.user_body()), 201)
    made = ok(
        m.gateway.post(
            "/api/reservations",
            json={
                "userId": user["id"],
                "scheduleId": showing["id"],
                "movieId": film["_id"],
                "seatIds": [seats[0]["id"]],
                "totalAmount": 7,
            },
        ),
        201,
    )
    assert (
        ok(
            m.gateway.post("/api/payments", json={"reservationId": made["id"], "amount": 7, "paymentMethod": "cash"}),
            201,
        )["status"]
        == "COMPLETED"
    )
    assert ok(m.gateway.put(f"/api/reservations/{made['id']}/cancel"))["status"] == "CANCELLED"
    assert ok(m.gateway.delete(f"/api/reservations/{made['id']}")) == "Reservation deleted successfully"
    assert ok(m.gateway.delete(f"/api/users/{user['id']}")) == "User deleted successfully"
    assert m.gateway.delete(f"/api/schedules/{showing['id']}").status_code in (200, 202)
    assert m.gateway.delete(f"/api/movies/{film['_id']}").json()["message"] == "Movie deactivated successfully"


def test_refusals_pass_unchanged(m):
    body = refused(m.gateway.post("/api/movies", json={}), 400)
    assert body["details"]["title"]["kind"] == "required"
    answer = m.gateway.request("PUT", "/api/payments", json={})
    refused(answer, 405)
    assert "POST" in answer.headers["allow"]
    showing = m.make_showing(sales_open_at=m.at(minutes=10))
    answer = m.gateway.post("/api/reservations", json=m.booking(showing))
    refused(answer, 409, "not_on_sale_yet")
    assert int(answer.headers["retry-after"]) > 0
    assert m.gateway.get("/api/movies/x/y/z").status_code in (400, 404)


def test_tags_pass_both_ways(m):
    film = m.make_movie()
    tag = m.gateway.get(f"/api/movies/{film['_id']}").headers["etag"]
    answer = m.gateway.get(f"/api/movies/{film['_id']}", headers={"if-none-match": tag})
    assert answer.status_code == 304 and answer.headers["etag"] == tag


def test_the_figures_are_not_there_yet(m):
    """Until analytics runs, its addresses say so and never break."""
    assert m.gateway.get("/api/analytics/revenue").status_code in (200, 404, 503)


def test_the_front_page(m):
    answer = m.gateway.get("/")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert "taquilla" in answer.text.lower() or "Cine Prueba" in answer.text
