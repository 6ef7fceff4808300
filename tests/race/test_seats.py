"""64 clients on 20 seats: every seat sold at most once; and the same storm without the protections must oversell."""

from harness.cinema import Cinema
from harness.maker import Maker
from harness.replayed import replayed
from harness.storm import Clock, Crowd, storm
from harness.stores import ask
from sweep import replay, sweep

CLIENTS, SEATS, SHOWINGS = 64, 20, 400


def prepare(cinema):
    """Showings to fight for, 20 seats each, and a user for every client."""
    m = Maker(cinema)
    film, room = m.make_movie(duration=1), m.make_room(seats=SEATS)
    showings = [m.make_showing(film, room, m.at(days=1, minutes=20 * i)) for i in range(SHOWINGS)]
    users = [m.make_user()["id"] for _ in range(CLIENTS)]
    return m, showings, users


async def fight(dice, cinema, showings, users):
    """One showing after the other, all clients on it, until the time is over: acknowledged bookings and statuses seen."""
    acknowledged, statuses = [], {}
    async with Crowd(cinema, CLIENTS) as crowd:
        clock = Clock()
        for showing in showings:
            if not clock.runs():
                break

            async def buy(number, lines):
                for _ in range(3):
                    seats = dice.sample(showing["seat_ids"], dice.randint(1, 4))
                    body = {
                        "userId": users[number],
                        "scheduleId": showing["id"],
                        "movieId": showing["movie_id"],
                        "seatIds": seats,
                        "totalAmount": 10,
                        "hold": number % 2 == 0,
                    }
                    if number % 4 == 0:
                        status, answer = await lines["gateway"].ask("POST", "/api/book-ticket", body)
                    else:
                        status, answer = await lines["reservations"].ask("POST", "/api/reservations", body)
                    statuses[status] = statuses.get(status, 0) + 1
                    if status == 201:
                        acknowledged.append(answer["data"])
                    elif status == 409:
                        assert answer["code"] == "seats_taken", answer
                        assert set(answer["seatIds"]) <= set(seats), answer

            await crowd.each(buy)
    return acknowledged, statuses


def sold_twice(acknowledged):
    seen, twice = set(), []
    for booking in acknowledged:
        for seat in booking["seatIds"]:
            if (booking["scheduleId"], seat) in seen:
                twice.append((booking["scheduleId"], seat))
            seen.add((booking["scheduleId"], seat))
    return twice


def taken(states):
    return {seat for seat, state in states.items() if state != "free"}


def rows_of(cinema, table):
    return int(ask(cinema.database(), f"SELECT count(*) FROM {table}")[0][0])


def test_no_seat_is_sold_twice_and_the_twin_oversells():
    # One process writes one batch after the other: on a database that many share it takes two to oversell.
    with Cinema(replicas=2, MAX_HOLDS_PER_USER=100000) as cinema:
        m, showings, users = prepare(cinema)
        acknowledged, statuses = storm(lambda dice: fight(dice, cinema, showings, users))
        print(f"{len(acknowledged)} bookings acknowledged, answers {statuses}")
        assert set(statuses) <= {201, 409}, f"server errors: {statuses}"
        assert not sold_twice(acknowledged)
        assert len(acknowledged) > 100
        everything = [
            r
            for at in range(0, len(acknowledged) + 1, 10000)
            for r in m.reservations.get("/api/reservations", params={"limit": 10000, "offset": at}).json()["data"]
        ]
        by_id = {r["id"]: r for r in everything}
        assert len(by_id) == len(acknowledged), "as many rows as acknowledgements"
        for booking in acknowledged:
            assert sorted(by_id[booking["id"]]["seatIds"]) == sorted(booking["seatIds"])
        full = [s for s in showings if any(b["scheduleId"] == s["id"] for b in acknowledged)]
        for showing in full[:20]:
            sold = {i for b in acknowledged if b["scheduleId"] == showing["id"] for i in b["seatIds"]}
            assert taken(m.states_once(showing, lambda states: taken(states) == sold)) == sold
        assert not replay(m.feed("reservations"))
        assert not replayed(cinema)
        m.close()
        cinema.stop(remove=False)
        seats = sum(len(b["seatIds"]) for b in acknowledged)
        assert rows_of(cinema, "reservations") == len(acknowledged)
        assert rows_of(cinema, "reserved_seats") == seats
        assert rows_of(cinema, "seat_claims") == seats
        assert not sweep(cinema.database())

    with Cinema(replicas=2, MAX_HOLDS_PER_USER=100000, TAQUILLA_TEST_UNSAFE="claims") as twin:
        m, showings, users = prepare(twin)
        m.close()
        acknowledged, statuses = storm(lambda dice: fight(dice, twin, showings, users))
        print(
            f"the twin: {len(acknowledged)} bookings acknowledged, answers {statuses}, {len(sold_twice(acknowledged))} seats twice"
        )
        assert sold_twice(acknowledged), "without the protections nothing was oversold: this test cannot fail"
        twin.stop(remove=False)
        assert sweep(twin.database()), "the sweep does not see what the twin did"
