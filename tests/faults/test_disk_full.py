"""A full disk: a clear 503, nothing acknowledged is lost, reads go on, and it heals when there is room."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from harness.cinema import Up
from harness.door import ok
from harness.maker import Maker
from sweep import sweep

SIZE_MB = 48


class SmallDisk(Up):
    """A cinema whose data directory is a small file system of its own, as root or in a user namespace."""

    def __init__(self, **settings):
        super().__init__(folder=tempfile.mkdtemp(prefix="taquilla-disk-"), embedded=True, **settings)
        self.data.mkdir()
        self.own_folder = True
        mount = f"mount -t tmpfs -o size={SIZE_MB}m tmpfs {self.data}"
        if os.geteuid() == 0:
            subprocess.run(mount.split(), check=True)
            self.mounted = True
        else:
            self.mounted = False
            self.wrap = ["unshare", "-rm", "--kill-child", "sh", "-c", f'{mount} && exec "$@"', "sh"]

    @property
    def disk(self):
        """The directory as this process sees it."""
        return self.data if self.mounted else Path(f"/proc/{self.process.pid}/root{self.data}")

    def fill(self, leave_kb):
        free = os.statvfs(self.disk)
        room = free.f_bavail * free.f_frsize - leave_kb * 1024
        with open(self.disk / "ballast", "ab") as file:
            file.write(b"x" * max(0, room))

    def empty(self):
        (self.disk / "ballast").unlink()

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.data)], check=True)
        self.mounted = False

    def abandon(self):
        super().abandon()
        self.unmount()

    def stop(self, remove=True):
        try:
            super().stop(remove=False)
        finally:
            if remove:
                self.unmount()
        if remove:
            super().stop()


def test_disk_full():
    with SmallDisk(MAX_HOLDS_PER_USER=100000) as cinema:
        m = Maker(cinema)
        film, room = m.make_movie(duration=1), m.make_room(seats=2000, per_row=50)
        showing, user = m.make_showing(film, room), m.make_user()
        seats = iter(showing["seat_ids"])
        acknowledged, refusals = [], []

        def book_until_full(limit_s):
            end = time.monotonic() + limit_s
            while time.monotonic() < end:
                seat = next(seats)
                answer = m.try_book(showing, [seat], user)
                if answer.status_code == 201:
                    acknowledged.append(answer.json()["data"])
                else:
                    refusals.append(answer)
                    return answer
            return None

        for _ in range(20):
            acknowledged.append(m.book(showing, [next(seats)], user))
        cinema.fill(leave_kb=200)
        answer = book_until_full(60)
        for _ in range(8):
            if answer is None:
                cinema.fill(leave_kb=0)
                answer = book_until_full(20)
        assert answer is not None, "the disk never got full"
        assert answer.status_code == 503, answer.text
        body = answer.json()
        assert body["code"] == "storage_full" and int(answer.headers["retry-after"]) >= 1
        cinema.fill(leave_kb=0)
        for door, path, content in (
            (m.movies, "/api/movies", m.movie_body()),
            (m.rooms, "/api/rooms", {"name": "x", "capacity": 1}),
            (m.reservations, "/api/users", m.user_body()),
            (m.gateway, "/api/users", m.user_body()),
        ):
            for _ in range(200):
                refusal = door.post(
                    path, json=content | ({"email": f"u{time.monotonic_ns()}@x.example"} if "email" in content else {})
                )
                assert refusal.status_code in (201, 503), refusal.text
        assert (
            ok(m.reservations.get(f"/api/reservations/{acknowledged[0]['id']}"))["id"] == acknowledged[0]["id"]
        ), "reads go on"
        ok(m.gateway.get("/api/showtimes"))
        assert m.reservations.get("/health/live").status_code == 200

        cinema.empty()
        end = time.monotonic() + 20
        while m.try_book(showing, [next(seats)], user).status_code != 201:
            assert time.monotonic() < end, "does not heal"
            time.sleep(0.2)
        ok(m.movies.post("/api/movies", json=m.movie_body()), 201)
        ok(m.rooms.post("/api/rooms", json={"name": "x", "capacity": 1}), 201)
        m.pay(acknowledged[0])
        there = {r["id"]: r for r in ok(m.reservations.get("/api/reservations", params={"limit": 10000}))}
        for made in acknowledged:
            assert there[made["id"]]["seatIds"] == made["seatIds"], "acknowledged and lost"
        assert not cinema.killed
        m.close()
        cinema.stop(remove=False)
        if cinema.mounted:
            assert not sweep(cinema.database())


@pytest.mark.parametrize("leave_kb", [0, 64])
def test_starting_on_a_full_disk(leave_kb):
    """No half-made store: it says what is wrong and ends, or waits; with room again it starts."""
    cinema = SmallDisk()
    if not cinema.mounted:
        pytest.skip("needs root: the file system must exist before the program")
    cinema.fill(leave_kb)
    cinema.start(wait=False)
    time.sleep(3)
    assert cinema.process.poll() in (None, 1, 2)
    if cinema.process.poll() is None:
        cinema.process.terminate()
        cinema.process.wait(20)
    cinema.process = None
    cinema.check_log()
    cinema.empty()
    with cinema:
        m = Maker(cinema)
        m.book(m.make_showing())
        m.close()
