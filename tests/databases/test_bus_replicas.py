"""Two replicas of every owner, each with a relay of its own, tell one Redis; whoever dies, the streams go on and both gateways agree."""

import time

import httpx

from harness.door import ok
from harness.maker import Maker
from harness.redis import Redis
from harness.replicas import Replicas

LAG_S = 5


def settle(good, what, within_s=LAG_S):
    end = time.monotonic() + within_s
    while not good():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def positions(redis, service):
    """Of every entry of a stream, as they stand there."""
    lines = redis.ask("XRANGE", f"taquilla:{service}", "-", "+").splitlines()
    return [int(line.removesuffix("-0")) for line in lines if line.endswith("-0") and line.removesuffix("-0").isdigit()]


def films_by(url):
    with httpx.Client(base_url=url, timeout=10) as door:
        return sorted(film["_id"] for film in ok(door.get("/api/movies?limit=1000")))


def shown_by(up, showing):
    with httpx.Client(base_url=up.url("gateway"), timeout=10) as door:
        return {s["id"]: s["state"] for s in ok(door.get(f"/api/showtimes/{showing['id']}/seats"))["seats"]}


def test_relays_of_replicas_tell_each_event_once(servers):
    stores = servers.fresh(("movies", "rooms", "reservations"), {})
    with Redis() as redis, Replicas(2, stores=stores, REDIS_URL=redis.url, MAX_HOLDS_PER_USER=1000) as cinema:
        makers = [Maker(up) for up in cinema.ups]
        showing = makers[0].make_showing(seats=40)
        user = makers[1].make_user()
        for n, seat in enumerate(showing["seat_ids"]):
            settle(lambda: makers[n % 2].try_book(showing, [seat], user).status_code == 201, "a booking")
            makers[(n + 1) % 2].make_movie()
            if n == 20:
                for service in ("movies", "rooms", "reservations"):
                    cinema.ups[0].kill(service)
                cinema.ups[0].wait_ready()
        for service in ("movies", "rooms", "reservations"):
            there = list(range(1, len(makers[1].feed(service)) + 1))
            settle(lambda: positions(redis, service) == there, f"the stream of {service} is not the log")
        everything = films_by(cinema.ups[0].url("movies"))
        for up in cinema.ups:
            settle(lambda: films_by(up.url("gateway")) == everything and set(shown_by(up, showing).values()) == {"held"}, "a gateway")
            assert "stream_dropped" not in up.log()
        for m in makers:
            m.close()
