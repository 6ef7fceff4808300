"""A day's mix at the gateway for as long as TAQUILLA_SOAK_MINUTES says: no error, no memory and no descriptor that does not come back, and
a store without a wrong state at the end. Half a minute unless said; script/test long gives it half an hour. How late answers are is
printed and not judged: a machine that others use too says little of it."""

import os
import random
import socket
import sys
from pathlib import Path

import pytest

from harness.flat import leaks

BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path.append(str(BENCH))

import soak  # noqa: E402
from house import house  # noqa: E402

MINUTES = float(os.environ.get("TAQUILLA_SOAK_MINUTES") or 0.5)
STORES = ["PostgreSQL", "SQLite"] if MINUTES >= 5 else ["PostgreSQL"]  # on which there is no cache that grows with the data
LEAKING_MINUTES, LEFT_OPEN = 0.1, 60  # connections a turn


@pytest.fixture(scope="module", autouse=True)
def crowd_is_built():
    assert (BENCH.parent / "build/bench/crowd").is_file(), "ninja -C build bench/crowd"


def told(watched, found):
    for service, kb in watched.own.items():
        print(f"{service}: {kb[0]} to {kb[-1]} KB of its own, {watched.descriptors[service][0]} to {watched.descriptors[service][-1]} descriptors")
    print("p50 and p99 of each turn, ms: " + ", ".join(f"{turn['p50_ms']} {turn['p99_ms']}" for turn in found))


@pytest.mark.parametrize("store", STORES)
def test_nothing_grows_in_a_long_day(store):
    with house(store, HOLD_SECONDS=soak.hold_s(MINUTES)) as home:  # swept when it is closed
        watched, found = soak.lasting(home, MINUTES)
        told(watched, found)
        assert not (problems := watched.problems() + watched.rest()), "\n".join(problems)


def test_what_is_not_given_back_is_seen():
    """The same, but after each turn somebody leaves connections open: the check must name the gateway, and nobody else."""
    kept = []
    with house("SQLite", HOLD_SECONDS=600) as home:

        def leave_open(_number):
            kept.extend(socket.create_connection(("127.0.0.1", home.port("gateway"))) for _ in range(LEFT_OPEN))

        watched, _ = soak.lasting(home, LEAKING_MINUTES, between=leave_open)
        for line in kept:
            line.close()
    problems = watched.problems()
    assert any(problem.startswith("descriptors of gateway grew") for problem in problems), problems
    assert all(" of gateway " in problem for problem in problems), problems


# --- the judge itself ---


def noisy(start, step, turns=30, noise=40):
    dice = random.Random(7)
    return [start + step * n + dice.uniform(-noise, noise) for n in range(turns)]


@pytest.mark.parametrize(
    "series",
    [
        noisy(5000, 0),
        [5000 + 400 * (n % 4) for n in range(30)],  # taken and given back
        [1000 * n for n in range(8)] + [8000] * 22,  # a cache that fills
        [*noisy(5000, 0), 9000],  # one odd turn
        noisy(9000, -30),
        [5000],
    ],
    ids=["noise", "sawtooth", "warms up", "spike", "falls", "one turn"],
)
def test_flat_is_no_leak(series):
    assert leaks("memory", series, 500, "KB") is None


@pytest.mark.parametrize(
    "series",
    [noisy(5000, 40), [5000 + 400 * (n % 4) + 40 * n for n in range(30)], [5000 + 250 * (n // 5) for n in range(30)], noisy(5000, 60, noise=200)],
    ids=["steady", "below a sawtooth", "in steps", "in noise"],
)
def test_a_leak_is_one(series):
    assert leaks("memory", series, 500, "KB").startswith("memory grew by ")
