-- The longest showing says how far back one may have begun that is not over: lists of what is to come start there.
CREATE INDEX schedules_by_length ON schedules (length_minutes);
