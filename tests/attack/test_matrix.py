"""Every route of every service against every kind of caller: what happens follows from the route's access class alone.

The rules are those of docs/api.md ("who may ask"), written here a second time on purpose: a route that somebody opens by
mistake, or a rule that moves, fails here by name.
"""

import http.client
import itertools
import re
from collections import namedtuple

import pytest

from harness.cinema import run
from harness.door import ok

Route = namedtuple("Route", "service method path access")
Caller = namedtuple("Caller", "token origin host forwarded")

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
TOKENS = ("none", "wrong", "service", "admin", "basic")
ORIGINS = {"none": None, "foreign": "https://evil.example", "local": "http://localhost:5173", "null": "null"}
ALLOWED_ORIGINS = {"local"}
HOSTS = {"own": "127.0.0.1", "foreign": "evil.example"}
ABSENT = {"id": "999999999", "seatId": "999999999", "movieId": "0" * 24, "table_name": "rooms", "table": "nothing"}


def routes():
    done = run("routes")
    assert done.returncode == 0, done.stderr
    return [Route(*line.split()) for line in done.stdout.splitlines()]


ROUTES = routes()
OWN = [r for r in ROUTES if r.method != "ANY"]
PASSED = {r.path.removesuffix("/{**rest}"): r.access for r in ROUTES if r.method == "ANY"}
INGESTION = "/api/ingestion"


def through_gateway(route):
    """The address at which the gateway passes a route on, or None."""
    if route.service == "ingestion":
        return INGESTION + route.path
    return route.path if any(f"{route.path}/".startswith(f"{p}/") for p in PASSED) else None


def filled(path):
    return re.sub(r"{\**([^}]+)}", lambda part: ABSENT.get(part[1], "nothing"), path)


CALLERS = [
    Caller(token, origin, host, False) for token, origin, host in itertools.product(TOKENS, ORIGINS, HOSTS)
] + [Caller("none", "none", "own", True), Caller("admin", "none", "own", True)]


# --- the rules ---

PASSES = "passes"


def judged_by(access, method, caller, admin_set, local=True):
    """Status and code of a refusal, or PASSES. The first rule that speaks decides."""
    if access == "internal":
        if caller.origin != "none":
            return 403, "origin_refused"
        return PASSES if caller.token == "service" else (401, "unauthenticated")
    if method in WRITES and caller.origin not in ALLOWED_ORIGINS | {"none"}:
        return 403, "origin_refused"
    admin = not admin_set or caller.token == "admin"
    if access == "operator" and not admin_set and not local:
        return 403, "operator_only"
    if (access in ("admin", "operator") or (access == "by_method" and method in WRITES)) and not admin:
        return 401, "unauthenticated"
    if access == "code" and not admin:
        return 401, "code_needed"
    return PASSES


def expected(route, method, caller, admin_set):
    if caller.host == "foreign":
        return 421, "host_not_ours"
    return judged_by(route.access, method, caller, admin_set, local=not caller.forwarded)


def expected_through(route, method, caller, admin_set):
    """The gateway judges first, by its own class; then the owner, who never sees where the page came from."""
    if caller.host == "foreign":
        return 421, "host_not_ours"
    prefix = next(p for p in PASSED if f"{through_gateway(route)}/".startswith(f"{p}/"))
    first = judged_by(PASSED[prefix], method, caller, admin_set, local=not caller.forwarded)
    if first != PASSES:
        return first
    return judged_by(route.access, method, caller._replace(origin="none"), admin_set)


# --- asking ---


class Asker:
    """Keep-alive connections to one cinema, one a service."""

    def __init__(self, cinema, admin_token):
        self.cinema, self.admin_token = cinema, admin_token
        self.lines = {}

    def headers(self, caller):
        secret = {
            "none": None,
            "wrong": "Bearer " + "x" * 43,
            "service": f"Bearer {self.cinema.service_token}",
            "admin": f"Bearer {self.admin_token}",
            "basic": f"Basic {self.cinema.service_token}",
        }[caller.token]
        found = {"Host": HOSTS[caller.host]}
        if secret:
            found["Authorization"] = secret
        if ORIGINS[caller.origin]:
            found["Origin"] = ORIGINS[caller.origin]
        if caller.forwarded:
            found["X-Forwarded-For"] = "203.0.113.9"
        return found

    def ask(self, service, method, path, caller):
        line = self.lines.setdefault(service, http.client.HTTPConnection("127.0.0.1", self.cinema.port(service), 40))
        line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers(caller).items():
            line.putheader(name, value)
        body = b"{}" if method in WRITES else b""
        if body:
            line.putheader("Content-Type", "application/json")
            line.putheader("Content-Length", str(len(body)))
        line.endheaders(body or None)
        answer = line.getresponse()
        if answer.headers.get_content_type() == "text/event-stream":  # it has no end
            answer.content = b""
            self.lines.pop(service).close()
        else:
            answer.content = answer.read()
        return answer

    def close(self):
        for line in self.lines.values():
            line.close()


def populated(cinema, maker):
    """Somebody's data is in the way of a restore."""
    maker.make_showing()
    maker.make_user()
    return cinema


@pytest.fixture(scope="module")
def unset(cinema, m):
    asker = Asker(populated(cinema, m), "no-such-token-0123456789")
    yield asker
    asker.close()


@pytest.fixture(scope="module")
def with_token(guarded, g):
    asker = Asker(populated(guarded, g), guarded.admin_token)
    yield asker
    asker.close()


@pytest.fixture(params=["unset", "set"])
def asker(request, unset, with_token):
    return unset if request.param == "unset" else with_token


# --- holding the answers against the rules ---


def code_of(content):
    return re.search(rb'"code":"([a-z0-9_]+)"', content)


def problem_of(answer, method, caller, want, internal, cloudy):
    """What is wrong with a cell, or None."""
    if want == PASSES:
        no_cloud = answer.status == 503 and (method == "HEAD" or b"cloud_not_configured" in answer.content)
        unwell = answer.status >= 500 and not (no_cloud and cloudy)
        if answer.status in (401, 403, 421) or unwell:
            return f"wanted it to pass, got {answer.status} {answer.content[:200]}"
    else:
        code = code_of(answer.content)
        if answer.status != want[0] or (method != "HEAD" and (not code or code[1].decode() != want[1])):
            return f"wanted {want}, got {answer.status} {answer.content[:200]}"
        if answer.status == 401 and not answer.getheader("www-authenticate"):
            return "401 without WWW-Authenticate"
    echoed = answer.getheader("access-control-allow-origin")
    may_read = caller.origin in ALLOWED_ORIGINS and caller.host == "own" and not internal
    if caller.host == "own" and echoed != (ORIGINS[caller.origin] if may_read else None):
        return f"Access-Control-Allow-Origin is {echoed}"
    return None


def check_route(asker, admin_set, service, path, methods, expectation, internal=False):
    cloudy = service == "ingestion" or path.startswith(INGESTION)
    problems, cells = [], 0
    for method, caller in itertools.product(methods, CALLERS):
        if caller.token == "admin" and not admin_set and caller.origin != "none":
            continue  # the same as a wrong one
        answer = asker.ask(service, method, path, caller)
        problem = problem_of(answer, method, caller, expectation(method, caller), internal, cloudy)
        cells += 1
        if problem:
            problems.append(f"{method} {path} at {service} {caller}: {problem}")
    assert not problems, f"{len(problems)} of {cells} cells:\n" + "\n".join(problems[:10])
    assert cells >= 30


def methods_of(route):
    return ("GET", "HEAD") if route.method == "GET" else (route.method,)


def name_of(route):
    return f"{route.service} {route.method} {route.path}"


@pytest.mark.parametrize("route", OWN, ids=map(name_of, OWN))
def test_at_the_service_itself(asker, route):
    admin_set = bool(asker.cinema.admin_token)
    check_route(
        asker,
        admin_set,
        route.service,
        filled(route.path),
        methods_of(route),
        lambda method, caller: expected(route, method, caller, admin_set),
        internal=route.access == "internal",
    )


LED = [r for r in OWN if r.service != "gateway" and through_gateway(r)]


@pytest.mark.parametrize("route", LED, ids=map(name_of, LED))
def test_through_the_gateway(asker, route):
    admin_set = bool(asker.cinema.admin_token)
    check_route(
        asker,
        admin_set,
        "gateway",
        filled(through_gateway(route)),
        methods_of(route),
        lambda method, caller: expected_through(route, method, caller, admin_set),
    )


HIDDEN = [r for r in OWN if r.access == "internal" and not through_gateway(r) and r.path != "/metrics"]


@pytest.mark.parametrize("route", HIDDEN, ids=map(name_of, HIDDEN))
def test_the_gateway_has_no_internal_address_of_an_owner(asker, route):
    for token in TOKENS:
        caller = Caller(token, "none", "own", False)
        answer = asker.ask("gateway", route.method, filled(route.path), caller)
        assert answer.status == 404, f"{token}: {answer.status} {answer.content[:200]}"


def test_every_kind_of_route_is_there():
    """The matrix is of what the program says; were that empty, it would pass."""
    assert {r.service for r in ROUTES} == {"movies", "rooms", "reservations", "gateway", "analytics", "ingestion"}
    assert {r.access for r in ROUTES} == {"by_method", "anyone", "admin", "code", "operator", "internal"}
    assert len(OWN) > 80 and len(LED) > 40 and len(HIDDEN) > 20


def test_who_may_write_is_short():
    """The only writes that anybody may make, once the house has a token."""
    open_writes = {(r.service, r.method, r.path) for r in OWN if r.method in WRITES and r.access in ("anyone", "code")}
    assert open_writes == {
        ("reservations", "POST", "/api/users"),
        ("reservations", "POST", "/api/reservations"),
        ("reservations", "POST", "/api/payments"),
        ("reservations", "PUT", "/api/reservations/{id}/cancel"),
        ("gateway", "POST", "/api/book-ticket"),
        ("gateway", "POST", "/api/showtimes/{id}/best-seats"),
        ("gateway", "POST", "/api/showtimes/{id}/queue"),
    }


def test_persons_are_never_open():
    """Whatever names people, and is read without a reservation's code, needs the manager's token."""
    for route in OWN:
        if re.search(r"/(users?|user-dashboard|user-behavior|reservations|payments)\b", route.path) and route.method == "GET":
            assert route.access in ("admin", "code", "internal"), route


def test_the_matrix_changed_nothing(unset, m):
    """999999999 and {} lead nowhere, so the data that stood there stands."""
    assert ok(m.movies.get("/api/movies")) and ok(m.rooms.get("/api/rooms")) and ok(m.reservations.get("/api/users"))
