"""The five figures while a cinema sells a million tickets: every one of them a booking at reservations, made by the writer."""

import statistics
import time

from figures import QUERIES, asked, metric
from harness.cinema import Cinema, program
from harness.maker import Maker
from load import wrk
from scenarios import BOOKING_LUA, row
from year import run_s

ROUNDS, CLIENTS = 3, 256
ROOMS, SEATS, SHOWINGS, BUYERS = 25, 1000, 1020, 2000
SALES = (10_000, 1_000_000)


class Season:
    """Showings enough for all; `sold` so far."""

    def __init__(self, maker):
        self.cinema, self.sold = maker.cinema, 0
        movies = [maker.make_movie() for _ in range(40)]
        rooms = [maker.make_room(seats=SEATS, per_row=50) for _ in range(ROOMS)]
        self.buyers = [maker.make_user() for _ in range(BUYERS)]
        made = [
            maker.make_showing(movie=movies[n % 40], room=rooms[n % ROOMS], start=maker.at(days=1 + n // ROOMS)) for n in range(SHOWINGS)
        ]
        self.showings = " ".join(f"{s['id']}:{min(s['seat_ids'])}" for s in made)

    def sell_until(self, total):
        """Bookings until there are as many; seconds and how many a second."""
        began, first = time.monotonic(), self.sold
        while self.sold < total:
            sold = {"user": self.buyers[0]["id"], "users": BUYERS, "showings": self.showings, "path": "/api/reservations"}
            script = (BOOKING_LUA % sold).replace("next_seat, showings = 0", f"next_seat, showings = {self.sold}")
            seconds = max(1, min(20, (total - self.sold) // 10_000))
            run = wrk(self.cinema.url("reservations"), [], seconds=seconds, script=script, connections=CLIENTS)
            assert run.failed == 0, run.text
            self.sold += run.requests + CLIENTS  # those under way at the end were booked too
        return (self.sold - first) / (time.monotonic() - began)


def folded(cinema):
    """Waits until analytics has the last event; how many it took so far."""
    last = -1
    while last != (now := sum(metric(cinema, "taquilla_feed_events_total"))):
        last = now
        time.sleep(1)
    return now


def million(_maker, _nginx):
    """Each figure after ten thousand bookings and after a million, made one by one through the service."""
    with Cinema(executable=program("TAQUILLA_RELEASE", "build"), MAX_HOLDS_PER_USER=100_000, HOLD_SECONDS=86400) as cinema:
        maker = Maker(cinema)
        season, before = Season(maker), {}
        for sales in SALES:
            taken, used = folded(cinema), run_s(cinema.pid("analytics"))
            per_s = season.sell_until(sales)
            events = folded(cinema) - taken
            fold_us = (run_s(cinema.pid("analytics")) - used) / events * 1e6
            yield row(f"bookings up to {sales}, {CLIENTS} clients", per_s, "bookings/s", "-", None, fold_us, events=events)
            for name in QUERIES:
                runs = [asked(cinema, f"{cinema.url('analytics')}/api/analytics/{name}") for _ in range(ROUNDS)]
                cpu_us = statistics.median(r[1] for r in runs)
                before.setdefault(name, cpu_us)
                yield row(
                    f"{name}, {sales} sales",
                    statistics.median(r[0] for r in runs),
                    "answers/s",
                    "-",
                    None,
                    cpu_us,
                    of_the_first=round(cpu_us / before[name], 2),
                )
        maker.close()
