"""What `taquilla replay` says of a cinema that is open."""

from harness.cinema import run
from harness.imports import into

TABLES = ["reservations", "reserved_seats", "seat_claims", "payments", "checkins"]


def replayed(cinema):
    """Problems, a line each: rows that its log does not make."""
    done = run("replay", *into(cinema), folder=cinema.folder, timeout=300)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]
