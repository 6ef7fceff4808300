"""The first page in a real browser: a ticket bought with the keyboard alone, and what can go wrong on the way."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from harness.door import ok
from harness.visit import DESK, PHONE, WAIT_MS

DEVICES = pytest.mark.parametrize("device", [{"viewport": DESK}, {"viewport": PHONE, "is_mobile": True, "has_touch": True}], ids=["desk", "phone"])


@pytest.fixture
def showing(m):
    """Three days ahead, so that a day's list is not full of other tests' films; a room of 2 rows of 10."""
    start = (m.now() + timedelta(days=3)).strftime("%Y-%m-%dT20:15:00")
    return m.make_showing(start=start, price=12.5)


def reservations_of(m, showing):
    return ok(m.reservations.get(f"/api/reservations?scheduleId={showing['id']}"))


def test_with_the_keyboard_alone(visit, m, showing):
    v = visit()
    page = v.go("/")
    v.tab_to(f"a.day[href='#/day/{showing['show_time'][:10]}']")
    v.press("Enter")
    page.locator(f"a[href='#/showing/{showing['id']}']").wait_for()
    v.tab_to(f"a[href='#/showing/{showing['id']}']")
    v.press("Enter")
    page.locator("[data-seat]").first.wait_for()

    v.tab_to("[data-seat]")
    first, right, below = showing["seat_ids"][0], showing["seat_ids"][1], showing["seat_ids"][11]
    assert page.evaluate("document.activeElement.dataset.seat") == str(first)
    v.press("Enter", "ArrowRight", "ArrowDown", " ")
    assert page.evaluate("document.activeElement.dataset.seat") == str(below)
    for seat, chosen in ((first, "true"), (right, "false"), (below, "true")):
        expect(page.locator(f"[data-seat='{seat}']")).to_have_attribute("aria-selected", chosen)
    expect(page.locator("#says")).to_contain_text("2 asientos")
    v.press("Home")
    assert page.evaluate("document.activeElement.dataset.seat") == str(showing["seat_ids"][10])
    assert page.locator("[data-seat][tabindex='0']").count() == 1

    v.tab_to("#name")
    page.keyboard.type("Ana Quispe")
    v.tab_to("#email", 1)
    page.keyboard.type("ana@example.com")
    v.press("Enter")
    expect(page.locator(".left")).to_contain_text(re.compile(r"(10:00|9:[0-5]\d)"))

    v.tab_to("input[name=way]")
    v.press("ArrowDown")
    expect(page.locator("input[value=cash]")).to_be_checked()
    v.tab_to(".go--wide", 1)
    v.press("Enter")
    page.locator(".stub").wait_for()
    ticket = page.locator(".stub").inner_text()
    for fact in (showing["movie"]["title"], showing["room"]["name"], "20:15", "A1, B2", "25", str(v.number()), "Ana Quispe"):
        assert fact in ticket, f"{fact} is not on the ticket: {ticket}"
    assert v.focused() != "BODY" and page.evaluate("document.activeElement.tagName") == "H1"
    sold = {s for s, state in m.states(showing).items() if state == "sold"}
    assert sold == {first, below}


def test_cancelled_by_keyboard(visit, m, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][3])
    v.hold()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    v.tab_to(".quiet--bad")
    v.press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    v.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate("document.activeElement.matches('.quiet--bad')"), "the focus goes back to where it was"
    v.press("Enter")
    v.tab_to("dialog .go", 3)
    v.press("Enter")
    expect(page.locator("h1")).to_have_text("Compra cancelada")
    expect(page.locator(".lead")).to_contain_text(re.compile(r"12[.,]50?"))
    assert m.states(showing)[showing["seat_ids"][3]] == "free"


@DEVICES
def test_declined_then_paid(visit, m, showing, device):
    v = visit(**device)
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][0])
    v.hold()
    page.locator("input[value=test_decline]").check()
    page.locator(".go--wide").click()
    expect(page.locator("[role=alert]")).to_contain_text("rechazado")
    assert m.states(showing)[showing["seat_ids"][0]] == "held"
    page.locator("input[value=credit_card]").check()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    assert [r["status"] for r in reservations_of(m, showing)] == ["CONFIRMED"]


def test_seat_lost_while_choosing(visit, m, showing):
    """The page had no word of it before it asked for them."""
    v = visit()
    v.page.route("**/seats/stream", lambda route: route.abort())
    page = v.go(f"/showing/{showing['id']}")
    kept, lost = showing["seat_ids"][0], showing["seat_ids"][1]
    v.choose(kept, lost)
    m.pay(m.book(showing, [lost]))
    v.hold()
    expect(page.locator("[role=alert]")).to_contain_text("A2 se acaba de ocupar")
    expect(page.locator("[role=alert]")).to_contain_text("A1")
    expect(page.locator(f"[data-seat='{kept}']")).to_have_attribute("aria-selected", "true")
    expect(page.locator(f"[data-seat='{lost}']")).to_have_class(re.compile("seat--lost"))
    page.locator(".form .go").click()
    page.locator(".left").wait_for()
    assert ok(m.reservations.get(f"/api/reservations/{v.number()}"))["seatIds"] == [kept]


# Presses the button in the moment in which something is said, as one may whose finger was on its way.
CLICK_AT_ALERT = """() => new MutationObserver((_, seen) => {
    if (!document.querySelector("[role=alert]")) return;
    seen.disconnect();
    document.querySelector(".form .go").click();
    setTimeout(() => { document.body.dataset.clicked = "yes"; }, 300);
}).observe(document.body, { subtree: true, childList: true })"""


def test_seats_are_seen_to_go_without_a_stream(visit, m, showing):
    v = visit()
    v.page.route("**/seats/stream", lambda route: route.abort())
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][1])
    m.book(showing, [showing["seat_ids"][1]])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[role=alert]")).to_contain_text("A2 se acaba de ocupar", timeout=WAIT_MS)


def test_seat_lost_is_seen_before_buying(visit, m, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(*showing["seat_ids"][:2])
    page.evaluate(CLICK_AT_ALERT)
    page.fill("#name", "Ana")
    page.fill("#email", "ana@example.com")
    m.book(showing, [showing["seat_ids"][1]])
    expect(page.locator("[role=alert]")).to_contain_text("A2 se acaba de ocupar", timeout=WAIT_MS)
    page.locator("body[data-clicked]").wait_for()
    assert not any(u.endswith("/api/book-ticket") for u in v.requests), "bought without having seen what was lost"
    expect(page.locator(".picked li")).to_have_count(1)
    page.locator(f"[data-seat='{showing['seat_ids'][1]}']").click(force=True)
    expect(page.locator(".picked li")).to_have_count(1)


def test_a_lost_answer_books_once(visit, m, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    keys = []

    def lose(route):
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()
    page.route("**/api/book-ticket", lose)
    v.choose(*showing["seat_ids"][:2])
    v.hold()
    page.locator(".left").wait_for()
    assert len(keys) == 2 and keys[0] == keys[1]
    assert len(reservations_of(m, showing)) == 1


def test_a_double_click_books_and_pays_once(visit, m, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][0])
    page.fill("#name", "Ana")
    page.fill("#email", "ana@example.com")
    page.locator(".form .go").dblclick()
    page.locator(".left").wait_for()
    page.locator(".go--wide").dblclick()
    page.locator(".stub").wait_for()
    assert [r["status"] for r in reservations_of(m, showing)] == ["CONFIRMED"]
    assert sum(u.endswith("/api/payments") for u in v.requests) == 1


def test_the_same_seats_again_after_letting_go(visit, m, showing):
    """A key must not outlive its answer: the second hold is a new one."""
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    numbers = []
    for _ in range(2):
        v.choose(showing["seat_ids"][0])
        v.hold()
        page.locator(".left").wait_for()
        numbers.append(v.number())
        page.get_by_text("Soltar los asientos").click()
        page.locator("[data-seat]").first.wait_for()
    assert numbers[0] != numbers[1]
    assert [r["status"] for r in reservations_of(m, showing)] == ["CANCELLED", "CANCELLED"]


def test_bad_fields_are_named(visit, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    page.locator(".form .go").click()
    expect(page.locator("[role=alert]")).to_contain_text("Elige al menos un asiento")
    v.choose(showing["seat_ids"][0])
    v.hold(name="  ", email="ana")
    expect(page.locator("#name-why")).to_have_text("Escribe tu nombre.")
    expect(page.locator("#email-why")).to_contain_text("@")
    expect(page.locator("#name")).to_be_focused()
    expect(page.locator("#name")).to_have_attribute("aria-invalid", "true")
    v.hold()
    page.locator(".left").wait_for()


def test_no_more_than_twenty(visit, m):
    showing = m.make_showing(seats=24)
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(*showing["seat_ids"][:21])
    expect(page.locator(".picked li")).to_have_count(20)
    expect(page.locator(".alerts")).to_contain_text("20")


def test_best_seats_together(visit, m, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    page.select_option("#best", "4")
    page.locator(".best button").click()
    expect(page.locator(".picked li")).to_have_count(4)
    numbers = [int(re.sub(r"\D", "", t)) for t in page.locator(".picked__seat").all_inner_texts()]
    assert numbers == list(range(numbers[0], numbers[0] + 4))


def test_a_reload_keeps_the_choice(visit, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(*showing["seat_ids"][:3])
    page.fill("#name", "Ana Quispe")
    page.reload()
    expect(page.locator(".picked li")).to_have_count(3)
    expect(page.locator("#name")).to_have_value("Ana Quispe")


@DEVICES
def test_a_hold_runs_out(visit, opened, device):
    m = opened(HOLD_SECONDS=3)
    showing = m.make_showing()
    v = visit(m.cinema, **device)
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][0])
    v.hold()
    expect(page.locator("h1")).to_have_text("Se acabó el tiempo", timeout=WAIT_MS)
    assert m.states(showing)[showing["seat_ids"][0]] == "free"


def test_spanish_and_english(visit, showing):
    v = visit()
    page = v.go(f"/day/{showing['show_time'][:10]}")
    expect(page.locator("h1")).to_have_text("Cartelera")
    assert page.evaluate("document.documentElement.lang") == "es"
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("What’s on")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    expect(page.locator("h1")).to_have_text("What’s on")
    v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][0])
    v.hold()
    expect(page.locator("h1")).to_have_text("Pay")
    page.get_by_role("button", name="Español").click()
    expect(page.locator("h1")).to_have_text("Pagar")


def test_times_are_the_houses(visit, m):
    """The browser is in Tokyo; the house is not."""
    day = (m.now() + timedelta(days=4)).strftime("%Y-%m-%d")
    showing = m.make_showing(start=f"{day}T23:40:00")
    page = visit().go(f"/day/{day}")
    expect(page.locator(f"a[href='#/showing/{showing['id']}'] .chip__time")).to_have_text("23:40")
    page = visit().go("/")
    assert page.locator("input[type=date]").input_value() == m.now().strftime("%Y-%m-%d")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_sideways(visit, m, scheme):
    showing = m.make_showing(seats=48, movie=m.make_movie(title=f"Antidisestablishmentarianism {scheme} " * 2))
    v = visit(viewport=PHONE, is_mobile=True, has_touch=True, color_scheme=scheme)
    page = v.page

    def narrow(where):
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{where} is {wide} wide"
    for address in ("/", f"/day/{showing['show_time'][:10]}", "/films", f"/film/{showing['movie_id']}", "/tickets", "/nothing"):
        v.go(address)
        narrow(address)
    v.go(f"/showing/{showing['id']}")
    v.choose(*showing["seat_ids"][:2])
    narrow("seats")
    assert page.locator("[data-seat]").first.bounding_box()["width"] >= 22
    page.locator(".dock .go").tap()
    expect(page.locator("#name")).to_be_focused()
    v.hold()
    page.locator(".left").wait_for()
    narrow("pay")
    page.locator(".go--wide").tap()
    page.locator(".stub").wait_for()
    narrow("ticket")


def test_the_link_alone_opens_the_ticket(visit, showing):
    v = visit()
    page = v.go(f"/showing/{showing['id']}")
    v.choose(showing["seat_ids"][0])
    v.hold()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    other = visit()
    other.page.goto(page.url)
    other.page.locator(".stub").wait_for()
    v.go("/tickets")
    expect(page.locator(".mine__title")).to_have_text(showing["movie"]["title"])


def test_what_is_not_there(visit):
    v = visit()
    for address in ("/film/ffffffffffffffffffffffff", "/showing/99999999", "/reservation/99999999/x", "/nowhere"):
        page = v.go(address)
        page.locator("main a[href='#/']").first.wait_for()


def test_strict_about_what_may_run(visit, cinema):
    v = visit()
    answer = v.page.goto(v.base + "/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert "style=" not in answer.text() and "onclick" not in answer.text()
