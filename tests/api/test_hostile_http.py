"""Hostile input on the wire: refused, or served as often as asked, and never open past the deadline."""

import re
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

DEADLINE_S = 15
HOST = b"Host: localhost\r\n"
LIVE = b"GET /health/live HTTP/1.1"
GET = LIVE + b"\r\n" + HOST + b"\r\n"
LAST = LIVE + b"\r\n" + HOST + b"Connection: close\r\n\r\n"
LENGTH, CODING, END = b"Content-Length: ", b"Transfer-Encoding: ", b"0\r\n\r\n"


def get(extra=b"", line=LIVE):
    return line + b"\r\n" + HOST + extra + b"\r\n"


def post(headers, body=b"", version=b"1.1"):
    return b"POST /api/nowhere HTTP/" + version + b"\r\n" + HOST + headers + b"\r\n" + body


# At most one answer, 4xx, 501 or 505, and the connection ends: nothing after it may be read as a request.
REFUSE = {
    "no Host on 1.1": [LIVE + b"\r\n\r\n"],
    "two Hosts": [LIVE + b"\r\nHost: localhost\r\nHost: localhost\r\n\r\n"],
    "two lengths that differ": [post(LENGTH + b"3\r\n" + LENGTH + b"8\r\n", b"abcGET /s")],
    "length list": [post(LENGTH + b"3, 3\r\n", b"abc")],
    "length +3": [post(LENGTH + b"+3\r\n", b"abc")],
    "length -1": [post(LENGTH + b"-1\r\n", b"abc")],
    "length 0x3": [post(LENGTH + b"0x3\r\n", b"abc")],
    "length with a space inside": [post(LENGTH + b"1 1\r\n", b"abc")],
    "length of nothing": [post(LENGTH + b"\r\n", b"")],
    "length 2^64+3": [post(LENGTH + b"18446744073709551619\r\n", b"abc")],
    "length then chunked": [post(LENGTH + b"5\r\n" + CODING + b"chunked\r\n", END + GET)],
    "chunked then length": [post(CODING + b"chunked\r\n" + LENGTH + b"5\r\n", END + GET)],
    "xchunked": [post(CODING + b"xchunked\r\n", END + GET)],
    "chunked, identity": [post(CODING + b"chunked, identity\r\n", END + GET)],
    "gzip, chunked": [post(CODING + b"gzip, chunked\r\n", END + GET)],
    "coding twice": [post(CODING + b"chunked\r\n" + CODING + b"identity\r\n", END + GET)],
    "chunked twice": [post(CODING + b"chunked\r\n" + CODING + b"chunked\r\n", END + GET)],
    "quoted chunked": [post(CODING + b'"chunked"\r\n', END + GET)],
    "vertical tab before chunked": [post(CODING + b"\x0bchunked\r\n", END + GET)],
    "space before colon": [post(b"Transfer-Encoding : chunked\r\n", END + GET)],
    "space before another colon": [get(b"X-A : b\r\n")],
    "space in a name": [get(b"X A: b\r\n")],
    "coding on HTTP/1.0": [post(CODING + b"chunked\r\nConnection: keep-alive\r\n", END + GET, b"1.0")],
    "bare LF in a header": [LIVE + b"\r\n" + HOST + b"A: b\nX: y\r\n\r\n"],
    "bare CR in a value": [get(b"A: b\rX: y\r\n")],
    "CR before a header name (CVE-2023-30589)": [get(b"X-A:\rTransfer-Encoding: chunked\r\n")],
    "CR after the line end (CVE-2025-23167)": [LIVE + b"\r\n" + HOST + b"\r\rX: y\r\n\r\n"],
    "NUL in a value": [get(b"A: b\0c\r\n")],
    "NUL in a name": [get(b"A\0B: c\r\n")],
    "folded header": [get(b"A: b\r\n c\r\n")],
    "header without a name": [get(b": b\r\n")],
    "header without a colon": [get(b"nonsense\r\n")],
    "space before the first header (CVE-2024-27982)": [
        b"POST /api/nowhere HTTP/1.1\r\n " + LENGTH + b"44\r\n" + HOST + b"\r\n" + GET
    ],
    "chunk ends in bare LF": [post(CODING + b"chunked\r\n", b"3\nabc\n0\n\n")],
    "chunk extension of 64 KiB": [post(CODING + b"chunked\r\n", b"3;" + b"a" * 65536 + b"\r\nabc\r\n" + END)],
    "chunk size overflow": [post(CODING + b"chunked\r\n", b"FFFFFFFFFFFFFFFFF\r\nabc")],
    "chunk size 0x3": [post(CODING + b"chunked\r\n", b"0x3\r\nabc\r\n" + END)],
    "chunk size -1": [post(CODING + b"chunked\r\n", b"-1\r\nabc\r\n" + END)],
    "chunk longer than said": [post(CODING + b"chunked\r\n", b"3\r\nabcXX\r\n" + END)],
    "two bytes for the CRLF after a chunk": [post(CODING + b"chunked\r\n", b"3\r\nabcXX0\r\n\r\n" + GET)],
    "space after a chunk size": [post(CODING + b"chunked\r\n", b"3 \r\nabc\r\n" + END)],
    "no chunk size before an extension": [post(CODING + b"chunked\r\n", b";a\r\n" + END)],
    "bare CR in a trailer": [post(CODING + b"chunked\r\n", b"0\r\nX: y\rZ: 1\r\n\r\n")],
    "CR after a trailer": [post(CODING + b"chunked\r\n", b"0\r\nX: y\r\n\rZ: 1\r\n\r\n" + GET)],
    "header of 20 KB": [get(b"A: " + b"a" * 20000 + b"\r\n")],
    "header of 1 MiB, dripping": [LIVE + b"\r\n" + HOST + b"A: "] + [b"a" * 131072] * 8,
    "target of 20 KB": [get(line=b"GET /" + b"a" * 20000 + b" HTTP/1.1")],
    "200 headers": [get(b"".join(b"H%d: x\r\n" % i for i in range(200)))],
    "100 MB announced": [post(LENGTH + b"100000000\r\n", b"abc")],
    "unknown expectation": [post(LENGTH + b"3\r\nExpect: foo\r\n", b"abc")],
    "TLS hello": [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"],
    "HTTP/2 preface": [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    "version 1.9": [get(line=b"GET /health/live HTTP/1.9")],
    "HTTP/0.9": [b"GET /health/live\r\n\r\n"],
    "lower-case method": [get(line=b"get /health/live HTTP/1.1")],
    "CONNECT": [get(line=b"CONNECT localhost:1 HTTP/1.1")],
    "bad escape": [get(line=b"GET /api/%zz HTTP/1.1")],
    "half an escape": [get(line=b"GET /api/%4 HTTP/1.1")],
    "escaped NUL": [get(line=b"GET /api/a%00b HTTP/1.1")],
    "not UTF-8": [get(line=b"GET /api/\xff HTTP/1.1")],
    "absolute target of another host": [get(line=b"GET http://elsewhere/health/live HTTP/1.1")],
    "Host with a user": [LIVE + b"\r\nHost: me@localhost\r\n\r\n"],
    "nine empty lines": [b"\r\n" * 9 + GET],
    "space in the target": [get(line=b"GET /a b HTTP/1.1")],
}
# Exactly so many answers below 500 and still open; 0: one answer, open or not.
SERVE = {
    "plain": (1, [GET]),
    "HEAD": (1, [get(line=b"HEAD /health/live HTTP/1.1")]),
    "three pipelined": (3, [GET + post(LENGTH + b"3\r\n", b"abc") + GET]),
    "thirty pipelined": (30, [GET * 30]),
    "same length twice or refused": (0, [post(LENGTH + b"3\r\n" + LENGTH + b"3\r\n", b"abc")]),
    "chunked": (1, [post(CODING + b"chunked\r\n", b"3\r\nabc\r\n" + END)]),
    "chunked, split anywhere, trailer": (
        2,
        [
            b"POST /api/nowhere HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chu",
            b"nked\r\n\r\n3\r",
            b"\nab",
            b"c\r\n0\r\nX: y\r\n\r\n" + GET,
        ],
    ),
    "a byte at a time": (1, [bytes([b]) for b in GET]),
    "leading empty lines": (1, [b"\r\n\r\n" + GET]),
    "Upgrade is ignored": (2, [get(b"Connection: upgrade\r\nUpgrade: h2c\r\n") + GET]),
    "Upgrade with a body": (2, [post(b"Connection: upgrade\r\nUpgrade: h2c\r\n" + LENGTH + b"3\r\n", b"abc") + GET]),
    "HTTP/1.0 that stays": (1, [b"GET /health/live HTTP/1.0\r\n" + HOST + b"Connection: keep-alive\r\n\r\n"]),
    "a body on GET": (2, [get(LENGTH + b"2\r\n") + b"{}" + GET]),
    "100-continue": (1, [post(LENGTH + b"3\r\nExpect: 100-continue\r\n"), b"abc"]),
    "absolute target": (1, [get(line=b"GET http://localhost/health/live HTTP/1.1")]),
}
# Closed before the deadline.
FINISH = {
    "head that never ends, a byte a second": ("drip", LIVE + b"\r\n" + HOST + b"A: " + b"b" * 60),
    "body that never comes": ("wait", post(LENGTH + b"10\r\n", b"abc")),
    "body, a byte a second": ("drip body", post(LENGTH + b"60\r\n")),
    "chunks, a byte a second": ("drip body", post(CODING + b"chunked\r\n") + b"30\r\n"),
    "bare LF head": ("wait", LIVE + b"\nHost: localhost\n\n"),
    "half a request, then FIN": ("half", b"GET /health/live HT"),
    "a request, then FIN": ("half", GET),
}


def address(url):
    parts = urlsplit(str(url))
    return parts.hostname, parts.port


def statuses(got):
    return [int(c) for c in re.findall(rb"HTTP/1\.[01] (\d+)", got) if c != b"100"]


def talk(where, parts, wait, expected=None):
    """Sends the parts; the statuses answered and whether the connection ended. After `expected` ones it waits no longer
    than a wrong further one takes."""
    s = socket.create_connection(where, 3)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.settimeout(wait)
    got, ended = b"", False
    try:
        for i, part in enumerate(parts):
            if i:
                time.sleep(0.15 if len(parts) < 20 else 0.005)
            s.sendall(part)
    except OSError:
        ended = True
    try:
        while not ended:
            more = s.recv(65536)
            ended = not more
            got += more
            if expected and len(statuses(got)) >= expected:
                s.settimeout(0.15)
    except socket.timeout:
        pass
    except OSError:
        ended = True
    s.close()
    return statuses(got), ended


def lasts(where, kind, data):
    """How long the connection stays open."""
    s = socket.create_connection(where, 3)
    s.settimeout(0.2)
    start, sent = time.monotonic(), 0
    try:
        if kind == "drip body":
            s.sendall(data)
            kind, data = "drip", b"b" * 60
        elif kind != "drip":
            s.sendall(data)
        if kind == "half":
            s.shutdown(socket.SHUT_WR)
        while time.monotonic() - start < DEADLINE_S + 5:
            if kind == "drip" and sent < len(data) and time.monotonic() - start > sent:
                s.sendall(data[sent : sent + 1])
                sent += 1
            try:
                if not s.recv(65536):
                    break
            except socket.timeout:
                pass
    except OSError:
        pass
    finally:
        s.close()
    return time.monotonic() - start


@pytest.fixture(params=["movies", "gateway"])
def where(request, m):
    return address(getattr(m, request.param).base_url)


@pytest.mark.parametrize("name", REFUSE)
def test_refused(where, name):
    codes, ended = talk(where, REFUSE[name], 3)
    assert len(codes) <= 1 and ended, f"{codes} {'closed' if ended else 'OPEN'}"
    assert all(400 <= c < 500 or c in (501, 505) for c in codes), codes
    assert talk(where, [LAST], 3)[0] == [200]


@pytest.mark.parametrize("name", SERVE)
def test_served(where, name):
    want, parts = SERVE[name]
    codes, ended = talk(where, parts, 3, want or 1)
    assert all(c < 500 for c in codes), codes
    assert (len(codes), ended) == (want, False) if want else len(codes) == 1, f"{codes} {'closed' if ended else 'open'}"


@pytest.mark.long
def test_none_outlives_the_deadline(m):
    where, took = address(m.gateway.base_url), {}
    threads = [threading.Thread(target=lambda n=n: took.__setitem__(n, lasts(where, *FINISH[n]))) for n in FINISH]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(took) == len(FINISH)
    late = {n: round(t) for n, t in took.items() if t > DEADLINE_S}
    assert not late, f"still open: {late}"
    assert talk(where, [LAST], 3)[0] == [200]


def test_many_connections_that_say_nothing(m):
    where = address(m.gateway.base_url)
    idle = [socket.create_connection(where, 3) for _ in range(500)]
    assert talk(where, [LAST], 3)[0] == [200]
    for s in idle:
        s.close()
    assert talk(where, [LAST], 3)[0] == [200]


def test_leaving_before_the_answer(m):
    """A client that goes away while its request is served must not take the server with it."""
    where = address(m.gateway.base_url)
    for i in range(200):
        s = socket.create_connection(where, 3)
        s.sendall(b"GET /api/movies?limit=100 HTTP/1.1\r\n" + HOST + b"\r\n" + (GET if i % 2 else b""))
        if i % 3 == 0:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    assert talk(where, [LAST], 3)[0] == [200]
