"""What database-designs/ draws of the real databases is what the migrations make there."""

import json
import re
import time

import httpx

from harness.cinema import ROOT, Alone, Up
from harness.door import ok
from harness.ferretdb import FerretDB
from harness.mariadb import MariaDB
from harness.pictures import png
from harness.postgres import Postgres

OWN = {"log", "log_counter", "log_readers", "once_keys", "schema_migrations", "restore_state", "log_bare"}


def bodies(page, heading):
    """{table: its lines} of the drawing below a heading."""
    text = (ROOT / "database-designs" / page).read_text().split(heading, 1)[1]
    drawing = text.split("```mermaid", 1)[1].split("```", 1)[0]
    return dict(re.findall(r"(?ms)^ {4}(\w+) \{ (.*?) \}$", drawing))


def drawn(page, heading):
    """{table: {column: type}}"""
    return {
        table: {name: kind for kind, name in re.findall(r"(?m)^\s*(\w+) (\w+)", body)}
        for table, body in bodies(page, heading).items()
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


def columns(server, database, schema):
    """{table or view: {column: type}}"""
    made = {}
    for table, column, kind in server.sql(
        f"SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = '{schema}'", database=database
    ):
        if table not in OWN:
            made.setdefault(table, {})[column] = NAMES.get(kind, kind)
    return made


def test_analytics_on_postgres(servers):
    stores = servers.fresh(("analytics",), {})
    with Up(stores=stores):
        pass
    server, database = servers.server("analytics"), stores["ANALYTICS_DATABASE_URL"].rsplit("/", 1)[1]
    assert columns(server, database, "public") == drawn("analytics.md", "## On PostgreSQL")
    assert columns(server, database, "reports") == drawn("analytics.md", "## Views for people with SQL")


def documents(server, database):
    """{collection: its documents} as FerretDB keeps them, each with the types of BSON of its members in $s; and its indexes."""
    found, indexes = {}, {}
    for (text,) in server.below.sql(f"SELECT _jsonb FROM {database}._ferretdb_database_metadata"):
        about = json.loads(text)
        name = about["_id"]
        found[name] = [json.loads(row[0]) for row in server.below.sql(f'SELECT _jsonb FROM {database}."{about["table"]}"')]
        indexes[name] = {(*index["key"],) for index in about["indexes"] if index["unique"]}
        assert len(indexes[name]) == len(about["indexes"]), "each of them is unique"
    return found, indexes


def types(document):
    return {name: about["t"] for name, about in document["$s"]["p"].items()}


def test_movies_on_mongodb():
    film = {"title": "El sur", "description": "d", "duration": 95, "director": "Víctor Erice", "genre": ["Drama"]}
    film |= {"cast": ["Omero Antonutti"], "releaseDate": "1983-05-19", "rating": 7.5}
    film |= {"posterUrl": "https://example.com/p.png", "trailerUrl": "https://example.com/t"}
    with FerretDB() as server:
        with Alone("movies", MOVIES_DATABASE_URL=server.database("cinema_movies"), ROOMS_API_URL="none") as service:
            with service.door("movies") as door:
                ok(door.post("/api/genres", json={"name": "Drama", "description": "d"}), 201)
                made = ok(door.post("/api/movies", json=film, headers={"Idempotency-Key": "k"}), 201)
                ok(door.put(f"/api/movies/{made['_id']}/poster", content=png()))
            end = time.monotonic() + 20  # the documents come after the log
            while not all(documents(server, "cinema_movies")[0].get(name) for name in ("movies", "genres")):
                assert time.monotonic() < end
                time.sleep(0.05)
        found, indexes = documents(server, "cinema_movies")
        token = "t" * 32
        settings = {"MOVIES_DATABASE_URL": server.database("half_restored"), "SERVICE_TOKEN": token}
        with Alone("movies", **settings, ROOMS_API_URL="none") as service:
            head = {"authorization": f"Bearer {token}"}
            begun = httpx.post(service.url("movies") + "/internal/restore/start", json={}, headers=head)
            assert begun.status_code == 200, begun.text
        half, half_indexes = documents(server, "half_restored")
    found["movies_state"], indexes["movies_state"] = half["movies_state"], half_indexes["movies_state"]

    wanted = drawn("movies.md", "## On MongoDB")
    assert {name: types(some[0]) for name, some in found.items()} == wanted
    assert all(types(document) == wanted[name] for name, some in found.items() for document in some)
    texts = bodies("movies.md", "## On MongoDB")
    marked = {name: {(field,) for field in re.findall(r"(?m)^\s*\w+ (\w+) (?:PK|UK)", text)} for name, text in texts.items()}
    assert indexes == marked

    events = re.search(r'array events "([^"]*)"', texts["movies_log"])[1]
    told = set(re.findall(r"\w+", events)) - {"and", "of", "an", "Idempotency", "Key"}
    members = {name for document in found["movies_log"] for item in document["$s"]["p"]["events"]["i"] for name in item["$s"]["$k"]}
    assert members == told
