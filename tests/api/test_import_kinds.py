"""`taquilla import rooms|users|schedules`: by their natural keys, by the rules that the API has, and twice the same."""

import re

import pytest

from harness.door import ok
from harness.imports import imported, write_csv, write_json
from harness.maker import unique
from test_import import its_maker, open_cinema  # noqa: F401 (fixtures)


def told(account):
    """Its report, but for the numbers of showings: what a look makes and takes back has used them up on some databases."""
    return [row | {"why": re.sub(r"showing \d+", "showing N", row["why"])} for row in account.report]


@pytest.fixture
def bring(open_cinema, tmp_path):  # noqa: F811
    """Imports rows as JSON or CSV: looked at first, then done, then done again; the account of the doing."""
    m, where = open_cinema

    def rows_in(kind, rows, form="json", again=True):
        write = write_json if form == "json" else write_csv
        file = write(tmp_path, f"rows.{form}", rows)
        before = {s: len(m.feed(s)) for s in ("movies", "rooms", "reservations")}
        looked = imported(kind, file, where, tmp_path, "--check")
        assert {s: len(m.feed(s)) for s in before} == before, "a check changes nothing"
        done = imported(kind, file, where, tmp_path)
        assert looked.outcomes() == done.outcomes() and told(looked) == told(done)
        if again:
            read, created, changed, unchanged, refused = imported(kind, file, where, tmp_path).outcomes()
            assert (created, changed, refused) == (0, 0, done.counts["refused"]), "twice the same"
            assert unchanged == read - refused
        return done

    return m, rows_in


def room_named(m, name):
    return next(r for r in ok(m.rooms.get("/api/rooms", params={"limit": 10000})) if r["name"] == name)


def seats_of(m, room):
    found = ok(m.rooms.get(f"/api/rooms/{room['id']}/seats"))
    return [(s["row_number"], s["seat_number"], s["seat_type"]) for s in found]


# --- rooms ---


@pytest.mark.parametrize("form", ["json", "csv"])
def test_rooms_with_rows_of_seats(bring, form):
    m, rows_in = bring
    names = [unique("Sala ") for _ in range(4)]
    done = rows_in(
        "rooms",
        [
            {"name": names[0], "capacity": "", "screen_type": "imax", "rows": 3, "seats_per_row": 4},
            {"name": names[1], "capacity": 15, "screen_type": "", "rows": "", "seats_per_row": ""},
            {"name": names[2], "capacity": 7, "screen_type": "Dolby", "rows": 2, "seats_per_row": ""},
            {"name": names[3], "capacity": 5, "screen_type": "3D", "rows": 3, "seats_per_row": 4},
            {"name": names[0].upper(), "capacity": 1, "screen_type": "", "rows": "", "seats_per_row": ""},
            {"name": "", "capacity": 1, "screen_type": "", "rows": "", "seats_per_row": ""},
        ],
        form,
    )
    assert done.outcomes() == (6, 3, 0, 0, 3)
    first, second, third = (room_named(m, n) for n in names[:3])
    assert (first["capacity"], first["screen_type"]) == (12, "IMAX")
    assert seats_of(m, first) == [(r, n, "regular") for r in "ABC" for n in range(1, 5)]
    assert (second["capacity"], second["screen_type"]) == (15, "2D")
    assert [s[0] for s in seats_of(m, second)] == ["A"] * 10 + ["B"] * 5
    assert [s[0] for s in seats_of(m, third)] == ["A"] * 4 + ["B"] * 3
    why = sorted(done.refused().values())
    assert why[0].startswith(f'Room "{names[3]}" takes 5 seats and would have 12')
    assert why[1:] == ["no name of a room", f"the same room or seat as line {1 if form == 'json' else 2}"]
    assert "screen_type" in done.text and "seats_per_row" in done.text


def test_rooms_that_list_their_seats(bring):
    m, rows_in = bring
    name, other = unique("Sala "), unique("Sala ")
    seats = [{"row_number": "A", "seat_number": n, "seat_type": "vip" if n == 1 else "regular"} for n in range(1, 4)]
    assert rows_in("rooms", [{"name": name, "seats": seats}]).outcomes() == (1, 1, 0, 0, 0)
    assert room_named(m, name)["capacity"] == 3
    seats[1] |= {"accessible": True}
    seats.append({"row": "B", "seat": 1, "type": "premium", "house": True})
    done = rows_in("rooms", [{"name": name, "seats": seats}])
    assert done.changed() == {1: ["capacity", "seats"]}
    found = ok(m.rooms.get(f"/api/rooms/{room_named(m, name)['id']}/seats"))
    assert [(s["row_number"], s["seat_number"], s["seat_type"], s["accessible"], s["house"]) for s in found] == [
        ("A", 1, "vip", False, False),
        ("A", 2, "regular", True, False),
        ("A", 3, "regular", False, False),
        ("B", 1, "premium", False, True),
    ]
    bad = rows_in(
        "rooms",
        [
            {"name": other, "seats": [{"row": "A", "seat": 1}, {"row": "a", "seat": 1}]},
            {"name": unique("Sala "), "seats": [{"row": "A", "seat": 0}]},
            {"name": unique("Sala "), "capacity": 1, "seats": [{"row": "A", "seat": 1}, {"row": "A", "seat": 2}]},
            {"name": name, "seats": [{"row": "A", "seat": 1, "is_available": False}]},
        ],
    )
    assert bad.outcomes() == (4, 0, 0, 0, 4)
    assert other not in [r["name"] for r in ok(m.rooms.get("/api/rooms"))], "a row is taken whole or not at all"
    assert "no seat out of service" in bad.text


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_line_a_seat(bring, form):
    m, rows_in = bring
    big, small = unique("Sala "), unique("Sala ")
    rows = [
        {"room": big if i % 3 else small, "screen": "3D", "row": "ABCDEFGHIJ"[i // 60], "seat": i % 60 + 1, "type": ""}
        for i in range(600)
    ]
    rows.append(rows[0] | {"type": "vip"})
    rows.append(rows[1] | {"screen": "2D", "seat": 99})
    done = rows_in("rooms", rows, form)
    assert done.outcomes() == (602, 600, 0, 0, 2), "in two requests, which share rooms"
    assert room_named(m, big)["capacity"] == 400 and room_named(m, small)["capacity"] == 200
    assert len(seats_of(m, room_named(m, big))) == 400
    changed = rows_in("rooms", [r | {"type": "premium"} for r in rows[:5]], form)
    assert changed.outcomes() == (5, 0, 5, 0, 0)
    assert set(map(tuple, changed.changed().values())) == {("seat_type",)}
    about = [e for e in m.feed("rooms") if e["type"] == "seats.changed"][-2:]
    assert sum(len(e["data"]["seats"]) for e in about) == 5, "one event a room"


def test_a_room_s_capacity_keeps_its_rule(bring):
    m, rows_in = bring
    room = m.make_room(seats=10)
    done = rows_in("rooms", [{"name": room["name"], "capacity": 5}])
    assert done.outcomes() == (1, 0, 0, 0, 1) and "10" in done.refused()[1]
    done = rows_in("rooms", [{"name": room["name"], "capacity": 50}])
    assert done.changed() == {1: ["capacity"]}
    assert len(seats_of(m, room)) == 10, "a room that has seats is not furnished again"
    ok(m.rooms.delete(f"/api/rooms/{room['id']}"))
    assert rows_in("rooms", [{"name": room["name"], "capacity": 60}]).outcomes() == (1, 0, 0, 0, 1)


# --- users ---


@pytest.mark.parametrize("form", ["json", "csv"])
def test_users(bring, form):
    m, rows_in = bring
    ana, luis = unique("ana") + "@example.com", unique("luis") + "@example.com"
    there = m.make_user()
    done = rows_in(
        "users",
        [
            {"E-Mail": ana, "First Name": "Ana", "Last Name": "Paz", "Phone": "(+51) 999-888-777 555"},
            {"E-Mail": luis, "First Name": "Luis", "Last Name": "", "Phone": ""},
            {"E-Mail": ana.upper(), "First Name": "Another", "Last Name": "", "Phone": ""},
            {"E-Mail": "nobody", "First Name": "N", "Last Name": "", "Phone": ""},
            {"E-Mail": unique("x") + "@example.com", "First Name": "", "Last Name": "", "Phone": ""},
            {"E-Mail": there["email"].upper(), "First Name": "", "Last Name": "", "Phone": "1"},
        ],
        form,
    )
    assert done.outcomes() == (6, 2, 1, 0, 3)
    assert list(done.changed().values()) == [["email", "phone"]]
    found = {u["email"]: u for u in ok(m.reservations.get("/api/users", params={"limit": 10000}))}
    assert (found[ana]["name"], found[ana]["phone"]) == ("Ana Paz", "+51999888777555")
    assert (found[luis]["name"], found[luis]["phone"]) == ("Luis", None)
    assert found[there["email"].upper()]["name"] == there["name"], "a gap in the file is no name"
    told = [e for e in m.feed("reservations") if e["type"] == "user.changed"]
    assert not any(ana in str(e) for e in told), "no e-mail in an event"


# --- showings ---


@pytest.fixture
def stage(bring):
    """Two rooms and two films, 100 and 120 minutes long."""
    m, _ = bring
    rooms = [m.make_room(seats=5) for _ in range(2)]
    films = [m.make_movie(duration=d, releaseDate=f"{y}-01-01") for d, y in ((100, 1990), (120, 1991))]
    return rooms, films


@pytest.mark.parametrize("form", ["json", "csv"])
def test_showings_by_names_and_ids(bring, stage, form):
    m, rows_in = bring
    rooms, films = stage
    day = m.at(days=3)[:10]
    empty = {"room_id": "", "room": "", "movie_id": "", "movie": "", "year": "", "show_time": "", "price": ""}
    rows = [
        {"room": rooms[0]["name"], "movie": films[0]["title"].upper(), "show_time": f"{day}T10:00", "price": "12.50"},
        {"room_id": rooms[0]["id"], "movie_id": films[1]["_id"], "show_time": f"{day} 14:00:00", "price": 9},
        {"room": str(rooms[1]["id"]), "movie": films[1]["title"], "year": 1991, "show_time": f"{day}T10:00", "price": 7},
        {"room": rooms[1]["name"], "movie": films[1]["title"], "year": 1992, "show_time": f"{day}T20:00", "price": 7},
        {"room": rooms[0]["name"], "movie": films[0]["title"], "show_time": f"{day}T11:00", "price": 7},
        {"room": "Nowhere", "movie": films[0]["title"], "show_time": f"{day}T20:00", "price": 7},
        {"room": rooms[0]["name"], "movie": films[0]["title"], "show_time": f"{day}T20:00", "price": 0},
        {"room": rooms[0]["name"], "movie": films[0]["title"], "show_time": f"{day}T20:30", "price": ""},
        {"room": rooms[0]["name"], "movie": films[0]["title"], "show_time": f"{day}T21:00Z", "price": 7},
        {"room": rooms[0]["name"], "movie": "f" * 24, "show_time": f"{day}T22:00", "price": 7},
    ]
    done = rows_in("schedules", [empty | r for r in rows], form)
    assert done.outcomes() == (10, 3, 0, 0, 7)
    found = ok(m.rooms.get("/api/schedules", params={"from": day, "to": day, "room_id": rooms[0]["id"]}))
    assert [(s["movie_id"], s["show_time"], s["price"]) for s in found] == [
        (films[0]["_id"], f"{day}T10:00:00", 12.5),
        (films[1]["_id"], f"{day}T14:00:00", 9),
    ]
    found = ok(m.rooms.get("/api/schedules", params={"from": day, "to": day, "room_id": rooms[1]["id"]}))
    assert [(s["movie_id"], s["price"]) for s in found] == [(films[1]["_id"], 7)]
    said = " ".join(done.refused().values())
    for part in ("is taken by showing", "No room is called", "There is no film", "price must be", "price is required", "zone"):
        assert part in said, f"{part} in {said}"


def test_showings_that_change_keep_the_rules(bring, stage):
    m, rows_in = bring
    rooms, films = stage
    day = m.at(days=4)[:10]
    first = {"room": rooms[0]["name"], "movie": films[0]["title"], "show_time": f"{day}T10:00", "price": 10}
    second = first | {"show_time": f"{day}T12:00"}
    rows_in("schedules", [first, second])
    showing = ok(m.rooms.get("/api/schedules", params={"from": day, "to": day, "room_id": rooms[0]["id"]}))[0]
    booked = m.book(showing | {"seat_ids": [s["id"] for s in rooms[0]["seats"]]})
    done = rows_in("schedules", [first | {"price": 15}, second | {"price": ""}])
    assert done.outcomes() == (2, 0, 1, 1, 0) and done.changed() == {1: ["price"]}
    assert m.read(booked)["totalAmount"] == 10, "sold tickets keep their price"
    longer = rows_in("schedules", [first | {"movie": films[1]["title"], "price": 15}])
    assert longer.outcomes() == (1, 0, 0, 0, 1) and "is taken by showing" in longer.refused()[1]
    other = rows_in("schedules", [second | {"movie": films[1]["title"]}])
    assert other.changed() == {1: ["movie_id", "length_minutes"]}
    ok(m.movies.delete(f"/api/movies/{films[0]['_id']}", params={"showings": "keep"}))
    gone = rows_in("schedules", [first | {"show_time": f"{day}T20:00"}])
    assert gone.outcomes() == (1, 0, 0, 0, 1) and "no longer shown" in gone.text


def test_a_name_that_two_have_is_no_name(bring, stage):
    m, rows_in = bring
    rooms, films = stage
    m.make_movie(title=films[0]["title"], releaseDate="1995-01-01")
    m.make_room(name=rooms[0]["name"])
    when = m.at(days=5)
    row = {"room": rooms[1]["name"], "movie": films[0]["title"], "show_time": when, "price": 5}
    done = rows_in("schedules", [row, row | {"year": 1995, "show_time": m.at(days=6)}, row | {"room": rooms[0]["name"]}])
    assert done.outcomes() == (3, 1, 0, 0, 2)
    assert "more than one film" in done.refused()[1] and "more than one" in done.refused()[3]


def test_many_showings_are_looked_at_together(bring, stage):
    """A check sees an overlap across what a real run sends in two requests."""
    m, rows_in = bring
    rooms, films = stage
    rows = [
        {"room": rooms[0]["name"], "movie": films[0]["title"], "show_time": m.at(days=10, hours=3 * i), "price": 5}
        for i in range(700)
    ]
    rows.append(rows[0] | {"show_time": m.at(days=10, minutes=30)})
    done = rows_in("schedules", rows, "csv")
    assert done.outcomes() == (701, 700, 0, 0, 1)
