"""What moves a whole store: export, import, backup and restore, each against the sqlite3 shell (and jq, sha256sum) with the same rows."""

import json
import shlex
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from harness.cinema import Cinema, run
from harness.imports import into, write_films
from scenarios import row
from year import TABLES, children_s, owners_s, size, year

ROUNDS, FILMS, BACKUP_SALES = 3, 100_000, 10_000

# A film's columns in the rival's table, as jq takes them out of the file.
FILM_TABLE = """CREATE TABLE movies (title TEXT NOT NULL, released TEXT, duration INTEGER, director TEXT, rating REAL,
genre TEXT, description TEXT); CREATE INDEX movies_by_title ON movies (title); CREATE INDEX movies_by_release ON movies (released);"""
FILM_COLUMNS = '[.Title, ."Release Date", ."Running Time min", .Director, ."IMDB Rating", ."Major Genre", .Overview]'


def measured(work, cpu=children_s):
    """Seconds, and CPU seconds by that clock."""
    used, began = cpu(), time.monotonic()
    work()
    return time.monotonic() - began, cpu() - used


def shell(line):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", line], capture_output=True, text=True)
    assert done.returncode == 0, f"{line}\n{done.stderr[-2000:]}"
    return done.stdout


def verb(cinema, *arguments):
    done = run(*arguments, *into(cinema), executable=cinema.executable, folder=cinema.folder, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def compared(name, rows, ours, rival, theirs, **more):
    """ours, theirs: [(seconds, CPU seconds)] of the rounds."""
    s, rival_s = (statistics.median(r[0] for r in runs) for runs in (ours, theirs))
    cpu, rival_cpu = (statistics.median(r[1] for r in runs) / rows * 1e6 for runs in (ours, theirs))
    return row(name, rows / s, "rows/s", rival, rows / rival_s, cpu, rival_cpu_us_per_request=round(rival_cpu, 1), **more)


def rows_of(cinema, *services):
    """How many rows the owners have, the rival's way of counting."""
    return sum(
        int(shell(f"sqlite3 -readonly {cinema.database(service)} 'SELECT count(*) FROM {table}'"))
        for service in services or TABLES
        for table in TABLES[service]
    )


def export(_maker, _nginx):
    """GET /export of reservations, all six tables, to curl; the shell prints the same tables as JSON."""
    with year() as cinema, tempfile.TemporaryDirectory() as folder:
        token, url = {"authorization": f"Bearer {cinema.service_token}"}, cinema.url("reservations") + "/export"
        query = {"tables": ",".join(TABLES["reservations"])}
        text = httpx.get(url, headers=token, params=query, timeout=120).text
        end = json.loads(text[text.rindex("\n", 0, -1) :])
        rows = rows_of(cinema, "reservations")
        assert end["rows"] == rows, f"{end} is not {rows} rows"
        address = httpx.URL(url, params=query)
        ask = f"curl -sf -H {shlex.quote('Authorization: ' + token['authorization'])} -o {folder}/ours {shlex.quote(str(address))}"
        selects = ";".join(f"SELECT * FROM {table}" for table in TABLES["reservations"])
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(measured(lambda: shell(ask), lambda: owners_s(cinema, "reservations")))
            theirs.append(measured(lambda: shell(f"sqlite3 -readonly {cinema.database()} '.mode json' '{selects}' > {folder}/theirs")))
        made = compared("export", rows, ours, "sqlite3, .mode json", theirs)
        yield made
        megabytes = [size(f"{folder}/{whose}") / 1e6 / statistics.median(r[0] for r in runs) for whose, runs in (("ours", ours), ("theirs", theirs))]
        yield row("export, in bytes", megabytes[0], "MB/s", "sqlite3, .mode json", megabytes[1], made["cpu_us_per_request"])


def imports(maker, _nginx):
    """A hundred thousand films into an empty cinema; jq takes the same columns out for .import, one transaction."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, _ = write_films(folder, FILMS)
        plain = f"jq -r '.[] | {FILM_COLUMNS} | @csv' {file} > {folder}/films.csv && sqlite3 {folder}/plain.db '{FILM_TABLE}' '.import --csv {folder}/films.csv movies'"
        ours, theirs = [], []
        for _ in range(ROUNDS):
            with Cinema(executable=maker.cinema.executable) as cinema:
                ours.append(measured(lambda: verb(cinema, "import", "movies", file), lambda: children_s() + owners_s(cinema, "movies")))
                assert rows_of(cinema, "movies") >= 2 * FILMS, "each film and its event"
            theirs.append(measured(lambda: shell(plain)))
            assert int(shell(f"sqlite3 {folder}/plain.db 'SELECT count(*) FROM movies'")) == FILMS
            (folder / "plain.db").unlink()
        yield compared("import, films", FILMS, ours, "jq | sqlite3 .import", theirs)


def backups(maker, _nginx):
    """A backup of the three owners, and its restore into an empty cinema."""
    with year(BACKUP_SALES) as cinema, tempfile.TemporaryDirectory() as name:
        folder, rows = Path(name), rows_of(cinema)
        files = {service: cinema.database(service) for service in TABLES}
        copy = " && ".join(f"sqlite3 -readonly {file} '.backup {folder}/{s}.db'" for s, file in files.items())
        dump = " && ".join(f"sqlite3 -readonly {file} .dump > {folder}/{s}.sql" for s, file in files.items())
        read = " && ".join(f"sqlite3 {folder}/{s}.new < {folder}/{s}.sql" for s in files)
        shell(dump)
        saved, copied, restored, loaded = [], [], [], []
        for number in range(ROUNDS):
            shelf = folder / f"shelf-{number}"
            saved.append(measured(lambda: verb(cinema, "backup", "--to", shelf), lambda: children_s() + owners_s(cinema)))
            copied.append(measured(lambda: shell(f"{copy} && sha256sum {folder}/*.db")))
            with Cinema(executable=maker.cinema.executable) as empty:
                restored.append(measured(lambda: verb(empty, "restore", "--from", shelf), lambda: children_s() + owners_s(empty)))
                assert rows_of(empty) == rows, f"{rows_of(empty)} rows are not {rows}"
            loaded.append(measured(lambda: shell(f"sha256sum {folder}/*.sql && {read}")))
            shell(f"rm {folder}/*.db {folder}/*.new")
        yield compared("backup", rows, saved, "sqlite3 .backup, sha256sum", copied)
        yield compared("restore", rows, restored, "sqlite3 reads .dump", loaded)
