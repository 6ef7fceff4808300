"""An owner's tables as they stand at one moment, while others buy; and back into an empty store that opens when all is there."""

import json
import random
import re
import threading

import httpx
import pytest

from harness.cinema import Alone, Cinema
from harness.door import ok
from harness.maker import Maker, unique
from harness.tables import OWNERS, Tables, export_all, restore_all, sums

COLUMNS = {
    "movies": {
        "movies": "_id title description duration genre director cast releaseDate rating posterUrl trailerUrl isActive "
        "createdAt updatedAt",
        "genres": "_id name description createdAt updatedAt",
        "posters": "movieId part digest data",
        "log": "position type subject time data",
    },
    "rooms": {
        "rooms": "id name capacity screen_type is_active created_at updated_at",
        "seats": "id room_id row_number seat_number seat_type is_available accessible house created_at",
        "schedules": "id movie_id room_id show_time price is_active sales_open_at sales_close_at length_minutes created_at "
        "updated_at",
        "sales_stops": "schedule_id",
        "waiting_rooms": "schedule_id",
        "log": "position type subject time data",
    },
    "reservations": {
        "users": "id email name phone created_at updated_at erased_at",
        "showings": "schedule_id movie_id room_id starts_at ends_at sales_stopped",
        "reservations": "id user_id schedule_id movie_id total_amount status hold reservation_date expires_at confirmed_at "
        "cancelled_at deleted_at",
        "reserved_seats": "id reservation_id seat_id row_number seat_number ticket_type price",
        "seat_claims": "schedule_id seat_id reservation_id held_until",
        "payments": "id reservation_id amount payment_method payment_status transaction_id payment_date refunded_at ask_at "
        "asked_until grace_until refund_due",
        "payment_keys": "payment_id scope key body_hash",
        "checkins": "id reservation_id seat_id schedule_id checked_in_at recorded_at place",
        "secrets": "name value",
        "log": "position type subject time data",
    },
}
KEYS = {"seat_claims": ("schedule_id", "seat_id"), "log": ("position",), "movies": ("_id",), "genres": ("_id",)} | {
    table: ("schedule_id",) for table in ("showings", "sales_stops", "waiting_rooms")
}
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
ROUTES = [
    ("GET", "/export"),
    ("GET", "/export/log"),
    ("POST", "/internal/restore/start"),
    ("POST", "/internal/restore/rows"),
    ("POST", "/internal/restore/finish"),
]


@pytest.fixture(scope="module")
def lived():
    """A cinema in which a little of everything happened; nothing changes in it by itself."""
    with Cinema() as cinema:
        m = Maker(cinema)
        m.tickets = live(m)
        yield m
        m.close()


def live(m):
    film = m.make_movie(title="Amélie", rating=8.1, cast=["Audrey Tautou", 'Ein "Zitat"'], genre=["Comedia", "Romance"])
    ok(m.movies.post("/api/genres", json={"name": "Comedia", "description": "☺\u0001"}), 201)
    ok(m.movies.put(f"/api/movies/{film['_id']}", json={"rating": 8.3}))
    room = m.make_room(seats=30)
    showing = m.make_showing(movie=film, room=room, start=m.at(days=2), price=12.55)
    seats = showing["seat_ids"]
    paid = m.book(showing, seats[0:3])
    m.pay(paid)
    declined = m.book(showing, seats[3:4])
    assert m.try_pay(declined, method="test_decline").status_code == 402
    m.pay(declined)
    refunded = m.book(showing, seats[4:6])
    m.pay(refunded)
    ok(m.cancel(refunded))
    ok(m.cancel(m.book(showing, seats[6:7])))
    waiting = m.book(showing, seats[7:9])  # of the old kind: it follows its showing
    deleted = m.book(showing, seats[9:10])
    ok(m.reservations.delete(f"/api/reservations/{deleted['id']}"))
    erased = m.make_user(phone=None)
    ok(m.reservations.delete(f"/api/users/{erased['id']}"))
    ok(m.rooms.put(f"/api/schedules/{showing['id']}", json={"show_time": m.at(days=3)}))
    ok(m.rooms.put(f"/api/rooms/{room['id']}/seats/{seats[29]}", json={"is_available": False}))
    m.states_once(showing, lambda states: states[seats[0]] == "sold")
    moved_end = m.read(waiting)["expiresAt"]
    while m.read(waiting)["expiresAt"] == waiting["expiresAt"]:
        pass
    assert moved_end
    with Tables(m.cinema, "reservations") as tables:  # what was cancelled goes back to its payer a little later
        while any('"refund_due":true' in row for row in tables.export("payments")[0]["payments"]):
            pass
    return {"film": film, "room": room, "showing": showing, "paid": paid, "refunded": refunded, "waiting": waiting}


# --- who may ---


@pytest.fixture(scope="module")
def closed_house(g):
    """A cinema with ADMIN_TOKEN and data: no restore can begin there."""
    g.book(g.make_showing())
    return g.cinema


@pytest.mark.parametrize("service", OWNERS)
@pytest.mark.parametrize("method, path", ROUTES)
def test_only_the_service_token_opens(closed_house, service, method, path):
    body = {"table": "log", "rows": []} if "rows" in path else {"tables": []} if "finish" in path else {}
    with httpx.Client(base_url=closed_house.url(service)) as http:

        def status(**headers):
            return http.request(method, path, headers=headers, json=body if method == "POST" else None).status_code

        assert status() == 401
        assert status(authorization="Bearer wrong") == 401
        assert status(authorization=f"Bearer {closed_house.admin_token}") == 401
        own = f"Bearer {closed_house.service_token}"
        for origin in ("http://localhost:3000", "https://app.example", "https://elsewhere.example"):
            assert status(authorization=own, origin=origin) == 403
        assert status(authorization=own) == (200 if method == "GET" else 409)  # there is data, and no restore runs
        answer = http.request("OPTIONS", path, headers={"origin": "http://localhost", "access-control-request-method": method})
        assert "access-control-allow-origin" not in answer.headers


# --- what is in it ---


@pytest.mark.parametrize("service", OWNERS)
def test_rows_have_their_columns_in_order_of_their_keys(lived, service):
    with Tables(lived.cinema, service) as tables:
        found, position = tables.export()
        assert position == len(found["log"])
        order = [t for t in COLUMNS[service] if t in found]
        assert list(found) == order
        for table, lines in found.items():
            rows = [json.loads(line) for line in lines]
            assert all(list(row) == COLUMNS[service][table].split() for row in rows), table
            keys = [tuple(row[k] for k in KEYS.get(table, list(row)[:1])) for row in rows]
            assert keys == sorted(keys) and len(set(keys)) == len(keys)
            for row in rows:
                for name, value in row.items():
                    if name.endswith(("_at", "At", "_until")) or name in ("time", "reservation_date", "payment_date"):
                        assert value is None or INSTANT.match(value), (name, value)


@pytest.mark.parametrize("service", OWNERS)
def test_one_table_is_the_same_lines_bare(lived, service):
    with Tables(lived.cinema, service) as tables:
        found, _ = tables.export()
        for table in COLUMNS[service]:
            answer = tables.http.get(f"/export/{table}")
            assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
            assert answer.text == "".join(line + "\n" for line in found.get(table, []))
            assert tables.export(table)[0] == ({table: found[table]} if table in found else {})


def test_tables_come_in_their_own_order(lived):
    with Tables(lived.cinema, "reservations") as tables:
        found, _ = tables.export("log", "users", "payments")
        assert list(found) == ["users", "payments", "log"]
        answer = tables.http.get("/export", params={"tables": "users,nothing"})
        assert answer.status_code == 404 and answer.json()["code"] == "table_unknown"
        for table in ("nothing", "once_keys", "restore_state", "sqlite_master", "users;"):
            answer = tables.http.get(f"/export/{table}")
            assert answer.status_code == 404 and answer.json()["code"] == "table_unknown"
            assert "reserved_seats" in answer.json()["detail"]


def test_a_head_has_no_body(lived):
    with Tables(lived.cinema, "rooms") as tables:
        answer = tables.http.head("/export")
        assert answer.status_code == 200 and answer.content == b""
        for _ in range(6):  # more than may be open at once
            tables.http.head("/export/rooms")
        assert tables.export()


def test_values_are_as_the_facts_are(lived):
    t = lived.tickets
    with Tables(lived.cinema, "reservations") as tables:
        rows = tables.rows()
    by_id = {r["id"]: r for r in rows["reservations"]}
    paid, refunded, waiting = by_id[t["paid"]["id"]], by_id[t["refunded"]["id"]], by_id[t["waiting"]["id"]]
    assert paid["status"] == "CONFIRMED" and paid["total_amount"] == 37.65
    assert paid["confirmed_at"] and paid["cancelled_at"] is None and paid["expires_at"] is None
    assert refunded["status"] == "CANCELLED" and refunded["confirmed_at"] <= refunded["cancelled_at"]
    assert waiting["status"] == "PENDING" and waiting["confirmed_at"] is None and waiting["hold"] is False
    payments = {p["reservation_id"]: p for p in rows["payments"]}
    assert payments[refunded["id"]]["payment_status"] == "REFUNDED"
    assert payments[refunded["id"]]["refunded_at"] == refunded["cancelled_at"]
    assert payments[paid["id"]]["refunded_at"] is None
    gone = [u for u in rows["users"] if u["erased_at"]]
    assert len(gone) == 1 and gone[0]["email"] is gone[0]["name"] is None
    assert all(c["held_until"] is None for c in rows["seat_claims"] if c["reservation_id"] == paid["id"])
    with Tables(lived.cinema, "rooms") as tables:
        showing = tables.rows("schedules")["schedules"][0]
    assert showing["price"] == 12.55 and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", showing["show_time"])


# --- one moment ---

EVENTS_SEEN = 400


def check_moment(rows, position):
    """Every number agrees with every other: nothing is seen by half."""
    seats, prices = {}, {}
    for seat in rows.get("reserved_seats", []):
        seats.setdefault(seat["reservation_id"], set()).add(seat["seat_id"])
        prices[seat["reservation_id"]] = prices.get(seat["reservation_id"], 0) + round(seat["price"] * 100)
    claims = {}
    for claim in rows.get("seat_claims", []):
        claims.setdefault(claim["reservation_id"], set()).add(claim["seat_id"])
    made = {e["data"]["id"]: e["data"] for e in rows["log"] if e["type"].startswith("reservation.")}
    assert [e["position"] for e in rows["log"]] == list(range(1, position + 1))
    assert {r["id"] for r in rows.get("reservations", [])} == set(made) == set(seats)
    users = {u["id"] for u in rows["users"]}
    paid = {p["reservation_id"] for p in rows.get("payments", []) if p["payment_status"] == "COMPLETED"}
    for r in rows.get("reservations", []):
        assert r["user_id"] in users
        assert round(r["total_amount"] * 100) == prices[r["id"]], r
        assert {s["seatId"] for s in made[r["id"]]["seats"]} == seats[r["id"]]
        assert made[r["id"]]["status"] == r["status"], r
        assert claims.get(r["id"], set()) == (seats[r["id"]] if r["status"] in ("PENDING", "CONFIRMED") else set()), r
        assert (r["id"] in paid) == (r["status"] == "CONFIRMED"), r
        assert (r["confirmed_at"] is not None) >= (r["status"] == "CONFIRMED")
        assert (r["cancelled_at"] is not None) == (r["status"] == "CANCELLED")


def buy_and_cancel(cinema, showings, users, ends, problems):
    dice = random.Random(unique("dice"))
    m = Maker(cinema)
    try:
        while not ends.is_set():
            showing = dice.choice(showings)
            answer = m.try_book(showing, dice.sample(showing["seat_ids"], dice.randint(1, 4)), user=dice.choice(users))
            assert answer.status_code in (201, 409), answer.text
            if answer.status_code == 409:
                continue
            fate, booked = dice.random(), ok(answer, 201)
            if fate < 0.6:
                m.pay(booked)
            if fate > 0.4:
                ok(m.cancel(booked))
    except Exception as problem:  # noqa: BLE001 - told to the test
        problems.append(problem)
    finally:
        m.close()


@pytest.mark.long
def test_an_export_is_one_moment_of_a_busy_box_office():
    with Cinema(MAX_HOLDS_PER_USER=10000) as cinema:
        m = Maker(cinema)
        film = m.make_movie(duration=1)
        showings = [m.make_showing(movie=film, seats=100, price=3.35) for _ in range(3)]
        users = [m.make_user() for _ in range(5)]
        ends, problems = threading.Event(), []
        buyers = [
            threading.Thread(target=buy_and_cancel, args=(cinema, showings, users, ends, problems)) for _ in range(6)
        ]
        for buyer in buyers:
            buyer.start()
        position, moments = 0, set()
        try:
            with Tables(cinema, "reservations") as tables:
                while position < EVENTS_SEEN and not problems:
                    found, position = tables.export()
                    moments.add(position)
                    check_moment({t: [json.loads(line) for line in lines] for t, lines in found.items()}, position)
        finally:
            ends.set()
            for buyer in buyers:
                buyer.join()
        assert not problems, problems
        assert len(moments) > 5
        m.close()


def test_a_slow_reader_gets_the_moment_at_which_it_began(opened):
    """The rest of an export is read long after what was written meanwhile."""
    m = opened()
    room = m.make_room(seats=10000, per_row=100)
    with Tables(m.cinema, "rooms") as tables:
        with tables.http.stream("GET", "/export") as answer:
            lines = answer.iter_lines()
            first = next(lines)
            for seat in room["seats"][-3:]:
                ok(m.rooms.put(f"/api/rooms/{room['id']}/seats/{seat['id']}", json={"seat_type": "vip"}))
            rest = list(lines)
        seats = [json.loads(line)["row"] for line in [first, *rest] if line.startswith('{"table":"seats"')]
        assert len(seats) == 10000 and {s["seat_type"] for s in seats} == {"regular"}
        assert json.loads(rest[-1])["position"] == 2
        assert len([line for line in rest if line.startswith('{"table":"log"')]) == 2
        assert [s["seat_type"] for s in tables.rows("seats")["seats"][-4:]] == ["regular", "vip", "vip", "vip"]


@pytest.mark.long
def test_exports_are_bounded_and_come_again(opened):
    m = opened()
    m.make_room(seats=10000, per_row=100)
    m.make_room(seats=10000, per_row=100)
    with Tables(m.cinema, "rooms") as tables:
        open_ones = [tables.http.stream("GET", "/export") for _ in range(4)]
        answers = [one.__enter__() for one in open_ones]
        assert [a.status_code for a in answers] == [200] * 4
        busy = tables.http.get("/export")
        assert busy.status_code == 503 and busy.json()["code"] == "export_busy" and busy.headers["retry-after"]
        open_ones[0].__exit__(None, None, None)  # it leaves before the end
        for _ in range(200):
            answer = tables.http.get("/export")
            if answer.status_code == 200:
                break
        assert answer.status_code == 200
        for one in open_ones[1:]:
            one.__exit__(None, None, None)


# --- back ---


@pytest.fixture(scope="module")
def copies(lived):
    return export_all(lived.cinema)


def now_as(cinema, copies):
    assert {s: list(t) for s, t in export_all(cinema).items()} == {s: list(t) for s, t in copies.items()}
    for service, tables in export_all(cinema).items():
        for table, lines in tables.items():
            assert lines == copies[service][table], f"{service}.{table}"


@pytest.mark.parametrize("order", [OWNERS, OWNERS[::-1]], ids=["movies first", "reservations first"])
def test_a_restored_cinema_is_the_same_and_sells_on(lived, copies, opened, order):
    m, t = opened(), lived.tickets
    assert ok(m.gateway.get("/api/showtimes")) == []  # every follower knows of nothing
    assert ok(m.movies.get("/api/movies")) == []
    restore_all(m.cinema, copies, order)
    shown = shown_at_last(m)
    assert [s["id"] for s in shown] == [t["showing"]["id"]] and shown[0]["movie"]["title"] == "Amélie"
    now_as(m.cinema, copies)

    # The ticket of before opens with its own code, its seats are sold, and what waited can be paid.
    code = t["paid"]["accessCode"]
    ticket = ok(m.reservations.get(f"/api/reservations/{t['paid']['id']}", params={"code": code}))
    assert ticket["status"] == "CONFIRMED" and ticket["seatIds"] == t["paid"]["seatIds"]
    states = m.states_once(t["showing"], lambda found: found[t["paid"]["seatIds"][0]] == "sold")
    assert states == lived.states(t["showing"])
    lost = m.try_book(t["showing"], t["paid"]["seatIds"][:1])
    assert lost.status_code == 409 and lost.json()["seatIds"] == t["paid"]["seatIds"][:1]
    m.pay(t["waiting"])

    # Ids, words and positions go on where they were.
    assert [f["title"] for f in ok(m.movies.get("/api/movies/search?q=amelie"))] == ["Amélie"]
    assert [f["title"] for f in ok(m.movies.get("/api/movies?genre=Romance"))] == ["Amélie"]
    assert ok(m.gateway.get("/api/showtimes"))[0]["movie"]["rating"] == 8.3
    booked = m.book(t["showing"], t["showing"]["seat_ids"][20:22])
    assert booked["id"] == max(r["id"] for r in rows_of(copies, "reservations", "reservations")) + 1
    with Tables(m.cinema, "reservations") as tables:
        found, position = tables.export()
        assert [json.loads(line)["position"] for line in found["log"]] == list(range(1, position + 1))
        assert found["log"][: len(copies["reservations"]["log"])] == copies["reservations"]["log"]
    made = m.make_showing(room=t["room"], start=m.at(days=5))
    assert made["id"] in [s["id"] for s in shown_at_last(m, 2)]


def rows_of(copies, service, table):
    return [json.loads(line) for line in copies[service][table]]


def shown_at_last(m, count=1):
    """What the gateway shows, once it has heard of it: its breakers may have opened while the owners were closed."""
    for _ in range(400):
        answer = m.gateway.get("/api/showtimes")
        if answer.status_code == 200 and len(ok(answer)) >= count and all(s["movie"] for s in ok(answer)):
            break
        threading.Event().wait(0.05)
    return ok(answer)


def test_a_guarded_ticket_still_opens_with_its_old_code(opened):
    first, second = opened(ADMIN_TOKEN="a" * 32), opened(ADMIN_TOKEN="b" * 32)
    showing = first.make_showing()
    paid = first.book(showing)
    first.pay(paid)
    other = second.cinema.door("reservations")
    restore_all(second.cinema, export_all(first.cinema))
    path = f"/api/reservations/{paid['id']}"
    assert ok(other.get(path, params={"code": paid["accessCode"]}))["status"] == "CONFIRMED"
    assert other.get(path, params={"code": "0" * 32}).status_code == 403
    other.close()


@pytest.mark.long
def test_a_restored_store_opens_again_and_is_the_same(copies):
    """The process that restored it is not needed: all is on disk."""
    with Cinema() as cinema:
        restore_all(cinema, copies)
        for service in OWNERS:
            cinema.kill(service)
        cinema.wait_ready()
        now_as(cinema, copies)


# --- the door is closed meanwhile ---


def test_while_a_restore_runs_nobody_else_is_served(copies, opened):
    m = opened()
    with Tables(m.cinema, "reservations") as tables:
        assert tables.start().status_code == 200
        tables.put_all({"users": copies["reservations"]["users"]})
        for method, path in [
            ("GET", "/api/users"),
            ("POST", "/api/users"),
            ("GET", "/api/reservations/1"),
            ("DELETE", "/api/users/1"),
            ("GET", "/feed"),
            ("GET", "/openapi.json"),
            ("POST", "/internal/sales/stop"),
            ("GET", "/nowhere"),
        ]:
            answer = tables.http.request(method, path)
            assert answer.status_code == 503 and answer.json()["code"] == "restore_running", path
            assert int(answer.headers["retry-after"]) > 0
        assert tables.http.get("/health/live").status_code == 200
        assert tables.http.get("/health").status_code == 200
        assert tables.http.get("/health/ready").status_code == 503
        assert tables.http.get("/metrics").status_code == 200
        assert tables.http.get("/export/users").status_code == 200
        tables.put_all({t: lines for t, lines in copies["reservations"].items() if t != "users"})
        assert tables.finish(copies["reservations"]).status_code == 200
        assert tables.http.get("/health/ready").status_code == 200
        assert tables.http.get("/api/users").status_code == 200


@pytest.mark.parametrize("service", OWNERS)
def test_a_store_with_data_refuses(lived, copies, service):
    with Tables(lived.cinema, service) as tables:
        answer = tables.start()
        assert answer.status_code == 409 and answer.json()["code"] == "store_not_empty"
        for answer in (tables.put("log", []), tables.finish(copies[service])):
            assert answer.status_code == 409 and answer.json()["code"] == "restore_not_started"
        assert tables.http.get("/health/ready").status_code == 200
        assert tables.export()[0] == copies[service]


@pytest.mark.parametrize("service", OWNERS)
def test_what_differs_is_refused_until_it_is_begun_anew(copies, service):
    with Alone(service, **alone(service)) as cinema, Tables(cinema, service, ALONE_TOKEN) as tables:
        copy = copies[service]
        assert tables.start().status_code == 200
        tables.put_all(copy)
        wrong = sums(copy)
        wrong[0]["sha256"] = "0" * 64
        wrong[-1]["rows"] += 1
        answer = tables.http.post("/internal/restore/finish", json={"tables": wrong})
        assert answer.status_code == 409 and answer.json()["code"] == "restore_differs"
        assert wrong[0]["table"] in answer.json()["detail"] and wrong[-1]["table"] in answer.json()["detail"]
        unsaid = {t: lines for t, lines in copy.items() if t != "log"}
        assert tables.finish(unsaid).json()["code"] == "restore_differs"
        assert tables.finish({"nothing": []}).json()["code"] == "table_unknown"
        assert tables.http.get("/health/ready").status_code == 503
        assert tables.restore(copy) == {
            "rows": sum(len(lines) for lines in copy.values()),
            "position": len(copy["log"]),
        }
        assert tables.export()[0] == copy
        assert tables.http.get("/health/ready").status_code == 200


ALONE_TOKEN = "t" * 32


def alone(service):
    """Settings under which a service needs no other."""
    return {f"{s.upper()}_API_URL": "none" for s in OWNERS if s != service} | {"SERVICE_TOKEN": ALONE_TOKEN}


@pytest.mark.long
@pytest.mark.parametrize("service", OWNERS)
def test_a_restore_that_broke_off_begins_anew(copies, service):
    copy = copies[service]
    with Cinema() as cinema:
        with Tables(cinema, service) as tables:
            assert tables.start().status_code == 200
            first, *_ = copy
            tables.put_all({first: copy[first], "log": copy["log"][:2]})
            cinema.kill(service)
            # Analytics has nothing to tell while an owner that it has not read is closed.
            others = [s for s in cinema.services if s not in (service, "analytics")]
            cinema.wait_ready(others)
            wait_alive(tables)
            assert tables.http.get("/health/ready").status_code == 503
            closed = tables.http.get("/feed")
            assert closed.status_code == 503 and closed.json()["code"] == "restore_running"
            assert tables.put("log", []).status_code == 200  # it knows that it is in the middle of one
            tables.restore(copy)
            assert tables.export()[0] == copy
        cinema.wait_ready()


def wait_alive(tables):
    for _ in range(400):
        try:
            if tables.http.get("/health/live").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        threading.Event().wait(0.05)
    raise AssertionError("it did not come back")


def test_an_empty_restore_opens_an_empty_store(opened):
    """The way back for who began one by mistake: a new cinema, with a key of its own."""
    m = opened()
    with Tables(m.cinema, "reservations") as tables:
        assert tables.start().status_code == 200
        assert tables.finish({}).status_code == 200
        found, position = tables.export()
        assert position == 0 and list(found) == ["secrets"]
    assert m.make_user()["id"] == 1


def test_bad_rows_are_named_and_none_of_their_request_is_kept(opened):
    m = opened()
    with Tables(m.cinema, "rooms") as tables:
        assert tables.start().status_code == 200
        room = {
            "id": 1,
            "name": "Sala",
            "capacity": 10,
            "screen_type": "2D",
            "is_active": True,
            "created_at": "2026-01-01T00:00:00.000Z",
            "updated_at": "2026-01-01T00:00:00.000Z",
        }

        def put(table, *rows):
            return tables.put(table, [json.dumps(row) for row in rows])

        for wrong, name in [
            ({"capacity": "many"}, "rows[1].capacity"),
            ({"screen_type": "5D"}, "rows[1].screen_type"),
            ({"more": 1}, "rows[1].more"),
            ({"id": 0}, "rows[1].id"),
            ({"capacity": 0}, "rows[1].capacity"),
            ({"created_at": None}, "rows[1].created_at"),
        ]:
            answer = put("rooms", room, room | {"id": 2} | wrong)
            assert answer.status_code == 400 and answer.json()["code"] == "validation_failed"
            assert list(answer.json()["details"]) == [name]
        answer = put("rooms", room, room)
        assert answer.status_code == 400 and answer.json()["code"] == "row_refused"
        assert "rows[1]" in answer.json()["detail"]
        stop = put("sales_stops", {"schedule_id": 5})
        assert stop.status_code == 400 and "rows[0]" in stop.json()["detail"]
        assert tables.rows() == {}
        assert put("nothing", {}).json()["code"] == "table_unknown"
        assert put("rooms", *[room] * 1001).status_code == 400
        assert put("rooms", room | {"name": "x" * 1100000}).status_code == 413
        assert tables.http.post("/internal/restore/rows", json={"table": "rooms"}).status_code == 400
        assert put("rooms", *[room | {"id": i} for i in range(1, 1001)]).status_code == 200
        assert len(tables.rows()["rooms"]) == 1000
