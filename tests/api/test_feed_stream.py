"""GET /feed as server-sent events: the log as it grows, resumed where a reader was cut off."""

import time

import pytest

from harness.door import refused
from harness.stream import STREAM, Stream

READERS_MAX = 64


def follow(m, owner, headers=None, **query):
    door = {"Authorization": f"Bearer {m.cinema.service_token}"}
    return Stream(m.cinema.url(owner) + "/feed", door | (headers or {}), **query)


@pytest.mark.parametrize("owner", ("movies", "rooms", "reservations"))
def test_it_is_the_log_as_it_grows(m, owner):
    showing = m.make_showing()
    m.book(showing)
    before = m.feed(owner)
    with follow(m, owner) as stream:
        stream.until(lambda s: len(s.events) == len(before))
        assert stream.status == 200 and stream.type == "text/event-stream"
        m.book(m.make_showing())
        after = m.feed(owner)
        assert len(after) > len(before)
        stream.until(lambda s: len(s.events) == len(after))
    assert [event for _, _, event in stream.events] == after
    assert [(int(i), t) for i, t, _ in stream.events] == [(e["position"], e["type"]) for e in after]


def test_who_was_cut_off_resumes(m):
    for _ in range(5):
        m.make_movie()
    log = m.feed("movies")
    last = log[-3]["position"]
    with follow(m, "movies", headers={"Last-Event-ID": str(last)}, after=0) as stream:
        stream.until(lambda s: len(s.events) == 2)
    assert [e for _, _, e in stream.events] == log[-2:]
    with follow(m, "movies", after=last + 1) as stream:
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
    streams = [follow(m, "movies") for _ in range(READERS_MAX)]
    for stream in streams:
        stream.until(lambda s: s.status)
    streams = [s for s in streams if s.status == 200]
    assert READERS_MAX - 5 < len(streams) < READERS_MAX, "the other services read as well"
    with m.internal("movies") as door:
        refused(door.get("/feed", headers=STREAM), 503, "feed_busy")
    streams[0].close()
    late, end = follow(m, "movies"), time.monotonic() + 5
    late.until(lambda s: s.status)
    while late.status != 200 and time.monotonic() < end:  # its place is free once the owner has noticed
        late = follow(m, "movies")
        late.until(lambda s: s.status)
    assert late.status == 200, "no place came free"
    m.cinema.stop(remove=False)
    for stream in [late, *streams[1:]]:
        assert stream.ended.wait(5), "a stream outlived its server"


@pytest.mark.long
def test_a_quiet_stream_shows_that_it_lives(m):
    end = m.feed("movies")[-1]["position"] if m.feed("movies") else 0
    with follow(m, "movies", after=end) as stream:
        stream.until(lambda s: s.comments > 0, within_s=20)
