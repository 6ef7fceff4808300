"""Looks through a reservations database for states that must never be: python tests/sweep.py FILE|postgres://..."""

import sqlite3
import sys

from harness.stores import ask

CHECKS = {
    "a seat is claimed twice": """
        SELECT schedule_id, seat_id, count(*) FROM seat_claims GROUP BY 1, 2 HAVING count(*) > 1""",
    "two live reservations have the same seat": """
        SELECT r.schedule_id, s.seat_id, min(r.id), max(r.id) FROM reservations r
        JOIN reserved_seats s ON s.reservation_id = r.id
        WHERE r.status = 'CONFIRMED' OR (r.status = 'PENDING' AND EXISTS
              (SELECT 1 FROM seat_claims c WHERE c.reservation_id = r.id))
        GROUP BY 1, 2 HAVING count(*) > 1""",
    "a confirmed reservation lacks a claim": """
        SELECT r.id, s.seat_id FROM reservations r JOIN reserved_seats s ON s.reservation_id = r.id
        LEFT JOIN seat_claims c ON c.schedule_id = r.schedule_id AND c.seat_id = s.seat_id
                               AND c.reservation_id = r.id
        WHERE r.status = 'CONFIRMED' AND c.seat_id IS NULL""",
    "a pending reservation has some of its claims": """
        SELECT r.id FROM reservations r WHERE r.status = 'PENDING'
        AND (SELECT count(*) FROM seat_claims c WHERE c.reservation_id = r.id)
            <> (SELECT count(*) FROM reserved_seats s WHERE s.reservation_id = r.id)""",
    "a reservation has no seats": """
        SELECT r.id FROM reservations r
        WHERE NOT EXISTS (SELECT 1 FROM reserved_seats s WHERE s.reservation_id = r.id)""",
    "a claim without a live reservation": """
        SELECT c.schedule_id, c.seat_id, c.reservation_id, r.status FROM seat_claims c
        LEFT JOIN reservations r ON r.id = c.reservation_id
        WHERE r.id IS NULL OR r.status NOT IN ('PENDING', 'CONFIRMED')""",
    "a claim of a seat that its reservation does not have": """
        SELECT c.schedule_id, c.seat_id, c.reservation_id FROM seat_claims c
        JOIN reservations r ON r.id = c.reservation_id
        LEFT JOIN reserved_seats s ON s.reservation_id = c.reservation_id AND s.seat_id = c.seat_id
        WHERE s.seat_id IS NULL OR r.schedule_id <> c.schedule_id""",
    "a sold claim of an unpaid reservation, or a held one of a paid": """
        SELECT c.seat_id, r.id, r.status, c.held_until FROM seat_claims c JOIN reservations r ON r.id = c.reservation_id
        WHERE (r.status = 'CONFIRMED') <> (c.held_until IS NULL)""",
    "more than one payment that stands": """
        SELECT reservation_id, count(*) FROM payments WHERE payment_status IN ('COMPLETED', 'PENDING')
        GROUP BY 1 HAVING count(*) > 1""",
    "confirmed without a completed payment": """
        SELECT r.id FROM reservations r WHERE r.status = 'CONFIRMED' AND NOT EXISTS
        (SELECT 1 FROM payments p WHERE p.reservation_id = r.id AND p.payment_status = 'COMPLETED')""",
    "completed payment of a reservation that is not confirmed": """
        SELECT p.id, r.id, r.status FROM payments p JOIN reservations r ON r.id = p.reservation_id
        WHERE p.payment_status = 'COMPLETED' AND r.status <> 'CONFIRMED'""",
    "a moment that its status should have, or should not": """
        SELECT id, status, confirmed_at, cancelled_at FROM reservations
        WHERE (status = 'CONFIRMED' AND confirmed_at IS NULL) OR (status = 'PENDING' AND confirmed_at IS NOT NULL)
           OR (status IN ('CANCELLED', 'EXPIRED')) <> (cancelled_at IS NOT NULL) OR confirmed_at > cancelled_at""",
    "a refund without its moment": """
        SELECT id, payment_status FROM payments WHERE (payment_status = 'REFUNDED') <> (refunded_at IS NOT NULL)""",
    "a payment of nothing": """
        SELECT p.id FROM payments p LEFT JOIN reservations r ON r.id = p.reservation_id WHERE r.id IS NULL""",
}


def columns(db, table):
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def tables(db):
    return {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def log_of(db):
    """The name of the table that is the log."""
    found = [t for t in tables(db) if {"position", "type"} <= columns(db, t)]
    assert len(found) == 1, f"which is the log? {found}"
    return found[0]


def answers(ask, checks, log):
    """Every problem found by asking, as a line each."""
    problems = []
    for name, question in checks.items():
        rows = ask(question)
        if rows:
            problems.append(f"{name}: {len(rows)}, as {rows[:5]}")
    count, first, last = ask(f"SELECT count(*), coalesce(min(position), 0), coalesce(max(position), 0) FROM {log}")[0]
    if int(count) and (int(first), int(last)) != (1, int(count)):
        problems.append(f"the log is not dense: {count} events, positions {first} to {last}")
    return problems


def sweep(path, checks=CHECKS):
    """Every problem found, as a line each; none is what one wants."""
    if str(path).startswith("postgres://"):
        return answers(lambda question: ask(path, question), checks, "log")
    db = sqlite3.connect(f"file:{path}?mode=rw", uri=True)
    problems = [f"integrity: {row[0]}" for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    problems += answers(lambda question: db.execute(question).fetchall(), checks, log_of(db))
    db.close()
    return problems


def fold(events):
    """Plays a log from its start: which reservation has which seat at its end, and the problems found when a seat is given to a second
    one before the first ended. A log that begins with an old database gives a seat that was sold twice to the earlier sale."""
    owner, second, problems = {}, set(), []
    for event in events:
        kind, data = event["type"], event["data"]
        if not kind.startswith("reservation."):
            continue
        seats = [(data["scheduleId"], seat["seatId"]) for seat in data["seats"]]
        if kind == "reservation.made":
            for seat in seats:
                if seat in owner:
                    problems.append(f"{seat} given to {data['id']} while {owner[seat]} has it: {event['id']}")
                owner[seat] = data["id"]
        elif kind == "reservation.adopted" and data["status"] in ("PENDING", "CONFIRMED"):
            for seat in seats:
                if owner.setdefault(seat, data["id"]) != data["id"]:
                    second.add((seat, data["id"]))
        elif kind in ("reservation.cancelled", "reservation.expired"):
            for seat in seats:
                if (seat, data["id"]) not in second and owner.pop(seat, None) != data["id"]:
                    problems.append(f"{seat} freed by {data['id']}, which did not have it: {event['id']}")
    return owner, problems


def replay(events):
    """The problems alone."""
    return fold(events)[1]


if __name__ == "__main__":
    found = [line for path in sys.argv[1:] for line in sweep(path)]
    print("\n".join(found) or "nothing wrong")
    sys.exit(bool(found))
