-- The rows of an old database, brought to what the new columns say of them. Of an empty one there are none.
UPDATE users SET created_at = coalesce(created_at, updated_at, timezone('UTC', now())),
    updated_at = coalesce(updated_at, created_at, timezone('UTC', now()))
WHERE created_at IS NULL OR updated_at IS NULL;
UPDATE reservations SET reservation_date = timezone('UTC', now()) WHERE reservation_date IS NULL;
UPDATE payments SET payment_date = coalesce((SELECT reservation_date FROM reservations r WHERE r.id = payments.reservation_id),
    timezone('UTC', now()))
WHERE payment_date IS NULL;
UPDATE reservations SET status = upper(trim(status)) WHERE status <> upper(trim(status));
UPDATE payments SET payment_status = upper(trim(payment_status)) WHERE payment_status <> upper(trim(payment_status));

-- The first of several e-mails that differ only in case is the one that is found by it.
UPDATE users SET email_key = first.key FROM (
    SELECT DISTINCT ON (1) translate(email, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS key, id
    FROM users WHERE email IS NOT NULL ORDER BY 1, id) first
WHERE users.id = first.id;
INSERT INTO adoption_findings (kind, subject, sentence)
    SELECT 'email_repeated', u.id::text, format('users %s and %s have e-mails that differ only in case; the first is found by it',
        (SELECT o.id FROM users o WHERE o.email_key = translate(u.email, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')), u.id)
    FROM users u WHERE u.email IS NOT NULL AND u.email_key IS NULL ORDER BY u.id;

-- One attempt that paid is enough; attempts that nobody can ask about have failed.
UPDATE payments SET payment_status = 'FAILED' WHERE payment_status = 'PENDING';
INSERT INTO adoption_findings (kind, subject, sentence)
    SELECT 'paid_twice', p.id::text, format('reservation %s was paid more than once; payment %s is kept as failed, look into it', p.reservation_id, p.id)
    FROM payments p WHERE p.payment_status = 'COMPLETED' AND EXISTS (SELECT 1 FROM payments o WHERE o.reservation_id = p.reservation_id
        AND o.payment_status = 'COMPLETED' AND o.id < p.id) ORDER BY p.id;
UPDATE payments SET payment_status = 'FAILED' FROM adoption_findings f WHERE f.kind = 'paid_twice' AND f.subject = payments.id::text;
INSERT INTO adoption_findings (kind, subject, sentence)
    SELECT 'paid_and_pending', r.id::text, format('reservation %s was paid and still pending; it is confirmed', r.id)
    FROM reservations r WHERE r.status = 'PENDING' AND EXISTS (SELECT 1 FROM payments p WHERE p.reservation_id = r.id
        AND p.payment_status = 'COMPLETED') ORDER BY r.id;
UPDATE reservations SET status = 'CONFIRMED' FROM adoption_findings f WHERE f.kind = 'paid_and_pending' AND f.subject = reservations.id::text;
UPDATE payments SET refunded_at = timezone('UTC', payment_date) WHERE payment_status = 'REFUNDED';
UPDATE reservations SET confirmed_at = timezone('UTC', coalesce((SELECT max(p.payment_date) FROM payments p
    WHERE p.reservation_id = reservations.id AND p.payment_status IN ('COMPLETED', 'REFUNDED')), reservation_date))
WHERE status = 'CONFIRMED';
UPDATE reservations SET cancelled_at = timezone('UTC', reservation_date) WHERE status IN ('CANCELLED', 'EXPIRED');

ALTER TABLE users ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN updated_at SET NOT NULL;
ALTER TABLE reservations ALTER COLUMN reservation_date SET NOT NULL,
    ADD CONSTRAINT reservations_status_known CHECK (status IN ('PENDING', 'CONFIRMED', 'CANCELLED', 'EXPIRED'));
ALTER TABLE payments ALTER COLUMN payment_date SET NOT NULL,
    ADD CONSTRAINT payments_status_known CHECK (payment_status IN ('PENDING', 'COMPLETED', 'FAILED', 'REFUNDED'));

-- Every seat cost the same, to the cent that is left over.
UPDATE reserved_seats SET price = share.price FROM (
    SELECT s.id, trunc(r.total_amount / count(*) OVER w, 2)
        + CASE WHEN row_number() OVER (PARTITION BY s.reservation_id ORDER BY s.id) <=
            (r.total_amount - trunc(r.total_amount / count(*) OVER w, 2) * count(*) OVER w) * 100 THEN 0.01 ELSE 0 END AS price
    FROM reserved_seats s JOIN reservations r ON r.id = s.reservation_id WINDOW w AS (PARTITION BY s.reservation_id)) share
WHERE share.id = reserved_seats.id;

INSERT INTO showings (schedule_id, movie_id)
    SELECT DISTINCT ON (schedule_id) schedule_id, movie_id FROM reservations ORDER BY schedule_id, id;

-- Of a seat that was sold twice the earlier sale has it. An unpaid one keeps it until the showing's time is known.
INSERT INTO seat_claims (schedule_id, seat_id, reservation_id, held_until)
    SELECT DISTINCT ON (r.schedule_id, s.seat_id) r.schedule_id, s.seat_id, r.id,
        CASE WHEN r.status = 'PENDING' THEN timestamptz '9999-12-31 23:59:59+00' END
    FROM reserved_seats s JOIN reservations r ON r.id = s.reservation_id
    WHERE r.status IN ('PENDING', 'CONFIRMED') ORDER BY r.schedule_id, s.seat_id, r.reservation_date, r.id, s.id;
INSERT INTO adoption_findings (kind, subject, sentence)
    SELECT 'seat_sold_twice', r.id::text, format('seat %s of showing %s was sold to reservation %s and again to reservation %s; the earlier has it',
        s.seat_id, r.schedule_id, c.reservation_id, r.id)
    FROM reserved_seats s JOIN reservations r ON r.id = s.reservation_id
    JOIN seat_claims c ON c.schedule_id = r.schedule_id AND c.seat_id = s.seat_id AND c.reservation_id <> r.id
    WHERE r.status IN ('PENDING', 'CONFIRMED') ORDER BY r.schedule_id, s.seat_id, r.reservation_date, r.id;

CREATE INDEX reservations_by_user ON reservations (user_id, id);
CREATE INDEX reservations_by_schedule ON reservations (schedule_id, id);
CREATE INDEX reservations_by_movie ON reservations (movie_id, id);
CREATE INDEX reservations_open_by_user ON reservations (user_id, expires_at) WHERE status = 'PENDING';
-- Plans are made while a house is empty and kept while it fills: so no lookup may have a second index that looks as good then and
-- reads everything later. This one is no use to who counts a user's open holds, because of its second condition.
CREATE INDEX reservations_to_expire ON reservations (expires_at) WHERE status = 'PENDING' AND expires_at IS NOT NULL;
CREATE INDEX reservations_untimed ON reservations (schedule_id) WHERE status = 'PENDING' AND expires_at IS NULL;
CREATE INDEX reserved_seats_by_reservation ON reserved_seats (reservation_id);
CREATE INDEX payments_by_reservation ON payments (reservation_id, id);
CREATE UNIQUE INDEX payments_one_live ON payments (reservation_id) WHERE payment_status IN ('PENDING', 'COMPLETED');
CREATE INDEX payments_to_ask ON payments (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX payments_to_refund ON payments (id) WHERE refund_due;
