"""Contract section 2, row by row."""

import pytest

from harness import shapes
from harness.door import ok, refused
from harness.maker import unique
from harness.shapes import movie as is_movie

REQUIRED = ("title", "description", "duration", "director", "releaseDate")


def ids(films):
    return [f["_id"] for f in films]


@pytest.fixture(scope="module")
def shelf(m):
    """Five films in a genre of their own, by name."""
    genre, word = unique("Genero"), unique("palabra")
    made = {}
    for name, date, rating in (
        ("old", "1999-03-31", 9.1),
        ("new", "2024-02-29", 7.0),
        ("mid", "2010-07-16T00:00:00Z", 6.9),
        ("best", "2005-01-01", 9.9),
        ("poor", "2001-01-01", 1),
    ):
        made[name] = m.make_movie(title=f"{name} {word}", genre=[genre, "Compartido"], releaseDate=date, rating=rating)
    made["gone"] = m.make_movie(title=f"gone {word}", genre=[genre], releaseDate="2030-01-01", isActive=False)
    return {"genre": genre, "word": word} | made


# --- lists ---


def test_list(m, shelf):
    answer = m.movies.get("/api/movies")
    films = ok(answer)
    assert 0 < len(films) <= 10
    for film in films:
        is_movie(film)
        assert film["isActive"] is True
    dates = [f["releaseDate"] for f in films]
    assert dates == sorted(dates, reverse=True)
    page = shapes.has(answer.json()["pagination"], page=int, limit=int, total=int, pages=int)
    assert (page["page"], page["limit"]) == (1, 10)
    assert page["pages"] == -(-page["total"] // 10)


def test_list_by_genre_newest_first(m, shelf):
    films = ok(m.movies.get("/api/movies", params={"genre": shelf["genre"]}))
    assert ids(films) == ids([shelf["new"], shelf["mid"], shelf["best"], shelf["poor"], shelf["old"]])


def test_genre_is_an_exact_member(m, shelf):
    assert ok(m.movies.get("/api/movies", params={"genre": shelf["genre"][:-1]})) == []
    assert ok(m.movies.get("/api/movies", params={"genre": ".*"})) == []
    assert ok(m.movies.get("/api/movies", params={"genre": "%"})) == []


def test_pages(m, shelf):
    seen = []
    for page in (1, 2, 3, 4):
        answer = m.movies.get("/api/movies", params={"genre": shelf["genre"], "page": page, "limit": 2})
        assert answer.json()["pagination"] == {"page": page, "limit": 2, "total": 5, "pages": 3}
        seen += ids(ok(answer))
    assert seen == ids([shelf["new"], shelf["mid"], shelf["best"], shelf["poor"], shelf["old"]])


def test_search_filter_keeps_the_order_by_date(m, shelf):
    films = ok(m.movies.get("/api/movies", params={"search": shelf["word"]}))
    assert ids(films) == ids([shelf["new"], shelf["mid"], shelf["best"], shelf["poor"], shelf["old"]])
    both = ok(
        m.movies.get("/api/movies", params={"search": shelf["word"], "genre": shelf["genre"], "featured": "true"})
    )
    assert ids(both) == ids([shelf["new"], shelf["best"], shelf["old"]])


def test_featured_filter(m, shelf):
    films = ok(m.movies.get("/api/movies", params={"featured": "true", "genre": shelf["genre"]}))
    assert ids(films) == ids([shelf["new"], shelf["best"], shelf["old"]])
    assert len(ok(m.movies.get("/api/movies", params={"featured": "", "genre": shelf["genre"]}))) == 5


def test_featured(m, shelf):
    answer = m.movies.get("/api/movies/featured")
    assert "pagination" not in answer.json()
    films = ok(answer)
    assert 0 < len(films) <= 5
    assert all(is_movie(f)["rating"] >= 7 and f["isActive"] for f in films)
    films = ok(m.movies.get("/api/movies/featured", params={"limit": 1000}))
    order = [(f["rating"], f["releaseDate"]) for f in films]
    assert order == sorted(order, reverse=True)
    assert shelf["new"]["_id"] in ids(films) and shelf["mid"]["_id"] not in ids(films)
    assert len(ok(m.movies.get("/api/movies/featured", params={"limit": 2}))) == 2


# --- search ---


@pytest.fixture(scope="module")
def library(m):
    tag = unique("zq")
    return {
        "tag": tag,
        "title": m.make_movie(title=f"Corazón {tag}", description="nada", director="Nadie", cast=[]),
        "text": m.make_movie(title=f"Otra {tag}", description="un corazon roto", director="Nadie", cast=[]),
        "director": m.make_movie(title=f"Tercera {tag}", description="nada", director="Ana Corazones", cast=[]),
        "cast": m.make_movie(title=f"Cuarta {tag}", description="nada", director="Nadie", cast=["CORAZÓN Pérez"]),
        "none": m.make_movie(title=f"Quinta {tag}", description="nada", director="Nadie", cast=[]),
    }


def search(m, **query):
    return ok(m.movies.get("/api/movies/search", params=query))


@pytest.mark.parametrize("word", ["corazón", "corazon", "CORAZON", "coraz", "CoRaZÓ"])
def test_search_folds_accents_and_case_and_takes_prefixes(m, library, word):
    found = search(m, q=f"{word} {library['tag']}")
    assert set(ids(found)) == set(ids(library[k] for k in ("title", "text", "director", "cast")))
    assert found[0]["_id"] == library["title"]["_id"], "best first"


def test_every_word_must_match(m, library):
    assert ids(search(m, q=f"{library['tag']} quinta nadie")) == [library["none"]["_id"]]
    assert search(m, q=f"{library['tag']} quinta corazón") == []


def test_a_word_in_the_middle_is_not_a_prefix(m, library):
    assert search(m, q=f"orazon {library['tag']}") == []


@pytest.mark.parametrize(
    "odd",
    [
        '"',
        "*",
        'a"b',
        "NEAR(a b)",
        "title:x",
        "a OR b",
        "-x",
        "(",
        "'",
        "\\",
        "%",
        "a AND",
        "^a",
        "{x}",
        "🎬",
        "\x01",
        "AND",
        "NOT",
        "col : a",
        "+",
        "a" * 3000,
    ],
)
def test_search_takes_any_text(m, odd):
    answer = m.movies.get("/api/movies/search", params={"q": odd})
    assert answer.status_code in (200, 400)
    assert m.movies.get("/api/movies", params={"search": odd}).status_code in (200, 400)


def test_empty_search_is_no_filter(m, shelf):
    for query in ({"q": ""}, {}, {"q": "   "}):
        films = search(m, genre=shelf["genre"], **query)
        assert len(films) == 5


def test_search_pages(m, library):
    answer = m.movies.get("/api/movies/search", params={"q": library["tag"], "page": 2, "limit": 2})
    assert answer.json()["pagination"] == {"page": 2, "limit": 2, "total": 5, "pages": 3}
    assert len(ok(answer)) == 2


def test_search_sees_changes_at_once(m):
    word = unique("palabreja")
    film = m.make_movie(title="Sin nombre")
    assert search(m, q=word) == []
    ok(m.movies.put(f"/api/movies/{film['_id']}", json={"title": word}))
    assert ids(search(m, q=word)) == [film["_id"]]
    ok(m.movies.delete(f"/api/movies/{film['_id']}"))
    assert search(m, q=word) == []


# --- one ---


def test_show(m):
    film = m.make_movie()
    assert ok(m.movies.get(f"/api/movies/{film['_id']}")) == film


def test_show_unknown(m):
    refused(m.movies.get(f"/api/movies/{'0' * 24}"), 404, sentence="Movie not found")


@pytest.mark.parametrize("bad", ["1", "x" * 24, "0" * 23, "0" * 25, "null", "%7B%24gt%3A1%7D"])
def test_bad_ids(m, bad):
    for method in ("GET", "PUT", "DELETE"):
        refused(m.movies.request(method, f"/api/movies/{bad}", json={"title": "x"}), 400)


# --- create ---


def test_create_all(m):
    body = m.movie_body(
        title="  La Haine  ",
        cast=["A", "B"],
        genre=["Drama", "Crime"],
        rating=8.1,
        posterUrl="https://x.example/p.jpg",
        trailerUrl="https://x.example/t",
        isActive=True,
        releaseDate="1995-05-31",
    )
    film = is_movie(ok(m.movies.post("/api/movies", json=body), 201))
    assert film["title"] == "La Haine" and film["cast"] == ["A", "B"] and film["genre"] == ["Drama", "Crime"]
    assert film["releaseDate"] == "1995-05-31T00:00:00.000Z" and film["rating"] == 8.1
    assert film["posterUrl"] == "https://x.example/p.jpg" and film["trailerUrl"] == "https://x.example/t"
    assert film["createdAt"] == film["updatedAt"]
    assert ok(m.movies.get(f"/api/movies/{film['_id']}")) == film


def test_create_defaults(m):
    body = {k: v for k, v in m.movie_body().items() if k in REQUIRED}
    film = is_movie(ok(m.movies.post("/api/movies", json=body), 201))
    assert (film["rating"], film["posterUrl"], film["trailerUrl"], film["isActive"]) == (0, "", "", True)
    assert film["cast"] == [] and film["genre"] == []


def test_one_genre_as_text(m):
    assert m.make_movie(genre="Drama")["genre"] == ["Drama"]


@pytest.mark.parametrize(
    "given,kept",
    [
        ("2008-07-18", "2008-07-18T00:00:00.000Z"),
        ("2008-07-18T10:30:00Z", "2008-07-18T10:30:00.000Z"),
        ("2008-07-18T10:30:00.250Z", "2008-07-18T10:30:00.250Z"),
        ("2008-07-18T10:30:00-05:00", "2008-07-18T15:30:00.000Z"),
        (1216339200000, "2008-07-18T00:00:00.000Z"),
        (-1000, "1969-12-31T23:59:59.000Z"),
        ("1895-12-28", "1895-12-28T00:00:00.000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000Z"),
    ],
)
def test_release_dates(m, given, kept):
    assert m.make_movie(releaseDate=given)["releaseDate"] == kept


@pytest.mark.parametrize(
    "bad",
    [
        "yesterday",
        "2023-02-29",
        "2008-13-01",
        "2008-00-10",
        "18/07/2008",
        "",
        True,
        [],
        {},
        None,
        "2008-07-18T25:00:00Z",
        "2008-07-18T10:61:00Z",
    ],
)
def test_bad_release_dates(m, bad):
    body = refused(m.movies.post("/api/movies", json=m.movie_body(releaseDate=bad)), 400)
    assert "releaseDate" in body["details"]


def test_what_is_missing_is_named(m):
    details = refused(m.movies.post("/api/movies", json={}), 400)["details"]
    assert set(details) == set(REQUIRED)
    for name, problem in details.items():
        shapes.has(problem, message=str, path={name}, kind={"required"})


@pytest.mark.parametrize(
    "field,bad,kind",
    [
        ("duration", 0, "min"),
        ("duration", -5, "min"),
        ("duration", 1.5, "type"),
        ("duration", "long", "type"),
        ("rating", 10.1, "max"),
        ("rating", -0.1, "min"),
        ("rating", "good", "type"),
        ("title", 5, "type"),
        ("title", {"$gt": ""}, "type"),
        ("cast", [1, {}], "type"),
        ("genre", 5, "type"),
        ("isActive", "perhaps", "type"),
        ("title", "", "required"),
        ("title", "   ", "required"),
        ("description", None, None),
        ("director", [], "type"),
    ],
)
def test_bad_fields(m, field, bad, kind):
    details = refused(m.movies.post("/api/movies", json=m.movie_body(**{field: bad})), 400)["details"]
    assert set(details) == {field}
    shapes.has(details[field], message=str, path={field}, kind={"required", "min", "max", "type"})
    if kind:
        assert details[field]["kind"] == kind


@pytest.mark.parametrize(
    "good",
    [
        ("duration", 1),
        ("rating", 0),
        ("rating", 10),
        ("rating", 9.99),
        ("title", "ñ" * 200),
        ("title", "映画 🎬"),
        ("description", 'quotes " \\ / \b \t'),
    ],
)
def test_good_fields(m, good):
    field, value = good
    film = m.make_movie(**{field: value})
    assert film[field] == (value.strip() if isinstance(value, str) else value)
    assert ok(m.movies.get(f"/api/movies/{film['_id']}"))[field] == film[field]


# --- change, take down ---


def test_partial_change(m):
    film = m.make_movie()
    changed = is_movie(ok(m.movies.put(f"/api/movies/{film['_id']}", json={"rating": 8})))
    assert changed["rating"] == 8
    assert {k: v for k, v in changed.items() if k not in ("rating", "updatedAt")} == {
        k: v for k, v in film.items() if k not in ("rating", "updatedAt")
    }
    assert changed["updatedAt"] >= film["updatedAt"]
    assert ok(m.movies.get(f"/api/movies/{film['_id']}")) == changed


def test_change_is_checked(m):
    film = m.make_movie()
    for bad in ({"duration": 0}, {"rating": 11}, {"title": " "}, {"releaseDate": "x"}):
        refused(m.movies.put(f"/api/movies/{film['_id']}", json=bad), 400)
    assert ok(m.movies.get(f"/api/movies/{film['_id']}")) == film
    refused(m.movies.put(f"/api/movies/{'0' * 24}", json={"title": "x"}), 404, sentence="Movie not found")


def test_operators_of_the_client_do_not_run(m):
    film = m.make_movie()
    changed = ok(
        m.movies.put(
            f"/api/movies/{film['_id']}",
            json={"$set": {"title": "hacked"}, "$unset": {"director": 1}, "_id": "0" * 24, "description": "fine"},
        )
    )
    assert changed["title"] == film["title"] and changed["director"] == film["director"]
    assert changed["_id"] == film["_id"] and changed["description"] == "fine"


def test_take_down_and_back(m):
    film = m.make_movie()
    path = f"/api/movies/{film['_id']}"
    for _ in range(2):
        answer = m.movies.delete(path)
        assert answer.status_code == 200
        assert answer.json()["message"] == "Movie deactivated successfully"
    assert ok(m.movies.get(path))["isActive"] is False
    assert film["_id"] not in ids(ok(m.movies.get("/api/movies", params={"limit": 1000})))
    assert ok(m.movies.put(path, json={"isActive": True}))["isActive"] is True
    assert film["_id"] in ids(ok(m.movies.get("/api/movies", params={"limit": 1000})))
    refused(m.movies.delete(f"/api/movies/{'0' * 24}"), 404, sentence="Movie not found")


def test_take_down_with_showings(m):
    showing = m.make_showing()
    path = f"/api/movies/{showing['movie_id']}"
    refused(m.movies.delete(path), 409, "movie_has_showings")
    assert ok(m.movies.get(path))["isActive"] is True
    assert m.movies.delete(path, params={"showings": "keep"}).status_code == 200
    assert ok(m.rooms.get(f"/api/schedules/{showing['id']}"))["is_active"] is True


def test_take_down_with_past_showings_only(m):
    showing = m.make_showing(start=m.at(days=-2))
    assert m.movies.delete(f"/api/movies/{showing['movie_id']}").status_code == 200


# --- genres ---


def test_genres(m):
    names = sorted(unique(f"Z{letter}") for letter in "cab")
    made = [
        shapes.genre(ok(m.movies.post("/api/genres", json={"name": n, "description": "d"}), 201))
        for n in reversed(names)
    ]
    everything = ok(m.movies.get("/api/genres"))
    assert [g["name"] for g in everything if g["name"] in names] == names
    assert made[0] in everything
    refused(m.movies.post("/api/genres", json={"name": names[0]}), 409, sentence="Genre already exists")
    refused(m.movies.post("/api/genres", json={}), 400)
    refused(m.movies.post("/api/genres", json={"name": "  "}), 400)
    assert "pagination" not in m.movies.get("/api/genres").json()
