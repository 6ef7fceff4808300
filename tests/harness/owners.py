"""Three owners made up by a test: they tell a position, give their tables away as exports, and may be slow or gone."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from harness.figures import TABLES

TOKEN = "the-owners-know-each-other-0123456789"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.owners.connections.add(self.connection)

    def finish(self):
        self.server.owners.connections.discard(self.connection)
        super().finish()

    def do_GET(self):
        address, owners = urlsplit(self.path), self.server.owners
        query = {k: v[0] for k, v in parse_qs(address.query).items()}
        if address.path == "/health/live":
            return self.say({"status": "alive"})
        if self.headers["authorization"] != f"Bearer {TOKEN}":
            return self.say({"code": "unauthenticated"}, 401)
        if address.path == "/feed":
            assert query == {"limit": "0"}
            return self.say({"events": [], "position": owners.position})
        if address.path == "/export":
            owners.exports += 1
            return self.send_lines(owners.lines(query["tables"].split(",")))
        assert address.path == "/internal/users"
        wanted = {int(i) for i in query["ids"].split(",")}
        users = [u for u in owners.rows["users"] if u["id"] in wanted]
        return self.say({"success": True, "data": [{"id": u["id"], "name": u["name"]} for u in users]})

    def say(self, body, status=200):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_lines(self, content):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(content), 1009):
            self.server.owners.flowing.wait(60)
            piece = content[at : at + 1009]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


class Owners:
    """All three behind one address; what they hold is `rows`, by table."""

    def __init__(self):
        self.rows = {table: [] for tables in TABLES.values() for table in tables}
        self.position, self.exports = 0, 0
        self.connections = set()
        self.flowing = threading.Event()  # cleared: exports stop in their middle
        self.flowing.set()
        self.open()

    def open(self, port=0):
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.owners = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        """Gone; open(port) brings them back."""
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it went by itself

    def hold(self, rows):
        self.rows = rows
        self.position += 1

    def lines(self, tables):
        rows = [{"table": t, "row": row} for t in tables for row in self.rows[t]]
        end = {"end": True, "position": self.position, "rows": len(rows)}
        return b"".join(json.dumps(r, separators=(",", ":")).encode() + b"\n" for r in [*rows, end])

    def settings(self):
        url = f"http://127.0.0.1:{self.port}"
        return {
            "MOVIES_API_URL": url,
            "ROOMS_API_URL": url,
            "RESERVATIONS_API_URL": url,
            "SERVICE_TOKEN": TOKEN,
        }
