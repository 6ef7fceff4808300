"""How soon a gateway that begins with nothing shows what is on."""

import time

import httpx

from harness.cinema import Alone, program
from load import cpu_s
from scenarios import row

ROUNDS = 3
ROOMS, SEATS, SHOWINGS, SOLD_AT_ONCE = 20, 200, 1000, 20


def fill(maker):
    """Showings of rooms with 200 seats, half of them sold; gives their ids."""
    movie, users = maker.make_movie(), [maker.make_user() for _ in range(50)]
    rooms = [maker.make_room(seats=SEATS, per_row=20) for _ in range(ROOMS)]
    ids = []
    for n in range(SHOWINGS):
        showing = maker.make_showing(movie=movie, room=rooms[n % ROOMS], start=maker.at(days=2 + n // ROOMS))
        for first in range(0, SEATS // 2, SOLD_AT_ONCE):
            maker.book(showing, showing["seat_ids"][first : first + SOLD_AT_ONCE], user=users[n % len(users)])
        ids.append(showing["id"])
    return ids


def started(maker, ids):
    """Seconds until the last showing's map is there, and CPU seconds of the gateway and of its owners."""
    cinema = maker.cinema
    owners = {f"{o.upper()}_API_URL": cinema.url(o) for o in ("movies", "rooms", "reservations")}
    gateway = Alone("gateway", executable=program("TAQUILLA_RELEASE", "build"), SERVICE_TOKEN=cinema.service_token, **owners)
    pids = [cinema.pid(o) for o in ("movies", "rooms", "reservations")]
    before, began = sum(map(cpu_s, pids)), time.monotonic()
    gateway.start(wait=False)
    with httpx.Client(base_url=gateway.url("gateway")) as client:
        while True:
            try:
                if client.get(f"/api/showtimes/{ids[-1]}/seats").status_code == 200:
                    break
            except httpx.ConnectError:
                time.sleep(0.002)
        took = time.monotonic() - began
        counts = [client.get(f"/api/showtimes/{i}/seats").json()["data"]["counts"] for i in (ids[0], ids[len(ids) // 2], ids[-1])]
    assert all(c == {"free": SEATS // 2, "held": SEATS // 2, "sold": 0, "out": 0} for c in counts), counts
    cpu = cpu_s(gateway.pid("gateway")), sum(map(cpu_s, pids)) - before
    gateway.stop()
    return took, *cpu


def ready(maker, nginx):
    """From the start of a gateway's process to the seat map of the last of 1,000 showings."""
    ids = fill(maker)
    runs = sorted(started(maker, ids) for _ in range(ROUNDS))
    took, cpu, owners = runs[len(runs) // 2]
    yield row(
        f"gateway ready, {SHOWINGS} showings of {SEATS} seats, half of them sold",
        took * 1000,
        "ms",
        None,
        None,
        cpu * 1e6,
        owners_cpu_us=round(owners * 1e6),
    )
