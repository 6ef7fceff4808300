"""`taquilla import movies`: the 3,201 films of vega-datasets, each row accounted for, and files of other kinds."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from harness.cinema import Cinema, run
from harness.door import ok
from harness.maker import Maker

PACKAGE = "vega-datasets@2.11.0"
FILMS = 3201
COUNTS = re.compile(r"^ +(read|created|already there|can be taken|refused) +(\d+)$", re.M)


@pytest.fixture(scope="module")
def films_file():
    """data/movies.json of the npm package, fetched once into the cache of the tests."""
    cache = Path.home() / ".cache" / "taquilla-test" / PACKAGE.replace("@", "-")
    file = cache / "package" / "data" / "movies.json"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE],
            cwd=cache,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        assert packed.returncode == 0, packed.stderr
        subprocess.run(["tar", "xzf", packed.stdout.split()[-1], "package/data/movies.json"], cwd=cache, check=True)
    return file


def counts(done):
    return {name: int(number) for name, number in COUNTS.findall(done.stdout)}


def write(folder, rows):
    file = folder / "films.json"
    file.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    return file


def test_every_row_is_accounted_for(films_file):
    rows = json.loads(films_file.read_text())
    with Cinema() as cinema:
        into = ("--base-port", cinema.base_port, "--data", cinema.data)
        first = run("import", "movies", films_file, *into, folder=cinema.folder, timeout=300)
        assert first.returncode == 0, first.stdout + first.stderr
        found = counts(first)
        assert found["read"] == FILMS == found["created"] + found["already there"] + found["refused"]
        assert found["refused"] == 1 and found["already there"] == 0, first.stdout
        untitled = next(i for i, row in enumerate(rows) if row["Title"] is None)
        assert f"line {untitled + 2}:" in first.stdout and "no title" in first.stdout
        for field, number in (
            ("duration", sum(r["Running Time min"] is None for r in rows if r["Title"] is not None)),
            ("director", sum(r["Director"] is None for r in rows if r["Title"] is not None)),
            ("title", sum(isinstance(r["Title"], int) for r in rows)),
        ):
            assert re.search(rf"^ +{field} +{number} ", first.stdout, re.M), f"{field} {number}: {first.stdout}"

        again = run("import", "movies", films_file, *into, folder=cinema.folder, timeout=300)
        assert again.returncode == 0, again.stdout + again.stderr
        assert counts(again) == {"read": FILMS, "created": 0, "already there": FILMS - 1, "refused": 1}

        m = Maker(cinema)
        answer = m.movies.get("/api/movies", params={"limit": 1}).json()
        assert answer["pagination"]["total"] == FILMS - 1

        def film(title, year):
            found = ok(m.movies.get("/api/movies/search", params={"q": title, "limit": 50}))
            return next(f for f in found if f["title"] == title and f["releaseDate"].startswith(year))

        assert film("The Birth of a Nation", "1915-02-08")["director"]
        assert film("Duel in the Sun", "1946-12-31")
        assert film("1776", "1972")["title"] == "1776"
        knight = film("The Dark Knight", "2008-07-18")
        assert (knight["duration"], knight["director"], knight["rating"]) == (152, "Christopher Nolan", 8.9)
        assert film("Alice in Wonderland", "1951") and film("Alice in Wonderland", "2010"), "same title, another film"
        m.close()


def test_check_changes_nothing(films_file, tmp_path):
    done = run("import", "movies", films_file, "--check", folder=tmp_path, timeout=60)
    assert done.returncode == 0, done.stderr
    assert counts(done) == {"read": FILMS, "can be taken": FILMS - 1, "refused": 1}
    assert not (tmp_path / "var").exists()


def test_without_a_cinema_it_opens_one(tmp_path):
    file = write(tmp_path, [{"Title": 300, "Release Date": "Mar 09 2007"}])
    closed = ("--base-port", 1, "--data", tmp_path / "data")
    done = run("import", "movies", file, *closed, folder=tmp_path, timeout=60)
    assert done.returncode == 0, done.stderr
    assert counts(done)["created"] == 1
    again = run("import", "movies", file, *closed, folder=tmp_path, timeout=60)
    assert counts(again)["already there"] == 1


def test_our_own_films(cinema_for_files, tmp_path):
    m, into = cinema_for_files
    own = m.movie_body(title='Cléo de 5 à 7 "restaurada"', releaseDate="1962-04-11", cast=["Corinne Marchand"])
    rows = [own, {"title": "Sin fecha"}, 7, own | {"title": "x" * 5000}]
    done = run("import", "movies", write(tmp_path, rows), *into, folder=tmp_path, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert counts(done) == {"read": 4, "created": 1, "already there": 0, "refused": 3}
    found = ok(m.movies.get("/api/movies/search", params={"q": "Cleo"}))
    assert [{k: f[k] for k in own if k != "releaseDate"} for f in found] == [
        {k: v for k, v in own.items() if k != "releaseDate"}
    ]
    assert found[0]["releaseDate"] == "1962-04-11T00:00:00.000Z"


@pytest.fixture(scope="module")
def cinema_for_files():
    with Cinema() as cinema:
        m = Maker(cinema)
        yield m, ("--base-port", cinema.base_port, "--data", cinema.data)
        m.close()


@pytest.mark.parametrize("text", ["", "{}", "[", "[{]", "7", '"x"', "[" * 100000, '[{"Title":1e999}]'])
def test_a_file_that_is_none(tmp_path, text):
    done = run("import", "movies", write(tmp_path, text), "--check", folder=tmp_path)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, done.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("movies",), ("rooms", "x"), ("movies", "--check"), ("movies", "x", "--what")]
)
def test_wrong_use_is_said(tmp_path, arguments):
    assert run("import", *arguments, folder=tmp_path).returncode == 2


def test_a_file_that_is_not_there(tmp_path):
    done = run("import", "movies", tmp_path / "none.json", "--check", folder=tmp_path)
    assert done.returncode == 1 and "none.json" in done.stderr


def test_a_stranger_s_cinema_is_not_filled(cinema_for_files, tmp_path):
    """It is open, but its token is elsewhere: one sentence, and no directory left behind."""
    _, into = cinema_for_files
    file = write(tmp_path, [{"Title": "A", "Release Date": "Mar 09 2007"}])
    done = run("import", "movies", file, *into[:2], folder=tmp_path, timeout=60)
    assert done.returncode == 1 and "--data" in done.stderr
    assert not (tmp_path / "var").exists()
