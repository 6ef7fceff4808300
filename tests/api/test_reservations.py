"""Contract section 4 without the money: users, bookings, holds, cancelling, erasure."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from harness import shapes
from harness.door import named_seats, ok, refused
from harness.maker import LAG_S, unique, wall
from harness.stores import sqlite_text, whole_text

ABSENT = 99_999_999


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def close(text, moment, within_s=5):
    return abs((instant(text) - moment).total_seconds()) <= within_s


def wait_for(what, within_s=20):
    """Until what() is true; its last value."""
    end = time.monotonic() + within_s
    while not (value := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return value


def change_seat(m, seat_id, room, **change):
    from test_rooms import seat_path

    changed = ok(m.rooms.put(seat_path(m, {"id": seat_id, "room_id": room["id"]}), json=change))
    time.sleep(LAG_S)
    return changed


# --- users ---


def test_create_user(m):
    body = m.user_body()
    answer = m.reservations.post("/api/users", json=body)
    user = shapes.user(ok(answer, 201))
    assert {k: user[k] for k in body} == body
    assert answer.json()["message"] is None and answer.json()["error"] is None
    assert shapes.user(ok(m.reservations.get(f"/api/users/{user['id']}")))["email"] == body["email"]
    assert ok(m.reservations.post("/api/users", json={"email": unique("a") + "@b", "name": "x"}), 201)["phone"] is None


def test_list_of_users(m):
    made = [m.make_user()["id"] for _ in range(2)]
    users = ok(m.reservations.get("/api/users", params={"limit": 10000}))
    seen = [u["id"] for u in users]
    assert seen == sorted(seen) and set(made) <= set(seen)
    for user in users:
        shapes.has(shapes.user(user), createdAt=str, updatedAt=str)


@pytest.mark.parametrize(
    "field,bad",
    [
        ("email", "nobody"),
        ("email", "@b.example"),
        ("email", "a@"),
        ("email", "a@b@c"),
        ("email", ""),
        ("email", None),
        ("email", 5),
        ("email", []),
        ("name", ""),
        ("name", "   "),
        ("name", None),
        ("name", "x" * 256),
        ("name", {}),
        ("phone", "1" * 21),
        ("phone", []),
    ],
)
def test_bad_users(m, field, bad):
    details = refused(m.reservations.post("/api/users", json=m.user_body(**{field: bad})), 400)["details"]
    assert list(details) == [field]
    assert isinstance(details[field], list)


def test_every_bad_field_of_a_user_at_once(m):
    details = refused(m.reservations.post("/api/users", json={"email": "ana", "name": " ", "phone": "1" * 21}), 400)[
        "details"
    ]
    assert set(details) == {"email", "name", "phone"}


def test_user_bounds(m):
    user = ok(m.reservations.post("/api/users", json=m.user_body(name="ñ" * 255, phone="1" * 20)), 201)
    assert user["name"] == "ñ" * 255 and user["phone"] == "1" * 20
    details = refused(m.reservations.post("/api/users", json={}), 400)["details"]
    assert set(details) == {"email", "name"}


def test_emails_are_compared_without_case(m):
    body = m.user_body(email=unique("Ana") + "@Example.com")
    ok(m.reservations.post("/api/users", json=body), 201)
    for twin in (body["email"], body["email"].lower(), body["email"].upper()):
        answer = refused(m.reservations.post("/api/users", json=body | {"email": twin}), 409)
        assert answer["error"] == f"User with email {twin} already exists" or (
            answer["error"].startswith("User with email ") and answer["error"].rstrip(".").endswith("already exists")
        )


def test_change_user(m):
    user, other = m.make_user(), m.make_user()
    body = m.user_body(name="Otro Nombre")
    changed = shapes.user(ok(m.reservations.put(f"/api/users/{user['id']}", json=body)))
    assert changed["id"] == user["id"] and {k: changed[k] for k in body} == body
    ok(m.reservations.put(f"/api/users/{user['id']}", json=body | {"email": body["email"].upper()}))
    refused(m.reservations.put(f"/api/users/{user['id']}", json=body | {"email": other["email"]}), 409)
    details = refused(m.reservations.put(f"/api/users/{user['id']}", json={"name": "x"}), 400)["details"]
    assert "email" in details, "all three are wanted"
    refused(m.reservations.put("/api/users/99999999", json=body), 404, sentence="User not found with id: 99999999")


def test_absent_user(m):
    refused(m.reservations.get(f"/api/users/{ABSENT}"), 404, sentence="User not found")
    refused(m.reservations.delete(f"/api/users/{ABSENT}"), 404)


@pytest.mark.parametrize("bad", ["abc", "0", "-1", "1.5", "99999999999999999999999"])
def test_bad_ids(m, bad):
    for path in ("/api/users/{}", "/api/reservations/{}", "/api/payments/reservation/{}"):
        refused(m.reservations.get(path.format(bad)), {400, 404})
    assert m.reservations.get(f"/api/reservations/user/{bad}").status_code in (200, 400, 404)


# --- erasure ---


def test_erase_user(m):
    user, showing = m.make_user(), m.make_showing()
    held = m.book(showing, 2, user, hold=True)
    answer = m.reservations.delete(f"/api/users/{user['id']}")
    assert ok(answer) == "User deleted successfully"
    refused(m.reservations.get(f"/api/users/{user['id']}"), 404, sentence="User not found")
    refused(m.reservations.delete(f"/api/users/{user['id']}"), 404)
    assert user["id"] not in [u["id"] for u in ok(m.reservations.get("/api/users", params={"limit": 10000}))]
    kept = shapes.reservation(m.read(held))
    assert kept["user"] == {"id": user["id"], "email": None, "name": None, "phone": None}
    assert kept["status"] in ("CANCELLED", "EXPIRED")
    m.book(showing, 2), "its seats are free"
    again = m.make_user(email=user["email"])
    assert again["id"] != user["id"]
    refused(m.try_book(showing, [showing["seat_ids"][5]], user), 404)


def test_a_user_with_tickets_stays(m):
    user, showing = m.make_user(), m.make_showing()
    made = m.book(showing, 1, user)
    m.pay(made)
    refused(m.reservations.delete(f"/api/users/{user['id']}"), 409)
    assert ok(m.reservations.get(f"/api/users/{user['id']}"))["email"] == user["email"]
    ok(m.cancel(made))
    assert ok(m.reservations.delete(f"/api/users/{user['id']}")) == "User deleted successfully"


def test_erasure_reaches_every_table(opened):
    """After it, no column of any table of any service holds the address, the name or the phone."""
    m = opened()
    user = ok(
        m.gateway.post(
            "/api/users",
            json={"email": "Secreta@Example.com", "name": "Doña Secreta", "phone": "555123987"},
            headers={"idempotency-key": "once-user"},
        ),
        201,
    )
    showing = m.make_showing()
    ok(m.try_book(showing, 1, user, headers={"idempotency-key": "once-booking"}), 201)
    ok(
        m.gateway.post(
            "/api/book-ticket",
            json={
                "scheduleId": showing["id"],
                "movieId": showing["movie_id"],
                "seatIds": showing["seat_ids"][3:4],
                "buyer": {"email": "secreta@example.com", "name": "Doña Secreta", "phone": "555123987"},
            },
            headers={"idempotency-key": "once-ticket"},
        ),
        201,
    )
    assert ok(m.reservations.delete(f"/api/users/{user['id']}"))
    m.cinema.stop(remove=False)
    texts = {file.name: sqlite_text(file) for file in m.cinema.data.rglob("*.db")}
    texts |= {url: whole_text(url) for url in m.cinema.stores.values()}
    assert any(showing["movie"]["title"] in text for text in texts.values()), "the texts are those of the stores"
    for name, text in texts.items():
        for secret in ("secreta", "555123987"):
            found = text.lower().find(secret)
            assert found < 0, f"{name}: {text[max(0, found - 200):found + 50]}"


# --- booking ---


def test_book(m):
    user, showing = m.make_user(), m.make_showing(price=12.5)
    answer = m.try_book(showing, 2, user)
    made = shapes.reservation(ok(answer, 201))
    assert answer.json()["message"] is None and answer.json()["error"] is None
    assert (made["userId"], made["scheduleId"], made["movieId"]) == (user["id"], showing["id"], showing["movie_id"])
    assert (made["status"], made["totalAmount"], made["payment"]) == ("PENDING", 25, None)
    assert made["user"] == {k: user[k] for k in ("id", "email", "name", "phone")}
    assert sorted(made["seatIds"]) == showing["seat_ids"][:2]
    for seat, want in zip(sorted(made["reservedSeats"], key=lambda s: s["seatId"]), showing["room"]["seats"]):
        assert (seat["seatId"], seat["rowNumber"], seat["seatNumber"], seat["ticketType"], seat["price"]) == (
            want["id"],
            want["row_number"],
            want["seat_number"],
            "general",
            12.5,
        )
    assert close(made["reservationDate"] + "Z", datetime.now(timezone.utc), 60)
    again = m.read(made)
    assert again == {k: v for k, v in made.items() if k != "accessCode"}


def test_access_code_only_in_its_own_post(m):
    showing = m.make_showing()
    made = m.book(showing, hold=True)
    code = made["accessCode"]
    assert isinstance(code, str) and len(code) >= 22, "128 bits"
    paid = m.pay(made)
    for answer in (
        m.reservations.get(f"/api/reservations/{made['id']}"),
        m.reservations.get("/api/reservations"),
        m.reservations.get(f"/api/reservations/user/{made['userId']}"),
        m.reservations.get(f"/api/reservations/movie/{made['movieId']}"),
        m.gateway.get(f"/api/user-dashboard/{made['userId']}"),
        m.cancel(made),
    ):
        assert answer.status_code == 200 and code not in answer.text
    assert code not in str(paid) and code not in str(m.feed("reservations"))
    assert m.book(showing)["accessCode"] != code


def test_the_server_sets_the_price(m):
    showing = m.make_showing(price=12.5)
    for i, said in enumerate((1, 99.99, 10, 0.01)):
        made = m.book(showing, [showing["seat_ids"][i]], totalAmount=said)
        assert made["totalAmount"] == 12.5 and made["reservedSeats"][0]["price"] == 12.5


def test_the_showing_knows_its_film(m):
    showing, other = m.make_showing(), m.make_movie()
    assert m.book(showing, movieId=other["_id"])["movieId"] == showing["movie_id"]


def test_what_is_missing_is_named(m):
    details = refused(m.reservations.post("/api/reservations", json={}), 400)["details"]
    assert {"userId", "scheduleId", "seatIds"} <= set(details)


@pytest.mark.parametrize(
    "change",
    [
        {"seatIds": []},
        {"seatIds": None},
        {"seatIds": "1"},
        {"seatIds": [0]},
        {"seatIds": [-1]},
        {"seatIds": [1.5]},
        {"seatIds": ["x"]},
        {"seatIds": [None]},
        {"seatIds": [[1]]},
        {"totalAmount": 0},
        {"totalAmount": -5},
        {"totalAmount": "free"},
        {"userId": 0},
        {"userId": "abc"},
        {"userId": None},
        {"userId": 1.5},
        {"scheduleId": -1},
        {"scheduleId": None},
        {"scheduleId": {}},
        {"hold": "perhaps"},
        {"tickets": "x"},
        {"tickets": [{"seatId": 1}]},
        {"movieId": ""},
    ],
)
def test_bad_bookings(m, change):
    refused(m.reservations.post("/api/reservations", json=m.booking(m.make_showing()) | change), 400)


def test_seats_1_to_20_all_different(m):
    showing = m.make_showing(seats=30)
    refused(m.try_book(showing, 21), 400)
    refused(m.try_book(showing, [showing["seat_ids"][0]] * 2), 400)
    assert len(m.book(showing, 20)["seatIds"]) == 20


def test_seats_in_any_order(m):
    showing = m.make_showing()
    made = m.book(showing, showing["seat_ids"][4::-1])
    assert sorted(made["seatIds"]) == showing["seat_ids"][:5]


def test_unknown_user_or_showing(m):
    showing = m.make_showing()
    refused(m.try_book(showing, user={"id": ABSENT}), 404)
    refused(m.try_book(showing | {"id": ABSENT}), 404)
    m.book(showing), "nothing was kept"


def test_seats_of_another_room(m):
    showing, other = m.make_showing(), m.make_showing()
    refused(m.try_book(showing, [other["seat_ids"][0]]), 400)
    refused(m.try_book(showing, [showing["seat_ids"][0], other["seat_ids"][0]]), 400)
    refused(m.try_book(showing, [ABSENT]), 400)
    m.book(showing, 1)


def test_ticket_types(m):
    showing = m.make_showing()
    first, second = showing["seat_ids"][:2]
    made = m.book(showing, [first], tickets=[{"seatId": first, "type": "general"}])
    assert made["reservedSeats"][0]["ticketType"] == "general"
    refused(m.try_book(showing, [second], tickets=[{"seatId": second, "type": "child"}]), 400)
    m.book(showing, [second])


def test_taken_seats_are_named_exactly(m):
    showing = m.make_showing()
    a, b, c, d, e = showing["seat_ids"][:5]
    m.book(showing, [b, d])
    body = refused(m.try_book(showing, [a, b, c, d]), 409, "seats_taken")
    assert named_seats(body) == sorted([b, d])
    m.book(showing, [a, c]), "all or none: these were not kept"
    assert named_seats(refused(m.try_book(showing, [b, e]), 409, "seats_taken")) == [b]


def test_sold_seats_are_taken(m):
    showing = m.make_showing()
    m.pay(m.book(showing))
    assert named_seats(refused(m.try_book(showing), 409, "seats_taken")) == showing["seat_ids"][:1]


def test_the_same_seat_of_another_showing_is_free(m):
    showing = m.make_showing()
    m.book(showing)
    m.book(m.make_showing(showing["movie"], showing["room"], m.at(days=2)))


def test_seats_out_of_service(m):
    showing = m.make_showing()
    out, fine = showing["seat_ids"][:2]
    change_seat(m, out, showing["room"], is_available=False)
    assert named_seats(refused(m.try_book(showing, [out, fine]), 409, "seats_taken")) == [out]
    m.book(showing, [fine])
    change_seat(m, out, showing["room"], is_available=True)
    m.book(showing, [out])


def test_house_seats_are_refused_to_the_public(g):
    showing = g.make_showing()
    house = showing["seat_ids"][0]
    change_seat(g, house, showing["room"], house=True)
    with g.cinema.door("reservations") as public:
        refused(public.post("/api/reservations", json=g.booking(showing, [house])), {400, 403, 409})
        ok(public.post("/api/reservations", json=g.booking(showing, [showing["seat_ids"][1]])), 201)


# --- when ---


def test_sales_have_closed(m):
    refused(m.try_book(m.make_showing(start=m.at(minutes=-21))), 409, "sales_closed")
    refused(m.try_book(m.make_showing(start=m.at(days=-1))), 409, "sales_closed")
    m.book(m.make_showing(start=m.at(minutes=-19)))
    refused(m.try_book(m.make_showing(sales_close_at=m.at(seconds=-1))), 409, "sales_closed")


def test_not_on_sale_yet(m):
    showing = m.make_showing(sales_open_at=m.at(minutes=10))
    answer = m.try_book(showing)
    refused(answer, 409, "not_on_sale_yet")
    assert 500 <= int(answer.headers["retry-after"]) <= 600
    ok(m.rooms.put(f"/api/schedules/{showing['id']}", json={"sales_open_at": m.at(seconds=-1)}))
    time.sleep(LAG_S)
    m.book(showing)


def test_sales_open_by_themselves(m):
    showing = m.make_showing(sales_open_at=m.at(seconds=2))
    refused(m.try_book(showing), 409, "not_on_sale_yet")
    wait_for(lambda: m.try_book(showing).status_code == 201, 6)


# --- how long unpaid seats are kept ---


def test_a_hold_lasts_ten_minutes(m):
    made = m.book(m.make_showing(), hold=True)
    assert close(made["expiresAt"], datetime.now(timezone.utc) + timedelta(seconds=600))


def test_the_old_kind_stands_until_half_an_hour_before(m):
    start = m.now() + timedelta(days=1)
    made = m.book(m.make_showing(start=wall(start)))
    assert close(made["expiresAt"], start.astimezone(timezone.utc) - timedelta(minutes=30), 1)
    assert m.book(m.make_showing(), hold=False)["expiresAt"] is not None


def test_holds_run_out(opened):
    m = opened(HOLD_SECONDS=2)
    showing = m.make_showing()
    held, other = m.book(showing, 2, hold=True), m.book(showing, [showing["seat_ids"][5]], hold=True)
    old_kind = m.book(showing, [showing["seat_ids"][7]])
    first = showing["seat_ids"][0]
    assert m.states_once(showing, lambda states: states[first] != "free")[first] == "held"
    refused(m.try_book(showing, 1), 409, "seats_taken")
    wait_for(lambda: m.read(held)["status"] == "EXPIRED", 8)
    wait_for(lambda: m.states(showing)[showing["seat_ids"][0]] == "free", 3)
    m.book(showing, 1)
    refused(m.try_pay(held), 409)
    wait_for(lambda: m.read(other)["status"] == "EXPIRED", 5)
    assert m.read(old_kind)["status"] == "PENDING"
    refused(m.cancel(held), 409)
    events = [e["type"] for e in m.feed("reservations")]
    assert sum("expired" in t for t in events) == 2


def test_an_expired_hold_is_taken_over_at_once(opened):
    """Nobody has to wait for the sweeper: who wants the seat when the time is over gets it."""
    m = opened(HOLD_SECONDS=1)
    for _ in range(3):
        showing = m.make_showing()
        held = m.book(showing, 3, hold=True)
        time.sleep(1.01)
        m.book(showing, [showing["seat_ids"][1]])
        assert m.read(held)["status"] == "EXPIRED"
        m.book(showing, [showing["seat_ids"][0], showing["seat_ids"][2]]), "the whole reservation went"


def test_the_old_kind_runs_out_too(opened):
    m = opened(UNPAID_UNTIL_MINUTES=60)
    showing = m.make_showing(start=m.at(minutes=60, seconds=4))
    made = m.book(showing)
    assert made["status"] == "PENDING"
    wait_for(lambda: m.read(made)["status"] == "EXPIRED", 12)
    assert m.try_book(showing).status_code == 201, "as a hold or for the counter, but free"


def test_unpaid_until_off_makes_holds_of_all(opened):
    m = opened(UNPAID_UNTIL_MINUTES="off", HOLD_SECONDS=300)
    made = m.book(m.make_showing())
    assert close(made["expiresAt"], datetime.now(timezone.utc) + timedelta(seconds=300))


def test_at_most_so_many_unpaid(m):
    user, showing = m.make_user(), m.make_showing()
    made = [m.book(showing, [s], user, hold=i % 2 == 0) for i, s in enumerate(showing["seat_ids"][:10])]
    refused(m.try_book(showing, [showing["seat_ids"][10]], user), 409)
    m.book(showing, [showing["seat_ids"][10]])
    m.pay(made[0])
    m.book(showing, [showing["seat_ids"][11]], user)
    refused(m.try_book(showing, [showing["seat_ids"][12]], user), 409)
    ok(m.cancel(made[1]))
    m.book(showing, [showing["seat_ids"][12]], user)


def test_max_holds_is_a_setting(opened):
    m = opened(MAX_HOLDS_PER_USER=1)
    user, showing = m.make_user(), m.make_showing()
    m.book(showing, 1, user, hold=True)
    refused(m.try_book(showing, [showing["seat_ids"][1]], user, hold=True), 409)


# --- lists ---


def test_lists_newest_first(m):
    user, showing = m.make_user(), m.make_showing()
    made = [m.book(showing, [s], user)["id"] for s in showing["seat_ids"][:4]]
    for path in (
        "/api/reservations?userId={u}",
        "/api/reservations?scheduleId={s}",
        "/api/reservations?movieId={f}",
        "/api/reservations/user/{u}",
        "/api/reservations/movie/{f}",
    ):
        listed = ok(m.reservations.get(path.format(u=user["id"], s=showing["id"], f=showing["movie_id"])))
        assert [shapes.reservation(r)["id"] for r in listed] == made[::-1], path
    assert [
        r["id"]
        for r in ok(m.reservations.get("/api/reservations", params={"userId": user["id"], "limit": 2, "offset": 1}))
    ] == made[::-1][1:3]
    assert [
        r["id"] for r in ok(m.reservations.get(f"/api/reservations/user/{user['id']}", params={"limit": 1}))
    ] == made[-1:]
    everything = [r["id"] for r in ok(m.reservations.get("/api/reservations", params={"limit": 10000}))]
    assert everything == sorted(everything, reverse=True)


def test_list_by_status(m):
    user, showing = m.make_user(), m.make_showing()
    pending, paid, gone = (m.book(showing, [s], user) for s in showing["seat_ids"][:3])
    m.pay(paid)
    ok(m.cancel(gone))

    def listed(status):
        return [
            r["id"]
            for r in ok(m.reservations.get("/api/reservations", params={"status": status, "userId": user["id"]}))
        ]

    assert listed("PENDING") == [pending["id"]]
    assert listed("CONFIRMED") == [paid["id"]]
    assert listed("CANCELLED") == [gone["id"]]
    assert listed("EXPIRED") == []
    assert len(listed("")) == 3
    refused(m.reservations.get("/api/reservations", params={"status": "LOST"}), 400)


def test_unknown_lists_are_empty(m):
    for path in (
        f"/api/reservations/user/{ABSENT}",
        "/api/reservations/movie/nothing",
        f"/api/reservations?scheduleId={ABSENT}",
    ):
        assert ok(m.reservations.get(path)) == []
    refused(m.reservations.get(f"/api/reservations/{ABSENT}"), 404)


# --- cancelling ---


def test_cancel(m):
    showing = m.make_showing()
    made = m.book(showing, 2)
    gone = shapes.reservation(ok(m.cancel(made)))
    assert gone["status"] == "CANCELLED" and gone["id"] == made["id"]
    m.book(showing, 2), "free at once"
    refused(m.cancel(made), 409, sentence="Reservation is already cancelled")
    refused(m.cancel({"id": ABSENT}), 404)
    refused(m.try_pay(made), 409)


def test_cancel_refunds(m):
    showing = m.make_showing()
    made = m.book(showing, 2)
    m.pay(made)
    gone = ok(m.cancel(made))
    assert gone["status"] == "CANCELLED"
    assert wait_for(lambda: m.newest_payment(made)["status"] == "REFUNDED", 5)
    m.book(showing, 2)


def test_too_late_to_cancel(g):
    """Paid tickets are refunded until an hour before the start; whoever holds ADMIN_TOKEN may always."""
    late, early = g.make_showing(start=g.at(minutes=59)), g.make_showing(start=g.at(minutes=61))
    unpaid = g.book(late, [late["seat_ids"][5]])
    paid_late, paid_early = g.book(late), g.book(early)
    g.pay(paid_late), g.pay(paid_early)
    with g.cinema.door("reservations") as public:

        def cancel(made):
            return public.put(f"/api/reservations/{made['id']}/cancel", params={"code": made["accessCode"]})

        refused(cancel(paid_late), 409, "too_late")
        assert g.read(paid_late)["status"] == "CONFIRMED"
        ok(cancel(paid_early))
        ok(cancel(unpaid))
    assert ok(g.cancel(paid_late))["status"] == "CANCELLED"


def test_refund_until_is_a_setting(opened):
    m = opened(REFUND_UNTIL_MINUTES=120, ADMIN_TOKEN="boss" * 8)
    showing = m.make_showing(start=m.at(minutes=119))
    made = m.book(showing)
    m.pay(made)
    with m.cinema.door("reservations") as public:
        refused(
            public.put(f"/api/reservations/{made['id']}/cancel", params={"code": made["accessCode"]}), 409, "too_late"
        )


def test_delete_reservation(m):
    user, showing = m.make_user(), m.make_showing()
    made = m.book(showing, 2, user)
    m.pay(made)
    assert ok(m.reservations.delete(f"/api/reservations/{made['id']}")) == "Reservation deleted successfully"
    refused(m.reservations.get(f"/api/reservations/{made['id']}"), 404)
    refused(m.reservations.delete(f"/api/reservations/{made['id']}"), 404)
    refused(m.cancel(made), 404)
    assert ok(m.reservations.get(f"/api/reservations/user/{user['id']}")) == []
    m.book(showing, 2)
    types = [
        e["type"]
        for e in m.feed("reservations")
        if str(made["id"]) in (e.get("subject") or "")
        or e["data"].get("id") == made["id"]
        or e["data"].get("reservationId") == made["id"]
    ]
    assert any("refunded" in t for t in types), "its money stays in the log"
