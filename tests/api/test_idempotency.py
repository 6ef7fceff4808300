"""Idempotency-Key on any POST: same key and body, same answer; another body 422; still running 409; a refusal is judged anew."""

import threading
import time

import pytest

from harness.door import ok, refused
from harness.maker import unique


def key():
    return {"idempotency-key": unique("key-")}


def cases(m):
    showing = m.make_showing()
    return {
        "film": (m.movies, "/api/movies", m.movie_body()),
        "genre": (m.movies, "/api/genres", {"name": unique("Género ")}),
        "room": (m.rooms, "/api/rooms", {"name": unique("Sala "), "capacity": 9}),
        "seats": (
            m.rooms,
            f"/api/rooms/{m.make_room(seats=0, capacity=4)['id']}/seats",
            {"seats": [{"row_number": "A", "seat_number": 1}]},
        ),
        "showing": (
            m.rooms,
            "/api/schedules",
            {"movie_id": showing["movie_id"], "room_id": m.make_room()["id"], "show_time": m.at(days=2), "price": 8},
        ),
        "user": (m.reservations, "/api/users", m.user_body()),
        "booking": (m.reservations, "/api/reservations", m.booking(showing, 2)),
        "booking at the gateway": (m.gateway, "/api/book-ticket", m.booking(showing, showing["seat_ids"][5:7])),
        "film at the gateway": (m.gateway, "/api/movies", m.movie_body()),
        "payment": (
            m.reservations,
            "/api/payments",
            {
                "reservationId": m.book(showing, showing["seat_ids"][8:9])["id"],
                "amount": showing["price"],
                "paymentMethod": "cash",
            },
        ),
    }


NAMES = [
    "film",
    "genre",
    "room",
    "seats",
    "showing",
    "user",
    "booking",
    "booking at the gateway",
    "film at the gateway",
    "payment",
]


@pytest.mark.parametrize("name", NAMES)
def test_same_key_same_answer(m, name):
    door, path, body = cases(m)[name]
    headers = key()
    first = door.post(path, json=body, headers=headers)
    made = ok(first, 201)
    for _ in range(3):
        again = door.post(path, json=body, headers=headers)
        assert again.status_code == 201
        assert again.json() == first.json()
    assert made == ok(first, 201)


@pytest.mark.parametrize("name", NAMES)
def test_same_key_other_body(m, name):
    door, path, body = cases(m)[name]
    headers = key()
    ok(door.post(path, json=body, headers=headers), 201)
    field = next(f for f in ("title", "name", "seats", "price", "paymentMethod", "totalAmount") if f in body)
    other = {"title": "x", "name": "y", "seats": [], "price": 9, "paymentMethod": "card", "totalAmount": 1}[field]
    refused(door.post(path, json=body | {field: other}, headers=headers), 422)
    refused(door.post(path, json={}, headers=headers), {422, 400})


def test_only_one_was_made(m):
    showing, headers = m.make_showing(), key()
    body = m.booking(showing, 2)
    made = {ok(m.reservations.post("/api/reservations", json=body, headers=headers), 201)["id"] for _ in range(4)}
    assert len(made) == 1
    assert [r["id"] for r in ok(m.reservations.get("/api/reservations", params={"scheduleId": showing["id"]}))] == list(
        made
    )


def test_scoped_to_method_and_path(m):
    headers = key()
    ok(m.movies.post("/api/movies", json=m.movie_body(), headers=headers), 201)
    ok(m.movies.post("/api/genres", json={"name": unique("G")}, headers=headers), 201)
    ok(m.reservations.post("/api/users", json=m.user_body(), headers=headers), 201)


def test_a_refusal_is_judged_anew(m):
    showing, headers = m.make_showing(), key()
    first = m.book(showing)
    body = m.booking(showing)
    refused(m.reservations.post("/api/reservations", json=body, headers=headers), 409, "seats_taken")
    ok(m.cancel(first))
    ok(m.reservations.post("/api/reservations", json=body, headers=headers), 201)
    headers = key()
    refused(m.reservations.post("/api/users", json={"name": "x"}, headers=headers), 400)
    ok(m.reservations.post("/api/users", json=m.user_body(), headers=headers), 201)


def test_a_declined_payment_is_judged_anew(m):
    made, headers = m.book(m.make_showing(), hold=True), key()
    refused(m.try_pay(made, "test_decline", headers=headers), 402, "payment_declined")
    refused(m.try_pay(made, "test_decline", headers=headers), 402, "payment_declined")
    ok(m.try_pay(made, "cash", headers=headers), 201)


def test_still_running(m):
    """test_slow takes its time: the twin of a request that is under way is told so."""
    made, headers = m.book(m.make_showing(), hold=True), key()
    answers = []
    slow = threading.Thread(target=lambda: answers.append(m.try_pay(made, "test_slow", headers=headers)))
    slow.start()
    time.sleep(0.3)
    refused(m.try_pay(made, "test_slow", headers=headers), 409, "idempotency_in_progress")
    slow.join()
    paid = ok(answers[0], 201)
    assert ok(m.try_pay(made, "test_slow", headers=headers), 201) == paid


def test_the_answer_does_not_age(m):
    """What was answered is answered again, also when the reservation went on living."""
    showing, headers = m.make_showing(), key()
    body = m.booking(showing, hold=True)
    first = m.reservations.post("/api/reservations", json=body, headers=headers)
    made = ok(first, 201)
    m.pay(made)
    again = ok(m.reservations.post("/api/reservations", json=body, headers=headers), 201)
    assert again["id"] == made["id"] and again["accessCode"] == made["accessCode"]
    assert again["status"] == "PENDING"


@pytest.mark.parametrize("bad", ["", "a" * 256, "with space", "tab\there", "ni\xf1o"])
def test_bad_keys(m, bad):
    for door, path in ((m.movies, "/api/movies"), (m.gateway, "/api/book-ticket")):
        refused(door.post(path, json=m.movie_body(), headers={"idempotency-key": bad.encode("latin-1")}), 400)


def test_longest_key(m):
    headers = {"idempotency-key": unique("!~") + "k" * 200}
    headers["idempotency-key"] = headers["idempotency-key"].ljust(255, "z")
    made = ok(m.movies.post("/api/movies", json=(body := m.movie_body()), headers=headers), 201)
    assert ok(m.movies.post("/api/movies", json=body, headers=headers), 201) == made
