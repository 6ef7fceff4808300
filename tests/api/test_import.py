"""`taquilla import`: the 3,201 films of vega-datasets, each row accounted for, and files of every other form."""

import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness.cinema import Cinema, bare_environment, program, run
from harness.door import ok
from harness.imports import NOBODY, Account, imported, into, real_films, write_csv, write_films, write_json
from harness.maker import Maker, unique

FILMS = 3201


@pytest.fixture(scope="module")
def films_file():
    return real_films()


@pytest.fixture(scope="module")
def its_maker():
    with Cinema() as cinema:
        m = Maker(cinema)
        yield m
        m.close()


@pytest.fixture
def open_cinema(its_maker):
    return its_maker, into(its_maker.cinema)


def by_title(m, title, year=""):
    found = ok(m.movies.get("/api/movies/search", params={"q": title, "limit": 50}))
    return next(f for f in found if f["title"] == title and f["releaseDate"].startswith(year))


def test_every_row_is_accounted_for(films_file, tmp_path):
    rows = json.loads(films_file.read_text())
    with Cinema() as cinema:
        looked = imported("movies", films_file, into(cinema), tmp_path, "--check")
        first = imported("movies", films_file, into(cinema), tmp_path)
        assert first.outcomes() == (FILMS, FILMS - 1, 0, 0, 1), first.text
        assert looked.outcomes() == first.outcomes() and looked.report == first.report
        untitled = next(i for i, row in enumerate(rows) if row["Title"] is None)
        assert first.refused() == {untitled + 2: "no title"}
        assert f"line {untitled + 2}:" in first.text and "no title" in first.text
        for field, number in (
            ("duration", sum(r["Running Time min"] is None for r in rows if r["Title"] is not None)),
            ("director", sum(r["Director"] is None for r in rows if r["Title"] is not None)),
            ("title", sum(isinstance(r["Title"], int) for r in rows)),
        ):
            assert re.search(rf"^ +{field} +{number} ", first.text, re.M), f"{field} {number}: {first.text}"
            assert sum(r["what"] == "repaired" and r["field"] == field for r in first.report) == number

        again = imported("movies", films_file, into(cinema), tmp_path)
        assert again.outcomes() == (FILMS, 0, 0, FILMS - 1, 1), again.text

        m = Maker(cinema)
        answer = m.movies.get("/api/movies", params={"limit": 1}).json()
        assert answer["pagination"]["total"] == FILMS - 1
        assert by_title(m, "The Birth of a Nation", "1915-02-08")["director"]
        assert by_title(m, "Duel in the Sun", "1946-12-31")
        assert by_title(m, "1776", "1972")["title"] == "1776"
        knight = by_title(m, "The Dark Knight", "2008-07-18")
        assert (knight["duration"], knight["director"], knight["rating"]) == (152, "Christopher Nolan", 8.9)
        assert by_title(m, "Alice in Wonderland", "1951") and by_title(m, "Alice in Wonderland", "2010")
        m.close()


def test_a_check_without_a_cinema_leaves_nothing(films_file, tmp_path):
    looked = imported("movies", films_file, NOBODY, tmp_path, "--check")
    assert looked.outcomes() == (FILMS, FILMS - 1, 0, 0, 1)
    assert "nothing was changed" in looked.text
    assert not (tmp_path / "var").exists()


def test_without_a_cinema_it_opens_one(tmp_path):
    file = write_json(tmp_path, "films.json", [{"Title": 300, "Release Date": "Mar 09 2007"}])
    closed = (*NOBODY, "--data", tmp_path / "data")
    assert imported("movies", file, closed, tmp_path).outcomes() == (1, 1, 0, 0, 0)
    assert imported("movies", file, closed, tmp_path, "--check").outcomes() == (1, 0, 0, 1, 0)
    assert imported("movies", file, closed, tmp_path).outcomes() == (1, 0, 0, 1, 0)


def test_our_own_films(open_cinema, tmp_path):
    m, where = open_cinema
    own = m.movie_body(title='Cléo de 5 à 7 "restaurada"', releaseDate="1962-04-11", cast=["Corinne Marchand"])
    rows = [own, {"title": "Sin fecha"}, 7, own | {"title": "x" * 5000}]
    done = imported("movies", write_json(tmp_path, "films.json", rows), where, tmp_path)
    assert done.outcomes() == (4, 1, 0, 0, 3), done.text
    assert sorted(done.refused().values()) == ["a title of more than 500 bytes", "no release date", "not an object"]
    found = by_title(m, own["title"])
    assert {k: found[k] for k in own if k != "releaseDate"} == {k: v for k, v in own.items() if k != "releaseDate"}
    assert found["releaseDate"] == "1962-04-11T00:00:00.000Z"


def test_what_a_row_does_not_say_is_left_alone(open_cinema, tmp_path):
    """A gap in a file, or a year where the cinema knows the day, changes nothing; what it says does."""
    m, where = open_cinema
    made = m.make_movie(title=unique("Gap "), releaseDate="1990-05-06T17:30:00.000Z")
    rows = [{"Title": made["title"].upper(), "Year": 1990, "Rating": "N/A"}]
    upper = imported("movies", write_csv(tmp_path, "films.csv", rows), where, tmp_path)
    assert upper.changed() == {2: ["title"]}
    rows[0] |= {"Title": made["title"], "Rating": 9.9}
    done = imported("movies", write_csv(tmp_path, "films.csv", rows), where, tmp_path)
    assert done.outcomes() == (1, 0, 1, 0, 0) and done.changed() == {2: ["title", "rating"]}
    found = ok(m.movies.get(f"/api/movies/{made['_id']}"))
    assert found == made | {"rating": 9.9, "updatedAt": found["updatedAt"]}
    assert imported("movies", write_csv(tmp_path, "films.csv", rows), where, tmp_path).outcomes() == (1, 0, 0, 1, 0)
    day = write_json(tmp_path, "day.json", [{"title": made["title"], "releaseDate": "1990-05-06"}])
    assert imported("movies", day, where, tmp_path).outcomes() == (1, 0, 0, 1, 0), "the hour stays"
    day = write_json(tmp_path, "day.json", [{"title": made["title"], "releaseDate": "1990-05-07"}])
    assert imported("movies", day, where, tmp_path).changed() == {1: ["releaseDate"]}


def test_ndjson(open_cinema, tmp_path):
    m, where = open_cinema
    one, other = unique("Line "), unique("Line ")
    text = f'{{"title":"{one}","year":1999}}\n\n{{"title":\n{{"title":"{other}","year":2001}}'
    done = imported("movies", write_json(tmp_path, "films.ndjson", text), where, tmp_path)
    assert done.outcomes() == (3, 2, 0, 0, 1) and done.refused() == {3: "not JSON"}
    assert by_title(m, one, "1999") and by_title(m, other, "2001")


@pytest.mark.parametrize("separator, end", [(",", "\r\n"), (";", "\n"), ("\t", "\r\n")])
def test_csv_as_spreadsheets_write_it(open_cinema, tmp_path, separator, end):
    m, where = open_cinema
    title = unique('A "quoted", long; title\twith\nlines ')
    rows = [{"primaryTitle": title, "startYear": 1958, "genres": "Action|Drama", "Nonsense": "x"}]
    file = write_csv(tmp_path, "films.csv", rows, delimiter=separator, lineterminator=end)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    done = imported("movies", file, where, tmp_path)
    assert done.outcomes() == (1, 1, 0, 0, 0) and "Nonsense" in done.text
    word = title.split()[-1]
    found = ok(m.movies.get("/api/movies/search", params={"q": word}))
    assert [(f["title"], f["genre"]) for f in found] == [(title, ["Action", "Drama"])]
    assert imported("movies", file, where, tmp_path).outcomes() == (1, 0, 0, 1, 0)


def test_columns_are_mapped(open_cinema, tmp_path):
    m, where = open_cinema
    title = unique("Mapped ")
    rows = [{"Was": title, "title": "the cinema's own number", "Wann": "1999-02-03", "Rating": 3}]
    file = write_csv(tmp_path, "films.csv", rows)
    done = imported("movies", file, where, tmp_path, "--map", "was=title", "--map=Wann=releaseDate", "--map", "Rating=")
    assert done.outcomes() == (1, 1, 0, 0, 0) and "of no use" not in done.text
    assert by_title(m, title, "1999-02-03")["rating"] == 0
    for wrong, code in ((("--map", "Was=nothing"), 2), (("--map", "Was"), 2), (("--map", "Absent=title"), 1)):
        done = imported("movies", file, where, tmp_path, *wrong, code=code)
        assert len(done.done.stderr.splitlines()) == 1 and "--map" in done.done.stderr


# --- files that are none, or strange ---


@pytest.mark.parametrize("text", ["", " \n", "{}", "[", "[{]", "7", '"x"', "[" * 100000, '[{"Title":1e999}]', "[1,]"])
def test_a_file_that_is_none(tmp_path, text):
    done = run("import", "movies", write_json(tmp_path, "films.json", text), "--check", *NOBODY, folder=tmp_path)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not done.stdout and not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    "name, content",
    [
        ("unclosed quote", b'title,year\nA,1999\n"B,1999\nC,1999\n'),
        ("UTF-16", "title,year\nA,1999\n".encode("utf-16")),
        ("300 columns", b",".join(b"title%d" % i for i in range(300)) + b"\n"),
        ("NUL in the header", b"title\0,year\nA,1999\n"),
        ("unknown columns", b"a,b\n1,2\n"),
        ("no header", b"The Third Man,1949\n"),
    ],
)
def test_a_csv_that_cannot_be_trusted_changes_nothing(open_cinema, tmp_path, name, content):
    m, where = open_cinema
    before = len(m.feed("movies"))
    file = tmp_path / "films.csv"
    file.write_bytes(content)
    done = run("import", "movies", file, *where, folder=tmp_path, timeout=60)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert len(m.feed("movies")) == before


def test_rows_that_are_hostile_are_refused_alone(open_cinema, tmp_path):
    m, where = open_cinema
    titles = [unique("Good ") for _ in range(3)]
    lines = [
        b"title,year",
        titles[0].encode() + b",1999",
        b"nul\0byte,1999",
        b"not \xff\xfe utf-8,1999",
        b"x" * 10_000_000 + b",1999",
        titles[1].encode() + b",1999",
        b"," * 300,
        b"more,1999,cells",
        b'"tail"ed,1999',
        titles[0].lower().encode() + b",1999",
        b'"' + b"long\n" * 250_000 + b'",1999',
        titles[2].encode() + b",1999",
    ]
    file = tmp_path / "films.csv"
    file.write_bytes(b"\n".join(lines))
    done = imported("movies", file, where, tmp_path)
    assert done.outcomes() == (11, 3, 0, 0, 8), done.text
    assert done.refused() == {
        3: "a NUL byte in its text",
        4: "text that is not UTF-8",
        5: "longer than 1 MiB",
        7: "more than 256 cells",
        8: "more cells than there are columns",
        9: "text behind a closing quote",
        10: "the same film as line 2",
        11: "longer than 1 MiB",
    }
    for title in titles:
        assert by_title(m, title, "1999")


def test_a_row_that_no_request_can_hold(open_cinema, tmp_path):
    _, where = open_cinema
    cast = [f"Somebody {i}" for i in range(30_000)]
    rows = [{"title": unique("Crowd "), "year": 1999, "cast": cast}, {"title": unique("Few "), "year": 1999, "cast": cast[:5]}]
    done = imported("movies", write_json(tmp_path, "films.json", rows), where, tmp_path)
    assert done.outcomes() == (2, 1, 0, 0, 1) and done.refused() == {1: "longer than a request may be"}


def test_the_report_computes_nothing_in_a_spreadsheet(open_cinema, tmp_path):
    _, where = open_cinema
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "'=1", "plain", "a=b", '"=1"']
    rows = [{"title": name, "year": "never"} for name in names]
    done = imported("movies", write_json(tmp_path, "films.json", rows), where, tmp_path)
    assert [int(r["line"]) for r in done.report] == list(range(1, len(names) + 1))
    for row, name in zip(done.report, names):
        cell, plain = row["name"], name.strip()
        assert cell == (plain if plain in ("plain", "a=b", '"=1"') else f"'{plain}")
    for row in done.report:
        for cell in row.values():
            assert not re.match(r"[=+\-@\t\r]", cell)


def test_a_title_cannot_speak_to_the_terminal(open_cinema, tmp_path):
    _, where = open_cinema
    rows = [{"title": "\x1b]0;owned\x07\x9b31m" + "long " * 100, "year": "never"}]
    done = imported("movies", write_json(tmp_path, "films.json", rows), where, tmp_path)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.text), repr(done.text)
    assert max(map(len, done.text.splitlines())) < 200


# --- how it is used ---


@pytest.mark.parametrize(
    "arguments",
    [(), ("movies",), ("films", "x"), ("movies", "--check"), ("movies", "x", "--what"), ("rooms", "x", "--map", "a")],
)
def test_wrong_use_is_said(tmp_path, arguments):
    assert run("import", *arguments, folder=tmp_path).returncode == 2


def test_a_file_that_is_not_there(tmp_path):
    done = run("import", "movies", tmp_path / "none.json", "--check", *NOBODY, folder=tmp_path)
    assert done.returncode == 1 and "none.json" in done.stderr
    assert run("import", "movies", tmp_path, "--check", *NOBODY, folder=tmp_path).returncode == 1, "a directory"
    file = write_json(tmp_path, "films.json", [])
    done = run("import", "movies", file, "--check", "--report", tmp_path / "no" / "r.csv", *NOBODY, folder=tmp_path)
    assert done.returncode == 1 and "r.csv" in done.stderr


def test_an_empty_list(open_cinema, tmp_path):
    _, where = open_cinema
    assert imported("movies", write_json(tmp_path, "f.json", []), where, tmp_path).outcomes() == (0, 0, 0, 0, 0)
    assert imported("movies", write_json(tmp_path, "f.csv", "title,year\n"), where, tmp_path).outcomes() == (0, 0, 0, 0, 0)


def test_a_stranger_s_cinema_is_not_filled(open_cinema, tmp_path):
    """It is open, but its token is elsewhere: one sentence, and no directory left behind."""
    _, where = open_cinema
    file = write_json(tmp_path, "films.json", [{"Title": "A", "Release Date": "Mar 09 2007"}])
    done = run("import", "movies", file, *where[:2], folder=tmp_path, timeout=60)
    assert done.returncode == 1 and "--data" in done.stderr
    assert not (tmp_path / "var").exists()


def test_progress_is_for_terminals(open_cinema, tmp_path):
    m, where = open_cinema
    file = write_json(tmp_path, "films.json", [{"title": unique("Bar "), "year": 1999} for _ in range(1200)])
    ours, theirs = pty.openpty()
    command = [program(), "import", "movies", file, "--check", *where]
    done = subprocess.run(
        list(map(str, command)),
        cwd=tmp_path,
        env=bare_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=120,
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0 and "100 %" in shown and "1200 of 1200 rows" in shown, shown
    plain = run(*command[1:], folder=tmp_path)
    assert plain.stdout == done.stdout and not plain.stderr


def test_what_broke_off_goes_on(tmp_path):
    """The owner dies in the middle: how far it came is said, and the same command makes the rest."""
    count = 10_000
    file, _ = write_films(tmp_path, count)
    with Cinema() as cinema:
        command = ["import", "movies", file, *into(cinema)]
        process = subprocess.Popen(
            list(map(str, [program(), *command])),
            cwd=tmp_path,
            env=bare_environment(tmp_path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with cinema.door("movies") as door:
            while process.poll() is None:
                if door.get("/api/movies", params={"limit": 1}).json()["pagination"]["total"] >= 1000:
                    break
        cinema.process.send_signal(signal.SIGSTOP)  # so that it is not started again before the import has noticed
        cinema.kill("movies")
        said, problem = process.communicate(timeout=120)
        cinema.process.send_signal(signal.SIGCONT)
        assert process.returncode == 1 and problem.startswith("taquilla import: "), said + problem
        stopped = re.search(r"stopped after (\d+) of (\d+) rows", said)
        assert stopped and 0 < int(stopped[1]) < count == int(stopped[2]), said
        cinema.wait_ready()
        rest = imported("movies", file, into(cinema), tmp_path)
        _, created, changed, unchanged, refused = rest.outcomes()
        assert created > 0 and unchanged >= int(stopped[1]) and created + unchanged == count
        assert changed == refused == 0
        again = imported("movies", tmp_path / "films.csv", into(cinema), tmp_path)
        assert again.outcomes() == (count, 0, 0, count, 0), "the same films as CSV"


def test_the_account_is_read(tmp_path):
    """The helper reads what is printed."""
    done = subprocess.CompletedProcess([], 0, "f\n  read              12\n  created           12\n", "")
    assert Account(done).counts == {"read": 12, "created": 12}
