-- The tables of the old system, made where they are not there, and what Taquilla adds to them. Each statement may be run again:
-- MySQL commits every change of a table by itself. Instants are UTC: DATETIME(3) where the old system has such a column, milliseconds
-- since 1970 in those added. show_time is the house's wall clock.
CREATE TABLE IF NOT EXISTS rooms (
    id          BIGINT AUTO_INCREMENT PRIMARY KEY,
    name        VARCHAR(100) NOT NULL,
    capacity    INT NOT NULL,
    screen_type ENUM ('2D', '3D', 'IMAX') NOT NULL DEFAULT '2D',
    is_active   BOOLEAN NOT NULL DEFAULT TRUE,
    created_at  DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at  DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS seats (
    id           BIGINT AUTO_INCREMENT PRIMARY KEY,
    room_id      BIGINT NOT NULL,
    `row_number` VARCHAR(10) NOT NULL,
    seat_number  INT NOT NULL,
    seat_type    ENUM ('regular', 'premium', 'vip') NOT NULL DEFAULT 'regular',
    is_available BOOLEAN NOT NULL DEFAULT TRUE,
    created_at   DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    UNIQUE KEY seats_unique (room_id, `row_number`, seat_number),
    CONSTRAINT seats_room FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS schedules (
    id         BIGINT AUTO_INCREMENT PRIMARY KEY,
    movie_id   VARCHAR(100) NOT NULL,
    room_id    BIGINT NOT NULL,
    show_time  DATETIME NOT NULL,
    price      DECIMAL(10,2) NOT NULL,
    is_active  BOOLEAN NOT NULL DEFAULT TRUE,
    created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CONSTRAINT schedules_room FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE,
    CONSTRAINT schedules_price CHECK (price > 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Showings whose sale was stopped for a change that has not ended, and by which replica.
CREATE TABLE IF NOT EXISTS sales_stops (
    schedule_id BIGINT PRIMARY KEY,
    replica     VARCHAR(32) NOT NULL DEFAULT '',
    begun_ms    BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- One of the two old shapes of schedules has no updated_at.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
        AND table_name = 'schedules' AND column_name = 'updated_at') > 0, 'DO 0',
    'ALTER TABLE schedules ADD COLUMN updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- An ORM left some columns without NOT NULL.
UPDATE rooms SET screen_type = COALESCE(screen_type, '2D'), is_active = COALESCE(is_active, TRUE),
    created_at = COALESCE(created_at, CURRENT_TIMESTAMP), updated_at = COALESCE(updated_at, created_at, CURRENT_TIMESTAMP)
    WHERE screen_type IS NULL OR is_active IS NULL OR created_at IS NULL OR updated_at IS NULL;
UPDATE seats SET seat_type = COALESCE(seat_type, 'regular'), is_available = COALESCE(is_available, TRUE),
    created_at = COALESCE(created_at, CURRENT_TIMESTAMP)
    WHERE seat_type IS NULL OR is_available IS NULL OR created_at IS NULL;
UPDATE schedules SET is_active = COALESCE(is_active, TRUE), created_at = COALESCE(created_at, CURRENT_TIMESTAMP),
    updated_at = COALESCE(updated_at, created_at, CURRENT_TIMESTAMP)
    WHERE is_active IS NULL OR created_at IS NULL OR updated_at IS NULL;

-- Any letter fits, and letters are told apart: the old collations take N and Ñ for the same row.
ALTER TABLE rooms
    MODIFY name VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY is_active BOOLEAN NOT NULL DEFAULT TRUE,
    MODIFY created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    MODIFY updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3);
ALTER TABLE seats
    MODIFY `row_number` VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY is_available BOOLEAN NOT NULL DEFAULT TRUE,
    MODIFY created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3);
ALTER TABLE schedules
    MODIFY movie_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY is_active BOOLEAN NOT NULL DEFAULT TRUE,
    MODIFY created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    MODIFY updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3);

SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
        AND table_name = 'seats' AND column_name = 'house') > 0, 'DO 0',
    'ALTER TABLE seats ADD COLUMN `accessible` BOOLEAN NOT NULL DEFAULT FALSE, ADD COLUMN house BOOLEAN NOT NULL DEFAULT FALSE');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- starts_at follows from show_time and the house's zone, 0 until that was counted; sales_close_at is null when nobody set it; the
-- length of an old showing's film is not known here and taken for two hours.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
        AND table_name = 'schedules' AND column_name = 'ends_at') > 0, 'DO 0',
    'ALTER TABLE schedules
        ADD COLUMN sales_open_at BIGINT NULL, ADD COLUMN sales_close_at BIGINT NULL,
        ADD COLUMN length_minutes INT NOT NULL DEFAULT 120, ADD COLUMN starts_at BIGINT NOT NULL DEFAULT 0,
        ADD COLUMN ends_at BIGINT GENERATED ALWAYS AS (starts_at + length_minutes * 60000) STORED,
        ADD INDEX schedules_by_time (show_time), ADD INDEX schedules_by_end (ends_at),
        ADD INDEX schedules_by_movie (movie_id, show_time), ADD INDEX schedules_by_room (room_id, ends_at)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;

-- The other old shape allows one row for a room and a time, whether it is active or not: a showing that was cancelled would keep its time
-- for ever. Overlaps are judged when a showing is made or changed.
SET @twins = (SELECT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()
        AND table_name = 'schedules' AND non_unique = 0 GROUP BY index_name
        HAVING GROUP_CONCAT(column_name ORDER BY seq_in_index) = 'room_id,show_time' LIMIT 1);
SET @step = IF(@twins IS NULL, 'DO 0', CONCAT('ALTER TABLE schedules DROP INDEX `', @twins, '`'));
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
