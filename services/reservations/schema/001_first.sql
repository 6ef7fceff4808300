-- The tables of the old system, plus what Taquilla adds. Money is cents, instants are milliseconds since 1970 UTC.
CREATE TABLE users (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    email      TEXT,                 -- null once erased
    email_key  TEXT UNIQUE,          -- lower-cased: what is compared
    name       TEXT,
    phone      TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    erased_at  INTEGER
) STRICT;

-- What this service knows of a showing since it first sold a seat of it.
CREATE TABLE showings (
    schedule_id   INTEGER PRIMARY KEY,
    movie_id      TEXT NOT NULL,
    room_id       INTEGER,
    starts_at     INTEGER,
    ends_at       INTEGER,
    sales_stopped INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE reservations (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id          INTEGER NOT NULL REFERENCES users (id),
    schedule_id      INTEGER NOT NULL,
    movie_id         TEXT NOT NULL,
    total_amount     INTEGER NOT NULL,
    status           TEXT NOT NULL CHECK (status IN ('PENDING', 'CONFIRMED', 'CANCELLED', 'EXPIRED')),
    hold             INTEGER NOT NULL,
    reservation_date INTEGER NOT NULL,
    expires_at       INTEGER,
    deleted_at       INTEGER
) STRICT;
CREATE INDEX reservations_by_user ON reservations (user_id, id);
CREATE INDEX reservations_by_schedule ON reservations (schedule_id, id);
CREATE INDEX reservations_by_movie ON reservations (movie_id, id);
CREATE INDEX reservations_open_by_user ON reservations (user_id, expires_at) WHERE status = 'PENDING';
CREATE INDEX reservations_to_expire ON reservations (expires_at) WHERE status = 'PENDING';

CREATE TABLE reserved_seats (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    reservation_id INTEGER NOT NULL REFERENCES reservations (id),
    seat_id        INTEGER NOT NULL,
    row_number     TEXT,
    seat_number    INTEGER,
    ticket_type    TEXT NOT NULL,
    price          INTEGER NOT NULL
) STRICT;
CREATE INDEX reserved_seats_by_reservation ON reserved_seats (reservation_id);

-- The truth of who sits where: a hold and a sale are the same row. held_until null means sold.
CREATE TABLE seat_claims (
    schedule_id    INTEGER NOT NULL,
    seat_id        INTEGER NOT NULL,
    reservation_id INTEGER NOT NULL REFERENCES reservations (id),
    held_until     INTEGER,
    PRIMARY KEY (schedule_id, seat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    reservation_id INTEGER NOT NULL REFERENCES reservations (id),
    amount         INTEGER NOT NULL,
    payment_method TEXT NOT NULL,
    payment_status TEXT NOT NULL CHECK (payment_status IN ('PENDING', 'COMPLETED', 'FAILED', 'REFUNDED')),
    transaction_id TEXT,
    payment_date   INTEGER NOT NULL,
    ask_at         INTEGER,          -- when the provider is asked what became of it; null: settled
    asked_until    INTEGER,
    grace_until    INTEGER,          -- PENDING: the seats are kept until then whatever the hold says
    refund_due     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX payments_by_reservation ON payments (reservation_id, id);
CREATE UNIQUE INDEX payments_one_live ON payments (reservation_id) WHERE payment_status IN ('PENDING', 'COMPLETED');
CREATE INDEX payments_to_ask ON payments (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX payments_to_refund ON payments (id) WHERE refund_due = 1;

-- The Idempotency-Key of an attempt that is not settled yet: whoever settles it keeps the answer under it.
CREATE TABLE payment_keys (
    payment_id INTEGER PRIMARY KEY REFERENCES payments (id),
    scope      TEXT NOT NULL,
    key        TEXT NOT NULL,
    body_hash  TEXT NOT NULL
) STRICT;

-- Made once per store: the key from which access codes are derived. It leaves the store in exports alone.
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
