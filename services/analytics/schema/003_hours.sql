-- The hour on the wall in which a showing begins: rooms is asked to tell all of them anew.
ALTER TABLE showings ADD COLUMN hour INTEGER NOT NULL DEFAULT 0;
CREATE INDEX showings_by_day ON showings (day) WHERE is_active = 1;
UPDATE feeds SET position = 0, whole = 0 WHERE owner = 1;

CREATE INDEX sales_of_showing ON sales (schedule_id) WHERE sold IS NOT NULL;
