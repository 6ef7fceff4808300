"""The limits of the wire, each from both sides: head, headers, body, connections, waiters, what is sent ahead."""

import json
import resource
import selectors
import socket
import threading
import time

import pytest

from harness.cinema import Alone
from harness.door import ok, refused

HEAD_MAX, HEADERS_MAX, BODY_MAX = 16 * 1024, 100, 1 << 20
CONNECTIONS_MAX, WAITERS_MAX = 10_000, 64
START, HOST, END = b"GET /health/live HTTP/1.1\r\n", b"Host: localhost\r\n", b"\r\n"


class Line:
    """One raw connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # refused before all was sent: the answer says so

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        self.got += data
        return bool(data)

    def answer(self):
        """(status, headers, body) of the next answer."""
        while b"\r\n\r\n" not in self.got:
            assert self.more(), f"ended: {self.got[:200]}"
        head, _, self.got = self.got.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        length = int(headers.get("content-length", 0))
        while len(self.got) < length:
            assert self.more(), "the body ended early"
        body, self.got = self.got[:length], self.got[length:]
        return int(lines[0].split()[1]), headers, body

    def ask(self, data):
        self.send(data)
        return self.answer()

    def ended(self):
        self.socket.settimeout(10)
        while self.more():
            pass
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture(params=["movies", "gateway"])
def port(request, cinema):
    return cinema.port(request.param)


def code_of(body):
    return json.loads(body)["code"]


# --- heads ---


def head_of(size):
    """A head of exactly so many bytes."""
    rest = START + HOST + b"A: " + END + END
    return START + HOST + b"A: " + b"a" * (size - len(rest)) + END + END


def test_a_head_of_16_kib(port):
    with Line(port) as line:
        assert line.ask(head_of(HEAD_MAX))[0] == 200
        status, _, body = line.ask(head_of(HEAD_MAX + 1))
        assert (status, code_of(body)) == (431, "head_too_large") and line.ended()


def test_a_target_that_fills_the_head(port):
    def asked(size):
        rest = len(b"GET / HTTP/1.1\r\n" + HOST + END)
        return b"GET /" + b"a" * (size - rest) + b" HTTP/1.1\r\n" + HOST + END

    with Line(port) as line:
        status, _, body = line.ask(asked(HEAD_MAX))
        assert (status, code_of(body)) == (404, "route_unknown")
        assert line.ask(asked(HEAD_MAX + 1))[0] == 431 and line.ended()


def test_a_hundred_headers(port):
    def asked(count):
        return START + HOST + b"".join(b"H%d: x\r\n" % i for i in range(count - 1)) + END

    with Line(port) as line:
        assert line.ask(asked(HEADERS_MAX))[0] == 200
        status, _, body = line.ask(asked(HEADERS_MAX + 1))
        assert (status, code_of(body)) == (431, "head_too_large") and line.ended()


@pytest.mark.parametrize("name", ["Accept", "Cookie", "User-Agent", "If-None-Match", "Accept-Language", "X-Request-Id"])
def test_one_huge_header(port, name):
    with Line(port) as line:
        status, headers, _ = line.ask(START + HOST + name.encode() + b": " + b'"a", ' * 3000 + b"x" + END + END)
        assert status == 200 and len(headers["x-request-id"]) <= 64
        assert line.ask(START + HOST + name.encode() + b": " + b"a" * 20000 + END + END)[0] == 431


def test_a_request_id_of_64_characters(port):
    with Line(port) as line:
        for length in (1, 64):
            headers = line.ask(START + HOST + b"X-Request-Id: " + b"z" * length + END + END)[1]
            assert headers["x-request-id"] == "z" * length
        assert "z" not in line.ask(START + HOST + b"X-Request-Id: " + b"z" * 65 + END + END)[1]["x-request-id"]


# --- bodies ---


def films(door):
    return door.get("/api/movies", params={"limit": 0}).json()["pagination"]["total"]


@pytest.mark.parametrize("service", ["movies", "gateway"])
@pytest.mark.parametrize("way", ["length", "one chunk", "many chunks"])
def test_a_body_of_1_mib(m, cinema, service, way):
    def asked(size):
        body = json.dumps(m.movie_body()).encode().ljust(size)
        head = b"POST /api/movies HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
        if way == "length":
            return head + b"Content-Length: %d\r\n\r\n" % size + body
        step = size if way == "one chunk" else 10_007
        pieces = (body[i : i + step] for i in range(0, size, step))
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"

    before = films(m.movies)
    with Line(cinema.port(service)) as line:
        status, _, body = line.ask(asked(BODY_MAX))
        assert status == 201, body[:300]
        assert films(m.movies) == before + 1
        status, _, body = line.ask(asked(BODY_MAX + 1))
        assert (status, code_of(body)) == (413, "body_too_large") and line.ended()
    assert films(m.movies) == before + 1, "nothing of the larger one was done"


# --- what is sent ahead ---


def test_a_thousand_requests_at_once(port):
    """Answered in order, however many are sent before the first answer is read."""
    with Line(port) as line:
        asked = b"".join(START + HOST + b"X-Request-Id: n%d\r\n\r\n" % i for i in range(1000))
        threading.Thread(target=line.send, args=(asked,)).start()
        for i in range(1000):
            status, headers, _ = line.answer()
            assert (status, headers["x-request-id"]) == (200, f"n{i}")


def test_writes_sent_ahead_of_a_bad_request(m, cinema):
    """What came before it is done, it and what follows is not."""
    body = json.dumps(m.movie_body()).encode()
    write = b"POST /api/movies HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    before = films(m.movies)
    with Line(cinema.port("movies")) as line:
        line.send(write + b"POST /api/movies HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + write)
        assert line.answer()[0] == 201
        assert line.answer()[0] == 400
        assert line.ended() and not line.got
    assert films(m.movies) == before + 1


# --- waiters ---


@pytest.mark.parametrize("service", ["movies", "rooms", "reservations"])
def test_64_wait_on_a_feed(m, cinema, service):
    with m.internal(service) as door:
        position = door.get("/feed", params={"limit": 0}).json()["position"]
    asked = (
        f"GET /feed?after={position}&wait=30 HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {cinema.service_token}\r\n\r\n"
    ).encode()
    lines = [Line(cinema.port(service)) for _ in range(WAITERS_MAX + 8)]
    try:
        for line in lines:
            line.send(asked)
        # Other services of the cinema wait here too, so that fewer than 64 of ours find a place.
        refused_lines = []
        with selectors.DefaultSelector() as ready:
            for line in lines:
                ready.register(line.socket, selectors.EVENT_READ, line)
            while found := ready.select(1 if len(refused_lines) >= 8 else 10):
                refused_lines += [key.data for key, _ in found]
                for key, _ in found:
                    ready.unregister(key.fileobj)
        assert 8 <= len(refused_lines) <= 16, len(refused_lines)
        for line in refused_lines:
            status, headers, body = line.answer()
            assert (status, code_of(body)) == (503, "feed_busy") and int(headers["retry-after"]) >= 1
        {"movies": m.make_movie, "rooms": m.make_room, "reservations": m.make_user}[service]()
        for line in lines:
            if line not in refused_lines:
                status, _, body = line.answer()
                assert status == 200 and json.loads(body)["events"]
    finally:
        for line in lines:
            line.socket.close()
    with m.internal(service) as door:
        ok_page = door.get("/feed", params={"after": 0, "limit": 1, "wait": 1})
        assert ok_page.status_code == 200, "there is room again"


# --- connections ---


@pytest.mark.long
def test_ten_thousand_connections():
    """All are held and answered; one more is told so; when they go, everything is as before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    lines = []
    try:
        with Alone("movies") as movies:
            port = movies.port("movies")
            with movies.door("movies") as door:
                ok(door.get("/api/genres"))
            while len(lines) < CONNECTIONS_MAX:
                lines.append(Line(port))
            for line in (lines[0], lines[-1], lines[5000]):
                assert line.ask(START + HOST + END)[0] == 200
            with Line(port) as one_more:
                status, headers, body = one_more.answer()
                assert (status, code_of(body)) == (503, "too_many_connections")
                assert int(headers["retry-after"]) >= 1 and one_more.ended()
            assert lines[77].ask(START + HOST + END)[0] == 200, "the others stay"
            for line in lines:
                line.socket.close()
            with movies.door("movies") as door:
                film = {"title": "x", "description": "x", "duration": 1, "director": "x", "releaseDate": "2026-01-01"}
                end = time.monotonic() + 20
                while time.monotonic() < end:
                    answer = door.post("/api/movies", json=film)
                    if answer.status_code == 201:
                        break
                    refused(answer, 503, "too_many_connections")
                assert answer.status_code == 201
    finally:
        for line in lines:
            line.socket.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
