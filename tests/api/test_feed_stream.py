"""GET /feed as server-sent events: the log as it grows, resumed where a reader was cut off."""

import contextlib
import json
import socket
import threading
import time

import httpx
import pytest

from harness.door import refused

READERS_MAX = 64
STREAM = {"Accept": "text/event-stream"}


class Stream:
    """A reader of its own thread: what came, in order."""

    def __init__(self, m, owner, headers=None, **query):
        self.events, self.comments, self.status, self.ended = [], 0, None, threading.Event()
        url = httpx.URL(m.cinema.url(owner) + "/feed", params=query)
        self.socket = socket.create_connection((url.host, url.port), timeout=40)
        lines = [f"GET {url.raw_path.decode()} HTTP/1.0", f"Host: {url.host}", f"Authorization: Bearer {m.cinema.service_token}"]
        lines += [f"{name}: {value}" for name, value in (STREAM | (headers or {})).items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        event = {}
        with contextlib.suppress(OSError):
            lines = self.socket.makefile("r", encoding="utf-8", newline="\n")
            status = int(lines.readline().split()[1])
            while (header := lines.readline().strip()):
                if header.lower().startswith("content-type:"):
                    self.type = header.split(":", 1)[1].strip()
            self.status = status
            for line in lines:
                name, _, value = line.rstrip("\n").partition(": ")
                if line.startswith(":"):
                    self.comments += 1
                elif line != "\n":
                    event[name] = value
                elif "data" in event:
                    self.events.append((int(event["id"]), event["event"], json.loads(event["data"])))
                    event = {}
        self.ended.set()

    def until(self, good, within_s=10):
        end = time.monotonic() + within_s
        while not good(self) and time.monotonic() < end:
            time.sleep(0.01)
        assert good(self), (self.status, self.events[-3:])

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@pytest.mark.parametrize("owner", ("movies", "rooms", "reservations"))
def test_it_is_the_log_as_it_grows(m, owner):
    showing = m.make_showing()
    m.book(showing)
    before = m.feed(owner)
    with Stream(m, owner) as stream:
        stream.until(lambda s: len(s.events) == len(before))
        assert stream.status == 200 and stream.type == "text/event-stream"
        m.book(m.make_showing())
        after = m.feed(owner)
        assert len(after) > len(before)
        stream.until(lambda s: len(s.events) == len(after))
    assert [event for _, _, event in stream.events] == after
    assert [(i, t) for i, t, _ in stream.events] == [(e["position"], e["type"]) for e in after]


def test_who_was_cut_off_resumes(m):
    for _ in range(5):
        m.make_movie()
    log = m.feed("movies")
    last = log[-3]["position"]
    with Stream(m, "movies", headers={"Last-Event-ID": str(last)}, after=0) as stream:
        stream.until(lambda s: len(s.events) == 2)
    assert [e for _, _, e in stream.events] == log[-2:]
    with Stream(m, "movies", after=last + 1) as stream:
        stream.until(lambda s: len(s.events) == 1)
    assert [e for _, _, e in stream.events] == log[-1:]


def test_a_reader_ahead_of_the_log_hears_so(m):
    """Its owner was restored from an older copy."""
    with m.internal("movies") as door:
        refused(door.get("/feed", params={"after": 10**9}, headers=STREAM), 503, "restore_running")
        assert door.head("/feed", headers=STREAM).headers["content-type"] == "text/event-stream"
        assert door.get("/feed", headers={"Accept": "application/json, */*"}).json()["events"]


def test_readers_are_bounded(opened):
    m = opened()
    streams = [Stream(m, "movies") for _ in range(READERS_MAX)]
    for stream in streams:
        stream.until(lambda s: s.status)
    streams = [s for s in streams if s.status == 200]
    assert READERS_MAX - 5 < len(streams) < READERS_MAX, "the other services read as well"
    with m.internal("movies") as door:
        refused(door.get("/feed", headers=STREAM), 503, "feed_busy")
    streams[0].close()
    late, end = Stream(m, "movies"), time.monotonic() + 5
    late.until(lambda s: s.status)
    while late.status != 200 and time.monotonic() < end:  # its place is free once the owner has noticed
        late = Stream(m, "movies")
        late.until(lambda s: s.status)
    assert late.status == 200, "no place came free"
    m.cinema.stop(remove=False)
    for stream in [late, *streams[1:]]:
        assert stream.ended.wait(5), "a stream outlived its server"


@pytest.mark.long
def test_a_quiet_stream_shows_that_it_lives(m):
    end = m.feed("movies")[-1]["position"] if m.feed("movies") else 0
    with Stream(m, "movies", after=end) as stream:
        stream.until(lambda s: s.comments > 0, within_s=20)
