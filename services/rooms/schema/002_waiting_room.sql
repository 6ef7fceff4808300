-- Who buys seats of such a showing at the gateway waits for his turn.
ALTER TABLE schedules ADD COLUMN waiting_room INTEGER NOT NULL DEFAULT 0;
