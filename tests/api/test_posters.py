"""A film's poster over HTTP, through the gateway; out of a store and into another."""

import hashlib

import httpx
import pytest

from harness.cinema import Alone
from harness.door import ok, refused
from harness.ferretdb import FerretDB
from harness.pictures import png
from harness.tables import Tables

MIB = 1024 * 1024
TOKEN = "t" * 32


def put(door, film, body, kind="image/png"):
    return door.put(f"/api/movies/{film['_id']}/poster", content=body, headers={"content-type": kind})


def path_of(film, body):
    return f"/api/movies/{film['_id']}/poster?v={hashlib.sha256(body).hexdigest()}"


@pytest.fixture
def gate(m):
    return m.gateway


@pytest.fixture
def film(m):
    return m.make_movie(posterUrl="https://example.com/old.jpg")


def test_taken_and_shown(m, gate, film):
    body = png(more=700_000)
    made = ok(put(gate, film, body))
    assert made["posterUrl"] == path_of(film, body)
    assert ok(m.movies.get(f"/api/movies/{film['_id']}")) == made
    for door in (gate, m.movies):
        answer = door.get(made["posterUrl"])
        assert (answer.status_code, answer.content) == (200, body)
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["etag"] == '"%s"' % hashlib.sha256(body).hexdigest()
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        plain = door.get(f"/api/movies/{film['_id']}/poster", headers={"if-none-match": answer.headers["etag"]})
        assert (plain.status_code, plain.content) == (304, b"")
        assert plain.headers["cache-control"] == "public, max-age=0, must-revalidate"
        head = door.head(made["posterUrl"])
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(body)))


def test_replaced_and_taken_away(m, gate, film):
    first, second = png(grey=1), png(grey=2)
    ok(put(gate, film, first))
    before = gate.get(f"/api/movies/{film['_id']}/poster")
    ok(put(gate, film, second))
    after = gate.get(f"/api/movies/{film['_id']}/poster", headers={"if-none-match": before.headers["etag"]})
    assert (after.status_code, after.content) == (200, second)
    assert after.headers["etag"] != before.headers["etag"]
    old = gate.get(path_of(film, first))
    assert old.content == second and "immutable" not in old.headers["cache-control"], "an old address is not kept for ever"
    gone = ok(gate.delete(f"/api/movies/{film['_id']}/poster"))
    assert gone["posterUrl"] == ""
    refused(gate.get(f"/api/movies/{film['_id']}/poster"), 404, "poster_unknown")
    refused(gate.delete(f"/api/movies/{film['_id']}/poster"), 404, "poster_unknown")


def test_old_clients_send_a_film_back_whole(m, gate, film):
    """They know posterUrl as a field of theirs: it stays so for films without an uploaded poster, and harms no uploaded one."""
    body = png(grey=3)
    path = ok(put(gate, film, body))["posterUrl"]
    for said in ("", "https://example.com/other.jpg"):
        assert ok(m.movies.put(f"/api/movies/{film['_id']}", json={"posterUrl": said}))["posterUrl"] == path
    assert gate.get(path).content == body
    ok(gate.delete(f"/api/movies/{film['_id']}/poster"))
    assert ok(m.movies.put(f"/api/movies/{film['_id']}", json={"posterUrl": path}))["posterUrl"] == "", "there is none there"
    other = "https://example.com/other.jpg"
    assert ok(m.movies.put(f"/api/movies/{film['_id']}", json={"posterUrl": other}))["posterUrl"] == other


def test_what_is_no_poster(m, gate, film):
    good = png()
    for door in (gate, m.movies):
        refused(put(door, film, b"GIF89a" + b"x" * 50, "image/gif"), 415, "poster_type_unsupported")
        refused(put(door, film, b""), 415, "poster_type_unsupported")
        said = refused(put(door, film, good, "image/jpeg"), 415, "poster_type_unsupported")
        assert "these bytes are a PNG" in str(said)
        refused(put(door, film, good[:-1]), 400, "poster_damaged")
        refused(put(door, film, good + b"<script>"), 400, "poster_damaged")
        refused(put(door, film, png(width=4097)), 400, "poster_damaged")
        refused(put(door, film, png(more=MIB)), 413, "body_too_large")
    ok(m.movies.put(f"/api/movies/{film['_id']}/poster", content=good))  # says nothing of its type
    whole = MIB - len(png(more=1)) + 1
    assert len(png(more=whole)) == MIB
    ok(put(gate, film, png(more=whole)))
    refused(put(gate, {"_id": "0" * 24}, good), 404, "movie_unknown")
    refused(put(gate, {"_id": "x"}, good), 400, "movie_id_invalid")


def test_only_who_may_write(guarded):
    """Without the token; as the film itself it is there for anybody to see."""
    address = f"{guarded.url('gateway')}/api/movies/{'0' * 24}/poster"
    for answer in (httpx.put(address, content=png()), httpx.delete(address)):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), answer.text
    assert httpx.get(address).json()["code"] == "movie_unknown"


# --- out of one store, into another ---

FILM = {"title": "El sur", "description": "d", "duration": 95, "director": "Víctor Erice", "releaseDate": "1983-05-19"}


def movies(**settings):
    return Alone("movies", ROOMS_API_URL="none", SERVICE_TOKEN=TOKEN, **settings)


def filled(door):
    """Three films: one with a large poster that replaced another, one with a small one, one whose poster went."""
    films = [ok(door.post("/api/movies", json=FILM | {"title": title}), 201) for title in "abc"]
    bodies = [png(grey=4, more=900_000), png(grey=5), png(grey=6)]
    ok(put(door, films[0], png(grey=7)))
    for film, body in zip(films, bodies):
        ok(put(door, film, body))
    ok(door.delete(f"/api/movies/{films[2]['_id']}/poster"))
    return list(zip(films, bodies))[:2], films[2]


def shown(door, kept, bare):
    for film, body in kept:
        assert door.get(f"/api/movies/{film['_id']}/poster").content == body
    refused(door.get(f"/api/movies/{bare['_id']}/poster"), 404, "poster_unknown")


@pytest.mark.parametrize("first,second", [("sqlite", "sqlite"), ("sqlite", "mongodb"), ("mongodb", "sqlite")])
def test_an_export_carries_them(first, second):
    with FerretDB() as server:
        place = {"sqlite": {}, "mongodb": {"MOVIES_DATABASE_URL": server.database("posters")}}
        with movies(**place[first]) as one, one.door("movies") as door:
            kept, bare = filled(door)
            with Tables(one, "movies", TOKEN) as tables:
                found, position = tables.export()
        rows = found["posters"]
        assert len(rows) == 6, "five parts and one"
        assert max(map(len, rows)) < 300_000, "each goes into one request"
        assert not any("posters" in line or "iVBOR" in line for line in found["log"]), "the log has no bytes"
        with movies(**place[second]) as other, other.door("movies") as door:
            with Tables(other, "movies", TOKEN) as tables:
                assert tables.start().status_code == 200
                for table, lines in found.items():
                    step = 1 if table == "posters" else 100
                    for i in range(0, len(lines), step):
                        assert tables.put(table, lines[i : i + step]).status_code == 200
                done = tables.finish(found)
                assert done.status_code == 200, done.text
                assert tables.export() == (found, position)
            shown(door, kept, bare)


def test_two_replicas_show_the_same():
    with FerretDB() as server:
        url = server.database("posters")
        with movies(MOVIES_DATABASE_URL=url) as one, movies(MOVIES_DATABASE_URL=url) as two:
            with one.door("movies") as here, two.door("movies") as there:
                kept, bare = filled(here)
                ok(there.post("/api/movies", json=FILM), 201)  # who writes has read the log to its end
                shown(there, kept, bare)
                ok(put(there, kept[0][0], png(grey=9)))
                ok(here.post("/api/movies", json=FILM), 201)
                assert here.get(f"/api/movies/{kept[0][0]['_id']}/poster").content == png(grey=9)
