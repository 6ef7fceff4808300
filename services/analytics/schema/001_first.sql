-- What analytics makes of the three owners' feeds. Instants are milliseconds since 1970 UTC, days are days since 1970-01-01 on the
-- house's clock, money is cents. Nobody's name, e-mail or phone is here.

-- What the days below mean, and which day is today. moment: one more with every change, so that a figure is of one moment.
CREATE TABLE figures (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    zone       TEXT NOT NULL,
    day_starts INTEGER NOT NULL, -- seconds after midnight
    today      INTEGER NOT NULL,
    alive      INTEGER NOT NULL, -- users that are not erased
    moment     INTEGER NOT NULL
) STRICT;

-- How far each owner's feed has been taken: 0 movies, 1 rooms, 2 reservations.
CREATE TABLE feeds (
    owner    INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    whole    INTEGER NOT NULL -- 0: its snapshot is not all here
) STRICT;

-- Films are told by movies and sold by reservations, whichever comes first; no title: movies has not told it.
CREATE TABLE films (
    key       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    title     TEXT,
    is_active INTEGER NOT NULL
) STRICT;
CREATE INDEX films_active ON films (key) WHERE is_active = 1;

-- No name: rooms has not told it.
CREATE TABLE rooms (
    id        INTEGER PRIMARY KEY,
    name      TEXT,
    is_active INTEGER NOT NULL,
    seats     INTEGER NOT NULL
) STRICT;
CREATE TABLE seats (
    id      INTEGER PRIMARY KEY,
    room_id INTEGER NOT NULL
) STRICT;

-- No room: rooms has not told it, reservations has. played: the house's day, which begins at DAY_STARTS; day: the calendar's.
CREATE TABLE showings (
    id        INTEGER PRIMARY KEY,
    film      INTEGER NOT NULL,
    room_id   INTEGER,
    day       INTEGER NOT NULL,
    played    INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    taken     INTEGER NOT NULL -- seats held or sold
) STRICT;
CREATE INDEX showings_by_film ON showings (film, played);

CREATE TABLE users (
    id    INTEGER PRIMARY KEY,
    alive INTEGER NOT NULL -- 0: erased
) STRICT;

CREATE TABLE methods (
    key  INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- What each reservation adds to the sums below, so that it can be taken off again. sold: none while it was not paid; back: when its
-- money was given back. tickets: "1250:2,900:1", price and how many. status: 0 pending, 1 confirmed, 2 cancelled, 3 expired.
CREATE TABLE sales (
    id          INTEGER PRIMARY KEY,
    user_id     INTEGER NOT NULL,
    schedule_id INTEGER NOT NULL,
    film        INTEGER NOT NULL,
    cents       INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    made        INTEGER,
    sold        INTEGER,
    back        INTEGER,
    tickets     TEXT NOT NULL,
    method      INTEGER NOT NULL, -- of the payment below; 0: none is known
    payment_id  INTEGER NOT NULL
) STRICT;
CREATE INDEX sales_of_user ON sales (user_id, made) WHERE status < 2;
CREATE INDEX sales_by_time ON sales (sold, id) WHERE sold IS NOT NULL;
CREATE INDEX refunds_by_time ON sales (back, id) WHERE back IS NOT NULL;

-- The sums. period: 0 day, 1 week, 2 month, 3 year, 4 all.
CREATE TABLE spans (
    period INTEGER NOT NULL, start INTEGER NOT NULL,
    cents INTEGER NOT NULL, reservations INTEGER NOT NULL, confirmed INTEGER NOT NULL,
    PRIMARY KEY (period, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE film_days (
    day INTEGER NOT NULL, film INTEGER NOT NULL,
    cents INTEGER NOT NULL, reservations INTEGER NOT NULL, confirmed INTEGER NOT NULL,
    PRIMARY KEY (day, film)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_days (
    day INTEGER NOT NULL, user_id INTEGER NOT NULL,
    cents INTEGER NOT NULL, reservations INTEGER NOT NULL, confirmed INTEGER NOT NULL,
    PRIMARY KEY (day, user_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE room_days (
    day INTEGER NOT NULL, room_id INTEGER NOT NULL,
    showings INTEGER NOT NULL, seats INTEGER NOT NULL,
    PRIMARY KEY (day, room_id)
) STRICT, WITHOUT ROWID;

-- The same sums over the days that end today: 1 day, 2 week, 3 month, 4 quarter, 5 year, 6 all. Rooms: from the first of them on.
CREATE TABLE windows (
    span INTEGER PRIMARY KEY,
    cents INTEGER NOT NULL, reservations INTEGER NOT NULL, confirmed INTEGER NOT NULL,
    active INTEGER NOT NULL, vip INTEGER NOT NULL, regular INTEGER NOT NULL, casual INTEGER NOT NULL
) STRICT;
CREATE TABLE film_windows (
    span INTEGER NOT NULL, film INTEGER NOT NULL,
    cents INTEGER NOT NULL, reservations INTEGER NOT NULL, confirmed INTEGER NOT NULL,
    PRIMARY KEY (span, film)
) STRICT, WITHOUT ROWID;
CREATE INDEX film_windows_top ON film_windows (span, reservations DESC, cents DESC);
CREATE TABLE user_windows (
    span INTEGER NOT NULL, user_id INTEGER NOT NULL,
    cents INTEGER NOT NULL, reservations INTEGER NOT NULL, confirmed INTEGER NOT NULL,
    alive INTEGER NOT NULL,
    PRIMARY KEY (span, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_windows_top ON user_windows (span, cents DESC, reservations DESC, user_id) WHERE alive = 1;
CREATE TABLE room_windows (
    span INTEGER NOT NULL, room_id INTEGER NOT NULL,
    showings INTEGER NOT NULL, seats INTEGER NOT NULL,
    PRIMARY KEY (span, room_id)
) STRICT, WITHOUT ROWID;

-- The day sheet: money by the house's day, the hour on its clock, film and payment method.
CREATE TABLE sheet (
    day INTEGER NOT NULL, hour INTEGER NOT NULL, film INTEGER NOT NULL, method INTEGER NOT NULL,
    sold INTEGER NOT NULL, refunded INTEGER NOT NULL, tickets INTEGER NOT NULL,
    PRIMARY KEY (day, hour, film, method)
) STRICT, WITHOUT ROWID;

-- The distributor's return: tickets that are paid, by showing and price.
CREATE TABLE admissions (
    schedule_id INTEGER NOT NULL, price INTEGER NOT NULL, seats INTEGER NOT NULL,
    PRIMARY KEY (schedule_id, price)
) STRICT, WITHOUT ROWID;
