"""Seats seen to go: how long after a commit a thousand people who watch one showing know of it, and what that costs."""

import http.client
import json
import select
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import httpx
from load import LOAD_CPU, cpu_s, pin
from rivals import Pusher
from scenarios import row

LISTENERS, BOOKINGS_PER_S, SECONDS, TILLS = 1000, 200, 8, 4
PROGRAM = Path(__file__).resolve().parents[1] / "build/bench/listeners"


class Listeners:
    """The process that listens; afterwards `heard` has for each seat the moments in ns in which it was heard of."""

    def __init__(self, url, target, count=LISTENERS):
        self.file = tempfile.NamedTemporaryFile()
        command = ["taskset", "-c", str(LOAD_CPU), PROGRAM, str(httpx.URL(url).port), target, str(count), self.file.name]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def wait_ready(self):
        assert select.select([self.process.stdout], [], [], 20)[0] and self.process.stdout.readline() == "ready\n", "not all could listen"

    def end(self):
        time.sleep(0.5)  # the last events arrive
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, "a stream was cut"
        heard = {}
        for seat, at in struct.iter_unpack("qq", Path(self.file.name).read_bytes()):
            heard.setdefault(seat, []).append(at)
        self.file.close()
        return heard


def sell(url, showing, users, sold):
    """BOOKINGS_PER_S seats by TILLS tills; sold[seat] becomes the moment in which its buyer had the answer."""
    seats, began = showing["seat_ids"][: BOOKINGS_PER_S * SECONDS], time.monotonic()
    at = httpx.URL(url)

    def till(number):
        line = http.client.HTTPConnection(at.host, at.port)
        for n in range(number, len(seats), TILLS):
            wait = began + n / BOOKINGS_PER_S - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            body = {"userId": users[n % len(users)]["id"], "scheduleId": showing["id"], "movieId": "x", "seatIds": [seats[n]]}
            line.request("POST", "/api/reservations", json.dumps(body | {"totalAmount": 1, "hold": True}), {"Content-Type": "application/json"})
            answer = line.getresponse()
            answer.read()
            assert answer.status == 201
            sold[seats[n]] = time.monotonic_ns()

    tills = [threading.Thread(target=till, args=(n,)) for n in range(TILLS)]
    for one in tills:
        one.start()
    for one in tills:
        one.join()
    assert len(sold) == len(seats)


class Recorder:
    """One more listener, which keeps what was sent and when, to have the rival send the same."""

    def __init__(self, url, target):
        at = httpx.URL(url)
        self.events = []
        self.socket = socket.create_connection((at.host, at.port))
        self.socket.sendall(f"GET {target} HTTP/1.0\r\nHost: {at.host}\r\n\r\n".encode())
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.socket.makefile("rb"):
            if line.startswith(b"data: "):
                self.events.append((time.monotonic(), line[6:-1]))

    def seats_events(self):
        return self.events[1:]  # the first is the map


def lags(sold, heard, count):
    """Milliseconds from the moment in which it was known to be sold to each listener: all of them, for each seat; the least first."""
    late = sorted((at - sold[seat]) / 1e6 for seat, moments in heard.items() for at in moments)
    assert len(late) == count * len(sold), f"{len(late)} of {count * len(sold)} were heard"
    return late


def lags_ms(sold, heard, count):
    late = lags(sold, heard, count)
    return {f"p{p:g}_ms": round(late[min(len(late) - 1, int(len(late) * p / 100))], 2) for p in (50, 99, 99.9)}


def percentiles(sold, heard):
    late = lags(sold, heard, LISTENERS)
    return statistics.median(late), late[len(late) * 99 // 100], len(late)


def ours(maker):
    room = maker.make_room(seats=2000, per_row=50)
    showing = maker.make_showing(room=room)
    users = [maker.make_user() for _ in range(50)]
    cinema, target = maker.cinema, f"/api/showtimes/{showing['id']}/seats/stream"
    maker.gateway.get(target.removesuffix("/stream")).raise_for_status()
    pin(cinema.pid("gateway"))
    listeners = Listeners(cinema.url("gateway"), target)
    listeners.wait_ready()
    recorder, sold = Recorder(cinema.url("gateway"), target), {}
    while not recorder.events:
        time.sleep(0.01)
    cpu = cpu_s(cinema.pid("gateway"))
    sell(cinema.url("reservations"), showing, users, sold)
    time.sleep(0.3)
    cpu = cpu_s(cinema.pid("gateway")) - cpu
    recorder.socket.close()
    return percentiles(sold, listeners.end()), cpu, recorder.seats_events()


def theirs(events):
    with Pusher() as nginx:
        line = http.client.HTTPConnection("127.0.0.1", nginx.port)

        def publish(data):
            line.request("POST", "/publish", data)
            answer = line.getresponse()
            answer.read()
            assert answer.status in (201, 202), answer.status

        publish(b"{}")
        pin(nginx.worker())
        listeners = Listeners(f"http://127.0.0.1:{nginx.port}", "/listen")
        listeners.wait_ready()
        sold, began, first = {}, time.monotonic(), events[0][0]
        cpu = cpu_s(nginx.worker())
        for at, data in events:
            time.sleep(max(0, began + at - first - time.monotonic()))
            now = time.monotonic_ns()  # its answer comes when all have been told
            publish(data)
            sold |= {seat["id"]: now for seat in json.loads(data)["seats"]}
        time.sleep(0.3)
        cpu = cpu_s(nginx.worker()) - cpu
        return percentiles(sold, listeners.end()), cpu


def watch(maker, nginx):
    """1,000 listeners on one showing while 200 bookings a second are made at reservations."""
    (p50, p99, heard), cpu, events = ours(maker)
    (rival_p50, rival_p99, rival_heard), rival_cpu = theirs(events)
    assert heard == rival_heard
    told = len(events) * LISTENERS
    more = {"events": len(events), "gateway_cpu_percent": round(cpu / SECONDS * 100), "rival_cpu_percent": round(rival_cpu / SECONDS * 100)}
    more["rival_cpu_us_per_request"] = round(rival_cpu / told * 1e6, 1)
    for name, figure, rival in (("p50", p50, rival_p50), ("p99", p99, rival_p99)):
        yield row(
            f"{LISTENERS} who watch a showing, {BOOKINGS_PER_S} bookings/s: from commit to listener, {name}",
            figure,
            "ms",
            "nginx (nchan), same events",
            rival,
            cpu / told * 1e6,
            **more,
        )
