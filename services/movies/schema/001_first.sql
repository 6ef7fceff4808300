-- Films and genres. Instants are milliseconds since 1970 UTC; genre and cast are JSON arrays of texts.
CREATE TABLE movies (
    key          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    title        TEXT NOT NULL COLLATE NOCASE,
    description  TEXT NOT NULL,
    duration     INTEGER NOT NULL CHECK (duration > 0),
    genre        TEXT NOT NULL,
    director     TEXT NOT NULL,
    "cast"       TEXT NOT NULL,
    release_date INTEGER NOT NULL,
    rating       REAL NOT NULL CHECK (rating BETWEEN 0 AND 10),
    poster_url   TEXT NOT NULL,
    trailer_url  TEXT NOT NULL,
    is_active    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX movies_by_release ON movies (release_date DESC, key DESC) WHERE is_active = 1;
CREATE INDEX movies_by_rating ON movies (rating DESC, release_date DESC) WHERE is_active = 1;
CREATE INDEX movies_by_title ON movies (title);

-- Each genre of each film, for the filter.
CREATE TABLE movie_genres (
    genre     TEXT NOT NULL,
    movie_key INTEGER NOT NULL REFERENCES movies (key),
    PRIMARY KEY (genre, movie_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX movie_genres_by_movie ON movie_genres (movie_key);

-- The words of each film; rowid is movies.key.
CREATE VIRTUAL TABLE movie_words USING fts5 (title, description, director, cast_names, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');

CREATE TABLE genres (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
