-- A stop is of a showing that is there, as in the embedded store. The ids of an old database may be of 32 bits: a reference is of
-- their kind.
DELETE t FROM sales_stops t LEFT JOIN schedules s ON s.id = t.schedule_id WHERE s.id IS NULL;
SET @step = IF((SELECT COUNT(*) FROM information_schema.table_constraints WHERE table_schema = DATABASE()
        AND table_name = 'sales_stops' AND constraint_type = 'FOREIGN KEY') > 0, 'DO 0',
    CONCAT('ALTER TABLE sales_stops MODIFY schedule_id ', (SELECT column_type FROM information_schema.columns
            WHERE table_schema = DATABASE() AND table_name = 'schedules' AND column_name = 'id'), ' NOT NULL,
        ADD CONSTRAINT sales_stops_showing FOREIGN KEY (schedule_id) REFERENCES schedules (id) ON DELETE CASCADE'));
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
