"""JSON nested 33, 1,000 and 500,000 deep on every POST and PUT that the services' own descriptions list."""

import json
import re

import httpx
import pytest

from harness.cinema import SERVICES
from harness.door import ok, refused

PROXIED = (
    "/api/movies",
    "/api/genres",
    "/api/rooms",
    "/api/schedules",
    "/api/reservations",
    "/api/users",
    "/api/payments",
)
DEPTHS = (33, 1_000, 500_000)


def operations(m):
    """Service, method, path, the operation as its owner describes it, and that description; through the gateway too."""
    for service in SERVICES:
        whole = getattr(m, service).get("/openapi.json").json()
        for path, methods in whole["paths"].items():
            for method in ("post", "put"):
                if method in methods:
                    yield service, method, path, methods[method], whole
                    if service != "gateway" and path.startswith(PROXIED):
                        yield "gateway", method, path, methods[method], whole


def filled(path):
    film = path.startswith("/api/movies/")
    return re.sub(r"\{[^}]+\}", "0" * 24 if film else "999999", path)


def nested(depth, name=None):
    if depth > 100_000:
        deep = b"[" * (depth - 1) + b"]" * (depth - 1)
    else:
        deep = b'{"a":' * (depth - 1) + b"1" + b"}" * (depth - 1)
    return b'{"' + (name or "surprise").encode() + b'":' + deep + b"}"


def field_names(operation, whole):
    """The body's fields as described."""
    schema = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {}).get("schema", {})
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return list(schema.get("properties", {}))


@pytest.mark.parametrize("depth", DEPTHS)
def test_deep_bodies_are_refused_everywhere(m, cinema, depth):
    seen = 0
    for service, method, path, operation, whole in operations(m):
        door = getattr(m, service)
        headers = {"content-type": "application/json"}
        if path.startswith(("/internal", "/feed")):
            headers["authorization"] = f"Bearer {cinema.service_token}"
        names = [None, *field_names(operation, whole)[:2]] if depth < 1000 else [None]
        for name in names:
            answer = door.request(method.upper(), filled(path), content=nested(depth, name), headers=headers)
            if service == "ingestion" and answer.status_code == 503:
                assert answer.json()["code"] == "cloud_not_configured"  # what it ignores may be as deep as it likes
                continue
            assert 400 <= answer.status_code < 500, f"{service} {method} {path} {name}: {answer.status_code}"
            body = operation.get("requestBody", {})
            if body.get("required") and "application/json" in body["content"]:
                assert answer.status_code == 400, f"{service} {method} {path} {name}: {answer.text}"
            seen += 1
    assert seen >= 20, f"only {seen} operations found"
    for service in SERVICES:
        assert getattr(m, service).get("/health/live").status_code == 200


def test_the_boundary_is_32(m):
    def body(depth):
        return (
            json.dumps(m.movie_body())[:-1].encode() + b',"surprise":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
        )

    headers = {"content-type": "application/json"}
    ok(m.movies.post("/api/movies", content=body(32), headers=headers), 201)
    refused(m.movies.post("/api/movies", content=body(33), headers=headers), 400)


def test_brackets_in_texts_do_not_count(m):
    ok(m.movies.post("/api/movies", json=m.movie_body(description='[{"' * 200 + '\\"')), 201)


def test_deep_queries_and_paths(m):
    for service in SERVICES:
        door = getattr(m, service)
        assert door.get("/api/" + "a/" * 3000).status_code in (400, 404, 414, 431)
        with httpx.Client(base_url=door.base_url, trust_env=False) as fresh:
            assert fresh.get("/health?" + "&".join(f"a[{i}]=1" for i in range(700))).status_code in (200, 400, 414, 431)
