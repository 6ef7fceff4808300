"""A database's password, and what a database says about somebody's data when it refuses it, reach neither the log nor a client."""

import time
import uuid

import httpx
import pytest

from harness.cinema import Alone
from harness.ferretdb import FerretDB
from harness.logs import record
from harness.mariadb import MariaDB
from harness.postgres import Postgres

TOKEN = "t" * 32


def fresh(word):
    return f"{word}{uuid.uuid4().hex}"


def in_time(done, what, within_s=20):
    end = time.monotonic() + within_s
    while not (found := done()):
        assert time.monotonic() < end, what
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def postgres():
    with Postgres() as server:
        server.sql("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        rules = server.home / "data" / "pg_hba.conf"
        rules.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        server.sql("SELECT pg_reload_conf()")
        yield server


@pytest.fixture(scope="module")
def mariadb():
    with MariaDB() as server:
        server.sql("CREATE USER guarded@'127.0.0.1' IDENTIFIED BY 'right'")
        yield server


@pytest.fixture(scope="module")
def ferretdb():
    with FerretDB() as server:
        yield server


def written(service):
    """The log's text, each line of which is a record."""
    text = service.log()
    for line in text.split("\n")[:-1]:
        record(line)
    return text


def start_without_ready(service, settings):
    return Alone(service, SERVICE_TOKEN=TOKEN, **settings).start(wait=False)


WRONG = {
    "PostgreSQL": ("reservations", "RESERVATIONS_DATABASE_URL", "postgres", "postgres://guarded:{}@127.0.0.1:{}/cinema_reservations", "password authentication failed"),
    "PostgreSQL of analytics": ("analytics", "ANALYTICS_DATABASE_URL", "postgres", "postgres://guarded:{}@127.0.0.1:{}/cinema_reservations", "password authentication failed"),
    "MariaDB": ("rooms", "ROOMS_DATABASE_URL", "mariadb", "mysql://guarded:{}@127.0.0.1:{}/cinema_rooms", "Access denied"),
    "MongoDB": ("movies", "MOVIES_DATABASE_URL", "ferretdb", "mongodb://guarded:{}@127.0.0.1:{}/cinema_movies?authMechanism=PLAIN", "mongo"),
    "MongoDB that is not there": ("movies", "MONGODB_URI", None, "mongodb://guarded:{}@127.0.0.1:1/cinema_movies", "mongo"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_password_is_told_without_it(name, request):
    service, setting, server, url, says = WRONG[name]
    secret = fresh("secret")
    port = request.getfixturevalue(server).port if server else ""
    alone = start_without_ready(service, {setting: url.format(secret, port)})
    try:
        in_time(lambda: says in alone.log(), f"{says!r} is in the log: {alone.log()}")
        told = []
        for path in ("/health", "/health/ready", "/metrics", "/feed", "/api/users", "/api/rooms", "/api/movies"):
            told.append(httpx.get(alone.url(service) + path, headers={"authorization": f"Bearer {TOKEN}"}, timeout=20, trust_env=False))
        assert any(answer.status_code == 503 for answer in told)
        assert not [answer.text for answer in told if secret in answer.text]
        assert secret not in written(alone)
    finally:
        alone.stop()


def check_refusals(service, answers, codes, says, secrets):
    log = in_time(lambda: says in service.log() and written(service), f"{says!r} is in the log: {service.log()}")
    for answer in answers:
        assert answer.status_code in codes, answer.text
    for secret in secrets:
        assert secret not in log, log[max(0, log.index(secret) - 300) :][:500]


def test_a_row_that_postgresql_refuses_is_not_in_the_log(postgres):
    """A rule that the service does not know: PostgreSQL shows the failing row, the whole of it."""
    email, name = fresh("email"), fresh("name")
    url = postgres.database("cinema_told")
    with Alone("reservations", RESERVATIONS_DATABASE_URL=url, ROOMS_API_URL="none") as service:
        postgres.sql("ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) < 9)", database="cinema_told")
        answers = [
            httpx.post(service.url("reservations") + "/api/users", json={"email": f"{email}@x", "name": name}, trust_env=False, timeout=20)
            for _ in range(2)
        ]
        check_refusals(service, answers, {400, 500, 503}, "23514", [email, name])
        assert "constraint short" in service.log(), "enough to look further"
        assert not [a for a in answers if "short" in a.text or "23514" in a.text]


def test_a_value_that_mariadb_refuses_is_not_in_the_log(mariadb):
    """The same with a value that is there already."""
    name = fresh("name")
    with Alone("rooms", ROOMS_DATABASE_URL=mariadb.database("cinema_told"), MOVIES_API_URL="none") as service:
        mariadb.sql("ALTER TABLE rooms ADD UNIQUE INDEX once (name)", database="cinema_told")
        answers = [
            httpx.post(service.url("rooms") + "/api/rooms", json={"name": name, "capacity": 5}, trust_env=False, timeout=20) for _ in range(2)
        ]
        assert answers[0].status_code == 201
        check_refusals(service, answers[1:], {409, 500}, "mysql 1062", [name])
