"""Payments with the `simulated` provider: cash, declined, slow, and the answer that never comes."""

import threading
import time

import pytest

from harness import shapes
from harness.door import ok, refused

from test_reservations import ABSENT, wait_for


def test_pay(m):
    made = m.book(m.make_showing(price=12.5), 2)
    answer = m.try_pay(made, "credit_card")
    paid = shapes.payment(ok(answer, 201))
    assert (paid["reservationId"], paid["amount"], paid["paymentMethod"], paid["status"]) == (
        made["id"],
        25,
        "credit_card",
        "COMPLETED",
    )
    assert paid["transactionId"]
    now = shapes.reservation(m.read(made))
    assert now["status"] == "CONFIRMED" and now["payment"] == paid and now["expiresAt"] is None
    assert m.newest_payment(made) == paid


def test_pay_once(m):
    made = m.book(m.make_showing())
    m.pay(made)
    refused(m.try_pay(made), 409, sentence="Payment already exists for this reservation")


def test_numbers_as_strings(m):
    made = m.book(m.make_showing(price=12.5))
    m.pay(made, reservationId=str(made["id"]), amount="12.5")


@pytest.mark.parametrize("amount", [12.49, 12.51, 0.01, 25, 1000])
def test_another_amount(m, amount):
    made = m.book(m.make_showing(price=12.5))
    refused(m.try_pay(made, amount=amount), 409)
    assert m.read(made)["status"] == "PENDING" and m.read(made)["payment"] is None
    m.pay(made)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 12.505},
        {"amount": -12.5},
        {"amount": None},
        {"amount": "x"},
        {"amount": 1e12},
        {"paymentMethod": ""},
        {"paymentMethod": "   "},
        {"paymentMethod": "x" * 51},
        {"paymentMethod": None},
        {"paymentMethod": 5},
        {"reservationId": None},
        {"reservationId": "x"},
        {"reservationId": 0},
    ],
)
def test_bad_payments(m, change):
    made = m.book(m.make_showing(price=12.5))
    refused(m.try_pay(made, **change), 400)
    m.pay(made)


def test_what_is_missing_is_named(m):
    details = refused(m.reservations.post("/api/payments", json={}), 400)["details"]
    assert set(details) == {"reservationId", "amount", "paymentMethod"}


def test_longest_method(m):
    assert m.pay(m.book(m.make_showing()), "x" * 50)["paymentMethod"] == "x" * 50


def test_payment_of_nothing(m):
    refused(
        m.reservations.post("/api/payments", json={"reservationId": ABSENT, "amount": 1, "paymentMethod": "cash"}), 404
    )
    refused(m.reservations.get(f"/api/payments/reservation/{ABSENT}"), 404)
    refused(
        m.reservations.get(f"/api/payments/reservation/{m.book(m.make_showing())['id']}"),
        404,
        sentence="Payment not found",
    )


def test_a_cancelled_reservation_cannot_be_paid(m):
    made = m.book(m.make_showing())
    ok(m.cancel(made))
    refused(m.try_pay(made), 409)
    refused(m.reservations.get(f"/api/payments/reservation/{made['id']}"), 404)


def test_declined_then_paid(m):
    showing = m.make_showing()
    made = m.book(showing, hold=True)
    refused(m.try_pay(made, "test_decline"), 402, "payment_declined")
    assert m.newest_payment(made)["status"] == "FAILED"
    now = m.read(made)
    assert now["status"] == "PENDING" and now["payment"]["status"] == "FAILED"
    refused(m.try_pay(made, "test_decline"), 402, "payment_declined")
    refused(m.try_book(showing), 409, "seats_taken")
    paid = m.pay(made)
    assert m.read(made)["status"] == "CONFIRMED" and m.newest_payment(made) == paid


def test_slow(m):
    """While the provider thinks: nobody else pays, nobody cancels; then all is well."""
    made, answers = m.book(m.make_showing(), hold=True), []
    slow = threading.Thread(target=lambda: answers.append(m.try_pay(made, "test_slow")))
    slow.start()
    wait_for(lambda: (m.read(made)["payment"] or {}).get("status") == "PENDING", 3)
    refused(m.try_pay(made), 409, sentence="Payment already exists for this reservation")
    refused(m.cancel(made), 409, "payment_in_progress")
    assert m.reservations.delete(f"/api/reservations/{made['id']}").status_code == 409
    assert m.reservations.delete(f"/api/users/{made['userId']}").status_code == 409
    slow.join()
    assert ok(answers[0], 201)["status"] == "COMPLETED"
    assert m.read(made)["status"] == "CONFIRMED"


def test_a_slow_payment_outlives_its_hold(opened):
    """The hold runs out while the provider thinks: a seat being paid for is neither swept nor taken over."""
    m = opened(HOLD_SECONDS=1)
    showing, answers = m.make_showing(), []
    made = m.book(showing, hold=True)
    slow = threading.Thread(target=lambda: answers.append(m.try_pay(made, "test_slow")))
    slow.start()
    while slow.is_alive():
        assert m.try_book(showing).status_code == 409
        time.sleep(0.1)
    assert ok(answers[0], 201)["status"] == "COMPLETED"
    assert m.read(made)["status"] == "CONFIRMED"


@pytest.mark.long
def test_lost(opened):
    """No answer is no decline: 503, the seats stay, and later the money and the reservation agree."""
    m = opened(PAYMENT_TIMEOUT_SECONDS=2)
    showing = m.make_showing()
    made = m.book(showing, hold=True)
    with m.cinema.door("reservations", timeout=60) as patient:
        answer = patient.post(
            "/api/payments",
            json={"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "test_lost"},
        )
    refused(answer, 503, "payment_unknown")
    first = m.newest_payment(made)
    assert first["status"] in ("PENDING", "COMPLETED", "REFUNDED", "FAILED")
    if first["status"] == "PENDING":
        refused(m.try_book(showing), 409, "seats_taken")
        refused(m.try_pay(made), 409)

    def agreed():
        payment, reservation = m.newest_payment(made)["status"], m.read(made)["status"]
        return (payment, reservation) if payment != "PENDING" else None

    payment, reservation = wait_for(agreed, 180)
    assert (payment, reservation) in (
        ("COMPLETED", "CONFIRMED"),
        ("REFUNDED", "EXPIRED"),
        ("REFUNDED", "CANCELLED"),
        ("FAILED", "PENDING"),
        ("FAILED", "EXPIRED"),
    )
    if reservation == "CONFIRMED":
        refused(m.try_book(showing), 409, "seats_taken")


@pytest.mark.long
def test_lost_and_restarted(opened):
    """The service dies while a payment is under way: after the restart it is settled all the same."""
    m = opened()
    made = m.book(m.make_showing(), hold=True)

    def pay():
        try:
            with m.cinema.door("reservations", timeout=60) as door:
                door.post(
                    "/api/payments",
                    json={"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "test_slow"},
                )
        except Exception:
            pass

    slow = threading.Thread(target=pay)
    slow.start()
    wait_for(lambda: (m.read(made)["payment"] or {}).get("status") == "PENDING", 5)
    m.cinema.kill("reservations")
    slow.join()
    m.cinema.wait_ready()
    wait_for(lambda: m.newest_payment(made)["status"] != "PENDING", 180)
    payment, reservation = m.newest_payment(made)["status"], m.read(made)["status"]
    assert (payment, reservation) in (
        ("COMPLETED", "CONFIRMED"),
        ("FAILED", "PENDING"),
        ("FAILED", "EXPIRED"),
        ("REFUNDED", "EXPIRED"),
    )
