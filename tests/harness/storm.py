"""Many clients at once: a small HTTP client on asyncio that costs little, so that the server and not the test is busy."""

import asyncio
import json
import os
import random
import time

SEED = int(os.environ.get("TAQUILLA_SEED") or random.randrange(1, 10**9))
SECONDS = float(os.environ.get("TAQUILLA_STORM_SECONDS") or 8)


class Gone(Exception):
    """The connection ended before an answer came: what happened is unknown."""


class Line:
    """One keep-alive connection to one service."""

    def __init__(self, port, host="127.0.0.1"):
        self.host, self.port = host, port
        self.reader = self.writer = None
        self.headers = {}  # of the last answer

    async def close(self):
        if self.writer:
            self.writer.close()
            self.reader = self.writer = None

    async def open(self):
        if not self.writer:
            try:
                self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
            except OSError as problem:
                raise Gone(str(problem)) from None

    async def ask(self, method, path, body=None, timeout=60, **headers):
        """Status and body. Raises Gone."""
        await self.open()
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
        if body is not None:
            head += "Content-Type: application/json\r\n"
        head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        try:
            self.writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            return await asyncio.wait_for(self.answer(), timeout)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as problem:
            await self.close()
            raise Gone(repr(problem)) from None

    async def answer(self):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines[1:] if line)}
        self.headers = headers
        if "chunked" in headers.get("transfer-encoding", ""):
            content = b""
            while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                content += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
        else:
            content = await self.reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return status, json.loads(content) if content else None


class Crowd:
    """So many clients of a cinema; each has a line to each service, of the replica that is its own."""

    def __init__(self, cinema, count):
        self.cinema = cinema
        homes = [cinema.replica(number) for number in range(count)]
        self.lines = [{s: Line(home.port(s)) for s in home.services} for home in homes]

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for lines in self.lines:
            for line in lines.values():
                await line.close()

    async def each(self, act):
        """act(number, lines) for every client at once; their results."""
        return await asyncio.gather(*(act(i, lines) for i, lines in enumerate(self.lines)))


async def together(*asked):
    """Requests on lines that are open already, sent at the same instant: (line, method, path, body, headers)."""
    await asyncio.gather(*(line.open() for line, *_ in asked))
    return await asyncio.gather(
        *(line.ask(method, path, body, **(more[0] if more else {})) for line, method, path, body, *more in asked)
    )


def storm(main, seed=None):
    """Runs a coroutine function with its own dice; says the seed."""
    seed = seed or SEED
    print(f"TAQUILLA_SEED={seed}")
    return asyncio.run(main(random.Random(seed)))


class Clock:
    def __init__(self, seconds=SECONDS):
        self.end = time.monotonic() + seconds

    def runs(self):
        return self.left() > 0

    def left(self):
        return self.end - time.monotonic()
