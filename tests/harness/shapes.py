"""What each thing looks like on the wire: exact members, types and forms; more members are fine."""

import re

NUMBER, TEXT, BOOL = (int, float), str, bool
INSTANT_Z = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
INSTANT_MS_Z = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
OFFSET = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)$")
WALL = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
OBJECT_ID = re.compile(r"^[0-9a-f]{24}$")


def has(thing, **members):
    assert isinstance(thing, dict), thing
    for name, want in members.items():
        assert name in thing, f"no {name} in {thing}"
        value = thing[name]
        if isinstance(want, re.Pattern):
            assert isinstance(value, str) and want.match(value), f"{name}: {value!r} in {thing}"
        elif want is NUMBER or want is int:
            assert isinstance(value, want) and not isinstance(value, bool), f"{name}: {value!r} in {thing}"
        elif isinstance(want, (type, tuple)):
            assert isinstance(value, want), f"{name}: {value!r} in {thing}"
        elif isinstance(want, (set, frozenset)):
            assert value in want, f"{name}: {value!r} in {thing}"
        elif callable(want):
            assert want(value), f"{name}: {value!r} in {thing}"
    return thing


def money(value):
    return isinstance(value, NUMBER) and not isinstance(value, bool) and round(value, 2) == value


def null_or(form):
    return lambda value: value is None or (
        form.match(value) if isinstance(form, re.Pattern) else isinstance(value, form)
    )


def texts(value):
    return isinstance(value, list) and all(isinstance(t, str) for t in value)


def movie(thing):
    has(
        thing,
        _id=OBJECT_ID,
        title=TEXT,
        description=TEXT,
        duration=int,
        genre=texts,
        director=TEXT,
        cast=texts,
        releaseDate=INSTANT_MS_Z,
        rating=NUMBER,
        posterUrl=TEXT,
        trailerUrl=TEXT,
        isActive=BOOL,
        createdAt=INSTANT_MS_Z,
        updatedAt=INSTANT_MS_Z,
    )
    assert "__v" not in thing
    return thing


def genre(thing):
    return has(
        thing, _id=OBJECT_ID, name=TEXT, description=(str, type(None)), createdAt=INSTANT_MS_Z, updatedAt=INSTANT_MS_Z
    )


def room(thing):
    return has(
        thing, id=int, name=TEXT, capacity=int, screen_type={"2D", "3D", "IMAX"}, is_active=BOOL, created_at=WALL
    )


def seat(thing):
    return has(
        thing,
        id=int,
        room_id=int,
        row_number=TEXT,
        seat_number=int,
        seat_type={"regular", "premium", "vip"},
        is_available=BOOL,
        accessible=BOOL,
        house=BOOL,
    )


def schedule(thing):
    has(
        thing,
        id=int,
        movie_id=TEXT,
        room_id=int,
        show_time=WALL,
        showtime=WALL,
        startsAt=OFFSET,
        price=money,
        is_active=BOOL,
        room_name=TEXT,
        sales_open_at=(str, type(None)),
        sales_close_at=(str, type(None)),
        waiting_room=BOOL,
    )
    assert thing["showtime"] == thing["show_time"]
    return thing


def user(thing):
    return has(thing, id=int, email=TEXT, name=TEXT, phone=(str, type(None)))


def payment(thing):
    states = {"PENDING", "COMPLETED", "FAILED", "REFUNDED"}
    has(
        thing,
        id=int,
        reservationId=int,
        amount=money,
        paymentMethod=TEXT,
        paymentStatus=states,
        status=states,
        transactionId=(str, type(None)),
        paymentDate=WALL,
    )
    assert thing["status"] == thing["paymentStatus"]
    return thing


def reservation(thing):
    has(
        thing,
        id=int,
        userId=int,
        user=dict,
        scheduleId=int,
        movieId=TEXT,
        totalAmount=money,
        status={"PENDING", "CONFIRMED", "CANCELLED", "EXPIRED"},
        reservationDate=WALL,
        createdAt=WALL,
        expiresAt=null_or(INSTANT_Z),
        reservedSeats=list,
        seatIds=list,
    )
    has(thing["user"], id=int, email=(str, type(None)), name=(str, type(None)), phone=(str, type(None)))
    assert thing["user"]["id"] == thing["userId"]
    assert thing["createdAt"] == thing["reservationDate"]
    for s in thing["reservedSeats"]:
        has(s, id=int, seatId=int, rowNumber=TEXT, seatNumber=int, ticketType=TEXT, price=money)
    assert sorted(s["seatId"] for s in thing["reservedSeats"]) == sorted(thing["seatIds"])
    assert "payment" in thing
    if thing["payment"] is not None:
        payment(thing["payment"])
    return thing
