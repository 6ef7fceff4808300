-- When a sale was confirmed, when it ended (cancelled or expired), when its money was given back: figures are counted by these.
ALTER TABLE reservations ADD COLUMN confirmed_at INTEGER;
ALTER TABLE reservations ADD COLUMN cancelled_at INTEGER;
ALTER TABLE payments ADD COLUMN refunded_at INTEGER;

-- The log knows it of rows that are there already.
UPDATE reservations SET confirmed_at = told.at FROM (
    SELECT CAST(subject AS INTEGER) AS id, min(time_ms) AS at FROM log WHERE type = 'reservation.confirmed' GROUP BY 1) told
WHERE reservations.id = told.id;
UPDATE reservations SET cancelled_at = told.at FROM (
    SELECT CAST(subject AS INTEGER) AS id, min(time_ms) AS at FROM log
    WHERE type IN ('reservation.cancelled', 'reservation.expired') GROUP BY 1) told
WHERE reservations.id = told.id;
UPDATE payments SET refunded_at = told.at FROM (
    SELECT CAST(subject AS INTEGER) AS id, min(time_ms) AS at FROM log WHERE type = 'payment.refunded' GROUP BY 1) told
WHERE payments.id = told.id;

-- What it does not tell: the attempt that paid, else the booking, is near enough.
UPDATE reservations SET confirmed_at = coalesce(
    (SELECT max(payment_date) FROM payments p WHERE p.reservation_id = reservations.id AND p.payment_status = 'COMPLETED'),
    reservation_date)
WHERE status = 'CONFIRMED' AND confirmed_at IS NULL;
UPDATE reservations SET cancelled_at = coalesce(expires_at, reservation_date)
WHERE status IN ('CANCELLED', 'EXPIRED') AND cancelled_at IS NULL;
UPDATE payments SET refunded_at = payment_date WHERE payment_status = 'REFUNDED' AND refunded_at IS NULL;
