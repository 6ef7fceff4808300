"""Where the tests' cinemas keep their data: in SQLite, or on real servers which all share, a database of its own for each cinema."""

import re
import sqlite3
import subprocess

from harness.ferretdb import FerretDB
from harness.mariadb import MariaDB
from harness.postgres import Postgres

REAL = {"movies": FerretDB, "rooms": MariaDB, "reservations": Postgres, "analytics": Postgres}


class Chosen:
    """What this run of the tests was told: which services are on their real databases, and how many replicas of everything there are."""

    def __init__(self):
        self.real, self.replicas, self.servers, self.count = (), 1, {}, 0

    def choose(self, real, replicas):
        self.real = tuple(REAL) if real == "all" else tuple(filter(None, real.split(",")))
        unknown = set(self.real) - set(REAL)
        assert not unknown, f"--real does not know {', '.join(unknown)}: {', '.join(REAL)} or all"
        self.replicas = replicas
        assert replicas == 1 or self.takes_replicas(), "an embedded store has one process: --replicas needs --real all"

    def takes_replicas(self):
        return set(self.real) == set(REAL)

    def fresh(self, services, given):
        """Settings that lead those services to new databases; none for those whose store is given or embedded."""
        self.count += 1
        settings = {}
        for service in self.real:
            name = f"{service.upper()}_DATABASE_URL"
            if service in services and name not in given:
                settings[name] = self.server(service).database(f"cinema_{service}_{self.count}")
        return settings

    def server(self, service):
        kind = REAL[service]
        if kind not in self.servers:
            self.servers[kind] = kind().start()
        return self.servers[kind]

    def stop(self):
        while self.servers:
            self.servers.popitem()[1].stop()


CHOSEN = Chosen()


# --- looking into a store behind its service's back ---


def ask(database, question):
    """The rows of a question that SQLite and PostgreSQL understand alike; values as the store gives them, PostgreSQL's as texts."""
    if str(database).startswith("postgres://"):
        command = ["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", database, "-c", question]
        return [tuple(line.split("\t")) for line in output(command).splitlines()]
    db = sqlite3.connect(f"file:{database}?mode=rw", uri=True)
    try:
        return db.execute(question).fetchall()
    finally:
        db.close()


def output(command):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stderr
    return done.stdout


def unpacked(text):
    """With the bytes that pg_dump prints in hexadecimal."""
    packed = (bytes.fromhex(word).decode(errors="replace") for word in re.findall(r"\\\\x((?:[0-9a-f]{2})+)\b", text))
    return text + "\n".join(packed)


def sqlite_text(file):
    db = sqlite3.connect(file)
    try:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        values = (value for table in tables for row in db.execute(f'SELECT * FROM "{table}"') for value in row)
        return "\n".join(v.decode(errors="replace") if isinstance(v, bytes) else str(v) for v in values)
    finally:
        db.close()


def whole_text(url):
    """Everything that a real database holds, as text."""
    if url.startswith("postgres://"):
        return unpacked(output(["pg_dump", "--data-only", url]))
    server, name = CHOSEN.server("rooms" if url.startswith("mysql://") else "movies"), url.rsplit("/", 1)[1]
    if url.startswith("mongodb://"):
        return unpacked(output(["pg_dump", "--data-only", "-n", name, server.below.url]))
    return output(["mariadb-dump", "--no-defaults", "-h127.0.0.1", f"-P{server.port}", "-uroot", "--no-create-info", name])
