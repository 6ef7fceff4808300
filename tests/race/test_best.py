"""A herd on one showing, each asking for its best seats: all different, none sold twice, and nobody refused while seats would do."""

import re

from harness.cinema import Cinema
from harness.maker import Maker
from harness.replicas import Replicas
from harness.storm import Crowd, storm
from sweep import replay, sweep

BUYERS, SEATS, PER_ROW = 200, 320, 20


def longest_run(free):
    """Of neighbours among (row, number)."""
    most = 0
    for row, number in free:
        if (row, number - 1) not in free:
            end = number
            while (row, end) in free:
                end += 1
            most = max(most, end - number)
    return most


async def herd(dice, cinema, showing, users):
    """Every buyer asks again until he is refused: (what each answer gave, what was asked and refused)."""
    given, refusals = [], []
    wishes = [dice.randint(1, 4) for _ in users]
    async with Crowd(cinema, BUYERS) as crowd:

        async def buy(number, lines):
            while True:
                body = {"userId": users[number], "count": wishes[number]}
                status, answer = await lines["gateway"].ask("POST", f"/api/showtimes/{showing['id']}/best-seats", body)
                if status == 503:  # other replicas were faster again and again: honest, but not this often
                    assert answer["code"] == "store_busy", answer
                    refusals.append((None, answer["code"]))
                    continue
                if status != 201:
                    assert status == 409, answer
                    refusals.append((wishes[number], answer["code"]))
                    return
                given.append(answer["data"])

        await crowd.each(buy)
    return given, refusals


def test_a_herd_gets_different_seats_until_the_end():
    with Cinema(MAX_HOLDS_PER_USER=100000) as cinema:
        m = Maker(cinema)
        showing = m.make_showing(room=m.make_room(seats=SEATS, per_row=PER_ROW))
        users = [m.make_user()["id"] for _ in range(BUYERS)]
        given, refusals = storm(lambda dice: herd(dice, cinema, showing, users))
        busy = sum(wish is None for wish, _ in refusals)
        print(f"{len(given)} bookings, {len(refusals) - busy} refused, {busy} told to come again")
        with m.internal("reservations") as door:
            lost = int(re.search(r"^taquilla_best_lost_total (\d+)", door.get("/metrics").text, re.M).group(1))
        print(f"{lost} choices were lost to others")
        assert lost == 0 or isinstance(cinema, Replicas), "within one process all choose different seats at once"
        seats = [seat for made in given for seat in made["seatIds"]]
        assert len(seats) == len(set(seats)), "sold twice"
        assert busy == 0, "they do not keep one another busy for 5 s"
        where = {s["id"]: (s["row_number"], s["seat_number"]) for s in showing["room"]["seats"]}
        for made in given:
            places = sorted(where[seat] for seat in made["seatIds"])
            assert longest_run(set(places)) == len(places), f"not beside one another: {places}"
        free = {where[seat] for seat in set(where) - set(seats)}
        least = min(wish for wish, _ in refusals if wish)
        assert longest_run(free) < least, f"{free} were left, and somebody who wanted {least} was refused"
        assert {code for wish, code in refusals if wish} <= {"sold_out", "too_few_left", "seats_not_together"}
        assert not replay(m.feed("reservations"))
        m.close()
        cinema.stop(remove=False)
        assert not sweep(cinema.database())


async def mixed(dice, cinema, showing, users):
    """Half of the buyers name their seats, half take the best: the statuses of those who take the best."""
    named, best = [], []
    async with Crowd(cinema, 64) as crowd:

        async def buy(number, lines):
            for _ in range(20):
                if number % 2:
                    seats = dice.sample(showing["seat_ids"], dice.randint(1, 3))
                    body = {"userId": users[number], "scheduleId": showing["id"], "movieId": "x", "seatIds": seats, "totalAmount": 1}
                    status, answer = await lines["reservations"].ask("POST", "/api/reservations", body)
                    named.append(status)
                else:
                    body = {"userId": users[number], "count": dice.randint(1, 3)}
                    status, answer = await lines["gateway"].ask("POST", f"/api/showtimes/{showing['id']}/best-seats", body)
                    best.append((status, answer.get("code")))
                    assert status == 201 or answer["code"] in ("sold_out", "too_few_left", "seats_not_together", "store_busy"), answer

        await crowd.each(buy)
    return named, best


def test_buyers_who_name_their_seats_among_them():
    with Cinema(MAX_HOLDS_PER_USER=100000) as cinema:
        m = Maker(cinema)
        showing = m.make_showing(room=m.make_room(seats=SEATS, per_row=PER_ROW))
        users = [m.make_user()["id"] for _ in range(64)]
        named, best = storm(lambda dice: mixed(dice, cinema, showing, users))
        print(f"by name {named.count(201)} of {len(named)}, best {sum(s == 201 for s, _ in best)} of {len(best)}")
        assert set(named) <= {201, 409} and any(s == 201 for s, _ in best)
        assert (503, "store_busy") not in best, "64 buyers do not keep one another busy for 5 s"
        assert not replay(m.feed("reservations"))
        m.close()
        cinema.stop(remove=False)
        assert not sweep(cinema.database())
