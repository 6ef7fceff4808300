"""What is looked at on a page by a program: accessibility, layout shifts, width; and pictures for those who look themselves."""

import os
from pathlib import Path

from harness.cinema import ROOT
from harness.npm import installed

PICTURES = Path(os.environ.get("TAQUILLA_TEST_PICTURES", ROOT / "build-test" / "pictures"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Shifts from the start of the document on, also those before anybody asked.
SHIFTS = """() => new Promise((told) => {
    const found = [];
    new PerformanceObserver((list) => {
        for (const e of list.getEntries()) if (!e.hadRecentInput) found.push([e.value, ...e.sources.map((s) => s.node?.className ?? s.node?.nodeName)]);
    }).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => told(found), 100);
})"""


def axe(page):
    """What axe-core finds wrong with the page as it is now."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate((installed("axe") / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES)
    return [
        (v["id"], v["help"], [(n["html"][:160], n["failureSummary"][:300]) for n in v["nodes"][:3]]) for v in found["violations"]
    ]


def shifts(page):
    return page.evaluate(SHIFTS)


def wide(page):
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def picture(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.evaluate("scrollTo(0, 0)")  # else what sticks to the window's edge would stand in the middle
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
