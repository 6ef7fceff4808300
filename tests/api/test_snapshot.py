"""GET /feed/snapshot: today's state of an owner is what its whole log makes, page by page, however long the pages are."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from harness.door import refused
from harness.facts import facts_of, snapshot_of
from harness.maker import unique

OWNERS = ("movies", "rooms", "reservations")


@pytest.fixture(scope="module")
def lived(m):
    """A cinema with something of every kind: films and rooms that changed, sales in every state, a user who left."""
    showing = m.make_showing(seats=30)
    m.make_showing(movie=showing["movie"], room=showing["room"], start=m.at(days=3))
    assert m.movies.put(f"/api/movies/{showing['movie']['_id']}", json={"title": "Another Title"}).status_code == 200
    for name in ("Zarzuela", "Albada"):
        assert m.movies.post("/api/genres", json={"name": unique(name), "description": "d"}).status_code == 201
    room = m.make_room(seats=6)
    seat = m.rooms.get(f"/api/rooms/{room['id']}/seats").json()["data"][0]
    assert m.rooms.put(f"/api/rooms/{room['id']}/seats/{seat['id']}", json={"seat_type": "vip"}).status_code == 200
    assert m.rooms.delete(f"/api/rooms/{room['id']}").status_code == 200
    seats = showing["seat_ids"]
    m.pay(m.book(showing, seats[:2]))
    m.cancel(m.book(showing, seats[2:3]))
    m.book(showing, seats[3:7])
    refunded = m.book(showing, seats[7:8])
    m.pay(refunded)
    m.cancel(refunded)
    refunded_by = time.monotonic() + 10
    while m.newest_payment(refunded)["paymentStatus"] != "REFUNDED" and time.monotonic() < refunded_by:
        time.sleep(0.05)
    gone = m.make_user()
    assert m.reservations.delete(f"/api/users/{gone['id']}").status_code == 200
    return m


@pytest.mark.parametrize("owner", OWNERS)
def test_it_is_what_the_log_makes(lived, owner):
    for _ in range(10):  # a hold of another test may run out between the two
        shown, position = snapshot_of(lived, owner, "all")
        log = lived.feed(owner)
        if log[-1]["position"] == position:
            break
    assert log[-1]["position"] == position and facts_of(shown) == facts_of(log)


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("of", ("live", "all"))
def test_pages_of_any_length_are_the_same(lived, owner, of):
    whole, _ = snapshot_of(lived, owner, of)
    paged, _ = snapshot_of(lived, owner, of, limit=7)
    assert [(e["type"], e["subject"], e["data"]) for e in paged] == [(e["type"], e["subject"], e["data"]) for e in whole]
    assert len({e["id"] for e in whole}) == len(whole) > 0, "every event has an id of its own"
    assert all(e["specversion"] == "1.0" and e["source"] == f"taquilla/{owner}" for e in whole)


def test_live_is_what_can_still_be_shown_or_sold(lived):
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    programme, _ = snapshot_of(lived, "rooms", "all")
    ends = {e["subject"]: datetime.fromisoformat(e["data"]["endsAt"]) for e in programme if e["type"] == "showing.changed"}
    live, _ = snapshot_of(lived, "rooms", "live")
    assert {e["subject"] for e in live if e["type"] == "showing.changed"} == {s for s, end in ends.items() if end > yesterday}
    sales, _ = snapshot_of(lived, "reservations", "all")
    sold = {
        e["subject"]
        for e in sales
        if e["type"] == "reservation.changed"
        and e["data"]["status"] in ("PENDING", "CONFIRMED")
        and ends[str(e["data"]["scheduleId"])] > yesterday
    }
    live, _ = snapshot_of(lived, "reservations", "live")
    assert {e["subject"] for e in live} == sold and sold
    assert {e["type"] for e in live} == {"reservation.changed"}


@pytest.mark.parametrize("cursor", ("rooms", "nothing:1", ":1", "\u00e9:"))
def test_a_cursor_that_no_page_gave(lived, cursor):
    with lived.internal("rooms") as door:
        refused(door.get("/feed/snapshot", params={"after": cursor}), 400, "cursor_invalid")


def test_a_user_who_left_is_told_as_such(lived):
    """Nothing else in the fact says so."""
    shown, _ = snapshot_of(lived, "reservations", "all")
    left = {e["subject"] for e in lived.feed("reservations") if e["type"] == "user.erased"}
    assert {e["subject"] for e in shown if e["type"] == "user.erased"} == left and left


def test_a_snapshot_tells_no_names(lived):
    """As in the feed: of a user only the id."""
    users = lived.reservations.get("/api/users").json()["data"]
    with lived.internal("reservations") as door:
        text = door.get("/feed/snapshot", params={"of": "all"}).text
    assert users and not any(user["email"] in text for user in users if user["email"])


def test_a_page_goes_by_showing_and_not_by_age(lived):
    """The older reservation is for the showing that was made later."""
    first, second = lived.make_showing(), lived.make_showing()
    older = lived.book(second, second["seat_ids"][:2])
    newer = lived.book(first, first["seat_ids"][:1])
    shown, _ = snapshot_of(lived, "reservations", "live")
    data = {e["data"]["id"]: e["data"] for e in shown}
    assert {s["seatId"] for s in data[older["id"]]["seats"]} == set(second["seat_ids"][:2])
    assert {s["seatId"] for s in data[newer["id"]]["seats"]} == set(first["seat_ids"][:1])
