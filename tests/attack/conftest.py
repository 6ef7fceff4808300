"""A lively cinema that the attacks may spoil: filled by `taquilla demo`, like the ones that people try out."""

import pytest

from harness.cinema import Cinema, run
from harness.maker import Maker


@pytest.fixture(scope="session")
def town():
    cinema = Cinema(MAX_HOLDS_PER_USER=1000)
    done = run("demo", "--data", cinema.data, folder=cinema.folder, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    with cinema:
        maker = Maker(cinema)
        yield maker
        maker.close()
