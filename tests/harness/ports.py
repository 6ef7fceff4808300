"""Ports that nobody listens on, from the range that this run of the tests was given: TAQUILLA_TEST_PORTS=FIRST-END."""

import os
import socket


def ports():
    """The range to choose from; tests that run side by side have a part of it each."""
    first, end = (int(p) for p in os.environ.get("TAQUILLA_TEST_PORTS", "21000-21990").split("-"))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = (end - first) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return range(first + worker * share, first + (worker + 1) * share)


PORTS = ports()
HELD = set()  # blocks that keep their ports while nobody listens on them: a server between its crash and its next start

_next_port = [PORTS.start + (os.getpid() * 10) % (len(PORTS) // 2)]


def free_ports(count=6):
    """A block of ports that nobody listens on, the first of them."""
    for _ in range(len(PORTS) // 10 + 1):
        base = _next_port[0]
        _next_port[0] = base + 10 if base + 20 < PORTS.stop else PORTS.start
        if base in HELD:
            continue
        held = []
        try:
            for port in range(base, base + count):
                s = socket.socket()
                held.append(s)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for s in held:
                s.close()
    raise AssertionError(f"every block of ports from {PORTS.start} to {PORTS.stop} is taken: TAQUILLA_TEST_PORTS=FIRST-END gives more")


def hold_port():
    """One that is the caller's until let_port(), whether it listens or not."""
    port = free_ports(1)
    HELD.add(port)
    return port


def let_port(port):
    HELD.discard(port)
