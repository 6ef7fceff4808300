-- Bookings, a whole batch in one statement: who asks; what is refused and why; of those that want the same seat the first; then
-- reservations, seats, claims, events and keys for the rest. The primary key of seat_claims is the judge if the lock is ever
-- forgotten.
--
-- Tables are looked up row by row (LATERAL with OFFSET 0 cannot be turned into a join over all of a table); the parts of the
-- batch are joined with each other by hashing. `only` are the bookings of this pass, null for all; in the last pass a claim that has
-- run out and could not be expired counts as taken, in the first it is `run_out`, naming the reservations to expire.
CREATE FUNCTION bookings_make(bookings json, at timestamptz, only_n int[], last_pass boolean) RETURNS SETOF act_answer
LANGUAGE plpgsql SET enable_hashjoin = on AS $$
#variable_conflict use_column
DECLARE
    before bigint := log_last();
    made_at text := json_moment(at);
    ids regclass := pg_get_serial_sequence('reservations', 'id');
    seat_ids_seq regclass := pg_get_serial_sequence('reserved_seats', 'id');
BEGIN
    RETURN QUERY
    WITH w AS MATERIALIZED (
        SELECT * FROM json_to_recordset(bookings) AS x(n int, command uuid, user_id bigint, schedule_id bigint, movie_id text,
            room_id bigint, hold boolean, total_amount numeric, starts_at timestamptz, ends_at timestamptz, hold_s bigint,
            unpaid_until_min bigint, holds_per_user_max bigint, scope text, key text, body_hash text, seat_ids bigint[],
            row_numbers text[], seat_numbers bigint[], ticket_types text[], price_cents bigint[])
        WHERE only_n IS NULL OR n = ANY (only_n)
    ), s AS MATERIALIZED (
        SELECT w.n, w.schedule_id, x.place, x.seat_id, nullif(x.row_number, '') AS row_number, nullif(x.seat_number, -1) AS seat_number,
            x.ticket_type, (x.cents * 0.01)::numeric(10,2) AS price
        FROM w, unnest(w.seat_ids, w.row_numbers, w.seat_numbers, w.ticket_types, w.price_cents) WITH ORDINALITY
            AS x(seat_id, row_number, seat_number, ticket_type, cents, place)
    ), c AS MATERIALIZED (
        SELECT s.n, array_agg(s.seat_id ORDER BY s.seat_id) FILTER (WHERE last_pass OR k.held_until IS NULL OR k.held_until > at) AS taken,
            array_agg(DISTINCT k.reservation_id) FILTER (WHERE k.held_until <= at) AS due
        FROM s, LATERAL (SELECT held_until, reservation_id FROM seat_claims WHERE schedule_id = s.schedule_id AND seat_id = s.seat_id OFFSET 0) k
        GROUP BY s.n
    ), asked AS MATERIALIZED (
        SELECT w.*, u.id AS buyer, u.email, u.name, u.phone, k.body_hash AS known_hash, k.position AS known_at, c.taken, c.due,
            h.schedule_id IS NULL OR (h.movie_id, h.room_id, h.starts_at, h.ends_at) IS DISTINCT FROM (w.movie_id, w.room_id, w.starts_at, w.ends_at)
                AS showing_new, coalesce(h.sales_stopped, false) AS stopped,
            (SELECT count(*) FROM (SELECT 1 FROM reservations r WHERE r.user_id = w.user_id AND r.status = 'PENDING'
                AND (r.expires_at IS NULL OR r.expires_at > at) LIMIT w.holds_per_user_max) o) AS open
        FROM w
        LEFT JOIN LATERAL (SELECT id, email, name, phone FROM users WHERE id = w.user_id AND erased_at IS NULL OFFSET 0) u ON true
        LEFT JOIN LATERAL (SELECT body_hash, position FROM once_keys WHERE scope = w.scope AND key = w.key
            AND made_at + interval '24 hours' > at OFFSET 0) k ON true
        LEFT JOIN LATERAL (SELECT * FROM showings WHERE schedule_id = w.schedule_id OFFSET 0) h ON true
        LEFT JOIN c ON c.n = w.n
    ), decided AS ( -- a truth value and not a null: of those the planner expects half, and joins by hashing
        SELECT *, CASE
            WHEN known_hash <> body_hash THEN 'idempotency_key_reused'
            WHEN known_hash IS NOT NULL THEN 'seen'
            WHEN buyer IS NULL THEN 'user_unknown'
            WHEN stopped THEN 'showing_cancelled'
            WHEN taken IS NOT NULL THEN 'seats_taken'
            WHEN due IS NOT NULL THEN 'run_out'
            WHEN open >= holds_per_user_max THEN 'too_many_holds'
            END AS refused
        FROM asked
    ), judged AS MATERIALIZED (
        SELECT *, refused IS NULL AS good FROM decided
    ), later AS MATERIALIZED ( -- wait for the next batch: a seat, a user's last hold or a key is another's in this one, perhaps
        SELECT n FROM (SELECT s.n, row_number() OVER (PARTITION BY s.schedule_id, s.seat_id ORDER BY s.n) AS place
            FROM s JOIN judged j ON j.n = s.n WHERE j.good) x WHERE place > 1
        UNION SELECT n FROM (SELECT n, open + row_number() OVER (PARTITION BY user_id ORDER BY n) AS held, holds_per_user_max AS most
            FROM judged WHERE good) x WHERE held > most
        UNION SELECT n FROM (SELECT n, row_number() OVER (PARTITION BY scope, key ORDER BY n) AS place
            FROM judged WHERE good AND scope IS NOT NULL) x WHERE place > 1
    ), chosen AS MATERIALIZED (
        SELECT o.*, nextval(ids) AS id, before + row_number() OVER (ORDER BY o.n) AS position
        FROM (SELECT j.*, CASE WHEN j.hold THEN at + j.hold_s * interval '1 second'
                WHEN j.starts_at IS NULL THEN NULL
                WHEN j.starts_at - j.unpaid_until_min * interval '1 minute' > at THEN j.starts_at - j.unpaid_until_min * interval '1 minute'
                ELSE at + j.hold_s * interval '1 second' END AS expires_at
            FROM judged j WHERE j.good AND j.n NOT IN (SELECT n FROM later) ORDER BY j.n) o
    ), seats AS MATERIALIZED (
        SELECT o.*, nextval(seat_ids_seq) AS id
        FROM (SELECT b.id AS reservation_id, b.expires_at, s.* FROM chosen b JOIN s ON s.n = b.n ORDER BY s.n, s.place) o
    ), texts AS MATERIALIZED (
        SELECT n, string_agg(seat_fact(id, seat_id, row_number, seat_number, ticket_type, price), ',' ORDER BY id) AS text FROM seats GROUP BY n
    ), facts AS MATERIALIZED (
        SELECT b.*, '{"id":' || b.id || ',"userId":' || b.user_id || ',"scheduleId":' || b.schedule_id || ',"movieId":' || json_words(b.movie_id)
            || ',"totalAmount":' || trim_scale(b.total_amount) || ',"status":"PENDING","hold":' || b.hold::text
            || ',"reservationDate":' || made_at || ',"expiresAt":' || json_moment(b.expires_at)
            || ',"confirmedAt":null,"cancelledAt":null,"deletedAt":null,"seats":[' || f.text || ']}' AS data
        FROM chosen b JOIN texts f ON f.n = b.n
    ), put_showings AS (
        INSERT INTO showings (schedule_id, movie_id, room_id, starts_at, ends_at)
            SELECT DISTINCT ON (schedule_id) schedule_id, movie_id, room_id, starts_at, ends_at FROM chosen WHERE showing_new ORDER BY schedule_id, n
        ON CONFLICT (schedule_id) DO UPDATE SET movie_id = excluded.movie_id, room_id = excluded.room_id,
            starts_at = excluded.starts_at, ends_at = excluded.ends_at
    ), put_reservations AS (
        INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, expires_at)
            SELECT id, user_id, schedule_id, movie_id, total_amount, 'PENDING', hold, at, expires_at FROM chosen
    ), put_seats AS (
        INSERT INTO reserved_seats (id, reservation_id, seat_id, row_number, seat_number, ticket_type, price)
            SELECT id, reservation_id, seat_id, row_number, seat_number, ticket_type, price FROM seats
    ), put_claims AS ( -- without an end it still needs an end of its hold: null would mean sold
        INSERT INTO seat_claims (schedule_id, seat_id, reservation_id, held_until)
            SELECT schedule_id, seat_id, reservation_id, coalesce(expires_at, '9999-12-31 23:59:59+00') FROM seats
    ), put_log AS (
        INSERT INTO log (position, type, subject, time, data, command)
            SELECT position, 'reservation.made', id::text, at, data, command FROM facts
    ), put_keys AS (
        INSERT INTO once_keys (scope, key, body_hash, position, owner, made_at)
            SELECT scope, key, body_hash, position, user_id, at FROM facts WHERE scope IS NOT NULL
        ON CONFLICT (scope, key) DO UPDATE SET body_hash = excluded.body_hash, position = excluded.position,
            owner = excluded.owner, made_at = excluded.made_at
    )
    SELECT j.n, CASE WHEN f.n IS NOT NULL OR j.refused = 'seen' THEN '' ELSE coalesce(j.refused, 'again') END,
        j.open, CASE WHEN j.refused = 'run_out' THEN j.due ELSE j.taken END,
        coalesce(f.data, l.data),
        CASE WHEN f.n IS NOT NULL THEN '{"id":' || j.buyer || ',"email":' || json_words(j.email) || ',"name":' || json_words(j.name)
            || ',"phone":' || json_words(j.phone) || '}' END
    FROM judged j LEFT JOIN facts f ON f.n = j.n
    LEFT JOIN LATERAL (SELECT data FROM log WHERE j.refused = 'seen' AND position = j.known_at OFFSET 0) l ON true;
END $$;

-- Holds that have run out and whose seats are wanted end whole, before anything is made of them.
CREATE FUNCTION act_reserve(bookings json, at timestamptz) RETURNS SETOF act_answer LANGUAGE plpgsql AS $$
DECLARE first act_answer[]; waiting int[]; due bigint[];
BEGIN
    first := ARRAY(SELECT b FROM bookings_make(bookings, at, NULL, false) b);
    SELECT array_agg(f.n) INTO waiting FROM unnest(first) f WHERE f.code = 'run_out';
    IF waiting IS NULL THEN RETURN QUERY SELECT * FROM unnest(first); RETURN; END IF;
    due := ARRAY(SELECT DISTINCT d FROM unnest(first) f, unnest(f.named) AS d WHERE f.code = 'run_out' ORDER BY d);
    PERFORM reservations_expire(NULL, at, due);
    RETURN QUERY SELECT * FROM unnest(first) f WHERE f.code <> 'run_out';
    RETURN QUERY SELECT * FROM bookings_make(bookings, at, waiting, true);
END $$;

-- A batch: the commands of one act each in their order, then the bookings. Time is read once, after the lock.
CREATE FUNCTION reservations_acts(single json, bulk json)
RETURNS TABLE (n int, code text, detail bigint, named bigint[], answer text, extra text, last bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE at timestamptz := date_trunc('milliseconds', clock_timestamp()); before bigint := log_last(); now_last bigint;
    c json; one act_answer; answers act_answer[] := '{}';
BEGIN
    IF EXISTS (SELECT 1 FROM restore_state) THEN
        RETURN QUERY SELECT (value->>'n')::int, 'restore_running', NULL::bigint, NULL::bigint[], NULL, NULL, before
            FROM (SELECT * FROM json_array_elements(single) UNION ALL SELECT * FROM json_array_elements(bulk)) c;
        RETURN;
    END IF;
    FOR c IN SELECT value FROM json_array_elements(single) LOOP
        one := CASE c->>'act'
            WHEN 'payment_begin' THEN act_payment_begin(c, at)
            WHEN 'payment_settle' THEN act_payment_settle(c, at)
            WHEN 'user_create' THEN act_user_create(c, at)
            WHEN 'cancel' THEN act_cancel(c, at)
            WHEN 'sweep' THEN act_sweep(c, at)
            WHEN 'release' THEN act_release(c, at)
            WHEN 'remove' THEN act_remove(c, at)
            WHEN 'user_change' THEN act_user_change(c, at)
            WHEN 'user_erase' THEN act_user_erase(c, at)
            WHEN 'refund_done' THEN act_refund_done(c, at)
            WHEN 'sales_stop' THEN act_sales_stop(c, at)
            WHEN 'sales_resume' THEN act_sales_resume(c, at)
            WHEN 'showing_moved' THEN act_showing_moved(c, at)
            WHEN 'keys_forget' THEN act_keys_forget(c, at)
        END;
        one.n := (c->>'n')::int;
        answers := answers || one;
    END LOOP;
    IF json_array_length(bulk) > 0 THEN
        answers := answers || ARRAY(SELECT b FROM act_reserve(bulk, at) b);
    END IF;
    now_last := log_last();
    IF now_last > before THEN PERFORM pg_notify('taquilla_reservations', now_last::text); END IF;
    RETURN QUERY SELECT a.n, a.code, a.detail, a.named, a.answer, a.extra, now_last FROM unnest(answers) a;
END $$;
