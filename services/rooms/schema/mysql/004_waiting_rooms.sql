-- Showings whose buyers wait for their turn at the gateway. The ids of an old database may be of 32 bits: a reference is of their kind.
SET @step = CONCAT('CREATE TABLE IF NOT EXISTS waiting_rooms (schedule_id ',
    (SELECT column_type FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'schedules' AND column_name = 'id'),
    ' PRIMARY KEY, CONSTRAINT waiting_rooms_showing FOREIGN KEY (schedule_id) REFERENCES schedules (id) ON DELETE CASCADE)
    ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
