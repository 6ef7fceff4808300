-- The longest showing says how far back one may have begun that is not over: lists of what is to come start there.
SET @step = IF((SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'schedules'
        AND index_name = 'schedules_by_length') > 0, 'DO 0', 'CREATE INDEX schedules_by_length ON schedules (length_minutes)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
