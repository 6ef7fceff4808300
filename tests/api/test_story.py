"""From nothing to a ticket in the hand: real films imported, a showing made, a seat bought, given back, and free again."""

from harness.cinema import Cinema, run
from harness.door import named_seats, ok, refused
from harness.maker import Maker
from test_import import films_file  # noqa: F401 (a fixture)


def test_a_ticket_for_a_real_film(films_file):  # noqa: F811
    with Cinema() as cinema:
        done = run(
            "import",
            "movies",
            films_file,
            "--base-port",
            cinema.base_port,
            "--data",
            cinema.data,
            folder=cinema.folder,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        m = Maker(cinema, through_gateway=True)
        film = ok(m.gateway.get("/api/movies/search", params={"q": "dark knight"}))[0]
        room = m.make_room(seats=20)
        showing = m.make_showing(film, room, price=9.5)
        listed = ok(m.gateway.get("/api/showtimes", params={"movieId": film["_id"]}))
        assert [s["id"] for s in listed] == [showing["id"]] and listed[0]["movie"] == film

        seats = showing["seat_ids"][:2]
        user = ok(m.gateway.post("/api/users", json=m.user_body()), 201)
        body = {
            "userId": user["id"],
            "scheduleId": showing["id"],
            "movieId": film["_id"],
            "seatIds": seats,
            "hold": True,
        }
        made = ok(m.gateway.post("/api/book-ticket", json=body), 201)
        assert made["status"] == "PENDING" and made["totalAmount"] == 19
        again = m.gateway.post("/api/book-ticket", json=body | {"seatIds": [seats[1], showing["seat_ids"][2]]})
        assert named_seats(refused(again, 409, "seats_taken")) == [seats[1]]

        def pay(method):
            return m.gateway.post(
                "/api/payments", json={"reservationId": made["id"], "amount": 19, "paymentMethod": method}
            )

        refused(pay("test_decline"), 402, "payment_declined")
        assert ok(pay("cash"), 201)["status"] == "COMPLETED"
        row = ok(m.gateway.get(f"/api/user-dashboard/{user['id']}"))["reservations"][0]
        assert (row["id"], row["status"], row["movie"]["title"]) == (made["id"], "CONFIRMED", film["title"])
        assert row["schedule"]["showtime"] == showing["show_time"]
        assert row["schedule"]["room"]["name"] == room["name"]
        assert [(s["rowNumber"], s["seatNumber"]) for s in row["reservedSeats"]] == [("A", 1), ("A", 2)]

        assert ok(m.gateway.put(f"/api/reservations/{made['id']}/cancel"))["status"] == "CANCELLED"
        assert ok(m.gateway.get(f"/api/payments/reservation/{made['id']}"))["status"] == "REFUNDED"
        assert set(m.states(showing).values()) == {"free"}
        m.close()
