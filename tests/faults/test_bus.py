"""Redis carries facts faster and decides nothing: whatever it loses, brings back, makes up or keeps to itself, all readers agree in the end."""

import asyncio
import json
import os
import random
import secrets
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from harness.cinema import Alone, Up, run
from harness.door import ok
from harness.maker import Maker
from harness.redis import Redis
from harness.storm import SECONDS, SEED, Clock, Crowd, Gone, storm

CLIENTS, SHOWINGS, SEATS = 6, 12, 60
STREAMS = ("movies", "rooms", "reservations")


@pytest.fixture
def redis():
    with Redis() as server:
        yield server


def settle(good, what, within_s=15):
    end = time.monotonic() + within_s
    while not good():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def metric(door, start):
    """The sum of the samples that begin so."""
    lines = ok_text(door.get("/metrics")).splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(start))


def ok_text(answer):
    assert answer.status_code == 200, answer.text
    return answer.text


def beside(cinema, service, **settings):
    """One more of a service on the same owners."""
    urls = {f"{s.upper()}_API_URL": cinema.url(s) for s in ("movies", "rooms", "reservations")}
    return Alone(service, **urls, SERVICE_TOKEN=cinema.service_token, **settings)


# --- what a gateway says ---


def told_by(url, showings):
    """All it knows of films, rooms, showings and seats. The position is not a part of it: who has missed something may be there, too."""
    with httpx.Client(base_url=url, timeout=20) as door:
        told = {path: ok(door.get(path)) for path in ("/api/movies?limit=1000", "/api/rooms?limit=1000", "/api/showtimes")}
        for showing in showings:
            seats = ok(door.get(f"/api/showtimes/{showing}/seats"))["seats"]
            told[showing] = {s["id"]: s["state"] for s in seats}
    return told


def figures_by(url):
    with httpx.Client(base_url=url, timeout=20) as door:
        return [ok(door.get(f"/api/analytics/{figure}")) for figure in ("revenue?period=day", "popular-movies", "occupancy")]


def differing(one, other):
    return {key: (one[key], other[key]) for key in one if one[key] != other[key]}


# --- everything goes wrong at once ---


async def client(dice, lines, showings, user, clock):
    """Books, and now and then changes a price or adds a film; whoever is dead just now is left alone."""
    while clock.runs():
        showing, fate = dice.choice(showings), dice.random()
        try:
            if fate < 0.8:
                body = {"userId": user, "scheduleId": showing["id"], "movieId": "x", "seatIds": [dice.choice(showing["seat_ids"])], "totalAmount": 1}
                await lines["reservations"].ask("POST", "/api/reservations", body, timeout=10)
            elif fate < 0.9:
                await lines["rooms"].ask("PUT", f"/api/schedules/{showing['id']}", {"price": dice.randint(5, 50)}, timeout=10)
            else:
                film = {"title": f"Film {dice.random()}", "description": "x", "duration": 90, "director": "x", "releaseDate": "2024-05-01"}
                await lines["movies"].ask("POST", "/api/movies", film, timeout=10)
        except Gone:
            await asyncio.sleep(0.1)
        await asyncio.sleep(dice.uniform(0, 0.03))


def trim(redis, dice):
    """Again and again for a moment: entries go before their readers have seen them."""
    end = time.monotonic() + dice.uniform(0.1, 0.4)
    while time.monotonic() < end:
        for stream in STREAMS:
            redis.ask("XTRIM", f"taquilla:{stream}", "MAXLEN", 0)


def hang(redis, dice):
    redis.process.send_signal(signal.SIGSTOP)
    time.sleep(dice.uniform(0.1, 2.5))
    redis.process.send_signal(signal.SIGCONT)


def again(start):
    def act(redis, dice):
        redis.kill()
        time.sleep(dice.uniform(0, 0.5))
        start(redis)

    return act


def wrongs(cinema, redis):
    """What may happen, by name."""
    return {
        "a crash of Redis": again(lambda r: r.start()),
        "an old append-only file": again(lambda r: r.start_from_kept()),
        "a failover to an empty Redis": again(lambda r: r.start_empty()),
        "FLUSHALL": lambda r, _: r.ask("FLUSHALL"),
        "connections cut": lambda r, _: r.ask("CLIENT", "KILL", "TYPE", "normal"),
        "a stream deleted": lambda r, dice: r.ask("DEL", f"taquilla:{dice.choice(STREAMS)}"),
        "a trim": trim,
        "a hung Redis": hang,
        "a killed owner": lambda _, dice: cinema.kill(dice.choice(STREAMS)),
        "a killed gateway": lambda _, __: cinema.kill("gateway"),
        "killed figures": lambda _, __: cinema.kill("analytics"),
    }


def misfortunes(dice, cinema, redis, clock):
    """Each kind in turn, in another order each round, one at a time. Not on the crowd's thread: a server ends with who started it."""
    acts, happened = wrongs(cinema, redis), []
    while clock.runs():
        for name in dice.sample(sorted(acts), len(acts)):
            if not clock.runs():
                break
            acts[name](redis, dice)
            happened.append(name)
            time.sleep(dice.uniform(0, 0.5))
    return happened


def lose_what_nobody_has_read(cinema, redis, readers, m, showing, user):
    """Bookings while the readers sleep, whose entries but the last are gone when they wake."""
    for n in range(6):
        for pid in readers:
            os.kill(pid, signal.SIGSTOP)
        for seat in showing["seat_ids"][5 * n : 5 * n + 5]:
            m.book(showing, [seat], user)
        settle(lambda: redis.ask("XLEN", "taquilla:reservations") != "0", "the relay")
        time.sleep(0.05)
        redis.ask("XTRIM", "taquilla:reservations", "MAXLEN", 1)
        for pid in readers:
            os.kill(pid, signal.SIGCONT)
        time.sleep(0.3)


def test_all_agree_after_everything_went_wrong(redis):
    with Up(embedded=True, REDIS_URL=redis.url, MAX_HOLDS_PER_USER=100000) as cinema:
        m = Maker(cinema)
        film, room = m.make_movie(duration=1), m.make_room(seats=SEATS)
        showings = [m.make_showing(film, room, m.at(days=1, hours=i)) for i in range(SHOWINGS)]
        last = m.make_showing(film, room, m.at(days=3))
        user = m.make_user()
        redis.keep()
        with beside(cinema, "gateway", REDIS_URL=redis.url, TAQUILLA_TEST_UNSAFE="density") as twin:

            clock = Clock(max(SECONDS, 10))

            async def main(dice):
                async with Crowd(cinema, CLIENTS) as crowd:
                    await crowd.each(lambda number, lines: client(dice, lines, showings, user["id"], clock))

            with ThreadPoolExecutor(1) as side:
                load = side.submit(storm, main)
                happened = misfortunes(random.Random(SEED), cinema, redis, clock)
                load.result()
            print(f"{len(happened)} misfortunes: {', '.join(happened)}")
            cinema.wait_ready()
            settle(lambda: m.try_book(last, last["seat_ids"][-1:], user).status_code in (201, 409), "reservations")
            readers = [cinema.pid("gateway"), twin.pid("gateway")]
            with m.internal("gateway") as gateway:
                settle(lambda: metric(gateway, "taquilla_bus_connected") == 3, "the gateway's lines to Redis")
            lose_what_nobody_has_read(cinema, redis, readers, m, last, user)
            ids = [s["id"] for s in [*showings, last]]
            with beside(cinema, "gateway") as over_http, beside(cinema, "gateway", REDIS_URL=redis.url) as fresh:
                truth = told_by(over_http.url("gateway"), ids)
                assert not differing(truth, told_by(fresh.url("gateway"), ids))
                settle(lambda: not differing(truth, told_by(cinema.url("gateway"), ids)), "the gateway has missed something", 5)
                missed = differing(truth, told_by(twin.url("gateway"), ids))
                assert missed, "the twin, which does not look whether positions are dense, has missed nothing"
            with beside(cinema, "analytics") as fresh:
                settle(lambda: figures_by(fresh.url("analytics")) == figures_by(cinema.url("analytics")), "the figures differ", 20)
            sold = {s for seats in list(truth.values())[3:] for s in seats.values()}
            assert "held" in sold
        m.close()


# --- a Redis that says nothing, or something else ---


def test_without_an_answer_from_redis_facts_come_over_http(redis):
    with Up(embedded=True, REDIS_URL=redis.url) as cinema:
        m = Maker(cinema, through_gateway=True)
        with m.internal("gateway") as gateway:
            settle(lambda: metric(gateway, "taquilla_bus_connected") == 3, "the lines to Redis")
            film = m.make_movie()
            settle(lambda: metric(gateway, 'taquilla_bus_events_total{stream="movies"') >= 1, "the bus carries nothing")
            redis.process.send_signal(signal.SIGSTOP)
            for n in range(5):  # one's own change at once, whatever Redis does
                title = f"Changed {n}"
                ok(m.gateway.put(f"/api/movies/{film['_id']}", json={"title": title}))
                assert ok(m.gateway.get(f"/api/movie-details/{film['_id']}"))["movie"]["title"] == title
            began = time.monotonic()
            ok(m.movies.put(f"/api/movies/{film['_id']}", json={"title": "Elsewhere"}))
            settle(lambda: ok(m.gateway.get(f"/api/movie-details/{film['_id']}"))["movie"]["title"] == "Elsewhere", "the film", 5)
            assert time.monotonic() - began < 3

            def seen():
                health = gateway.get("/health")
                return health.status_code, health.json()["status"], health.json()["checks"]["redis"]["status"]

            settle(lambda: seen() == (200, "healthy", "away"), "it is not told that Redis is away")
            assert gateway.get("/health/ready").status_code == 200
            redis.process.send_signal(signal.SIGCONT)
            settle(lambda: seen() == (200, "healthy", "ok"), "Redis is not found again")
            before = metric(gateway, 'taquilla_bus_events_total{stream="rooms"')
            settle(lambda: (m.make_room(seats=0), metric(gateway, 'taquilla_bus_events_total{stream="rooms"'))[1] > before, "the bus")
        assert "p@ss" not in cinema.log() and "p%40ss" not in cinema.log()
        m.close()


def test_it_starts_without_redis(redis):
    redis.kill()
    with Up(embedded=True, REDIS_URL=redis.url) as cinema:
        m = Maker(cinema, through_gateway=True)
        showing = m.make_showing()
        m.book(showing)
        assert m.states(showing)[showing["seat_ids"][0]] == "held"
        redis.start()
        with m.internal("gateway") as gateway, m.internal("rooms") as rooms:
            settle(lambda: metric(gateway, "taquilla_bus_connected") == 3, "Redis is not found")
            settle(lambda: metric(rooms, 'taquilla_bus_behind{stream="rooms",role="relay"}') == 0, "the relay does not tell")
        assert int(redis.ask("XLEN", "taquilla:rooms")) == len(m.feed("rooms"))
        m.close()


def test_a_stranger_tells_nobody_anything(redis):
    """Another cinema on the same Redis, or who has broken into it."""
    with Up(embedded=True, REDIS_URL=redis.url) as cinema:
        m = Maker(cinema, through_gateway=True)
        film = m.make_movie()
        with m.internal("gateway") as gateway:
            settle(lambda: metric(gateway, "taquilla_bus_connected") == 3, "the lines to Redis")
            end = len(m.feed("movies"))
            forged = m.feed("movies")[-1]
            forged |= {"position": end + 1, "id": f"movies-{end + 1}"}
            forged["data"]["title"] = "Forged"
            for seal in (["seal", "0" * 32], ["seal", ""], []):
                redis.ask("DEL", "taquilla:movies")
                redis.ask("XADD", "taquilla:movies", f"{end + 1}-0", "event", json.dumps(forged), *seal, check=False)
                until = time.monotonic() + 0.3
                while time.monotonic() < until:
                    assert ok(m.gateway.get(f"/api/movie-details/{film['_id']}"))["movie"]["title"] == film["title"]
            for _ in range(3):
                film = m.make_movie()
                assert ok(m.gateway.get(f"/api/movie-details/{film['_id']}"))["movie"]["title"] == film["title"]
            assert "Forged" not in m.gateway.get("/api/movies?limit=100").text
        m.close()


# --- an owner that is an older copy of itself ---


def rooms_by(url):
    with httpx.Client(base_url=url, timeout=20) as door:
        return [(r["id"], r["name"]) for r in ok(door.get("/api/rooms?limit=1000"))]


class Shelf:
    """rooms and a gateway, each a process of its own, and copies of what rooms has."""

    def __init__(self, redis):
        token = secrets.token_hex(32)
        common = {"SERVICE_TOKEN": token, "REDIS_URL": redis.url}
        self.redis = redis
        self.rooms = Alone("rooms", MOVIES_API_URL="none", RESERVATIONS_API_URL="none", **common).start()
        url = self.rooms.url("rooms")  # the others are asked for nothing here
        self.gateway = Alone("gateway", ROOMS_API_URL=url, MOVIES_API_URL="http://127.0.0.1:9", RESERVATIONS_API_URL="http://127.0.0.1:9", **common)
        self.gateway.start()

    def write(self, *names):
        with self.rooms.door("rooms") as door:
            for name in names:
                ok(door.post("/api/rooms", json={"name": name, "capacity": 1}), 201)

    def agree(self, within_s=10):
        settle(lambda: rooms_by(self.rooms.url("rooms")) == rooms_by(self.gateway.url("gateway")), "another log's facts are told", within_s)

    def end_rooms(self):
        self.rooms.kill("rooms")
        self.rooms.process.wait(10)

    def keep(self):
        self.end_rooms()
        shutil.copytree(self.rooms.data, self.rooms.folder / "kept")
        self.rooms.start()

    def put_back(self):
        self.end_rooms()
        shutil.rmtree(self.rooms.data)
        shutil.copytree(self.rooms.folder / "kept", self.rooms.data)

    def stop(self):
        self.gateway.stop()
        self.rooms.stop()


@pytest.fixture
def shelf(redis):
    made = Shelf(redis)
    yield made
    made.stop()


def test_an_older_copy_drops_the_stream_of_the_longer_log(shelf, redis):
    shelf.write("a", "b", "c")
    shelf.keep()
    shelf.write("old 1", "old 2", "old 3", "old 4")
    shelf.agree()
    shelf.put_back()
    shelf.rooms.start()
    shelf.write("new 1")
    settle(lambda: shelf.rooms.log().count("stream_dropped") == 1, "the stream stays")
    settle(lambda: shelf.gateway.log().count("feed_shorter") == 1, "the shorter log is not seen")
    shelf.write("new 2", "new 3")
    shelf.agree()
    settle(lambda: redis.ask("XREVRANGE", "taquilla:rooms", "+", "-", "COUNT", 1).startswith("6-0"), "the relay")
    assert "old" not in redis.ask("XRANGE", "taquilla:rooms", "-", "+")


def test_what_redis_kept_of_a_longer_log_is_not_told_when_the_new_one_has_outgrown_it(shelf, redis):
    """Redis was away while the older copy was put back and grew: its stream has old facts at positions which the log has by now."""
    shelf.write("a", "b", "c")
    shelf.keep()
    shelf.write("old 1", "old 2", "old 3", "old 4")
    shelf.agree()
    redis.ask("BGREWRITEAOF")
    redis.ask("CONFIG", "SET", "appendfsync", "always")
    redis.kill()
    shelf.put_back()
    shelf.rooms.start()
    settle(lambda: shelf.gateway.log().count("feed_shorter") == 1, "the shorter log is not seen")
    shelf.write("new 1", "new 2")
    shelf.agree()
    # A reader at 5 when Redis comes back with the old 6 and 7, and a log which is there already.
    os.kill(shelf.gateway.pid("gateway"), signal.SIGSTOP)
    shelf.write("new 3", "new 4", "new 5", "new 6")
    redis.start()
    with shelf.rooms.door("rooms", token=shelf.rooms.settings["SERVICE_TOKEN"]) as rooms:
        settle(lambda: metric(rooms, "taquilla_bus_position") == 9, "the relay")
    assert "old 4" in redis.ask("XRANGE", "taquilla:rooms", "-", "+")
    os.kill(shelf.gateway.pid("gateway"), signal.SIGCONT)
    shelf.agree()
    shelf.write("new 7")
    shelf.agree()
    assert not any(name.startswith("old") for _, name in rooms_by(shelf.gateway.url("gateway")))


def test_a_copy_tells_redis_nothing(redis, tmp_path):
    with Up(embedded=True) as cinema:
        m = Maker(cinema)
        m.make_movie()
        m.close()
        cinema.stop(remove=False)
        (tmp_path / "real.env").write_text(f"DATA_DIR={tmp_path}/new\nROOMS_DATABASE_URL=sqlite:{tmp_path}/new\nREDIS_URL={redis.url}\n")
        for to in (tmp_path / "other", tmp_path / "real.env"):
            done = run("copy", cinema.data, to, REDIS_URL=redis.url)
            assert done.returncode == 0, done.stdout + done.stderr
    assert redis.ask("DBSIZE") == "0"


# --- the setting ---


@pytest.mark.parametrize(
    "url, why",
    [
        ("rediss://:s3cret@127.0.0.1:6379", "not encrypted"),
        ("http://:s3cret@127.0.0.1", "does not begin with redis://"),
        ("redis://:s3cret@", "the host is missing"),
        ("redis://:s3cret@h:x", "a port is a number"),
        ("redis://:s3cret@h/x", "number of a database"),
        ("redis://s3cret@h", "an account is"),
    ],
)
def test_an_address_that_is_none_is_refused_without_its_secret(url, why):
    for verb in ("rooms", "up"):
        done = run(verb, REDIS_URL=url)
        said = done.stdout + done.stderr
        assert done.returncode == 2 and why in said and "REDIS_URL" in said and "s3cret" not in said
