"""Buyers who ask until somebody answers, whoever is killed meanwhile: what each was told is written down."""

import asyncio
import time

from harness.maker import unique
from harness.storm import Gone

RETRY_S = 40


async def surely(line, method, path, body=None, **headers):
    """Asks until somebody answers that knows: a lost connection and a 5xx are asked again (with the same key)."""
    end = time.monotonic() + RETRY_S
    while True:
        try:
            status, answer = await line.ask(method, path, body, **headers)
            in_progress = status == 409 and answer["code"] == "idempotency_in_progress"
            if status < 500 and not in_progress:
                return status, answer
            assert status in (503, 409), f"{status} {answer}"
        except Gone:
            pass
        assert time.monotonic() < end, f"{method} {path}: nobody answered for {RETRY_S} s"
        await asyncio.sleep(0.05)


async def buyer(dice, lines, showings, user, clock, done):
    """Books, sometimes pays, sometimes cancels, and writes down what was acknowledged."""
    while clock.runs():
        showing = dice.choice(showings)
        seats = dice.sample(showing["seat_ids"], dice.randint(1, 4))
        body = {
            "userId": user,
            "scheduleId": showing["id"],
            "movieId": showing["movie_id"],
            "seatIds": seats,
            "totalAmount": 1,
        }
        service, path = dice.choice(
            [("reservations", "/api/reservations"), ("gateway", "/api/book-ticket"), ("gateway", "/api/reservations")]
        )
        status, answer = await surely(lines[service], "POST", path, body, Idempotency_Key=unique("k"))
        assert status in (201, 409), answer
        if status == 409:
            assert answer["code"] == "seats_taken", answer
            continue
        made = answer["data"]
        assert made["id"] not in done, "acknowledged twice"
        done[made["id"]] = {"seats": sorted(seats), "status": "PENDING"}
        fate = dice.random()
        if fate < 0.3:
            status, answer = await surely(
                lines[service],
                "POST",
                "/api/payments",
                {"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "cash"},
                Idempotency_Key=unique("p"),
            )
            assert status == 201 or (status == 409 and "already exists" in answer["error"]), answer
            done[made["id"]]["status"] = "CONFIRMED" if status == 201 else "PAYING"
        elif fate < 0.5:
            status, answer = await surely(lines[service], "PUT", f"/api/reservations/{made['id']}/cancel")
            assert status in (200, 409), answer
            done[made["id"]]["status"] = "CANCELLED"


def settle(good, who, within_s=30):
    """Until a breaker has closed again, a killed service has come back, and the like."""
    end = time.monotonic() + within_s
    while not good():
        assert time.monotonic() < end, f"{who} does not heal"
        time.sleep(0.1)


def taken(states):
    return {seat for seat, state in states.items() if state in ("held", "sold")}
