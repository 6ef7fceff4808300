-- Uploaded posters, each in parts of base64: a row of an export goes into one request of a restore. On MongoDB this table stays empty.
CREATE TABLE posters (
    movie_id TEXT NOT NULL REFERENCES movies (id),
    part     INTEGER NOT NULL CHECK (part >= 0),
    digest   TEXT NOT NULL,
    data     TEXT NOT NULL,
    PRIMARY KEY (movie_id, part)
) STRICT;
