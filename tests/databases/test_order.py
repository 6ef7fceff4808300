"""Order under fire: many write at several replicas on one store, each commit is late by chance, and every reader of every replica must
see one dense log in the order of the commits. The twin numbers its events as a sequence does, and the same look must find that out."""

import asyncio
import contextlib
import time

import pytest

from harness.cinema import Alone
from harness.maker import unique
from harness.readers import Poller, SlowPoller, Streamer, whole_log
from harness.storm import SECONDS, Clock, Line, storm

WRITERS, REPLICAS = 32, 3
FIRE_S = SECONDS / 2
PAUSE_MS = 5
LAG_S = 5  # sanitized programs, all of them on two cores
TWIN_TRIES = 4
TOKEN = "t" * 32
FILM = "507f1f77bcf86cd799439011"
STORES = ("movies-mongodb", "rooms-mysql", "reservations-postgres", "movies-sqlite", "rooms-sqlite", "reservations-sqlite")


# --- what is written: (method, path, body), and the event that tells of it ---


class Films:
    """New ones, and genres whose name is taken."""

    event = "movie.changed"

    async def prepare(self, line):
        status, answer = await line.ask("POST", "/api/genres", {"name": "Drama", "description": "d"})
        assert status == 201, answer

    def next(self, dice):
        if dice.random() < 0.1:
            return "/api/genres", {"name": "Drama", "description": "d"}
        film = {"title": unique("Film "), "description": "d", "duration": 90, "director": "X", "releaseDate": "2024-05-01"}
        return "/api/movies", film


class Rooms:
    """New ones, and seats in a room that is full."""

    event = "room.changed"

    async def prepare(self, line):
        status, answer = await line.ask("POST", "/api/rooms", {"name": "Sala", "capacity": 1})
        assert status == 201, answer
        self.full = f"/api/rooms/{answer['data']['id']}/seats"
        status, answer = await line.ask("POST", self.full, {"auto_generate": True})
        assert status == 201, answer

    def next(self, dice):
        if dice.random() < 0.1:
            return self.full, {"auto_generate": True}
        return "/api/rooms", {"name": unique("Sala "), "capacity": 5}


class Bookings:
    """Of one seat in a large hall, where some are taken; and users whose address is another's."""

    event = "reservation.made"

    async def prepare(self, line):
        status, answer = await line.ask("POST", "/api/users", {"email": "a@example.com", "name": "Ana"})
        assert status == 201, answer
        self.user = answer["data"]["id"]

    def next(self, dice):
        if dice.random() < 0.1:
            return "/api/users", {"email": "a@example.com", "name": "Eva"}
        seat, showing = dice.randint(1, 5000), dice.randint(1, 2)
        booking = {"userId": self.user, "scheduleId": showing, "movieId": FILM, "seatIds": [seat], "totalAmount": 10, "hold": True}
        return "/api/reservations", booking


WRITES = {"movies": Films, "rooms": Rooms, "reservations": Bookings}


# --- the fire ---


class Fire:
    """32 writers and three readers of each replica; afterwards `problems` says what was wrong."""

    def __init__(self, homes, service, dice):
        self.ports = [home.port(service) for home in homes]
        self.writes, self.dice = WRITES[service](), dice
        self.written = []  # (id, position told, when)
        self.statuses, self.problems = {}, []
        self.readers = [
            kind(f"{kind.__name__} of replica {at}", port, TOKEN)
            for at, port in enumerate(self.ports)
            for kind in (Poller, SlowPoller, Streamer)
        ]

    async def write(self, number, clock):
        port = self.ports[number % len(self.ports)]
        line, looks = Line(port), Line(port)
        while clock.runs():
            path, body = self.writes.next(self.dice)
            status, answer = await line.ask("POST", path, body)
            seen = status if status < 500 else answer["code"]
            self.statuses[seen] = self.statuses.get(seen, 0) + 1
            if status != 201:
                continue
            position = int(line.headers["taquilla-position"].split("/")[1])
            self.written.append((str(answer["data"].get("_id") or answer["data"]["id"]), position, time.monotonic()))
            if self.dice.random() < 0.2:
                await self.look(looks, position)
        await line.close()
        await looks.close()

    async def look(self, line, position):
        """What was answered is in the feed of that replica at once, and where the answer says."""
        path = f"/feed?after={position - 1}&limit=1"
        _, page = await line.ask("GET", path, Authorization=f"Bearer {TOKEN}")
        if [e["position"] for e in page["events"]] != [position]:
            self.problems.append(f"an answer told of {position}, and the feed has {page} there")

    async def run(self, seconds):
        line = Line(self.ports[0])
        await self.writes.prepare(line)
        await line.close()
        reading = [asyncio.create_task(reader.run()) for reader in self.readers]
        clock = Clock(seconds)
        await asyncio.gather(*(self.write(number, clock) for number in range(WRITERS)))
        await self.settle()
        for reader in self.readers:
            reader.ended = True
        await asyncio.gather(*reading)
        await self.judge()

    async def settle(self):
        """Until every reader has come to the end, or its time is over."""
        end = time.monotonic() + LAG_S
        last = max(position for _, position, _ in self.written)
        while any(r.last < last for r in self.readers) and time.monotonic() < end:
            await asyncio.sleep(0.02)

    async def judge(self):
        logs = [await whole_log(port, TOKEN) for port in self.ports]
        log = logs[0]
        if any(other != log for other in logs):
            self.problems.append("the replicas do not tell the same log")
        if [e["position"] for e in log] != list(range(1, len(log) + 1)):
            self.problems.append("the log is not dense")
        for reader in self.readers:
            self.problems += reader.problems
            if [event for event, _ in reader.seen.values()] != log:
                self.problems.append(f"{reader.name} saw another log than there is")
        places = {}
        for event in log:
            if event["type"] == self.writes.event:
                places.setdefault(event["subject"], event["position"])
        self.judge_answers(places, len(log))

    def judge_answers(self, places, end):
        for subject, told, at in self.written:
            place = places.get(subject)
            if place is None or place > told or told > end:
                self.problems.append(f"{subject} was told to be at {told}: it is at {place} of {end}")
                continue
            for reader in self.readers:
                if place in reader.seen and reader.seen[place][1] - at > LAG_S:
                    self.problems.append(f"{reader.name} saw {place} {reader.seen[place][1] - at:.1f} s late")


def fire(service, stores, seconds, **settings):
    alone = {"MOVIES_API_URL": "none", "ROOMS_API_URL": "none", "RESERVATIONS_API_URL": "none"}
    alone.pop(f"{service.upper()}_API_URL")
    settings = alone | {"SERVICE_TOKEN": TOKEN, "MAX_HOLDS_PER_USER": 100000, "TAQUILLA_TEST_COMMIT_PAUSE_MS": PAUSE_MS} | settings
    with contextlib.ExitStack() as stack:
        homes = [stack.enter_context(Alone(service, stores=stores, **settings)) for _ in range(REPLICAS if stores else 1)]

        async def main(dice):
            at_it = Fire(homes, service, dice)
            await at_it.run(seconds)
            return at_it

        return storm(main)


@pytest.mark.parametrize("store", STORES)
def test_one_dense_log_in_the_order_of_commits(servers, store):
    service, database = store.split("-")

    def fresh():
        return {} if database == "sqlite" else servers.fresh((service,), {})

    seen = fire(service, fresh(), FIRE_S)
    print(f"{store}: {len(seen.written)} written, answers {seen.statuses}")
    assert not seen.problems, "\n".join(seen.problems[:20])
    allowed = {201, 409, "store_busy"} if database == "mongodb" else {201, 409}  # there replicas vie for each place
    assert len(seen.written) > 100 and set(seen.statuses) <= allowed and seen.statuses[409], seen.statuses

    for _ in range(TWIN_TRIES):
        twin = fire(service, fresh(), 2, TAQUILLA_TEST_UNSAFE="positions")
        print(f"its twin: {len(twin.written)} written, answers {twin.statuses}; {len(twin.problems)} problems: {twin.problems[:3]}")
        if twin.problems:
            return
    raise AssertionError("events were numbered as a sequence does and nobody noticed: this test cannot fail")
