"""Some random life of a cinema, act by act, through its own API: films, rooms, showings, sales, and people who leave."""

from harness.door import ok
from harness.maker import unique

GENRES = ("Drama", "Comedia", "Terror", "Cine negro")
METHODS = ("cash", "credit_card", "test_decline")


class History:
    def __init__(self, m, dice):
        self.m, self.dice = m, dice
        self.films, self.rooms, self.showings, self.users, self.sales = [], [], [], [], []
        for act in (self.film_new, self.room_new, self.showing_new, self.user_new):
            act()

    def live(self, acts):
        choices = {
            **{self.film_new: 2, self.film_changes: 3, self.genre_new: 1},
            **{self.room_new: 1, self.room_changes: 2, self.seat_changes: 3},
            **{self.showing_new: 3, self.showing_moves: 4},
            **{self.user_new: 4, self.user_changes: 3, self.user_leaves: 2},
            **{self.books: 14, self.pays: 8, self.cancels: 4, self.deletes: 3},
        }
        for act in self.dice.choices(list(choices), list(choices.values()), k=acts):
            act()

    # --- the programme ---

    def film_new(self):
        genres = self.dice.sample(GENRES, self.dice.randint(0, 3))
        self.films.append(self.m.make_movie(genre=genres, rating=self.dice.randint(0, 100) / 10))

    def film_changes(self):
        film = self.dice.choice(self.films)
        change = self.dice.choice(
            ({"title": unique("Título ")}, {"genre": [self.dice.choice(GENRES)]}, {"isActive": True}, {"cast": []})
        )
        ok(self.m.movies.put(f"/api/movies/{film['_id']}", json=change))

    def genre_new(self):
        ok(self.m.movies.post("/api/genres", json={"name": unique("Género ")}), 201)

    def room_new(self):
        self.rooms.append(self.m.make_room(seats=12, per_row=4, screen_type=self.dice.choice(("2D", "3D", "IMAX"))))

    def room_changes(self):
        room = self.dice.choice(self.rooms)
        change = self.dice.choice(({"name": unique("Sala ")}, {"screen_type": self.dice.choice(("2D", "3D", "IMAX"))}))
        ok(self.m.rooms.put(f"/api/rooms/{room['id']}", json=change))

    def seat_changes(self):
        room = self.dice.choice(self.rooms)
        seat = self.dice.choice(room["seats"])
        change = self.dice.choice(({"seat_type": "vip"}, {"accessible": True}, {"seat_type": "regular"}))
        ok(self.m.rooms.put(f"/api/rooms/{room['id']}/seats/{seat['id']}", json=change))

    def showing_new(self):
        start = self.m.at(days=len(self.showings) + 1)
        showing = self.m.make_showing(
            self.m.make_movie(genre=["Drama"]), self.dice.choice(self.rooms), start, self.dice.choice((9.99, 12.5, 20))
        )
        self.showings.append(showing)

    def showing_moves(self):
        showing = self.dice.choice(self.showings)
        start = self.m.at(days=self.showings.index(showing) + 1, minutes=self.dice.randint(-200, 200))
        answer = self.m.rooms.put(f"/api/schedules/{showing['id']}", json={"show_time": start})
        assert answer.status_code in (200, 409), answer.text

    # --- people ---

    def user_new(self):
        self.users.append(self.m.make_user())

    def user_changes(self):
        user = self.dice.choice(self.users)
        answer = self.m.reservations.put(f"/api/users/{user['id']}", json=self.m.user_body())
        assert answer.status_code in (200, 404), answer.text

    def user_leaves(self):
        if len(self.users) < 3:
            return
        user = self.dice.choice(self.users)
        if self.m.reservations.delete(f"/api/users/{user['id']}").status_code == 200:
            self.users.remove(user)

    # --- sales ---

    def books(self):
        showing, seats = self.dice.choice(self.showings), self.dice.randint(1, 3)
        booked = self.m.try_book(
            showing, self.dice.sample(showing["seat_ids"], seats), self.dice.choice(self.users), hold=self.dice.random() < 0.5
        )
        assert booked.status_code in (201, 409), booked.text
        if booked.status_code == 201:
            self.sales.append(booked.json()["data"])

    def pays(self):
        if self.sales:
            self.m.try_pay(self.dice.choice(self.sales), method=self.dice.choice(METHODS))

    def cancels(self):
        if self.sales:
            self.m.cancel(self.dice.choice(self.sales))

    def deletes(self):
        if self.sales:
            self.m.reservations.delete(f"/api/reservations/{self.dice.choice(self.sales)['id']}")
