"""Shell examples of our documents, run for real: each curl is noted and compared with the answer printed beside it."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from harness.cinema import ROOT

# Stands before the real curl in PATH: keeps head and body of each answer, and prints the body as curl does.
RECORDER = """#!/bin/sh
n=$(ls "$CALLS" | grep -c '[.]head$')
call=$(printf '%s/%03d' "$CALLS" "$n")
printf '%s\\n' "$*" > "$call.said"
: > "$call.head"
CURL -D "$call.head" -o "$call.body" "$@" && cat "$call.body"
"""


@dataclass
class Call:
    """One answer that curl had."""

    said: str
    status: int
    headers: dict
    body: str


@dataclass
class Block:
    """A fenced shell block of a document, and the answer printed behind it, if there is one."""

    line: int
    script: str
    expected: str = None
    calls: list = field(default_factory=list)


def blocks_of(name):
    """The shell blocks of a document in order; an ```http block belongs to the shell block before it."""
    found, kind, start, text = [], None, 0, []
    for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
        if kind is None and line.startswith("```"):
            kind, start, text = line[3:].strip() or "text", number, []
        elif line == "```":
            if kind == "sh":
                found.append(Block(start, "\n".join(text)))
            elif kind == "http":
                assert found and found[-1].expected is None, f"{name}:{start}: an answer to nothing"
                found[-1].expected = "\n".join(text)
            kind = None
        elif kind:
            text.append(line)
    return found


def call_read(head):
    """Of several heads (100 Continue) the last counts; of an answer printed with its head (curl -i) the body."""
    last = [part for part in head.read_text().replace("\r", "").split("\n\n") if part.strip()][-1].splitlines()
    headers = dict(line.split(": ", 1) for line in last[1:] if ": " in line)
    body = head.with_suffix(".body")
    text = body.read_text(errors="replace") if body.exists() else ""
    if text.startswith("HTTP/1.1 "):
        text = text.replace("\r", "").split("\n\n")[-1]
    return Call(
        head.with_suffix(".said").read_text(),
        int(last[0].split()[1]),
        {name.lower(): value for name, value in headers.items()},
        text,
    )


def run_blocks(blocks, folder, **variables):
    """Runs them in one shell, one after the other, and notes what each curl was answered."""
    folder = Path(folder)
    recorder = folder / "bin" / "curl"
    recorder.parent.mkdir(parents=True)
    recorder.write_text(RECORDER.replace("CURL", shutil.which("curl")))
    recorder.chmod(0o755)
    script = ["set -eu"]
    for i, block in enumerate(blocks):
        calls = folder / f"calls-{i}"
        calls.mkdir()
        script += [f"echo 'line {block.line}' >&2", f"export CALLS='{calls}'", block.script]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=os.environ | variables | {"PATH": f"{recorder.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{done.stdout[-2000:]}"
    for i, block in enumerate(blocks):
        block.calls = [call_read(head) for head in sorted((folder / f"calls-{i}").glob("*.head"))]
    return blocks


# --- the answer that a document prints, against the one that came ---

ELLIPSIS = "…"
ID_NAME = re.compile(r"(^_?id|Id|_id|Ids|^accessCode)$")
FILM_ID = re.compile(r"[0-9a-f]{24}")
CHANGING_NAME = re.compile(r"^(version|total|pages|requestId|transactionId|age_s)$")
FIGURE_NAME = re.compile(  # they differ from day to day; test_figures.py knows them exactly
    r"^(total(Revenue|Reservations|Users|Movies|Rooms|Spent)|revenue|reservations|average\w+|activeUsers|vip|regular|casual|inactive|sold|refunded|net|tickets|admissions|takings)$"
)
MOMENT = re.compile(r"^\d{4}-\d\d-\d\d(T|$)")


def parse_pattern(text):
    """JSON in which … may stand for members or entries that are left out."""
    out, inside, closers = [], False, []
    for i, c in enumerate(text):
        if c == '"' and text[i - 1] != "\\":
            inside = not inside
        elif not inside and c in "{[":
            closers.append(c)
        elif not inside and c in "}]":
            closers.pop()
        if c == ELLIPSIS and not inside:
            c = f'"{ELLIPSIS}"' if closers[-1] == "[" else f'"{ELLIPSIS}":0'
        out.append(c)
    return json.loads("".join(out))


def first_event(text):
    """Of server-sent events: its id, event and data; a printed one's data may have several lines."""
    after = text[text.index("id: ") :].split("\n\n")[0]
    return {name: value for name, value in re.findall(r"^(id|event|data): (.*?)$(?=\n\w+: |\Z)", after, re.M | re.S)}


class Comparison:
    """Ids are stand-ins: the first time one is printed it takes the value that came, and means that ever after."""

    def __init__(self):
        self.ids = {}

    def same_text(self, want, got, where):
        parts = map(re.escape, want.split(ELLIPSIS))
        if MOMENT.match(want):
            parts = (re.sub(r"\d", r"\\d", part) for part in parts)
        assert re.fullmatch(".*".join(parts), got, re.S), f"{where}: printed {want!r}, answered {got!r}"

    def same_id(self, want, got, where):
        assert type(want) is type(got), f"{where}: printed {want!r}, answered {got!r}"
        if isinstance(want, str) and ELLIPSIS in want:  # any id of its kind; how one begins changes with the hour
            assert FILM_ID.fullmatch(got), f"{where}: printed {want!r}, answered {got!r}"
            return
        assert self.ids.setdefault(want, got) == got, f"{where}: {want!r} was {self.ids[want]!r}, now {got!r}"

    def same_members(self, want, got, where):
        assert isinstance(got, dict), f"{where}: printed an object, answered {got!r}"
        named = {name for name in want if name != ELLIPSIS}
        assert named <= set(got), f"{where}: not answered: {sorted(named - set(got))}"
        if ELLIPSIS not in want:
            assert named == set(got), f"{where}: not printed: {sorted(set(got) - named)}"
        for name in named:
            self.same(want[name], got[name], f"{where}.{name}", name)

    def same_entries(self, want, got, where, name):
        assert isinstance(got, list), f"{where}: printed a list, answered {got!r}"
        more = bool(want) and want[-1] == ELLIPSIS
        shown = want[:-1] if more else want
        assert len(got) >= len(shown) if more else len(got) == len(shown), f"{where}: {len(got)} entries: {got!r}"
        for i, entry in enumerate(shown):
            self.same(entry, got[i], f"{where}[{i}]", name)

    def same(self, want, got, where="answer", name=""):
        if isinstance(want, dict):
            self.same_members(want, got, where)
        elif isinstance(want, list):
            self.same_entries(want, got, where, name)
        elif want is None or got is None or isinstance(want, bool):
            assert want is got, f"{where}: printed {want!r}, answered {got!r}"
        elif CHANGING_NAME.search(name):
            assert type(want) is type(got), f"{where}: printed {want!r}, answered {got!r}"
        elif FIGURE_NAME.search(name) and isinstance(want, (int, float)):
            assert isinstance(got, (int, float)), f"{where}: printed {want!r}, answered {got!r}"
        elif ID_NAME.search(name):
            self.same_id(want, got, where)
        elif isinstance(want, str) and isinstance(got, str):
            self.same_text(want, got, where)
        else:
            assert want == got, f"{where}: printed {want!r}, answered {got!r}"

    def same_header(self, name, want, got):
        """What is left out of a Location is an id."""
        self.same_text(want, got, name)
        if name == "Location":
            made = got.rsplit("/", 1)[1]
            assert made.isdigit() or FILM_ID.fullmatch(made), f"{name}: printed {want!r}, answered {got!r}"

    def same_answer(self, expected, call):
        """Status line, some headers, an empty line, the body."""
        head, _, body = expected.partition("\n\n")
        status, *headers = head.splitlines()
        assert int(status.split()[0]) == call.status, f"printed {status}, answered {call.status}: {call.body[:500]}"
        for line in headers:
            name, value = line.split(": ", 1)
            assert name.lower() in call.headers, f"not answered: {name}"
            self.same_header(name, value, call.headers[name.lower()])
        if body.strip() and call.headers.get("content-type") == "text/event-stream":
            wanted, came = first_event(body), first_event(call.body)
            assert wanted["event"] == came["event"] and came["id"]
            body, got = wanted["data"], came["data"]
        else:
            got = call.body
        if body.strip():
            self.same(parse_pattern(body), json.loads(got))
