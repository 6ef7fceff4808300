"""Sums of users that an older analytics kept, a row a window: its store goes on with the same, in one row each, and with the best of each window."""

import random
import sqlite3

from harness.cinema import ROOT

SCHEMA = ROOT / "services/analytics/schema"
WINDOWS = range(1, 7)


def best(rows, span):
    alive = [r for r in rows if r[0] == span and r[5] and (r[2] or r[3])]
    return sorted(alive, key=lambda r: (-r[2], -r[3], r[1]))


def test_an_older_store_goes_on():
    chance = random.Random(1)
    rows = []
    for user in range(1, 301):
        alive = chance.random() < 0.9
        for span in chance.sample(WINDOWS, chance.randint(1, 6)) if user > 20 else [6]:
            rows.append((span, user, chance.randint(-2, 9) * 100, chance.randint(0, 3), chance.randint(0, 2), alive))
    with sqlite3.connect(":memory:") as db:
        db.executescript((SCHEMA / "001_first.sql").read_text())
        db.executemany("INSERT INTO user_windows VALUES (?, ?, ?, ?, ?, ?)", rows)
        db.executescript((SCHEMA / "002_users.sql").read_text())
        kept = {r[0]: r[1:] for r in db.execute("SELECT * FROM user_sums")}
        assert kept.keys() == {r[1] for r in rows}
        for user, (alive, *sums) in kept.items():
            before = {r[0]: r for r in rows if r[1] == user}
            assert {r[5] for r in before.values()} == {bool(alive)}
            assert sums == [n for span in WINDOWS for n in before.get(span, (0,) * 5)[2:5]]
        for span in WINDOWS:
            wanted = best(rows, span)
            listed = db.execute("SELECT user_id, cents, reservations, confirmed FROM top_users WHERE span = ?", [span]).fetchall()
            assert sorted(listed) == sorted(r[1:5] for r in wanted[:64])
            ends = db.execute("SELECT cents, reservations, user_id FROM top_ends WHERE span = ?", [span]).fetchall()
            assert ends == ([(wanted[63][2], wanted[63][3], wanted[63][1])] if len(wanted) >= 64 else [])
