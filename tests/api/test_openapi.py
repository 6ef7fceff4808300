"""The descriptions under api/ are what the services emit, and they list what is served."""

import json
import re

import pytest

from harness.cinema import ROOT, SERVICES

PROMISED = {
    "movies": [
        "get /api/movies",
        "post /api/movies",
        "get /api/movies/search",
        "get /api/movies/featured",
        "get /api/movies/{}",
        "put /api/movies/{}",
        "delete /api/movies/{}",
        "get /api/genres",
        "post /api/genres",
    ],
    "rooms": [
        "get /api/rooms",
        "post /api/rooms",
        "get /api/rooms/{}",
        "put /api/rooms/{}",
        "delete /api/rooms/{}",
        "get /api/rooms/{}/seats",
        "post /api/rooms/{}/seats",
        "get /api/schedules",
        "post /api/schedules",
        "get /api/schedules/{}",
        "put /api/schedules/{}",
        "delete /api/schedules/{}",
        "get /api/schedules/movie/{}",
    ],
    "reservations": [
        "get /api/users",
        "post /api/users",
        "get /api/users/{}",
        "put /api/users/{}",
        "delete /api/users/{}",
        "get /api/reservations",
        "post /api/reservations",
        "get /api/reservations/{}",
        "delete /api/reservations/{}",
        "get /api/reservations/user/{}",
        "get /api/reservations/movie/{}",
        "put /api/reservations/{}/cancel",
        "post /api/payments",
        "get /api/payments/reservation/{}",
    ],
    "gateway": [
        "get /api/showtimes",
        "get /api/showtimes/{}",
        "get /api/showtimes/{}/seats",
        "get /api/movie-details/{}",
        "get /api/user-dashboard/{}",
        "post /api/book-ticket",
    ],
    "analytics": [
        "get /api/analytics/revenue",
        "get /api/analytics/popular-movies",
        "get /api/analytics/occupancy",
        "get /api/analytics/user-behavior",
        "get /api/analytics/dashboard",
    ],
    "ingestion": [
        "post /migrate",
        "post /backup",
        "post /sync/{}",
        "get /backups",
        "get /dynamodb/tables",
        "get /dynamodb/{}/items",
    ],
}


@pytest.mark.parametrize("service", SERVICES)
def test_committed_equals_emitted(m, service):
    committed = json.loads((ROOT / "api" / f"{service}.openapi.json").read_text())
    assert getattr(m, service).get("/openapi.json").json() == committed


@pytest.mark.parametrize("service", SERVICES)
def test_every_row_is_described(m, service):
    paths = getattr(m, service).get("/openapi.json").json()["paths"]
    described = {f"{method} {re.sub(r'{[^}]*}', '{}', path)}" for path, methods in paths.items() for method in methods}
    assert not set(PROMISED[service]) - described


@pytest.mark.parametrize("service", SERVICES)
def test_references_lead_somewhere(m, service):
    whole = getattr(m, service).get("/openapi.json").json()
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(whole)):
        at = whole
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "delete"):
                names = set(re.findall(r"{([^}]+)}", path))
                given = {
                    p["name"]
                    for p in operation.get("parameters", []) + methods.get("parameters", [])
                    if p.get("in") == "path"
                }
                assert names == given, f"{method} {path}"
