"""The door's page: told apart are welcome, already in, other showing, cancelled and forged, with a network and without; what was scanned
without arrives later, once; by hand, by keyboard and by camera."""

import base64
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import numpy
import pytest
import zxingcpp
from nacl.signing import SigningKey
from PIL import Image
from playwright.sync_api import expect

from harness import eyes
from harness.cinema import Cinema
from harness.door import ok
from harness.maker import Maker
from harness.ports import free_ports
from harness.tickets import bought, scan, tickets
from harness.visit import ARGUMENTS, DESK, PHONE, Visit

TOKEN = "only-the-door-knows-this-0123456789"


@pytest.fixture(scope="module")
def house():
    with Cinema(ADMIN_TOKEN=TOKEN, CINEMA_NAME="Cine Prueba") as cinema:
        yield Maker(cinema)


DAY_IS_KEPT = """() => {
    const showings = JSON.parse(localStorage['taquilla.door.showings'] ?? '[]');
    return localStorage['taquilla.door.keys'] && showings.length && showings.every((one) => localStorage[`taquilla.door.list.${one.id}`]);
}"""


class Door(Visit):
    def enter(self, showing=None, where="Door 1", token=TOKEN):
        """Opened with a network, until the day is kept."""
        page = self.page
        page.goto(f"{self.base}/door")
        if token:
            page.fill("#token", token)
            page.keyboard.press("Enter")
            expect(page.locator("#token")).to_have_count(0)
        if showing:
            page.locator("#showing").select_option(str(showing["id"]))
        page.fill("#where", where)
        page.locator("#where").blur()
        end = time.monotonic() + 20
        while not page.evaluate(DAY_IS_KEPT):
            assert time.monotonic() < end, "the lists of the day did not come"
            time.sleep(0.1)
        return page

    def scan(self, code):
        """As a handheld reader: it types, and Enter."""
        self.page.locator("#code").focus()
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Enter")

    def says(self, kind, *words):
        verdict = self.page.locator(f"[data-verdict={kind}]")
        expect(verdict).to_be_visible()
        for word in words:
            expect(verdict).to_contain_text(word)

    def kept(self):
        """Opened again without a network it is there too."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => new Promise(r => setTimeout(r, 300)))")

    def cut(self, off=True):
        self.context.set_offline(off)
        expect(self.page.locator(f"[data-net={'off' if off else 'on'}]")).to_be_visible(timeout=25000)


@pytest.fixture
def door(browser, house):
    made = []

    def start(language="en", at=browser, **more):
        one = Door(at, house.cinema, locale=f"{language}-{'PE' if language == 'es' else 'GB'}", **more)
        one.context.add_init_script(f"localStorage.setItem('taquilla.language', '\"{language}\"')")
        made.append(one)
        return one
    yield start
    try:
        for one in made:
            one.check()
    finally:
        for one in made:
            one.context.close()


def soon(house, **offset):
    return (house.now() + timedelta(**(offset or {"minutes": 40}))).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.fixture
def sold(house):
    """Three tickets of a showing that begins soon."""
    return bought(house, 3, start=soon(house))


def code_of(made, number=0):
    return made["tickets"][number]["ticketCode"]


def seat_of(made, number=0):
    one = made["tickets"][number]
    return f"Row {one['rowNumber']}, seat {one['seatNumber']}"


def forged(made):
    """Another one's key under the name of the house's."""
    head = code_of(made).rsplit(".", 1)[0]
    signature = SigningKey.generate().sign(head.encode()).signature
    return f"{head}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def inside(house, made):
    return {t["seatId"]: (t["checkedInAt"], t["checkedInWhere"]) for t in tickets(house, made)["tickets"] if t["checkedInAt"]}


def test_each_verdict_with_a_network(door, house, sold):
    other = bought(house, 1, start=soon(house, minutes=95))
    back = bought(house, 1, start=sold["showing"]["show_time"])
    ok(house.cancel(back))
    v = door()
    page = v.enter(sold["showing"])
    v.scan(code_of(sold))
    v.says("welcome", "Welcome", seat_of(sold))
    v.scan(code_of(sold))
    v.says("already", "Already in", "Door 1")
    v.scan(code_of(other))
    v.says("other", "Other showing", other["showing"]["movie"]["title"], other["showing"]["room"]["name"])
    page.locator("#showing").select_option("0")
    v.scan(code_of(back))
    v.says("cancelled", "Cancelled")
    v.scan(forged(sold))
    v.says("foreign", "Not ours")
    v.scan("https://example.com/menu")
    v.says("foreign")
    assert scan(house, code_of(sold, 1), "Door 2", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 201
    v.scan(code_of(sold, 1))
    v.says("already", "Door 2")
    assert {where for _, where in inside(house, sold).values()} == {"Door 1", "Door 2"}
    expect(page.locator("[data-unsent='0']")).to_be_visible()
    colours = page.evaluate("""() => ['good', 'seen', 'else', 'bad'].map((look) => {
        const one = document.querySelector('.verdict'); const was = one.className; one.className = `verdict verdict--${look}`;
        const colour = getComputedStyle(one).backgroundColor; one.className = was; return colour; })""")
    assert len(set(colours)) == 4


def test_what_is_typed_stays_when_news_come(door, sold):
    v = door()
    page = v.enter(sold["showing"])
    field = page.locator("#where")
    field.fill("Door 7")
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    expect(page.locator("[data-net=off]")).to_be_visible()
    expect(field).to_have_value("Door 7")
    field.fill(" ")
    field.blur()
    expect(field).to_have_value("Entrance")


def test_without_a_network(door, house, sold):
    other = bought(house, 1, start=soon(house, minutes=95))
    back = bought(house, 1, start=sold["showing"]["show_time"])
    ok(house.cancel(back))
    v = door()
    page = v.enter(sold["showing"])
    v.kept()
    v.cut()
    page.reload()
    expect(page.locator("h1")).to_have_text("Door")
    expect(page.locator("#brand")).to_have_text("Cine Prueba")
    expect(page.locator("[data-net=off]")).to_be_visible()
    v.scan(code_of(sold))
    v.says("welcome", seat_of(sold), "will be sent")
    v.scan(code_of(sold))
    v.says("already", "Door 1")
    v.scan(code_of(other))
    v.says("other", other["showing"]["movie"]["title"])
    v.scan(forged(sold))
    v.says("foreign")
    page.locator("#showing").select_option(str(back["showing"]["id"]))
    v.scan(code_of(back))
    v.says("cancelled")
    page.locator("#showing").select_option(str(sold["showing"]["id"]))
    v.scan(code_of(sold, 1))
    v.says("welcome")
    expect(page.locator("[data-unsent='2']")).to_be_visible()
    page.reload()
    expect(page.locator("[data-unsent='2']")).to_be_visible()
    assert not inside(house, sold)

    v.cut(False)
    expect(page.locator("[data-unsent='0']")).to_be_visible(timeout=25000)
    expect(page.locator(".troubles")).to_have_count(0)
    came = inside(house, sold)
    assert len(came) == 2
    log = [e for e in house.feed("reservations") if "checkin" in e["type"] or "check" in e["type"]]
    mine = [e for e in log if e["data"].get("reservationId") == sold["id"]]
    assert len(mine) == 2, "each arrived once"
    v.scan(code_of(sold))
    v.says("already", "Door 1")


def test_an_answer_that_is_lost(door, house, sold):
    """It was recorded and the door never heard: sent again it is the same, and no trouble."""
    v = door()
    page = v.enter(sold["showing"])
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()
    page.route("**/api/checkins", lose)
    v.scan(code_of(sold))
    v.says("welcome", "will be sent")
    expect(page.locator("[data-unsent='0']")).to_be_visible(timeout=25000)
    expect(page.locator(".troubles")).to_have_count(0)
    assert lost == [201] and len(inside(house, sold)) == 1


def test_two_doors_without_a_network(door, house, sold):
    """Both let somebody in by one ticket: the one that tells later is told so."""
    one, two = door(), door()
    one.enter(sold["showing"], where="North")
    two.enter(sold["showing"], where="South")
    for v in (one, two):
        v.cut()
        v.scan(code_of(sold))
        v.says("welcome")
    one.cut(False)
    expect(one.page.locator("[data-unsent='0']")).to_be_visible(timeout=25000)
    two.cut(False)
    expect(two.page.locator(".troubles")).to_contain_text("North", timeout=25000)
    expect(two.page.locator(".troubles")).to_contain_text(seat_of(sold))
    assert not eyes.axe(two.page)
    two.page.locator(".troubles button").click()
    expect(two.page.locator(".troubles")).to_have_count(0)
    assert [where for _, where in inside(house, sold).values()] == ["North"]


def test_sold_after_the_list_came(door, house, sold):
    v = door()
    v.enter(sold["showing"])
    v.cut()
    made = house.book(sold["showing"], sold["showing"]["seat_ids"][8:9])
    house.pay(made)
    v.scan(tickets(house, made)["tickets"][0]["ticketCode"])
    v.says("welcome", "newer than the list")


def test_a_wrong_token(door, house, sold):
    v = door()
    page = v.page
    page.goto(f"{v.base}/door")
    page.fill("#token", "wrong-one")
    page.keyboard.press("Enter")
    expect(page.locator(".door__gate")).to_contain_text("That is not the token")
    page.locator("#showing").select_option(str(sold["showing"]["id"]))
    v.scan(code_of(sold))
    v.says("welcome", "newer than the list")  # by the keys, which are for all
    expect(page.locator("[data-unsent='1']")).to_be_visible()
    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("[data-unsent='0']")).to_be_visible()
    expect(page.locator("#token")).to_have_count(0)
    assert len(inside(house, sold)) == 1 and not [u for u in v.requests if TOKEN in u]


def test_by_a_browser_without_ed25519(door, house, sold):
    """An older one, or a page without TLS: the library judges the same."""
    v = door()
    v.context.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })")
    v.enter(sold["showing"])
    v.cut()
    v.scan(code_of(sold))
    v.says("welcome")
    v.scan(forged(sold))
    v.says("foreign")


def test_with_the_keyboard_alone(door, house, sold):
    v = door()
    page = v.enter(sold["showing"])
    page.locator("h1").focus()
    page.keyboard.type(code_of(sold)[:1])  # a reader types wherever the focus is
    assert page.evaluate("document.activeElement.id") == "code"
    page.keyboard.insert_text(code_of(sold)[1:])
    page.keyboard.press("Enter")
    v.says("welcome")
    assert page.evaluate("document.activeElement.id") == "code", "ready for the next one"
    v.tab_to("#camera")


class Newer(BaseHTTPRequestHandler):
    """The house as it is after an update: the same, and the worker's bytes are others once `newer` is set."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {n: v for n, v in self.headers.items() if n.lower() not in ("connection", "accept-encoding", "if-none-match")}
        answer = httpx.request(self.command, self.server.behind + self.path, headers=headers, content=body, timeout=20)
        text = answer.content + (b"\n// newer" if self.path == "/door-worker.js" and self.server.newer else b"")
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "content-encoding", "etag"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def test_a_newer_page(door, house, sold):
    """A worker with other bytes waits, and is taken when it is asked for; nothing that is kept is lost."""
    updated = ThreadingHTTPServer(("127.0.0.1", free_ports(1)), Newer)
    updated.behind, updated.newer, updated.daemon_threads = house.cinema.url("gateway"), False, True
    threading.Thread(target=updated.serve_forever, daemon=True).start()
    v = door()
    v.base = f"http://127.0.0.1:{updated.server_port}"
    try:
        page = v.enter(sold["showing"])
        v.kept()
        page.reload()
        expect(page.locator("#code")).to_be_visible()
        assert page.evaluate("Boolean(navigator.serviceWorker.controller)")
        updated.newer = True
        page.evaluate("navigator.serviceWorker.getRegistration('/door').then((r) => r.update()).then(() => {})")
        button = page.get_by_role("button", name="Use it")
        button.wait_for()
        assert not eyes.axe(page)
        button.click()
        expect(button).to_have_count(0)
        expect(page.locator("#code")).to_be_visible()
        expect(page.locator("#where")).to_have_value("Door 1")
        v.scan(code_of(sold))
        v.says("welcome")
    finally:
        v.page.close()
        updated.shutdown()


def film_of(code, file):
    """A ticket held before a camera: its QR code for a second, as Chromium's false camera plays it again and again."""
    square = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(scale=5)
    picture = Image.new("L", (640, 480), 200)
    drawn = Image.fromarray(numpy.asarray(square)).convert("L").resize((420, 420), Image.Resampling.LANCZOS)
    picture.paste(drawn, (110, 30))
    frame = b"FRAME\n" + picture.tobytes() + bytes([128]) * (640 * 480 // 2)
    file.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 10)


@pytest.mark.parametrize("detector", ["own", "library"])
def test_with_the_camera(browser, door, house, sold, tmp_path, detector):
    film_of(code_of(sold), tmp_path / "ticket.y4m")
    with browser.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=ARGUMENTS + ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
                          f"--use-file-for-fake-video-capture={tmp_path / 'ticket.y4m'}"],
    ) as filming:
        v = door(at=filming, permissions=["camera"])
        if detector == "library":
            v.context.add_init_script("delete window.BarcodeDetector")
        page = v.enter(sold["showing"])
        page.locator("#camera").click()
        v.says("welcome", seat_of(sold))
        eyes.picture(page, f"door-camera-{detector}")
        page.wait_for_timeout(5000)
        v.says("welcome", seat_of(sold))  # it is still held up: one scan
        page.locator("#camera").click()
        expect(page.locator("video")).to_have_count(0)
        assert len(inside(house, sold)) == 1
        v.check()


def test_without_a_camera(door, house, sold):
    v = door()
    page = v.enter(sold["showing"])
    page.locator("#camera").click()
    expect(page.locator(".scan [role=alert]")).to_contain_text("handheld reader")


LOOKS = [("phone", "es", "light"), ("phone", "en", "dark"), ("desk", "es", "dark"), ("desk", "en", "light")]


@pytest.mark.parametrize("kind,language,scheme", LOOKS)
def test_every_look(door, house, sold, kind, language, scheme):
    back = bought(house, 1, start=soon(house, minutes=55))
    ok(house.cancel(back))
    other = bought(house, 1, start=soon(house, minutes=95))
    v = door(language, viewport=PHONE if kind == "phone" else DESK, color_scheme=scheme, reduced_motion="reduce")
    wrong = []

    def look(what):
        wrong.extend((what, *found) for found in eyes.axe(v.page))
        if eyes.wide(v.page) > 0:
            wrong.append((what, "too wide", eyes.wide(v.page)))
        v.page.evaluate("scrollTo(0, 0)")
        eyes.picture(v.page, f"door-{what}-{kind}-{language}-{scheme}")
    v.page.goto(f"{v.base}/door")
    v.page.locator("#token").wait_for()
    look("asks")
    v.enter(sold["showing"])
    look("ready")
    for what, code, kind_said in (("welcome", code_of(sold), "welcome"), ("already", code_of(sold), "already"), ("other", code_of(other), "other"),
                                  ("forged", forged(sold), "foreign")):
        v.scan(code)
        v.says(kind_said)
        look(what)
    v.page.locator("#showing").select_option("0")
    v.scan(code_of(back))
    v.says("cancelled")
    look("cancelled")
    v.cut()
    v.scan(code_of(sold, 1))
    v.says("welcome")
    look("offline")
    assert not wrong, "\n".join(map(str, wrong))
