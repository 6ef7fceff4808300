"""A chain's cinema as it grows: at each step its stores are filled, then start-up, memory and the cost of each request are measured."""

import contextlib
import datetime
import time

import httpx

from harness.cinema import SERVICES, Cinema, program
from harness.grown import OFFSET_S, SEATS, Size, fill
from scenarios import row
from year import run_s

STEPS = (0.01, 0.1, 1)
WHOLE = (10_000, 5_000, 500_000, 1_000_000)  # films, rooms, showings, reservations
FULL_SALES = 20_000_000
READY_S = 3600
TABLES = "users,reservations,reserved_seats,seat_claims,payments"


def pss(pid):
    """Bytes."""
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def point(curve, series, size, value, unit, cpu_us, **more):
    """A row, and where it stands in the report's plots: `curve` is the plot, `series` its line."""
    place = {"curve": curve, "series": series, "showings": size.showings, "value": round(value, 3)}
    return row(f"growth, {size.showings} showings: {series}, {curve}", value, unit, "-", None, cpu_us, **place, **more)


@contextlib.contextmanager
def grown(size):
    """Started, with how long each service took until it knew all: seconds and CPU seconds."""
    cinema = Cinema(executable=program("TAQUILLA_RELEASE", "build"), MAX_HOLDS_PER_USER=100_000)
    cinema.start()
    cinema.stop(remove=False)
    fill(cinema, size)
    cinema.first_pids = {}
    cinema.start(wait=False)
    try:
        yield cinema, knowing(cinema, size)
    finally:
        cinema.stop()


def knows(cinema, service, size):
    """The gateway opens before it knows everything: its answers wait. Analytics opens last, when it has counted every sale."""
    path = f"/api/showtimes/{size.to_come()[0]}/seats" if service == "gateway" else "/health/ready"
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(cinema.url(service) + path, timeout=10).status_code == 200
    return False


def knowing(cinema, size):
    began, left, took = time.monotonic(), set(SERVICES), {}
    while left:
        for service in sorted(left):
            if knows(cinema, service, size):
                took[service] = time.monotonic() - began
                left.discard(service)
        assert time.monotonic() - began < READY_S, f"not ready: {left}\n{cinema.log()[-2000:]}"
        time.sleep(0.2)
    return {service: (took[service], run_s(cinema.pid(service))) for service in SERVICES}


class Asking:
    """One request after the other, each with another number in it, and the CPU of all services for them."""

    def __init__(self, cinema):
        self.cinema, self.number = cinema, 0
        self.client = httpx.Client(timeout=120, trust_env=False)

    def used(self):
        return {s: run_s(self.cinema.pid(s)) for s in SERVICES}

    def ask(self, service, method, path, body, status):
        self.number += 1
        filled = body(self.number) if body else None
        answer = self.client.request(method, self.cinema.url(service) + path.format(n=self.number), json=filled)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer

    def cost(self, service, method, path, times=30, body=None, status=200):
        """CPU us a request of each service, and the bytes of the last answer. The same numbers for each question."""
        self.number = 0
        self.ask(service, method, path, body, status)
        before = self.used()
        for _ in range(times):
            answer = self.ask(service, method, path, body, status)
        if body:
            time.sleep(0.3)  # followers fold it
        after = self.used()
        return {s: round((after[s] - before[s]) / times * 1e6) for s in SERVICES}, len(answer.content)


def reads(size):
    """Name: service, path, how often."""
    showing, room = size.to_come()
    film = f"{1 + (showing - 1) * 31 % size.films:024x}"
    today = datetime.datetime.fromtimestamp(time.time() - OFFSET_S, datetime.timezone.utc).date()
    tomorrow, before = today + datetime.timedelta(days=1), today - datetime.timedelta(days=2)
    sale = max(1, size.sales // 2)
    found = {
        "details of a film": ("gateway", "/api/movie-details/{n:024x}?past=true", 30),
        "showtimes": ("gateway", "/api/showtimes?limit=20&offset={n}", 30),
        "showtimes of tomorrow": ("gateway", f"/api/showtimes?limit=20&date={tomorrow}&offset={{n}}", 30),
        "showtimes of a past day": ("gateway", f"/api/showtimes?limit=20&date={before}&offset={{n}}", 30),
        "showtimes of a room": ("gateway", f"/api/showtimes?limit=20&roomId={room}&offset={{n}}", 15),
        "seat map": ("gateway", "/api/showtimes/{n}/seats", 30),
        "user-dashboard": ("gateway", "/api/user-dashboard/{n}", 20),
        "films": ("movies", "/api/movies?limit=20&offset={n}", 30),
        "search": ("movies", "/api/movies/search?q=film%20{n}", 30),
        "rooms": ("rooms", "/api/rooms?limit=20&offset={n}", 30),
        "seats of a room": ("rooms", "/api/rooms/{n}/seats", 20),
        "schedules": ("rooms", "/api/schedules?limit=20&offset={n}", 30),
        "a thousand schedules": ("rooms", "/api/schedules?limit=1000&offset={n}", 5),
        "schedules of a room": ("rooms", "/api/schedules?limit=20&room_id={n}", 30),
        "schedules of a film": ("rooms", f"/api/schedules?limit=20&movie_id={film}&offset={{n}}", 15),
        "a showing": ("rooms", "/api/schedules/{n}", 30),
        "reservations": ("reservations", "/api/reservations?limit=20&offset={n}", 30),
        "reservations of a user": ("reservations", "/api/reservations/user/{n}", 30),
        "a reservation": ("reservations", f"/api/reservations/{sale}", 30),
        "users": ("reservations", "/api/users?limit=20&offset={n}", 30),
    }
    for name in ("revenue", "popular-movies", "occupancy", "user-behavior", "dashboard"):
        found[f"figures: {name}"] = ("analytics", f"/api/analytics/{name}", 10)
    return found


def writes(size):
    """Name: service, method, path, body, status, how often."""
    showing, room = size.to_come()
    film = f"{1 + (showing - 1) * 31 % size.films:024x}"
    last = room * SEATS
    today = datetime.datetime.fromtimestamp(time.time() - OFFSET_S, datetime.timezone.utc).date()

    def ticket(n):
        return {"userId": 1 + n % size.users, "scheduleId": showing, "movieId": film, "seatIds": [last - n % SEATS], "totalAmount": 12.5, "hold": True}

    def wish(n):
        return {"userId": 1 + n % size.users, "count": 2, "hold": True}

    def planned(n):
        return {"movie_id": film, "room_id": room, "show_time": f"{today + datetime.timedelta(days=400 + n)}T18:00:00", "price": 12}

    return {
        "book-ticket": ("gateway", "POST", "/api/book-ticket", ticket, 201, 30),
        "best-seats": ("gateway", "POST", f"/api/showtimes/{showing + 1}/best-seats", wish, 201, 20),
        "a new showing": ("rooms", "POST", "/api/schedules", planned, 201, 10),
    }


def exported(cinema, size):
    token = {"authorization": f"Bearer {cinema.service_token}"}
    used, began, lines = run_s(cinema.pid("reservations")), time.monotonic(), 0
    with httpx.stream("GET", f"{cinema.url('reservations')}/export", params={"tables": TABLES}, headers=token, timeout=READY_S) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_bytes():
            lines += piece.count(b"\n")
    took, cpu = time.monotonic() - began, run_s(cinema.pid("reservations")) - used
    return point("CPU us a row", "export", size, cpu / lines * 1e6, "CPU us", cpu / lines * 1e6, rows=lines, rows_per_s=round(lines / took))


def step(size):
    """All rows of one size."""
    with grown(size) as (cinema, started):
        for service, (took, cpu) in started.items():
            yield point("CPU seconds to start", service, size, cpu, "CPU s", cpu / size.showings * 1e6, seconds=round(took, 1))
        for service in SERVICES:
            memory = pss(cinema.pid(service))
            each = round(memory / size.showings)
            yield point("memory (PSS), MB", service, size, memory / 1e6, "MB", 0, bytes_per_showing=each)
        asking = Asking(cinema)
        for name, (service, path, times) in reads(size).items():
            of, length = asking.cost(service, "GET", path, times)
            yield point(f"CPU us a request, {service}", name, size, sum(of.values()), "CPU us", sum(of.values()), cpu_us_each=of, body_bytes=length)
        for name, (service, method, path, body, status, times) in writes(size).items():
            of, length = asking.cost(service, method, path, times, body, status)
            yield point("CPU us a request, writes", name, size, sum(of.values()), "CPU us", sum(of.values()), cpu_us_each=of, body_bytes=length)
        yield exported(cinema, size)


def growth(_maker, _nginx, full=False):
    films, rooms, showings, sales = WHOLE
    for share in STEPS:
        yield from step(Size(films, rooms, showings, FULL_SALES if full else sales).of(share))
