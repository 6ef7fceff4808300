-- Who came in by which ticket: a seat of a reservation once, and for good.
CREATE TABLE checkins (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    reservation_id INTEGER NOT NULL REFERENCES reservations (id),
    seat_id        INTEGER NOT NULL,
    schedule_id    INTEGER NOT NULL,
    checked_in_at  INTEGER NOT NULL,  -- at the door
    recorded_at    INTEGER NOT NULL,  -- when the store learned of it
    place          TEXT NOT NULL,
    UNIQUE (reservation_id, seat_id)
) STRICT;
