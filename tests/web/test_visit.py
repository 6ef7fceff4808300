"""What visitors do beyond one purchase: find a film, see what is left, and buy two seats by mouse, by touch and in words."""

import io
import re
from datetime import timedelta
from pathlib import Path

import numpy
import pytest
from PIL import Image
from playwright.sync_api import expect

from harness.door import ok
from harness.pictures import png
from harness.tickets import pdf_pages, scan, scanned, tickets
from harness.visit import DESK, PHONE, WAIT_MS

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # the page looks again at once, as when one comes back to it


@pytest.fixture
def showing(m):
    start = (m.now() + timedelta(days=3)).strftime("%Y-%m-%dT19:05:00")
    return m.make_showing(start=start, price=12.5)


def statuses(m, showing):
    return [r["status"] for r in ok(m.reservations.get(f"/api/reservations?scheduleId={showing['id']}"))]


# --- what is on ---


def test_search_as_one_types(visit, m, showing):
    day = showing["show_time"][:10]
    other = m.make_showing(start=f"{day}T10:00:00", movie=m.make_movie(title="Cine mudo de la niñez", director="Íñigo Peña"))
    v = visit()
    page = v.go(f"/day/{day}")
    both = [page.locator(f"[data-showing='{s['id']}']") for s in (showing, other)]
    expect(both[0]).to_be_visible()
    page.locator("input[type=search]").press_sequentially("inigo ninez")
    expect(both[1]).to_be_visible()
    expect(both[0]).to_have_count(0)
    expect(page.locator("[role=status]").first).to_have_text("1 película")
    page.fill("input[type=search]", "")
    expect(both[0]).to_be_visible()
    page = v.go("/films")
    page.locator("input[type=search]").press_sequentially("MUDO")
    expect(page.locator(".card__title")).to_have_text(["Cine mudo de la niñez"])


def test_few_left_and_sold_out_are_told_live(visit, m):
    day = (m.now() + timedelta(days=4)).strftime("%Y-%m-%d")
    showing = m.make_showing(start=f"{day}T18:00:00")
    v = visit()
    page = v.go(f"/day/{day}")
    chip = page.locator(f"[data-showing='{showing['id']}']")
    expect(chip).to_contain_text("12")
    m.book(showing, showing["seat_ids"][:17])
    with_look(page, lambda: expect(chip).to_contain_text("quedan 3", timeout=3000))
    m.book(showing, showing["seat_ids"][17:])
    with_look(page, lambda: expect(chip).to_contain_text("agotada", timeout=3000))
    assert chip.evaluate("node => node.tagName") == "SPAN", "what is sold out leads nowhere"


def with_look(page, expected, times=4):
    """The page looks every ten seconds, the gateway counts anew every two: here one does not wait so long."""
    for turn in range(times):
        page.evaluate(LOOK)
        try:
            return expected()
        except AssertionError:
            if turn == times - 1:
                raise


def test_seats_left_as_answered(m, showing):
    """GET /api/availability: the same showings as showtimes, with what is free of what is sold at all."""
    ask = {"movieId": showing["movie_id"]}
    assert ok(m.gateway.get("/api/availability", params=ask)) == [{"id": showing["id"], "free": 20, "seats": 20}]
    ok(m.at_rooms.delete(f"/api/rooms/{showing['room']['id']}/seats/{showing['seat_ids'][0]}"))
    m.book(showing, showing["seat_ids"][1:4])
    # the room's change makes the gateway count anew
    assert ok(m.gateway.get("/api/availability", params=ask | {"limit": "5"})) == [{"id": showing["id"], "free": 16, "seats": 19}]
    assert ok(m.gateway.get("/api/availability", params=ask | {"offset": "1"})) == []


def test_a_film_and_its_week(visit, m):
    today = m.now()
    film = m.make_movie()
    days = [(today + timedelta(days=n)).strftime("%Y-%m-%d") for n in (2, 9)]
    near, far = [m.make_showing(movie=film, start=f"{day}T20:00:00") for day in days]
    v = visit()
    page = v.go(f"/film/{film['_id']}")
    expect(page.locator(".when")).to_have_count(7)
    expect(page.locator(".when--none")).to_have_count(6)
    expect(page.locator(f"[data-showing='{near['id']}']")).to_be_visible()
    page.get_by_role("link", name="Más adelante").click()
    expect(page.locator(f"[data-showing='{far['id']}']")).to_be_visible()
    expect(page.locator(f"[data-showing='{near['id']}']")).to_have_count(0)
    page.get_by_role("link", name="Semana anterior").click()
    expect(page.locator(f"[data-showing='{near['id']}']")).to_be_visible()


def test_a_poster_of_another_host_is_never_asked_for(visit, m):
    """The visit itself fails for a request to another host; here there is one to be made."""
    film = m.make_movie(posterUrl="https://example.com/poster.jpg")
    showing = m.make_showing(movie=film, start=(m.now() + timedelta(days=5)).strftime("%Y-%m-%dT20:00:00"))
    v = visit()
    for address in (f"/day/{showing['show_time'][:10]}", "/films", f"/film/{film['_id']}", f"/showing/{showing['id']}"):
        page = v.go(address)
        page.locator("svg.poster").first.wait_for()
        assert page.locator("main img").count() == 0


SHIFT = """() => new Promise((told) => new PerformanceObserver((list) => told(list.getEntries().reduce((sum, e) => sum + e.value, 0)))
    .observe({ type: 'layout-shift', buffered: true }) || setTimeout(() => told(0), 500))"""


def test_an_uploaded_poster_has_its_place_before_it_comes(visit, m):
    """Of another form than posters have, and late: nothing moves when it is there. One that is gone is drawn."""
    film = m.make_movie()
    body = png(width=300, height=50)
    path = ok(m.movies.put(f"/api/movies/{film['_id']}/poster", content=body))["posterUrl"]
    m.make_showing(movie=film, start=(m.now() + timedelta(days=5)).strftime("%Y-%m-%dT20:00:00"))
    v = visit(viewport=DESK)
    held = []
    v.page.route(re.compile(r"/poster\?v="), lambda route: held.append(route))
    page = v.go(f"/film/{film['_id']}")
    shown = page.locator(f"main img.poster[src='{path}']")
    expect(shown).to_have_attribute("loading", "lazy")
    assert film["title"] in shown.get_attribute("alt")
    before = shown.bounding_box()
    assert before["height"] == pytest.approx(before["width"] * 1.5, rel=0.02)
    held[0].continue_()
    page.wait_for_function("() => document.querySelector('img.poster').naturalWidth === 300")
    assert shown.bounding_box() == before
    assert page.evaluate(SHIFT) < 0.01


def test_a_poster_that_does_not_come_is_drawn(visit, m):
    film = m.make_movie()
    ok(m.movies.put(f"/api/movies/{film['_id']}/poster", content=png()))
    m.make_showing(movie=film, start=(m.now() + timedelta(days=5)).strftime("%Y-%m-%dT20:00:00"))
    v = visit(viewport=DESK)
    v.page.route(re.compile(r"/poster\?v="), lambda route: route.fulfill(status=404, body=""))
    page = v.go(f"/film/{film['_id']}")
    expect(page.locator(".one__poster svg.poster")).to_contain_text(film["title"].split()[0].upper())
    expect(page.locator(".one__poster img")).to_have_count(0)


# --- two seats together ---


def test_by_mouse(visit, m, showing):
    v = visit(viewport=DESK)
    page = v.go(f"/day/{showing['show_time'][:10]}")
    page.locator(f"a[data-showing='{showing['id']}']").click()
    page.locator(".best button").click()
    chosen = [int(n) for n in page.locator("[aria-selected=true]").evaluate_all("nodes => nodes.map(n => n.dataset.seat)")]
    assert len(chosen) == 2 and chosen[1] == chosen[0] + 1, "two beside each other"
    v.hold()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    assert {s for s, state in m.states(showing).items() if state == "sold"} == set(chosen)


def test_by_touch(visit, m):
    """On a phone: into the plan with two fingers, out to the whole room, two seats, the bar, and pay."""
    showing = m.make_showing(room=m.make_room(seats=240, per_row=24))
    v = visit(viewport=PHONE, is_mobile=True, has_touch=True)
    page = v.go(f"/showing/{showing['id']}")
    seat = page.locator(f"[data-seat='{showing['seat_ids'][130]}']")
    before = seat.bounding_box()
    assert before["width"] >= 24, "a finger must hit it"
    pinch(v, page.locator(".plan__scroll").bounding_box())
    larger = seat.bounding_box()
    assert larger["width"] > before["width"] * 1.4
    page.locator(".plan__button").nth(1).tap()
    inner = page.locator(".plan__grid").bounding_box()
    assert inner["width"] <= PHONE["width"], "the whole room is in sight"
    page.locator(".plan__button").nth(2).tap()
    page.locator(".plan__button").nth(2).tap()
    for number in (130, 131):
        page.locator(f"[data-seat='{showing['seat_ids'][number]}']").tap()
    expect(page.locator(".dock__text")).to_contain_text("2 asientos")
    page.locator(".dock .go").tap()
    v.hold()
    page.locator(".go--wide").tap()
    page.locator(".stub").wait_for()
    assert {s for s, state in m.states(showing).items() if state == "sold"} == set(showing["seat_ids"][130:132])
    page.locator(".quiet--bad").tap()
    page.locator("dialog .go--bad").tap()
    expect(page.locator("h1")).to_have_text("Compra cancelada")
    assert "sold" not in m.states(showing).values()


def pinch(v, box):
    """Two fingers that go apart in the middle of the box."""
    wire = v.context.new_cdp_session(v.page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def touch(kind, apart):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}] if apart else []
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch("touchStart", 30)
    for apart in (40, 50, 60, 70):
        touch("touchMove", apart)
    touch("touchEnd", 0)


def test_in_words_by_keyboard_alone(visit, m, showing):
    m.book(showing, showing["seat_ids"][:3])
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.tab_to("[data-as=list]")
    v.press("Enter")
    expect(page.locator("[data-seat]")).to_have_count(0)
    listed = page.locator("[data-listed]")
    expect(listed).to_have_count(20)
    expect(page.locator("summary").first).to_contain_text("7 libres de 10")
    expect(page.locator(f"[data-listed='{showing['seat_ids'][0]}']")).to_contain_text("Asiento 1")
    expect(page.locator(f"[data-listed='{showing['seat_ids'][0]}']")).to_contain_text("apartado")
    for number in (3, 4):
        v.tab_to(f"[data-listed='{showing['seat_ids'][number]}']")
        v.press(" ")
    expect(page.locator("#says")).to_contain_text("2 asientos")
    v.tab_to("#name")
    page.keyboard.type("Ana Quispe")
    v.tab_to("#email", 1)
    page.keyboard.type("ana@example.com")
    v.press("Enter")
    page.locator(".left").wait_for()
    v.tab_to(".go--wide")
    v.press("Enter")
    page.locator(".stub").wait_for()
    assert {s for s, state in m.states(showing).items() if state == "sold"} == set(showing["seat_ids"][3:5])


def test_plan_and_list_say_the_same(visit, m, showing):
    m.pay(m.book(showing, showing["seat_ids"][:2]))
    m.book(showing, showing["seat_ids"][2:4])
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][6])

    def states(nodes):
        return dict(nodes.evaluate_all(
            "nodes => nodes.map(n => [n.dataset.seat ?? n.dataset.listed, (n.getAttribute('aria-label') ?? n.textContent).split(/[:,] /).at(-1)])"))
    drawn = states(page.locator("[data-seat]"))
    page.locator("[data-as=list]").click()
    assert states(page.locator("[data-listed]")) == drawn and len(drawn) == 20
    assert set(drawn.values()) == {"vendido", "apartado por otra persona", "elegido", "libre"}


# --- two at once, and answers that get lost ---


def test_two_browsers_on_one_seat(visit, m, showing):
    """One at a desk gets it; the other, on a phone, is told before he pays, even before he asks."""
    first, second = visit(viewport=DESK), visit(viewport=PHONE, is_mobile=True, has_touch=True)
    for v in (first, second):
        v.go(f"/showing/{showing['id']}")
        v.choose(*showing["seat_ids"][4:6])
    first.hold()
    first.page.locator(".left").wait_for()
    expect(second.page.locator("[role=alert]")).to_contain_text("A5, A6 se acaban de ocupar", timeout=WAIT_MS)
    expect(second.page.locator(".picked li")).to_have_count(0)
    assert not any(u.endswith("/api/payments") for u in second.requests)
    first.page.locator(".go--wide").click()
    first.page.locator(".stub").wait_for()
    expect(second.page.locator(f"[data-seat='{showing['seat_ids'][4]}']")).to_have_class(re.compile("seat--(lost|sold)"))
    second.choose(showing["seat_ids"][7])
    second.page.wait_for_timeout(1600)  # a click right after the news is not taken
    second.hold("Luis", "luis@example.com")
    second.page.locator(".go--wide").click()
    second.page.locator(".stub").wait_for()
    assert statuses(m, showing) == ["CONFIRMED", "CONFIRMED"]


def test_the_answer_of_the_payment_is_lost(visit, opened):
    """The provider charged and its answer got lost: the page does not pay again, it waits to be told."""
    m = opened(PAYMENT_TIMEOUT_SECONDS=1)
    showing = m.make_showing()
    v = visit(m.cinema)
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][0])
    v.hold()
    page.locator("input[value=test_lost]").check()
    page.locator(".go--wide").click()
    expect(page.locator("[role=alert]")).to_contain_text("Aún no sabemos", timeout=40000)
    page.locator(".stub").wait_for(timeout=60000)
    assert sum(u.endswith("/api/payments") for u in v.requests) == 1
    assert statuses(m, showing) == ["CONFIRMED"]


# --- my tickets ---


def test_by_number_and_code(visit, m, showing):
    made = m.book(showing, 1)
    m.pay(made)
    v = visit()
    page = v.go("/tickets")
    page.fill("#number", "nope")
    page.locator(".find .go").click()
    expect(page.locator("#number-why")).to_contain_text("cifras")
    expect(page.locator("#number")).to_be_focused()
    page.fill("#number", "99999999")
    page.fill("#code", made["accessCode"])
    page.locator(".find .go").click()
    expect(page.locator("h1")).to_have_text("No encontramos esa reserva")
    v.go("/tickets")
    page.fill("#number", str(made["id"]))
    page.fill("#code", made["accessCode"])
    page.locator(".find .go").click()
    page.locator(".stub").wait_for()
    for ending in ("pdf", "ics"):
        assert page.locator(f"a[href='/api/reservations/{made['id']}/ticket.{ending}?code={made['accessCode']}&lang=es']").count() == 1


def test_only_what_is_paid_has_tickets(visit, m, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][8])
    v.hold()
    page.locator(".left").wait_for()
    assert page.locator("a[href*='/ticket.']").count() == 0
    number = v.number()
    v.go(f"/showing/{showing['id']}")
    expect(page.locator(f"[data-seat='{showing['seat_ids'][8]}']")).to_have_class(re.compile("seat--mine"))
    v.go("/tickets")
    expect(page.locator(".mine__body").first).to_contain_text(f"Reserva {number}")


SOMEBODY_IS_IN = {"es": "Alguien ya entró", "en": "Somebody has already come in"}


def saved(page, ending):
    """What the browser keeps when one asks for the file."""
    with page.expect_download() as kept:
        page.locator(f"a[href*='/ticket.{ending}?']").click()
    return Path(kept.value.path()).read_bytes()


@pytest.mark.parametrize("language,kind", [("es", "phone"), ("en", "desk")])
def test_the_ticket_opens_the_door(visit, m, showing, language, kind):
    """Bought on the page: picture, paper and calendar come, what is seen on the screen lets one in, and then nothing is given back."""
    more = {"viewport": PHONE, "is_mobile": True, "has_touch": True} if kind == "phone" else {"viewport": DESK}
    v = visit(locale="es-PE" if language == "en" else "en-GB", device_scale_factor=2, **more)  # the page's language counts, not the browser's
    page = v.go(f"/showing/{showing['id']}")
    page.locator(f"[data-language={language}]").click()
    v.choose(*showing["seat_ids"][2:4])
    v.hold()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    made = ok(m.reservations.get(f"/api/reservations/{v.number()}")) | {"accessCode": page.url.rsplit("/", 1)[1]}
    codes = sorted(one["ticketCode"] for one in tickets(m, made)["tickets"])

    with page.expect_response(lambda answer: "/ticket.svg?" in answer.url) as drawn:
        page.locator(".codes summary").click()
    assert drawn.value.status == 200 and drawn.value.headers["content-language"] == language
    page.wait_for_function("() => document.querySelector('.codes__picture').naturalWidth > 0")
    seen = Image.open(io.BytesIO(page.locator(".codes__picture").screenshot())).convert("RGB")
    on_screen = scanned(numpy.asarray(seen))
    assert sorted(on_screen) == codes

    sheets = pdf_pages(saved(page, "pdf"))
    assert sorted(code for _, _, found in sheets for code in found) == codes
    calendar = saved(page, "ics").decode()
    assert calendar.startswith("BEGIN:VCALENDAR") and showing["movie"]["title"] in calendar.replace("\r\n ", "")

    assert ok(scan(m, on_screen[0]), 201)["seatId"] in showing["seat_ids"][2:4]
    page.locator(".quiet--bad").click()
    page.locator("dialog .go--bad").click()
    expect(page.locator("[role=alert]")).to_contain_text(SOMEBODY_IS_IN[language])
    expect(page.locator(".stub")).to_be_visible()
    assert statuses(m, showing) == ["CONFIRMED"]
