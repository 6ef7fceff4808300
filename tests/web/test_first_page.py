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
    made = m.make_showing(start=m.now().strftime("%Y-%m-%dT23:59:00"))
    m.gateway.get(f"/api/showtimes/{made['id']}")  # the gateway has heard of it
    return made


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


def test_there_is_something_to_read_without_its_program(visit, opened):
    m = opened()
    title = "Él & <b>ella</b> \"siempre\""
    film = m.make_movie(title=title, description="1 < 2 & 3")
    day = m.now().strftime("%Y-%m-%dT{}")
    made = [m.make_showing(start=day.format(time), movie=film) for time in ("23:57:00", "23:55:00")]
    over = m.make_showing(start=day.format("23:59:00"), movie=film, sales_close_at=(m.now() - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S"))
    m.gateway.get(f"/api/showtimes/{over['id']}")
    page = visit(m.cinema, viewport=PHONE, java_script_enabled=False).page
    page.goto(m.cinema.url("gateway") + "/")
    shown = page.locator(".film", has=page.locator("h2", has_text=title))
    expect(shown.locator("h2")).to_have_text(title)
    expect(shown.locator(".film__about")).to_have_text("1 < 2 & 3")
    expect(shown.locator(".chip")).to_have_text(["23:55", "23:57"])
    assert [chip.get_attribute("href") for chip in shown.locator(".chip").all()] == [f"#/showing/{one['id']}" for one in reversed(made)]


def test_what_can_be_read_first_is_painted_first_and_then_gone(visit, m, showing):
    """While the program is on its way; with it everything stands about where it stood."""
    v, held = visit(viewport=PHONE), []
    page = v.page
    page.add_init_script("""new PerformanceObserver((list) => {
        if (list.getEntries().some(({ element }) => element?.closest('.page--first'))) window.painted = true;
    }).observe({ type: 'largest-contentful-paint', buffered: true })""")
    page.route("**/web/app.js", lambda route: held.append(route))
    page.goto(v.base + "/", wait_until="commit")
    page.wait_for_function("() => window.painted")
    before = page.locator(".film").first.bounding_box()
    held[0].continue_()
    expect(page.locator(f"[data-showing='{showing['id']}']")).to_be_visible()
    expect(page.locator(".page--first")).to_have_count(0)
    after = page.locator(".film").first.bounding_box()
    assert abs(after["y"] - before["y"]) < 100 and after["width"] == before["width"], (before, after)


def test_films_of_today_stand_on_no_other_address(visit, m, showing):
    v = visit()
    v.page.add_init_script("""let seen = false;
    new MutationObserver(() => {
        if (document.querySelector('.page--first')) seen = true;
        else if (seen && !document.querySelector('#main').children.length) window.emptied = true;
    }).observe(document, { childList: true, subtree: true })""")
    v.page.route("**/api/**", lambda route: None)  # no answer: nothing else is drawn
    v.page.goto(f"{v.base}/#/showing/{showing['id']}")
    v.page.wait_for_function("() => window.emptied")
    expect(v.page.locator(".page--first")).to_have_count(0)


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
