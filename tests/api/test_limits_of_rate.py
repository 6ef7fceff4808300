"""How often one address and one user may ask, and whose address counts."""

import re

import pytest

from harness.cinema import run
from harness.door import ok, refused
from harness.maker import unique

ADMIN_TOKEN = "only-the-manager-knows-this-0123456789"
HOUSE = "/api/house"


def state(answer):
    """(left, seconds until all is there again) as the RateLimit header says it."""
    name, left, whole = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', answer.headers["ratelimit"]).groups()
    assert re.fullmatch(rf'"{name}";q=\d+;w=60', answer.headers["ratelimit-policy"])
    return name, int(left), int(whole)


def until_refused(ask, most=50):
    """How many went well, and the answer that did not."""
    for count in range(most):
        answer = ask()
        if answer.status_code == 429:
            return count, answer
    raise AssertionError(f"{most} requests went well")


def test_without_settings_nobody_is_limited(m):
    answer = m.gateway.get(HOUSE)
    assert "ratelimit" not in answer.headers


def test_an_address_has_so_many(opened):
    m = opened(ADDRESS_REQUESTS_PER_MINUTE=8)
    first = m.gateway.get(HOUSE)
    assert state(first) == ("address", 7, 8)
    for path in ("/api/nothing", "/api/showtimes"):  # what is not there counts, too
        state(m.gateway.get(path))
    count, answer = until_refused(lambda: m.gateway.get(HOUSE))
    assert count == 5
    body = refused(answer, 429, "too_many_requests")
    assert "your address" in body["error"] and 1 <= int(answer.headers["retry-after"]) <= 8
    assert state(answer)[:2] == ("address", 0)
    for path in ("/health", "/health/live", "/health/ready"):
        assert m.gateway.get(path).status_code == 200, "balancers are not counted"
    forged = {"x-forwarded-for": "5.6.7.8"}
    refused(m.gateway.get(HOUSE, headers=forged), 429, "too_many_requests")
    assert m.rooms.get("/api/rooms").status_code == 200, "the other services have no such limit"


def test_whose_address_counts_behind_a_proxy(opened):
    m = opened(ADDRESS_REQUESTS_PER_MINUTE=5, TRUSTED_PROXIES="127.0.0.0/8, 10.0.0.0/8")

    def ask(said):
        return m.gateway.get(HOUSE, headers=[("x-forwarded-for", line) for line in said])

    assert until_refused(lambda: ask(["5.6.7.8"]))[0] == 5
    refused(ask(["1.1.1.1, 5.6.7.8"]), 429)
    refused(ask(["1.1.1.1", "5.6.7.8, 10.0.0.7"]), 429)
    assert ask(["5.6.7.9"]).status_code == 200, "another visitor"
    assert until_refused(lambda: ask(["2001:db8::1"]))[0] == 5
    refused(ask(["2001:db8::ffff:2"]), 429)
    assert ask(["2001:db8:0:1::1"]).status_code == 200, "another customer's network"


def test_who_holds_the_admins_token_is_not_counted(opened):
    m = opened(ADDRESS_REQUESTS_PER_MINUTE=3, ADMIN_TOKEN=ADMIN_TOKEN)
    for _ in range(10):
        assert m.gateway.get(HOUSE).status_code == 200
    with m.cinema.door("gateway") as visitor:
        assert until_refused(lambda: visitor.get(HOUSE))[0] == 3
        wrong = {"authorization": "Bearer wrong"}
        refused(visitor.get(HOUSE, headers=wrong), 429)


def test_a_user_has_so_many_bookings(opened):
    m = opened(USER_BOOKINGS_PER_MINUTE=3)
    showing, user, other = m.make_showing(), m.make_user(), m.make_user()
    path = f"/api/showtimes/{showing['id']}/best-seats"
    ok(m.gateway.post(path, json={"userId": user["id"], "count": 1}), 201)
    ok(m.gateway.post(path, json={"userId": str(user["id"]), "count": 1}), 201)
    refused(m.gateway.post("/api/book-ticket", json={"userId": user["id"], "scheduleId": 99_999_999, "seatIds": [1]}), 404)
    for where, body in (
        (path, {"userId": user["id"], "count": 1}),
        ("/api/book-ticket", m.booking(showing, user=user)),
        ("/api/reservations", m.booking(showing, user=user)),
    ):
        answer = m.gateway.post(where, json=body)
        refused(answer, 429, "too_many_requests")
        assert state(answer)[0] == "user" and 1 <= int(answer.headers["retry-after"]) <= 20
    ok(m.gateway.post(path, json={"userId": other["id"], "count": 1}), 201)
    email = f"{unique('b')}@example.com"
    for said in (email, email.upper(), f" {email}"):
        ok(m.gateway.post(path, json={"buyer": {"email": said, "name": "Ana"}, "count": 1}), 201)
    refused(m.gateway.post(path, json={"buyer": {"email": email, "name": "Ana"}, "count": 1}), 429)
    refused(m.gateway.post(path, content=b"{", headers={"content-type": "application/json"}), 400)
    assert m.gateway.get(HOUSE).status_code == 200


@pytest.mark.parametrize("bad", ["proxy", "10.0.0.0/33", "::/129", "10.0.0.0/8,x"])
def test_networks_that_are_none(bad):
    done = run("gateway", "--port", "0", timeout=20, TRUSTED_PROXIES=bad)
    assert done.returncode == 2 and "TRUSTED_PROXIES" in done.stderr
