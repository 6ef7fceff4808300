"""The waiting room of a showing: places as signed tokens, turns at a bounded pace, and the door that asks for them."""

import asyncio
import base64
import re
import sqlite3
import time
from datetime import datetime, timedelta, timezone

import pytest

from harness.cinema import Alone, run
from harness.door import ok, refused
from harness.maker import unique
from harness.storm import Line
from harness.stream import Stream

HEADER = "taquilla-queue"
TOKEN = re.compile(r"[A-Za-z0-9_-]{98}")
SETTLED_S = 4  # a gateway gives no place in its first three seconds
DRAW_S = 15  # after the opening of a sale
ADMIN_TOKEN = "only-the-manager-knows-this-0123456789"


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def path(showing):
    return f"/api/showtimes/{showing['id']}/queue"


def premiere(m, **more):
    return m.make_showing(**({"waiting_room": True} | more))


def join(door, showing, status=201, **headers):
    standing = ok(door.post(path(showing), headers=headers), status)
    assert TOKEN.fullmatch(standing["token"]) and standing["state"] in ("drawn", "waiting", "admitted")
    assert (standing["position"] is None) == (standing["state"] == "drawn")
    assert (standing["position"] == 0) == (standing["state"] == "admitted")
    return standing


def look(door, showing, token):
    return ok(door.get(path(showing), headers={HEADER: token}))


def until(door, showing, token, *states, within_s=20):
    end = time.monotonic() + within_s
    while True:
        standing = look(door, showing, token)
        if standing["state"] in states:
            return standing
        assert time.monotonic() < end, standing
        token = standing["token"]
        time.sleep(0.05)


def admitted(door, showing):
    return until(door, showing, join(door, showing)["token"], "admitted")["token"]


def best(door, showing, token=None, **body):
    who = {"buyer": {"email": f"{unique('b')}@example.com", "name": "Ana"}, "count": 1} | body
    return door.post(f"/api/showtimes/{showing['id']}/best-seats", json=who, headers={HEADER: token} if token else {})


def metric(m, name):
    with m.internal("gateway") as door:
        return int(re.search(rf"^taquilla_queue_{name} (\d+)$", door.get("/metrics").text, re.M)[1])


@pytest.fixture(scope="module")
def settled(request):
    """A cinema whose gateway has long been there: its first buyer is admitted at once."""
    from harness.cinema import Cinema
    from harness.maker import Maker

    cinema = Cinema().start()
    time.sleep(SETTLED_S)
    yield Maker(cinema, through_gateway=True)
    cinema.stop()


# --- the showing ---


def test_a_showing_has_none_unless_rooms_says_so(settled):
    m = settled
    plain = m.make_showing()
    assert plain["waiting_room"] is False
    refused(m.gateway.post(path(plain)), 404, "queue_unknown")
    refused(m.gateway.get(path(plain)), 404, "queue_unknown")
    refused(m.gateway.get(path(plain) + "/stream?token=x"), 404, "queue_unknown")
    refused(m.gateway.post("/api/showtimes/99999999/queue"), 404, "showing_unknown")
    ok(best(m.gateway, plain), 201)
    marked = premiere(m)
    assert marked["waiting_room"] is True
    assert ok(m.gateway.get(f"/api/showtimes/{marked['id']}"))["waiting_room"] is True
    assert ok(m.rooms.get(f"/api/schedules/{marked['id']}"))["waiting_room"] is True
    refused(m.gateway.post("/api/schedules", json={"waiting_room": "perhaps"}), 400, "validation_failed")
    ok(best(m.gateway, plain), 201)


def test_it_is_switched_on_and_off(settled):
    m = settled
    showing = m.make_showing()
    ok(best(m.gateway, showing), 201)
    edited = ok(m.gateway.put(f"/api/schedules/{showing['id']}", json={"waiting_room": True}))
    assert edited["waiting_room"] is True and edited["price"] == showing["price"]
    refused(best(m.gateway, showing), 429, "queue_required")
    ok(m.gateway.put(f"/api/schedules/{showing['id']}", json={"price": 7}))
    refused(best(m.gateway, showing), 429, "queue_required")
    ok(m.gateway.put(f"/api/schedules/{showing['id']}", json={"waiting_room": False}))
    ok(best(m.gateway, showing), 201)


# --- the door ---


def test_every_way_to_book_asks_for_the_turn(settled):
    m = settled
    showing = premiere(m)
    body = m.booking(showing)
    ways = ("/api/book-ticket", "/api/book-ticket/", "/api/reservations", "/api/reservations/", "/api/reservations//", "/api/%72eservations")
    for way in ways:
        for scheduled in (showing["id"], str(showing["id"])):
            answer = m.gateway.post(way, json=body | {"scheduleId": scheduled})
            assert "POST /api/showtimes/" in refused(answer, 429, "queue_required")["error"]
            assert int(answer.headers["retry-after"]) >= 1
    refused(best(m.gateway, showing), 429, "queue_required")
    assert len([s for s in m.seat_map(showing)["seats"] if s["state"] == "free"]) == 20
    for broken in ({}, {"scheduleId": None}, {"scheduleId": [showing["id"]]}):
        refused(m.gateway.post("/api/book-ticket", json=broken), 400)
    token = admitted(m.gateway, showing)
    ok(m.gateway.post("/api/book-ticket", json=body, headers={HEADER: token}), 201)
    ok(m.gateway.post("/api/reservations", json=m.booking(showing, showing["seat_ids"][1:2]), headers={HEADER: token}), 201)
    ok(best(m.gateway, showing, token), 201)


def test_the_first_is_admitted_at_once(settled):
    m = settled
    showing = premiere(m)
    outside = ok(m.gateway.get(path(showing)))
    assert (outside["state"], outside["token"], outside["position"], outside["from"]) == ("outside", None, 0, None)
    standing = join(m.gateway, showing)
    assert standing["state"] == "admitted" and standing["waitSeconds"] == 0
    assert moment(standing["until"]) - moment(standing["from"]) == timedelta(seconds=600)
    assert join(m.gateway, showing, 200, **{HEADER: standing["token"]})["from"] == standing["from"], "who has a place keeps it"
    ok(best(m.gateway, showing, standing["token"]), 201)


def test_what_is_no_token(settled):
    m = settled
    showing, other = premiere(m), premiere(m)
    token = admitted(m.gateway, showing)
    raw = base64.urlsafe_b64decode(token + "==")
    forged = [base64.urlsafe_b64encode(bytes(b ^ (i == at) for i, b in enumerate(raw))).decode().rstrip("=") for at in range(0, 73, 6)]
    for wrong in [*forged, token[:-1], token[1:], token + "A", token.swapcase(), "x", "0" * 98, "é" * 49, "A" * 5000, '{"a":1}']:
        refused(best(m.gateway, showing, wrong.encode()), 403, "queue_token_invalid")
        refused(m.gateway.get(path(showing), headers={HEADER: wrong.encode()}), 403, "queue_token_invalid")
    refused(best(m.gateway, other, token), 403, "queue_token_invalid")
    refused(m.gateway.get(path(other), headers={HEADER: token}), 403, "queue_token_invalid")
    refused(m.gateway.get(path(showing) + "/stream", params={"token": forged[0]}), 403, "queue_token_invalid")
    refused(m.gateway.get(path(showing), params={"token": "x" * 201}), 400)
    assert join(m.gateway, showing, 201, **{HEADER: forged[0]})["token"] != token, "a new place for who shows none"
    assert token not in m.cinema.log() and raw[33:41].hex() not in m.cinema.log()


def test_one_admission_is_good_for_few_bookings(settled):
    m = settled
    showing = premiere(m, seats=10)
    token = admitted(m.gateway, showing)
    for _ in range(5):  # what is refused does not count
        refused(best(m.gateway, showing, token, count=20), 409)
    for _ in range(3):
        ok(best(m.gateway, showing, token), 201)
    refused(best(m.gateway, showing, token), 429, "queue_required")
    ok(best(m.gateway, showing, admitted(m.gateway, showing)), 201)


def test_many_at_once_with_one_admission(settled):
    m = settled
    showing = premiere(m, seats=40)
    token = admitted(m.gateway, showing)

    async def all_at_once():
        lines = [Line(m.cinema.port("gateway")) for _ in range(30)]
        body = {"count": 1}
        answers = await asyncio.gather(*(
            line.ask("POST", f"/api/showtimes/{showing['id']}/best-seats",
                     body | {"buyer": {"email": f"{unique('c')}@example.com", "name": "Ana"}}, **{HEADER: token})
            for line in lines))
        for line in lines:
            await line.close()
        return [status for status, _ in answers]

    statuses = asyncio.run(all_at_once())
    assert statuses.count(201) <= 3 and statuses.count(429) >= 27, statuses


def test_the_same_key_is_the_same_place(settled):
    m = settled
    showing, other = premiere(m), premiere(m)
    key = {"idempotency-key": unique("k")}
    first = join(m.gateway, showing, **key)
    again = join(m.gateway, showing, **key)
    assert (first["from"], first["until"]) == (again["from"], again["until"])
    assert join(m.gateway, showing)["from"] > first["from"]
    assert join(m.gateway, other, **key)["token"] != first["token"]


def test_sales_that_are_over_have_no_queue(settled):
    m = settled
    closed = premiere(m, sales_close_at=m.at(seconds=-5))
    refused(m.gateway.post(path(closed)), 409, "sales_closed")
    gone = premiere(m)
    ok(m.gateway.delete(f"/api/schedules/{gone['id']}"))
    refused(m.gateway.post(path(gone)), 409, "showing_cancelled")


def test_a_page_elsewhere_may_show_its_token(settled):
    m = settled
    asked = {"origin": "http://localhost:3000", "access-control-request-method": "POST", "access-control-request-headers": HEADER}
    answer = m.gateway.options("/api/book-ticket", headers=asked)
    assert answer.status_code == 204 and answer.headers["access-control-allow-headers"] == HEADER


# --- turns ---


def test_turns_come_one_after_another(opened):
    m = opened(ADMISSIONS_PER_MINUTE=40, ADMISSION_SECONDS=3)  # one in 1.5 s
    early = premiere(m)
    unsettled = join(m.gateway, early)  # may be drawn: this gateway has just been started
    until(m.gateway, early, unsettled["token"], "admitted")
    time.sleep(SETTLED_S)
    showing = premiere(m)
    time.sleep(0.3)
    places = [join(m.gateway, showing) for _ in range(4)]
    turns = [moment(p["from"]) for p in places]
    assert all(b - a >= timedelta(seconds=1.5) for a, b in zip(turns, turns[1:]))
    assert [p["position"] for p in places] == [0, 1, 2, 3] and {p["perMinute"] for p in places} == {40}
    assert 4 <= places[3]["waitSeconds"] <= 5 and places[3]["state"] == "waiting"
    assert metric(m, "waiting") == 3
    outside = ok(m.gateway.get(path(showing)))
    assert outside["position"] == 4 and outside["waitSeconds"] in (5, 6)

    answer = best(m.gateway, showing, places[3]["token"])
    refused(answer, 429, "queue_waiting")
    assert 4 <= int(answer.headers["retry-after"]) <= 5
    ok(best(m.gateway, showing, places[0]["token"]), 201)
    assert until(m.gateway, showing, places[1]["token"], "admitted")["position"] == 0
    ok(best(m.gateway, showing, places[1]["token"]), 201)
    time.sleep(max(0, (moment(places[1]["until"]) - datetime.now(timezone.utc)).total_seconds()) + 0.1)
    refused(best(m.gateway, showing, places[1]["token"]), 429, "queue_required")
    refused(m.gateway.get(path(showing), headers={HEADER: places[1]["token"]}), 429, "queue_required")
    assert metric(m, "admitted_total") == 2 and metric(m, "refused_total") == 2 and metric(m, "places_total") == 5


def test_no_place_that_the_sale_would_not_reach(opened):
    m = opened(ADMISSIONS_PER_MINUTE=1)
    time.sleep(SETTLED_S)
    showing = premiere(m, sales_close_at=m.at(seconds=90))
    time.sleep(0.3)
    assert [join(m.gateway, showing)["position"] for _ in range(2)] == [0, 1]
    refused(m.gateway.post(path(showing)), 409, "queue_full")


def test_an_address_takes_so_many_places(opened):
    m = opened(ADDRESS_PLACES_PER_MINUTE=3, ADMIN_TOKEN=ADMIN_TOKEN)
    showing = premiere(m)
    time.sleep(0.3)
    with m.cinema.door("gateway") as visitor:
        token = join(visitor, showing)["token"]
        join(visitor, showing), join(visitor, showing)
        answer = visitor.post(path(showing))
        assert "places" in refused(answer, 429, "too_many_requests")["error"] and int(answer.headers["retry-after"]) >= 10
        join(visitor, showing, 200, **{HEADER: token})
        look(visitor, showing, token)
        refused(best(visitor, showing), 429, "queue_required")
    join(m.gateway, showing)  # the manager's
    ok(best(m.gateway, showing), 201)  # so is the till's: it has no queue


def test_the_order_of_a_sale_that_opens_is_drawn(opened):
    m = opened(ADMISSIONS_PER_MINUTE=600)
    showing = premiere(m, sales_open_at=m.at(seconds=6))
    time.sleep(0.3)
    opens = moment(showing["sales_open_at"])
    places = [join(m.gateway, showing) for _ in range(40)]
    assert {p["state"] for p in places} == {"drawn"} and {p["position"] for p in places} == {None}
    draws = [moment(p["from"]) for p in places]
    assert all(opens <= d <= opens + timedelta(seconds=DRAW_S) for d in draws)
    inversions = sum(a > b for i, a in enumerate(draws) for b in draws[i + 1:])
    assert 200 < inversions < 580, f"{inversions} of 780 pairs are turned: 390 are expected, 45 its deviation"
    refused(best(m.gateway, showing, places[0]["token"]), 429, "queue_waiting")

    first = min(places, key=lambda p: p["from"])
    with Stream(f"{m.cinema.url('gateway')}{path(showing)}/stream", token=first["token"]) as stream:
        stream.until(lambda s: s.ended.is_set(), within_s=DRAW_S + 8)
        told = [data["state"] for _, kind, data in stream.events if kind == "place"]
        assert told[0] == "drawn" and told[-1] == "admitted"
        mine = [i for i, kind, _ in stream.events if kind == "place"][-1]
        ok(best(m.gateway, showing, mine), 201)
    time.sleep(max(0, (max(draws) - datetime.now(timezone.utc)).total_seconds()) + 0.2)
    placed = [look(m.gateway, showing, p["token"]) for p in places]
    assert {p["state"] for p in placed} <= {"waiting", "admitted"}
    assert [look(m.gateway, showing, p["token"])["from"] for p in places] == [p["from"] for p in placed], "one place each"
    turns = sorted(moment(p["from"]) for p in placed)
    assert all(b - a >= timedelta(milliseconds=100) for a, b in zip(turns, turns[1:]))
    time.sleep(max(0, (opens + timedelta(seconds=DRAW_S) - datetime.now(timezone.utc)).total_seconds()) + 0.1)
    assert join(m.gateway, showing)["state"] in ("waiting", "admitted"), "the draw is over"


# --- listening ---


def test_listeners_are_told(settled):
    m = settled
    showing = premiere(m)
    places = [join(m.gateway, showing) for _ in range(25)]  # ten a second
    url = f"{m.cinema.url('gateway')}{path(showing)}/stream"
    last = places[-1]
    with Stream(url, token=last["token"]) as stream, Stream(url, token=places[0]["token"]) as first:
        stream.until(lambda s: s.events)
        assert stream.status == 200 and stream.type == "text/event-stream"
        first.until(lambda s: s.ended.is_set())
        assert [(kind, data["state"]) for _, kind, data in first.events] == [("place", "admitted")]
        stream.until(lambda s: s.ended.is_set())
        kinds = [kind for _, kind, _ in stream.events]
        assert kinds[0] == kinds[-1] == "place" and "front" in kinds[1:-1]
        assert stream.events[0][2]["from"] == last["from"] == stream.events[-1][2]["from"]
        assert stream.events[-1][2]["state"] == "admitted"
        assert moment(stream.events[-1][2]["now"]) - moment(last["from"]) < timedelta(seconds=1)
        front = next(data for _, kind, data in stream.events if kind == "front")
        assert front["free"] == 20 and 0 < front["waiting"] <= 25
        ok(best(m.gateway, showing, stream.events[-1][0]), 201)
    assert metric(m, "listeners") == 0
    newest = {"Last-Event-ID": last["token"]}
    with Stream(url, newest, token="no token at all") as back:
        back.until(lambda s: s.ended.is_set())
        assert back.events[-1][2]["state"] == "admitted"


def test_listeners_hear_that_nobody_waits_any_more(settled):
    m = settled
    showing = premiere(m)
    for _ in range(200):
        last = join(m.gateway, showing)
    with Stream(f"{m.cinema.url('gateway')}{path(showing)}/stream", token=last["token"]) as stream:
        stream.until(lambda s: s.events)
        ok(m.gateway.put(f"/api/schedules/{showing['id']}", json={"waiting_room": False}))
        stream.until(lambda s: s.ended.is_set())
        assert stream.events[-1][1] == "opened"
    ok(best(m.gateway, showing), 201)


def test_a_crowd_listens(opened):
    """Hundreds listen at once; each hears of its turn when it comes, and not before."""
    m = opened(ADMISSIONS_PER_MINUTE=6000)  # a hundred a second
    time.sleep(SETTLED_S)
    showing = premiere(m)
    time.sleep(0.3)

    async def listener(line):
        status, body = await line.ask("POST", path(showing), {})
        assert status == 201
        place = body["data"]
        reader, writer = await asyncio.open_connection("127.0.0.1", m.cinema.port("gateway"))
        writer.write(f"GET {path(showing)}/stream?token={place['token']} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        text = (await asyncio.wait_for(reader.read(), 30)).decode()
        writer.close()
        assert " 200 " in text.split("\r\n")[0] and text.count("event: place") in (1, 2)
        assert text.rindex('"state":"admitted"') > text.rindex("event: place")
        return time.time() - moment(place["from"]).timestamp()

    async def all_of_them():
        lines = [Line(m.cinema.port("gateway")) for _ in range(400)]
        late = await asyncio.gather(*(listener(line) for line in lines))
        for line in lines:
            await line.close()
        return late

    late = sorted(asyncio.run(all_of_them()))
    assert late[0] >= 0, "nobody hears of his turn before it comes"
    assert late[len(late) // 2] < 1.5, f"half of them heard of it {late[len(late) // 2]:.2f} s late"
    assert metric(m, "listeners") == 0


# --- many, restarts and others ---

BUYERS, PACE = 2000, 15000  # 250 a second


def test_two_thousand_come_in_at_the_pace(opened):
    """Each comes, waits, asks, and books as early as it may; a tenth is too early on purpose."""
    m = opened(ADMISSIONS_PER_MINUTE=PACE)
    time.sleep(SETTLED_S)
    showing = premiere(m, seats=100)
    time.sleep(0.3)
    port, came = m.cinema.port("gateway"), []

    async def buyer(n, line):
        status, body = await line.ask("POST", path(showing), {})
        assert status == 201, body
        place = body["data"]
        came.append((n, place))
        return place

    async def book(n, place, line):
        wait = (moment(place["from"]) - datetime.now(timezone.utc)).total_seconds()
        if n % 10 == 0 and wait > 1:
            status, body = await line.ask("POST", f"/api/showtimes/{showing['id']}/best-seats", {"count": 1}, **{HEADER: place["token"]})
            assert (status, body["code"]) == (429, "queue_waiting"), body
        await asyncio.sleep(max(0, (moment(place["from"]) - datetime.now(timezone.utc)).total_seconds()))
        who = {"email": f"queue{n}@example.com", "name": "Ana"}
        status, body = await line.ask("POST", f"/api/showtimes/{showing['id']}/best-seats", {"count": 1, "buyer": who}, **{HEADER: place["token"]})
        return status, body.get("code")

    async def all_of_them():
        lines = [Line(port) for _ in range(200)]

        async def of(i):
            mine = [(n, await buyer(n, lines[i])) for n in range(i, BUYERS, 200)]
            return [await book(n, place, lines[i]) for n, place in mine]

        outcomes = await asyncio.gather(*(of(i) for i in range(200)))
        for line in lines:
            await line.close()
        return [one for some in outcomes for one in some]

    outcomes = asyncio.run(all_of_them())
    assert len(outcomes) == BUYERS and outcomes.count((201, None)) == 100, "every seat was sold"
    assert {code for status, code in outcomes if status != 201} <= {"sold_out", "queue_required"}, set(outcomes)
    assert sum(code == "queue_required" for _, code in outcomes) == 0, "nobody's turn was lost"
    turns = [round(moment(place["from"]).timestamp() * 1000) for _, place in came]
    issued = [moment(place["issuedAt"]) for _, place in came]
    by_turn = sorted(range(BUYERS), key=lambda i: turns[i])
    assert all(issued[a] <= issued[b] for a, b in zip(by_turn, by_turn[1:])), "first come, first served"
    turns.sort()
    within = PACE // 60
    assert all(turns[i + within] - turns[i] >= 999 for i in range(BUYERS - within)), "never more in a second"
    assert turns[-1] - turns[0] <= 1000 * BUYERS / within + 2000, "nobody starves, no turn is wasted"


def test_a_restart_forgets_nobody(opened):
    m = opened(ADMISSIONS_PER_MINUTE=60)
    time.sleep(SETTLED_S)
    showing = premiere(m)
    time.sleep(0.3)
    places = [join(m.gateway, showing) for _ in range(15)]
    old = m.cinema.kill("gateway")
    end = time.monotonic() + 15
    while m.cinema.pid("gateway") in (None, old):
        assert time.monotonic() < end
        time.sleep(0.05)
    m.cinema.wait_ready(["gateway"])
    again = [look(m.gateway, showing, p["token"]) for p in places]
    assert [p["from"] for p in again] == [p["from"] for p in places]
    newcomer = until(m.gateway, showing, join(m.gateway, showing)["token"], "waiting", "admitted")
    assert moment(newcomer["from"]) >= moment(places[-1]["from"]) + timedelta(seconds=1), "behind all who waited"
    ok(best(m.gateway, showing, places[0]["token"]), 201)
    refused(best(m.gateway, showing, places[-1]["token"]), 429, "queue_waiting")


def test_gateways_take_each_others_tokens(opened):
    m = opened(ADMISSIONS_PER_MINUTE=600, ADMISSION_GATEWAYS=2)
    owners = {f"{s.upper()}_API_URL": m.cinema.url(s) for s in ("movies", "rooms", "reservations")}
    other = Alone("gateway", **owners, SERVICE_TOKEN=m.cinema.service_token, ADMISSIONS_PER_MINUTE=600, ADMISSION_GATEWAYS=2,
                  ANALYTICS_API_URL="none", INGESTION_API_URL="none").start()
    stranger = Alone("gateway", **owners, SERVICE_TOKEN="x" * 64, ANALYTICS_API_URL="none", INGESTION_API_URL="none").start(wait=False)
    try:
        showing = premiere(m, seats=40)
        time.sleep(SETTLED_S)
        with other.door("gateway") as there:
            here = [join(m.gateway, showing) for _ in range(20)]
            away = [join(there, showing) for _ in range(20)]
            for places in (here, away):
                turns = [moment(p["from"]) for p in places]
                assert all(b - a >= timedelta(milliseconds=200) for a, b in zip(turns, turns[1:])), "each its half of the pace"
            assert look(there, showing, here[-1]["token"])["from"] == here[-1]["from"]
            assert look(m.gateway, showing, away[-1]["token"])["from"] == away[-1]["from"]
            ok(best(there, showing, until(there, showing, here[5]["token"], "admitted")["token"]), 201)
            ok(best(m.gateway, showing, until(m.gateway, showing, away[5]["token"], "admitted")["token"]), 201)
    finally:
        stranger.abandon()
        other.stop()


def test_backups_and_the_log_know_of_it(tmp_path):
    from harness.cinema import Cinema
    from harness.maker import Maker

    with Cinema(folder=tmp_path, embedded=True) as cinema:
        m = Maker(cinema)
        waits, plain, was = premiere(m), m.make_showing(), premiere(m)
        ok(m.rooms.put(f"/api/schedules/{was['id']}", json={"waiting_room": False}))
        m.close()
    for what in (("backup", "--to", tmp_path / "kept", "--data", cinema.data), ("restore", "--from", tmp_path / "kept", "--data", tmp_path / "back"),
                 ("replay", "--data", tmp_path / "back")):
        done = run(*what, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    with sqlite3.connect(tmp_path / "back" / "rooms.db") as db:
        assert db.execute("SELECT schedule_id FROM waiting_rooms").fetchall() == [(waits["id"],)]
    assert plain["waiting_room"] is False


@pytest.mark.parametrize("name,bad", [("ADMISSIONS_PER_MINUTE", 0), ("ADMISSION_SECONDS", 0), ("ADMISSION_GATEWAYS", 0),
                                      ("ADMISSIONS_PER_MINUTE", "many"), ("ADDRESS_PLACES_PER_MINUTE", -1)])
def test_settings_that_are_none(name, bad):
    done = run("gateway", "--port", "0", timeout=20, **{name: bad})
    assert done.returncode == 2 and name in done.stderr
