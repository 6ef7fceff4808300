"""Every page of a visitor, on a phone and a desk, by day and by night, in both languages: nothing that axe-core finds, nothing that
shifts, nothing that is too wide; and a picture of each, in build-test/pictures, for who looks himself."""

from datetime import timedelta

import pytest

from harness import eyes
from harness.cinema import Cinema
from harness.maker import Maker
from harness.visit import DESK, PHONE

LONG = pytest.mark.long  # the other half of the pairs
LOOKS = [("phone", "es", "light"), ("desk", "en", "dark"), pytest.param("phone", "en", "dark", marks=LONG), pytest.param("desk", "es", "light", marks=LONG)]
ZOOMED = {"width": DESK["width"] // 2, "height": DESK["height"] // 2}  # what 200 % leaves of a desk's window


@pytest.fixture(scope="module")
def m():
    """The demo's films and sales, so that the pictures look like a cinema."""
    cinema = Cinema(CINEMA_NAME="Cine Prueba")
    done = cinema.run("demo", "--seed", "7", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    with cinema:
        yield Maker(cinema)


@pytest.fixture
def cinema(m):
    return m.cinema


@pytest.fixture(scope="module")
def showing(m):
    """One of tomorrow, in the largest room."""
    tomorrow = (m.now() + timedelta(days=1)).strftime("%Y-%m-%d")
    listed = m.gateway.get("/api/availability", params={"date": tomorrow}).json()["data"]
    most = max(listed, key=lambda one: one["free"])
    return m.gateway.get(f"/api/showtimes/{most['id']}").json()["data"]


class Looking:
    """Goes through the pages and notes what is wrong with each."""

    def __init__(self, v, name):
        self.v, self.page, self.name = v, v.page, name
        self.wrong = []

    def look(self, what, shot=True):
        self.wrong += [(what, *found) for found in eyes.axe(self.page)]
        wide = eyes.wide(self.page)
        if wide > 0:
            self.wrong.append((what, f"{wide} px too wide"))
        if shot:
            eyes.picture(self.page, f"{what}-{self.name}")

    def go(self, address, what):
        self.page.goto("about:blank")  # a document of its own: its shifts are its own too
        self.v.go(address)
        if address in ("/", "/films"):  # what is left of seats comes after
            self.page.wait_for_load_state("networkidle")
        self.look(what)
        moved = eyes.shifts(self.page)
        if moved:
            self.wrong.append((what, "shifts", moved))


@pytest.mark.parametrize("kind,language,scheme", LOOKS)
def test_every_page(visit, showing, kind, language, scheme):
    touch = {"is_mobile": True, "has_touch": True} if kind == "phone" else {}
    v = visit(viewport=PHONE if kind == "phone" else DESK, locale=f"{language}-{'PE' if language == 'es' else 'GB'}", color_scheme=scheme,
              reduced_motion="reduce", **touch)
    v.page.goto(v.base + "/web/icon.svg")
    v.page.evaluate("l => localStorage.setItem('taquilla.language', JSON.stringify(l))", language)
    see = Looking(v, f"{kind}-{language}-{scheme}")
    page = v.page
    day = showing["show_time"][:10]
    see.go("/", "today")
    assert page.evaluate("document.documentElement.lang") == language
    see.go(f"/day/{day}", "day")
    see.go("/day/2031-01-01", "day-without-showings")
    see.go("/films", "films")
    page.fill("input[type=search]", "zzz")
    see.look("films-none-found")
    see.go(f"/film/{showing['movie_id']}", "film")
    see.go(f"/showing/{showing['id']}", "seats")
    page.locator(".best button").click()
    see.look("seats-chosen")
    page.locator("[data-as=list]").click()
    see.look("seats-in-words")
    page.locator(".form .go").click()
    see.look("form-wrong")
    v.hold()
    page.locator(".left").wait_for()
    see.look("pay")
    page.locator("input[value=test_decline]").check()
    page.locator(".go--wide").click()
    page.locator("[role=alert]").wait_for()
    see.look("declined")
    page.locator("input[value=credit_card]").check()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    see.look("ticket")
    page.locator(".quiet--bad").click()
    page.locator("dialog").wait_for()
    see.look("cancel-asked")
    page.locator("dialog .quiet").click()
    see.go("/tickets", "tickets")
    page.locator(".find .go").click()
    see.look("tickets-wrong")
    page.locator(".mine__link").click()
    page.locator(".quiet--bad").click()
    page.locator("dialog .go").click()
    page.locator("main h1:focus").wait_for()
    see.look("cancelled")
    see.go("/nothing", "nothing")
    assert not see.wrong, "\n".join(map(str, see.wrong))


def test_at_twice_the_size(visit, showing):
    """200 % of a desk: nothing scrolls sideways, and nothing that is needed is out of reach."""
    v = visit(viewport=ZOOMED, device_scale_factor=2)
    page = v.page
    wrong = []
    for address in ("/", f"/day/{showing['show_time'][:10]}", "/films", f"/film/{showing['movie_id']}", f"/showing/{showing['id']}", "/tickets"):
        v.go(address)
        wrong += [address] if eyes.wide(page) > 0 else []
    v.go(f"/showing/{showing['id']}")
    page.locator(".best button").click()
    v.hold()
    page.locator(".left").wait_for()
    wrong += ["pay"] if eyes.wide(page) > 0 else []
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    wrong += ["ticket"] if eyes.wide(page) > 0 else []
    eyes.picture(page, "ticket-twice-the-size")
    assert not wrong


def test_the_eyes_see(visit):
    """What finds nothing must be able to."""
    v = visit()
    page = v.go("/tickets")
    assert not eyes.axe(page) and not eyes.shifts(page)
    page.evaluate("""() => {
        document.querySelector('h1').insertAdjacentHTML('beforebegin', '<img src="/web/icon.svg" width="40" height="40"><p id="pale">pale</p>');
        document.getElementById('pale').style.color = '#bbb';
    }""")
    assert {"image-alt", "color-contrast"} <= {found[0] for found in eyes.axe(page)}
    page.wait_for_timeout(200)
    assert eyes.shifts(page)


FIRST_PAGE_BYTES_MAX = 60 * 1024


def test_first_page_weighs_little(visit):
    """All that comes over the wire for the first page of an ordinary day, heads included."""
    v = visit(viewport=PHONE)
    wire = v.context.new_cdp_session(v.page)
    came = []
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda e: came.append(e["encodedDataLength"]))
    v.go("/")
    v.page.wait_for_load_state("networkidle")
    asked = [u.removeprefix(v.base) for u in v.requests]
    print(f"first page: {sum(came)} bytes in {len(came)} answers: {asked}")
    assert len(came) >= 5 and sum(came) < FIRST_PAGE_BYTES_MAX, (sum(came), asked)


def test_printed(visit, showing):
    """A ticket on paper is the ticket alone, black on white."""
    v = visit(color_scheme="dark")
    page = v.go(f"/showing/{showing['id']}")
    page.locator(".best button").click()
    v.hold()
    page.locator(".go--wide").click()
    page.locator(".stub").wait_for()
    page.emulate_media(media="print", color_scheme="dark")
    eyes.picture(page, "ticket-printed")
    assert page.locator(".stub").is_visible()
    for part in (".bar", ".row--acts", ".foot", ".codes summary"):
        assert not page.locator(part).is_visible(), part
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink, paper = page.evaluate("[getComputedStyle(document.querySelector('.stub h2')).color, getComputedStyle(document.querySelector('.stub')).backgroundColor]")
    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
