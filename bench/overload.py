"""Twice what a gateway can answer: is it still seen to live, and can who holds seats pay? With and without refusing."""

import contextlib
import itertools
import re
import socket
import statistics
import threading
import time

import httpx
from crowd import Crowd, crowd
from harness.cinema import Cinema, program
from harness.maker import Maker
from load import SERVER_CPU, pin
from scenarios import row

CLIENTS, SECONDS, FASTEST_PER_S = 4000, 8, 60000
HOLDS, SEATS = 60, 600
PROBE_EVERY_S, PAY_EVERY_S = 0.02, 0.1
PATIENCE_S = 10
LATE_MS = 50


class House:
    """A cinema with showings to look at, films to search and seats that are held."""

    def __init__(self, late_ms):
        self.cinema = Cinema(executable=program("TAQUILLA_RELEASE", "build"), MAX_HOLDS_PER_USER=100000, SHED_WHEN_LATE_MS=late_ms)
        self.cinema.__enter__()
        self.maker = Maker(self.cinema, through_gateway=True)
        self.port, room = self.cinema.port("gateway"), self.maker.make_room(seats=SEATS, per_row=30)
        self.showing = self.maker.make_showing(room=room)
        for day in range(2, 31):
            self.maker.make_showing(movie=self.showing["movie"], room=room, start=self.maker.at(days=day))
        user = self.maker.make_user()
        self.held = [self.maker.book(self.showing, [seat], user=user, hold=True) for seat in self.showing["seat_ids"][:HOLDS]]
        for service in ("gateway", "movies", "rooms", "reservations"):
            pin(self.cinema.pid(service), SERVER_CPU)

    def lines(self, count):
        """Half look at what is on, a third at a seat map, the rest search: each search is another."""
        usual = ["GET /api/showtimes?limit=20", f"GET /api/showtimes/{self.showing['id']}/seats", "GET /api/showtimes?limit=20"]
        asked = itertools.cycle([*usual, None, usual[0], usual[1]])
        return [line or f"GET /api/movies/search?q=film%20{n}&limit=12" for n, line in zip(range(count), asked)]

    def metric(self, name):
        text = httpx.get(self.cinema.url("gateway") + "/metrics", headers={"Authorization": f"Bearer {self.cinema.service_token}"}).text
        return sum(float(found) for found in re.findall(rf"(?m)^{name}(?:{{[^}}]*}})? (\S+)$", text))


@contextlib.contextmanager
def house(late_ms):
    made = House(late_ms)
    try:
        yield made
        made.maker.close()
        made.cinema.stop()
    finally:
        made.cinema.abandon()


def ask(line, request):
    """Status of an answer, whose head tells its length; 0 when none came in time."""
    try:
        line.sendall(request)
        whole = b""
        while b"\r\n\r\n" not in whole:
            piece = line.recv(65536)
            if not piece:
                return 0
            whole += piece
        head, body = whole.split(b"\r\n\r\n", 1)
        left = int(re.search(rb"(?i)content-length: (\d+)", head)[1]) - len(body)
        while left > 0:
            left -= len(line.recv(65536))
        return int(head.split()[1])
    except OSError:
        return 0


def dial(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


class Every(threading.Thread):
    """act() so often, until stopped; notes (status, ms)."""

    def __init__(self, every_s, act):
        super().__init__(daemon=True)
        self.every_s, self.act, self.over, self.notes = every_s, act, threading.Event(), []

    def run(self):
        while not self.over.wait(self.every_s):
            began = time.monotonic()
            status = self.act()
            if status is None:
                return
            self.notes.append((status, (time.monotonic() - began) * 1000))

    def stop(self):
        self.over.set()
        self.join(PATIENCE_S + 5)
        return self.notes


def probe(port):
    """As a balancer: a connection of its own each time."""
    request = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

    def once():
        try:
            with dial(port) as line:
                return ask(line, request)
        except OSError:
            return 0

    return once


def payer(home):
    """One after the other of those who hold seats, on a connection that was open before."""
    left, lines = list(home.held), [dial(home.port) for _ in home.held]

    def once():
        if not left:
            return None
        held, line = left.pop(), lines.pop()
        body = f'{{"reservationId":{held["id"]},"amount":{held["totalAmount"]},"paymentMethod":"cash"}}'
        head = f"POST /api/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with line:
            return ask(line, (head + body).encode())

    return once


def at(share, notes):
    late = sorted(ms for _, ms in notes)
    return round(late[min(len(late) - 1, int(len(late) * share))], 1)


def overload_once(late_ms):
    with house(late_ms) as home:
        full = crowd(home.port, home.lines(FASTEST_PER_S * 4), clients=64, seconds=4).only(200)
        rate = 2 * full.per_s(200)
        paying = payer(home)
        load = Crowd(home.port, home.lines(int(rate * SECONDS)), clients=CLIENTS, rate=round(rate), seconds=SECONDS)
        time.sleep(1)
        watched = [Every(PROBE_EVERY_S, probe(home.port)), Every(PAY_EVERY_S, paying)]
        for one in watched:
            one.start()
        late = []
        while load.process.poll() is None and len(late) < SECONDS * 2:
            late.append(home.metric("taquilla_late_seconds") * 1000)
            time.sleep(0.3)
        lived, paid = (one.stop() for one in watched)
        seen = load.seen()
        shed = home.metric("taquilla_shed_total")
    return {
        "full_per_s": full.per_s(200), "asked_per_s": rate, "answered_per_s": seen.per_s(200), "refused": len(seen.of(503)), "shed": shed,
        "of": len(seen.notes), "live_p50_ms": at(0.5, lived), "live_p99_ms": at(0.99, lived), "lived": sum(s == 200 for s, _ in lived),
        "probes": len(lived), "paid": sum(s == 201 for s, _ in paid), "payments": len(paid), "pay_p50_ms": at(0.5, paid),
        "pay_p99_ms": at(0.99, paid), "late_ms": round(statistics.median(late), 1), **seen.late_ms(200),
    }


def overload(maker, nginx):
    """The health check and the payments at twice the saturating load, open loop, 4,000 connections."""
    with_it, without = overload_once(LATE_MS), overload_once(0)
    assert with_it["lived"] == with_it["probes"] and with_it["paid"] == with_it["payments"], with_it
    rival = "the same, refusing nobody"
    yield row("overload: /health/live, p99", with_it["live_p99_ms"], "ms", rival, without["live_p99_ms"], 0, **with_it, rival_run=without)
    yield row("overload: a payment, p99", with_it["pay_p99_ms"], "ms", rival, without["pay_p99_ms"], 0)
    yield row("overload: answered 200", with_it["answered_per_s"], "requests/s", rival, without["answered_per_s"], 0)
