"""Several `taquilla up` on the same databases: a cinema with as many replicas of every service."""

import secrets
import shutil
import time
import weakref

import httpx

from harness.cinema import Up

OWNERS = ("movies", "rooms", "reservations")
LEVEL_S = 10
LAG_S = 0.1  # of a feed between an owner and its gateway


class Replicas:
    """Each is whole: its gateway asks its own owners. A test asks one of them, the next test the next one: see turn_over(). Who is not
    named here is asked of the one whose turn it is."""

    turn = 0
    all = weakref.WeakSet()

    def __init__(self, count, folder=None, stores=None, **settings):
        first = Up(folder=folder, stores=stores, **settings)
        shared = {name: url for name, url in first.stores.items() if name != "ANALYTICS_DATABASE_URL"}  # one folds into a database
        self.ups = [first, *(Up(stores=shared, **settings) for _ in range(count - 1))]
        token = settings.get("SERVICE_TOKEN") or secrets.token_hex(32)
        for up in self.ups:
            if up is not first and (first.folder / ".env").exists():
                shutil.copy(first.folder / ".env", up.folder)
            up.data.mkdir(exist_ok=True)
            (up.data / "service.token").touch(0o600)
            (up.data / "service.token").write_text(token + "\n")
        self.doors, self.ends = [], None
        Replicas.all.add(self)

    # --- whose turn it is ---

    @property
    def serving(self):
        return self.replica(Replicas.turn)

    def replica(self, number):
        return self.ups[number % len(self.ups)]

    def __getattr__(self, name):
        if name == "ups":
            raise AttributeError(name)
        return getattr(self.serving, name)

    @property
    def process(self):
        return self.serving.process

    @process.setter
    def process(self, value):
        self.serving.process = value

    def door(self, service, **more):
        door = self.serving.door(service, **more)
        self.doors.append((service, weakref.ref(door)))
        return door

    def move_doors(self):
        """What was opened for an earlier test leads to the one whose turn it is."""
        self.doors = [(service, ref) for service, ref in self.doors if ref()]
        for service, ref in self.doors:
            door = ref()
            if door:
                door.base_url = self.serving.url(service)

    # --- life ---

    def start(self, wait=True):
        for up in self.ups:
            if up.process is None:
                up.start(wait=False)
        if wait:
            self.wait_ready()
            for up in self.ups:
                up.first_pids = {s: up.sure_pid(s) for s in up.services}
        return self

    def wait_ready(self, *arguments, **more):
        for up in self.ups:
            up.wait_ready(*arguments, **more)

    def kill_all(self):
        for up in self.ups:
            up.kill_all()

    def stop(self, remove=True):
        problems = []
        for up in self.ups:
            try:
                up.stop(remove)
            except AssertionError as problem:
                problems.append(str(problem))
        assert not problems, "\n".join(problems)

    def level(self):
        """Until the one whose turn it is has heard what the others wrote: a list on another replica may be a feed's lag old."""
        try:
            ends = {s: max(position(up, s) for up in self.ups) for s in OWNERS}
            if ends == self.ends:
                return
            end = time.monotonic() + LEVEL_S
            while any(position(self.serving, s) < n for s, n in ends.items()):
                assert time.monotonic() < end, f"one replica has not heard what another wrote: {ends}"
                time.sleep(0.01)
            time.sleep(LAG_S)
            self.ends = ends
        except (httpx.HTTPError, KeyError, OSError):
            pass  # one of them is away, as its test wants it

    def __enter__(self):
        return self if self.ups[0].process else self.start()

    def __exit__(self, kind, *_):
        Up.__exit__(self, kind)


LINES = httpx.Client(timeout=5, trust_env=False)


def position(up, service):
    token = {"authorization": f"Bearer {up.service_token}"}
    return LINES.get(up.url(service) + "/feed?limit=0", headers=token).json()["position"]


def turn_over():
    """The next test asks the next replica."""
    Replicas.turn += 1
    for cinema in list(Replicas.all):
        cinema.move_doors()
        cinema.level()
