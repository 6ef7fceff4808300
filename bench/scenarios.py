"""The scenarios: what is asked, of whom, and who the rival is. Each gives rows of figures."""

import re
import socket
import statistics
from pathlib import Path

import httpx
import rivals
from load import pin, wrk

ROUNDS = 3
ROOMS, SEATS_PER_ROOM, DAYS = 30, 400, 10  # 120,000 seats on sale in each run
BUYERS = 1000


def rounded(figure):
    """Whole, unless there is little of it."""
    return round(figure) if figure >= 10 else round(figure, 2)


def row(scenario, figure, unit, rival, rival_figure, cpu_us, **more):
    ratio = round(figure / rival_figure, 2) if rival_figure else None
    return {
        "scenario": scenario,
        "figure": rounded(figure),
        "unit": unit,
        "rival": rival,
        "rival_figure": rounded(rival_figure) if rival_figure else None,
        "ratio": ratio,
        "cpu_us_per_request": round(cpu_us, 1),
    } | more


def against_nginx(name, cinema, nginx, path, etag=False, service="gateway", also=()):
    """A service's answer against nginx with the same bytes, in turns; medians. `also`: services that it asks."""
    pids = [cinema.pid(s) for s in (service, *also)]
    url = cinema.url(service) + path
    first = httpx.get(url, headers={"Accept-Encoding": "identity"})  # as wrk asks
    assert first.status_code == 200, first.text
    rival_url = nginx.serve(name.replace(" ", "-"), first.content)
    headers, rival_headers = [], []
    if etag:
        headers = [f"If-None-Match: {first.headers['etag']}"]
        rival_headers = [f"If-None-Match: {httpx.get(rival_url).headers['etag']}"]
    ours, theirs = [], []
    for pid in pids:
        pin(pid)
    pin(nginx.worker())
    for _ in range(ROUNDS):
        ours.append(wrk(url, pids, headers=headers))
        theirs.append(wrk(rival_url, [nginx.worker()], headers=rival_headers))
    assert not any(run.failed for run in ours + theirs)
    return row(
        name,
        statistics.median(r.per_s for r in ours),
        "requests/s",
        "nginx, same bytes",
        statistics.median(r.per_s for r in theirs),
        statistics.median(r.cpu_us for r in ours),
        rival_cpu_us_per_request=round(statistics.median(r.cpu_us for r in theirs), 1),
        body_bytes=len(first.content),
    )


def raw_answer(url, headers):
    """The very bytes of an answer."""
    at = httpx.URL(url)
    with socket.create_connection((at.host, at.port)) as line:
        lines = [f"GET {at.raw_path.decode()} HTTP/1.1", f"Host: {at.netloc.decode()}", *headers, "", ""]
        line.sendall("\r\n".join(lines).encode())
        line.settimeout(0.5)
        whole = b""
        while not whole.endswith(b"\r\n\r\n"):
            whole += line.recv(65536)
    return whole


def against_ceiling(name, maker, path):
    """An answer without a body against the same bytes from a loop that does nothing else; in turns, medians."""
    pid, url = maker.cinema.pid("gateway"), maker.cinema.url("gateway") + path
    headers = [f"If-None-Match: {httpx.get(url, headers={'Accept-Encoding': 'identity'}).headers['etag']}"]
    pin(pid)
    ours, theirs = [], []
    with rivals.Ceiling(raw_answer(url, headers)) as ceiling:
        pin(ceiling.process.pid)
        for _ in range(ROUNDS):
            ours.append(wrk(url, [pid], headers=headers))
            theirs.append(wrk(ceiling.url, [ceiling.process.pid], headers=headers))
    return row(
        name,
        statistics.median(r.per_s for r in ours),
        "requests/s",
        "raw epoll, same bytes",
        statistics.median(r.per_s for r in theirs),
        statistics.median(r.cpu_us for r in ours),
        rival_cpu_us_per_request=round(statistics.median(r.cpu_us for r in theirs), 1),
    )


def browse(maker, nginx):
    """health, 304, showtimes?limit=20 and a seat map, at the gateway."""
    room = maker.make_room(seats=200, per_row=20)
    showing = maker.make_showing(room=room)
    for day in range(2, 31):
        maker.make_showing(movie=showing["movie"], room=room, start=maker.at(days=day))
    seats = f"/api/showtimes/{showing['id']}/seats"
    yield against_nginx("health", maker.cinema, nginx, "/health/live")
    yield against_nginx("304", maker.cinema, nginx, "/api/showtimes?limit=20", etag=True)
    yield against_ceiling("304, ceiling", maker, "/api/showtimes?limit=20")
    yield against_nginx("showtimes", maker.cinema, nginx, "/api/showtimes?limit=20")
    yield against_nginx("seat map", maker.cinema, nginx, seats)


def lists(maker, nginx):
    """What the old web client reads of the owners, at each owner itself, and a buyer's page at the gateway."""
    films = [maker.make_movie(title=f"The Winter of {n}", genre=["Drama" if n % 3 else "Comedy"]) for n in range(300)]
    room = maker.make_room(seats=200, per_row=20)
    showings = [maker.make_showing(movie=films[day], room=room, start=maker.at(days=day)) for day in range(2, 60)]
    user = maker.make_user()
    for showing in showings[:5]:
        maker.book(showing, showing["seat_ids"][:2], user=user)
    yield against_nginx("films, page of 12", maker.cinema, nginx, "/api/movies?page=1&limit=12", service="movies")
    yield against_nginx("films of a genre", maker.cinema, nginx, "/api/movies?genre=Comedy&limit=12", service="movies")
    yield against_nginx("film search", maker.cinema, nginx, "/api/movies/search?q=winter&limit=12", service="movies")
    yield against_nginx("all showings", maker.cinema, nginx, "/api/schedules", service="rooms")
    yield against_nginx("seats of a room", maker.cinema, nginx, f"/api/rooms/{room['id']}/seats", service="rooms")
    yield against_nginx("a user's reservations", maker.cinema, nginx, f"/api/reservations/user/{user['id']}", service="reservations")
    yield against_nginx("a user's page", maker.cinema, nginx, f"/api/user-dashboard/{user['id']}", also=("reservations",))


BOOKING_LUA = """
local next_seat, showings = 0, {}
for showing, first in string.gmatch("%(showings)s", "(%%d+):(%%d+)") do
    showings[#showings + 1] = { showing, tonumber(first) }
end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request()
    local showing = showings[next_seat %% #showings + 1]
    local seat = showing[2] + math.floor(next_seat / #showings)
    next_seat = next_seat + 1
    return wrk.format(nil, "%(path)s", nil, string.format(
        '{"userId":%%d,"scheduleId":%%s,"movieId":"x","seatIds":[%%d],"totalAmount":12.5,"hold":true}',
        %(user)d + next_seat %% %(users)d, showing[1], seat))
end
"""


def store_counts(maker):
    text = httpx.get(
        maker.cinema.url("reservations") + "/metrics",
        headers={"Authorization": f"Bearer {maker.cinema.service_token}"},
    ).text
    return {m[1]: float(m[2]) for m in re.finditer(r"^(taquilla_store_\w+) ([\d.]+)$", text, re.M)}


class Season:
    """Rooms, buyers, and for each run a new series of showings."""

    def __init__(self, maker):
        self.maker, self.movie, self.days = maker, maker.make_movie(), 0
        self.rooms = [maker.make_room(seats=SEATS_PER_ROOM, per_row=20) for _ in range(ROOMS)]
        self.buyers = [maker.make_user() for _ in range(BUYERS)]

    def showings(self):
        """As "showing:first seat", each already known to reservations."""
        made = []
        for _ in range(DAYS):
            self.days += 1
            for room in self.rooms:
                start = self.maker.at(days=self.days)
                showing = self.maker.make_showing(movie=self.movie, room=room, start=start)
                first = min(showing["seat_ids"])
                self.maker.book(showing, [first], user=self.buyers[0])
                made.append(f"{showing['id']}:{first + 1}")
        return made


def booking(season, service, path, connections):
    """A booking of one seat, each another, until the time is over."""
    maker = season.maker
    sold = {"user": season.buyers[0]["id"], "users": len(season.buyers), "showings": " ".join(season.showings())}
    script = BOOKING_LUA % (sold | {"path": path})
    pids = [maker.cinema.pid(s) for s in ("gateway", "rooms", "reservations")]
    before = store_counts(maker)
    run = wrk(maker.cinema.url(service), pids, seconds=4, script=script, connections=connections)
    after = store_counts(maker)
    assert run.failed == 0, run.text
    acts = after["taquilla_store_acts_total"] - before["taquilla_store_acts_total"]
    batches = after["taquilla_store_batches_total"] - before["taquilla_store_batches_total"]
    return run, acts / batches


def bookings(maker, nginx):
    """Seats sold a second on the embedded store; every request another seat."""
    season = Season(maker)
    with rivals.Plain() as plain:
        one_by_one = plain.run(seconds=3)
    for service, path in (("reservations", "/api/reservations"), ("gateway", "/api/book-ticket")):
        for connections in (1, 64, 256):
            run, per_commit = booking(season, service, path, connections)
            yield row(
                f"bookings at {service}, {connections} clients",
                run.per_s,
                "bookings/s",
                "SQLite, one commit each",
                one_by_one,
                run.cpu_us,
                bookings_per_commit=round(per_commit, 1),
            )


SCENARIOS = {"browse": browse, "lists": lists, "bookings": bookings}
