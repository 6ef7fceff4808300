"""A server that speaks MongoDB's protocol, on a free port with nothing in it; as a program: ferretdb.py COMMAND... runs one beside it.

It is FerretDB over a PostgreSQL of its own, built once into the cache. The command finds it by TAQUILLA_TEST_MONGODB,
mongodb://127.0.0.1:PORT.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness.goprogram import CACHE, GO  # noqa: E402
from harness.postgres import Postgres, end_with_parent, free_port  # noqa: E402

VERSION = "1.24.2"
SOURCE = Path(__file__).resolve().parent.parent / "servers" / "ferretdb"
READY_S = 60


def program():
    """Built with the version that go.mod names, when it is not there yet."""
    made = CACHE / f"ferretdb-{VERSION}" / "ferretdb"
    if made.exists():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=made.parent) as folder:
        done = subprocess.run(
            [GO, "build", "-trimpath", "-tags", "ferretdb_sqlite,ferretdb_postgresql", "-o", f"{folder}/ferretdb", "."],
            cwd=SOURCE,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        os.replace(f"{folder}/ferretdb", made)  # whoever else builds it makes the same
    return made


class FerretDB:
    """Started with start(), ended with stop(); kill() is a crash, after which start() starts it again on the same port."""

    def __init__(self):
        self.program = program()
        self.folder = Path(tempfile.mkdtemp(prefix="taquilla-ferretdb-"))
        self.below = Postgres("shared_buffers=32MB").__enter__()
        self.port, self.process = free_port(), None

    def url(self, database=""):
        return f"mongodb://127.0.0.1:{self.port}/{database}".rstrip("/")

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, f"127.0.0.1:{self.port}", self.below.url],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
            )
        end = time.monotonic() + READY_S
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < end, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.05)
        return self

    def database(self, name):
        """A new one, for a service's setting: it is made by the first who writes to it."""
        return self.url(name)

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            return True
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process = None

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None
        self.below.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


if __name__ == "__main__":
    with FerretDB() as server:
        code = subprocess.run(sys.argv[1:], env=os.environ | {"TAQUILLA_TEST_MONGODB": server.url()}).returncode
    sys.exit(code if code >= 0 else 128 - code)
