-- The hour on the wall in which a showing begins: rooms is asked to tell all of them anew.
ALTER TABLE showings ADD COLUMN hour bigint NOT NULL DEFAULT 0;
CREATE INDEX showings_by_day ON showings (day) WHERE is_active;
UPDATE feeds SET position = 0, whole = false WHERE owner = 1;

CREATE INDEX sales_of_showing ON sales (schedule_id) WHERE sold IS NOT NULL;

CREATE OR REPLACE FUNCTION showings_keep(told json) RETURNS void LANGUAGE sql AS $$
    INSERT INTO showings SELECT * FROM json_populate_recordset(NULL::showings, told)
    ON CONFLICT (id) DO UPDATE SET film = excluded.film, room_id = excluded.room_id, day = excluded.day, played = excluded.played,
        is_active = excluded.is_active, taken = excluded.taken, hour = excluded.hour
$$;
