"""One good request for every operation that needs more than an id to go well, on things made for it."""

from harness.door import ok
from harness.maker import unique
from harness.pictures import png


def booking(m, **more):
    return m.booking(m.make_showing(), 2, **more)


def ticket(m):
    return booking(m) | {"paymentMethod": "cash", "hold": True}


def wish(m):
    return {"path": {"id": m.make_showing()["id"]}, "json": {"userId": m.make_user()["id"], "count": 2, "paymentMethod": "cash"}}


def payment(m):
    made = m.book(m.make_showing())
    return {"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "cash"}


def schedule(m):
    return {"movie_id": m.make_movie()["_id"], "room_id": m.make_room()["id"], "show_time": m.at(days=2), "price": 9.5}


def seat_path(m):
    room = m.make_room()
    return {"id": room["id"], "seatId": room["seats"][0]["id"]}


def paid(m):
    made = m.book(m.make_showing())
    m.pay(made)
    return made["id"]


def ticket_code(m):
    return ok(m.reservations.get(f"/api/reservations/{paid(m)}/tickets"))["tickets"][0]["ticketCode"]


def with_poster(m):
    film = m.make_movie()["_id"]
    ok(m.movies.put(f"/api/movies/{film}/poster", content=png()))
    return {"path": {"movieId": film}}


# "service METHOD /path": what to put into path, query and body. What is not here is asked with known ids and nothing else.
GOOD = {
    "movies POST /api/movies": lambda m: {"json": m.movie_body()},
    "movies PUT /api/movies/{movieId}": lambda m: {"json": {"rating": 7.5}},
    "movies DELETE /api/movies/{movieId}": lambda m: {"path": {"movieId": m.make_movie()["_id"]}},
    "movies PUT /api/movies/{movieId}/poster": lambda m: {"content": png(), "headers": {"content-type": "image/png"}},
    "movies GET /api/movies/{movieId}/poster": with_poster,
    "movies DELETE /api/movies/{movieId}/poster": with_poster,
    "movies POST /api/genres": lambda m: {"json": {"name": unique("Género ")}},
    "rooms POST /api/rooms": lambda m: {"json": {"name": unique("Sala "), "capacity": 5}},
    "rooms PUT /api/rooms/{id}": lambda m: {"json": {"name": unique("Sala ")}},
    "rooms DELETE /api/rooms/{id}": lambda m: {"path": {"id": m.make_room()["id"]}},
    "rooms POST /api/rooms/{id}/seats": lambda m: {
        "path": {"id": m.make_room(seats=0, capacity=9)["id"]},
        "json": {"auto_generate": True},
    },
    "rooms PUT /api/rooms/{id}/seats/{seatId}": lambda m: {"path": seat_path(m), "json": {"seat_type": "vip"}},
    "rooms DELETE /api/rooms/{id}/seats/{seatId}": lambda m: {"path": seat_path(m)},
    "rooms POST /api/schedules": lambda m: {"json": schedule(m)},
    "rooms PUT /api/schedules/{id}": lambda m: {"json": {"price": 8}},
    "rooms DELETE /api/schedules/{id}": lambda m: {"path": {"id": m.make_showing()["id"]}},
    "reservations POST /api/users": lambda m: {"json": m.user_body()},
    "reservations PUT /api/users/{id}": lambda m: {"path": {"id": m.make_user()["id"]}, "json": m.user_body()},
    "reservations DELETE /api/users/{id}": lambda m: {"path": {"id": m.make_user()["id"]}},
    "reservations POST /api/reservations": lambda m: {"json": booking(m)},
    "reservations GET /api/reservations/{id}": lambda m: {"path": {"id": m.book(m.make_showing())["id"]}},
    "reservations DELETE /api/reservations/{id}": lambda m: {"path": {"id": m.book(m.make_showing())["id"]}},
    "reservations PUT /api/reservations/{id}/cancel": lambda m: {"path": {"id": m.book(m.make_showing())["id"]}},
    "reservations POST /api/payments": lambda m: {"json": payment(m)},
    "reservations GET /api/payments/reservation/{id}": lambda m: {"path": {"id": paid(m)}},
    "reservations GET /api/reservations/{id}/tickets": lambda m: {"path": {"id": paid(m)}},
    "reservations POST /api/checkins": lambda m: {"json": {"ticketCode": ticket_code(m), "where": "Door 1"}},
    "gateway POST /api/checkins": lambda m: {"json": {"ticketCode": ticket_code(m), "where": "Door 1"}},
    "gateway GET /api/reservations/{id}/ticket.pdf": lambda m: {"path": {"id": paid(m)}},
    "gateway GET /api/reservations/{id}/ticket.svg": lambda m: {"path": {"id": paid(m)}},
    "gateway GET /api/reservations/{id}/ticket.ics": lambda m: {"path": {"id": paid(m)}},
    "reservations POST /internal/book": lambda m: {"json": ticket(m)},
    "reservations POST /internal/showings/{id}/best-seats": wish,
    "reservations GET /internal/users": lambda m: {"params": {"ids": m.make_user()["id"]}},
    "reservations POST /internal/sales/stop": lambda m: {"json": {"scheduleIds": [m.make_showing()["id"]]}},
    "reservations POST /internal/sales/resume": lambda m: {"json": {"scheduleIds": [m.make_showing()["id"]]}},
    "reservations GET /internal/sales/live": lambda m: {"params": {"scheduleIds": m.make_showing()["id"]}},
    "analytics GET /api/analytics/showing-sales": lambda m: {"params": {"scheduleId": m.make_showing()["id"]}},
    "analytics GET /api/analytics/returns": lambda m: {"params": {"movieId": m.make_movie()["_id"], "week": "2026-W46"}},
    "gateway POST /api/book-ticket": lambda m: {"json": ticket(m)},
    "ingestion GET /jobs/{id}": lambda m: {"path": {"id": "backup-20261128_020000"}},
    "gateway POST /api/showtimes/{id}/best-seats": wish,
    "gateway POST /api/showtimes/{id}/queue": lambda m: {"path": {"id": m.make_showing(waiting_room=True)["id"]}},
    "gateway GET /api/showtimes/{id}/queue": lambda m: {"path": {"id": m.make_showing(waiting_room=True)["id"]}},
    "ingestion POST /sync/{table_name}": lambda m: {"path": {"table_name": "rooms"}},
    "ingestion GET /dynamodb/{table_name}/items": lambda m: {"path": {"table_name": "rooms"}},
}
