"""Where a machine in AWS finds its keys, spoken as documented: the container's endpoint, the machine's (IMDSv2), and STS with a web identity.

    keys = Keys(aws.s3, lives_s=900)             # sessions of moto's role, real there; of another server its own keys, without a token
    with Container(keys) as player:              # or Machine(keys), Sts(keys)
        Cinema(**nobody(aws.settings()), **player.settings())
        keys.lives_s = 310                       # of the next ones handed out; what is shown as their end
        player.refuse(503, count=2); player.silent = True; player.calm()
        player.asked                             # (method, path) of every request; keys.handed: key ids and their ends, oldest first
    Proxy(aws.s3, keys=keys)                     # answers ExpiredToken to a key of theirs after its end: no stand-in does that itself

boto3 believes them all: tests/cloud/test_keys.py.
"""

import datetime
import http.server
import json
import re
import secrets
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path
from xml.sax.saxutils import escape

from harness.aws import ROLE
from harness.ports import hold_port, let_port

NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_EC2_METADATA_DISABLED")


def nobody(settings):
    """Without keys: whoever gets them looks elsewhere."""
    return {name: value for name, value in settings.items() if name not in NAMES} | {"AWS_EC2_METADATA_DISABLED": "true"}


def text(when):
    return datetime.datetime.fromtimestamp(when, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Keys:
    def __init__(self, server, lives_s=3600):
        self.server, self.lives_s, self.handed = server, lives_s, {}

    def new(self):
        session = getattr(self.server, "session", None)
        key, secret, token = session() if session else (*self.server.keys, "")
        end = int(time.time() + self.lives_s)
        self.handed[key] = end
        return {"AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "Expiration": text(end)}

    def ran_out(self, key):
        return self.handed.get(key, float("inf")) <= time.time()


class Player:
    """Listens from the start until close()."""

    def __init__(self, keys):
        self.keys, self.asked, self.refusals, self.silent = keys, [], [], False
        self.port = hold_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = Path(tempfile.mkdtemp(prefix="taquilla-keys-"))
        self.over = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def handler(player):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                player.asked.append((self.command, self.path))
                while player.silent and not player.over.wait(0.05):
                    pass
                status, kind, said, headers = player.refused() or player.answer(self.command, self.path, self.headers, body)
                self.send_response(status)
                for name, value in ({"Content-Type": kind, "Content-Length": len(said.encode())} | headers).items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(said.encode())

            do_GET = do_PUT = do_POST = any

            def log_message(self, *_):
                pass

        return Handler

    def refuse(self, status, count=1):
        self.refusals += [status] * count

    def refused(self):
        return (self.refusals.pop(0), "text/plain", "no", {}) if self.refusals else None

    def calm(self):
        self.refusals, self.silent = [], False

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        let_port(self.port)
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Container(Player):
    """ECS and EKS Pod Identity: one address, asked with a secret that changes in its file."""

    PATH = "/v2/credentials/6f1e"

    def __init__(self, keys):
        super().__init__(keys)
        self.file = self.folder / "authorization"
        self.rotate()

    def rotate(self):
        self.token = secrets.token_urlsafe(24)
        self.file.write_text(self.token)

    def settings(self, by_file=True):
        told = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(self.file)} if by_file else {"AWS_CONTAINER_AUTHORIZATION_TOKEN": self.token}
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url + self.PATH} | told

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != self.token:
            return 401, "application/json", '{"code":"Unauthorized","message":"wrong token"}', {}
        if (method, path) != ("GET", self.PATH):
            return 404, "application/json", '{"code":"NotFound","message":"no such credentials"}', {}
        return 200, "application/json", json.dumps({"RoleArn": ROLE} | self.keys.new()), {}


class Machine(Player):
    """EC2: nothing is told without a token, which is given for a PUT and runs out."""

    PATH = "/latest/meta-data/iam/security-credentials/"
    TTL = "X-aws-ec2-metadata-token-ttl-seconds"

    def __init__(self, keys, role="cinema"):
        super().__init__(keys)
        self.role, self.tokens = role, {}

    def settings(self):
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url, "AWS_EC2_METADATA_DISABLED": "false"}

    def token(self, headers):
        seconds = headers.get(self.TTL, "")
        if not seconds.isdigit() or not 1 <= int(seconds) <= 21600:
            return 400, "text/html", "Bad Request", {}
        if "X-Forwarded-For" in headers:
            return 403, "text/html", "Forbidden", {}
        token = secrets.token_urlsafe(40)
        self.tokens[token] = time.monotonic() + int(seconds)
        return 200, "text/plain", token, {self.TTL: seconds}

    def forget(self):
        """Every token that was given."""
        self.tokens = {}

    def answer(self, method, path, headers, body):
        if path == "/latest/api/token":
            return self.token(headers) if method == "PUT" else (405, "text/html", "Not Allowed", {})
        if self.tokens.get(headers.get("X-aws-ec2-metadata-token"), 0) <= time.monotonic():
            return 401, "text/html", "Unauthorized", {}
        if self.role and path in (self.PATH, self.PATH.rstrip("/")):
            return 200, "text/plain", self.role, {}
        if self.role and path == self.PATH + self.role:
            said = {"Code": "Success", "LastUpdated": text(time.time()), "Type": "AWS-HMAC"} | self.keys.new()
            return 200, "text/plain", json.dumps(said, indent=2), {}
        return 404, "text/html", "Not Found", {}


class Sts(Player):
    """AssumeRoleWithWebIdentity, which is asked unsigned: the token in the file is what counts, and only the newest."""

    VERSION = "2011-06-15"
    ACTION = "AssumeRoleWithWebIdentity"

    def __init__(self, keys):
        super().__init__(keys)
        self.file, self.old = self.folder / "token", set()
        self.token = None
        self.rotate()

    def rotate(self):
        """A new token in the file; the old one is refused as expired."""
        self.old.add(self.token)
        self.token = f"{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(200)}.{secrets.token_urlsafe(256)}"
        self.file.write_text(self.token)

    def settings(self):
        return {
            "AWS_ENDPOINT_URL_STS": self.url,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(self.file),
            "AWS_ROLE_ARN": ROLE,
            "AWS_ROLE_SESSION_NAME": "taquilla",
        }

    def no(self, status, code, sentence):
        said = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{sentence}</Message></Error><RequestId>PLAYER</RequestId>"
        return status, "text/xml", f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/{self.VERSION}/">{said}</ErrorResponse>', {}

    def answer(self, method, path, headers, body):
        words = dict(urllib.parse.parse_qsl(body if method == "POST" else urllib.parse.urlsplit(path).query))
        if words.get("Action") != self.ACTION or words.get("Version") != self.VERSION:
            return self.no(400, "InvalidAction", "Could not find the operation for this version.")
        if not re.fullmatch(r"[\w+=,.@-]{2,64}", words.get("RoleSessionName", "")):
            return self.no(400, "ValidationError", "RoleSessionName is missing or not well formed.")
        if words.get("WebIdentityToken") in self.old:
            return self.no(400, "ExpiredTokenException", "Token expired")
        if words.get("WebIdentityToken") != self.token:
            return self.no(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for it")
        if words.get("RoleArn") != ROLE:
            return self.no(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        return 200, "text/xml", self.yes(words["RoleSessionName"]), {}

    def yes(self, session):
        keys = self.keys.new()
        keys["SessionToken"] = keys.pop("Token")
        elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in keys.items())
        user = f"<Arn>{ROLE.replace(':role/', ':assumed-role/')}/{session}</Arn><AssumedRoleId>AROA:{session}</AssumedRoleId>"
        result = (
            f"<SubjectFromWebIdentityToken>system:serviceaccount:cinema</SubjectFromWebIdentityToken><Audience>sts.amazonaws.com</Audience>"
            f"<AssumedRoleUser>{user}</AssumedRoleUser><Credentials>{elements}</Credentials><Provider>oidc</Provider>"
        )
        name = f"{self.ACTION}Response"
        meta = "<ResponseMetadata><RequestId>PLAYER</RequestId></ResponseMetadata>"
        space = f'xmlns="https://sts.amazonaws.com/doc/{self.VERSION}/"'
        return f"<{name} {space}><{self.ACTION}Result>{result}</{self.ACTION}Result>{meta}</{name}>"
