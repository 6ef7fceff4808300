"""Real servers of every kind for whole cinemas, started once; a fresh database of each for a test."""

import pytest

from harness.stores import Chosen


@pytest.fixture(scope="session")
def servers():
    chosen = Chosen()
    chosen.choose("all", 1)
    yield chosen
    chosen.stop()


@pytest.fixture
def stores(servers):
    """Settings that lead the owners to databases of this test alone."""
    return servers.fresh(("movies", "rooms", "reservations"), {})
