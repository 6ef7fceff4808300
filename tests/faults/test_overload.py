"""More is asked than can be answered: what is refused, what is not, and that who holds seats can pay all the while."""

import asyncio
import re
import time

from harness.cinema import Cinema
from harness.door import ok
from harness.maker import Maker
from harness.storm import Clock, Line, storm

LOOKERS, BOOKERS, PAYERS = 200, 40, 20
LATE_MS = 5  # a sanitized program that many ask is later than that
PAID_WITHIN_S = 60
CROWD = 1300  # more than one service may be asked at once
PAUSE_MS = 1500


def metrics(m, service="gateway"):
    with m.internal(service) as door:
        return door.get("/metrics").text


def shed(m):
    """Refused at the gateway and at the owners behind it."""
    pages = [metrics(m, service) for service in ("gateway", "movies", "reservations")]
    return sum(int(found) for page in pages for found in re.findall(r"(?m)^taquilla_shed_total{.*} (\d+)$", page))


def payment(held):
    return {"reservationId": held["id"], "amount": held["totalAmount"], "paymentMethod": "cash"}


def ticket(showing, user, seat):
    return {"userId": user["id"], "scheduleId": showing["id"], "movieId": showing["movie_id"], "seatIds": [seat], "hold": True}


class Seen:
    """Answers of one kind of client: by status, and what a refusal lacked."""

    def __init__(self):
        self.statuses, self.wrong = {}, []

    def note(self, line, status, answer):
        self.statuses[status] = self.statuses.get(status, 0) + 1
        again = line.headers.get("retry-after", "")
        if status == 503 and (answer["code"] != "overloaded" or not 1 <= int(again or 0) <= 10):
            self.wrong.append((answer["code"], again))


async def look(line, number, clock, seen):
    paths = paths_of(number)
    while clock.runs():
        status, answer = await line.ask("GET", next(paths))
        seen.note(line, status, answer)


def paths_of(number):
    turn = number
    while True:
        turn += 1
        yield ("/api/movies/search?q=film%20{}", "/api/showtimes?limit={}", "/api/reservations?limit={}")[turn % 3].format(turn % 97 + 1)


async def book(line, showing, user, seats, clock, seen, sold):
    while clock.runs() and seats:
        seat = seats.pop()
        status, answer = await line.ask("POST", "/api/book-ticket", ticket(showing, user, seat))
        seen.note(line, status, answer)
        if status == 201:
            sold.append(seat)


async def pay(line, held, seen):
    """As a page does: who is refused comes again when he was told to."""
    until = time.monotonic() + PAID_WITHIN_S
    while time.monotonic() < until:
        status, answer = await line.ask("POST", "/api/payments", payment(held))
        seen.note(line, status, answer)
        if status != 503:
            return status
        await asyncio.sleep(int(line.headers["retry-after"]))
    return 0


async def lives(line, clock, seen):
    while clock.runs():
        status, answer = await line.ask("GET", "/health/live")
        seen.note(line, status, answer)
        await asyncio.sleep(0.05)


def a_storm(m, seen):
    """Everybody at once; what the payers got in the end, and the seats that were sold."""
    showing, user, port = m.make_showing(room=m.make_room(seats=600, per_row=30)), m.make_user(), m.cinema.port("gateway")
    held = [m.book(showing, [seat], user=user, hold=True) for seat in showing["seat_ids"][:PAYERS]]
    m.states_once(showing, lambda states: len(states) == 600)
    seats, sold = list(showing["seat_ids"][PAYERS:]), []

    async def main(dice):
        lines = [Line(port) for _ in range(LOOKERS + BOOKERS + PAYERS + 1)]
        for line in lines:
            await line.open()
        free, clock = iter(lines), Clock()
        others = [look(next(free), n, clock, seen["looks"]) for n in range(LOOKERS)]
        others += [book(next(free), showing, user, seats, clock, seen["books"], sold) for _ in range(BOOKERS)]
        others.append(lives(next(free), clock, seen["lives"]))
        running = [asyncio.create_task(one) for one in others]
        await asyncio.sleep(clock.left() / 3)
        paid = await asyncio.gather(*(pay(next(free), one, seen["pays"]) for one in held))
        await asyncio.gather(*running)
        for line in lines:
            await line.close()
        return paid

    return storm(main), showing, held, sold


def kinds():
    return {kind: Seen() for kind in ("looks", "books", "pays", "lives")}


def share_refused(seen):
    return seen.statuses.get(503, 0) / sum(seen.statuses.values())


def test_who_holds_seats_pays_while_others_are_refused():
    with Cinema(MAX_HOLDS_PER_USER=100000, SHED_WHEN_LATE_MS=LATE_MS) as cinema:
        m, seen = Maker(cinema, through_gateway=True), kinds()
        paid, showing, held, sold = a_storm(m, seen)
        print({kind: one.statuses for kind, one in seen.items()})
        assert paid == [201] * PAYERS, "who holds seats could not pay"
        assert {ok(m.gateway.get(f"/api/reservations/{one['id']}"))["status"] for one in held} == {"CONFIRMED"}
        assert not [one.wrong for one in seen.values() if one.wrong], "a refusal that says no code or no time"
        assert set(seen["looks"].statuses) <= {200, 503} and set(seen["books"].statuses) <= {201, 503}
        assert set(seen["lives"].statuses) == {200}, "the health check was refused"
        refused = sum(one.statuses.get(503, 0) for one in seen.values())
        assert 0 < refused <= shed(m), "nobody was refused, or somebody for another reason"
        assert share_refused(seen["pays"]) <= share_refused(seen["looks"])
        taken = set(showing["seat_ids"][:PAYERS]) | set(sold)
        states = m.states_once(showing, lambda now: {s for s, state in now.items() if state != "free"} == taken)
        assert {s for s, state in states.items() if state != "free"} == taken, "the map is not what was sold"
        fibers = int(re.search(r"(?m)^taquilla_fibers (\d+)$", metrics(m))[1])
        assert fibers < 50, f"{fibers} fibers are left when nobody asks any more"
        until = time.monotonic() + 20
        while m.gateway.get("/api/movies/search?q=film").status_code != 200:
            assert time.monotonic() < until, "it goes on refusing when nobody waits any more"
            time.sleep(0.2)
        m.close()


def test_switched_off_nobody_is_refused():
    with Cinema(MAX_HOLDS_PER_USER=100000, SHED_WHEN_LATE_MS=0) as cinema:
        m, seen = Maker(cinema, through_gateway=True), kinds()
        paid, *_ = a_storm(m, seen)
        assert paid == [201] * PAYERS
        assert {status for one in seen.values() for status in one.statuses} == {200, 201}
        assert shed(m) == 0
        m.close()


# --- the places of an upstream ---


def crowd_of_bookers(m):
    """As many wait for reservations as may; then who holds seats pays, once each: the statuses and codes."""
    rooms = [m.make_room(seats=600, per_row=30) for _ in range(3)]
    film, user, port = m.make_movie(), m.make_user(), m.cinema.port("gateway")
    showings = [m.make_showing(movie=film, room=room) for room in rooms]
    held = [m.book(showings[0], [seat], user=user, hold=True) for seat in showings[0]["seat_ids"][:PAYERS]]
    for showing in showings:
        m.states_once(showing, lambda states: len(states) == 600)
    wanted = [(showing, seat) for showing in showings for seat in showing["seat_ids"][PAYERS:]][:CROWD]

    async def main(dice):
        lines, full, over = [Line(port) for _ in range(CROWD + PAYERS)], asyncio.Event(), asyncio.Event()
        for line in lines:
            await line.open()

        async def one(line, showing, seat):
            status = 503
            while status == 503 and not over.is_set():
                status, answer = await line.ask("POST", "/api/book-ticket", ticket(showing, user, seat))
                if status == 503:
                    assert answer["code"] == "upstream_busy", answer
                    full.set()
                    await asyncio.sleep(0.02)

        crowd = [asyncio.create_task(one(line, *what)) for line, what in zip(lines, wanted)]
        await asyncio.wait_for(full.wait(), 60)
        answers = await asyncio.gather(*(line.ask("POST", "/api/payments", payment(h)) for line, h in zip(lines[CROWD:], held)))
        over.set()
        await asyncio.gather(*crowd)
        for line in lines:
            await line.close()
        return [(status, answer.get("code")) for status, answer in answers]

    return storm(main)


def slow_store(**more):
    """Its commits take long, so that many wait for reservations; nobody is late."""
    return Cinema(embedded=True, MAX_HOLDS_PER_USER=100000, TAQUILLA_TEST_COMMIT_PAUSE_MS=PAUSE_MS, **more)


def test_places_are_kept_for_who_pays():
    with slow_store() as cinema:
        m = Maker(cinema, through_gateway=True)
        assert [status for status, _ in crowd_of_bookers(m)] == [201] * PAYERS
        m.close()


def test_twin_without_those_places_loses_payments():
    with slow_store(TAQUILLA_TEST_UNSAFE="places") as cinema:
        m = Maker(cinema, through_gateway=True)
        assert (503, "upstream_busy") in crowd_of_bookers(m), "the twin refused nobody: this test proves nothing"
        m.close()
