#!/usr/bin/env python3
"""Servers that stand in for AWS, on free ports of 127.0.0.1, with data of their own: made by awstools.py, gone with whoever started them.

    with Aws() as aws:                      # VersityGW and DynamoDB Local; Aws("s3s", "moto") ... names others, see KINDS
        Cinema(**aws.settings(), **aws.fresh())  # the environment of a cinema; fresh(): names of a bucket and of tables nobody else has
        aws.boto("s3").list_buckets()       # what is really there, by boto3, as the cinema's own account
        aws.s3.kill(); aws.s3.start()       # a crash, and the same data on the same port again; moto's are in memory and gone
        aws.s3.pause(); aws.s3.resume()     # there, but silent: SIGSTOP
    with VersityGW(disk_mb=8) as s3:        # its data on a file system that small: it answers 507 InsufficientStorage when full
        s3.fill(); s3.empty()

Every server has .url, .port, .keys (id, secret) and .log(). awsproxy.py stands in front of one and breaks it; awskeys.py hands out keys.

As a program: aws.py SERVER... COMMAND..., SERVER one or more of versitygw, s3s, moto, dynamodb; runs COMMAND with AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL_S3 (of the first named that has S3) and AWS_ENDPOINT_URL_DYNAMODB; exits as it does.

What they check, as tests/cloud shows: versitygw and s3s signatures, hashes and the clock of S3; moto signatures of both and session tokens,
but no clock, no hash and no expiry; dynamodb nothing. Only moto echoes x-amz-server-side-encryption. versitygw takes no session token and
makes one '/' of two in a key.
"""

import ctypes
import errno
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import xml.etree.ElementTree as Xml
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import awstools  # noqa: E402
from harness.ports import hold_port, let_port  # noqa: E402

REGION = "us-east-1"
KEYS = ("AKIATAQUILLATESTS000", "the+secret/of+the/tests+0123456789/abcdef")
READY_S = 60
MEMORY = Path("/dev/shm")
PR_SET_PDEATHSIG = 1
ACCOUNT = "123456789012"  # of moto, like the role
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cinema"


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """Started with start(), ended with stop(); after kill(), a crash, start() starts it again on the same port."""

    LOOK = "/"  # what is asked to see whether it answers

    def __init__(self, keys=KEYS):
        self.keys = keys
        self.folder = Path(tempfile.mkdtemp(prefix="taquilla-aws-"))
        self.port, self.process = hold_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        command, more = self.command()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                cwd=self.folder,
                env=os.environ | more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
            )
        end = time.monotonic() + READY_S
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < end, self.log()[-3000:]
            time.sleep(0.02)
        return self

    def answers(self):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", self.LOOK)
            line.getresponse().read()
            return True
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        tasks = Path(f"/proc/{self.process.pid}/task")
        while any((task / "stat").read_text().rsplit(")", 1)[1].split()[0] != "T" for task in tasks.iterdir()):
            time.sleep(0.01)  # a busy machine takes its time to stop all of its threads

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process:
            self.kill()
        let_port(self.port)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        self.stop()


class VersityGW(Server):
    """Its buckets are folders of .data/objects, where a test may look."""

    def __init__(self, keys=KEYS, disk_mb=None, region=REGION, domain=None):
        """domain: a bucket's name may stand before it, as in bucket.localhost:port."""
        super().__init__(keys)
        self.region, self.domain = region, domain
        self.data, self.mounted = self.folder / "data", False
        self.data.mkdir()
        if disk_mb:
            assert os.geteuid() == 0, "to give a server a disk of its own the tests must run as root"
            image = self.folder / "disk"
            with open(image, "wb") as file:
                file.truncate(disk_mb * 1024 * 1024)
            # 256-byte inodes keep small attributes, larger ones get blocks; no journal, no room kept for root.
            awstools.run("mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", image)
            awstools.run("mount", "-o", "loop", image, self.data)
            self.mounted = True
        for folder in (self.data / "objects", self.data / "versions", self.folder / "iam"):
            folder.mkdir()

    def command(self):
        command = [
            *(awstools.versitygw(), "--quiet", "--keep-alive", "--region", self.region, "--port", f"127.0.0.1:{self.port}"),
            *(("--virtual-domain", self.domain) if self.domain else ()),
            *("--iam-dir", self.folder / "iam", "--iam-cache-disable"),  # without accounts it calls a key it does not know 404
            *("posix", "--versioning-dir", self.data / "versions", self.data / "objects"),
        ]
        return command, {"ROOT_ACCESS_KEY": self.keys[0], "ROOT_SECRET_KEY": self.keys[1]}

    def fill(self, leave_kb=0):
        """Takes all of the room of its disk but so much."""
        free = os.statvfs(self.data)
        room = free.f_bavail * free.f_frsize - leave_kb * 1024
        with open(self.data / "ballast", "ab", buffering=0) as file:
            try:
                while room > 0:
                    room -= file.write(b"x" * min(room, 65536))
            except OSError as full:
                assert full.errno == errno.ENOSPC

    def empty(self):
        (self.data / "ballast").unlink()

    def stop(self):
        if self.process:
            self.kill()
        if self.mounted:
            awstools.run("umount", "-l", self.data)
            self.mounted = False
        super().stop()


class S3s(Server):
    """Strict: every signed header must be there as signed, an x-amz-date of one's own included."""

    def __init__(self, keys=KEYS, domain=None):
        super().__init__(keys)
        self.data, self.domain = self.folder / "data", domain
        self.data.mkdir()

    def command(self):
        command = [
            *(awstools.s3s(), "--host", "127.0.0.1", "--port", self.port),
            *(("--domain", f"{self.domain}:{self.port}") if self.domain else ()),
            *("--access-key", self.keys[0], "--secret-key", self.keys[1], self.data),
        ]
        return command, {"RUST_LOG": "warn"}


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


class Moto(Server):
    """Its key is its own choice: .keys after start(). Of its sessions it checks the token."""

    LOOK = "/moto-api/data.json"  # counts as no call of AWS
    ALL = {"PolicyName": "all", "PolicyDocument": policy(Resource="*", Action="*")}
    TRUST = policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/cinema"}, Action="sts:AssumeRole")
    SETUP = (
        ("CreateUser", {"UserName": "cinema"}),
        ("CreateAccessKey", {"UserName": "cinema"}),
        ("PutUserPolicy", {"UserName": "cinema"} | ALL),
        ("CreateRole", {"RoleName": "cinema", "AssumeRolePolicyDocument": TRUST}),
        ("PutRolePolicy", {"RoleName": "cinema"} | ALL),
    )

    def command(self):
        # The calls of SETUP are not asked for a signature, then everything is.
        command = [awstools.moto(), "-m", "moto.server", "-H", "127.0.0.1", "-p", self.port]
        return command, {"INITIAL_NO_AUTH_ACTION_COUNT": str(len(self.SETUP)), "MOTO_ACCOUNT_ID": ACCOUNT}

    def start(self):
        super().start()
        for action, words in self.SETUP:
            answer = self.query("iam", action, "2010-05-08", **words)
            if action == "CreateAccessKey":
                self.keys = (answer["AccessKeyId"], answer["SecretAccessKey"])
        return self

    def session(self):
        """Key id, secret and token of a new session of the role; it ends in an hour, but moto lets it in for ever."""
        given = boto("sts", self.url, self.keys).assume_role(RoleArn=ROLE, RoleSessionName="taquilla")["Credentials"]
        return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]

    def query(self, service, action, version, **words):
        """An unsigned call, as long as those are let in: the innermost elements of the answer by name."""
        scope = f"Credential=none/20200101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        body = urllib.parse.urlencode({"Action": action, "Version": version} | words).encode()
        question = urllib.request.Request(self.url, body, {"Authorization": f"AWS4-HMAC-SHA256 {scope}"})
        with urllib.request.urlopen(question, timeout=30) as answer:
            return {e.tag.split("}")[1]: e.text for e in Xml.fromstring(answer.read()).iter() if not len(e)}


class DynamoDB(Server):
    """DynamoDB Local; its tables outlive a kill. They lie in memory where there is a file system for that: it syncs each item."""

    def __init__(self, keys=KEYS):
        super().__init__(keys)
        self.data = Path(tempfile.mkdtemp(prefix="taquilla-dynamodb-", dir=MEMORY if MEMORY.is_dir() else None))

    def command(self):
        jars = awstools.dynamodb()
        command = [
            *("java", "-Xmx384m", f"-Djava.library.path={jars}", "-cp", f"{jars}/*"),
            "software.amazon.dynamodb.services.local.main.ServerRunner",
            *("-dbPath", self.data, "-sharedDb", "-port", self.port, "-disableTelemetry"),
        ]
        return command, {}

    def stop(self):
        super().stop()
        shutil.rmtree(self.data, ignore_errors=True)


def boto(service, url, keys, token=None, region=REGION, **config):
    """A client of boto3 that does not try again; for S3 with the bucket in the path."""
    import boto3
    from botocore.config import Config

    config = {"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path"}} | config
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        aws_session_token=token,
        config=Config(**config),
    )


KINDS = {"versitygw": VersityGW, "s3s": S3s, "moto": Moto, "dynamodb": DynamoDB}
TABLES = ("movies", "rooms", "reservations", "users")


class Aws:
    """One server for S3 and one for DynamoDB with the same account; moto can be both."""

    def __init__(self, s3="versitygw", dynamodb="dynamodb"):
        self.names, self.servers, self.count = (s3, dynamodb), {}, 0

    def start(self):
        names = set(self.names)
        try:
            keys = KEYS
            if "moto" in names:  # its key, the others take theirs from it
                self.servers["moto"] = Moto().start()
                keys = self.servers["moto"].keys
            for name in names - {"moto"}:
                self.servers[name] = KINDS[name](keys).start()
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def s3(self):
        return self.servers[self.names[0]]

    @property
    def dynamodb(self):
        return self.servers[self.names[1]]

    @property
    def keys(self):
        return self.s3.keys

    def stop(self):
        while self.servers:
            self.servers.popitem()[1].stop()

    def settings(self, s3=None, dynamodb=None):
        """The environment of a cinema; s3, dynamodb: the addresses of a proxy in front of one."""
        return {
            "AWS_ACCESS_KEY_ID": self.keys[0],
            "AWS_SECRET_ACCESS_KEY": self.keys[1],
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": s3 or self.s3.url,
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb or self.dynamodb.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def fresh(self):
        """Settings that name a bucket and tables which are not there yet."""
        self.count += 1
        name = f"cinema-{os.getpid()}-{self.count}"
        return {"S3_BUCKET_NAME": name} | {f"DYNAMODB_{t.upper()}_TABLE": f"{name}-{t}" for t in TABLES}

    def boto(self, service, url=None, keys=None, token=None, **config):
        """A client of boto3 that does not try again; as the cinema's own account unless keys are given."""
        return boto(service, url or (self.s3 if service == "s3" else self.dynamodb).url, keys or self.keys, token, **config)

    def __enter__(self):
        return self if self.servers else self.start()

    def __exit__(self, *_):
        self.stop()


def main(words):
    names = []
    while words and words[0] in KINDS:
        names.append(words.pop(0))
    if not names or not words:
        raise SystemExit(__doc__)
    s3 = next((name for name in names if name != "dynamodb"), "versitygw")
    dynamodb = "dynamodb" if "dynamodb" in names or s3 != "moto" else "moto"
    with Aws(s3, dynamodb) as aws:
        child = subprocess.Popen(words, env=os.environ | aws.settings())
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        code = child.wait()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main(sys.argv[1:])
