"""POST /api/showtimes/:id/best-seats: the best seats that are left, booked in the same call."""

import pytest

from harness.cinema import Alone
from harness.door import ok, refused
from harness.maker import unique

ABSENT = 99_999_999


@pytest.fixture(scope="module")
def m(through):
    """What is read at the gateway at once is written there."""
    return through


def ask(m, showing, count, user=None, key=None, **more):
    body = {"count": count} | more
    if "buyer" not in more:
        body["userId"] = (user or m.make_user())["id"]
    headers = {"idempotency-key": key} if key else None
    return m.gateway.post(f"/api/showtimes/{showing['id']}/best-seats", json=body, headers=headers)


def best(m, *arguments, **more):
    return ok(ask(m, *arguments, **more), 201)


def names(made):
    return " ".join(f"{s['rowNumber']}{s['seatNumber']}" for s in made["reservedSeats"])


def seat(showing, name):
    return next(s["id"] for s in showing["room"]["seats"] if f"{s['row_number']}{s['seat_number']}" == name)


def change(m, showing, name, **more):
    ok(m.gateway.put(f"/api/rooms/{showing['room']['id']}/seats/{seat(showing, name)}", json=more))


def test_two_thirds_back_in_the_middle_side_by_side(m):
    showing = m.make_showing(seats=40, price=9.5)  # A .. D of ten
    user = m.make_user()
    answer = ask(m, showing, 2, user)
    made = ok(answer, 201)
    assert names(made) == "C5 C6"
    assert answer.headers["location"] == f"/api/reservations/{made['id']}"
    assert made["status"] == "PENDING" and made["hold"] is True and made["expiresAt"]
    assert made["totalAmount"] == 19 and [s["price"] for s in made["reservedSeats"]] == [9.5, 9.5]
    assert made["userId"] == user["id"] and len(made["accessCode"]) == 32
    assert m.states(showing)[seat(showing, "C5")] == "held"
    assert m.read(made)["seatIds"] == made["seatIds"]
    assert names(best(m, showing, 2)) in ("C3 C4", "C7 C8", "B5 B6", "D5 D6")


def test_no_single_seat_is_left_while_others_do(m):
    showing = m.make_showing(seats=7, room=m.make_room(seats=7, per_row=7))
    m.book(showing, [seat(showing, "A1"), seat(showing, "A7")])
    assert names(best(m, showing, 2)) in ("A2 A3", "A5 A6"), "A3 A4 would leave A2 alone"
    assert len(best(m, showing, 2)["seatIds"]) == 2, "and what is left is sold all the same"
    assert len(best(m, showing, 1)["seatIds"]) == 1
    refused(ask(m, showing, 1), 409, "sold_out", "This showing is sold out.")


def test_together_or_not_at_all_unless_apart_is_fine(m):
    showing = m.make_showing(seats=10, room=m.make_room(seats=10, per_row=5))
    m.book(showing, [seat(showing, "A3"), seat(showing, "B3")])
    body = refused(ask(m, showing, 4), 409, "seats_not_together")
    assert "2 at most" in body["error"]
    assert names(best(m, showing, 4, together=False)) in ("A1 A2 B1 B2", "A4 A5 B4 B5", "B1 B2 B4 B5", "A1 A2 A4 A5")
    refused(ask(m, showing, 5, together=False), 409, "too_few_left", "Only 4 seats are left.")
    assert len(best(m, showing, 4, together=False)["seatIds"]) == 4


def test_kinds_of_seats(m):
    showing = m.make_showing(seats=20)
    for name in ("A1", "A2"):
        change(m, showing, name, seat_type="vip")
    change(m, showing, "B9", accessible=True)
    for name in ("B5", "B6"):
        change(m, showing, name, house=True)
    assert names(best(m, showing, 2, seatType="vip")) == "A1 A2"
    refused(ask(m, showing, 1, seatType="vip"), 409, "sold_out", "No vip seat is left.")
    assert "B9" in names(best(m, showing, 2, accessible=True))
    refused(ask(m, showing, 1, accessible=True), 409, "sold_out", "No accessible seat is left.")
    taken = names(best(m, showing, 4)) + " " + names(best(m, showing, 4))
    assert "B5" not in taken and "B6" not in taken, "the house keeps its seats"


def test_who_pays_and_who_buys(m):
    showing = m.make_showing()
    buyer = {"email": f"{unique('b')}@example.com", "name": "Ana"}
    made = best(m, showing, 2, buyer=buyer, paymentMethod="cash")
    assert made["status"] == "CONFIRMED" and made["payment"]["status"] == "COMPLETED"
    assert made["user"]["email"] == buyer["email"]
    free = list(m.states(showing).values()).count("free")
    refused(ask(m, showing, 2, paymentMethod="test_decline"), 402, "payment_declined")
    assert list(m.states_once(showing, lambda s: list(s.values()).count("free") == free).values()).count("free") == free
    counter = best(m, showing, 1, hold=False)
    assert counter["hold"] is False and counter["status"] == "PENDING"


def test_the_same_key_the_same_seats(m):
    showing, user, key = m.make_showing(), m.make_user(), unique("k")
    first = best(m, showing, 2, user, key=key)
    again = best(m, showing, 2, user, key=key)
    assert again == first
    refused(ask(m, showing, 3, user, key=key), 422, "idempotency_key_reused")
    assert best(m, showing, 2, user, key=unique("k"))["seatIds"] != first["seatIds"]


def test_a_hold_that_has_run_out_is_free_again(opened):
    m = opened(HOLD_SECONDS=1)
    showing = m.make_showing(seats=2)
    best(m, showing, 2)
    assert refused(ask(m, showing, 1), 409, "sold_out")
    m.states_once(showing, lambda states: set(states.values()) == {"free"}, within_s=10)
    best(m, showing, 2)


@pytest.mark.parametrize(
    "more, status, code",
    [
        ({"count": 0}, 400, "validation_failed"),
        ({"count": 21}, 400, "validation_failed"),
        ({"count": "many"}, 400, "validation_failed"),
        ({"seatType": "sofa"}, 400, "validation_failed"),
        ({"accessible": "perhaps"}, 400, "validation_failed"),
        ({"ticketType": "child"}, 400, "ticket_type_unknown"),
        ({"buyer": {"email": "a@b", "name": "A"}, "userId": 1}, 400, "buyer_or_user"),
        ({"userId": ABSENT}, 404, "user_unknown"),
    ],
)
def test_what_cannot_be(m, more, status, code):
    showing = m.make_showing()
    body = {"userId": m.make_user()["id"], "count": 1} | more
    refused(m.gateway.post(f"/api/showtimes/{showing['id']}/best-seats", json=body), status, code)
    assert set(m.states(showing).values()) == {"free"}


def test_showings_that_do_not_sell(m):
    refused(ask(m, {"id": ABSENT}, 1), 404, "showing_unknown")
    past = m.make_showing(start=m.at(days=-1))
    refused(ask(m, past, 1), 409, "sales_closed")
    gone = m.make_showing()
    ok(m.gateway.delete(f"/api/schedules/{gone['id']}"))
    refused(ask(m, gone, 1), 409, "showing_cancelled")
    refused(m.gateway.post("/api/showtimes/abc/best-seats", json={"userId": 1, "count": 1}), {400, 404})


def test_without_rooms_there_is_no_plan():
    token = "t" * 32
    with Alone("reservations", MOVIES_API_URL="none", ROOMS_API_URL="none", SERVICE_TOKEN=token) as alone:
        with alone.door("reservations", token=token) as door:
            user = ok(door.post("/api/users", json={"email": "a@example.com", "name": "Ana"}), 201)
            body = {"userId": user["id"], "count": 1}
            refused(door.post("/internal/showings/1/best-seats", json=body), 503, "upstream_away")
