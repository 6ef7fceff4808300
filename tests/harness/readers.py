"""Readers of an owner's feed on asyncio, by long poll and by stream: what each has seen, when, and what was out of order."""

import asyncio
import json
import random
import time

from harness.storm import Line

WAIT_S = 2
PAGE = 50


class Reader:
    """Reads one replica's feed from its beginning until it is told to end."""

    def __init__(self, name, port, token):
        self.name, self.port, self.token = name, port, token
        self.seen, self.problems, self.ended = {}, [], False  # position: (event, time)
        self.last = 0

    def take(self, event):
        position = event["position"]
        if position != self.last + 1:
            self.problems.append(f"{self.name}: {position} after {self.last}")
        self.last = position
        self.seen[position] = event, time.monotonic()


class Poller(Reader):
    pause_s = 0

    async def run(self):
        line = Line(self.port)
        while not self.ended:
            path = f"/feed?after={self.last}&limit={PAGE}&wait={WAIT_S}"
            status, page = await line.ask("GET", path, Authorization=f"Bearer {self.token}")
            if status == 200:
                for event in page["events"]:
                    self.take(event)
                if page["position"] < self.last:
                    self.problems.append(f"{self.name}: has {self.last} and is told that the log ends at {page['position']}")
                await asyncio.sleep(random.random() * self.pause_s)
            else:
                self.problems.append(f"{self.name}: {status} {page['code']} after {self.last}")
                await asyncio.sleep(0.05)
        await line.close()


class SlowPoller(Poller):
    """Comes back at any moment, and not when there is news."""

    pause_s = 0.02


class Streamer(Reader):
    """Cut off after so many events, it resumes with Last-Event-ID."""

    cut_after = 200

    async def run(self):
        while not self.ended:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
            head = f"GET /feed HTTP/1.0\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer {self.token}\r\n"
            writer.write(f"{head}Last-Event-ID: {self.last}\r\n\r\n".encode())
            try:
                status = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
                if status != b"200":
                    self.problems.append(f"{self.name}: {status.decode()} after {self.last}")
                    await asyncio.sleep(0.05)
                    continue
                for _ in range(self.cut_after):
                    event = await self.event(reader)
                    if event is None:
                        break
                    self.take(event)
            except ConnectionResetError:
                self.problems.append(f"{self.name}: cut off after {self.last}")
            finally:
                writer.close()

    async def event(self, reader):
        """The next one; None when the stream or this reader ends."""
        while not self.ended:
            try:
                line = await asyncio.wait_for(reader.readline(), WAIT_S)
            except asyncio.TimeoutError:
                continue
            if not line:
                return None
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        return None


async def whole_log(port, token):
    """Every event, asked of one replica page by page."""
    line, events = Line(port), []
    while True:
        after = events[-1]["position"] if events else 0
        status, page = await line.ask("GET", f"/feed?after={after}&limit=1000", Authorization=f"Bearer {token}")
        assert status == 200, page
        if not page["events"]:
            await line.close()
            return events
        events += page["events"]
