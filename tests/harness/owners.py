"""Three owners made up by a test: each tells its log as a feed and what stands as a snapshot, and may be slow or gone."""

import json
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from harness.figures import facts_of

TOKEN = "the-owners-know-each-other-0123456789"
SERVICES = ("movies", "rooms", "reservations")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.owner.connections.add(self.connection)

    def finish(self):
        self.server.owner.connections.discard(self.connection)
        super().finish()

    def do_GET(self):
        address, owner = urlsplit(self.path), self.server.owner
        query = {k: v[0] for k, v in parse_qs(address.query).items()}
        if address.path == "/health/live":
            return self.say({"status": "alive"})
        if self.headers["authorization"] != f"Bearer {TOKEN}":
            return self.say({"code": "unauthenticated"}, 401)
        if address.path == "/feed":
            return self.say(owner.page(query))
        if address.path == "/feed/snapshot":
            owner.flowing.wait(60)
            return self.say(owner.snapshot_page(query))
        assert address.path == "/internal/users"
        wanted = {int(i) for i in query["ids"].split(",")}
        return self.say({"success": True, "data": [u for u in owner.users if u["id"] in wanted]})

    def say(self, body, status=200):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # who asked went away
            super().handle_error(request, client_address)


class Owner:
    """One owner: `log` is what happened after position `base`; its feed ends at position `end`."""

    def __init__(self, name, base):
        self.name, self.log, self.base, self.end, self.users = name, [], base, base, []
        self.page_events = lambda: 1000  # how many events it puts on a page, if it has them
        self.snapshots = 0
        self.connections = set()
        self.moved = threading.Condition()
        self.flowing = threading.Event()  # cleared: snapshots do not come
        self.flowing.set()
        self.open()

    def open(self, port=0):
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.owner = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        """Gone; open(port) brings it back."""
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it went by itself

    def event(self, at, position, key=""):
        kind, subject, data, moment = self.log[at]
        return {
            "specversion": "1.0",
            "id": f"{self.name}-{position}{key}",
            "source": f"taquilla/{self.name}",
            "type": kind,
            "subject": str(subject),
            "time": moment,
            "datacontenttype": "application/json",
            "schemaversion": 1,
            "position": position,
            "data": data,
        }

    def page(self, query):
        after, limit = int(query.get("after", 0)), int(query.get("limit", 1000))
        until = time.monotonic() + int(query.get("wait", 0))
        with self.moved:
            while limit and after == self.end and (left := until - time.monotonic()) > 0:
                self.moved.wait(left)
            last = min(self.end, after + min(limit, self.page_events()))
            events = [self.event(n - self.base, n + 1) for n in range(after, last)] if limit else []
            return {"events": events, "position": self.end}

    def snapshot_page(self, query):
        assert query["of"] == "all"
        with self.moved:
            first = int(query.get("after", "all:0").partition(":")[2])
            self.snapshots += first == 0
            standing = list(self.standing().values())
            last = first + min(int(query["limit"]), self.page_events())
            events = [self.event(at, self.end, f"-{at}") for at in standing[first:last]]
            return {"events": events, "position": self.end, "next": f"all:{last}" if last < len(standing) else None}

    def standing(self):
        """{what it is about: where its last fact is in the log}; of a room's seats each fact tells some, so all of them stand."""
        told = enumerate(self.log[: self.end - self.base])
        return {(kind.partition(".")[0], subject, kind.startswith("seats.") and at): at for at, (kind, subject, *_) in told}

    def tell(self, facts=(), end=None):
        """What happens next, (type, subject, data, time) each; it is committed up to position `end`, or all."""
        with self.moved:
            self.log += facts
            self.end = self.base + len(self.log) if end is None else end
            self.moved.notify_all()

    def begin_anew(self, facts, base):
        """Another store, whose log ends before the other's did: readers begin with its snapshot."""
        with self.moved:
            self.log, self.base = list(facts), base
            self.end = base + len(self.log)
            self.moved.notify_all()


class Owners:
    """All three; what they hold can also be given as the rows of their tables."""

    def __init__(self, base=10**9):
        self.of = {name: Owner(name, base) for name in SERVICES}
        self.base = base

    def open(self):
        for owner in self.of.values():
            owner.open(owner.port)

    def close(self):
        for owner in self.of.values():
            owner.close()

    def hold(self, rows):
        """Nothing but these rows, in stores that are new each time: their logs are shorter than before."""
        self.base -= 10**6
        self.of["reservations"].users = [{"id": u["id"], "name": u["name"]} for u in rows["users"]]
        for name, facts in facts_of(rows).items():
            self.of[name].begin_anew(facts, self.base)

    def settings(self):
        urls = {f"{name.upper()}_API_URL": f"http://127.0.0.1:{owner.port}" for name, owner in self.of.items()}
        return urls | {"SERVICE_TOKEN": TOKEN}
