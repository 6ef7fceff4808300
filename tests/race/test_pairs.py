"""Two things at once, again and again: expiry and payment, expiry and take-over, two cancels, two payments, one key twice."""

import asyncio
import time

import pytest

from harness.cinema import Cinema
from harness.maker import Maker, unique
from harness.replayed import replayed
from harness.storm import Clock, Crowd, storm, together
from sweep import replay, sweep

SECONDS = 6
SEATS = 6400


@pytest.fixture(scope="module")
def scene():
    """A cinema where holds last a second, and one big showing. Swept at the end."""
    cinema = Cinema(HOLD_SECONDS=1, MAX_HOLDS_PER_USER=100000).start()
    m = Maker(cinema)
    yield m
    problems = replay(m.feed("reservations")) + replayed(cinema)
    m.close()
    cinema.stop(remove=False)
    problems += sweep(cinema.database())
    assert not problems, "\n".join(problems)
    cinema.stop()


def big_showing(m):
    showing = m.make_showing(seats=SEATS)
    return showing, m.make_user()["id"]


def body_of(showing, user, seats, **more):
    return {
        "userId": user,
        "scheduleId": showing["id"],
        "movieId": showing["movie_id"],
        "seatIds": seats,
        "totalAmount": 1,
    } | more


async def hold(line, showing, user, seats, **more):
    """A reservation, and under "ends" when its hold of a second is over by our clock: expiresAt tells no milliseconds."""
    sent = time.monotonic()
    status, answer = await line.ask("POST", "/api/reservations", body_of(showing, user, seats, **more))
    assert status == 201, answer
    return answer["data"] | {"ends": (sent + time.monotonic()) / 2 + 1}


def payment_of(made, method="cash"):
    return {"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": method}


async def sleep_until(made, offset):
    await asyncio.sleep(max(0, made["ends"] + offset - time.monotonic()))


async def state_of(line, made):
    status, answer = await line.ask("GET", f"/api/reservations/{made['id']}")
    assert status == 200, answer
    return answer["data"]


def tally(results):
    counts = {}
    for r in results:
        counts[r] = counts.get(r, 0) + 1
    print(counts)
    return counts


def race(m, rounds, clients=16):
    """rounds(dice, number, lines, clock) in each client; all results together."""

    async def main(dice):
        clock = Clock(SECONDS)
        async with Crowd(m.cinema, clients) as crowd:
            found = await crowd.each(lambda number, lines: rounds(dice, number, lines, clock))
        return [r for results in found for r in results]

    return storm(main)


def own_seats(showing, number, clients=16):
    """The seats that only this client touches, one after the other."""
    share = len(showing["seat_ids"]) // clients
    return showing["seat_ids"][number * share : (number + 1) * share]


def test_expiry_against_payment(scene):
    showing, user = big_showing(scene)

    async def rounds(dice, number, lines, clock):
        results, line = [], lines["reservations"]
        for seat in own_seats(showing, number):
            if not clock.runs():
                break
            made = await hold(line, showing, user, [seat], hold=True)
            await sleep_until(made, dice.uniform(-0.05, 0.05))
            status, answer = await line.ask("POST", "/api/payments", payment_of(made))
            now = await state_of(line, made)
            assert (status, now["status"]) in ((201, "CONFIRMED"), (409, "EXPIRED"), (409, "PENDING")), (
                status,
                answer,
                now,
            )
            results.append(status)
        return results

    counts = tally(race(scene, rounds))
    assert counts.get(201) and counts.get(409), f"the race was not close: {counts}"


def test_payment_in_flight_outlives_expiry_and_takers(scene):
    showing, user = big_showing(scene)

    async def rounds(dice, number, lines, clock):
        results, line = [], lines["reservations"]
        for seat in own_seats(showing, number)[:2]:
            made = await hold(line, showing, user, [seat], hold=True)
            await sleep_until(made, -0.15)
            paying = asyncio.create_task(line.ask("POST", "/api/payments", payment_of(made, "test_slow")))
            await asyncio.sleep(0.1)
            while not paying.done():
                status, _ = await lines["gateway"].ask("POST", "/api/book-ticket", body_of(showing, user, [seat]))
                assert status == 409
                await asyncio.sleep(0.03)
            status, answer = paying.result()
            now = await state_of(line, made)
            assert (status, now["status"]) == (201, "CONFIRMED"), (status, answer, now)
            results.append(status)
        return results

    assert tally(race(scene, rounds))[201] >= 16


def test_expiry_against_take_over(scene):
    """Several clients want seats of a hold whose time is just over: each seat goes to one, and the old one expired whole."""
    showing, user = big_showing(scene)

    async def rounds(dice, number, lines, clock):
        results, seats = [], own_seats(showing, number)
        rivals = [lines["reservations"], lines["gateway"]]
        for at in range(0, len(seats) - 2, 3):
            if not clock.runs():
                break
            a, b, c = seats[at : at + 3]
            made = await hold(rivals[0], showing, user, [a, b, c], hold=True)
            await sleep_until(made, dice.uniform(-0.03, 0.03))
            answers = await together(
                (rivals[0], "POST", "/api/reservations", body_of(showing, user, [a, b])),
                (rivals[1], "POST", "/api/book-ticket", body_of(showing, user, [b, c])),
            )
            won = [body["data"] for status, body in answers if status == 201]
            assert all(status in (201, 409) for status, _ in answers), answers
            assert len(won) <= 1, "b was sold twice"
            if won:
                assert (await state_of(rivals[0], made))["status"] == "EXPIRED"
            results.append(len(won))
        return results

    counts = tally(race(scene, rounds))
    assert counts.get(1), "nobody ever took over"


def test_two_cancels(scene):
    showing, user = big_showing(scene)

    async def rounds(dice, number, lines, clock):
        results = []
        for seat in own_seats(showing, number):
            if not clock.runs():
                break
            made = await hold(lines["reservations"], showing, user, [seat])
            if dice.random() < 0.5:
                await lines["reservations"].ask("POST", "/api/payments", payment_of(made))
            path = f"/api/reservations/{made['id']}/cancel"
            answers = await together((lines["reservations"], "PUT", path, None), (lines["gateway"], "PUT", path, None))
            results.append(tuple(sorted(status for status, _ in answers)))
        return results

    assert set(tally(race(scene, rounds))) == {(200, 409)}


def test_two_payments(scene):
    showing, user = big_showing(scene)

    async def rounds(dice, number, lines, clock):
        results = []
        for seat in own_seats(showing, number):
            if not clock.runs():
                break
            made = await hold(lines["reservations"], showing, user, [seat])
            answers = await together(
                (lines["reservations"], "POST", "/api/payments", payment_of(made)),
                (lines["gateway"], "POST", "/api/payments", payment_of(made, "card")),
            )
            results.append(tuple(sorted(status for status, _ in answers)))
        return results

    assert set(tally(race(scene, rounds))) == {(201, 409)}


def test_payment_against_cancel(scene):
    showing, user = big_showing(scene)

    async def rounds(dice, number, lines, clock):
        results, line = [], lines["reservations"]
        for seat in own_seats(showing, number):
            if not clock.runs():
                break
            made = await hold(line, showing, user, [seat])
            at_owner, at_gateway = lines["reservations"], lines["gateway"]
            payer, canceller = dice.sample([at_owner, at_gateway], 2)
            (paid, _), (cancelled, _) = await together(
                (payer, "POST", "/api/payments", payment_of(made)),
                (canceller, "PUT", f"/api/reservations/{made['id']}/cancel", None),
            )
            now = await state_of(line, made)
            money = (now["payment"] or {}).get("status")
            assert (paid, cancelled, now["status"], money) in (
                (201, 200, "CANCELLED", "REFUNDED"),
                (409, 200, "CANCELLED", None),
                (201, 409, "CONFIRMED", "COMPLETED"),
            ), (paid, cancelled, now)
            results.append((paid, cancelled))
        return results

    tally(race(scene, rounds))


def test_one_key_twice(scene):
    showing, user = big_showing(scene)

    async def rounds(dice, number, lines, clock):
        results = []
        for seat in own_seats(showing, number):
            if not clock.runs():
                break
            body, key = body_of(showing, user, [seat]), {"Idempotency_Key": unique("k")}
            path = "/api/reservations"
            answers = await together(
                (lines["reservations"], "POST", path, body, key), (lines["gateway"], "POST", path, body, key)
            )
            for status, answer in answers:
                assert status == 201 or (status, answer["code"]) == (409, "idempotency_in_progress"), (status, answer)
            ids = {answer["data"]["id"] for status, answer in answers if status == 201}
            assert len(ids) == 1
            status, answer = await lines["gateway"].ask("POST", path, body, **key)
            assert status == 201 and answer["data"]["id"] in ids
            results.append(tuple(sorted(status for status, _ in answers)))
        return results

    tally(race(scene, rounds))


def test_one_address_twice(scene):
    """Two registrations with one e-mail: one wins. Two buyers with one e-mail: one user."""
    showing, _ = big_showing(scene)

    async def rounds(dice, number, lines, clock):
        results, seats = [], iter(own_seats(showing, number))
        for first, second in zip(seats, seats):
            if not clock.runs():
                break
            person = scene.user_body()
            answers = await together(
                (lines["reservations"], "POST", "/api/users", person),
                (lines["gateway"], "POST", "/api/users", person | {"email": person["email"].upper()}),
            )
            assert sorted(status for status, _ in answers) == [201, 409], answers
            buyer = scene.user_body()
            tickets = [
                {"buyer": buyer, "scheduleId": showing["id"], "movieId": showing["movie_id"], "seatIds": [s]}
                for s in (first, second)
            ]
            other = lines.setdefault("second", type(lines["gateway"])(lines["gateway"].port))
            answers = await together(
                (lines["gateway"], "POST", "/api/book-ticket", tickets[0]),
                (other, "POST", "/api/book-ticket", tickets[1]),
            )
            assert [status for status, _ in answers] == [201, 201], answers
            assert len({answer["data"]["userId"] for _, answer in answers}) == 1
            results.append("one")
        return results

    assert tally(race(scene, rounds))["one"] > 10


def test_booking_against_the_end_of_the_showing(scene):
    """A showing is taken down with refunds while clients book: afterwards nobody has a live ticket of it."""
    user = scene.make_user()["id"]
    film, end = scene.make_movie(duration=1), time.monotonic() + SECONDS
    room = scene.make_room(seats=64)
    for round_number in range(12):
        if time.monotonic() > end:
            break
        showing = scene.make_showing(film, room, scene.at(days=9, hours=round_number))

        async def main(dice):
            async with Crowd(scene.cinema, 16) as crowd:

                async def act(number, lines):
                    if number == 0:
                        await asyncio.sleep(dice.uniform(0, 0.1))
                        status, answer = await lines["rooms"].ask(
                            "DELETE", f"/api/schedules/{showing['id']}?refund=true"
                        )
                        assert status in (200, 202), answer
                        return []
                    seen = []
                    for seat in showing["seat_ids"][number::16]:
                        status, answer = await lines["reservations"].ask(
                            "POST", "/api/reservations", body_of(showing, user, [seat])
                        )
                        assert status == 201 or (status, answer["code"]) == (409, "showing_cancelled"), answer
                        seen.append(status)
                    return seen

                return await crowd.each(act)

        storm(main)
        after = scene.reservations.get("/api/reservations", params={"scheduleId": showing["id"], "limit": 1000}).json()[
            "data"
        ]
        assert {r["status"] for r in after} <= {"CANCELLED"}, tally([r["status"] for r in after])
