"""Analytics says what the exports say: counted here once more, on the demo, on made-up histories, and on real ones."""

import hashlib
import json
import threading
import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cinema import Alone, Cinema, run
from harness.door import ok, refused
from harness.figures import TABLES, Figures, answered, compare, compare_cinema, facts_of
from harness.maker import Maker
from harness.owners import TOKEN, Owners

ZONES = ("Europe/Madrid", "America/New_York", "America/Lima")
FIGURES = ("revenue", "popular-movies", "occupancy", "user-behavior", "dashboard")
STATUSES = ("PENDING", "CONFIRMED", "CANCELLED", "EXPIRED")
QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


def stamp(moment):
    return moment and moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- the demo ---


@pytest.mark.parametrize("zone", ZONES)
def test_the_demo(zone):
    with Cinema(TIME_ZONE=zone) as cinema:
        into = ("--base-port", cinema.base_port, "--data", cinema.data)
        done = run("demo", *into, folder=cinema.folder, timeout=120, TIME_ZONE=zone)
        assert done.returncode == 0, done.stdout + done.stderr
        m = Maker(cinema, zone=zone)
        expected = compare_cinema(m)
        assert expected.revenue("all")["summary"]["totalRevenue"] > 1000
        assert len(expected.occupancy()["roomOccupancy"]) == 5
        m.close()


# --- made-up histories: owners that tell whatever hypothesis makes up ---


def edges(zone):
    """Midnights where something changes: windows, months, years, ISO years, daylight saving."""
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    back = [today - timedelta(days=d) for d in (0, 1, 6, 7, 29, 30, 89, 90, 364, 365, -1)]
    changes = [
        day
        for n in range(370)
        if (day := today - timedelta(days=n)).utcoffset() != (day + timedelta(days=1)).utcoffset()
    ]
    years = [datetime(y, 1, 1, tzinfo=zone) for y in (2021, 2025, 2026, 2027)]
    weeks = [datetime(2024, 12, 30, tzinfo=zone), datetime(2027, 1, 4, tzinfo=zone)]
    return back + changes + [c + timedelta(days=1) for c in changes] + years + weeks + [today.replace(day=1)]


def moments(zone):
    beside = st.sampled_from([timedelta(0), timedelta(milliseconds=-1), timedelta(milliseconds=1)])
    near = st.builds(lambda e, d: (e.astimezone(timezone.utc) + d), st.sampled_from(edges(zone)), beside)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    anywhere = st.integers(-400 * 86400, 5 * 86400).map(lambda s: now + timedelta(seconds=s))
    return st.one_of(near, anywhere)


@st.composite
def histories(draw, zone):
    """Rows of every table, as the owners could have them."""
    moment, few = moments(zone), st.integers(0, 6)
    erased = st.one_of(st.none(), st.none(), moment)
    users = [
        {"id": 3 * n + 1, "name": f"Persona {n}", "erased_at": stamp(draw(erased))} for n in range(draw(few))
    ]
    films = [{"_id": f"{n:024x}", "title": f"Film {n}", "isActive": draw(st.booleans())} for n in range(draw(few))]
    rooms = [{"id": n + 1, "name": f"Sala {n}", "is_active": draw(st.booleans())} for n in range(draw(few))]
    seats = [{"id": 10 * room["id"] + n, "room_id": room["id"]} for room in rooms for n in range(draw(st.integers(0, 9)))]
    schedules = [
        {
            "id": n + 5,
            "movie_id": f"{draw(st.integers(0, 7)):024x}",
            "room_id": draw(st.sampled_from(rooms))["id"],
            "show_time": draw(moment).astimezone(zone).strftime("%Y-%m-%dT%H:%M:00"),
            "is_active": draw(st.integers(0, 3)) > 0,
        }
        for n in range(draw(few) if rooms else 0)
    ]
    reservations, reserved = [], []
    for n in range(draw(st.integers(0, 30)) if users else 0):
        times = sorted(draw(moment) for _ in range(3))
        status = draw(st.sampled_from(STATUSES))
        confirmed = status == "CONFIRMED" or (status == "CANCELLED" and draw(st.booleans()))
        reservations.append(
            {
                "id": 2 * n + 1,
                "user_id": draw(st.sampled_from(users))["id"],
                "schedule_id": draw(st.sampled_from(schedules))["id"] if schedules else 99,
                "movie_id": f"{draw(st.integers(0, 7)):024x}",
                "total_amount": draw(st.sampled_from([1, 333, 1250, 4999, 5000, 19999, 20000, 9999999999])) / 100,
                "status": status,
                "reservation_date": stamp(times[0]),
                "confirmed_at": stamp(times[1]) if confirmed else None,
                "cancelled_at": stamp(times[2]) if status in ("CANCELLED", "EXPIRED") else None,
            }
        )
        reserved += [{"id": len(reserved) + 1, "reservation_id": 2 * n + 1} for _ in range(draw(st.integers(1, 4)))]
    return {
        "users": users,
        "reservations": reservations,
        "reserved_seats": draw(st.permutations(reserved)),
        "rooms": rooms,
        "seats": seats,
        "schedules": schedules,
        "movies": films,
    }


class Held:
    """Gives the owners other rows, and waits until analytics has seen that all three begin anew."""

    def __init__(self, door, owners):
        self.door, self.owners = door, owners

    def metric(self, name):
        lines = self.door.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text.splitlines()
        return [int(line.split()[1]) for line in lines if line.startswith((name + "{", name + " "))]

    def __call__(self, rows):
        until(lambda: self.metric("taquilla_feed_whole") == [1, 1, 1])
        before = self.metric("taquilla_feed_snapshots_total")
        self.owners.hold(rows)
        until(lambda: all(n > b for n, b in zip(self.metric("taquilla_feed_snapshots_total"), before)))
        until(lambda: self.metric("taquilla_feed_whole") == [1, 1, 1])


@pytest.mark.parametrize("zone", ZONES)
def test_made_up_histories(zone):
    owners = Owners()
    with Alone("analytics", TIME_ZONE=zone, **owners.settings()) as analytics:
        with analytics.door("analytics") as door:
            held = Held(door, owners)

            @settings(max_examples=25, **QUIET)
            @given(rows=histories(ZoneInfo(zone)))
            def equal(rows):
                held(rows)
                exact = json.loads(json.dumps(rows), parse_float=Decimal)
                for attempt in (1, 2):
                    expected = Figures(exact, zone, datetime.now(ZoneInfo(zone)).date())
                    try:
                        return compare(door, expected)
                    except AssertionError:
                        if attempt == 2 or datetime.now(ZoneInfo(zone)).date() == expected.today:
                            raise

            equal()
    owners.close()


# --- a history with chosen times, restored into an empty cinema ---


def lines_of(rows):
    """As an export writes them: no white space, numbers as short as they can be."""
    return b"".join(
        json.dumps(
            {k: int(v) if isinstance(v, float) and v == int(v) else v for k, v in row.items()},
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()
        + b"\n"
        for row in rows
    )


def restore(m, service, tables):
    token = {"authorization": f"Bearer {m.cinema.service_token}"}
    with httpx.Client(base_url=m.cinema.url(service), headers=token, trust_env=False) as door:
        ok(door.post("/internal/restore/start", json={}))
        for table, rows in tables.items():
            for at in range(0, len(rows), 500):
                ok(door.post("/internal/restore/rows", json={"table": table, "rows": rows[at : at + 500]}))
        sums = [
            {"table": t, "rows": len(rows), "sha256": hashlib.sha256(lines_of(rows)).hexdigest()}
            for t, rows in tables.items()
            if rows
        ]
        ok(door.post("/internal/restore/finish", json={"tables": sums}))


def log_of(kind, count):
    made = {"type": f"{kind}.changed", "subject": "1", "time": "2026-01-01T00:00:00.000Z", "data": {}}
    return [{"position": n + 1} | made for n in range(count)]


def sales_around(zone):
    """Two sales on each side of every edge: one that stands, one that is given back on the other side."""
    found = []
    for edge in edges(zone):
        edge = edge.astimezone(timezone.utc)
        before, after = edge - timedelta(milliseconds=1), edge
        found += [("CONFIRMED", before, before, None), ("CONFIRMED", after, after, None)]
        found += [("CANCELLED", before, before, after), ("CONFIRMED", before, after, None)]
    return found


def restored_tables(zone):
    always = "2020-01-01T00:00:00.000Z"
    movie = {
        "description": "d",
        "duration": 100,
        "genre": ["Drama"],
        "director": "x",
        "cast": [],
        "releaseDate": always,
        "rating": 5,
        "posterUrl": "",
        "trailerUrl": "",
        "isActive": True,
        "createdAt": always,
        "updatedAt": always,
    }
    films = [{"_id": f"{n:024x}", "title": f"Film {n}"} | movie for n in range(1, 4)]
    rooms = [
        {"id": n, "name": f"Sala {n}", "capacity": 500, "screen_type": "2D", "is_active": n < 3}
        | {"created_at": always, "updated_at": always}
        for n in (1, 2, 3)
    ]
    seats = [
        {"id": 500 * (room - 1) + n, "room_id": room, "row_number": "A", "seat_number": n, "seat_type": "regular"}
        | {"is_available": True, "accessible": False, "house": False, "created_at": always}
        for room in (1, 2)
        for n in range(1, 501)
    ]
    days = sorted({e.astimezone(zone).date() for e in edges(zone)})
    schedules = [
        {
            "id": n,
            "movie_id": films[n % 3]["_id"],
            "room_id": 1 + n % 2,
            "show_time": f"{day}T21:00:00",
            "price": 9.5,
            "is_active": n % 5 > 0,
            "sales_open_at": None,
            "sales_close_at": None,
            "length_minutes": 100,
            "created_at": always,
            "updated_at": always,
        }
        for n, day in enumerate(days, 1)
    ]
    users = [
        {"id": n, "email": f"u{n}@example.com", "name": f"Persona {n}", "phone": None}
        | {"created_at": always, "updated_at": always, "erased_at": None}
        for n in range(1, 15)
    ]
    users[4] |= {"email": None, "name": None, "erased_at": "2025-01-01T00:00:00.000Z"}
    tables = {"users": users}
    tables |= {name: [] for name in ("showings", "reservations", "reserved_seats", "seat_claims", "payments")}
    for n, (status, made, paid, back) in enumerate(sales_around(zone), 1):
        showing, live = 1 + n % len(schedules), status == "CONFIRMED"
        tables["reservations"].append(
            {
                "id": n,
                "user_id": 1 + n * n % 14,
                "schedule_id": showing,
                "movie_id": schedules[showing - 1]["movie_id"],
                "total_amount": (700 + 37 * n) / 100,
                "status": status,
                "hold": True,
                "reservation_date": stamp(made),
                "expires_at": None,
                "confirmed_at": stamp(paid),
                "cancelled_at": stamp(back),
                "deleted_at": None,
            }
        )
        tables["reserved_seats"].append(
            {"id": n, "reservation_id": n, "seat_id": n, "row_number": "A", "seat_number": n}
            | {"ticket_type": "general", "price": (700 + 37 * n) / 100}
        )
        if live:
            claim = {"schedule_id": showing, "seat_id": n, "reservation_id": n, "held_until": None}
            tables["seat_claims"].append(claim)
        tables["payments"].append(
            {
                "id": n,
                "reservation_id": n,
                "amount": (700 + 37 * n) / 100,
                "payment_method": "cash",
                "payment_status": "COMPLETED" if live else "REFUNDED",
                "transaction_id": f"T{n}",
                "payment_date": stamp(paid),
                "refunded_at": stamp(back),
                "ask_at": None,
                "asked_until": None,
                "grace_until": None,
                "refund_due": False,
            }
        )
    tables["seat_claims"].sort(key=lambda c: (c["schedule_id"], c["seat_id"]))
    told = [{"type": "movie.changed", "subject": film["_id"], "time": always, "data": film} for film in films]
    return {
        "movies": {"movies": films, "log": [{"position": n} | event for n, event in enumerate(told, 1)]},
        "rooms": {"rooms": rooms, "seats": seats, "schedules": schedules, "log": log_of("room", 4)},
        "reservations": tables | {"log": log_of("user", 5)},
    }


@pytest.mark.parametrize("zone", ZONES)
def test_a_restored_history(zone):
    with Cinema(TIME_ZONE=zone) as cinema:
        m = Maker(cinema, zone=zone)
        assert answered(m.analytics, "dashboard")["overview"]["totalReservations"] == 0
        for service, tables in restored_tables(ZoneInfo(zone)).items():
            restore(m, service, tables)
        expected = compare_cinema(m)
        weeks = {row["period"] for row in expected.revenue("week")["revenueByPeriod"]}
        assert {"2020-W53", "2021-W01"} & weeks and {"2025-W01", "2026-W53", "2027-W01"} <= weeks
        m.close()


# --- a history made through the API ---


@settings(max_examples=4, **QUIET)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 3), st.sampled_from("held paid declined".split())), max_size=8
    ),
    ends=st.lists(st.sampled_from("nothing cancel delete erase".split()), min_size=8, max_size=8),
)
def test_a_history_through_the_api(m, steps, ends):
    users = [m.make_user() for _ in range(4)]
    showing = m.make_showing(seats=24, price=8.35)
    free = iter(showing["seat_ids"])
    for (who, seats, how), end in zip(steps, ends):
        made = m.book(showing, [next(free) for _ in range(seats)], users[who], hold=True)
        if how == "paid":
            m.pay(made)
        elif how == "declined":
            refused(m.try_pay(made, "test_decline"), 402)
        if end == "cancel":
            ok(m.cancel(made))
        elif end == "delete":
            ok(m.reservations.delete(f"/api/reservations/{made['id']}"))
        elif end == "erase" and how != "paid":
            m.reservations.delete(f"/api/users/{users[who]['id']}")
            users[who] = m.make_user()
    compare_cinema(m)


def test_nobody_s_sale_is_missing(m):
    """What was sold before a question is in its answer."""
    showing = m.make_showing(seats=20, price=3.21)
    for n in range(5):
        before = answered(m.analytics, "revenue", period="all")["summary"]["totalRevenue"]
        made = m.book(showing, [showing["seat_ids"][n]])
        m.pay(made)
        assert answered(m.analytics, "revenue", period="all")["summary"]["totalRevenue"] == before + Decimal("3.21")
        ok(m.cancel(made))
        assert answered(m.analytics, "revenue", period="all")["summary"]["totalRevenue"] == before


def test_a_film_is_known_by_its_newest_title(m):
    showing = m.make_showing()
    m.book(showing)
    film = showing["movie"]
    for title in (film["title"], "Otro título"):
        ok(m.movies.put(f"/api/movies/{film['_id']}", json={"title": title}))
        rows = answered(m.analytics, "popular-movies", limit=10000)
        assert [r["title"] for r in rows if r["movieId"] == film["_id"]] == [title]


# --- the questions ---


@pytest.mark.parametrize("path", FIGURES)
def test_periods(m, path):
    default = {"occupancy": "week"}.get(path, "month")
    said = answered(m.analytics, path)
    assert answered(m.analytics, path, period=default) == said
    assert answered(m.analytics, path, period="") == said
    assert answered(m.analytics, path, includeForecasts="true", reservationsLimit="1000", anything="x") == said
    known = {"day", "week", "month", "year", "all"} | (set() if path == "revenue" else {"today", "quarter"})
    for period in known:
        answered(m.analytics, path, period=period)
    for period in {"fortnight", "Month", "0", "month ", "today", "quarter", "days"} - known:
        body = refused(m.analytics.get(f"/api/analytics/{path}", params={"period": period}), 400, "validation_failed")
        assert list(body["details"]) == ["period"]


def test_days_of_revenue(m):
    today = datetime.now(m.zone).date()
    tomorrow, far = today + timedelta(days=1), today + timedelta(days=400)
    assert answered(m.analytics, "revenue", startDate=far)["revenueByPeriod"] == []
    whole = answered(m.analytics, "revenue", period="all")
    assert answered(m.analytics, "revenue", period="all", endDate=tomorrow) == whole
    assert answered(m.analytics, "revenue", period="all", startDate="", endDate="") == whole
    for bad in ("2026-02-30", "2026-2-1", "yesterday", "20260201", "2026-02-01T00:00:00"):
        for name in ("startDate", "endDate"):
            refused(m.analytics.get("/api/analytics/revenue", params={name: bad}), 400, "validation_failed")
    body = refused(
        m.analytics.get("/api/analytics/revenue", params={"startDate": "2026-02-02", "endDate": "2026-02-01"}),
        400,
        "validation_failed",
        "endDate must not lie before startDate.",
    )
    assert list(body["details"]) == ["endDate"]


def test_limit(m):
    m.book(m.make_showing())
    assert answered(m.analytics, "popular-movies", limit=0) == []
    assert len(answered(m.analytics, "popular-movies", limit=1)) == 1
    answered(m.analytics, "popular-movies", limit=10000)
    for bad in (-1, 10001, "x", 1.5):
        refused(m.analytics.get("/api/analytics/popular-movies", params={"limit": bad}), 400, "validation_failed")
    for path in set(FIGURES) - {"popular-movies"}:
        assert answered(m.analytics, path, limit="x") == answered(m.analytics, path)


def test_rooms_of_occupancy(m):
    room = m.make_room(seats=8)
    showing = m.make_showing(room=room)
    m.pay(m.book(showing, 3))
    m.book(showing, [showing["seat_ids"][4]], hold=True)
    (row,) = answered(m.analytics, "occupancy", roomId=room["id"])["roomOccupancy"]
    assert row == {
        "roomId": room["id"],
        "roomName": room["name"],
        "totalSeats": 8,
        "totalSchedules": 1,
        "occupiedSeats": 4,
        "totalPossibleSeats": 8,
        "occupancyRate": 50,
    }
    refused(m.analytics.get("/api/analytics/occupancy", params={"roomId": 99999999}), 404, "room_unknown")
    for bad in (0, -1, "x"):
        refused(m.analytics.get("/api/analytics/occupancy", params={"roomId": bad}), 400, "validation_failed")
    assert answered(m.analytics, "occupancy", roomId="") == answered(m.analytics, "occupancy")


@pytest.mark.parametrize("path", FIGURES)
def test_a_figure_keeps_its_tag(m, path):
    """Whether it was computed or kept; another sale is another tag."""
    showing = m.make_showing()
    for _ in range(2):
        m.pay(m.book(showing, [showing["seat_ids"].pop()]))
        first = m.analytics.get(f"/api/analytics/{path}", params={"period": "all"})
        again = m.analytics.get(f"/api/analytics/{path}", params={"period": "all"})
        assert first.content == again.content and first.headers["etag"] == again.headers["etag"]
        kept = m.analytics.get(
            f"/api/analytics/{path}", params={"period": "all"}, headers={"if-none-match": first.headers["etag"]}
        )
        assert kept.status_code == 304
    before = first.headers["etag"]
    m.pay(m.book(showing, [showing["seat_ids"].pop()]))
    assert m.analytics.get(f"/api/analytics/{path}", params={"period": "all"}).headers["etag"] != before


@pytest.mark.parametrize("path", FIGURES)
def test_through_the_gateway(m, path):
    assert answered(m.gateway, path, period="all") == answered(m.analytics, path, period="all")
    refused(m.gateway.get(f"/api/analytics/{path}", params={"period": "x"}), 400, "validation_failed")


# --- owners that go and come ---


def until(condition, within_s=15):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


NOTHING = {table: [] for tables in TABLES.values() for table in tables}
SOLD = {"id": 1, "user_id": 1, "schedule_id": 1, "movie_id": "a", "total_amount": 5, "status": "CONFIRMED"}
SOLD |= dict.fromkeys(("reservation_date", "confirmed_at"), "2026-01-01T12:00:00.000Z") | {"cancelled_at": None}
ANA = {"id": 1, "name": "Ana", "erased_at": None}


def told(**rows):
    return facts_of(NOTHING | rows)


def test_owners_that_are_away():
    owners = Owners()

    def health(path="/health"):
        return httpx.get(analytics.url("analytics") + path, trust_env=False)

    def answers():
        try:
            return health("/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def checks():
        return [c for name, c in health().json()["checks"].items() if name != "store"]

    owners.close()
    analytics = Alone("analytics", **owners.settings()).start(wait=False)
    with analytics.door("analytics") as door:
        until(lambda: answers() and health().status_code == 503)
        assert health("/health/ready").status_code == 503
        assert door.get("/health/live").status_code == 200
        refused(door.get("/api/analytics/dashboard"), 503, {"upstream_away", "upstream_open"})

        owners.open()
        owners.hold(NOTHING | {"users": [ANA], "reservations": [SOLD]})
        until(lambda: door.get("/api/analytics/dashboard").status_code == 200)
        said = {path: answered(door, path, period="all") for path in FIGURES}
        assert said["user-behavior"]["topUsers"][0]["userName"] == "Ana"
        until(lambda: {c["status"] for c in checks()} == {"ok"})
        assert health().json()["status"] == "healthy"

        owners.close()
        until(lambda: {c["status"] for c in checks()} == {"away"})
        assert health().status_code == health("/health/ready").status_code == 200
        analytics.stop(remove=False)
        analytics.start()  # what was told is kept
        said["user-behavior"]["topUsers"][0]["userName"] = None
        assert {path: answered(door, path, period="all") for path in FIGURES} == said
        oldest = min(c["age_s"] for c in checks())
        until(lambda: min(c["age_s"] for c in checks()) > oldest)

        owners.open()
        owners.of["reservations"].tell(told(reservations=[SOLD | {"id": 2}])["reservations"])
        until(lambda: answered(door, "revenue", period="all")["summary"]["totalRevenue"] == 10)
        assert answered(door, "user-behavior", period="year")["topUsers"][0]["userName"] == "Ana"
        assert {owner.snapshots for owner in owners.of.values()} == {1}, "the rest came from the feed"
    analytics.stop()
    owners.close()


def test_who_stops_waits_for_no_snapshot():
    owners, answers = Owners(), []
    with Alone("analytics", **owners.settings()) as analytics, analytics.door("analytics") as door:
        for owner in owners.of.values():
            owner.flowing.clear()
        owners.hold(NOTHING)
        url = analytics.url("analytics") + "/api/analytics/dashboard"
        asking = threading.Thread(target=lambda: answers.append(httpx.get(url, timeout=60)))
        asking.start()
        until(lambda: Held(door, owners).metric("taquilla_requests_in_flight") == [2])  # and the one that asks for metrics
        analytics.stop(remove=False)
        asking.join()
        for owner in owners.of.values():
            owner.flowing.set()
    refused(answers[0], 503, "upstream_away")
    owners.close()


@pytest.mark.parametrize("body", [{}, [], {"events": 1, "position": 1, "next": None}, {"events": [{}], "position": "x"}])
def test_an_owner_that_tells_nonsense(body):
    owners = Owners()
    sales = owners.of["reservations"]
    with Alone("analytics", **owners.settings()) as analytics, analytics.door("analytics") as door:
        sales.snapshot_page = lambda query: body
        owners.hold(NOTHING)
        until(lambda: Held(door, owners).metric("taquilla_feed_whole") == [1, 1, 0])
        refused(door.get("/api/analytics/revenue"), 503, "upstream_away")
        del sales.snapshot_page
        until(lambda: door.get("/api/analytics/revenue").status_code == 200)
    owners.close()


def test_a_fact_that_cannot_be_read_is_told_and_stops_nothing():
    owners = Owners()
    with Alone("analytics", **owners.settings()) as analytics, analytics.door("analytics") as door:
        moment = "2026-01-01T00:00:00.000Z"
        strange = [("reservation.made", "7", {"id": "seven"}, moment), ("ticket.printed", "8", {}, moment)]
        owners.of["reservations"].tell(strange + told(users=[ANA], reservations=[SOLD])["reservations"])
        assert answered(door, "revenue", period="all")["summary"]["totalRevenue"] == 5
        assert Held(door, owners).metric("taquilla_feed_unread_total") == [0, 0, 1]
    owners.close()
