"""The day sheet, the distributor's return, sales as CSV and the dashboard's stream: what they refuse, and that they are live."""

import contextlib
import json
import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from harness.cinema import Cinema
from harness.door import ok, refused
from harness.figures import answered, csv_rows
from harness.maker import Maker


def week_of(moment):
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02}"


def house_day(m):
    return (datetime.now(m.zone).replace(tzinfo=None) - timedelta(hours=5)).date()


def test_a_sale_and_its_refund_on_the_sheet(m):
    showing = m.make_showing(seats=20, price=3.21)
    paid, kept = m.book(showing, showing["seat_ids"][:2]), m.book(showing, showing["seat_ids"][2:3])
    m.pay(paid, "yape")
    m.pay(kept, "cash")
    film = showing["movie"]["_id"]
    sheet = answered(m.analytics, "day")
    assert sheet["date"] == str(house_day(m)) and answered(m.analytics, "day", date=sheet["date"]) == sheet
    (row,) = [r for r in sheet["byMovie"] if r["movieId"] == film]
    assert row == {"movieId": film, "title": showing["movie"]["title"], "tickets": 3} | {
        "sold": Decimal("9.63"),
        "refunded": 0,
        "net": Decimal("9.63"),
    }
    ok(m.cancel(paid))
    sheet = answered(m.analytics, "day")
    (row,) = [r for r in sheet["byMovie"] if r["movieId"] == film]
    assert (row["sold"], row["refunded"], row["net"], row["tickets"]) == (Decimal("9.63"), Decimal("6.42"), Decimal("3.21"), 1)
    for view in ("byPaymentMethod", "byMovie", "byHour"):
        for name in ("sold", "refunded", "net", "tickets"):
            assert sum(r[name] for r in sheet[view]) == sheet["total"][name], (view, name)
    assert csv_rows(m.gateway) == csv_rows(m.analytics)
    mine = [r for r in csv_rows(m.analytics) if r[4] == film]
    assert [r[1:3] + r[6:] for r in mine] == [
        ["sale", str(paid["id"]), "2", "6.42", "0.00", "yape"],
        ["sale", str(kept["id"]), "1", "3.21", "0.00", "cash"],
        ["refund", str(paid["id"]), "2", "0.00", "6.42", "yape"],
    ]


def test_a_week_of_a_film(m):
    showing = m.make_showing(seats=20, price=3.21)
    film, room = showing["movie"]["_id"], showing["room"]
    m.pay(m.book(showing, showing["seat_ids"][:3]))
    m.book(showing, showing["seat_ids"][3:4])  # not paid: nobody was admitted
    at = datetime.fromisoformat(showing["show_time"]) - timedelta(hours=5)
    said = answered(m.analytics, "returns", movieId=film, week=week_of(at))
    assert said["lines"] == [
        {"roomId": room["id"], "roomName": room["name"], "price": Decimal("3.21"), "admissions": 3, "takings": Decimal("9.63")}
    ]
    assert (said["admissions"], said["takings"], said["title"]) == (3, Decimal("9.63"), showing["movie"]["title"])
    assert said["from"] <= str(at.date()) <= said["to"]
    assert answered(m.analytics, "returns", movieId=film, week=week_of(at - timedelta(days=7)))["lines"] == []
    refused(m.analytics.get("/api/analytics/returns", params={"movieId": "0" * 24, "week": "2026-W46"}), 404, "movie_unknown")


@pytest.mark.parametrize(
    "path, bad",
    [
        ("day", {"date": "2026-02-30"}),
        ("day", {"date": "yesterday"}),
        ("returns", {"movieId": "a" * 24}),
        ("returns", {"week": "2026-W46"}),
        *[("returns", {"movieId": "a" * 24, "week": w}) for w in ("2026-W54", "2026-W00", "2025-W53", "2026W46", "W46", "2026-w46")],
        ("sales.csv", {"startDate": "2026-02-02", "endDate": "2026-02-01"}),
        ("sales.csv", {"startDate": "soon"}),
        ("stream", {"period": "fortnight"}),
    ],
)
def test_questions_that_are_refused(m, path, bad):
    refused(m.analytics.get(f"/api/analytics/{path}", params=bad), 400, "validation_failed")


def test_sales_as_rows_are_for_the_house():
    with Cinema(ADMIN_TOKEN="only-the-house-knows-this") as cinema, cinema.door("analytics") as door:
        refused(door.get("/api/analytics/sales.csv"), 401, "unauthenticated")
        with cinema.door("gateway") as gateway:
            refused(gateway.get("/api/analytics/sales.csv"), 401, "unauthenticated")
            assert gateway.head("/api/analytics/sales.csv").content == b""
        mine = {"authorization": "Bearer only-the-house-knows-this"}
        assert door.get("/api/analytics/sales.csv", headers=mine).text.count("\r\n") == 1
        assert door.get("/api/analytics/day").status_code == 200


def events(lines):
    """The data of each event; heartbeats and retry are none."""
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line[6:], parse_float=Decimal)


def streamed(url):
    return httpx.stream("GET", url + "/api/analytics/stream?period=all", timeout=20, trust_env=False)


@pytest.mark.parametrize("service", ("analytics", "gateway"))
def test_the_stream_tells_each_change(m, service):
    showing = m.make_showing(seats=20, price=3.21)
    with streamed(m.cinema.url(service)) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        told = events(answer.iter_lines())
        assert next(told) == answered(m.analytics, "dashboard", period="all")
        made = m.book(showing)
        m.pay(made)
        until = time.monotonic() + 10
        while (now := next(told)) != answered(m.analytics, "dashboard", period="all"):
            assert time.monotonic() < until
        assert now["period"] == "all"


@pytest.mark.parametrize("service", ("analytics", "gateway"))
def test_who_stops_ends_its_streams(service):
    with Cinema() as cinema:
        m = Maker(cinema)
        with streamed(cinema.url(service)) as answer:
            told = answer.iter_lines()
            while not next(told).startswith("data: "):
                pass
            began = time.monotonic()
            cinema.stop(remove=False)
            with contextlib.suppress(httpx.RemoteProtocolError):  # the gateway's is cut: it is not the end of anything
                assert not [line for line in told if line.startswith("data: ")]
            assert time.monotonic() - began < 10
        m.close()


def numbers_of(schema, whole):
    """Names of all numbers in a schema that are no ids."""
    if "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for name, inner in schema.get("properties", {}).items():
        kinds = inner.get("type", ())
        if {kinds} & {"number", "integer"} if isinstance(kinds, str) else {"number", "integer"} & set(kinds):
            if not name.endswith("Id"):
                yield name
        yield from numbers_of(inner, whole)
    for inner in (schema.get("items"), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if inner:
            yield from numbers_of(inner, whole)


def test_every_figure_is_defined(m):
    """In both languages of the page, and in both of the guide."""
    whole = m.analytics.get("/openapi.json").json()
    names = set()
    for path, methods in whole["paths"].items():
        if path.startswith("/api/analytics/"):
            for content in methods["get"]["responses"]["200"].get("content", {}).values():
                names |= set(numbers_of(content["schema"], whole))
    assert {"totalRevenue", "occupancyRate", "takings", "net", "vip"} <= names
    page = httpx.get(m.cinema.url("analytics") + "/docs/figures", trust_env=False)
    assert page.headers["content-type"].startswith("text/html")
    for section in page.text.split("<section")[1:]:
        assert not {name for name in names if f"<code>{name}</code>" not in section}
    for guide in ("operator.md", "operator.es.md"):
        text = (Path(__file__).parents[2] / "docs/guide" / guide).read_text()
        assert not {name for name in names if f"`{name}`" not in text}, guide


# --- rooms by hour, the sales of a showing ---


def hours_of(m, room):
    return {r["hour"]: r for r in answered(m.analytics, "occupancy-hours") if r["roomId"] == room["id"]}


def test_rooms_by_the_hour_of_their_showings(m):
    room, film = m.make_room(seats=10), m.make_movie()
    day = (m.now() + timedelta(days=2)).strftime("%Y-%m-%d")
    early = m.make_showing(film, room, f"{day}T11:45:00")
    late = m.make_showing(film, room, f"{day}T21:00:00")
    m.book(early, early["seat_ids"][:3])
    gone = m.book(late, late["seat_ids"][:2])
    row = {"roomId": room["id"], "roomName": room["name"], "totalSchedules": 1, "totalPossibleSeats": 10}
    assert hours_of(m, room) == {
        "11:00": row | {"hour": "11:00", "occupiedSeats": 3, "occupancyRate": 30},
        "21:00": row | {"hour": "21:00", "occupiedSeats": 2, "occupancyRate": 20},
    }
    ok(m.cancel(gone))
    ok(m.rooms.put(f"/api/schedules/{late['id']}", json={"show_time": f"{day}T14:30:00"}))
    hours = hours_of(m, room)
    assert hours.keys() == {"11:00", "14:00"} and hours["14:00"]["occupiedSeats"] == 0
    whole = next(r for r in answered(m.analytics, "occupancy")["roomOccupancy"] if r["roomId"] == room["id"])
    for name in ("totalSchedules", "occupiedSeats", "totalPossibleSeats"):
        assert whole[name] == sum(r[name] for r in hours.values())
    assert answered(m.gateway, "occupancy-hours", period="week") == answered(m.analytics, "occupancy-hours")
    refused(m.analytics.get("/api/analytics/occupancy-hours", params={"period": "fortnight"}), 400)


def test_how_the_tickets_of_a_showing_went(m):
    showing = m.make_showing(seats=20, price=3.21)
    path = "/api/analytics/showing-sales"
    asked = {"scheduleId": showing["id"]}
    empty = answered(m.analytics, "showing-sales", **asked)
    assert (empty["title"], empty["roomName"]) == (showing["movie"]["title"], showing["room"]["name"])
    assert (empty["totalSeats"], empty["tickets"], empty["revenue"], empty["points"]) == (20, 0, 0, [])
    paid, kept = m.book(showing, showing["seat_ids"][:2]), m.book(showing, showing["seat_ids"][2:5])
    m.book(showing, showing["seat_ids"][7:8])  # held, and not sold
    m.pay(paid)
    m.pay(kept)
    ok(m.cancel(paid))
    told = answered(m.analytics, "showing-sales", **asked)
    assert (told["tickets"], told["revenue"]) == (3, Decimal("9.63"))
    points = told["points"]  # one, or two when an hour ended just now
    assert sum(p["sold"] for p in points) == 5 and sum(p["refunded"] for p in points) == 2
    assert (points[-1]["tickets"], points[-1]["revenue"]) == (3, Decimal("9.63"))
    assert all(datetime.fromisoformat(p["at"]).timestamp() % 3600 == 0 for p in points)
    assert answered(m.gateway, "showing-sales", **asked) == told
    refused(m.analytics.get(path, params={"scheduleId": 987654321}), 404, "showing_unknown")
    refused(m.analytics.get(path), 400)
