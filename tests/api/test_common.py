"""What contract section 1 promises of every service: health, errors, reading, paging, tags, origins, hosts, keys."""

import json
import re
import time

import httpx
import pytest

from harness.cinema import SERVICES
from harness.door import ok, refused
from harness.maker import unique
from harness.shapes import INSTANT_Z, has

HEALTH_NAMES = {
    "movies": "movies-api",
    "rooms": "rooms-api",
    "reservations": "reservations-api",
    "gateway": "gateway-api",
    "analytics": "analytics-api",
    "ingestion": "data-ingestion-service",
}
OWNERS = ("movies", "rooms", "reservations")
LISTS = [
    ("movies", "/api/movies"),
    ("movies", "/api/movies/search"),
    ("movies", "/api/movies/featured"),
    ("rooms", "/api/rooms"),
    ("rooms", "/api/schedules"),
    ("reservations", "/api/users"),
    ("reservations", "/api/reservations"),
    ("gateway", "/api/showtimes"),
]
POSTS = [
    ("movies", "/api/movies"),
    ("movies", "/api/genres"),
    ("rooms", "/api/rooms"),
    ("rooms", "/api/schedules"),
    ("reservations", "/api/users"),
    ("reservations", "/api/reservations"),
    ("reservations", "/api/payments"),
    ("gateway", "/api/book-ticket"),
    ("gateway", "/api/movies"),
    ("gateway", "/api/reservations"),
]


@pytest.fixture(params=SERVICES)
def door(request, m):
    return getattr(m, request.param)


def service_of(door, m):
    return next(s for s in SERVICES if getattr(m, s) is door)


# --- health and description ---


def test_health(door, m):
    answer = door.get("/health")
    assert answer.status_code == 200
    body = has(answer.json(), status={"healthy"}, timestamp=INSTANT_Z, version=str, checks=dict)
    assert body["service"] == HEALTH_NAMES[service_of(door, m)]
    for name, check in body["checks"].items():
        has(check, status={"ok", "away"}, age_s=(int, float))
        assert check.get("breaker") in ({"closed", "open", "half-open"} if name in SERVICES else {None}), name


def test_health_names_the_store_of_each_owner(m):
    for owner in OWNERS:
        assert getattr(m, owner).get("/health").json()["checks"], f"{owner} checks nothing"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_live_and_ready(door, path):
    assert door.get(path).status_code == 200


def test_health_is_not_cached(door):
    """A balancer must not be told yesterday's health."""
    first = door.get("/health")
    if "etag" in first.headers:
        time.sleep(1.1)
        assert door.get("/health", headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_metrics_only_for_the_service_token(door, cinema):
    refused(door.get("/metrics"), {401, 403})
    refused(door.get("/metrics", headers={"authorization": "Bearer wrong"}), {401, 403})
    answer = door.get("/metrics", headers={"authorization": f"Bearer {cinema.service_token}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert re.search(r"(?m)^# TYPE \w+ (counter|gauge|histogram)$", answer.text)
    for line in answer.text.splitlines():
        assert line.startswith("#") or re.fullmatch(r"[a-z_:][a-zA-Z0-9_:]*(\{.*\})? [-+0-9.eEInfNa]+", line), line


def test_openapi(door):
    body = door.get("/openapi.json").json()
    assert body["openapi"].startswith("3.1.")
    has(body["info"], title=str, version=str)
    assert len(body["paths"]) > 3
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if method in ("get", "post", "put", "delete"):
                assert operation["responses"], f"{method} {path}"


def test_docs_are_served_from_here(door):
    answer = door.get("/docs")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert not re.search(r'(src|href)="(https?:)?//', answer.text), "loads something from elsewhere"
    for source in re.findall(r'src="([^"]+)"', answer.text):
        assert door.get(str(httpx.URL("/docs").join(source))).status_code == 200, source


@pytest.mark.parametrize(
    "service,old,new",
    [
        ("movies", "/api/docs", "/openapi.json"),
        ("rooms", "/apispec_1.json", "/openapi.json"),
        ("reservations", "/api-docs", "/openapi.json"),
        ("reservations", "/swagger-ui/index.html", "/docs"),
        ("analytics", "/", "/docs"),
    ],
)
def test_old_addresses(m, service, old, new):
    answer = getattr(m, service).get(old)
    assert answer.status_code == 308
    assert httpx.URL(str(answer.url)).join(answer.headers["location"]).path == new


# --- errors ---


def test_unknown_path(door):
    refused(door.get("/api/nowhere-at-all"), 404)
    refused(door.post("/api/nowhere-at-all", json={}), 404)


@pytest.mark.parametrize(
    "service,path,wrong",
    [
        ("movies", "/api/movies", "DELETE"),
        ("movies", "/api/genres", "PUT"),
        ("movies", "/api/movies/featured", "POST"),
        ("rooms", "/api/rooms", "DELETE"),
        ("rooms", "/api/schedules", "PUT"),
        ("reservations", "/api/users", "PUT"),
        ("reservations", "/api/payments", "GET"),
        ("reservations", "/api/reservations/1/cancel", "POST"),
        ("gateway", "/api/book-ticket", "GET"),
        ("gateway", "/api/showtimes", "POST"),
        ("gateway", "/api/movies", "DELETE"),
        ("movies", "/health", "POST"),
    ],
)
def test_wrong_method(m, service, path, wrong):
    answer = getattr(m, service).request(wrong, path)
    refused(answer, 405)
    allowed = {a.strip() for a in answer.headers["allow"].split(",")}
    assert wrong not in allowed and allowed
    if "GET" in allowed:
        assert "HEAD" in allowed


def test_unknown_method(door):
    answer = door.request("PATCH", "/health/live")
    assert answer.status_code in (405, 501)


BROKEN = {
    "cut short": b'{"title":',
    "nothing": b"",
    "only spaces": b"  ",
    "two values": b"{} {}",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "single quotes": b"{'a':1}",
    "a comma too many": b'{"a":1,}',
    "not UTF-8": b'{"title":"\xff\xfe"}',
    "half a pair": b'{"title":"\\ud800"}',
    "overlong UTF-8": b'{"title":"\xc0\xaf"}',
    "a key twice": b'{"title":"a","title":"b"}',
    "NaN": b'{"duration":NaN}',
    "infinite": b'{"duration":1e999}',
    "a comment": b"{/* */}",
    "raw line end": b'{"title":"a\nb"}',
    "BOM only": b"\xef\xbb\xbf",
    "form": b"a=1&b=2",
}


@pytest.mark.parametrize("service,path", POSTS)
@pytest.mark.parametrize("what", BROKEN)
def test_broken_json(m, service, path, what):
    answer = getattr(m, service).post(path, content=BROKEN[what], headers={"content-type": "application/json"})
    refused(answer, 400)


@pytest.mark.parametrize("service,path", POSTS)
def test_other_content_type(m, service, path):
    for other in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
    ):
        refused(getattr(m, service).post(path, content=b"{}", headers={"content-type": other}), 415)


def test_none_declared_means_json(m):
    body = json.dumps(m.movie_body()).encode()
    request = m.movies.build_request("POST", "/api/movies", content=body)
    assert "content-type" not in request.headers
    ok(m.movies.send(request), 201)
    for declared in ("application/json; charset=utf-8", "APPLICATION/JSON", 'application/json;charset="UTF-8"'):
        ok(m.movies.post("/api/movies", content=body, headers={"content-type": declared}), 201)


@pytest.mark.parametrize("service,path", POSTS)
def test_body_over_a_mebibyte(m, service, path):
    body = b'{"title":"' + b"a" * (1 << 20) + b'"}'
    with httpx.Client(base_url=getattr(m, service).base_url, trust_env=False) as fresh:
        answer = fresh.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["status"] == 413


def test_body_of_exactly_a_mebibyte(m):
    body = json.dumps(m.movie_body()).encode()
    ok(
        m.movies.post(
            "/api/movies", content=body + b" " * ((1 << 20) - len(body)), headers={"content-type": "application/json"}
        ),
        201,
    )
    answer = m.movies.post(
        "/api/movies", content=body + b" " * ((1 << 20) + 1 - len(body)), headers={"content-type": "application/json"}
    )
    refused(answer, 413)


def test_chunked_body(m):
    def pieces():
        whole = json.dumps(m.movie_body()).encode()
        for i in range(0, len(whole), 7):
            yield whole[i : i + 7]

    ok(m.movies.post("/api/movies", content=pieces(), headers={"content-type": "application/json"}), 201)


def test_every_bad_field_is_named_at_once(m):
    details = refused(m.rooms.post("/api/rooms", json={"name": "", "capacity": 0, "screen_type": "4D"}), 400)["details"]
    assert set(details) == {"name", "capacity", "screen_type"}
    for sentences in details.values():
        assert isinstance(sentences, list) and sentences and all(isinstance(s, str) and s for s in sentences)


def test_request_id_is_taken_over_when_sane(door):
    answer = door.get("/api/nowhere-at-all", headers={"x-request-id": "till-7-20260101"})
    assert answer.json()["requestId"]
    hostile = door.get("/api/nowhere-at-all", headers={"x-request-id": "<script>" + "a" * 500})
    assert "<script>" not in hostile.text


# --- reading ---


@pytest.mark.parametrize(
    "service,path",
    LISTS
    + [
        ("movies", "/api/genres"),
        ("gateway", "/api/house"),
        ("gateway", "/"),
        ("rooms", "/health"),
        ("gateway", "/api/movies"),
    ],
)
def test_head_wherever_get(m, service, path):
    door = getattr(m, service)
    get, head = door.get(path), door.head(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]
    if "/health" not in path:
        assert head.headers["content-length"] == get.headers["content-length"]
        assert head.headers.get("etag") == get.headers.get("etag")


@pytest.mark.parametrize("service,path", LISTS)
def test_trailing_slash_is_the_same(m, service, path):
    door = getattr(m, service)
    assert door.get(path + "/").json() == door.get(path).json()


def test_trailing_slash_on_posts(m):
    ok(m.movies.post("/api/movies/", json=m.movie_body()), 201)
    ok(m.reservations.post("/api/users/", json=m.user_body()), 201)


@pytest.mark.parametrize("service,path", LISTS)
def test_unknown_query_names_are_ignored(m, service, path):
    door = getattr(m, service)
    assert door.get(path, params={"_": "17", "utm_source": "x"}).json() == door.get(path).json()


def test_unknown_body_keys(m):
    film = ok(m.movies.post("/api/movies", json=m.movie_body(surprise=1)), 201)
    assert "surprise" not in film
    ok(m.reservations.post("/api/users", json=m.user_body(surprise={"a": [1]})), 201)
    refused(m.rooms.post("/api/rooms", json={"name": "x", "capacity": 5, "surprise": 1}), 400)


def test_dollar_keys_and_id_are_ignored(m):
    film = ok(
        m.movies.post("/api/movies", json=m.movie_body(_id="f" * 24) | {"$where": "1", "$set": {"rating": 1}}), 201
    )
    assert film["_id"] != "f" * 24 and film["rating"] == 6.5
    ok(m.reservations.post("/api/users", json=m.user_body() | {"$ne": 1, "_id": 5}), 201)


def test_numbers_as_strings(m):
    film = ok(m.movies.post("/api/movies", json=m.movie_body(duration="117", rating="8.5")), 201)
    assert film["duration"] == 117 and film["rating"] == 8.5
    showing = m.make_showing(price="9.5")
    assert showing["price"] == 9.5
    user = m.make_user()
    made = ok(
        m.reservations.post(
            "/api/reservations",
            json={
                "userId": str(user["id"]),
                "scheduleId": str(showing["id"]),
                "movieId": showing["movie_id"],
                "seatIds": [str(showing["seat_ids"][0])],
                "totalAmount": "9.5",
            },
        ),
        201,
    )
    assert made["userId"] == user["id"]
    for bad in ("1.5", "abc", "", " ", "0x10", "1e2x"):
        refused(m.movies.post("/api/movies", json=m.movie_body(duration=bad)), 400)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_body_where_none_belongs_is_ignored(m, method):
    film = m.make_movie()
    path = f"/api/movies/{film['_id']}"
    for content, kind in ((b"{}", "application/json"), (b"{broken", "application/json"), (b"hello", "text/plain")):
        answer = m.movies.request(method, path, content=content, headers={"content-type": kind})
        assert answer.status_code == 200
    with httpx.Client(base_url=m.movies.base_url, trust_env=False) as fresh:
        answer = fresh.request(method, path, content=b"a" * ((1 << 20) + 1))
        assert answer.status_code == 413, "bounded all the same"


def test_optional_bodies(m):
    for content in (None, b"", b"{}"):
        made = m.book(m.make_showing())
        headers = {"content-type": "application/json"} if content is not None else {}
        assert (
            ok(m.reservations.put(f"/api/reservations/{made['id']}/cancel", content=content, headers=headers))["status"]
            == "CANCELLED"
        )


# --- paging ---

LIMITED = [
    ("movies", "/api/movies", 1000),
    ("movies", "/api/movies/search", 1000),
    ("movies", "/api/movies/featured", 1000),
    ("rooms", "/api/rooms", 10000),
    ("rooms", "/api/schedules", 10000),
    ("reservations", "/api/users", 10000),
    ("reservations", "/api/reservations", 10000),
    ("reservations", "/api/reservations/user/1", 10000),
    ("reservations", "/api/reservations/movie/x", 10000),
    ("gateway", "/api/showtimes", 10000),
    ("gateway", "/api/availability", 1000),
]
NO_NUMBERS = ["abc", "-1", "1.5", "1e3", "0x10", "99999999999999999999", "1 2", "%00", "١"]


@pytest.mark.parametrize("service,path,most", LIMITED)
def test_limit_bounds(m, service, path, most):
    door = getattr(m, service)
    assert ok(door.get(path, params={"limit": 0})) == []
    assert len(ok(door.get(path, params={"limit": 1}))) <= 1
    ok(door.get(path, params={"limit": most}))
    refused(door.get(path, params={"limit": most + 1}), 400)
    assert ok(door.get(path, params={"limit": ""})) == ok(door.get(path))


@pytest.mark.parametrize("service,path,_most", LIMITED)
@pytest.mark.parametrize("bad", NO_NUMBERS)
def test_limit_no_number(m, service, path, _most, bad):
    body = refused(getattr(m, service).get(path, params={"limit": bad}), 400)
    assert "limit" in body["error"] or "limit" in body.get("details", {})


@pytest.mark.parametrize(
    "service,path,name",
    [
        ("movies", "/api/movies", "page"),
        ("movies", "/api/movies/search", "page"),
        ("rooms", "/api/rooms", "offset"),
        ("rooms", "/api/schedules", "offset"),
        ("reservations", "/api/users", "offset"),
        ("reservations", "/api/reservations", "offset"),
        ("gateway", "/api/showtimes", "offset"),
        ("gateway", "/api/availability", "offset"),
    ],
)
def test_page_and_offset(m, service, path, name):
    door = getattr(m, service)
    for bad in ("abc", "-1", "1.5", "99999999999999999999"):
        refused(door.get(path, params={name: bad}), 400)
    assert ok(door.get(path, params={name: ""})) == ok(door.get(path))
    assert ok(door.get(path, params={name: 900000})) == []


def test_offset_moves_on(m):
    for _ in range(3):
        m.make_user()
    everything = [u["id"] for u in ok(m.reservations.get("/api/users", params={"limit": 10000}))]
    pieces = []
    while len(pieces) < len(everything):
        pieces += [u["id"] for u in ok(m.reservations.get("/api/users", params={"limit": 50, "offset": len(pieces)}))]
    assert pieces == everything == sorted(everything)


# --- tags ---


@pytest.mark.parametrize(
    "service,path",
    LISTS
    + [("movies", "/api/genres"), ("gateway", "/api/house"), ("gateway", "/api/movies"), ("gateway", "/api/rooms")],
)
def test_if_none_match(m, service, path):
    door = getattr(m, service)
    tag = door.get(path).headers["etag"]
    for asked in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = door.get(path, headers={"if-none-match": asked})
        assert answer.status_code == 304, asked
        assert answer.content == b"" and answer.headers["etag"] == tag
    assert door.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    assert door.head(path, headers={"if-none-match": tag}).status_code == 304


def test_the_tag_changes_with_the_thing(m):
    film = m.make_movie()
    path = f"/api/movies/{film['_id']}"
    tag = m.movies.get(path).headers["etag"]
    m.movies.put(path, json={"title": "Otra"})
    answer = m.movies.get(path, headers={"if-none-match": tag})
    assert answer.status_code == 200 and answer.headers["etag"] != tag


# --- origins and hosts ---


@pytest.mark.parametrize(
    "origin", ["http://localhost:5173", "https://localhost", "http://127.0.0.1:3000", "http://[::1]:8080"]
)
def test_origins_of_this_machine_are_echoed(door, origin):
    answer = door.get("/api/nowhere-at-all", headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin, "errors too"
    answer = door.get("/health", headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "origin" in answer.headers["vary"].lower()
    exposed = {h.strip().lower() for h in answer.headers["access-control-expose-headers"].split(",")}
    assert {"etag", "location", "retry-after", "x-request-id", "ratelimit", "taquilla-position"} <= exposed


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "null",
        "http://evil.example:3004",
        "http://localhost@evil.example",
        "https://app.example",
    ],
)
def test_other_origins_are_not(door, origin):
    answer = door.get("/health", headers={"origin": origin})
    assert "access-control-allow-origin" not in answer.headers
    answer = door.options("/api/movies", headers={"origin": origin, "access-control-request-method": "POST"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "service,path,methods",
    [
        ("movies", "/api/movies", {"GET", "POST"}),
        ("rooms", "/api/rooms/1", {"GET", "PUT", "DELETE"}),
        ("reservations", "/api/reservations/1/cancel", {"PUT"}),
        ("gateway", "/api/book-ticket", {"POST"}),
        ("gateway", "/api/movies", {"GET", "POST"}),
    ],
)
def test_preflight(m, service, path, methods):
    answer = getattr(m, service).options(
        path,
        headers={
            "origin": "http://localhost:5173",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type,idempotency-key",
        },
    )
    assert answer.status_code == 204 and answer.content == b""
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert answer.headers["access-control-max-age"] == "600"
    assert methods <= {v.strip() for v in answer.headers["access-control-allow-methods"].split(",")}
    asked = {v.strip().lower() for v in answer.headers["access-control-allow-headers"].split(",")}
    assert {"content-type", "idempotency-key"} <= asked


def test_a_listed_origin_is_echoed(g):
    for service in SERVICES:
        answer = getattr(g, service).get("/health", headers={"origin": "https://app.example"})
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert (
            "access-control-allow-origin"
            not in getattr(g, service).get("/health", headers={"origin": "https://other.example"}).headers
        )


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3001", "localhost.evil.example", "cine.example"])
def test_a_foreign_host_is_misdirected(door, host):
    refused(door.get("/api/movies", headers={"host": host}), 421)
    refused(door.get("/health", headers={"host": host}), 421)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:9999",
        "LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:3001",
        "[::1]:3001",
        "192.168.1.20:3004",
        "10.0.0.1",
    ],
)
def test_hosts_that_are_ours(door, host):
    assert door.get("/health", headers={"host": host}).status_code == 200


def test_public_hosts(g):
    for host in ("cine.example", "tickets.example:8443", "CINE.example"):
        assert g.gateway.get("/health", headers={"host": host}).status_code == 200
    refused(g.gateway.get("/health", headers={"host": "other.example"}), 421)


# --- positions and the house ---


def test_positions_rise_by_each_write(m):
    def position(answer):
        service, number = answer.headers["taquilla-position"].split("/")
        return service, int(number)

    first = position(m.movies.post("/api/movies", json=m.movie_body()))
    second = position(m.movies.post("/api/movies", json=m.movie_body()))
    assert first[0] == second[0] == "movies" and second[1] > first[1]
    assert position(m.rooms.post("/api/rooms", json={"name": "x", "capacity": 1}))[0] == "rooms"
    assert position(m.reservations.post("/api/users", json=m.user_body()))[0] == "reservations"
    assert position(m.gateway.post("/api/users", json=m.user_body()))[0] == "reservations"
    assert position(m.gateway.post("/api/movies", json=m.movie_body()))[0] == "movies"


def test_the_house(m):
    answer = m.gateway.get("/api/house")
    body = answer.json()
    said = json.dumps(body.get("data", body))
    for value in ("America/Lima", "USD", "Cine Prueba", '"es"'):
        assert value in said
    assert "token" not in said.lower()


# --- what is only between our services ---


@pytest.mark.parametrize(
    "service,path",
    [(s, "/metrics") for s in SERVICES]
    + [(s, "/feed") for s in OWNERS]
    + [
        ("rooms", "/internal/showings"),
        ("reservations", "/internal/sales/live?scheduleIds=1"),
        ("reservations", "/internal/users/1/dashboard"),
    ],
)
def test_internal_addresses(m, cinema, service, path):
    door, token = getattr(m, service), {"authorization": f"Bearer {cinema.service_token}"}
    refused(door.get(path), {401, 403})
    refused(door.get(path, headers={"authorization": "Bearer " + "0" * 64}), {401, 403})
    refused(door.get(path, headers={"authorization": f"Basic {cinema.service_token}"}), {401, 403})
    refused(door.get(path, headers=token | {"origin": "http://localhost:5173"}), 403)
    answer = door.get(path, headers=token)
    assert answer.status_code in (200, 404)
    assert not [h for h in answer.headers if h.startswith("access-control-")]
    assert (
        door.options(
            path, headers={"origin": "http://localhost:5173", "access-control-request-method": "GET"}
        ).headers.get("access-control-allow-origin")
        is None
    )


def test_the_gateway_leads_nowhere_internal(m, cinema):
    token = {"authorization": f"Bearer {cinema.service_token}"}
    for path in (
        "/api/movies/../../feed",
        "/api/rooms/..%2f..%2finternal/showings",
        "/api/reservations/%2e%2e/%2e%2e/feed",
        "/api/movies//feed",
        "/feed",
        "/internal/users?ids=1",
    ):
        request = httpx.Request("GET", str(m.gateway.base_url).rstrip("/") + "/", headers={"host": "localhost"} | token)
        request.url = request.url.copy_with(raw_path=path.encode())
        with httpx.Client(trust_env=False) as fresh:
            answer = fresh.send(request)
        assert answer.status_code in (400, 403, 404), f"{path}: {answer.status_code} {answer.text[:300]}"


@pytest.mark.parametrize("owner", OWNERS)
def test_feeds_are_dense_and_know_no_names(m, owner):
    m.make_movie()
    m.make_showing()
    someone = m.make_user(email=unique("Secreto") + "@example.com", name="Nombre Secreto", phone="123454321")
    m.pay(m.book(m.make_showing(), user=someone))
    events = m.feed(owner)
    assert events
    for event in events:
        has(event, id=str, source=str, type=str, time=INSTANT_Z, specversion={"1.0"}, data=dict)
    text = json.dumps(events)
    for secret in (someone["email"], someone["email"].lower(), "Nombre Secreto", "123454321"):
        assert secret not in text
    page = m.internal(owner).get("/feed", params={"after": 1, "limit": 2}).json()
    page = page.get("data", page)
    assert len(page["events"]) == 2
    assert page["position"] >= 2


def test_a_feed_waits_for_news(m):
    with m.internal("movies") as door:
        page = door.get("/feed", params={"after": 0, "limit": 1000}).json()
        page = page.get("data", page)
        last = page["position"]
        start = time.monotonic()
        nothing = door.get("/feed", params={"after": last, "wait": 1}).json()
        assert nothing.get("data", nothing)["events"] == []
        assert 0.8 < time.monotonic() - start < 5
        for bad in ({"after": -1}, {"after": "x"}, {"limit": 5000000}, {"wait": 31}, {"wait": -1}):
            refused(door.get("/feed", params=bad), 400)
