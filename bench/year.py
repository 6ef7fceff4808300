"""A cinema after a year: the demo's, with many paid reservations besides, put straight into its store."""

import contextlib
import os
import resource
from pathlib import Path

from harness.cinema import Cinema, program
from harness.sold import fill

RESERVATIONS = 100_000
SNAPSHOT_S_MAX = 1200  # analytics is ready when it has read all of them
TABLES = {
    "movies": ("movies", "genres", "log"),
    "rooms": ("rooms", "seats", "schedules", "log"),
    "reservations": ("users", "reservations", "reserved_seats", "seat_claims", "payments", "log"),
}


@contextlib.contextmanager
def year(sales=RESERVATIONS):
    cinema = Cinema(executable=program("TAQUILLA_RELEASE", "build"), MAX_HOLDS_PER_USER=100000)
    fill(cinema, sales)
    cinema.start(wait=False)
    try:
        cinema.wait_ready(within_s=SNAPSHOT_S_MAX)
        yield cinema
    finally:
        cinema.stop()


def run_s(pid):
    """Seconds that a process's threads have run, to the nanosecond: for what is over in less than a tick of the clock."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def children_s():
    """The same of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def owners_s(cinema, *services):
    return sum(run_s(cinema.pid(s)) for s in services or TABLES)


def size(path):
    return os.stat(path).st_size
