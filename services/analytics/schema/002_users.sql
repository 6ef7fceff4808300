-- What a user spent in every window stands in one row, and only those who may be among the best stand in an order: an index of all
-- of them was written six times with each sale.
CREATE TABLE user_sums (
    user_id INTEGER PRIMARY KEY,
    alive   INTEGER NOT NULL, -- 0: erased, or not told
    cents1 INTEGER NOT NULL, reservations1 INTEGER NOT NULL, confirmed1 INTEGER NOT NULL, -- by window, as spans of windows
    cents2 INTEGER NOT NULL, reservations2 INTEGER NOT NULL, confirmed2 INTEGER NOT NULL,
    cents3 INTEGER NOT NULL, reservations3 INTEGER NOT NULL, confirmed3 INTEGER NOT NULL,
    cents4 INTEGER NOT NULL, reservations4 INTEGER NOT NULL, confirmed4 INTEGER NOT NULL,
    cents5 INTEGER NOT NULL, reservations5 INTEGER NOT NULL, confirmed5 INTEGER NOT NULL,
    cents6 INTEGER NOT NULL, reservations6 INTEGER NOT NULL, confirmed6 INTEGER NOT NULL
) STRICT;

-- Of a window all that are not behind its row in top_ends: everybody who is not erased and has a sum, when there is no such row.
CREATE TABLE top_users (
    span INTEGER NOT NULL, user_id INTEGER NOT NULL,
    cents INTEGER NOT NULL, reservations INTEGER NOT NULL, confirmed INTEGER NOT NULL,
    PRIMARY KEY (span, user_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE top_ends (
    span INTEGER PRIMARY KEY,
    cents INTEGER NOT NULL, reservations INTEGER NOT NULL, user_id INTEGER NOT NULL
) STRICT;

INSERT INTO user_sums
    SELECT user_id, max(alive),
        sum(cents * (span = 1)), sum(reservations * (span = 1)), sum(confirmed * (span = 1)),
        sum(cents * (span = 2)), sum(reservations * (span = 2)), sum(confirmed * (span = 2)),
        sum(cents * (span = 3)), sum(reservations * (span = 3)), sum(confirmed * (span = 3)),
        sum(cents * (span = 4)), sum(reservations * (span = 4)), sum(confirmed * (span = 4)),
        sum(cents * (span = 5)), sum(reservations * (span = 5)), sum(confirmed * (span = 5)),
        sum(cents * (span = 6)), sum(reservations * (span = 6)), sum(confirmed * (span = 6))
    FROM user_windows GROUP BY user_id;

CREATE TEMP TABLE placed AS
    SELECT *, row_number() OVER (PARTITION BY span ORDER BY cents DESC, reservations DESC, user_id) AS place
    FROM user_windows WHERE alive = 1 AND (cents <> 0 OR reservations <> 0);
INSERT INTO top_users SELECT span, user_id, cents, reservations, confirmed FROM placed WHERE place <= 64;
INSERT INTO top_ends SELECT span, cents, reservations, user_id FROM placed WHERE place = 64;
DROP TABLE placed;
DROP TABLE user_windows;
