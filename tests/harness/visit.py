"""A visitor of the pages in a real browser."""

import re

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
WAIT_MS = 15000


class Visit:
    """A browser of its own, in a zone far from the house's. It must ask no other host and complain of nothing."""

    def __init__(self, browser, cinema, viewport=None, locale="es-PE", **more):
        self.base = cinema.url("gateway")
        self.context = browser.new_context(viewport=viewport or DESK, locale=locale, timezone_id="Asia/Tokyo", **more)
        self.context.set_default_timeout(WAIT_MS)
        self.complaints, self.requests = [], []
        self.page = self.context.new_page()
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda problem: self.complaints.append(str(problem)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def heard(self, message):
        # the browser itself notes each refusal (402, 409) and each answer that a test loses
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def go(self, address):
        self.page.goto(f"{self.base}/#{address}")
        self.page.locator("main h1").first.wait_for(state="attached")
        return self.page

    def check(self):
        assert not self.complaints, self.complaints
        away = [u for u in self.requests if not u.startswith(self.base + "/") and not u.startswith("data:")]
        assert not away, away

    def focused(self):
        return self.page.evaluate("(document.activeElement.id && '#' + document.activeElement.id) || "
                                  "document.activeElement.getAttribute('href') || document.activeElement.className")

    def tab_to(self, selector, most=120):
        """Tab until the focus is there: whoever has no mouse must get there too."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab never reached {selector}; the focus is at {self.focused()}")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def choose(self, *ids):
        for seat in ids:
            self.page.locator(f"[data-seat='{seat}']").click()

    def hold(self, name="Ana Quispe", email="ana@example.com"):
        self.page.fill("#name", name)
        self.page.fill("#email", email)
        self.page.locator(".form .go").click()

    def number(self):
        return int(re.search(r"#/reservation/(\d+)", self.page.url)[1])
