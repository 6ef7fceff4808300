-- Who buys seats of such a showing at the gateway waits for his turn.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
        AND table_name = 'schedules' AND column_name = 'waiting_room') > 0, 'DO 0',
    'ALTER TABLE schedules ADD COLUMN waiting_room BOOLEAN NOT NULL DEFAULT FALSE');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
