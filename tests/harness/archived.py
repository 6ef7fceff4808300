"""Old logs: what LOG_KEEP_DAYS is tried with."""

import sqlite3

from harness.maker import Maker

OLD_MS = 10 * 86400 * 1000


def sell(cinema, count):
    """So many seats of a new showing, paid."""
    m = Maker(cinema)
    showing = m.make_showing(seats=20)
    for seat in showing["seat_ids"][:count]:
        m.pay(m.book(showing, [seat]))
    m.close()


def aged(cinema):
    """All that is in the log of reservations happened ten days earlier; its end. For one on SQLite that is closed."""
    db = sqlite3.connect(cinema.data / "reservations.db", isolation_level=None)
    db.execute("UPDATE log SET time_ms = time_ms - ?", (OLD_MS,))
    db.execute("DELETE FROM log_readers")
    last = db.execute("SELECT max(position) FROM log").fetchone()[0]
    db.close()
    return last
