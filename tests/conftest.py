"""Cinemas for the tests: one that all share, one that asks for tokens, and a deployment of somebody else's if given."""

import os

import pytest

from harness.cinema import RUNNING, SERVICES, Cinema, Elsewhere
from harness.maker import Maker
from harness.replayed import replayed
from harness.replicas import turn_over
from harness.stores import CHOSEN
from harness.stacks import deepest_stacks
from sweep import sweep

STACKS = pytest.StashKey()
ADMIN_TOKEN = "only-the-manager-knows-this-0123456789"


def pytest_addoption(parser):
    for service in SERVICES:
        parser.addoption(f"--{service}-url", help=f"test this running {service} instead of an own one")
    parser.addoption("--real", default="", help="services on their real databases: movies,rooms,reservations,analytics or all")
    parser.addoption("--replicas", type=int, default=1, help="of every service; each test asks one of them. Needs --real all")
    parser.addoption("--service-token", help="SERVICE_TOKEN of that deployment")
    parser.addoption("--admin-token", help="ADMIN_TOKEN of that deployment")


def given_deployment(config):
    urls = {s: config.getoption(f"--{s}-url") for s in SERVICES}
    if not any(urls.values()):
        return None
    missing = [s for s in SERVICES if not urls[s]]
    if missing:
        raise pytest.UsageError(f"also needed: {', '.join(f'--{s}-url' for s in missing)}")
    return Elsewhere(urls, config.getoption("--service-token"), config.getoption("--admin-token"))


def pytest_configure(config):
    CHOSEN.choose(config.getoption("--real"), config.getoption("--replicas"))


@pytest.fixture(scope="session")
def cinema(request):
    """The shared cinema: no ADMIN_TOKEN, the zone of Lima. Swept for impossible states when the tests are over."""
    elsewhere = given_deployment(request.config)
    if elsewhere:
        yield elsewhere
        return
    shared = Cinema(MEASURE_STACKS="true", MAX_HOLDS_PER_USER=10, CINEMA_NAME="Cine Prueba").start()
    yield shared
    stacks = deepest_stacks(shared)
    request.config.stash[STACKS] = stacks
    if hasattr(request.config, "workeroutput"):
        request.config.workeroutput["stacks"] = stacks
    problems = replayed(shared)
    shared.stop(remove=False)
    problems += sweep(shared.database())
    assert not problems, "\n".join(problems)
    shared.stop()
    assert stacks, "no stack was measured"
    deep = [row for row in stacks if row[0] * 2 > row[1]]
    assert not deep, f"over half of a stack was used: {deep}"


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """What ran side by side: the deepest of all."""
    deepest = {tuple(row[2:]): row for row in node.config.stash.get(STACKS, ())}
    for row in map(tuple, getattr(node, "workeroutput", {}).get("stacks", ())):
        deepest[row[2:]] = max(row, deepest.get(row[2:], row))
    node.config.stash[STACKS] = sorted(deepest.values(), reverse=True)


def pytest_terminal_summary(terminalreporter, config):
    """The deepest fiber stack of every route that the tests asked for."""
    for size, usable, service, route in config.stash.get(STACKS, ()):
        terminalreporter.write_line(f"stack {size / usable:4.0%} {size:7} bytes  {service} {route}")


@pytest.fixture(autouse=True)
def nothing_left_running():
    """Ends what a failed test did not. With several replicas each test has the next one."""
    turn_over()
    before = set(RUNNING)
    yield
    for cinema in RUNNING - before:
        cinema.abandon()


def pytest_sessionfinish():
    for cinema in set(RUNNING):
        cinema.abandon()
    CHOSEN.stop()


@pytest.fixture(scope="session")
def m(cinema):
    """Maker of the shared cinema."""
    maker = Maker(cinema)
    yield maker
    maker.close()


@pytest.fixture(scope="session")
def through(cinema):
    """Maker of the shared cinema that makes everything through the gateway."""
    maker = Maker(cinema, through_gateway=True)
    yield maker
    maker.close()


@pytest.fixture(scope="session")
def guarded(request):
    """A cinema with ADMIN_TOKEN, a public name and one foreign origin."""
    with Cinema(
        ADMIN_TOKEN=ADMIN_TOKEN, PUBLIC_HOSTS="cine.example,tickets.example", CORS_ORIGINS="https://app.example"
    ) as cinema:
        yield cinema


@pytest.fixture(scope="session")
def g(guarded):
    """Maker of the guarded cinema, holding the token."""
    maker = Maker(guarded)
    yield maker
    maker.close()


@pytest.fixture
def opened():
    """Starts a cinema with the settings given; stopped when the test is over."""
    running = []

    def start(**settings):
        cinema = Cinema(**settings).start()
        running.append(cinema)
        return Maker(cinema)

    yield start
    for cinema in running:
        cinema.stop()


def pytest_report_header():
    return f"program: {os.environ.get('TAQUILLA_PROGRAM', 'build-test/taquilla/taquilla')}"
