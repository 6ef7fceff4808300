"""What database-designs/ draws of the real databases is what the migrations make there."""

import re

from harness.cinema import ROOT, Alone
from harness.mariadb import MariaDB
from harness.postgres import Postgres

OWN = {"log", "log_counter", "once_keys", "schema_migrations", "restore_state", "log_bare"}


def drawn(page, heading):
    """{table: {column: type}} of the drawing below a heading."""
    text = (ROOT / "database-designs" / page).read_text().split(heading, 1)[1]
    drawing = text.split("```mermaid", 1)[1].split("```", 1)[0]
    return {
        table: {name: kind for kind, name in re.findall(r"(?m)^\s*(\w+) (\w+)", body)}
        for table, body in re.findall(r"(?ms)^ {4}(\w+) \{ (.*?) \}$", drawing)
    }


def test_rooms_on_mysql():
    with MariaDB() as server:
        with Alone("rooms", ROOMS_DATABASE_URL=server.database("cinema_rooms"), MOVIES_API_URL="none"):
            pass
        rows = server.sql(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'cinema_rooms'"
        )
    made = {}
    for table, column, kind in (row.split("\t") for row in rows.splitlines()):
        if table not in OWN:
            made.setdefault(table, {})[column] = kind
    assert made == drawn("rooms.md", "## On MySQL")


NAMES = {
    "character varying": "varchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


def test_reservations_on_postgres():
    with Postgres() as server:
        with Alone("reservations", RESERVATIONS_DATABASE_URL=server.url, ROOMS_API_URL="none"):
            pass
        rows = server.sql(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
        )
    made = {}
    for table, column, kind in rows:
        if table not in OWN:
            made.setdefault(table, {})[column] = NAMES.get(kind, kind)
    assert made == drawn("reservations.md", "## On PostgreSQL")
