"""A cinema sells and changes its programme while its services are killed at random: afterwards every acknowledged act took effect once,
and the gateway, a fresh gateway, the feeds and the owners' tables all say the same."""

import asyncio
import json

import httpx

from harness.buyers import buyer, settle, surely, taken
from harness.cinema import Alone, Cinema
from harness.door import ok
from harness.facts import facts_of, snapshot_of
from harness.keeping import OWNERS, exports, rows
from harness.maker import Maker, unique
from harness.replayed import replayed
from harness.storm import SECONDS, Clock, Crowd, storm
from sweep import replay, sweep

BUYERS, EDITORS, SHOWINGS, SEATS = 24, 3, 10, 200
STORM_S = max(SECONDS, 10)
VICTIMS = ("gateway", "movies", "rooms", "reservations")
LEVEL_S = 30


class House:
    """Its programme, and what was acknowledged of it."""

    def __init__(self, cinema):
        self.cinema, self.m = cinema, Maker(cinema)
        room = self.m.make_room(seats=SEATS, per_row=20)
        self.films = [self.m.make_movie(duration=1) for _ in range(EDITORS)]
        self.showings = [
            self.m.make_showing(self.films[i % EDITORS], room, self.m.at(days=1, hours=i)) for i in range(SHOWINGS)
        ]
        self.user = self.m.make_user()["id"]
        self.booked, self.titles, self.prices = {}, {}, {}
        self.kills = {victim: 0 for victim in VICTIMS}

    async def edit(self, dice, number, lines, clock):
        """One film and its showings belong to each editor, so what was last acknowledged is what must be there."""
        film = self.films[number]["_id"]
        showings = [s["id"] for s in self.showings[number::EDITORS]]
        while clock.runs():
            owner = dice.random() < 0.5
            if dice.random() < 0.5:
                title = unique("Film ")
                line = lines["movies" if owner else "gateway"]
                status, answer = await surely(line, "PUT", f"/api/movies/{film}", {"title": title})
                self.titles[film] = title
            else:
                showing, price = dice.choice(showings), dice.randint(100, 3000) / 100
                line = lines["rooms" if owner else "gateway"]
                status, answer = await surely(line, "PUT", f"/api/schedules/{showing}", {"price": price})
                self.prices[showing] = price
            assert status == 200, answer
            await asyncio.sleep(0.02)

    async def kill(self, dice, clock):
        """Each once, then anybody; in the second half the gateway lives, so that much of what it shows in the end it was told, and not
        given at its start."""
        first = dice.sample(VICTIMS, len(VICTIMS))
        while clock.runs():
            await asyncio.sleep(dice.uniform(0.3, 1.0))
            victim = first.pop() if first else dice.choice(VICTIMS if clock.left() > STORM_S / 2 else OWNERS)
            if self.cinema.kill(victim):
                self.kills[victim] += 1

    async def run(self, dice):
        clock = Clock(STORM_S)

        def act(number, lines):
            if number < EDITORS:
                return self.edit(dice, number, lines, clock)
            return buyer(dice, lines, self.showings, self.user, clock, self.booked)

        async with Crowd(self.cinema, EDITORS + BUYERS) as crowd:
            await asyncio.gather(self.kill(dice, clock), crowd.each(act))

    def paths(self):
        """Everything that a gateway folds of its owners."""
        yield "/api/showtimes?limit=1000"
        for film in self.films:
            yield f"/api/movie-details/{film['_id']}"
        for showing in self.showings:
            yield f"/api/showtimes/{showing['id']}"
            yield f"/api/showtimes/{showing['id']}/seats"


# --- what must agree ---


def bodies(url, paths):
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        found = {path: client.get(path) for path in paths}
    assert {a.status_code for a in found.values()} == {200}, {path: a.text[:200] for path, a in found.items() if a.status_code != 200}
    return {path: (a.content, a.headers["etag"]) for path, a in found.items()}


def bookings_once(house, tables):
    """Each acknowledged one is there, and no other: every client asked until it was answered."""
    there = {r["id"]: r for r in rows(tables, "reservations")}
    seats, paid = {}, {}
    for seat in rows(tables, "reserved_seats"):
        seats.setdefault(seat["reservation_id"], []).append(seat["seat_id"])
    for payment in rows(tables, "payments"):
        paid.setdefault(payment["reservation_id"], []).append(payment)
    assert set(there) == set(house.booked), f"lost {set(house.booked) - set(there)}, made by nobody {set(there) - set(house.booked)}"
    for number, told in house.booked.items():
        assert sorted(seats[number]) == told["seats"]
        if told["status"] != "PAYING":
            assert there[number]["status"] == told["status"], (number, told, there[number])
        money = [p["amount"] for p in paid.get(number, ()) if p["payment_status"] == "COMPLETED"]
        assert money == ([there[number]["total_amount"]] if there[number]["status"] == "CONFIRMED" else [])


def maps_agree(house, tables):
    """Every seat of every showing, as the owner's claims say."""
    claims = {}
    for claim in rows(tables, "seat_claims"):
        claims.setdefault(claim["schedule_id"], {})[claim["seat_id"]] = "held" if claim["held_until"] else "sold"
    for showing in house.showings:
        wanted = {seat: "free" for seat in showing["seat_ids"]} | claims.get(showing["id"], {})
        found = house.m.states_once(showing, lambda states: states == wanted, within_s=LEVEL_S)
        assert found == wanted, {s: (found.get(s), wanted[s]) for s in wanted if found.get(s) != wanted[s]}
        assert taken(found) == set(claims.get(showing["id"], ()))


def programme_agrees(house, owned):
    """Titles and prices as last acknowledged: at the owners, in their tables, and on the gateway's page."""
    films = {f["_id"]: f["title"] for f in rows(owned["movies"], "movies")}
    prices = {s["id"]: s["price"] for s in rows(owned["rooms"], "schedules")}
    assert {f: films[f] for f in house.titles} == house.titles and {s: prices[s] for s in house.prices} == house.prices

    def page():
        return ok(house.m.gateway.get("/api/showtimes?limit=1000"))

    def level():
        return all(s["price"] == prices[s["id"]] and s["movie"]["title"] == films[s["movie_id"]] for s in page())

    settle(level, "the gateway's page", LEVEL_S)
    assert [s["id"] for s in page()] == [s["id"] for s in house.showings]
    for shown in page():
        assert shown["movie"] == ok(house.m.movies.get(f"/api/movies/{shown['movie_id']}"))
        said = ok(house.m.rooms.get(f"/api/schedules/{shown['id']}"))
        assert {name: shown[name] for name in said} == said


def feeds_agree(house):
    """Dense, and their snapshots are what the whole of them makes."""
    for owner in OWNERS:
        log = house.m.feed(owner)
        assert [e["position"] for e in log] == list(range(1, len(log) + 1))
        shown, _ = snapshot_of(house.m, owner, "all")
        assert facts_of(shown) == facts_of(log)
    assert not replay(house.m.feed("reservations"))


def a_fresh_gateway_agrees(house):
    """One that begins with the owners' snapshots answers what the other folded through all the kills, byte for byte."""
    cinema = house.cinema
    addresses = {f"{owner.upper()}_API_URL": cinema.url(owner) for owner in (*OWNERS, "analytics", "ingestion")}
    with Alone("gateway", stores={}, SERVICE_TOKEN=cinema.service_token, **addresses) as fresh:
        assert bodies(fresh.url("gateway"), house.paths()) == bodies(cinema.url("gateway"), house.paths())


def test_every_act_took_effect_once():
    cinema = Cinema(MAX_HOLDS_PER_USER=100000).start()
    house = House(cinema)
    storm(house.run)
    print(f"{json.dumps(house.kills)} killed, {len(house.booked)} booked, {len(house.titles)} titles, {len(house.prices)} prices")
    cinema.wait_ready()
    settle(lambda: house.m.gateway.get("/api/showtimes").status_code == 200, "the gateway")
    owned = {service: tables for service, (tables, _) in exports(cinema).items()}
    bookings_once(house, owned["reservations"])
    programme_agrees(house, owned)
    maps_agree(house, owned["reservations"])
    feeds_agree(house)
    a_fresh_gateway_agrees(house)
    assert not replayed(cinema)
    assert min(house.kills.values()) >= 1 and sum(house.kills.values()) >= STORM_S / 2 and len(house.booked) > 50
    house.m.close()
    cinema.stop(remove=False)
    assert not sweep(cinema.database())
    cinema.stop()
