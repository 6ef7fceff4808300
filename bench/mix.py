"""A day of a cinema's gateway: what is asked there, in which parts, and why. Each kind has its own answers; any other is an error."""

import itertools
import random
from typing import NamedTuple

import httpx

from harness.stores import ask
from house import CLIENTS

FILMS, ROOMS, SEATS, PER_ROW = 30, 20, 200, 20
WORDS = ("win", "summer", "the", "noche", "a", "lima", "story", "of", "last", "ghost")
BEST_FILL = 0.7  # of a showing's seats, by pairs: nobody of this mix comes too late for them


class Kind(NamedTuple):
    name: str
    share: int  # of 100 requests
    statuses: tuple
    why: str


MIX = (
    Kind("list", 16, (200,), "what is on, by pages, by days and by film: where every visit begins"),
    Kind("list again", 12, (304,), "the same by a client that has it and says so, as browsers and the app do"),
    Kind("film", 12, (200,), "a film's page with its showings: two are looked at before one is chosen"),
    Kind("showing", 6, (200,), "one showing, from a link or before its map"),
    Kind("seat map", 20, (200,), "two or three a buyer: the one he wants, the one he takes, and once more when a seat is gone"),
    Kind("seat map again", 8, (200, 304), "the same by who has it: 304 as long as nobody bought"),
    Kind("search", 6, (200,), "a word or its beginning; movies answers"),
    Kind("hold", 5, (201,), "book-ticket of one named seat, each another"),
    Kind("too late", 1, (409,), "book-ticket of a seat that is sold: one in six, as on a good evening"),
    Kind("best seats", 2, (201,), "two side by side, of whoever does not care which"),
    Kind("payment", 4, (201,), "of what was held a moment before: four of seven holds"),
    Kind("cancel", 1, (200,), "one of seven; the rest of the holds runs out"),
    Kind("my page", 4, (200,), "a buyer's own, before a payment and after it, and at the door"),
    Kind("figures", 3, (200,), "the manager's page, which asks for all five again and again"),
)
assert sum(kind.share for kind in MIX) == 100
KINDS = {kind.name: kind for kind in MIX}
FIGURES = ("revenue", "popular-movies", "occupancy", "user-behavior", "dashboard")


class Asked(NamedTuple):
    kind: str
    line: str
    of: object  # what it used up: given back when it was never sent


class Day:
    """The showings of a house, and what of its seats and holds has not been used."""

    def __init__(self, home, requests, seed=1):
        """As many showings as so many requests need."""
        self.home, self.dice = home, random.Random(seed)
        make = home.maker
        self.films = [make.make_movie(title=f"{self.dice.choice(WORDS)} {n} of summer".title()) for n in range(FILMS)]
        rooms = [make.make_room(seats=SEATS, per_row=PER_ROW) for _ in range(ROOMS)]
        places = ((day, room) for day in itertools.count(1) for room in rooms)
        self.named = [self.showing(*next(places)) for _ in range(2 + int(requests * 0.11 / SEATS))]
        self.for_best = [self.showing(*next(places)) for _ in range(2 + int(requests * 0.025 / SEATS * 2 / BEST_FILL))]
        self.seats = [(showing, seat) for seats in zip(*(s["seat_ids"] for s in self.named)) for showing, seat in zip(self.named, seats)]
        self.best = [s for s in self.for_best for _ in range(int(SEATS * BEST_FILL / 2))]
        self.gone = self.seats.pop()
        make.pay(make.book(self.gone[0], [self.gone[1]], user={"id": home.buyers[0]}))
        self.holds, self.newest = [], 0
        self.pages = [f"/api/showtimes?limit=20&offset={n}" for n in range(0, 100, 20)]
        self.pages += [f"/api/showtimes?date={make.at(days=n)[:10]}" for n in range(1, 8)]
        self.pages += [f"/api/showtimes?movieId={film['_id']}&limit=20" for film in self.films]
        self.maps = [f"/api/showtimes/{s['id']}/seats" for s in self.named]
        self.tags = {}

    def showing(self, day, room):
        make = self.home.maker
        return make.make_showing(self.dice.choice(self.films), room, make.at(days=day))

    # --- what is asked ---

    def plan(self, count):
        """So many requests in a random order; the parts are exact in each hundred."""
        assert count % 100 == 0, "whole hundreds"
        parts = [kind.name for kind in MIX for _ in range(kind.share)]
        self.tag_all()
        asked = []
        for _ in range(count // 100):
            self.dice.shuffle(parts)
            asked += [self.one(kind) for kind in parts]
        return asked

    def tag_all(self):
        """What a client of this moment has: the tags of some lists and maps."""
        paths = self.pages + self.maps[:50]
        with httpx.Client(base_url=self.home.cinema.url("gateway"), headers={"Accept-Encoding": "identity"}) as client:
            self.tags = {path: client.get(path).headers["etag"] for path in paths}

    def one(self, kind):
        dice, buyer, used = self.dice, self.dice.choice(self.home.buyers), None
        if kind in ("list", "list again"):
            line = f"GET {dice.choice(self.pages)}"
        elif kind == "film":
            line = f"GET /api/movie-details/{dice.choice(self.films)['_id']}"
        elif kind == "showing":
            line = f"GET /api/showtimes/{dice.choice(self.named)['id']}"
        elif kind in ("seat map", "seat map again"):
            line = f"GET {dice.choice(self.maps[:50])}"
        elif kind == "search":
            line = f"GET /api/movies/search?q={dice.choice(WORDS)}"
        elif kind == "my page":
            line = f"GET /api/user-dashboard/{buyer}"
        elif kind == "figures":
            line = f"GET /api/analytics/{dice.choice(FIGURES)}"
        else:
            line, used = self.write(kind, buyer)
        if kind.endswith("again"):
            line += f" If-None-Match: {self.tags[line.split()[1]]}"
        return Asked(kind, line, used)

    def write(self, kind, buyer):
        """Its line, and what it uses up."""
        if kind == "too late":
            return self.home.booking("gateway", *self.gone, buyer), None
        used = {"hold": self.seats, "best seats": self.best}.get(kind, self.holds).pop()
        if kind == "hold":
            return self.home.booking("gateway", *used, buyer), used
        if kind == "best seats":
            return f'POST /api/showtimes/{used["id"]}/best-seats {{"userId":{buyer},"count":2}}', used
        if kind == "cancel":
            return f"PUT /api/reservations/{used[0]}/cancel", used
        return f'POST /api/payments {{"reservationId":{used[0]},"amount":{used[1]},"paymentMethod":"cash"}}', used

    # --- and what became of it ---

    def prepare(self, count):
        """Holds enough for the payments and cancellations of so many requests."""
        need = count // 100 * (KINDS["payment"].share + KINDS["cancel"].share)
        if (missing := need - len(self.holds)) > 0:
            lines = [self.home.booking("gateway", *self.seats.pop(), self.dice.choice(self.home.buyers)) for _ in range(missing)]
            self.home.measure("gateway", lines, 201, clients=CLIENTS, seconds=120)
            self.learn()

    def take_back(self, asked, sent):
        """What was planned and never sent."""
        pools = {"hold": self.seats, "best seats": self.best, "payment": self.holds, "cancel": self.holds}
        for one in asked[sent:]:
            if one.of:
                pools[one.kind].append(one.of)

    def learn(self):
        """The holds that were made since it was last asked."""
        rows = ask(self.home.cinema.database(), f"SELECT id, total_amount FROM reservations WHERE status = 'PENDING' AND id > {self.newest} ORDER BY id")
        unit = 1 if self.home.server else 100  # SQLite has cents
        self.holds += [(int(number), float(amount) / unit) for number, amount in rows]
        self.newest = self.holds[-1][0] if rows else self.newest

    def let_run_out(self):
        """Of the holds that nobody came to pay."""
        self.holds.clear()


def judged(asked, seen):
    """The answers by kind; fails when one is not among those that its kind may have."""
    by_kind = {kind: [] for kind in KINDS}
    for note in seen.notes:
        by_kind[asked[note[4]].kind].append(note)
    wrong = [(kind, n[3], asked[n[4]].line) for kind, notes in by_kind.items() for n in notes if n[3] not in KINDS[kind].statuses]
    assert not wrong, f"{len(wrong)} answers that their kinds do not have, as {wrong[:5]}"
    return by_kind
