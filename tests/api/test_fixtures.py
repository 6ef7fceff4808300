"""What earlier releases left (tests/fixtures): today's program opens their databases, tells the same events, and answers as they did."""

import json

import pytest

from harness.cinema import Up, run
from harness.door import ok
from harness.facts import facts_of, snapshot_of
from harness.fixtures import OWNERS, answers_of, events_of, releases, unpacked
from harness.maker import Maker
from sweep import replay, sweep

KINDS = {
    "movies": {"movie.changed", "genre.changed"},
    "rooms": {"room.changed", "seats.changed", "showing.changed"},
    "reservations": {
        *(f"reservation.{what}" for what in ("made", "confirmed", "cancelled", "expired", "moved", "deleted")),
        *(f"payment.{what}" for what in ("begun", "asked", "completed", "failed", "refunded", "returned")),
        *(f"user.{what}" for what in ("changed", "erased")),
    },
}


def copied(release, folder):
    """The data directory that the release left."""
    data = folder / "data"
    data.mkdir()
    for owner in OWNERS:
        (data / f"{owner}.db").write_bytes(unpacked(release / f"{owner}.db.xz"))
    return data


@pytest.fixture(params=releases(), ids=lambda folder: folder.name, scope="module")
def release(request):
    return request.param


@pytest.fixture(scope="module")
def opened_again(release, tmp_path_factory):
    folder = tmp_path_factory.mktemp(release.name)
    copied(release, folder)
    with Up(folder=folder, embedded=True) as cinema:
        m = Maker(cinema)
        yield m
        m.close()


def is_still(was, now):
    """Members may have come since; what was there is as it was."""
    if isinstance(was, dict):
        return isinstance(now, dict) and all(name in now and is_still(value, now[name]) for name, value in was.items())
    if isinstance(was, list):
        return isinstance(now, list) and len(was) == len(now) and all(map(is_still, was, now))
    return was == now and type(was) is type(now)


def without_request(answer):
    """A refusal names its request."""
    service, path, status, body = answer
    return [service, path, status, {name: value for name, value in body.items() if name != "requestId"}]


def test_this_release_left_one():
    version = run("version").stdout.split()[-1]
    assert version in {release.name for release in releases()}, f"run tests/fixtures/make.py before {version} is released"


def test_every_kind_of_event_is_there(release):
    for owner in OWNERS:
        events = events_of(release, owner)
        assert {e["type"] for e in events} >= KINDS[owner]
        assert [e["position"] for e in events] == list(range(1, len(events) + 1))


def test_the_log_is_the_same(release, opened_again):
    for owner in OWNERS:
        now = opened_again.feed(owner)
        assert is_still(events_of(release, owner), now), owner


def test_the_answers_are_the_same(release, opened_again):
    was = [without_request(a) for a in json.loads(unpacked(release / "answers.json.xz"))]
    now = [without_request(a) for a in answers_of(opened_again, [(service, path) for service, path, *_ in was])]
    assert len(was) > 30
    for before, after in zip(was, now):
        assert is_still(before, after), f"{before}\n{after}"


def test_its_events_make_what_today_s_snapshot_tells(release, opened_again):
    for owner in OWNERS:
        shown, _ = snapshot_of(opened_again, owner, "all")
        assert is_still(facts_of(events_of(release, owner)), facts_of(shown)), owner
    assert not replay(events_of(release, "reservations"))


def test_replay_agrees_and_it_sells_on(release, tmp_path):
    data = copied(release, tmp_path)
    done = run("replay", "--data", data, folder=tmp_path, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    before = len(events_of(release, "reservations"))
    with Up(folder=tmp_path, embedded=True) as cinema:
        m = Maker(cinema)
        showing = next(s for s in ok(m.gateway.get("/api/showtimes?limit=100")) if s["room"]["name"] == "Sala 1")
        free = [seat["id"] for seat in ok(m.gateway.get(f"/api/showtimes/{showing['id']}/seats"))["seats"] if seat["state"] == "free"]
        sale = m.book(showing | {"seat_ids": free}, 2)
        m.pay(sale)
        assert [e["position"] for e in m.feed("reservations")] == list(range(1, before + 6))
        m.close()
        cinema.stop(remove=False)
    assert not sweep(data / "reservations.db")
    done = run("replay", "--data", data, folder=tmp_path, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
