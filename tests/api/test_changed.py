"""Contract section 7: each thing that was wrong before and is right here, and each that differs on purpose."""

import re

import pytest

from harness.door import ok, refused
from harness.maker import unique


@pytest.fixture(scope="module")
def m(through):
    """What is read at the gateway at once is written there."""
    return through


ABSENT = 99_999_999


# --- wrong before ---


def test_booking_works(m):
    assert ok(m.gateway.post("/api/book-ticket", json=m.booking(m.make_showing())), 201)["status"] == "PENDING"


def test_a_seat_is_not_sold_twice(m):
    showing = m.make_showing()
    m.book(showing)
    refused(m.try_book(showing), 409)
    refused(m.gateway.post("/api/book-ticket", json=m.booking(showing)), 409)


def test_a_stored_payment_is_answered_201(m):
    made = m.book(m.make_showing())
    assert m.try_pay(made).status_code == 201
    assert m.newest_payment(made)["status"] == "COMPLETED"


def test_a_cancelled_reservation_is_not_paid_and_not_any_amount_taken(m):
    made = m.book(m.make_showing())
    refused(m.try_pay(made, amount=made["totalAmount"] - 1), 409)
    ok(m.cancel(made))
    refused(m.try_pay(made), 409)


def test_the_gateway_keeps_the_owner_s_status(m):
    refused(m.gateway.get(f"/api/movies/{'0' * 24}"), 404)
    refused(m.gateway.post("/api/users", json={}), 400)
    user = m.make_user()
    refused(m.gateway.post("/api/users", json=m.user_body(email=user["email"])), 409)
    made = m.book(m.make_showing(), hold=True)
    refused(
        m.gateway.post(
            "/api/payments",
            json={"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "test_decline"},
        ),
        402,
    )


def requests_of(m, service):
    """How many requests a service has answered, by its own count; its /metrics is asked for that."""
    with m.internal(service) as door:
        text = door.get("/metrics").text
    counts = re.findall(r"(?m)^\w*http_requests_total(?:\{.*?\})? (\d+)", text) or re.findall(
        r"(?m)^\w*requests\w*_total(?:\{.*?\})? (\d+)", text
    )
    assert counts, text[:3000]
    return sum(map(int, counts))


def test_showtimes_are_not_two_calls_each(m):
    room, film = m.make_room(), m.make_movie(duration=30)
    for i in range(20):
        m.make_showing(film, room, m.at(days=40, hours=i))
    before = {s: requests_of(m, s) for s in ("movies", "rooms", "reservations")}
    assert len(ok(m.gateway.get("/api/showtimes", params={"movieId": film["_id"], "limit": 20}))) == 20
    for service, count in before.items():
        assert requests_of(m, service) - count <= 6, f"calls to {service}"


@pytest.mark.parametrize(
    "service,path",
    [
        ("movies", "/api/movies/abc"),
        ("movies", "/api/movies?page=abc"),
        ("movies", "/api/movies?limit=-1"),
        ("rooms", "/api/rooms/abc"),
        ("rooms", "/api/rooms?limit=abc"),
        ("rooms", "/api/schedules/abc"),
        ("reservations", "/api/users/abc"),
        ("reservations", "/api/reservations/abc"),
        ("reservations", "/api/payments/reservation/abc"),
        ("reservations", "/api/users?limit=abc"),
        ("reservations", "/api/users/1'%20OR%20'1'='1"),
        ("rooms", "/api/rooms/1;DROP%20TABLE%20rooms"),
    ],
)
def test_bad_ids_and_paging_are_no_server_errors(m, service, path):
    body = refused(getattr(m, service).get(path), {400, 404})
    assert not re.search(r"\b(SQL|SELECT|syntax|column|relation|table)\b", str(body))


def test_bad_json_is_no_server_error(m):
    for door, path in (
        (m.movies, "/api/movies"),
        (m.rooms, "/api/rooms"),
        (m.reservations, "/api/users"),
        (m.gateway, "/api/book-ticket"),
    ):
        refused(door.post(path, content=b"{nonsense", headers={"content-type": "application/json"}), 400)


def test_lists_have_an_order(m):
    for door, path in (
        (m.movies, "/api/movies?limit=1000"),
        (m.rooms, "/api/rooms"),
        (m.rooms, "/api/schedules"),
        (m.reservations, "/api/users"),
        (m.reservations, "/api/reservations"),
    ):
        assert len({door.get(path).content for _ in range(3)}) == 1


def test_dates_are_heeded(m):
    showing = m.make_showing(start=m.at(days=33)[:10] + "T12:00:00")
    day = showing["show_time"][:10]
    assert showing["id"] in [s["id"] for s in ok(m.gateway.get("/api/showtimes", params={"date": day}))]
    assert all(s["show_time"][:10] == day for s in ok(m.gateway.get("/api/showtimes", params={"date": day})))


def test_put_does_not_run_operators(m):
    film = m.make_movie()
    for body in (
        {"$set": {"title": "x"}},
        {"$unset": {"title": ""}},
        {"$inc": {"duration": 5}},
        {"$rename": {"title": "t"}},
    ):
        m.movies.put(f"/api/movies/{film['_id']}", json=body | {"rating": 5})
    now = ok(m.movies.get(f"/api/movies/{film['_id']}"))
    assert (now["title"], now["duration"], now["rating"]) == (film["title"], film["duration"], 5)
    refused(m.movies.put(f"/api/movies/{film['_id']}", json=[{"$set": {"title": "x"}}]), 400)


# --- different on purpose ---


def test_duplicates_are_conflicts(m):
    user, name = m.make_user(), unique("G")
    refused(m.reservations.post("/api/users", json=m.user_body(email=user["email"])), 409)
    ok(m.movies.post("/api/genres", json={"name": name}), 201)
    refused(m.movies.post("/api/genres", json={"name": name}), 409)


def test_already_cancelled_and_paid_are_conflicts(m):
    made = m.book(m.make_showing())
    m.pay(made)
    refused(m.try_pay(made), 409)
    ok(m.cancel(made))
    refused(m.cancel(made), 409, sentence="Reservation is already cancelled")


def test_absent_targets_are_not_found(m):
    showing = m.make_showing()
    refused(m.try_book(showing, user={"id": ABSENT}), 404)
    refused(m.try_book(showing | {"id": ABSENT}), 404)
    refused(m.cancel({"id": ABSENT}), 404)
    refused(
        m.reservations.post("/api/payments", json={"reservationId": ABSENT, "amount": 1, "paymentMethod": "cash"}), 404
    )


def test_no_seats_no_booking(m):
    refused(m.try_book(m.make_showing(), []), 400)


def test_no_version_key(m):
    film = m.make_movie()
    assert "__v" not in film and "__v" not in ok(m.movies.get(f"/api/movies/{film['_id']}"))
    assert all("__v" not in f for f in ok(m.movies.get("/api/movies")))


def test_past_showings_leave_the_lists(m):
    film = m.make_movie()
    showing = m.make_showing(film, start=m.at(days=-2))
    assert ok(m.gateway.get("/api/showtimes", params={"movieId": film["_id"]})) == []
    assert ok(m.gateway.get(f"/api/movie-details/{film['_id']}"))["schedules"] == []
    assert [s["id"] for s in ok(m.rooms.get("/api/schedules", params={"movie_id": film["_id"]}))] == [showing["id"]]


def test_not_every_page_may_read_the_users(m):
    answer = m.reservations.get("/api/users", headers={"origin": "https://evil.example"})
    assert answer.headers.get("access-control-allow-origin") is None


def test_the_gateway_s_root_is_the_pages(m):
    answer = m.gateway.get("/")
    assert answer.status_code == 200 and "text/html" in answer.headers["content-type"]
    assert answer.content != m.gateway.get("/docs").content
