"""The best seats that are left, asked for by a herd until there are none: pairs, and parties of one to four. The rival names seats that
it knew beforehand, which is what a buyer cannot do; the difference is what choosing costs, and it flatters the rival."""

import itertools
import random

from crowd import middle
from harness.stores import ask
from house import BUYERS, CALM, CLIENTS, calm_row, more_of, on_both
from pace import ROUNDS
from scenarios import row

SEATS, PER_ROW = 2000, 50
TOO_MANY = 1.2  # parties for each that could have seats


def wish(home, showing, count, buyer):
    return f'POST /api/showtimes/{showing["id"]}/best-seats {{"userId":{buyer},"count":{count}}}'


def showing_of(home, room, days):
    return home.maker.make_showing(home.film, room, home.maker.at(days=next(days)))


def herd_once(home, room, days, wishes, rate=0):
    """So many parties of these sizes, until each was answered; what was sold must be what the store has."""
    showing = showing_of(home, room, days)
    home.maker.gateway.get(f"/api/showtimes/{showing['id']}").raise_for_status()
    lines = [wish(home, showing, count, home.buyers[n % BUYERS]) for n, count in enumerate(wishes)]
    lost = choices_lost(home)
    seen, found = home.measure("gateway", lines, 201, 409, rate=rate, seconds=120)
    sold = sum(wishes[n[4]] for n in seen.of(201))
    claims = ask(home.cinema.database(), f"SELECT count(*), count(DISTINCT seat_id) FROM seat_claims WHERE schedule_id = {showing['id']}")
    assert [int(n) for n in claims[0]] == [sold, sold], f"{sold} seats sold, the store has {claims}"
    left, refused = SEATS - sold, [wishes[n[4]] for n in seen.of(409)]
    assert set(wishes) != {2} or left == 0, f"{left} seats were left, and pairs refused"
    assert refused, "nobody was refused: they were too few"
    found |= {"winners_per_s": seen.per_s_until_last(201), "left": left, "lost": choices_lost(home) - lost}
    return found | (seen.late_ms(201) if rate else {})


def choices_lost(home):
    """Choices that another had taken when they came to the store: each was made again."""
    return home.counter("reservations", "taquilla_best_lost_total")


def named_once(home, room, days):
    """The same seats as pairs that are known, in random order, posted to book-ticket."""
    showing = showing_of(home, room, days)
    pairs = list(zip(showing["seat_ids"][::2], showing["seat_ids"][1::2]))
    random.Random(showing["id"]).shuffle(pairs)
    lines = [home.booking("gateway", showing, list(pair), home.buyers[n % BUYERS]) for n, pair in enumerate(pairs)]
    seen, found = home.measure("gateway", lines, 201, seconds=120)
    return found | {"winners_per_s": seen.per_s_until_last(201)}


def herd_rows(home, _nginx):
    room, days, dice = home.maker.make_room(seats=SEATS, per_row=PER_ROW), itertools.count(1), random.Random(1)
    parties = {"pairs": [2] * int(SEATS / 2 * TOO_MANY), "parties of 1 to 4": dice.choices((1, 2, 3, 4), k=int(SEATS / 2.5 * TOO_MANY))}
    runs, named = {kind: [] for kind in parties}, []
    for _ in range(ROUNDS):
        for kind, found in runs.items():
            found.append(herd_once(home, room, days, parties[kind]))
        named.append(named_once(home, room, days))
    _, named_cpu = more_of(named)
    for kind, found in runs.items():
        name = f"herd on {home.store}: best seats for {kind}, {SEATS} seats, {CLIENTS} clients"
        calm = herd_once(home, room, days, parties[kind], rate=CALM * middle(found, "winners_per_s"))
        more, cpu = more_of(found)
        more |= {"seats_left": middle(found, "left"), "choices_lost": middle(found, "lost")}
        rival = ("pairs named beforehand", middle(named, "winners_per_s")) if kind == "pairs" else (None, None)
        if kind == "pairs":
            more["rival_cpu_us_per_request"] = round(named_cpu, 1)
        yield row(name, middle(found, "winners_per_s"), "bookings/s", *rival, cpu, **more)
        yield calm_row(name, calm)


HERD = {"herd": on_both(herd_rows)}
