"""Stands in front of one of aws.py's servers and is what AWS is on a bad day; what it does not break goes through byte for byte.

    with Proxy(aws.s3) as proxy:                    # Proxy(aws.dynamodb, "dynamodb") speaks JSON when it refuses
        Cinema(**aws.settings(s3=proxy.url))        # the signature is of the proxy's own Host, which the server checks as it came
        proxy.fail("SlowDown", count=3)             # the next three are refused and do not reach the server; see REFUSALS
        proxy.fail("InternalError", share=0.2)      # a fifth of all, until calm()
        proxy.fail("InternalError", after=True)     # the server did it, the answer is the refusal nevertheless
        proxy.cut("request", at=1000)               # the line breaks when so many bytes of the body have come
        proxy.cut("answer", at=0)                   # it is done, and nobody is told; at=None: anywhere in the body
        proxy.slow(2.5)                             # seconds before the answer
        proxy.leave(0.5)                            # BatchWriteItem: that share of its items comes back as UnprocessedItems
        proxy.clock(3600)                           # its Date is an hour ahead, and so it judges who is too late or too early
        proxy.expire("ASIA...")                     # a key id or a session token; give_back() takes it back
        proxy.calm()                                # none of this any more; clock and expire as well
        proxy.asked                                 # every request that came: method, path, operation, status, fault

count (how many), share (of what comes) and when (a function of the request) say which; the last rule that fits wins. The clock works in
front of moto and DynamoDB Local, which do not look at the time: VersityGW has a clock of its own and refuses whoever believes the proxy's.
"""

import datetime
import email.utils
import json
import random
import re
import socket
import struct
import threading
import time
import urllib.parse

from harness.ports import hold_port, let_port

WAIT_S = 120
AMAZON = "com.amazonaws.dynamodb.v20120810#"
CORAL = "com.amazon.coral.service#"
# By service: status, code or type, sentence.
REFUSALS = {
    "s3": {
        "SlowDown": (503, "Please reduce your request rate."),
        "ServiceUnavailable": (503, "Please reduce your request rate."),
        "InternalError": (500, "We encountered an internal error. Please try again."),
        "RequestTimeout": (400, "Your socket connection to the server was not read from or written to within the timeout period."),
        "ExpiredToken": (400, "The provided token has expired."),
        "AccessDenied": (403, "Access Denied"),
        "RequestTimeTooSkewed": (403, "The difference between the request time and the current time is too large."),
    },
    "dynamodb": {
        "ThrottlingException": (400, CORAL, "Rate exceeded"),
        "ProvisionedThroughputExceededException": (400, AMAZON, "The level of configured provisioned throughput was exceeded."),
        "RequestLimitExceeded": (400, AMAZON, "Throughput exceeds the current throughput limit for your account."),
        "InternalServerError": (500, AMAZON, "The request processing has failed because of an unknown error."),
        "ServiceUnavailable": (503, CORAL, "The service is unavailable. Please try again."),
        "ExpiredTokenException": (400, CORAL, "The security token included in the request is expired"),
        "AccessDeniedException": (400, CORAL, "is not authorized to perform this action"),
        "InvalidSignatureException": (400, CORAL, "Signature expired"),
    },
}
WINDOW_S = {"s3": 15 * 60, "dynamodb": 5 * 60}  # how far off a request's time may be


class Request:
    """A request as it came, without its body."""

    def __init__(self, reader):
        self.head = reader.readline()
        self.method, self.path, _ = self.head.decode("latin-1").split(" ", 2)
        self.headers = {}
        while (line := reader.readline()).strip():
            self.head += line
            name, value = line.decode("latin-1").split(":", 1)
            self.headers[name.strip().lower()] = value.strip()
        self.query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query, keep_blank_values=True))
        self.operation = self.headers.get("x-amz-target", "").rpartition(".")[2]  # of DynamoDB: PutItem ...
        self.status = self.fault = None

    def chunked(self):
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    def length(self):
        return int(self.headers.get("content-length", 0))

    def key_id(self):
        scope = self.query.get("X-Amz-Credential") or (re.search(r"Credential=([^,\s]+)", self.headers.get("authorization", "")) or [0, ""])[1]
        return scope.split("/")[0]

    def token(self):
        return self.headers.get("x-amz-security-token") or self.query.get("X-Amz-Security-Token")

    def time(self):
        """When it says that it was made, or None."""
        text = self.headers.get("x-amz-date") or self.query.get("X-Amz-Date")
        if not text:
            return None
        return datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC).timestamp()

    def __repr__(self):
        return f"<{self.method} {self.path} {self.operation} {self.status} {self.fault or ''}>"


class Rule:
    def __init__(self, do, count, share, when):
        self.do, self.count, self.share, self.when = do, count, share, when

    def takes(self, request, dice):
        if self.count == 0 or (self.when and not self.when(request)) or (self.share is not None and dice.random() >= self.share):
            return False
        if self.count is not None:
            self.count -= 1
        return True


class Proxy:
    def __init__(self, server, service="s3", dice=random, keys=None):
        """keys: those of awskeys.py, refused when they ran out."""
        self.server, self.service, self.dice, self.keys = server, service, dice, keys
        self.port = hold_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.rules, self.expired, self.ahead_s, self.asked = [], set(), 0, []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self.serve, daemon=True).start()

    # --- what it shall do ---

    def rule(self, do, count, share, when):
        with self.lock:
            self.rules.append(Rule(do, 1 if count is None and share is None and when is None else count, share, when))

    def fail(self, code, count=None, share=None, when=None, after=False):
        assert code in REFUSALS[self.service], f"{code} is none of {', '.join(REFUSALS[self.service])}"
        self.rule(("fail", code, after), count, share, when)

    def cut(self, what, at=None, count=None, share=None, when=None):
        assert what in ("request", "answer")
        self.rule(("cut", what, at), count, share, when)

    def slow(self, seconds, count=None, share=1, when=None):
        self.rule(("slow", seconds), count, share, when)

    def leave(self, part, count=None, share=1):
        self.rule(("leave", part), count, share, lambda request: request.operation == "BatchWriteItem")

    def clock(self, ahead_s):
        self.ahead_s = ahead_s

    def expire(self, key_id_or_token):
        self.expired.add(key_id_or_token)

    def give_back(self, key_id_or_token):
        self.expired.discard(key_id_or_token)

    def calm(self):
        with self.lock:
            self.rules, self.expired, self.ahead_s = [], set(), 0

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # else who waits in accept() keeps it open
        self.listener.close()
        let_port(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- what it does ---

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        near.settimeout(WAIT_S)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with near, near.makefile("rb") as reader:
            try:
                while self.one(near, reader):
                    pass
            except (OSError, ValueError):
                pass  # either side broke off

    def one(self, near, reader):
        """One request and its answer; whether the line goes on."""
        try:
            request = Request(reader)
        except ValueError:
            return False  # the end
        with self.lock:
            self.asked.append(request)
            rule = next((r for r in reversed(self.rules) if r.takes(request, self.dice)), None)
        do = rule.do if rule else ("pass",)
        refusal = self.judge(request)
        if do[0] == "fail" and not do[2]:
            refusal = do[1]
        if "100-continue" in request.headers.get("expect", "").lower():
            near.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if do[:2] == ("cut", "request"):
            return self.break_request(near, reader, request, do[2])
        body = b"".join(pieces(reader, request.length(), request.chunked(), raw=True))
        if refusal:
            near.sendall(self.refuse(request, refusal))
            return True
        left = {}
        if do[0] == "leave":
            body, left = self.split(request, body, do[1])
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=WAIT_S) as far:
            far.sendall(request.head + b"\r\n" + body)
            with far.makefile("rb") as answers:
                return self.answer(near, answers, request, do, left)

    def judge(self, request):
        """What AWS itself would hold against it, by the proxy's clock and of keys that ran out."""
        if self.expired & {request.key_id(), request.token()} or (self.keys and self.keys.ran_out(request.key_id())):
            return "ExpiredToken" if self.service == "s3" else "ExpiredTokenException"
        said = request.time()
        if self.ahead_s and said is not None and abs(said - time.time() - self.ahead_s) > WINDOW_S[self.service]:
            return "RequestTimeTooSkewed" if self.service == "s3" else "InvalidSignatureException"
        return None

    def date(self):
        return email.utils.formatdate(time.time() + self.ahead_s, usegmt=True)

    def refuse(self, request, code):
        status, *rest = REFUSALS[self.service][code]
        request.status, request.fault = status, code
        if self.service == "s3":
            kind = "application/xml"
            body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{rest[0]}</Message><RequestId>PROXY</RequestId></Error>'
        else:
            kind = "application/x-amz-json-1.0"
            body = json.dumps({"__type": rest[0] + code, "message": rest[1]})
        if request.method == "HEAD":
            body = ""  # as S3: the status alone
        head = f"HTTP/1.1 {status} Refused\r\nDate: {self.date()}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + body).encode()

    def break_request(self, near, reader, request, at):
        at = self.dice.randrange(max(1, request.length())) if at is None else at
        request.fault = "cut request"
        part = reader.read(min(at, request.length()))
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=WAIT_S) as far:
            far.sendall(request.head + b"\r\n" + part)
        reset(near)
        return False

    def split(self, request, body, part):
        """The batch without those of its items that stay behind, and those. Needs a server that checks no signature."""
        batch = json.loads(body)
        left = {}
        for table, writes in batch["RequestItems"].items():
            keep = max(1, round(len(writes) * (1 - part)))
            batch["RequestItems"][table], rest = writes[:keep], writes[keep:]
            left |= {table: rest} if rest else {}
        body = json.dumps(batch).encode()
        request.head = re.sub(rb"(?i)\r\ncontent-length: *\d+", b"\r\nContent-Length: %d" % len(body), request.head)
        request.fault = "left" if left else None
        return body, left

    def answer(self, near, answers, request, do, left):
        head, headers = answer_head(answers)
        while head.split(b" ", 2)[1].startswith(b"1"):
            head, headers = answer_head(answers)
        request.status = int(head.split(b" ", 2)[1])
        bare = request.method == "HEAD" or request.status in (204, 304)
        chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        length = 0 if bare else int(headers["content-length"]) if "content-length" in headers else None
        if left:
            body = json.loads(b"".join(pieces(answers, length, chunked)))
            body = json.dumps(body | {"UnprocessedItems": left}).encode()
            # The checksum is of the answer as it was.
            kept = (line for line in head.split(b"\r\n") if not re.match(rb"(?i)(content-length|transfer-encoding|x-amz-crc32):", line))
            near.sendall(b"\r\n".join(kept).rstrip() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            return True
        if do[0] == "slow":
            request.fault = "slow"
            time.sleep(do[1])
        if do[0] == "fail":
            for _ in pieces(answers, length, chunked and not bare):
                pass
            near.sendall(self.refuse(request, do[1]))
            return True
        room = None
        if do[0] == "cut":
            request.fault = "cut answer"
            room = self.dice.randrange(max(1, length or 1)) if do[2] is None else do[2]
            if do[2] == 0:
                reset(near)
                return False
        if self.ahead_s:
            head = re.sub(rb"(?im)^date:.*?\r\n", b"", head)
            head = head[:-2] + f"Date: {self.date()}\r\n\r\n".encode()
        near.sendall(head)
        for piece in pieces(answers, length, chunked and not bare, raw=True):
            near.sendall(piece if room is None else piece[:room])
            room = None if room is None else room - len(piece)
            if room is not None and room <= 0:
                break
        if room is not None:
            near.shutdown(socket.SHUT_WR)
            return False
        return bare or chunked or length is not None


def answer_head(answers):
    head, headers = answers.readline(), {}
    if not head:
        raise OSError("no answer")
    while (line := answers.readline()).strip():
        head += line
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return head + b"\r\n", headers


def pieces(reader, length, chunked, raw=False):
    """A body piece by piece; one in chunks unpacked, or raw: as it lies on the line, which is how it is passed on."""
    if chunked:
        yield from chunks(reader, raw)
    while not chunked and length != 0:
        piece = reader.read1(65536) if length is None else reader.read1(min(65536, length))
        if not piece:
            if length is None:
                return
            raise OSError("broke off")
        length = None if length is None else length - len(piece)
        yield piece


def chunks(reader, raw):
    while True:
        line = reader.readline()
        size = int(line.split(b";")[0], 16)
        data = reader.read(size + 2)
        if len(data) < size + 2:
            raise OSError("broke off")
        yield line + data if raw else data[:-2]
        if size == 0:
            return


def reset(line):
    """Ends it without a farewell."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.shutdown(socket.SHUT_RD)
