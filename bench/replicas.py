"""One, two and four replicas of reservations on one PostgreSQL: what several cost against one, for who gets a seat and for who does not.
A replica that is alone in the store may know by itself that a seat is gone; several have to ask."""

import contextlib
import itertools

import httpx

from boxoffice import STORM_SEATS, Stock, late_lines, season, statements
from crowd import Cost, Crowd, Seen, middle
from harness.cinema import Alone
from house import CALM, CLIENTS, FASTEST_PER_S, calm_row, house, more_of
from pace import ROUNDS, SECONDS
from scenarios import row

COUNTS = (1, 2, 4)


class Desk:
    """So many replicas on the house's store: its own first, the others processes besides."""

    def __init__(self, home, count, stack):
        settings = home.settings | {"ROOMS_API_URL": home.cinema.url("rooms"), "SERVICE_TOKEN": home.cinema.service_token}
        settings["executable"] = home.cinema.executable
        self.home = home
        self.more = [stack.enter_context(Alone("reservations", **settings)) for _ in range(count - 1)]
        self.ups = [home.cinema, *self.more]

    def cost(self):
        cost = Cost(self.home.cinema, ["reservations"], self.home.server)
        cost.roots["reservations"] += [up.process.pid for up in self.more]
        cost.before = cost.cpu()
        return cost

    def batches(self):
        """Of all of them so far."""
        return sum(counted(up, self.home, "taquilla_store_batches_total") for up in self.ups)

    def asked(self, lines, *statuses, rate=0):
        """In turns of the replicas, by as many clients together as one of them would have."""
        cost, before, count = self.cost(), self.batches(), len(self.ups)
        crowds = [
            Crowd(up.port("reservations"), lines[n::count], clients=CLIENTS // count, rate=rate / count, seconds=SECONDS) for n, up in enumerate(self.ups)
        ]
        each = [one.seen().only(*statuses).notes for one in crowds]
        seen = Seen(list(itertools.chain(*each)))
        found = {"per_s": len(seen.notes) / seen.seconds, "cpu": cost.us_each(len(seen.notes)), "pss": cost.pss_mb()}
        if sold := len(seen.of(201)):
            found["per_commit"] = sold / max(1, self.batches() - before)
        used = max(n + count * len(notes) for n, notes in enumerate(each))
        return used, found | (seen.late_ms() if rate else {})


def counted(up, home, name):
    text = httpx.get(up.url("reservations") + "/metrics", headers={"Authorization": f"Bearer {home.cinema.service_token}"}).text
    return float(next(line for line in text.splitlines() if line.startswith(name + " ")).split()[1])


def sold_by(desk, stock, rate=0):
    lines = [desk.home.booking("reservations", *one) for one in stock.left[: int((rate or FASTEST_PER_S) * SECONDS)]]
    used, found = desk.asked(lines, 201, rate=rate)
    stock.sold(used)
    return found


def refused_by(desk, lines):
    before = statements(desk.home.server)
    _, found = desk.asked(lines, 409)
    return found | {"statements": statements(desk.home.server) - before}


def sold_out(home):
    """A showing without a seat left."""
    room = home.maker.make_room(seats=STORM_SEATS, per_row=50)
    showing = home.known(home.maker.make_showing(home.film, room, home.maker.at(days=1)))
    home.measure("reservations", [home.booking("reservations", showing, seat, home.buyers[0]) for seat in showing["seat_ids"]], 201, seconds=60)
    return showing


def replicas_rows(home):
    stock, lines = Stock(home, season(home)), late_lines(home, sold_out(home))
    sold, lost, calm = ({count: [] for count in COUNTS} for _ in range(3))
    for _ in range(ROUNDS):
        for count in COUNTS:
            with contextlib.ExitStack() as stack:
                desk = Desk(home, count, stack)
                sold[count].append(sold_by(desk, stock))
                lost[count].append(refused_by(desk, lines))
                if len(sold[count]) == ROUNDS:
                    calm[count] = sold_by(desk, stock, rate=CALM * middle(sold[count], "per_s"))
    for count in COUNTS:
        name = f"{count} replica{'s' if count > 1 else ''} on PostgreSQL, {CLIENTS} clients"
        rival = (lambda runs: ("one replica", middle(runs[1], "per_s"))) if count > 1 else lambda runs: (None, None)
        more, cpu = more_of(sold[count])
        yield row(f"{name}: spread", middle(sold[count], "per_s"), "bookings/s", *rival(sold), cpu, **more)
        yield calm_row(f"{name}: spread", calm[count])
        more, cpu = more_of(lost[count])
        yield row(f"{name}: losers", middle(lost[count], "per_s"), "refusals/s", *rival(lost), cpu, statements=middle(lost[count], "statements"), **more)


def replicas(_maker, _nginx):
    with house("PostgreSQL") as home:
        found = list(replicas_rows(home))
    yield from found
