"""The pages in a phone's browser: when the first one stands there and whether it shifts (Lighthouse's mobile profile), and what script it
costs to show that one of 500 seats is gone."""

import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from scenarios import row

from harness.cinema import Cinema
from harness.maker import Maker
from harness.npm import installed
from harness.visit import ARGUMENTS, PHONE

ROUNDS, SEATS, SALES = 3, 500, 40
SHOWN_MS = 400  # after so long a sale has been shown
SLOWER = 4  # a phone's processor beside this one, as Lighthouse has it
CHROMIUM = "/usr/bin/chromium"
FLAGS = " ".join(["--headless=new", *ARGUMENTS])


def lighthouse(url, file):
    """Its mobile profile: four times slower, 1.6 Mbit/s, 150 ms."""
    command = [installed("lighthouse") / ".bin" / "lighthouse", url, "--quiet", "--output=json", f"--output-path={file}",
               "--only-categories=performance", f"--chrome-flags={FLAGS}"]
    done = subprocess.run(command, env=os.environ | {"CHROME_PATH": CHROMIUM}, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    audits = json.loads(Path(file).read_text())["audits"]
    return {name: audits[name]["numericValue"] for name in
            ("first-contentful-paint", "largest-contentful-paint", "cumulative-layout-shift", "total-blocking-time", "total-byte-weight")}


def first_page(cinema):
    with tempfile.TemporaryDirectory() as folder:
        found = [lighthouse(cinema.url("gateway") + "/", f"{folder}/{n}.json") for n in range(ROUNDS)]
    middle = {name: statistics.median(f[name] for f in found) for name in found[0]}
    yield row("pages, largest paint", middle["largest-contentful-paint"], "ms", None, None, 0,
              of_all=[round(f["largest-contentful-paint"]) for f in found], first_paint=round(middle["first-contentful-paint"]),
              blocked_ms=round(middle["total-blocking-time"]))
    yield row("pages, shift", max(f["cumulative-layout-shift"] for f in found), "CLS", None, None, 0)
    yield row("pages, weight", middle["total-byte-weight"] / 1024, "KiB", None, None, 0)


def deltas(cinema, slower):
    """Milliseconds of script for each sale that a page with the map open is told of."""
    m = Maker(cinema)
    showing = m.make_showing(room=m.make_room(seats=SEATS, per_row=25))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
        page.goto(f"{cinema.url('gateway')}/#/showing/{showing['id']}")
        page.locator("[data-seat]").nth(SEATS - 1).wait_for()
        wire = page.context.new_cdp_session(page)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        wire.send("Performance.enable")

        def spent():
            metrics = {one["name"]: one["value"] for one in wire.send("Performance.getMetrics")["metrics"]}
            return [metrics[name] * 1000 for name in ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")]
        costs = []
        for seat in showing["seat_ids"][:SALES]:
            before = spent()
            m.book(showing, [seat])
            page.wait_for_timeout(SHOWN_MS)  # waiting for the seat itself would be script, too
            costs.append([after - was for was, after in zip(before, spent())])
        assert page.locator("[data-seat].seat--held").count() == SALES, "not all sales were shown"
        browser.close()
    m.close()
    return [statistics.median(column) for column in zip(*costs)]


def pages(_maker, _nginx):
    cinema = Cinema(executable=_maker.cinema.executable, embedded=True, MAX_HOLDS_PER_USER=100000)
    done = cinema.run("demo", "--seed", "7", timeout=120, executable=cinema.executable)
    assert done.returncode == 0, done.stderr
    with cinema:
        yield from first_page(cinema)
        for slower in (1, SLOWER):
            script, style, layout = deltas(cinema, slower)
            yield row(f"pages, a seat of {SEATS} goes" + (f", {slower} times slower" if slower > 1 else ""), script, "ms of script", None, None, 0,
                      style_ms=round(style, 2), layout_ms=round(layout, 2))
