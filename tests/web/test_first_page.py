"""The first page brings what it shows: no question stands before it, no title breaks out of it, and a browser's clock that is wrong or a
gateway that does not know yet are no matter."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from harness.visit import PHONE

TOLD = re.compile(r'<script type="application/json" id="told">(.*?)</script>', re.S)


@pytest.fixture
def showing(m):
    """Of today, to the second in which it may be over."""
    return m.make_showing(start=m.now().strftime("%Y-%m-%dT23:59:00"))


def told(answer):
    return json.loads(TOLD.search(answer.text)[1])


def test_nothing_is_asked_before_it_is_shown(visit, m, showing):
    v = visit(viewport=PHONE)
    page = v.go("/")
    expect(page.locator(f"[data-showing='{showing['id']}']")).to_be_visible()
    asked = [u.removeprefix(v.base) for u in v.requests]
    assert not [u for u in asked if u.startswith(("/api/house", "/api/showtimes"))], asked
    v.go("/films")
    v.go("/")
    page.wait_for_load_state("networkidle")
    assert any("/api/showtimes?" in u and "date=" in u for u in v.requests), "what is looked at later is asked anew"


def test_it_tells_what_the_routes_tell(m, showing):
    page = m.gateway.get("/")
    day = m.now().strftime("%Y-%m-%d")
    listed = m.gateway.get("/api/showtimes", params={"date": day, "limit": 1000}).json()["data"]
    assert told(page) == {"house": m.gateway.get("/api/house").json()["data"], "date": day, "showtimes": listed}
    assert showing["id"] in [one["id"] for one in listed]
    assert page.headers["content-type"] == "text/html; charset=utf-8" and page.headers["cache-control"] == "no-cache"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_kept_until_something_changes(m, showing):
    first = m.gateway.get("/")
    again = m.gateway.get("/", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content and "content-security-policy" in again.headers
    more = m.make_showing(start=showing["show_time"])
    m.gateway.get(f"/api/showtimes/{more['id']}")  # the gateway has heard of it
    changed = m.gateway.get("/", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200 and more["id"] in [one["id"] for one in told(changed)["showtimes"]]


def test_a_title_stays_a_title(visit, m):
    title = "</script><script>document.title='broken'</script><!-- "
    made = m.make_showing(start=m.now().strftime("%Y-%m-%dT23:58:00"), movie=m.make_movie(title=title))
    m.gateway.get(f"/api/showtimes/{made['id']}")
    v = visit()
    page = v.go("/")
    expect(page.locator("h2", has_text=title.strip())).to_be_visible()
    assert "broken" not in page.title()


def test_a_clock_that_is_days_behind(visit, m, showing):
    """The day is the house's: the page asks, and learns the gateway's clock."""
    v = visit()
    v.page.clock.set_system_time(m.now() - timedelta(days=3))
    page = v.go("/")
    expect(page.locator(f"[data-showing='{showing['id']}']")).to_be_visible()
    assert page.locator("input[type=date]").input_value() == m.now().strftime("%Y-%m-%d")
    assert any(u.endswith("/api/house") for u in v.requests)


def test_a_day_too_large_is_asked_for(visit, opened):
    m = opened()
    start = m.now().strftime("%Y-%m-%dT23:5{}:00")
    film = m.make_movie(description="x" * 4000)
    for number in range(30):
        last = m.make_showing(start=start.format(number % 10), movie=film)
    m.gateway.get(f"/api/showtimes/{last['id']}")
    assert "showtimes" not in told(m.gateway.get("/"))
    page = visit(m.cinema).go("/")
    expect(page.locator(".chip")).to_have_count(30)
