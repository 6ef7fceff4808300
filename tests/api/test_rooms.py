"""Contract section 3, row by row: rooms, seats, showings and their changes while tickets live."""

import time
from datetime import timedelta

import pytest

from harness import shapes
from harness.cinema import Alone
from harness.door import ok, refused
from harness.maker import LAG_S, unique, wall

ABSENT = 99_999_999


def test_list_of_rooms(m):
    made = [m.make_room(seats=0)["id"] for _ in range(3)]
    rooms = ok(m.rooms.get("/api/rooms", params={"limit": 10000}))
    seen = [shapes.room(r)["id"] for r in rooms]
    assert seen == sorted(seen) and set(made) <= set(seen)
    assert all(r["is_active"] for r in rooms)
    assert len(ok(m.rooms.get("/api/rooms", params={"limit": 2, "offset": 1}))) == 2
    assert [r["id"] for r in ok(m.rooms.get("/api/rooms", params={"limit": 2, "offset": 1}))] == seen[1:3]


def test_create_room(m):
    body = {"name": unique("Sala "), "capacity": 120, "screen_type": "IMAX"}
    room = shapes.room(ok(m.rooms.post("/api/rooms", json=body), 201))
    assert {k: room[k] for k in body} == body and room["is_active"] is True
    assert ok(m.rooms.get(f"/api/rooms/{room['id']}")) == room
    assert ok(m.rooms.post("/api/rooms", json={"name": "x", "capacity": 1}), 201)["screen_type"] == "2D"


@pytest.mark.parametrize(
    "body,field",
    [
        ({"capacity": 5}, "name"),
        ({"name": "", "capacity": 5}, "name"),
        ({"name": "x" * 101, "capacity": 5}, "name"),
        ({"name": 5, "capacity": 5}, "name"),
        ({"name": "x"}, "capacity"),
        ({"name": "x", "capacity": 0}, "capacity"),
        ({"name": "x", "capacity": 10001}, "capacity"),
        ({"name": "x", "capacity": 1.5}, "capacity"),
        ({"name": "x", "capacity": "many"}, "capacity"),
        ({"name": "x", "capacity": None}, "capacity"),
        ({"name": "x", "capacity": 5, "screen_type": "4DX"}, "screen_type"),
        ({"name": "x", "capacity": 5, "screen_type": "imax"}, "screen_type"),
        ({"name": "x", "capacity": 5, "size": 1}, "size"),
    ],
)
def test_bad_rooms(m, body, field):
    assert field in refused(m.rooms.post("/api/rooms", json=body), 400)["details"]


def test_room_bounds(m):
    for body in ({"name": "x" * 100, "capacity": 10000}, {"name": "ñ" * 100, "capacity": 1}):
        ok(m.rooms.post("/api/rooms", json=body), 201)


def test_absent_room(m):
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/seats"), ("POST", "/seats")):
        body = {"seats": []} if method == "POST" else {"name": "x"}
        refused(m.rooms.request(method, f"/api/rooms/{ABSENT}{path}", json=body), 404)


@pytest.mark.parametrize("bad", ["abc", "0", "-1", "1.5", "1e3", "99999999999999999999999", "%20", "1;DROP"])
def test_bad_ids(m, bad):
    for path in ("/api/rooms/{}", "/api/rooms/{}/seats", "/api/schedules/{}"):
        refused(m.rooms.get(path.format(bad)), {400, 404})


# --- seats ---


def test_seats_made_row_by_row(m):
    room = m.make_room(seats=0, capacity=25)
    answer = m.rooms.post(f"/api/rooms/{room['id']}/seats", json={"auto_generate": True, "seats_per_row": 10})
    assert answer.json()["message"] == "Seats created successfully"
    made = ok(answer, 201)
    want = [("A", n) for n in range(1, 11)] + [("B", n) for n in range(1, 11)] + [("C", n) for n in range(1, 6)]
    assert [(s["row_number"], s["seat_number"]) for s in made] == want
    for seat in made:
        shapes.seat(seat)
        assert (seat["room_id"], seat["seat_type"], seat["is_available"]) == (room["id"], "regular", True)
        assert seat["accessible"] is False and seat["house"] is False
    assert ok(m.rooms.get(f"/api/rooms/{room['id']}/seats")) == made


def test_rows_after_z(m):
    room = m.make_room(seats=28, per_row=1)
    rows = [s["row_number"] for s in room["seats"]]
    assert set(rows) == {chr(ord("A") + i) for i in range(26)} | {"AA", "AB"}


def test_all_seats_are_listed(m):
    room = m.make_room(seats=1500, per_row=100)
    path = f"/api/rooms/{room['id']}/seats"
    everything = ok(m.rooms.get(path))
    assert len(everything) == 1500
    assert [s["seat_number"] for s in everything[:100]] == list(range(1, 101)), "numbers, not texts"
    assert ok(m.rooms.get(path, params={"limit": 3, "offset": 99})) == everything[99:102]
    assert ok(m.rooms.get(path, params={"limit": 0})) == []
    refused(m.rooms.get(path, params={"limit": -1}), 400)


def test_seats_given(m):
    room = m.make_room(seats=0, capacity=10)
    path = f"/api/rooms/{room['id']}/seats"
    given = [
        {"row_number": "B", "seat_number": 2, "seat_type": "vip"},
        {"row_number": "A", "seat_number": 10},
        {"row_number": "A", "seat_number": 2, "seat_type": "premium"},
    ]
    made = ok(m.rooms.post(path, json={"seats": given}), 201)
    assert len(made) == 3
    listed = ok(m.rooms.get(path))
    assert [(s["row_number"], s["seat_number"], s["seat_type"]) for s in listed] == [
        ("A", 2, "premium"),
        ("A", 10, "regular"),
        ("B", 2, "vip"),
    ]


def test_no_seats_is_fine(m):
    room = m.make_room(seats=0, capacity=3)
    assert ok(m.rooms.post(f"/api/rooms/{room['id']}/seats", json={"seats": []}), 201) == []


def test_seats_all_or_nothing(m):
    room = m.make_room(seats=0, capacity=10)
    path = f"/api/rooms/{room['id']}/seats"
    ok(m.rooms.post(path, json={"seats": [{"row_number": "A", "seat_number": 1}]}), 201)
    before = ok(m.rooms.get(path))
    refused(
        m.rooms.post(
            path, json={"seats": [{"row_number": "A", "seat_number": 2}, {"row_number": "A", "seat_number": 1}]}
        ),
        409,
    )
    refused(
        m.rooms.post(
            path, json={"seats": [{"row_number": "C", "seat_number": 2}, {"row_number": "C", "seat_number": 2}]}
        ),
        {409, 400},
    )
    refused(m.rooms.post(path, json={"auto_generate": True, "seats_per_row": 10}), 409)
    refused(m.rooms.post(path, json={"seats": [{"row_number": "D", "seat_number": 1}, {"row_number": "D"}]}), 400)
    assert ok(m.rooms.get(path)) == before


@pytest.mark.parametrize(
    "bad",
    [
        {"seats": [{"row_number": "A"}]},
        {"seats": [{"seat_number": 1}]},
        {"seats": "A1"},
        {"seats": [5]},
        {"seats": [None]},
        {"seats": [{"row_number": "A", "seat_number": 1, "seat_type": "royal"}]},
        {"seats": [{"row_number": "A" * 11, "seat_number": 1}]},
        {"seats": [{"row_number": "A", "seat_number": "x"}]},
        {"auto_generate": True, "seats_per_row": 0},
        {"auto_generate": True, "seats_per_row": "x"},
        {"seats": [{"row_number": "A", "seat_number": 1, "colour": "red"}]},
        {"auto_generate": True, "rows": 5},
    ],
)
def test_bad_seats(m, bad):
    room = m.make_room(seats=0, capacity=10)
    refused(m.rooms.post(f"/api/rooms/{room['id']}/seats", json=bad), 400)
    assert ok(m.rooms.get(f"/api/rooms/{room['id']}/seats")) == []


def seat_path(m, seat):
    """Where a seat is changed: the contract leaves the address open, the description tells it."""
    paths = m.rooms.get("/openapi.json").json()["paths"]
    found = [p for p, methods in paths.items() if "put" in methods and "seats" in p]
    assert len(found) == 1, found
    parts = found[0].split("/")
    numbers = [seat["room_id"], seat["id"]] if found[0].count("{") == 2 else [seat["id"]]
    return "/".join(str(numbers.pop(0)) if p.startswith("{") else p for p in parts)


def test_change_seat(m):
    seat = m.make_room(seats=2)["seats"][0]
    path = seat_path(m, seat)
    changed = shapes.seat(ok(m.rooms.put(path, json={"seat_type": "vip", "accessible": True, "house": True})))
    assert changed == seat | {"seat_type": "vip", "accessible": True, "house": True}
    assert changed in ok(m.rooms.get(f"/api/rooms/{seat['room_id']}/seats"))
    changed = ok(m.rooms.put(path, json={"is_available": False}))
    assert changed["is_available"] is False
    refused(m.rooms.put(path, json={"seat_type": "royal"}), 400)
    refused(m.rooms.put(path.replace(str(seat["id"]), str(ABSENT)), json={"seat_type": "vip"}), 404)


def test_delete_seat(m):
    room = m.make_room(seats=3)
    path = seat_path(m, room["seats"][1])
    assert m.rooms.delete(path).status_code == 200
    left = [s["id"] for s in ok(m.rooms.get(f"/api/rooms/{room['id']}/seats")) if s["is_available"]]
    assert left == [room["seats"][0]["id"], room["seats"][2]["id"]]


def test_seat_with_tickets_stays(m):
    showing = m.make_showing(seats=3)
    sold, free = showing["room"]["seats"][:2]
    m.pay(m.book(showing, [sold["id"]]))
    body = refused(m.rooms.delete(seat_path(m, sold)), 409)
    assert str(showing["id"]) in str(body), "names the showing"
    assert m.rooms.delete(seat_path(m, free)).status_code == 200
    refused(m.try_book(showing, [free["id"]]), {400, 409})


def test_room_with_tickets_stays(m):
    showing = m.make_showing()
    made = m.book(showing)
    body = refused(m.rooms.delete(f"/api/rooms/{showing['room_id']}"), 409)
    assert str(showing["id"]) in str(body), "names the showing"
    assert ok(m.rooms.get(f"/api/rooms/{showing['room_id']}"))["is_active"] is True
    ok(m.book(showing, [showing["seat_ids"][1]]) and m.cancel(made))


# --- rooms change ---


def test_change_room(m):
    room = m.make_room(seats=0)
    changed = shapes.room(ok(m.rooms.put(f"/api/rooms/{room['id']}", json={"name": "Sala Nueva", "screen_type": "3D"})))
    assert (changed["name"], changed["screen_type"], changed["capacity"]) == ("Sala Nueva", "3D", room["capacity"])
    refused(m.rooms.put(f"/api/rooms/{room['id']}", json={"capacity": 0}), 400)
    refused(m.rooms.put(f"/api/rooms/{room['id']}", json={"colour": "red"}), 400)


def test_delete_room_is_soft(m):
    room = m.make_room(seats=2)
    assert m.rooms.delete(f"/api/rooms/{room['id']}").status_code == 200
    assert ok(m.rooms.get(f"/api/rooms/{room['id']}"))["is_active"] is False
    assert room["id"] not in [r["id"] for r in ok(m.rooms.get("/api/rooms", params={"limit": 10000}))]
    assert len(ok(m.rooms.get(f"/api/rooms/{room['id']}/seats"))) == 2


# --- showings ---


def test_create_showing(m):
    film, room = m.make_movie(duration=90), m.make_room()
    start = m.now().replace(hour=19, minute=30, second=0) + timedelta(days=3)
    made = shapes.schedule(
        ok(
            m.rooms.post(
                "/api/schedules",
                json={"movie_id": film["_id"], "room_id": room["id"], "show_time": wall(start), "price": 12.5},
            ),
            201,
        )
    )
    assert made["show_time"] == wall(start) and made["startsAt"] == wall(start) + "-05:00"
    assert (made["movie_id"], made["room_id"], made["room_name"]) == (film["_id"], room["id"], room["name"])
    assert (made["price"], made["is_active"], made["sales_open_at"]) == (12.5, True, None)
    assert made["sales_close_at"].startswith(wall(start + timedelta(minutes=20)))
    assert ok(m.rooms.get(f"/api/schedules/{made['id']}")) == made


def test_a_space_in_the_time(m):
    start = m.at(days=1)
    assert m.make_showing(start=start.replace("T", " "))["show_time"] == start


@pytest.mark.parametrize(
    "bad",
    [
        "2030-01-01T10:00:00Z",
        "2030-01-01T10:00:00-05:00",
        "2030-01-01T10:00:00+00:00",
        "2030-13-01T10:00:00",
        "2030-02-30T10:00:00",
        "2030-01-01T25:00:00",
        "soon",
        "",
        None,
        True,
        [],
        "10:00",
    ],
)
def test_bad_times(m, bad):
    film, room = m.make_movie(), m.make_room(seats=0)
    body = refused(
        m.rooms.post(
            "/api/schedules", json={"movie_id": film["_id"], "room_id": room["id"], "show_time": bad, "price": 5}
        ),
        400,
    )
    assert "show_time" in body.get("details", {"show_time": 1}) or "show_time" in body["error"]


@pytest.mark.parametrize(
    "given,kept",
    [
        (12.345, 12.35),
        (12.344, 12.34),
        (0.01, 0.01),
        ("7.5", 7.5),
        (99999999.99, 99999999.99),
        (8, 8),
        (1e1, 10),
        (0.005, 0.01),
    ],
)
def test_prices(m, given, kept):
    assert m.make_showing(price=given)["price"] == kept


@pytest.mark.parametrize("bad", [0, -1, 0.001, 100000000, 1e300, "free", None, "", [], True])
def test_bad_prices(m, bad):
    film, room = m.make_movie(), m.make_room(seats=0)
    refused(
        m.rooms.post(
            "/api/schedules",
            json={"movie_id": film["_id"], "room_id": room["id"], "show_time": m.at(days=1), "price": bad},
        ),
        400,
    )


def test_showing_of_nothing(m):
    film, room = m.make_movie(), m.make_room(seats=0)
    body = {"movie_id": film["_id"], "room_id": room["id"], "show_time": m.at(days=1), "price": 5}
    refused(m.rooms.post("/api/schedules", json=body | {"movie_id": "0" * 24}), 404)
    refused(m.rooms.post("/api/schedules", json=body | {"room_id": ABSENT}), 404)
    for field in body:
        refused(m.rooms.post("/api/schedules", json={k: v for k, v in body.items() if k != field}), 400)
    refused(m.rooms.post("/api/schedules", json=body | {"colour": 1}), 400)


def test_overlap(m):
    """A room is taken from the start until the film has ended and 15 minutes of cleaning are over."""
    film, short, room = m.make_movie(duration=100), m.make_movie(duration=30), m.make_room()
    start = m.now() + timedelta(days=5)
    m.make_showing(film, room, wall(start))

    def attempt(movie, minutes, where=room):
        return m.rooms.post(
            "/api/schedules",
            json={
                "movie_id": movie["_id"],
                "room_id": where["id"],
                "price": 5,
                "show_time": wall(start + timedelta(minutes=minutes)),
            },
        )

    for minutes in (0, 1, 50, 114):
        refused(attempt(film, minutes), 409)
    refused(attempt(short, -44), 409)
    ok(attempt(film, 0, m.make_room()), 201)
    ok(attempt(short, -45), 201)
    ok(attempt(film, 115), 201)


def test_a_cancelled_showing_leaves_its_time(m):
    showing = m.make_showing()
    assert m.rooms.delete(f"/api/schedules/{showing['id']}").status_code in (200, 202)
    m.make_showing(showing["movie"], showing["room"], showing["show_time"])


def test_list_of_showings(m):
    film, room = m.make_movie(duration=60), m.make_room()
    offsets = (timedelta(days=2), timedelta(days=-3), timedelta(days=1), timedelta(days=-1), timedelta(minutes=-10))
    made = {o: m.make_showing(film, room, wall(m.now() + o)) for o in offsets}
    listed = ok(m.rooms.get("/api/schedules", params={"movie_id": film["_id"]}))
    want = [timedelta(minutes=-10), timedelta(days=1), timedelta(days=2), timedelta(days=-1), timedelta(days=-3)]
    assert [s["id"] for s in listed] == [made[o]["id"] for o in want], "not over first, then past ones, latest first"
    for showing in listed:
        shapes.schedule(showing)
    assert [
        s["id"] for s in ok(m.rooms.get("/api/schedules", params={"room_id": room["id"], "limit": 2, "offset": 1}))
    ] == [made[o]["id"] for o in want[1:3]]
    day = made[timedelta(days=1)]["show_time"][:10]
    between = ok(
        m.rooms.get("/api/schedules", params={"movie_id": film["_id"], "from": m.at(hours=12), "to": m.at(hours=36)})
    )
    assert [s["id"] for s in between] == [made[timedelta(days=1)]["id"]], day


def test_lists_leave_out_cancelled_ones(m):
    showing = m.make_showing()
    assert m.rooms.delete(f"/api/schedules/{showing['id']}").status_code in (200, 202)
    assert ok(m.rooms.get("/api/schedules", params={"movie_id": showing["movie_id"]})) == []
    assert ok(m.rooms.get(f"/api/schedules/movie/{showing['movie_id']}")) == []
    assert ok(m.rooms.get(f"/api/schedules/{showing['id']}"))["is_active"] is False


def test_showings_of_a_film(m):
    showing = m.make_showing()
    listed = ok(m.rooms.get(f"/api/schedules/movie/{showing['movie_id']}"))
    assert len(listed) == 1
    shapes.schedule(listed[0])
    assert listed[0]["id"] == showing["id"] and listed[0]["room_name"] == showing["room"]["name"]
    assert listed[0]["room_capacity"] == showing["room"]["capacity"]
    for unknown in ("0" * 24, "nonsense", "1"):
        assert ok(m.rooms.get(f"/api/schedules/movie/{unknown}")) == []


def test_absent_showing(m):
    refused(m.rooms.get(f"/api/schedules/{ABSENT}"), 404)
    refused(m.rooms.put(f"/api/schedules/{ABSENT}", json={"price": 5}), 404)
    refused(m.rooms.delete(f"/api/schedules/{ABSENT}"), 404)


# --- showings change ---


def test_change_showing(m):
    showing = m.make_showing()
    path, later, film, room = f"/api/schedules/{showing['id']}", m.at(days=4), m.make_movie(), m.make_room()
    changed = shapes.schedule(
        ok(m.rooms.put(path, json={"price": 20, "show_time": later, "movie_id": film["_id"], "room_id": room["id"]}))
    )
    assert (changed["price"], changed["show_time"], changed["movie_id"], changed["room_id"]) == (
        20,
        later,
        film["_id"],
        room["id"],
    )
    assert ok(m.rooms.get(path)) == changed
    refused(m.rooms.put(path, json={"movie_id": "0" * 24}), 404)
    refused(m.rooms.put(path, json={"room_id": ABSENT}), 404)
    refused(m.rooms.put(path, json={"price": 0}), 400)
    ok(m.rooms.put(path, json={"show_time": later}))


def test_what_runs_for_days_is_still_to_come(m):
    """A list of what is to come begins at the first that can still run, and that is as far back as the longest lasts."""
    film, short = m.make_movie(duration=4000), m.make_movie(duration=90)
    runs = m.make_showing(movie=film, start=m.at(days=-2))
    over = m.make_showing(movie=short, start=m.at(days=-1))
    later = m.make_showing(movie=short, start=m.at(hours=1))
    for path, ids in (
        (f"/api/schedules?movie_id={film['_id']}", [runs["id"]]),
        (f"/api/schedules?movie_id={short['_id']}", [later["id"], over["id"]]),
        (f"/api/schedules?room_id={runs['room_id']}", [runs["id"]]),
        (f"/api/schedules?from={m.at(days=-2)[:10]}&movie_id={film['_id']}", [runs["id"]]),
    ):
        assert [s["id"] for s in ok(m.at_rooms.get(path))] == ids, path
    every = [s["id"] for s in ok(m.at_rooms.get("/api/schedules?limit=1000"))]
    assert every.index(runs["id"]) < every.index(later["id"]) < every.index(over["id"])


def test_change_into_an_overlap(m):
    first = m.make_showing()
    second = m.make_showing(first["movie"], first["room"], m.at(days=2))
    refused(m.rooms.put(f"/api/schedules/{second['id']}", json={"show_time": first["show_time"]}), 409)


def test_change_with_live_tickets(m):
    """Price, time and film may change, sold tickets keep their price; the room may not."""
    showing = m.make_showing(price=10)
    sold = m.pay(m.book(showing)) and m.read(m.book(showing, [showing["seat_ids"][1]]))
    path = f"/api/schedules/{showing['id']}"
    refused(m.rooms.put(path, json={"room_id": m.make_room()["id"]}), 409, "showing_has_tickets")
    assert ok(m.rooms.get(path))["room_id"] == showing["room_id"]
    changed = ok(m.rooms.put(path, json={"price": 15, "show_time": m.at(days=2), "movie_id": m.make_movie()["_id"]}))
    assert changed["price"] == 15
    time.sleep(LAG_S)
    assert m.read(sold)["totalAmount"] == 10
    assert m.book(showing, [showing["seat_ids"][2]])["totalAmount"] == 15, "sales go on, at the new price"


def test_delete_showing(m):
    showing = m.make_showing()
    assert m.rooms.delete(f"/api/schedules/{showing['id']}").status_code in (200, 202)
    refused(m.try_book(showing), 409, "showing_cancelled")


def test_delete_showing_with_tickets(m):
    showing = m.make_showing(price=10)
    paid, unpaid = m.book(showing, 2), m.book(showing, [showing["seat_ids"][2]])
    m.pay(paid)
    path = f"/api/schedules/{showing['id']}"
    body = refused(m.rooms.delete(path), 409, "showing_has_tickets")
    assert "3" in body["error"] or 3 in body.values() or "2" in body["error"], f"says how many: {body}"
    assert ok(m.rooms.get(path))["is_active"] is True
    m.book(showing, [showing["seat_ids"][3]])
    assert m.rooms.delete(path, params={"refund": "true"}).status_code == 202
    assert m.read(paid)["status"] == m.read(unpaid)["status"] == "CANCELLED"
    assert m.newest_payment(paid)["status"] == "REFUNDED"
    assert ok(m.rooms.get(path))["is_active"] is False
    refused(m.try_book(showing), 409, "showing_cancelled")


def test_sales_window_of_a_showing(m):
    opens, closes = m.at(hours=2), m.at(hours=30)
    showing = m.make_showing(start=m.at(days=1), sales_open_at=opens, sales_close_at=closes)
    assert showing["sales_open_at"].startswith(opens) and showing["sales_close_at"].startswith(closes)
    again = ok(m.rooms.put(f"/api/schedules/{showing['id']}", json={"sales_open_at": None}))
    assert again["sales_open_at"] is None


# --- clocks that jump ---


@pytest.fixture(scope="module")
def new_york():
    with Alone("rooms", TIME_ZONE="America/New_York", MOVIES_API_URL="none", RESERVATIONS_API_URL="none") as rooms:
        with rooms.door("rooms") as door:
            yield door


def showing_at(door, time):
    room = ok(door.post("/api/rooms", json={"name": "x", "capacity": 1}), 201)
    return door.post(
        "/api/schedules",
        json={"movie_id": "507f1f77bcf86cd799439011", "room_id": room["id"], "show_time": time, "price": 5},
    )


def test_a_time_that_is_skipped(new_york):
    refused(showing_at(new_york, "2030-03-10T02:30:00"), 400)
    assert ok(showing_at(new_york, "2030-03-10T01:59:00"), 201)["startsAt"] == "2030-03-10T01:59:00-05:00"
    assert ok(showing_at(new_york, "2030-03-10T03:00:00"), 201)["startsAt"] == "2030-03-10T03:00:00-04:00"


def test_a_time_that_occurs_twice(new_york):
    assert ok(showing_at(new_york, "2030-11-03T01:30:00"), 201)["startsAt"] == "2030-11-03T01:30:00-04:00", "the first"
    assert ok(showing_at(new_york, "2030-11-03T02:00:00"), 201)["startsAt"] == "2030-11-03T02:00:00-05:00"


@pytest.mark.parametrize(
    "first,meets,free",
    [
        ("2030-06-01T23:00:00", "2030-06-02T01:14:00", "2030-06-02T01:15:00"),  # over midnight
        ("2030-03-10T00:30:00", "2030-03-10T03:44:00", "2030-03-10T03:45:00"),  # no hour from 2 to 3
        ("2030-11-03T00:30:00", "2030-11-03T01:59:00", "2030-11-03T02:00:00"),  # twice the hour from 1 to 2
    ],
)
def test_two_hours_and_the_cleaning_are_as_long_in_every_night(new_york, first, meets, free):
    """From 0:30 two hours last until 3:30 by the clock of spring, and until the second 1:30 by that of autumn."""
    made = ok(showing_at(new_york, first), 201)

    def attempt(time):
        body = {"movie_id": made["movie_id"], "room_id": made["room_id"], "show_time": time, "price": 5}
        return new_york.post("/api/schedules", json=body)

    refused(attempt(meets), 409, "showing_overlaps")
    other = ok(attempt(free), 201)
    path = f"/api/schedules/{other['id']}"
    refused(new_york.put(path, json={"show_time": meets}), 409, "showing_overlaps")
    later = free[:14] + "50:00"
    ok(new_york.put(path, json={"show_time": later}))  # into its own time
    assert ok(new_york.put(path, json={"show_time": free}))["show_time"] == free


def test_rooms_alone_takes_any_film(new_york):
    assert ok(showing_at(new_york, "2030-06-01T20:00:00"), 201)["movie_id"] == "507f1f77bcf86cd799439011"
