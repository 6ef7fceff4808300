"""A made-up life of a cinema: what its owners tell, fact after fact, and the tables that these facts leave behind."""

from datetime import datetime, timedelta, timezone

from harness.figures import payment_told, sale_told

METHODS = ("cash", "credit_card", "yape", "test_decline")
PRICES = (1, 333, 850, 1250, 4999, 5000, 20000)


def stamp(moment):
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Story:
    """`logs` is what each owner tells: (fact, rows that it leaves behind: (table, row) each), in the order in which it happened
    there. How the three orders lie to each other is nobody's promise."""

    def __init__(self, random, zone, edges):
        self.random, self.zone, self.edges = random, zone, edges
        self.logs = {"movies": [], "rooms": [], "reservations": []}
        self.films, self.rooms, self.showings, self.users = [], [], [], []
        self.sales, self.payments, self.seat_ids, self.seats_sold = [], [], 0, 0
        self.now = datetime.now(timezone.utc).replace(microsecond=0)

    # --- telling ---

    def tell(self, owner, kind, subject, data, *rows):
        self.logs[owner].append(((kind, subject, data, "2026-01-01T00:00:00.000Z"), [(t, dict(r)) for t, r in rows]))

    def moment(self):
        if self.random.random() < 0.5:
            beside = timedelta(milliseconds=self.random.choice((-1, 0, 1)))
            return self.random.choice(self.edges).astimezone(timezone.utc) + beside
        return self.now + timedelta(seconds=self.random.randint(-400 * 86400, 5 * 86400))

    def film_told(self, film):
        self.tell("movies", "movie.changed", film["_id"], dict(film), ("movies", film))

    def room_told(self, room):
        self.tell("rooms", "room.changed", room["id"], dict(room), ("rooms", room))

    def showing_told(self, showing):
        self.tell("rooms", "showing.changed", showing["id"], dict(showing), ("schedules", showing))

    def user_told(self, user):
        kind = "user.erased" if user["erased_at"] else "user.changed"
        self.tell("reservations", kind, user["id"], {"id": user["id"]}, ("users", user))

    def sale_told(self, sale, how):
        row, seats = sale
        kept = [("reservations", row)] + [("reserved_seats", s) for s in seats]
        self.tell("reservations", f"reservation.{how}", row["id"], sale_told(row, seats), *kept)

    def payment_told(self, payment, how):
        self.tell("reservations", f"payment.{how}", payment["id"], payment_told(payment), ("payments", payment))

    # --- films, rooms, showings ---

    def film_new(self):
        self.films.append({"_id": f"{len(self.films):024x}", "title": f"Film {len(self.films)}", "isActive": True})
        self.film_told(self.films[-1])

    def film_changes(self):
        film = self.random.choice(self.films)
        film |= {"title": f"Film {self.random.randint(0, 99)}", "isActive": self.random.random() < 0.8}
        self.film_told(film)

    def room_new(self):
        room = {"id": len(self.rooms) + 1, "name": f"Sala {len(self.rooms)}", "is_active": True}
        self.rooms.append(room)
        self.room_told(room)
        self.seats_new()

    def room_changes(self):
        room = self.random.choice(self.rooms)
        room["is_active"] = self.random.random() < 0.7
        self.room_told(room)

    def seats_new(self):
        """Some that are new and one that was there."""
        room, first = self.random.choice(self.rooms), self.seat_ids + 1
        self.seat_ids += self.random.randint(1, 9)
        seats = [{"id": n, "room_id": room["id"]} for n in range(first, self.seat_ids + 1)]
        told = seats + seats[:1]
        self.tell("rooms", "seats.changed", room["id"], {"room_id": room["id"], "seats": told}, *(("seats", s) for s in seats))

    def place(self):
        at = self.moment().astimezone(self.zone)
        return {
            "room_id": self.random.choice(self.rooms)["id"],
            "show_time": at.strftime("%Y-%m-%dT%H:%M:00"),
            "movie_id": self.random.choice(self.films)["_id"],
        }

    def showing_new(self):
        self.showings.append({"id": len(self.showings) + 5, "is_active": True} | self.place())
        self.showing_told(self.showings[-1])

    def showing_moves(self):
        showing = self.random.choice(self.showings)
        showing |= self.place() | {"is_active": self.random.random() < 0.9}
        self.showing_told(showing)

    # --- sales ---

    def user_new(self):
        self.users.append({"id": 3 * len(self.users) + 1, "name": f"Persona {len(self.users)}", "erased_at": None})
        self.user_told(self.users[-1])

    def user_leaves(self):
        user = self.random.choice(self.users)
        user["erased_at"] = stamp(self.moment())
        self.user_told(user)

    def sale_new(self):
        number, showing = 2 * len(self.sales) + 1, self.random.choice(self.showings)
        seats = []
        for _ in range(self.random.randint(1, 4)):
            self.seats_sold += 1
            price = self.random.choice(PRICES)
            seats.append({"id": self.seats_sold, "reservation_id": number, "seat_id": self.seats_sold, "price": price / 100})
        row = {
            "id": number,
            "user_id": self.random.choice(self.users)["id"],
            "schedule_id": showing["id"],
            "movie_id": showing["movie_id"],
            "total_amount": sum(round(s["price"] * 100) for s in seats) / 100,
            "status": "PENDING",
            "reservation_date": stamp(self.moment()),
            "confirmed_at": None,
            "cancelled_at": None,
        }
        self.sales.append((row, seats))
        self.sale_told(self.sales[-1], "made")

    def sale_in(self, *statuses):
        found = [s for s in self.sales[-60:] + self.random.choices(self.sales or [None], k=5) if s and s[0]["status"] in statuses]
        return self.random.choice(found) if found else None

    def sale_is_paid(self):
        sale = self.sale_in("PENDING")
        if not sale:
            return
        when = stamp(self.moment())
        for status in self.random.choice((("COMPLETED",), ("FAILED", "COMPLETED"), ("FAILED",))):
            payment = {
                "id": len(self.payments) + 1,
                "reservation_id": sale[0]["id"],
                "payment_method": self.random.choice(METHODS),
                "payment_status": "PENDING",
            }
            self.payments.append(payment)
            self.payment_told(payment, "begun")
            payment["payment_status"] = status
            self.payment_told(payment, status.lower())
        if status == "COMPLETED":
            sale[0].update(status="CONFIRMED", confirmed_at=when)
            self.sale_told(sale, "confirmed")

    def sale_ends(self):
        sale = self.sale_in("PENDING", "CONFIRMED")
        if not sale:
            return
        row, was = sale[0], sale[0]["status"]
        ends = self.random.choice(("CANCELLED", "EXPIRED")) if was == "PENDING" else "CANCELLED"
        for payment in self.payments:
            if payment["reservation_id"] == row["id"] and payment["payment_status"] == "COMPLETED":
                payment["payment_status"] = "REFUNDED"
                self.payment_told(payment, "refunded")
        row.update(status=ends, cancelled_at=stamp(self.moment()))
        self.sale_told(sale, ends.lower())

    def sale_is_told_again(self):
        """reservation.moved, .deleted: nothing that is counted changes."""
        if self.sales:
            self.sale_told(self.random.choice(self.sales), self.random.choice(("moved", "deleted", "adopted")))

    # --- all of it ---

    def live(self, facts):
        """So many facts, at least."""
        for begin in (self.film_new, self.film_new, self.room_new, self.showing_new, self.user_new):
            begin()
        steps = {
            self.film_new: 1,
            self.film_changes: 2,
            self.room_new: 1,
            self.room_changes: 2,
            self.seats_new: 2,
            self.showing_new: 6,
            self.showing_moves: 6,
            self.user_new: 6,
            self.user_leaves: 2,
            self.sale_new: 30,
            self.sale_is_paid: 14,
            self.sale_ends: 10,
            self.sale_is_told_again: 4,
        }
        while sum(map(len, self.logs.values())) < facts:
            self.random.choices(list(steps), list(steps.values()))[0]()

    def rows(self, ends):
        """The tables after so many facts of each owner, numbers as exact as they are told."""
        kept = {table: {} for table in ("movies", "rooms", "seats", "schedules", "users", "reservations", "reserved_seats", "payments")}
        for owner, log in self.logs.items():
            for _, rows in log[: ends[owner]]:
                for table, row in rows:
                    kept[table][row.get("id", row.get("_id"))] = row
        return {table: list(rows.values()) for table, rows in kept.items()}
