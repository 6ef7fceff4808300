"""The five figures after ten thousand sales and after a million, against SQLite's own query of the same files."""

import json
import sqlite3
import statistics
import time
from urllib.request import Request, urlopen

from harness.maker import Maker
from load import wrk
from scenarios import row
from year import owners_s, run_s, year

ROUNDS, ASKED_S, RIVAL_S = 3, 3, 1
SALES = (10_000, 1_000_000)
OWNERS = ("movies", "rooms", "reservations", "analytics")

# Every movement of money and tickets: made, paid, paid back. The house is in Lima, five hours behind UTC all year round.
PREPARE = """
ATTACH '{rooms}' AS rooms; ATTACH '{movies}' AS movies;
CREATE TEMP VIEW moved AS
SELECT user_id, movie_id, date(reservation_date / 1000, 'unixepoch', '-5 hours') AS day, 0 AS money, 1 AS made, 0 AS paid
    FROM main.reservations WHERE status IN ('PENDING', 'CONFIRMED')
UNION ALL SELECT user_id, movie_id, date(confirmed_at / 1000, 'unixepoch', '-5 hours'), total_amount, 0, status = 'CONFIRMED'
    FROM main.reservations WHERE confirmed_at IS NOT NULL
UNION ALL SELECT user_id, movie_id, date(cancelled_at / 1000, 'unixepoch', '-5 hours'), -total_amount, 0, 0
    FROM main.reservations WHERE confirmed_at IS NOT NULL AND status = 'CANCELLED';
"""
MONTH = "day >= date('now', '-5 hours', '-29 days')"
POPULAR = f"SELECT movie_id, sum(made), sum(money), sum(paid) FROM moved WHERE {MONTH} GROUP BY 1 HAVING sum(made) ORDER BY 2 DESC, 3 DESC, 1"
QUERIES = {
    "revenue": ["SELECT strftime('%Y-%m', day), sum(money), sum(made), sum(paid) FROM moved GROUP BY 1 ORDER BY 2 DESC"],
    "popular-movies": [f"SELECT p.*, (SELECT title FROM movies.movies WHERE id = p.movie_id) FROM ({POPULAR} LIMIT 10) p"],
    "occupancy": [
        """WITH shown AS (SELECT id, room_id FROM rooms.schedules WHERE is_active
               AND show_time >= unixepoch(date('now', '-5 hours', '-6 days'))),
           taken AS (SELECT s.room_id, count(*) AS seats FROM shown s JOIN main.reservations r ON r.schedule_id = s.id
               JOIN main.reserved_seats e ON e.reservation_id = r.id WHERE r.status IN ('PENDING', 'CONFIRMED') GROUP BY 1)
           SELECT r.id, r.name, (SELECT count(*) FROM rooms.seats WHERE room_id = r.id), (SELECT count(*) FROM shown WHERE room_id = r.id),
               coalesce((SELECT seats FROM taken t WHERE t.room_id = r.id), 0) FROM rooms.rooms r WHERE is_active"""
    ],
    "user-behavior": [
        f"""WITH spent AS (SELECT user_id, sum(money) AS money, sum(made) AS made FROM moved WHERE {MONTH} GROUP BY 1)
           SELECT sum(money), sum(money >= 20000), sum(money >= 5000 AND money < 20000), sum(money < 5000),
               (SELECT count(*) FROM main.users WHERE erased_at IS NULL) FROM spent WHERE money OR made""",
        f"""SELECT m.user_id, u.name, sum(money), sum(made), sum(paid), (SELECT max(reservation_date) FROM main.reservations r
               WHERE r.user_id = m.user_id AND r.status IN ('PENDING', 'CONFIRMED'))
           FROM moved m JOIN main.users u ON u.id = m.user_id WHERE {MONTH} GROUP BY 1 ORDER BY 3 DESC, 4 DESC, 1 LIMIT 10""",
    ],
    "dashboard": [
        f"SELECT sum(money), sum(made), sum(paid) FROM moved WHERE {MONTH}",
        f"{POPULAR} LIMIT 5",
        "SELECT (SELECT count(*) FROM movies.movies WHERE is_active), (SELECT count(*) FROM rooms.rooms WHERE is_active), "
        "(SELECT count(*) FROM main.users WHERE erased_at IS NULL)",
    ],
}

# One number of each, from the answer and from the rival's rows: both must have counted the same.
CHECKS = {
    "revenue": (lambda d: round(d["summary"]["totalRevenue"] * 100), lambda r: sum(month[1] for month in r[0])),
    "popular-movies": (lambda d: [f["movieId"] for f in d], lambda r: [film[0] for film in r[0]]),
    "occupancy": (lambda d: d["summary"]["totalOccupiedSeats"], lambda r: sum(room[4] for room in r[0])),
    "user-behavior": (lambda d: [u["userId"] for u in d["topUsers"]], lambda r: [user[0] for user in r[1]]),
    "dashboard": (lambda d: round(d["overview"]["totalRevenue"] * 100), lambda r: r[0][0][0]),
}


class Rival:
    """A connection of its own to the same files, warm."""

    def __init__(self, cinema):
        self.db = sqlite3.connect(cinema.database())
        self.db.executescript(PREPARE.format(rooms=cinema.database("rooms"), movies=cinema.database("movies")))

    def ask(self, name):
        return [self.db.execute(query).fetchall() for query in QUERIES[name]]

    def per_s(self, name):
        began, asked = time.monotonic(), 0
        while (took := time.monotonic() - began) < RIVAL_S or not asked:
            self.ask(name)
            asked += 1
        return asked / took


def check(url, rival, name):
    of_answer, of_rows = CHECKS[name]
    with urlopen(url) as answer:
        ours = of_answer(json.load(answer)["data"])
    theirs = of_rows(rival.ask(name))
    assert ours == theirs, f"{name}: {ours} is not {theirs}"


def metric(cinema, name):
    request = Request(cinema.url("analytics") + "/metrics", headers={"authorization": f"Bearer {cinema.service_token}"})
    with urlopen(request) as answer:
        return [int(line.split()[1]) for line in answer.read().decode().splitlines() if line.startswith(name + "{")]


def start_up(cinema, sales):
    """From nothing to all of the owners' snapshots: events per second of analytics' own CPU, and what each costs."""
    while metric(cinema, "taquilla_feed_whole") != [1, 1, 1]:
        time.sleep(0.2)
    events, used = sum(metric(cinema, "taquilla_feed_events_total")), run_s(cinema.pid("analytics"))
    return row(f"start-up, {sales} sales", events / used, "events/s of CPU", "-", None, used / events * 1e6)


def after_a_sale(cinema, url, sell):
    """How many such answers a second holds, and the CPU us of all that one sets going."""
    sell()
    used, began = owners_s(cinema, *OWNERS), time.monotonic()
    with urlopen(url) as answer:
        answer.read()
    return 1 / (time.monotonic() - began), (owners_s(cinema, *OWNERS) - used) * 1e6


def asked(cinema, url):
    done = wrk(url, [cinema.pid("analytics")], seconds=ASKED_S)
    assert not done.failed, done.text
    return done.per_s, done.cpu_us


def figures_of(cinema, sales):
    maker, rival = Maker(cinema), Rival(cinema)
    showing = maker.make_showing(seats=400)
    buyer, seats = maker.make_user(), iter(showing["seat_ids"])

    def sell():
        maker.pay(maker.book(showing, [next(seats)], user=buyer))

    for name in QUERIES:
        url = f"{cinema.url('analytics')}/api/analytics/{name}"
        sell()
        check(url, rival, name)
        ours, changed, theirs = [], [], []
        for _ in range(ROUNDS):
            ours.append(asked(cinema, url))
            changed.append(after_a_sale(cinema, url, sell))
            theirs.append(rival.per_s(name))
        for what, found in (("asked", ours), ("after a sale", changed)):
            yield row(
                f"{name}, {what}, {sales} sales",
                statistics.median(f[0] for f in found),
                "answers/s",
                "SQLite, the query",
                statistics.median(theirs),
                statistics.median(f[1] for f in found),
            )
    maker.close()


def analytics(_maker, _nginx):
    """Each figure's address without a query, after few sales and after many: both shall cost the same."""
    for sales in SALES:
        with year(sales) as cinema:
            yield start_up(cinema, sales)
            yield from figures_of(cinema, sales)
