"""A MariaDB server of the tests' own, on a free port with an empty data directory; as a program: mariadb.py COMMAND... runs one beside it.

The command finds it by TAQUILLA_TEST_MYSQL, mysql://root@127.0.0.1:PORT, and its certificate by TAQUILLA_TEST_MYSQL_CA.
"""

import ctypes
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "taquilla-test"
READY_S = 60
os.environ["PATH"] += ":/usr/sbin"  # where the server is, and not every account looks
PR_SET_PDEATHSIG = 1
SMALL = (
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--performance-schema=OFF",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=2",  # no commit is lost unless the machine is
    "--max-connections=400",
    "--plugin-load-add=auth_ed25519",
)


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(*command):
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"


def account():
    """A server does not run as root."""
    return ["--user=mysql"] if os.getuid() == 0 else []


def give(folder):
    """To the account of the server."""
    if os.getuid() == 0:
        owner = pwd.getpwnam("mysql")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)


def template():
    """A fresh data directory, made once for each version of the server: making one takes seconds, a copy does not."""
    version = subprocess.run(["mariadbd", "--version"], capture_output=True, text=True).stdout
    made = CACHE / f"mariadb-{hashlib.sha256((version + ' '.join(SMALL)).encode()).hexdigest()[:16]}"
    if made.is_dir():
        return made
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="taquilla-mariadb-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        Path(folder).chmod(0o755)
        give(data)
        run(
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--innodb-log-file-size=16M",
            *account(),
        )
        half = Path(tempfile.mkdtemp(dir=CACHE, prefix="half-"))
        shutil.copytree(data, half / "data")
        try:
            os.rename(half / "data", made)
        except OSError:
            pass  # another test run was faster
        shutil.rmtree(half)
    return made


def certificate(folder):
    """For 127.0.0.1 alone, by an authority of its own."""
    run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"),
        *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
    )


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class MariaDB:
    """Started with start(), ended with stop(); kill() is a crash, after which start() starts it again on the same port."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="taquilla-mariadb-"))
        self.folder.chmod(0o755)
        shutil.copytree(template(), self.folder / "data")
        certificate(self.folder)
        give(self.folder)
        self.port, self.process = free_port(), None

    def url(self, database="", user="root", password=""):
        return f"mysql://{user}{':' if password else ''}{password}@127.0.0.1:{self.port}/{database}".rstrip("/")

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    "mariadbd",
                    "--no-defaults",
                    f"--datadir={self.folder}/data",
                    f"--port={self.port}",
                    "--bind-address=127.0.0.1",
                    f"--socket={self.folder}/s.sock",
                    f"--pid-file={self.folder}/pid",
                    f"--ssl-cert={self.folder}/cert.pem",
                    f"--ssl-key={self.folder}/key.pem",
                    *SMALL,
                    *account(),
                ],
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

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as s:
                return len(s.recv(5)) == 5  # the server speaks first
        except OSError:
            return False

    def sql(self, text, database=""):
        """What the statements print, a line a row, columns by tabs."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{self.port}", "-uroot", "-N", "-B", "-e", text]
            + ([database] if database else []),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def database(self, name):
        """A new one, for a service's setting."""
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process = None

    def halt(self):
        """As its operator does; start() starts it again."""
        self.process.terminate()
        try:
            self.process.wait(30)
            self.process = None
        except subprocess.TimeoutExpired:
            self.kill()

    def stop(self):
        if self.process:
            self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


if __name__ == "__main__":
    with MariaDB() as server:
        given = os.environ | {
            "TAQUILLA_TEST_MYSQL": server.url(),
            "TAQUILLA_TEST_MYSQL_CA": str(server.folder / "cert.pem"),
        }
        code = subprocess.run(sys.argv[1:], env=given).returncode
    sys.exit(code if code >= 0 else 128 - code)
