"""What processes wrote, read strictly: one record a line, each of known form, and nothing in it that moves a reader's eye."""

import json
import re

# What ends a line, or moves the cursor, for somebody: a terminal, an editor, Python's splitlines(), a viewer of logs.
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
OPEN = re.compile(r"Taquilla is open: http://[\w.:\[\]]+")
WORD = re.compile(r"[a-z][a-z0-9_]*")
LEVELS = {"info", "warn", "error"}
MEMBERS = {
    "request": {"service", "method", "route", "status", "us", "request", "code", "internal"},
    "request_refused": {"service", "status", "code", "request"},
    "fiber_parked": {"label", "request_id", "awaits", "since_ms"},
    "log_lines_dropped": {"lines"},
}


def pairs(members):
    assert len({name for name, _ in members}) == len(members), f"a name twice: {members}"
    return dict(members)


def record(text):
    """One line of a service's log."""
    found = json.loads(text, object_pairs_hook=pairs)
    assert TIME.fullmatch(found["time"]) and found["level"] in LEVELS and WORD.fullmatch(found["event"]), text
    allowed = MEMBERS.get(found["event"], {"message"}) | {"time", "level", "event"}
    assert set(found) <= allowed, f"members of no {found['event']}: {text}"
    assert not UNSEEN.search(text), text
    return found


def records(written, services):
    """[(service, record)] of what `taquilla up` wrote, as bytes; fails on the first line that is no record and not `up`'s own."""
    text = written.decode()  # strictly
    assert not (hidden := UNSEEN.search(text)), f"{hidden[0]!r} in {text[max(0, hidden.start() - 200) : hidden.end() + 200]!r}"
    assert text.endswith("\n")
    found = []
    for line in text.split("\n")[:-1]:
        if OPEN.fullmatch(line):
            continue
        who, _, said = line.partition(" | ")
        assert who in services or who == "up", f"a line of nobody: {line!r}"
        if who != "up":
            found.append((who, record(said)))
    return found
