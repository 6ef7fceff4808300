-- The tables of the old system, plus what Taquilla adds. Instants are milliseconds since 1970 UTC, show_time is seconds
-- of the house's wall clock, money is cents.
CREATE TABLE rooms (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL,
    capacity    INTEGER NOT NULL CHECK (capacity BETWEEN 1 AND 10000),
    screen_type TEXT NOT NULL DEFAULT '2D' CHECK (screen_type IN ('2D', '3D', 'IMAX')),
    is_active   INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

-- Nobody finds seat a1 beside seat A1: row names are compared without case.
CREATE TABLE seats (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id      INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    row_number   TEXT NOT NULL COLLATE NOCASE,
    seat_number  INTEGER NOT NULL,
    seat_type    TEXT NOT NULL DEFAULT 'regular' CHECK (seat_type IN ('regular', 'premium', 'vip')),
    is_available INTEGER NOT NULL DEFAULT 1, -- 0: out of service for every showing
    accessible   INTEGER NOT NULL DEFAULT 0,
    house        INTEGER NOT NULL DEFAULT 0, -- refused to the public
    created_at   INTEGER NOT NULL,
    UNIQUE (room_id, row_number, seat_number)
) STRICT;
CREATE INDEX seats_in_order ON seats (room_id, length(row_number), row_number, seat_number);

-- starts_at follows from show_time and the house's zone; sales_close_at is null when nobody set it.
CREATE TABLE schedules (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    movie_id       TEXT NOT NULL,
    room_id        INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    show_time      INTEGER NOT NULL,
    price          INTEGER NOT NULL CHECK (price > 0),
    is_active      INTEGER NOT NULL DEFAULT 1,
    sales_open_at  INTEGER,
    sales_close_at INTEGER,
    length_minutes INTEGER NOT NULL CHECK (length_minutes > 0),
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL GENERATED ALWAYS AS (starts_at + length_minutes * 60000) STORED,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX schedules_by_time ON schedules (show_time);
CREATE INDEX schedules_by_end ON schedules (ends_at);
CREATE INDEX schedules_by_movie ON schedules (movie_id, show_time);
CREATE INDEX schedules_by_room ON schedules (room_id, ends_at);

-- Showings whose sale was stopped for a change that has not ended.
CREATE TABLE sales_stops (
    schedule_id INTEGER PRIMARY KEY REFERENCES schedules (id) ON DELETE CASCADE
) STRICT;
