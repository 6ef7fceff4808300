"""What DynamoDB should hold, worked out of the owners' tables, and what it holds."""

import json
from decimal import Decimal

from boto3.dynamodb.types import TypeDeserializer

from harness.keeping import exports

KEYS = {"movies": "movie_id", "rooms": "room_id", "reservations": "reservation_id", "users": "user_id"}
INDEXES = {
    "movies": {"GenreIndex": "genre_id"},
    "rooms": {"ScreenTypeIndex": "screen_type"},
    "reservations": {"UserIndex": "user_id", "MovieIndex": "movie_id"},
    "users": {"EmailIndex": "email"},
}
PAGE = 500  # DynamoDB Local, told no number, reads all that is left of the table for each page
POSITIONS = ("position", "showing_position")


def cents(amount):
    return int((Decimal(str(amount)) * 100).to_integral_value())


def told(**attributes):
    return {name: value for name, value in attributes.items() if value is not None}


def film(row):
    return told(
        movie_id=row["_id"],
        genre_id=row["genre"][0] if row["genre"] else None,
        genres=row["genre"],
        **{name: row[name] for name in ("title", "description", "duration", "rating", "director", "cast")},
        release_date=row["releaseDate"],
        poster_url=row["posterUrl"],
        trailer_url=row["trailerUrl"],
        is_active=row["isActive"],
        created_at=row["createdAt"],
        updated_at=row["updatedAt"],
    )


def seconds(stamp):
    """2026-01-01T00:00:00.123Z without its milliseconds."""
    return stamp[:19] + "Z"


def room(row, seats):
    return told(
        room_id=row["id"],
        **{name: row[name] for name in ("name", "capacity", "screen_type", "is_active")},
        created_at=seconds(row["created_at"]),
        seat_count=len(seats),
        seats=[
            {
                "seat_id": s["id"],
                "row": s["row_number"],
                "number": s["seat_number"],
                "type": s["seat_type"],
                "accessible": s["accessible"],
                "available": s["is_available"],
                "house": s["house"],
            }
            for s in seats
        ],
    )


def reservation(row, seats, payments, showing):
    payment = max(payments, key=lambda p: p["id"]) if payments else None
    paid = payment and {
        "payment_id": payment["id"],
        "payment_status": payment["payment_status"],
        "payment_method": payment["payment_method"],
        "payment_amount": cents(payment["amount"]),
        "transaction_id": payment["transaction_id"],
        "paid_at": payment["payment_date"],
        "refunded_at": payment["refunded_at"],
    }
    return told(
        reservation_id=str(row["id"]),
        user_id=str(row["user_id"]),
        **{name: row[name] for name in ("schedule_id", "movie_id", "status", "hold")},
        total_amount=cents(row["total_amount"]),
        created_at=row["reservation_date"],
        held_until=row["expires_at"],
        confirmed_at=row["confirmed_at"],
        cancelled_at=row["cancelled_at"],
        room_id=showing["room_id"],
        show_time=showing["show_time"],
        seat_count=len(seats),
        seats=[
            {
                "seat_id": s["seat_id"],
                "row": s["row_number"],
                "number": s["seat_number"],
                "ticket_type": s["ticket_type"],
                "price": cents(s["price"]),
            }
            for s in seats
        ],
        **(paid or {}),
    )


def user(row):
    return told(
        user_id=str(row["id"]), email=row["email"], name=row["name"], phone=row["phone"], created_at=seconds(row["created_at"])
    )


def by(rows, name):
    found = {}
    for row in sorted(rows, key=lambda r: r["id"]):
        found.setdefault(row[name], []).append(row)
    return found


def expected(cinema):
    """{table: {key: item}} as the owners have it now, without positions."""
    rows = {
        table: [json.loads(line) for line in lines.splitlines()]
        for tables, _ in exports(cinema).values()
        for table, lines in tables.items()
        if table != "log"
    }
    seats, tickets = by(rows.get("seats", ()), "room_id"), by(rows.get("reserved_seats", ()), "reservation_id")
    payments = by(rows.get("payments", ()), "reservation_id")
    showings = {row["id"]: row for row in rows.get("schedules", ())}
    items = {
        "movies": [film(row) for row in rows.get("movies", ())],
        "rooms": [room(row, seats.get(row["id"], [])) for row in rows.get("rooms", ())],
        "reservations": [
            reservation(row, tickets.get(row["id"], []), payments.get(row["id"], []), showings[row["schedule_id"]])
            for row in rows.get("reservations", ())
            if not row["deleted_at"]
        ],
        "users": [user(row) for row in rows.get("users", ()) if not row["erased_at"]],
    }
    return {table: {item[KEYS[table]]: item for item in found} for table, found in items.items()}


def plain(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def scanned(aws, names, table):
    """Every item as it lies there, tombstones too."""
    client, read = aws.boto("dynamodb"), TypeDeserializer().deserialize
    pages = client.get_paginator("scan").paginate(TableName=names[f"DYNAMODB_{table.upper()}_TABLE"], PaginationConfig={"PageSize": PAGE})
    for page in pages:
        for item in page["Items"]:
            yield {name: plain(read(value)) for name, value in item.items()}


def held(aws, names):
    """{table: {key: item}} without positions, and {table: {key: tombstone}}."""
    items, gone = {}, {}
    for table, key in KEYS.items():
        items[table], gone[table] = {}, {}
        for item in scanned(aws, names, table):
            assert item.pop("position") >= 0
            item.pop("showing_position", None)
            (gone if "deleted" in item else items)[table][item[key]] = item
    return items, gone


def differences(found, wanted):
    """For a person: what one has and the other has not."""
    lines = []
    for table, items in wanted.items():
        for key in items.keys() | found[table].keys():
            one, other = found[table].get(key), items.get(key)
            if one is None or other is None:
                lines.append(f"{table} {key}: {'only the owner has it' if one is None else 'only DynamoDB has it'}")
                continue
            for name in one.keys() | other.keys():
                if one.get(name) != other.get(name):
                    lines.append(f"{table} {key} {name}: {one.get(name)!r}, and the owner says {other.get(name)!r}")
    return lines
