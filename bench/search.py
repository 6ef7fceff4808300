"""Film search at movies itself: over the demo's films, and over the 3,200 of vega-datasets."""

import contextlib
import json
import sqlite3
import statistics
import time

import httpx

from harness.cinema import Cinema, program, run
from harness.imports import into, real_films
from load import pin, wrk
from scenarios import ROUNDS, against_nginx, row

QUERIES = 200
ONE_FILM, WIDE = "casablanca", "s"  # one, in both; and a letter that most films have: 2,658 of 3,200

MIXED_LUA = """
local queries, next_query = {}, 0
function init()
    for q in string.gmatch("%s", "[^|]+") do
        queries[#queries + 1] = wrk.format("GET", "/api/movies/search?q=" .. q)
    end
end
function request()
    next_query = next_query %% #queries + 1
    return queries[next_query]
end
"""

# What the same questions cost a plain program: the films' words in a table of SQLite's full-text search, in memory.
TABLE = """CREATE TABLE films (key INTEGER PRIMARY KEY, released TEXT, film TEXT);
CREATE VIRTUAL TABLE words USING fts5 (title, description, director, cast_names,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');"""
PAGE = """SELECT film FROM (SELECT f.key, bm25(words, 10.0, 1.0, 4.0, 4.0) AS fit FROM words JOIN films f ON f.key = words.rowid
    WHERE words MATCH ? ORDER BY fit, f.released DESC, f.key DESC LIMIT 10) JOIN films USING (key)"""
TOTAL = "SELECT count(*) FROM words WHERE words MATCH ?"


@contextlib.contextmanager
def demo():
    cinema = Cinema(executable=program("TAQUILLA_RELEASE", "build"))
    done = run("demo", "--data", cinema.data, executable=cinema.executable, folder=cinema.folder, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    with cinema:
        yield cinema


@contextlib.contextmanager
def imported():
    with Cinema(executable=program("TAQUILLA_RELEASE", "build")) as cinema:
        done = run("import", "movies", real_films(), *into(cinema), executable=cinema.executable, folder=cinema.folder, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        yield cinema


def every_film(url):
    found, page = [], 1
    while rows := httpx.get(url, params={"limit": 1000, "page": page}).json()["data"]:
        found, page = found + rows, page + 1
    return found


def questions(films):
    """The beginnings of words in titles and of directors' names, three letters and more, as somebody types them."""
    words = []
    for i, film in enumerate(films[:: max(1, len(films) // QUERIES)]):
        title = [w for w in film["title"].split() if w.isascii() and w.isalpha() and len(w) > 3]
        if title:
            words.append(title[i % len(title)].lower()[: 3 + i % 5])
    return words


class PlainFts5:
    def __init__(self, films):
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.executescript(TABLE)
        for key, film in enumerate(films):
            self.db.execute("INSERT INTO films VALUES (?, ?, ?)", (key, film["releaseDate"], json.dumps(film)))
            texts = (film["title"], film["description"], film["director"], " ".join(film["cast"]))
            self.db.execute("INSERT INTO words (rowid, title, description, director, cast_names) VALUES (?, ?, ?, ?, ?)", (key, *texts))

    def query_us(self, words):
        """CPU of a page and its total, without any HTTP."""
        began, count = time.process_time(), 0
        while time.process_time() - began < 1:
            for word in words:
                self.db.execute(PAGE, (f'"{word}"*',)).fetchall()
                self.db.execute(TOTAL, (f'"{word}"*',)).fetchone()
                count += 1
        return (time.process_time() - began) / count * 1e6


def mixed(name, cinema, rival, words):
    """A different question each time."""
    url, pid = cinema.url("movies"), cinema.pid("movies")
    pin(pid)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(wrk(url, [pid], script=MIXED_LUA % "|".join(words)))
        theirs.append(rival.query_us(words))
    assert not any(r.failed for r in ours)
    theirs_us = statistics.median(theirs)
    return row(
        name,
        statistics.median(r.per_s for r in ours),
        "requests/s",
        "SQLite FTS5, in memory, no HTTP",
        1e6 / theirs_us,
        statistics.median(r.cpu_us for r in ours),
        rival_cpu_us_per_request=round(theirs_us, 1),
    )


def search(_maker, nginx):
    for opened in (demo, imported):
        with opened() as cinema:
            films = every_film(cinema.url("movies") + "/api/movies")
            rival = PlainFts5(films)
            of = f", {len(films)} films"
            yield mixed("search" + of, cinema, rival, questions(films))
            for name, word in (("search, one film", ONE_FILM), ("search, one letter", WIDE)):
                found = against_nginx(name + of, cinema, nginx, f"/api/movies/search?q={word}", service="movies")
                yield found | {"fts5_us_per_query": round(rival.query_us([word]), 1)}
            yield against_nginx("films, page of 12" + of, cinema, nginx, "/api/movies?page=1&limit=12", service="movies")
