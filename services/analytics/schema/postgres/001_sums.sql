-- What analytics makes of the three owners' feeds: the tables of schema/001_first.sql, where each is explained. Days are days since
-- 1970-01-01 on the house's clock, money is cents. Nobody's name, e-mail or phone is here. People with SQL read the views of
-- `reports`, not these.

-- moment: one more with every change. writer: the process that folds, which was started last; act: what it did last.
CREATE TABLE figures (
    id         bigint PRIMARY KEY CHECK (id = 1),
    zone       text NOT NULL,
    day_starts bigint NOT NULL,
    today      bigint NOT NULL,
    alive      bigint NOT NULL,
    moment     bigint NOT NULL,
    writer     text NOT NULL,
    act        text NOT NULL
);

CREATE TABLE feeds (
    owner    bigint PRIMARY KEY,
    position bigint NOT NULL,
    whole    boolean NOT NULL
);

CREATE TABLE films (
    key       bigint PRIMARY KEY,
    id        text COLLATE "C" NOT NULL UNIQUE,
    title     text,
    is_active boolean NOT NULL
);
CREATE INDEX films_active ON films (key) WHERE is_active;

CREATE TABLE rooms (
    id        bigint PRIMARY KEY,
    name      text,
    is_active boolean NOT NULL,
    seats     bigint NOT NULL
);
CREATE TABLE seats (
    id      bigint PRIMARY KEY,
    room_id bigint NOT NULL
);

CREATE TABLE showings (
    id        bigint PRIMARY KEY,
    film      bigint NOT NULL,
    room_id   bigint,
    day       bigint NOT NULL,
    played    bigint NOT NULL,
    is_active boolean NOT NULL,
    taken     bigint NOT NULL
);
CREATE INDEX showings_by_film ON showings (film, played);

CREATE TABLE users (
    id    bigint PRIMARY KEY,
    alive boolean NOT NULL
);

CREATE TABLE methods (
    key  bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE sales (
    id          bigint PRIMARY KEY,
    user_id     bigint NOT NULL,
    schedule_id bigint NOT NULL,
    film        bigint NOT NULL,
    cents       bigint NOT NULL,
    status      text NOT NULL,
    made        timestamptz,
    sold        timestamptz,
    back        timestamptz,
    tickets     text NOT NULL,
    method      bigint NOT NULL,
    payment_id  bigint NOT NULL
);
CREATE INDEX sales_of_user ON sales (user_id, made) WHERE status IN ('PENDING', 'CONFIRMED');
CREATE INDEX sales_by_time ON sales (sold, id) WHERE sold IS NOT NULL;
CREATE INDEX refunds_by_time ON sales (back, id) WHERE back IS NOT NULL;

CREATE TABLE spans (
    period bigint NOT NULL, start bigint NOT NULL,
    cents bigint NOT NULL, reservations bigint NOT NULL, confirmed bigint NOT NULL,
    PRIMARY KEY (period, start)
);
CREATE TABLE film_days (
    day bigint NOT NULL, film bigint NOT NULL,
    cents bigint NOT NULL, reservations bigint NOT NULL, confirmed bigint NOT NULL,
    PRIMARY KEY (day, film)
);
CREATE TABLE user_days (
    day bigint NOT NULL, user_id bigint NOT NULL,
    cents bigint NOT NULL, reservations bigint NOT NULL, confirmed bigint NOT NULL,
    PRIMARY KEY (day, user_id)
);
CREATE TABLE room_days (
    day bigint NOT NULL, room_id bigint NOT NULL,
    showings bigint NOT NULL, seats bigint NOT NULL,
    PRIMARY KEY (day, room_id)
);

CREATE TABLE windows (
    span bigint PRIMARY KEY,
    cents bigint NOT NULL, reservations bigint NOT NULL, confirmed bigint NOT NULL,
    active bigint NOT NULL, vip bigint NOT NULL, regular bigint NOT NULL, casual bigint NOT NULL
);
CREATE TABLE film_windows (
    span bigint NOT NULL, film bigint NOT NULL,
    cents bigint NOT NULL, reservations bigint NOT NULL, confirmed bigint NOT NULL,
    PRIMARY KEY (span, film)
);
CREATE INDEX film_windows_top ON film_windows (span, reservations DESC, cents DESC);
CREATE TABLE user_windows (
    span bigint NOT NULL, user_id bigint NOT NULL,
    cents bigint NOT NULL, reservations bigint NOT NULL, confirmed bigint NOT NULL,
    alive boolean NOT NULL,
    PRIMARY KEY (span, user_id)
);
CREATE INDEX user_windows_top ON user_windows (span, cents DESC, reservations DESC, user_id) WHERE alive;
CREATE TABLE room_windows (
    span bigint NOT NULL, room_id bigint NOT NULL,
    showings bigint NOT NULL, seats bigint NOT NULL,
    PRIMARY KEY (span, room_id)
);

CREATE TABLE sheet (
    day bigint NOT NULL, hour bigint NOT NULL, film bigint NOT NULL, method bigint NOT NULL,
    sold bigint NOT NULL, refunded bigint NOT NULL, tickets bigint NOT NULL,
    PRIMARY KEY (day, hour, film, method)
);

CREATE TABLE admissions (
    schedule_id bigint NOT NULL, price bigint NOT NULL, seats bigint NOT NULL,
    PRIMARY KEY (schedule_id, price)
);
