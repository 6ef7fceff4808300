"""Secrets and personal data stay where they belong: not in a log, an event, a figure or anybody else's error. Nor does an input write a
log line of its own.

Every value that nobody else may see is a marker, sent on good and on bad ways; then all is read that the cinema has said meanwhile.
"""

import base64
import os
import re
import signal
import socket
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest

from harness.cinema import Cinema, SERVICES, descendants, free_ports, run
from harness.door import ok, refused
from harness.logs import UNSEEN, records
from harness.maker import Maker

OWNERS = ("movies", "rooms", "reservations")
CARD = "4111 1111 1111 1111"


def fresh(word):
    return f"{word}{uuid.uuid4().hex}"


class Said:
    """The markers, and where each was looked for in vain. What a caller gave himself he may get back, so only others' answers count."""

    def __init__(self):
        self.markers = {}

    def make(self, what, value=None):
        self.markers[what] = value or fresh(what.replace(" ", ""))
        return self.markers[what]

    def check(self, where, text):
        folded = text.lower()
        found = [what for what, value in self.markers.items() if value.lower() in folded]
        assert not found, f"{found} in {where}: {[self.around(folded, self.markers[f].lower()) for f in found]}"

    @staticmethod
    def around(text, value):
        at = text.index(value)
        return text[max(0, at - 150) : at + len(value) + 50]


# --- what is sent ---


def hostile_heads(said):
    """Requests as bytes: whatever may end a line, move a cursor or end a member, wherever a client may write."""
    forged = '","level":"error","event":"forged","x":"'
    inserts = [
        f"%0d%0a{said.make('line in a path')}{forged}",
        f"%0areservations%20%7C%20%7B%22event%22%3A%22forged%22%7D{said.make('pipe in a path')}",
        f"%1b%5b2J%1b%5d0;{said.make('escape in a path')}%07",
        f"%e2%80%a8{said.make('separator in a path')}%e2%80%a9",
        f"%c2%85{said.make('next line in a path')}%c2%9b2J",
        f"%e2%80%ae{said.make('turned in a path')}",
        f"\u2028{said.make('raw separator in a path')}\u0085",
        f"\x1b[31m{said.make('raw escape in a path')}",
        "a" * 9000 + f'{forged}{said.make("long path")}' + "b" * 3000,
        '"' * 8192 + said.make("quotes in a path"),
        "up | forged " * 600 + said.make("words in a path"),
    ]
    heads = []
    for insert in inserts:
        target = insert.replace(" ", "%20")
        for path in (f"/{target}", f"/api/users/{target}", f"/api/movies/{target}", f"/api/x?email={target}"):
            heads.append(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n")
    for name in ("User-Agent", "Origin", "Host", "X-Request-Id", "Referer", "Cookie", "X-Forwarded-For", "Idempotency-Key", "Authorization"):
        for number, value in enumerate(("{}\x1b[2J", "{}\u2028", "{}\u0085\u009b", '{}"' + forged, "{}\nX: y", "{}\rX: y", "{}\x00")):
            value = value.format(said.make(f"{name} {number}"))
            host = "" if name == "Host" else "Host: localhost\r\n"
            heads.append(f"GET /api/users HTTP/1.1\r\n{host}{name}: {value}\r\n")
    heads.append(f"{said.make('method').upper()} /api/users HTTP/1.1\r\nHost: localhost\r\n")
    return [head.encode() + b"Connection: close\r\n\r\n" for head in heads]


def send_raw(port, data):
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        try:
            line.sendall(data)
            while line.recv(65536):
                pass
        except ConnectionError:
            pass


def ask_everywhere(cinema, said):
    """Things that only belong elsewhere in paths, queries and headers, of every service, found and not."""
    everything = list(said.markers.values())
    for service in SERVICES:
        with httpx.Client(base_url=cinema.url(service), trust_env=False, timeout=20) as client:
            for value in everything:
                for path in ("/{}", "/api/users/{}", "/api/users/user/{}", "/api/reservations/{}", "/api/payments/{}", "/api/movies/{}",
                             "/api/rooms/{}/seats", "/api/showtimes/{}", "/export/{}", "/sync/{}", "/dynamodb/{}/items"):  # fmt: skip
                    client.get(path.format(value), params={"email": value, "code": value})
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                client.request(method, f"/api/users/{everything[0]}", params={"email": everything[0]}, json={everything[0]: everything[0]})


class Buyer:
    """Somebody who books and pays, rightly and wrongly, and whose things all are markers."""

    def __init__(self, maker, said):
        self.maker, self.said = maker, said
        self.door = maker.cinema.door("gateway")
        self.body = {
            "email": f"{said.make('email')}@example.com",
            "name": f"Ana {said.make('name')}",
            "phone": said.make("phone", "600" + uuid.uuid4().hex[:14]),
        }

    def keyed(self, what):
        return {"idempotency-key": self.said.make(what), "cookie": f"session={self.said.make(what + ' cookie')}"}

    def registers(self):
        key = self.keyed("key of a user")
        self.user = ok(self.door.post("/api/users", json=self.body, headers=key), 201)
        ok(self.door.post("/api/users", json=self.body, headers=key), 201)
        refused(self.door.post("/api/users", json=self.body | {"phone": None}, headers=key), 422)
        refused(self.door.post("/api/users", json=self.body), 409)
        refused(self.door.post("/api/users", json=self.body | {"phone": self.said.make("long phone")}), 400)
        refused(self.door.post("/api/users", json=self.body | {"email": self.said.make("bad email")}), 400)
        refused(self.door.post("/api/users", content=f'{{"email": "{self.said.make("broken body")}'.encode()), 400)
        owner = self.maker.reservations
        ok(owner.put(f"/api/users/{self.user['id']}", json=self.body | {"name": f"Ana {self.said.make('second name')}"}))

    def books(self, showing):
        code = self.said.make
        made = ok(self.door.post("/api/reservations", json=self.maker.booking(showing, 2, self.user), headers=self.keyed("key of a booking")), 201)
        code("access code", made["accessCode"])
        refused(self.door.post("/api/reservations", json=self.maker.booking(showing, 1, self.user)), 409, "seats_taken")
        path = f"/api/reservations/{made['id']}"
        ok(self.door.get(path, params={"code": made["accessCode"]}))
        ok(self.door.get(path, headers={"authorization": f"Bearer {self.maker.token}"}))
        refused(self.door.get(path, params={"code": code("wrong code", uuid.uuid4().hex)}), {401, 403})
        refused(self.door.get(path, headers={"authorization": f"Bearer {code('wrong bearer')}"}), 401)
        basic = base64.b64encode(f"ana:{code('basic password')}".encode()).decode()
        code("basic header", basic)
        refused(self.door.get(path, headers={"authorization": f"Basic {basic}"}), 401)
        return made

    def pays(self, made):
        def order(**more):
            return {"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "cash"} | more

        for card in (CARD, CARD.replace(" ", ""), CARD.replace(" ", "-"), f"visa {CARD}"):
            refused(self.door.post("/api/payments", json=order(paymentMethod=card)), 400, "validation_failed")
        refused(self.door.post("/api/payments", json=order(amount=1)), 409)
        refused(self.door.post("/api/payments", json=order(paymentMethod="test_decline")), 402)
        paid = ok(self.door.post("/api/payments", json=order(), headers=self.keyed("key of a payment")), 201)
        refused(self.door.post("/api/payments", json=order()), 409)
        return paid

    def books_at_once(self, showing):
        """book-ticket with a buyer; and with a card's number as the method."""
        body = {
            "buyer": {"email": f"{self.said.make('buyer email')}@example.com", "name": self.said.make("buyer name"), "phone": "1"},
            "scheduleId": showing["id"],
            "movieId": showing["movie_id"],
            "seatIds": showing["seat_ids"][3:4],
        }
        refused(self.door.post("/api/book-ticket", json=body | {"paymentMethod": CARD}), 400, "validation_failed")
        made = ok(self.door.post("/api/book-ticket", json=body | {"paymentMethod": "cash"}), 201)
        self.said.make("buyer's code", made["accessCode"])

    def leaves(self):
        self.door.close()


def ask_as_another(maker, showing, made, buyer):
    """What somebody without any right is told about all this: [(what he asked, body)]."""
    told = []
    # The buyer's keys, from another: they are scoped to path, and what they answer is the buyer's alone.
    with maker.cinema.door("gateway") as door, maker.cinema.door("reservations") as owner:
        for client in (door, owner):
            for answer in (
                client.get("/api/users"),
                client.get(f"/api/users/{buyer.user['id']}"),
                client.get("/api/reservations"),
                client.get(f"/api/reservations/{made['id']}"),
                client.get(f"/api/reservations/{made['id']}", params={"code": "f" * 32}),
                client.get(f"/api/payments/reservation/{made['id']}"),
                client.put(f"/api/reservations/{made['id']}/cancel", json={}),
                client.post("/api/reservations", json=maker.booking(showing, 2, buyer.user)),
                client.post("/api/payments", json={"reservationId": made["id"], "amount": 1, "paymentMethod": "cash"}),
                client.post("/api/payments", json={"reservationId": 10**12, "amount": 1, "paymentMethod": "cash"}),
                client.get("/feed"),
                client.get("/metrics"),
                client.get("/internal/users", params={"ids": buyer.user["id"]}),
            ):
                refused(answer, {400, 401, 403, 404, 409})
                told.append((f"{answer.request.method} {answer.request.url}", answer.text + str(answer.headers)))
    return told


# --- the tests ---


@pytest.fixture(scope="module")
def scene():
    """A cinema after all of that, its markers, and what it told another caller."""
    said = Said()
    cinema = Cinema(ADMIN_TOKEN=said.make("admin token"))
    with cinema:
        maker = Maker(cinema)
        said.make("service token", cinema.service_token)
        buyer = Buyer(maker, said)
        showing = maker.make_showing(seats=10)
        buyer.registers()
        made = buyer.books(showing)
        buyer.pays(made)
        buyer.books_at_once(showing)
        said.make("a card", CARD)
        said.make("a card's digits", CARD.replace(" ", ""))
        ask_everywhere(cinema, said)
        for head in hostile_heads(said):
            for service in ("gateway", "reservations", "movies"):
                send_raw(cinema.port(service), head)
        told = ask_as_another(maker, showing, made, buyer)
        waiting = threading.Thread(target=lambda: maker.internal("reservations").get("/feed", params={"after": 10**6, "wait": 2}))
        waiting.start()
        time.sleep(0.3)
        for service in SERVICES:
            os.kill(cinema.pid(service), signal.SIGUSR1)
        waiting.join()
        time.sleep(0.5)
        buyer.leaves()
        yield said, maker, told, (cinema.folder / "log").read_bytes()
        maker.close()


def test_the_log(scene):
    said, _, _, written = scene
    said.check("the log", written.decode(errors="replace"))


def test_log_lines_are_whole_and_nobody_elses(scene):
    _, _, _, written = scene
    found = records(written, SERVICES)
    requests = [r for _, r in found if r["event"] == "request"]
    assert {s for s, r in found if r["event"] == "request"} == set(SERVICES)
    assert {r["status"] for r in requests} >= {200, 201, 400, 401, 402, 404, 405, 409, 422}, "the bad ways were gone too"
    assert sum(r["event"] == "request_refused" for _, r in found) > 50, "heads were refused"
    assert any(r["event"] == "fiber_parked" for _, r in found), "SIGUSR1 was answered"
    assert all(s == r.get("service", s) for s, r in found)
    assert b"forged" not in written


def test_requests_are_told_by_their_route(scene):
    """Enough to know what was asked: method and route, and an id that the caller has as well."""
    _, maker, _, _ = scene
    mine = fresh("trace-")
    ok(maker.reservations.get("/api/users", headers={"x-request-id": mine}))
    refused(maker.reservations.get("/api/users/999999", headers={"x-request-id": mine + "b"}), 404)
    refused(maker.reservations.get("/nowhere", headers={"x-request-id": mine + "c"}), 404)
    time.sleep(0.3)
    found = {r["request"]: r for _, r in records((maker.cinema.folder / "log").read_bytes(), SERVICES) if r["event"] == "request"}
    assert (found[mine]["method"], found[mine]["route"], found[mine]["status"]) == ("GET", "/api/users", 200)
    assert (found[mine + "b"]["route"], found[mine + "b"]["code"]) == ("/api/users/{id}", "user_unknown")
    assert (found[mine + "c"]["route"], found[mine + "c"]["code"]) == (None, "route_unknown")


@pytest.mark.parametrize("owner", OWNERS)
def test_events(scene, owner):
    said, maker, _, _ = scene
    events = maker.feed(owner)
    assert events
    said.check(f"the feed of {owner}", str(events))


@pytest.mark.parametrize("service", SERVICES)
def test_metrics_and_health(scene, service):
    said, maker, _, _ = scene
    with maker.internal(service) as door:
        for path in ("/metrics", "/health", "/openapi.json"):
            page = door.get(path)
            assert page.status_code == 200
            said.check(f"{path} of {service}", page.text)
            assert not UNSEEN.search(page.text.replace("\t", " "))


def test_what_others_are_told(scene):
    said, _, told, _ = scene
    assert len(told) == 26
    for what, text in told:
        said.check(what, text)


def test_the_process_list(scene):
    """What any account of the machine may read."""
    said, maker, _, _ = scene
    pids = [maker.cinema.process.pid, *descendants(maker.cinema.process.pid)]
    lines = [(Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/comm").read_bytes()).decode() for pid in pids]
    assert len(lines) == 1 + len(SERVICES) and any("reservations" in line for line in lines)
    for line in lines:
        said.check("a command line", line)


REFUSED_SETTINGS = {
    "ADMIN_TOKEN with a space": ("movies", {"ADMIN_TOKEN": "{} x"}),
    "ADMIN_TOKEN of two lines": ("movies", {"ADMIN_TOKEN": "{}\nx"}),
    "ADMIN_TOKEN too long": ("movies", {"ADMIN_TOKEN": "{}" * 10}),
    "SERVICE_TOKEN with an escape": ("rooms", {"SERVICE_TOKEN": "{}\x1b[2J"}),
    "a URL of PostgreSQL": ("reservations", {"RESERVATIONS_DATABASE_URL": "postgres://u:{}@h:port/x"}),
    "an option of PostgreSQL": ("reservations", {"RESERVATIONS_DATABASE_URL": "postgres://u:{}@h/x?password=%"}),
    "no URL at all": ("reservations", {"RESERVATIONS_DATABASE_URL": "{}"}),
    "a URL of Spring": ("reservations", {"SPRING_DATASOURCE_URL": "jdbc:mysql://u:{}@h/x"}),
    "a URL of MySQL": ("rooms", {"ROOMS_DATABASE_URL": "mysql://u:{}@h:port/x"}),
    "MySQL without a database": ("rooms", {"ROOMS_DATABASE_URL": "mysql://u:{}@h"}),
    "no URL of MySQL": ("rooms", {"ROOMS_DATABASE_URL": "{}"}),
    "a URL of MongoDB": ("movies", {"MOVIES_DATABASE_URL": "mongodb://u:{}/@h:99999/x"}),
    "a host of MongoDB": ("movies", {"MONGODB_URI": "mongodb://u:{}@h:{}/x"}),
    "no URL of MongoDB": ("movies", {"MOVIES_DATABASE_URL": "{}"}),
}


@pytest.mark.parametrize("name", REFUSED_SETTINGS)
@pytest.mark.parametrize("under_up", [False, True])
def test_a_refused_setting_is_not_repeated(name, under_up):
    service, settings = REFUSED_SETTINGS[name]
    marker = fresh("secret")
    settings = {k: v.replace("{}", marker) for k, v in settings.items()}
    done = run("up" if under_up else service, *(["--base-port", free_ports()] if under_up else ["--port", "0"]), **settings)
    assert done.returncode == 2, done.stdout + done.stderr
    assert any(setting in done.stderr for setting in settings) or "URL" in done.stderr, done.stderr
    assert marker not in done.stdout + done.stderr
    assert not UNSEEN.search(done.stdout + done.stderr)


@pytest.mark.parametrize("verb", ["movies", "up", "import", "backup", "demo"])
def test_a_flag_that_does_not_exist_is_named_without_its_value(verb):
    marker = fresh("secret")
    done = run(verb, f"--admin-token={marker}")
    assert done.returncode == 2
    assert "--admin-token" in done.stderr or "taquilla import movies|" in done.stderr, done.stderr
    assert marker not in done.stdout + done.stderr, done.stderr
