"""A cinema is opened on the three databases that the old system left: nothing is lost, what cannot be right is told, and all goes on."""

import collections
import time

import pytest

from databases import old
from harness import keeping
from harness.cinema import Alone, Up
from harness.door import ok, refused
from harness.maker import Maker
from harness.stores import ask
from sweep import fold

ADOPTED = {
    "movies": {"movie.adopted": 2, "genre.adopted": 1},
    "rooms": {"room.adopted": 2, "seats.adopted": 6, "showing.adopted": 4},
    "reservations": {"user.adopted": 3, "reservation.adopted": 5, "payment.adopted": 2},
}


def wait_for(good, what, within_s=20):
    end = time.monotonic() + within_s
    while not good():
        assert time.monotonic() < end, f"after {within_s} s still not: {what}"
        time.sleep(0.05)


@pytest.fixture(params=["scripts", "orm"])
def adopted(request, servers, stores):
    old.fill(servers, stores, orm=request.param == "orm")
    with Up(stores=stores, TIME_ZONE="America/Lima", MAX_HOLDS_PER_USER=100) as cinema:
        m = Maker(cinema)
        yield m
        m.close()


def by_id(rows, key="id"):
    return {row[key]: row for row in rows}


def check_rows(m):
    """Every row is there, and reads as the contract says."""
    film = ok(m.movies.get(f"/api/movies/{old.GOOD}"))
    assert (film["title"], film["rating"], film["releaseDate"]) == ("El sur", 7.7, "1983-05-19T00:00:00.000Z")
    odd = ok(m.movies.get(f"/api/movies/{old.ODD}"))
    assert (odd["rating"], odd["duration"], odd["genre"], odd["isActive"]) == (8.5, 120, ["Noir"], False)
    assert [g["name"] for g in ok(m.movies.get("/api/genres"))] == ["Drama"]
    assert ok(m.rooms.get("/api/rooms/5"))["screen_type"] == "IMAX"
    closed = ok(m.rooms.get("/api/rooms/7"))
    assert (closed["screen_type"], closed["is_active"]) == ("2D", False)
    assert [r["id"] for r in ok(m.rooms.get("/api/rooms"))] == [5]
    seats = by_id(ok(m.rooms.get("/api/rooms/5/seats")))
    assert list(seats) == [60, 61, 62, 63, 64, 65]
    assert (seats[60]["seat_type"], seats[62]["seat_type"]) == ("vip", "regular")
    assert (seats[64]["is_available"], seats[65]["is_available"]) == (True, False)
    assert [s["id"] for s in ok(m.rooms.get("/api/schedules"))] == [130, 131, 129]
    showing = ok(m.rooms.get("/api/schedules/130"))
    assert (showing["show_time"], showing["startsAt"]) == ("2035-05-01T20:00:00", "2035-05-01T20:00:00-05:00")
    assert ok(m.rooms.get("/api/schedules/132"))["is_active"] is False
    users = by_id(ok(m.reservations.get("/api/users")))
    assert {i: u["email"] for i, u in users.items()} == {1: "Ana@x.com", 2: "ana@x.com", 9: "bo@x.com"}
    sold = by_id(ok(m.reservations.get("/api/reservations")))
    assert {i: (r["totalAmount"], r["seatIds"]) for i, r in sold.items()} == {
        29: (12.5, [61]),
        30: (25, [60, 61]),
        32: (12.5, [62]),
        33: (9.99, [63]),
        34: (12.5, [63]),
    }
    assert sold[30]["reservationDate"] == "2025-02-01T10:00:00"
    assert sold[30]["payment"]["transactionId"] == "TXN1" and sold[30]["payment"]["paymentDate"] == "2025-02-01T10:01:00"
    assert [s["price"] for s in sold[30]["reservedSeats"]] == [12.5, 12.5]
    assert sold[32]["expiresAt"] is None or sold[32]["expiresAt"].startswith("2035-05-0")


def check_findings(m):
    """What cannot be right is told, and kept."""
    log = m.cinema.log()
    assert "seat 61 of showing 130 was sold to reservation 30 and again to reservation 29" in log
    assert "users 1 and 2 have e-mails that differ only in case" in log
    assert "showing 131 begins" in log and "adopted_overlap" in log
    assert "showing 130 begins" not in log and "showing 129 begins" not in log


def check_logs(m):
    """One .adopted event a row, before everything else."""
    for service, wanted in ADOPTED.items():
        events = m.feed(service)
        first = events[: sum(wanted.values())]
        assert collections.Counter(e["type"] for e in first) == wanted, service
        assert not [e for e in events[len(first) :] if e["type"].endswith(".adopted")]
        assert [e["position"] for e in events] == list(range(1, len(events) + 1))
    for event in (e for e in m.feed("rooms") if e["type"] == "showing.adopted"):
        now = ok(m.rooms.get(f"/api/schedules/{event['subject']}"))
        assert {k: event["data"][k] for k in ("id", "movie_id", "room_id", "show_time", "price")} == {
            k: now[k] for k in ("id", "movie_id", "room_id", "show_time", "price")
        }


def check_replay(m):
    """The log alone gives each seat to whom the store gives it."""
    claims = ask(m.cinema.database(), "SELECT schedule_id, seat_id, reservation_id FROM seat_claims")
    owner, problems = fold(m.feed("reservations"))
    assert not problems
    assert owner == {(int(showing), int(seat)): int(sale) for showing, seat, sale in claims}


def check_seats(m):
    """The earlier sale has the seat that was sold twice; the unpaid one stands; the one of a showing long over has expired."""

    def statuses():
        return {r["id"]: r["status"] for r in ok(m.reservations.get("/api/reservations"))}

    wanted = {29: "CONFIRMED", 30: "CONFIRMED", 32: "PENDING", 33: "EXPIRED", 34: "CANCELLED"}
    wait_for(lambda: statuses() == wanted, f"{wanted}, as {statuses()}")
    claims = ask(m.cinema.database(), "SELECT schedule_id, seat_id, reservation_id FROM seat_claims ORDER BY 2")
    assert claims == [("130", "60", "30"), ("130", "61", "30"), ("130", "62", "32")]
    shown = by_id(ok(m.gateway.get("/api/showtimes")))
    assert set(shown) == {130, 131} and shown[130]["movie"]["title"] == "El sur" and shown[130]["room"]["name"] == "Sala vieja"
    assert m.states({"id": 130}) == {60: "sold", 61: "sold", 62: "held", 63: "free", 64: "free", 65: "out"}
    assert set(m.states({"id": 131}).values()) == {"free", "out"}
    board = ok(m.gateway.get("/api/user-dashboard/1"))
    assert [(r["id"], r["movie"]["title"], r["schedule"]["room"]["name"]) for r in board["reservations"]] == [(30, "El sur", "Sala vieja")]
    money = ok(m.analytics.get("/api/analytics/revenue", params={"period": "all"}))["summary"]
    assert (money["totalRevenue"], money["totalReservations"]) == (37.5, 3)


def check_it_goes_on(m):
    """Everything that people do, on what was adopted: ids go on, a second sale gives no seat back, an odd document is mended."""
    showing = {"id": 130, "movie_id": old.GOOD, "price": 12.5, "seat_ids": [61]}
    refused(m.try_book(showing, [61], {"id": 9}), 409, "seats_taken")
    made = m.book(showing, [63], {"id": 9})
    assert made["id"] > 34 and made["totalAmount"] == 12.5
    m.pay(made)
    m.pay(ok(m.reservations.get("/api/reservations/32")))
    assert ok(m.cancel({"id": 29}))["payment"]["status"] == "REFUNDED"
    assert m.states_once({"id": 130}, lambda s: s[63] == "sold" and s[62] == "sold")[61] == "sold", "it is reservation 30's"
    refused(m.reservations.post("/api/users", json={"email": "ANA@X.com", "name": "x"}), 409)
    ticket = {"scheduleId": 131, "movieId": old.GOOD, "seatIds": [60], "buyer": {"email": "ANA@X.com", "name": "Ana"}}
    assert ok(m.gateway.post("/api/book-ticket", json=ticket), 201)["userId"] == 1, "the first is found by that e-mail"
    assert m.make_user()["id"] > 9 and m.make_room(seats=1)["id"] > 7
    overlapping = {"movie_id": old.GOOD, "room_id": 5, "show_time": "2035-05-01T20:30:00", "price": 5}
    refused(m.rooms.post("/api/schedules", json=overlapping), 409, "showing_overlaps")
    assert ok(m.rooms.put("/api/schedules/131", json={"price": 5}))["price"] == 5
    mended = ok(m.movies.put(f"/api/movies/{old.ODD}", json={"isActive": True}))
    assert (mended["rating"], mended["isActive"]) == (8.5, True)


def check_a_copy(m, folder):
    """What was adopted leaves as a backup and is the same in an embedded cinema."""
    wait_for(lambda: not ask(m.cinema.database(), "SELECT id FROM payments WHERE refund_due"), "the refund has gone back")
    keeping.good(keeping.verb(m.cinema, "backup", "--to", folder))
    saved = keeping.exports(m.cinema)
    with Up(embedded=True, TIME_ZONE="America/Lima") as copy:
        keeping.good(keeping.verb(copy, "restore", "--from", keeping.folders(folder)[-1]))
        assert keeping.exports(copy) == saved
        other = Maker(copy)
        assert other.states_once({"id": 130}, lambda s: s[61] == "sold") == m.states({"id": 130})
        other.close()


def test_the_whole_cinema(adopted, tmp_path):
    m = adopted
    check_findings(m)
    check_rows(m)
    check_logs(m)
    check_seats(m)
    check_replay(m)
    ends = {s: len(m.feed(s)) for s in ADOPTED}
    m.cinema.stop(remove=False)
    m.cinema.start()
    assert {s: len(m.feed(s)) for s in ADOPTED} == ends, "adopted once"
    check_seats(m)
    check_it_goes_on(m)
    check_replay(m)
    check_a_copy(m, tmp_path / "shelf")


def test_a_feed_that_tells_of_adopted_showings(servers, stores):
    """An old database is poured into a fresh one while a replica runs, and the next one that starts adopts it. Whoever follows the
    first hears of showings by their .adopted events, and minds their time as if they had changed."""
    url, token, name = stores["ROOMS_DATABASE_URL"], "t" * 32, stores["RESERVATIONS_DATABASE_URL"].rsplit("/", 1)[1]
    servers.server("reservations").sql(old.RESERVATIONS_SCRIPT + old.RESERVATIONS_ROWS, name)
    shared = {"SERVICE_TOKEN": token, "TIME_ZONE": "UTC"}
    rooms = {"stores": {"ROOMS_DATABASE_URL": url}, "MOVIES_API_URL": "none", "RESERVATIONS_API_URL": "none"} | shared
    sales = {"stores": {"RESERVATIONS_DATABASE_URL": stores["RESERVATIONS_DATABASE_URL"]}} | shared
    with Alone("reservations", ROOMS_API_URL="none", **sales):
        pass
    distant = "starts_at = now() + interval '9 years', ends_at = now() + interval '10 years'"
    servers.server("reservations").sql(f"UPDATE showings SET {distant} WHERE schedule_id IN (129, 130)", name)
    with Alone("rooms", **rooms) as first, Alone("reservations", ROOMS_API_URL=first.url("rooms"), **sales) as service:
        wait_for(lambda: "following rooms from position 0" in service.log(), "it follows")
        servers.server("rooms").sql("SET sql_mode = '';" + old.ROOMS_ROWS, url.rsplit("/", 1)[1])
        with Alone("rooms", **rooms), service.door("reservations") as door:
            wait_for(lambda: ok(door.get("/api/reservations/33"))["status"] == "EXPIRED", "it knows that the showing is over")
            assert ok(door.get("/api/reservations/32"))["status"] == "PENDING"
