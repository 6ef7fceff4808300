"""A day's mix at the gateway: as much as it takes, and at fixed rates, where each kind of request has its own lateness."""

from crowd import Seen, middle
from house import CALM, CLIENTS, more_of, on_both
from mix import KINDS, Day, judged
from pace import ROUNDS, SECONDS
from scenarios import row

FASTEST_PER_S = 20_000  # of plans: more than a whole cinema answers of this mix
ASKED_OF = ("gateway", "movies", "rooms", "analytics")  # and reservations
HALF = 0.5


def turn(day, rate=0, seconds=SECONDS, most_per_s=FASTEST_PER_S):
    """One crowd with its own plan, which ends it too: without a rate at the most that is asked."""
    count = int((rate or most_per_s) * seconds) // 100 * 100
    day.prepare(count)
    asked = day.plan(count)
    seen, found = day.home.measure("gateway", [one.line for one in asked], rate=rate, seconds=seconds, doors=ASKED_OF)
    kinds = judged(asked, seen)
    day.take_back(asked, len(seen.notes))
    day.let_run_out()
    day.learn()
    again = kinds["seat map again"]
    found["maps_unchanged"] = round(sum(n[3] == 304 for n in again) / max(1, len(again)), 2)
    return found | {"kinds": {kind: {"asked": len(notes)} | Seen(notes).late_ms(*KINDS[kind].statuses) for kind, notes in kinds.items() if notes}}


def mixed_rows(home, _nginx):
    day = Day(home, requests=FASTEST_PER_S * SECONDS * (ROUNDS + 3))
    full = [turn(day) for _ in range(ROUNDS)]
    name = f"mixed on {home.store}, {CLIENTS} clients"
    more, cpu = more_of(full)
    yield row(name, middle(full, "per_s"), "requests/s", None, None, cpu, **more)
    for part in (HALF, CALM):
        calm = turn(day, rate=part * middle(full, "per_s"), seconds=2 * SECONDS)
        more, cpu = more_of([calm])
        more |= {"maps_unchanged": calm["maps_unchanged"], "kinds": calm["kinds"]}
        yield row(f"{name}, at {part * 100:.0f} %: p99", calm["p99_ms"], "ms", None, None, cpu, **more)


MIXED = {"mixed": on_both(mixed_rows)}
