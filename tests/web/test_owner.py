"""The owner's page: it moves when a ticket is sold, asks for the token, says each chart in words, and shows who is well."""

import re
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import expect

from harness import eyes
from harness.cinema import Cinema
from harness.maker import Maker
from harness.visit import DESK, PHONE, Visit

TOKEN = "only-the-owner-knows-this-9876543210"


@pytest.fixture(scope="module")
def house():
    """A cinema with a token, and the demo's sales."""
    cinema = Cinema(ADMIN_TOKEN=TOKEN, CINEMA_NAME="Cine Prueba")
    done = cinema.run("demo", "--seed", "3", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    with cinema:
        yield Maker(cinema)


@pytest.fixture
def owner(browser, house):
    """The page in a browser of its own; `go` opens a view of it with the token typed in."""
    made = []

    class Owner(Visit):
        def enter(self, token=TOKEN):
            self.page.goto(f"{self.base}/owner")
            self.page.fill("#token", token)
            self.page.keyboard.press("Enter")

        def go(self, address):
            self.page.goto(f"{self.base}/owner#{address}")
            self.page.locator("main h1").first.wait_for(state="attached")
            return self.page

    def start(language="en", **more):
        made.append(Owner(browser, house.cinema, locale=f"{language}-{'PE' if language == 'es' else 'GB'}", **more))
        made[-1].context.add_init_script(f"localStorage.setItem('taquilla.language', '\"{language}\"')")
        return made[-1]
    yield start
    try:
        for one in made:
            one.check()
    finally:
        for one in made:
            one.context.close()


def amount(text):
    return float(re.sub(r"[^\d.]", "", text))


def sell(m, showing, seats=1):
    made = m.book(showing, seats)
    m.pay(made)
    return made


def test_a_wrong_token_is_told_and_the_right_one_is_kept(owner):
    v = owner()
    page = v.page
    page.goto(f"{v.base}/owner")
    expect(page.locator("h1")).to_have_text("For the house alone")
    page.locator(".gate__form .go").click()
    expect(page.locator("#token-why")).to_have_text("Type the token.")
    page.fill("#token", "not-this-one")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_contain_text("That is not the token")
    assert not eyes.axe(page)
    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("[data-tile=today]")).to_be_visible()
    page.reload()
    expect(page.locator("[data-tile=today]")).to_be_visible()
    assert TOKEN not in page.url and not [u for u in v.requests if TOKEN in u]
    assert page.evaluate("JSON.stringify(localStorage)").find(TOKEN) < 0, "the token outlives the tab"
    other = v.context.new_page()  # a tab of its own
    other.goto(f"{v.base}/owner")
    expect(other.locator("#token")).to_be_visible()


def test_it_moves_when_a_ticket_is_sold(owner, house):
    showing = house.make_showing(price=17.25)
    v = owner()
    v.enter()
    page = v.page
    today, tickets = page.locator("[data-tile=today] .tile__value"), page.locator("[data-tile=tickets] .tile__value")
    expect(today).to_be_visible()
    page.wait_for_timeout(1500)  # whatever came with the stream's first word is on the page
    before, count = amount(today.inner_text()), int(tickets.inner_text())
    made = sell(house, showing, 2)
    expect(tickets).to_have_text(str(count + 2))
    assert amount(today.inner_text()) == pytest.approx(before + 34.5)
    house.cancel(made)
    expect(tickets).to_have_text(str(count))
    sheet = v.go("/day")
    expect(sheet.locator("table").last).to_contain_text(showing["movie"]["title"])


def test_the_line_is_lost_and_found(owner, house):
    v = owner()
    v.enter()
    page = v.page
    expect(page.locator(".livemark")).to_contain_text("Live")
    house.cinema.kill("analytics")  # `up` starts it again
    expect(page.locator(".livemark--off")).to_be_visible()
    expect(page.locator(".livemark")).to_contain_text("Live", timeout=30000)
    count = int(page.locator("[data-tile=tickets] .tile__value").inner_text())
    sell(house, house.make_showing())
    expect(page.locator("[data-tile=tickets] .tile__value")).to_have_text(str(count + 1), timeout=30000)


def test_charts_are_there_in_words(owner, house):
    v = owner()
    v.enter()
    page = v.page
    page.locator(".chart__canvas canvas").first.wait_for()
    for chart in page.locator("[role=img]").all():
        assert len(chart.get_attribute("aria-label")) > 30
    revenue = page.locator("figure.chart").first
    revenue.locator("summary").click()
    rows = revenue.locator("tbody tr")
    expect(rows).to_have_count(30)
    told = house.gateway.get("/api/analytics/revenue", params={"period": "day"}).json()["data"]["revenueByPeriod"]
    assert amount(rows.last.locator("td").inner_text()) == pytest.approx(next(r["revenue"] for r in told if r["period"] == str(house.now().date())))
    page.locator("#period").select_option("week")
    expect(rows).to_have_count(7)
    rooms = house.gateway.get("/api/analytics/occupancy", params={"period": "week"}).json()["data"]["roomOccupancy"]
    expect(page.locator(".heat tbody tr")).to_have_count(len(rooms))


def test_how_the_tickets_of_a_showing_went(owner, house):
    showing = house.make_showing(seats=20, price=10, start=(house.now() + timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M:%S"))
    sell(house, showing, showing["seat_ids"][:3])
    v = owner()
    v.enter()
    v.page.locator("[data-tile=today]").wait_for()
    page = v.go(f"/showings/{showing['show_time'][:10]}")
    page.locator(f"a[href='#/showing/{showing['id']}']").click()
    sold = page.locator("[data-tile=sold] .tile__value")
    expect(sold).to_have_text("3")
    expect(page.locator(".chart__sum")).to_contain_text("3 of 20 seats are sold")
    sell(house, showing, showing["seat_ids"][3:5])
    expect(sold).to_have_text("5")


def test_services_and_their_breakers(owner, house):
    v = owner()
    v.enter()
    v.page.locator("[data-tile=today]").wait_for()
    page = v.go("/services")
    expect(page.locator("[data-service]")).to_have_count(6)
    for one in page.locator("[data-service]").all():
        expect(one.locator(".state--well").first).to_be_visible()
    expect(page.locator("[data-service=analytics] .svc__list").last).to_contain_text("Follows Reservations")
    expect(page.locator("[data-service=gateway]")).to_contain_text("breaker closed")


def test_services_as_they_are_told(house):
    ask = httpx.Client(base_url=house.cinema.url("gateway"), timeout=20)
    assert ask.get("/api/services").status_code == 401
    answer = ask.get("/api/services", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    told = {one["service"]: one for one in answer.json()["data"]}
    assert list(told) == ["movies", "rooms", "reservations", "analytics", "ingestion", "gateway"]
    sell(house, house.make_showing())
    told = {one["service"]: one for one in ask.get("/api/services", headers={"authorization": f"Bearer {TOKEN}"}).json()["data"]}
    lags = {f["owner"]: f for f in told["gateway"]["feeds"]}
    assert lags.keys() == {"movies", "rooms", "reservations"} and all(f["inTouch"] for f in lags.values())
    assert all(f["position"] + f["lag"] >= told[owner]["position"] for owner, f in lags.items())
    assert told["reservations"]["position"] > 0 and told["gateway"]["position"] is None
    assert {c["name"]: c["breaker"] for c in told["gateway"]["checks"]} == dict.fromkeys(list(told)[:-1], "closed")
    house.cinema.kill("rooms")
    told = {one["service"]: one for one in ask.get("/api/services", headers={"authorization": f"Bearer {TOKEN}"}).json()["data"]}
    if told["rooms"]["status"] == "away":  # `up` may have been faster
        assert next(f for f in told["gateway"]["feeds"] if f["owner"] == "rooms")["lag"] is None
    house.cinema.wait_ready()


LOOKS = [("phone", "es", "light"), ("phone", "en", "dark"), ("desk", "es", "dark"), ("desk", "en", "light")]


@pytest.mark.parametrize("kind,language,scheme", LOOKS)
def test_every_view(owner, house, kind, language, scheme):
    v = owner(language, viewport=PHONE if kind == "phone" else DESK, color_scheme=scheme, reduced_motion="reduce")
    v.enter()
    v.page.locator("[data-tile=today]").wait_for()
    day = str((house.now() + timedelta(days=1)).date())
    showing = house.gateway.get("/api/showtimes", params={"date": day}).json()["data"][0]
    wrong = []
    for what, address in {"figures": "/", "day-sheet": "/day", "showings": f"/showings/{day}", "curve": f"/showing/{showing['id']}", "services": "/services"}.items():
        page = v.go(address)
        page.wait_for_load_state("load")
        page.wait_for_timeout(600)
        for more in page.locator(".chart__data summary").all():
            more.click()
        assert page.evaluate("document.documentElement.lang") == language
        wrong += [(what, *found) for found in eyes.axe(page)]
        if eyes.wide(page) > 0:
            wrong.append((what, "too wide", eyes.wide(page)))
        for more in page.locator(".chart__data summary").all():
            more.click()
        page.evaluate("scrollTo(0, 0)")
        eyes.picture(page, f"owner-{what}-{kind}-{language}-{scheme}")
    assert not wrong, "\n".join(map(str, wrong))
