"""One running cinema: `taquilla up` on free ports with a data directory of its own, or a deployment elsewhere."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from harness.ports import free_ports
from harness.stores import CHOSEN

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("movies", "rooms", "reservations", "gateway", "analytics", "ingestion")
READY_S = 30
ZONE = "America/Lima"
SANITIZER = re.compile(rb"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|Assertion `?.* failed")


def program(name="TAQUILLA_PROGRAM", folder="build-test"):
    """The executable under test: by environment, else the sanitized build's."""
    if os.environ.get(name):
        return Path(os.environ[name]).resolve()
    found = ROOT / folder / "taquilla" / "taquilla"
    assert found.is_file(), f"{found} is missing: run script/test, or set {name}"
    return found


def bare_environment(folder, **settings):
    """Only what a program needs, so that the settings of the person who runs the tests do not leak in."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
    report = f"log_path={folder}/sanitizer:exitcode=86:print_stacktrace=1"
    kept |= {"ASAN_OPTIONS": report, "UBSAN_OPTIONS": report, "TSAN_OPTIONS": report, "TIME_ZONE": ZONE}
    kept["SHED_WHEN_LATE_MS"] = "0"  # a sanitized program on a shared machine is late: who tests refusals sets it
    kept["MONGOC_DISABLE_SHM"] = "1"  # its counters lie in a file by process id, which a killed process leaves to the next of that id
    return kept | {k: str(v) for k, v in settings.items()}


def run(*arguments, folder=None, timeout=60, executable=None, **settings):
    """One verb of the program, to its end."""
    folder = folder or tempfile.mkdtemp(prefix="taquilla-run-")
    return subprocess.run(
        [executable or program(), *map(str, arguments)],
        cwd=folder,
        timeout=timeout,
        env=bare_environment(folder, **settings),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def descendants(pid):
    """Every living process below pid."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += below
    return found


def listening_inodes(port):
    """The kernel's numbers of the sockets that listen on a port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                found.add(fields[9])
    return found


def kill_hard(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def open_files(pid):
    try:
        for f in Path(f"/proc/{pid}/fd").iterdir():
            try:
                yield os.readlink(f)
            except OSError:  # closed meanwhile; the others are open all the same
                pass
    except OSError:
        pass


def holds_socket(pid, inodes):
    wanted = {f"socket:[{inode}]" for inode in inodes}
    return any(link in wanted for link in open_files(pid))


RUNNING = set()  # what a failed test left, its fixture ends: see conftest.py


def Cinema(embedded=False, replicas=1, **settings):
    """A cinema of the kind that this run of the tests was told: one `taquilla up`, or several on the same databases; replicas: at
    least so many, where the stores take them."""
    count = max(replicas, CHOSEN.replicas) if CHOSEN.takes_replicas() and not embedded else 1
    if count == 1:
        return Up(embedded=embedded, **settings)
    from harness.replicas import Replicas

    return Replicas(count, **settings)


class Up:
    """Started with start(), ended with stop(); stop() fails when a process crashed or a sanitizer complained."""

    def __init__(
        self, folder=None, executable=None, services=SERVICES, wrap=(), flags=(), embedded=False, stores=None, **settings
    ):
        """embedded: on SQLite whatever this run was told; stores: settings that lead to databases which others have too."""
        self.own_folder = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="taquilla-test-"))
        self.data = self.folder / "data"
        self.executable = executable or program()
        self.services, self.wrap, self.flags = services, list(wrap), list(flags)
        self.stores = {} if embedded else CHOSEN.fresh(services, settings) if stores is None else stores
        self.settings = self.stores | settings
        self.admin_token = settings.get("ADMIN_TOKEN")
        self.base_port = free_ports()
        self.process, self.killed, self.first_pids = None, set(), {}

    # --- addresses ---

    def port(self, service):
        return self.base_port + SERVICES.index(service)

    def url(self, service):
        return f"http://127.0.0.1:{self.port(service)}"

    @property
    def service_token(self):
        return (self.data / "service.token").read_text().strip()

    def door(self, service, **more):
        from harness.door import Door

        return Door(self.url(service), **more)

    def replica(self, number):
        """The one that a test's client of that number asks: there is but one."""
        return self

    def run(self, *arguments, **more):
        """A verb of the program on this cinema's own stores, while it is closed."""
        settings = self.stores | more
        return run(*arguments, "--data", self.data, folder=self.folder, **settings)

    # --- life ---

    def command(self):
        return [
            *self.wrap,
            self.executable,
            "up",
            "--base-port",
            str(self.base_port),
            "--data",
            str(self.data),
            *self.flags,
        ]

    def start(self, wait=True):
        with open(self.folder / "log", "ab") as log:
            RUNNING.add(self)
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=bare_environment(self.folder, **self.settings),
            )
        if wait:
            self.wait_ready()
            self.first_pids = {s: self.sure_pid(s) for s in self.services}
        return self

    def sure_pid(self, service):
        """Of one that is there: the kernel's table of sockets, read while others come and go, may leave one out."""
        end = time.monotonic() + READY_S
        while not (found := self.pid(service)):
            assert time.monotonic() < end, f"nobody listens for {service}: {self.log()[-2000:]}"
        return found

    def wait_ready(self, services=None, within_s=READY_S):
        end = time.monotonic() + within_s
        for service in services or self.services:
            while True:
                assert self.process is None or self.process.poll() is None, f"up ended: {self.log()[-2000:]}"
                try:
                    if httpx.get(self.url(service) + "/health/ready", timeout=2).status_code == 200:
                        break
                except httpx.HTTPError:
                    pass
                assert time.monotonic() < end, f"{service} not ready in {within_s} s: {self.log()[-2000:]}"
                time.sleep(0.02)

    def pid(self, service):
        """The process that listens for a service, or None."""
        inodes = listening_inodes(self.port(service))
        return next((p for p in descendants(self.process.pid) if holds_socket(p, inodes)), None)

    def kill(self, service):
        """kill -9; `up` is expected to start it again."""
        pid = self.pid(service)
        if pid:
            self.killed.add(service)
            os.kill(pid, signal.SIGKILL)
        return pid

    def kill_all(self):
        """kill -9 of `up` and everything below it, at once."""
        pids = [self.process.pid, *descendants(self.process.pid)]
        kill_hard(pids)
        self.process.wait(10)
        self.process, self.killed = None, set(SERVICES)
        end = time.monotonic() + 10
        while any(Path(f"/proc/{p}").exists() for p in pids) and time.monotonic() < end:
            time.sleep(0.01)

    def abandon(self):
        """The end of one that a failed test left running."""
        if self.process:
            kill_hard([self.process.pid, *descendants(self.process.pid)])
            self.process.wait(10)
        self.process = None
        RUNNING.discard(self)

    def stop(self, remove=True):
        """SIGTERM, drained; then looks whether all went well."""
        if self.process:
            below = descendants(self.process.pid)
            there = {self.process.pid, *below}
            moved = [s for s, pid in self.first_pids.items() if s not in self.killed and pid not in there]
            self.process.terminate()
            try:
                code = self.process.wait(20)
            except subprocess.TimeoutExpired:
                kill_hard([*below, self.process.pid])
                self.process.wait(10)
                code = "killed after 20 s"
            self.process = None
            RUNNING.discard(self)
            self.check_log()
            assert not moved, f"died and were started again: {moved}\n{self.log()[-3000:]}"
            assert code == 0, f"up ended with {code}\n{self.log()[-3000:]}"
            left = [p for p in below if Path(f"/proc/{p}/stat").exists() and not is_zombie(p)]
            assert not left, f"outlived up: {left}"
        if remove and self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        try:
            return (self.folder / "log").read_text(errors="replace")
        except OSError:
            return ""

    def check_log(self):
        """No sanitizer report, no failed assertion."""
        texts = [(self.folder / "log").read_bytes(), *(f.read_bytes() for f in self.folder.glob("sanitizer.*"))]
        for text in texts:
            found = SANITIZER.search(text)
            assert not found, "\n" + text[max(0, found.start() - 200) : found.start() + 4000].decode(errors="replace")

    def database(self, service="reservations"):
        """The file of a service's embedded store, or the address of its real one."""
        if f"{service.upper()}_DATABASE_URL" in self.settings:
            return self.settings[f"{service.upper()}_DATABASE_URL"]
        found = sorted(self.data.rglob(f"{service}*.db"))
        assert found, f"no database of {service} below {self.data}: {sorted(self.data.rglob('*'))}"
        return found[0]

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, kind, *_):
        if kind:
            try:
                self.stop(remove=False)
            except AssertionError as problem:
                print(problem)
        else:
            self.stop()


def is_zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


class Alone(Up):
    """One service as a process of its own: `taquilla rooms --port N`."""

    def __init__(self, service, **settings):
        flags = settings.pop("flags", ())
        super().__init__(services=(service,), flags=flags, **settings)
        self.service = service

    def command(self):
        return [
            self.executable,
            self.service,
            "--port",
            str(self.port(self.service)),
            "--data",
            str(self.data),
            *self.flags,
        ]

    def pid(self, service):
        return self.process.pid if self.process else None


class Elsewhere:
    """A deployment that somebody else runs, given by its addresses."""

    def __init__(self, urls, service_token=None, admin_token=None):
        self.urls, self.service_token, self.admin_token = urls, service_token, admin_token
        self.services = SERVICES

    def replica(self, number):
        return self

    def url(self, service):
        return self.urls[service]

    def door(self, service, **more):
        from harness.door import Door

        return Door(self.url(service), **more)

    def stop(self):
        pass
