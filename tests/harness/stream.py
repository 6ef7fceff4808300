"""A reader of server-sent events."""

import contextlib
import json
import socket
import threading
import time

import httpx

STREAM = {"Accept": "text/event-stream"}


class Stream:
    """A reader of its own thread: what came, in order, as (id, event, data)."""

    def __init__(self, url, headers=None, **query):
        self.events, self.comments, self.status, self.ended = [], 0, None, threading.Event()
        url = httpx.URL(url, params=query)
        self.socket = socket.create_connection((url.host, url.port), timeout=40)
        lines = [f"GET {url.raw_path.decode()} HTTP/1.0", f"Host: {url.host}"]
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
                    self.events.append((event.get("id"), event["event"], json.loads(event["data"])))
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
