"""Makes what a test needs (films, rooms, showings, people, bookings), each new and its own."""

import itertools
import time
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from harness.cinema import SERVICES, ZONE
from harness.door import ok

LAG_S = 0.5  # what one service changed, all others know long before
_count = itertools.count(1)


def unique(word):
    return f"{word}{next(_count)}q{uuid.uuid4().hex[:8]}"


def wall(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


class Maker:
    """A cinema and a client of each service, with the admin's token where one is set.

    What it makes, it makes at the owner, or through the gateway: who reads at the gateway at once must write there.
    """

    def __init__(self, cinema, zone=ZONE, through_gateway=False):
        self.cinema, self.zone = cinema, ZoneInfo(zone)
        self.token = cinema.admin_token
        for service in SERVICES:
            setattr(self, service, cinema.door(service, token=self.token))
        self.at_movies, self.at_rooms, self.at_reservations = (
            self.gateway if through_gateway else door for door in (self.movies, self.rooms, self.reservations)
        )

    def close(self):
        for service in SERVICES:
            getattr(self, service).close()

    def now(self):
        return datetime.now(self.zone).replace(microsecond=0)

    def at(self, **offset):
        """A wall clock so far from now."""
        return wall(self.now() + timedelta(**offset))

    def movie_body(self, **more):
        return {
            "title": unique("Film "),
            "description": "A story",
            "duration": 100,
            "genre": ["Drama"],
            "director": "Agnès Varda",
            "cast": ["Ana", "Luis"],
            "releaseDate": "2024-05-01",
            "rating": 6.5,
        } | more

    def make_movie(self, **more):
        return ok(self.at_movies.post("/api/movies", json=self.movie_body(**more)), 201)

    def make_room(self, seats=20, per_row=10, **more):
        """A room with its seats under "seats"."""
        body = {"name": unique("Sala "), "capacity": max(seats, 1)} | more
        room = ok(self.at_rooms.post("/api/rooms", json=body), 201)
        room["seats"] = []
        if seats:
            room["seats"] = ok(
                self.at_rooms.post(
                    f"/api/rooms/{room['id']}/seats", json={"auto_generate": True, "seats_per_row": per_row}
                ),
                201,
            )
        return room

    def make_showing(self, movie=None, room=None, start=None, price=12.5, seats=20, **more):
        """A showing with its film under "movie" and its seats' ids under "seat_ids"; a day from now unless said."""
        movie = movie or self.make_movie()
        room = room or self.make_room(seats=seats)
        showing = ok(
            self.at_rooms.post(
                "/api/schedules",
                json={
                    "movie_id": movie["_id"],
                    "room_id": room["id"],
                    "show_time": start or self.at(days=1),
                    "price": price,
                }
                | more,
            ),
            201,
        )
        return showing | {"movie": movie, "room": room, "seat_ids": [s["id"] for s in room["seats"]]}

    def user_body(self, **more):
        name = unique("persona")
        return {"email": f"{name}@example.com", "name": name.title(), "phone": "999888777"} | more

    def make_user(self, **more):
        return ok(self.at_reservations.post("/api/users", json=self.user_body(**more)), 201)

    def booking(self, showing, seats=1, user=None, **more):
        """The body of a booking; seats: how many of the first ones, or their ids."""
        ids = showing["seat_ids"][:seats] if isinstance(seats, int) else list(seats)
        user = user or self.make_user()
        return {
            "userId": user["id"],
            "scheduleId": showing["id"],
            "movieId": showing["movie_id"],
            "seatIds": ids,
            "totalAmount": round(showing["price"] * max(len(ids), 1), 2),
        } | more

    def try_book(self, showing, seats=1, user=None, headers=None, **more):
        return self.at_reservations.post(
            "/api/reservations", json=self.booking(showing, seats, user, **more), headers=headers
        )

    def book(self, *arguments, **more):
        return ok(self.try_book(*arguments, **more), 201)

    def try_pay(self, reservation, method="cash", headers=None, **more):
        body = {"reservationId": reservation["id"], "amount": reservation["totalAmount"], "paymentMethod": method}
        return self.at_reservations.post("/api/payments", json=body | more, headers=headers)

    def pay(self, *arguments, **more):
        return ok(self.try_pay(*arguments, **more), 201)

    def cancel(self, reservation, **more):
        return self.at_reservations.put(f"/api/reservations/{reservation['id']}/cancel", **more)

    def read(self, reservation):
        return ok(self.reservations.get(f"/api/reservations/{reservation['id']}"))

    def newest_payment(self, reservation):
        return ok(self.reservations.get(f"/api/payments/reservation/{reservation['id']}"))

    def seat_map(self, showing):
        return ok(self.gateway.get(f"/api/showtimes/{showing['id']}/seats"))

    def states(self, showing):
        """State by seat, as the gateway says it."""
        return {s["id"]: s["state"] for s in self.seat_map(showing)["seats"]}

    def states_once(self, showing, good, within_s=3):
        """The same once good(states): what was written at the owner itself reaches the gateway a moment later."""
        end = time.monotonic() + within_s
        while not good(states := self.states(showing)) and time.monotonic() < end:
            time.sleep(0.02)
        return states

    def admin(self):
        """Headers of who may do everything."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    def internal(self, service):
        """A client with the service token."""
        return self.cinema.door(service, token=self.cinema.service_token)

    def feed(self, service):
        """Every event of an owner's log."""
        events, after = [], 0
        with self.internal(service) as door:
            while True:
                page = door.get("/feed", params={"after": after, "limit": 1000}).json()
                page = page.get("data", page) if "events" not in page else page
                if not page["events"]:
                    return events
                events += page["events"]
                after += len(page["events"])
