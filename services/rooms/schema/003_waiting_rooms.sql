-- Showings whose buyers wait for their turn at the gateway.
CREATE TABLE waiting_rooms (
    schedule_id INTEGER PRIMARY KEY REFERENCES schedules (id) ON DELETE CASCADE
) STRICT;
