"""What a release left for later ones: reads tests/fixtures/VERSION, and asks a cinema what was asked then."""

import json
import lzma
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
OWNERS = ("movies", "rooms", "reservations")
LISTS = {
    "gateway": ("/api/showtimes?limit=100", "/api/movies?limit=100", "/api/rooms?limit=100", "/api/schedules?limit=100"),
    "movies": ("/api/movies?limit=100", "/api/genres"),
    "rooms": ("/api/rooms?limit=100", "/api/schedules?limit=100"),
    "reservations": ("/api/users?limit=100", "/api/reservations?limit=100"),
    "analytics": ("/api/analytics/revenue?period=all", "/api/analytics/popular-movies?period=all"),
}


def releases():
    return sorted(f for f in FIXTURES.iterdir() if (f / "answers.json.xz").is_file())


def unpacked(file):
    return lzma.decompress(file.read_bytes())


def events_of(folder, owner):
    return [json.loads(line) for line in unpacked(folder / f"{owner}.ndjson.xz").splitlines()]


def paths_of(m):
    """[(service, path)] of everything that a cinema can be asked about what it holds."""
    found = [(service, path) for service, paths in LISTS.items() for path in paths]
    for film in m.movies.get("/api/movies?limit=100").json()["data"]:
        found += [("gateway", f"/api/movie-details/{film['_id']}"), ("movies", f"/api/movies/{film['_id']}")]
    for room in m.rooms.get("/api/rooms?limit=100").json()["data"]:
        found += [("rooms", f"/api/rooms/{room['id']}"), ("rooms", f"/api/rooms/{room['id']}/seats")]
    for showing in m.rooms.get("/api/schedules?limit=100").json()["data"]:
        found += [("gateway", f"/api/showtimes/{showing['id']}{more}") for more in ("", "/seats")]
    for user in m.reservations.get("/api/users?limit=100").json()["data"]:
        found += [("gateway", f"/api/user-dashboard/{user['id']}"), ("reservations", f"/api/users/{user['id']}")]
    for sale in m.reservations.get("/api/reservations?limit=100").json()["data"]:
        found += [("reservations", f"/api/reservations/{sale['id']}"), ("reservations", f"/api/payments/reservation/{sale['id']}")]
    return found


def answers_of(m, paths):
    """[service, path, status, body] of each."""
    asked = ((service, path, getattr(m, service).get(path)) for service, path in paths)
    return [[service, path, answer.status_code, answer.json()] for service, path, answer in asked]
