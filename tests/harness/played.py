"""HTTP servers that play AWS's: each answers as a test tells it and keeps what it was asked."""

import json
import ssl
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.cinema import bare_environment, free_ports, program


class Asked:
    def __init__(self, handler, body):
        self.method, self.path, self.body = handler.command, handler.path, body
        self.headers = {k.lower(): v for k, v in handler.headers.items()}
        self.at = time.monotonic()
        self.connection = handler.client_address


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        asked = Asked(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        with self.server.lock:
            self.server.asked.append(asked)
        said = self.server.say(asked)
        if said is None:  # no answer: the connection is lost
            self.close_connection = True
            return
        status, body, headers = said if len(said) == 3 else (*said, {})
        body = body.encode() if isinstance(body, str) else body
        self.send_response_only(status)
        for name, value in ({"Date": formatdate(usegmt=True), "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

    def log_message(self, *_):
        pass


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), OSError):  # who asks may leave before the answer's end
            super().handle_error(request, client_address)


class Played:
    """with Played(say) as server: say(asked) gives (status, body) or (status, body, headers), or None for a lost connection."""

    def __init__(self, say, certificate=None):
        self.port = free_ports(1)
        self.server = Listener(("127.0.0.1", self.port), Handler)
        self.server.say, self.server.asked, self.server.lock = say, [], threading.Lock()
        self.asked = self.server.asked
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def certificate(folder):
    """(certificate, key) of 127.0.0.1, its own authority."""
    made = folder / "own.pem", folder / "own.key"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, "-out", made[0], "-keyout", made[1]],
        check=True,
        capture_output=True,
    )
    return made


def expires(in_s):
    return (datetime.now(UTC) + timedelta(seconds=in_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


def handed_out(key="ASIAPLAYED", in_s=3600, **more):
    """What a container's endpoint and the machine's answer."""
    keys = {"AccessKeyId": key, "SecretAccessKey": f"secret-of-{key}", "Token": f"token-of-{key}", "Expiration": expires(in_s)}
    return json.dumps({"Code": "Success", "Type": "AWS-HMAC"} | keys | more)


def key_of(asked):
    """The key by which a request was signed."""
    return asked.headers["authorization"].split("Credential=")[1].split("/")[0]


def ask(folder, *commands, timeout=60, retries=2, tool="try_aws", **settings):
    """What lib/aws/try_aws, or another tool there, answers to each command, and its log; nothing of this machine's own credentials is seen."""
    environment = bare_environment(folder, **({"HOME": folder, "AWS_EC2_METADATA_DISABLED": "true"} | settings))
    path = program().parent.parent / "lib" / "aws" / tool
    done = subprocess.run([path, str(retries), *commands], env=environment, capture_output=True, text=True, timeout=timeout)
    reports = "".join(p.read_text() for p in folder.glob("sanitizer*"))
    assert done.returncode == 0 and not reports, f"{done.returncode}\n{done.stdout}{done.stderr}{reports}"
    lines = done.stdout.splitlines()
    log = [line for line in lines if '"event"' in line]
    return [json.loads(line) if line.startswith("{") else line for line in lines if line not in log], "\n".join(log) + done.stderr
