"""The image of the Dockerfile: what is in it, and a cinema of six services that runs in it as docker-compose.yml says."""

import re
import shutil
import stat
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.cinema import ROOT, SERVICES, Elsewhere, free_ports, listening_inodes
from harness.door import ok
from harness.ferretdb import FerretDB
from harness.image import Image
from harness.maker import Maker
from harness.mariadb import MariaDB
from harness.postgres import Postgres
from harness.redis import Redis

OWN_LAYER_MAX = 80 * 1024 * 1024
COMPILERS = re.compile(r"^(.*-)?(cc|c\+\+|gcc|g\+\+|cpp|clang|tcc|as|ld|go|rustc|make|meson|ninja|python\d?|pip)(-?[\d.]+)?$")
PLUGINS = ("caching_sha2_password", "client_ed25519", "sha256_password")


@pytest.fixture(scope="module")
def image():
    return Image()


def test_it_runs_as_nobody_in_particular(image):
    uid, gid = image.user()
    assert uid > 0 and gid > 0
    code, said = image.run(["grep", "-E", "^(Uid|Gid|Groups|NoNewPrivs|Cap)", "/proc/self/status"])
    assert code == 0 and f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}" in said and "CapBnd:\t0000000000000000" in said
    code, said = image.run(["touch", "/usr/local/bin/more"])
    assert code != 0 and "Read-only" in said, "a test whose root can be written shows nothing"


def test_what_it_adds_is_small(image):
    size = (image.folder / "layer.tar").stat().st_size
    print(f"own layer: {size / 1024 / 1024:.1f} MiB")
    assert size < OWN_LAYER_MAX


def test_no_file_runs_as_somebody_else(image):
    privileged = [name for name, m in image.layer().items() if m.isfile() and m.mode & (stat.S_ISUID | stat.S_ISGID)]
    assert not privileged
    uid, gid = image.user()
    owned = {name for name, m in image.layer().items() if (m.uid, m.gid) == (uid, gid)}
    assert owned == {"/var/lib/taquilla", "/var/backups/taquilla"}, "its own user may write there and nowhere else"


def test_no_compiler_is_left(image):
    folders = [image.root / f for f in ("bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "usr/local/sbin")]
    found = sorted({p.name for f in folders for p in f.iterdir() if COMPILERS.match(p.name)})
    assert not found
    headers = [name for name in image.layer() if name.startswith("/usr/include/") or name.endswith((".a", ".c", ".o"))]
    assert not headers


def test_zones_certificates_and_plugins_are_there(image):
    assert (image.root / "usr/share/zoneinfo/America/Lima").is_file()
    assert "BEGIN CERTIFICATE" in (image.root / "etc/ssl/certs/ca-certificates.crt").read_text()
    for name in PLUGINS:
        (plugin,) = image.root.glob(f"usr/lib/*/libmariadb3/plugin/{name}.so")
        inside = f"/{plugin.relative_to(image.root)}"
        code, said = image.run(["/lib64/ld-linux-x86-64.so.2", "--list", inside])
        assert code == 0 and "not found" not in said, said


def test_the_program_knows_itself(image):
    code, said = image.run(image.entry(["version"]))
    version = re.search(r"version : '([\d.]+)'", (ROOT / "meson.build").read_text())[1]
    assert code == 0 and version in said


def until(condition, within_s):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s"
        time.sleep(0.2)


def owned_by(image, folder):
    """A volume: a new one has the owner of the place where it is mounted first."""
    folder.mkdir()
    shutil.chown(folder, *image.user())
    return folder


def test_alone_it_needs_one_directory(image):
    """`docker run -v cinema:/var/lib/taquilla taquilla`: its own command, embedded stores."""
    place = Path(tempfile.mkdtemp(prefix="taquilla-image-"))
    volume = owned_by(image, place / "data")
    base = free_ports()
    with open(place / "log", "w") as log:
        up = image.start(
            [*image.entry(), "--base-port", str(base)], {}, [(volume, "/var/lib/taquilla")], log=log
        )
    try:
        status = image.entry(["status", "--base-port", str(base)])
        until(lambda: image.run(status)[0] == 0, within_s=30)
        up.terminate()
        assert up.wait(15) == 0, (place / "log").read_text()
        assert any(volume.rglob("*.db")), "the cinema is in the volume"
        assert image.run(status)[0] == 1, "nobody is there any more"
    finally:
        up.kill()
        up.wait(10)
        shutil.rmtree(place)


class Composed:
    """The six services of the compose file, each as it is described there, in the image's root and this machine's network."""

    def __init__(self, image, project):
        self.image, self.folder = image, Path(tempfile.mkdtemp(prefix="taquilla-image-"))
        self.services = {row["command"][0]: row for row in project["services"].values() if "build" in row}
        self.names = {row["command"][0]: name for name, row in project["services"].items() if "build" in row}
        self.processes, self.stores = {}, {}
        self.base_port = free_ports()
        (self.folder / "hosts").write_text("".join(f"127.0.0.1 {name}\n" for name in ("localhost", *project["services"])))
        self.backups, self.sums = (owned_by(image, self.folder / name) for name in ("backups", "sums"))

    def port(self, service):
        return self.base_port + SERVICES.index(service)

    def environment(self, service):
        """The file's own, with the ports that are free here in place of those of the containers, and with these stores."""
        ports = {f"{self.names[s]}:{3001 + i}": f"{self.names[s]}:{self.port(s)}" for i, s in enumerate(SERVICES)}
        ports |= {"postgresql:5432": f"postgresql:{self.stores['postgresql'].port}"}
        ports |= {"redis:6379": f"redis:{self.stores['redis'].port}"}
        made = {}
        for name, value in self.services[service]["environment"].items():
            for there, here in ports.items():
                value = value.replace(there, here)
            made[name] = value
        made["PORT"] = str(self.port(service))
        if "MYSQL_PORT" in made:
            made["MYSQL_PORT"] = str(self.stores["mysql"].port)
        if "MONGODB_URI" in made:  # FerretDB has no accounts
            made["MONGODB_URI"] = f"mongodb://mongodb:{self.stores['mongodb'].port}/cinema_movies"
        return made

    def volumes(self, service):
        kept = {"backups": self.backups, "analytics_data": self.sums}
        places = [(kept[volume["source"]], volume["target"]) for volume in self.services[service].get("volumes", ())]
        return [(self.folder / "hosts", "/etc/hosts"), *places]

    def open_stores(self, rooms_password):
        """With the accounts that the images of the databases make: the file says which."""
        self.stores["mongodb"] = FerretDB().start()
        self.stores["postgresql"] = Postgres().start()
        asks = self.services["reservations"]["environment"]
        for text in (
            f"CREATE ROLE {asks['DB_USERNAME']} LOGIN PASSWORD '{asks['DB_PASSWORD']}'",
            f"CREATE DATABASE cinema_reservations OWNER {asks['DB_USERNAME']}",
        ):
            self.stores["postgresql"].sql(text, database="postgres")
        self.stores["mysql"] = MariaDB().start()
        asks = self.services["rooms"]["environment"]
        self.stores["mysql"].sql(
            f"CREATE DATABASE {asks['MYSQL_DATABASE']}; "
            f"CREATE USER {asks['MYSQL_USER']}@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{rooms_password}'); "
            f"GRANT ALL ON {asks['MYSQL_DATABASE']}.* TO {asks['MYSQL_USER']}@'%'"
        )

        url = urlsplit(self.services["movies"]["environment"]["REDIS_URL"])
        self.stores["redis"] = Redis(url.password, int(url.path[1:])).start()

    def start(self):
        """Each when those that it waits for are well, as the file says."""
        waiting = dict(self.services)
        while waiting:
            wants = {service: {s for s in SERVICES if self.names[s] in row["depends_on"]} for service, row in waiting.items()}
            ready = [service for service in waiting if not wants[service] & set(waiting)]
            for service in ready:
                with open(self.folder / f"{service}.log", "w") as log:
                    self.processes[service] = self.image.start(
                        self.image.entry(waiting.pop(service)["command"]),
                        self.environment(service),
                        self.volumes(service),
                        log=log,
                    )
            for service in ready:
                self.wait_well(service)

    def wait_well(self, service):
        try:
            until(lambda: self.check(service)[0] == 0, within_s=60)
        except AssertionError:
            raise AssertionError(f"{service}: {self.check(service)}\n{self.log(service)[-3000:]}") from None

    def verb(self, *words, of="ingestion"):
        """`docker compose exec`: a verb of the program in the container of a service."""
        return self.image.run(self.image.entry(words), self.environment(of), self.volumes(of))

    def check(self, service):
        """The service's health check: its exit code and what it said."""
        kind, *command = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.image.run(command, self.environment(service), self.volumes(service), timeout=10)

    def log(self, service):
        return (self.folder / f"{service}.log").read_text()

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        end = time.monotonic() + 15
        codes = {}
        for service, process in self.processes.items():
            try:
                codes[service] = process.wait(max(0.1, end - time.monotonic()))
            except Exception:
                process.kill()
                codes[service] = f"killed: {process.wait(10)}"
        self.processes = {}
        return codes

    def close(self):
        self.stop()
        for store in self.stores.values():
            store.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def composed(image, project):
    made = Composed(image, project)
    try:
        made.open_stores(made.services["rooms"]["environment"]["MYSQL_PASSWORD"])
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def maker(composed):
    tokens = composed.services["gateway"]["environment"]
    urls = {service: f"http://127.0.0.1:{composed.port(service)}" for service in SERVICES}
    made = Maker(Elsewhere(urls, tokens["SERVICE_TOKEN"], tokens["ADMIN_TOKEN"]), through_gateway=True)
    yield made
    made.close()


def test_a_ticket_is_sold_through_the_gateway(composed, maker):
    showing = maker.make_showing(price=12.5)
    seat = showing["seat_ids"][0]
    order = {"scheduleId": showing["id"], "seatIds": [seat], "hold": True, "buyer": {"email": "ana@example.com", "name": "Ana"}}
    held = ok(maker.gateway.post("/api/book-ticket", json=order), 201)
    assert held["status"] == "PENDING" and held["totalAmount"] == 12.5
    assert maker.pay(held)["paymentStatus"] == "COMPLETED"
    assert maker.read(held)["status"] == "CONFIRMED"
    assert maker.states(showing)[seat] == "sold"
    refusal = maker.gateway.post("/api/book-ticket", json=order)
    assert refusal.status_code == 409 and refusal.json()["code"] == "seats_taken"
    revenue = ok(maker.gateway.get("/api/analytics/revenue"))
    assert revenue["summary"]["totalRevenue"] == 12.5
    assert composed.stores["postgresql"].sql("SELECT count(*) FROM payments", database="cinema_reservations") == [["1"]]
    assert composed.stores["mysql"].sql("SELECT count(*) FROM schedules", database="cinema_rooms").strip() == "1"


def test_what_happened_went_by_redis(composed, maker):
    for service in ("movies", "rooms", "reservations"):
        end = len(maker.feed(service))
        until(lambda: composed.stores["redis"].ask("XREVRANGE", f"taquilla:{service}", "+", "-", "COUNT", 1).startswith(f"{end}-0"), within_s=5)
    assert ok_health(maker.gateway)["redis"]["status"] == "ok"


def ok_health(door):
    answer = door.get("/health")
    assert answer.status_code == 200, answer.text
    return answer.json()["checks"]


def test_rooms_logged_in_by_ed25519(composed, maker):
    """MariaDB takes that account by no other plugin, so the sale above went through the image's own."""
    account = composed.services["rooms"]["environment"]["MYSQL_USER"]
    assert composed.stores["mysql"].sql(f"SELECT plugin FROM mysql.user WHERE user = '{account}'").strip() == "ed25519"
    asked = composed.stores["mysql"].sql("SELECT DISTINCT user FROM information_schema.processlist WHERE db = 'cinema_rooms'")
    assert asked.split() == [account]


def test_another_password_is_refused(composed, maker):
    """What shows that the account was asked for it."""
    port = free_ports(1)
    wrong = composed.environment("rooms") | {"MYSQL_PASSWORD": "another", "PORT": str(port)}
    with open(composed.folder / "wrong.log", "w") as log:
        process = composed.image.start(composed.image.entry(["rooms"]), wrong, composed.volumes("rooms"), log=log)
    try:
        until(lambda: "mysql 1045: Access denied" in (composed.folder / "wrong.log").read_text(), within_s=20)
        until(lambda: listening_inodes(port), within_s=20)
        assert composed.image.run(composed.image.entry(["status", "rooms"]), wrong)[0] == 1
    finally:
        process.kill()
        process.wait(10)


def test_a_backup_is_taken_into_the_volume(composed, maker):
    before = set(composed.backups.iterdir())
    code, said = composed.verb("ingestion", "--mode", "backup")
    assert code == 0, said
    (folder,) = set(composed.backups.iterdir()) - before
    assert (folder / "manifest.json").is_file(), [p.name for p in folder.iterdir()]
    print("in the volume:", before)
    code, said = composed.verb("restore", "--from", "/var/backups/taquilla", "--check")
    assert code == 0, said


def test_verbs_work_from_outside(composed, maker, image):
    """`docker run --network host --env-file ...`: with the tokens and the ports of this machine, and nothing else."""
    tokens = {name: composed.services["gateway"]["environment"][name] for name in ("ADMIN_TOKEN", "SERVICE_TOKEN", "TIME_ZONE")}
    here = ("--base-port", str(composed.base_port))
    code, said = image.run(image.entry(["status", *here]), tokens)
    assert code == 0 and said.count("healthy") == len(SERVICES), said
    files = composed.folder / "files"
    files.mkdir()
    (files / "films.csv").write_text("title,description,duration,director,releaseDate\nMetrópolis,Ayer,153,Fritz Lang,1927-01-10\n")
    code, said = image.run(image.entry(["import", "movies", "/mnt/films.csv", *here]), tokens, [(files, "/mnt")])
    assert code == 0, said
    found = maker.gateway.get("/api/movies/search", params={"q": "metropolis"}).json()["data"]
    assert [film["title"] for film in found] == ["Metrópolis"]


def test_the_health_check_sees_a_store_go(composed, maker):
    composed.stores["mysql"].halt()
    try:
        until(lambda: composed.check("rooms")[0] == 1, within_s=20)
        assert composed.check("movies")[0] == 0
    finally:
        composed.stores["mysql"].start()
    until(lambda: composed.check("rooms")[0] == 0, within_s=30)


def test_they_stop_in_the_time_that_they_are_given(composed, maker):
    """The last: nothing runs after it."""
    assert composed.stop() == dict.fromkeys(SERVICES, 0)
