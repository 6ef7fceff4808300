"""The waiting room in a real browser: a place, what is told of it, and on to the seats when the turn comes."""

import re
import time

import pytest
from playwright.sync_api import expect

from harness.cinema import Cinema
from harness.door import ok
from harness.maker import Maker
from harness.visit import DESK, PHONE


@pytest.fixture(scope="module")
def m():
    """Twenty a minute: one in three seconds."""
    cinema = Cinema(ADMISSIONS_PER_MINUTE=20).start()
    time.sleep(4)  # its gateway gives no place before
    yield Maker(cinema, through_gateway=True)
    cinema.stop()


@pytest.fixture
def cinema(m):
    return m.cinema


def join(m, showing, times=1):
    for _ in range(times):
        place = ok(m.gateway.post(f"/api/showtimes/{showing['id']}/queue"), 201)
    return place


def narrow(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("viewport,language", [(PHONE, "es"), (DESK, "en")])
def test_a_buyer_waits_and_buys(visit, m, viewport, language, tmp_path):
    showing = m.make_showing(waiting_room=True)
    join(m, showing, 4)
    v = visit(viewport=viewport)
    page = v.go("/")
    page.locator(f"[data-language={language}]").click()
    page = v.go(f"/showing/{showing['id']}")
    words = {"es": ("Tu lugar: ", "Menos de un minuto", "Es tu turno"), "en": ("Your place: ", "Less than a minute", "It is your turn")}[language]
    expect(page.locator(".queue__number")).to_have_text(re.compile(words[0] + r"[1-4]$"))
    expect(page.locator(".queue__estimate")).to_have_text(words[1])
    expect(page.locator("#says")).to_contain_text(words[0])
    expect(page.locator(".queue__free")).to_contain_text("20")
    assert page.locator("[data-seat]").count() == 0, "no seats before the turn"
    assert page.locator("#says").get_attribute("aria-live") == "polite"
    assert page.locator(".queue__bar").get_attribute("aria-label")
    assert narrow(page)
    page.screenshot(path=tmp_path / "waiting.png", full_page=True)
    v.tab_to(".back")

    before = page.evaluate("localStorage.getItem('taquilla.places')")
    page.reload()
    expect(page.locator(".queue__number")).to_have_text(re.compile(words[0] + r"[1-4]$"))
    assert page.evaluate("localStorage.getItem('taquilla.places')") == before, "the place is kept"

    page.locator("[data-seat]").first.wait_for()
    expect(page.locator(".queue__until")).to_contain_text(words[2])
    expect(page.locator("#says")).to_contain_text(words[2])
    assert page.evaluate("document.activeElement.matches('h1')"), "who listens hears where he is now"
    assert narrow(page)
    page.screenshot(path=tmp_path / "admitted.png", full_page=True)
    v.choose(showing["seat_ids"][0])
    v.hold()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    assert m.states(showing)[showing["seat_ids"][0]] == "sold"


def test_who_had_no_queue_comes_back_to_it(visit, m):
    """The operator opened the waiting room while a buyer chose; what he chose is kept."""
    showing = m.make_showing()
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][5])
    ok(m.gateway.put(f"/api/schedules/{showing['id']}", json={"waiting_room": True}))
    join(m, showing, 2)
    v.hold()
    page.locator(".queue").wait_for()
    expect(page.locator("#says")).to_contain_text("Tu lugar")
    page.locator(f"[data-seat='{showing['seat_ids'][5]}']").wait_for()
    expect(page.locator(".picked__seat")).to_have_count(1)
    page.locator(".form .go").click()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()


def test_without_the_stream(visit, m):
    showing = m.make_showing(waiting_room=True)
    join(m, showing, 2)
    v = visit()
    v.page.route("**/queue/stream*", lambda route: route.abort())
    page = v.go(f"/showing/{showing['id']}")
    page.locator(".queue").wait_for()
    page.locator("[data-seat]").first.wait_for()


def test_before_the_sale(visit, m, tmp_path):
    showing = m.make_showing(start=m.at(days=2), waiting_room=True, sales_open_at=m.at(hours=1))
    v = visit(viewport=PHONE)
    page = v.go(f"/day/{showing['show_time'][:10]}")
    page.locator(f"a[href='#/showing/{showing['id']}']").click()
    expect(page.locator(".queue h2")).to_contain_text("La venta abre el")
    expect(page.locator(".queue__estimate")).to_contain_text("se sortea")
    assert page.locator(".queue__bar").is_hidden() and narrow(page)
    page.screenshot(path=tmp_path / "early.png", full_page=True)
    ok(m.gateway.put(f"/api/schedules/{showing['id']}", json={"waiting_room": False, "sales_open_at": None}))
    page.locator("[data-seat]").first.wait_for()
