"""One browser for all tests of the pages, and visitors in it."""

import pytest
from playwright.sync_api import sync_playwright

from harness.visit import ARGUMENTS, Visit


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, cinema):
    """Makes visits; when the test is over each is asked whether all was well."""
    made = []

    def start(at=cinema, **more):
        made.append(Visit(browser, at, **more))
        return made[-1]
    yield start
    try:
        for one in made:
            one.check()
    finally:
        for one in made:
            one.context.close()
