-- Acts of one command each. They run one after the other under the writer's lock; each looks before it writes, so that one that
-- is refused has changed nothing (but for holds that had run out: those have ended whoever asks). `at` is the batch's moment.
CREATE TYPE act_answer AS (n int, code text, detail bigint, named bigint[], answer text, extra text);

CREATE FUNCTION act_done(answer text DEFAULT NULL, detail bigint DEFAULT NULL) RETURNS act_answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(NULL, '', detail, NULL, answer, NULL)::act_answer
$$;
CREATE FUNCTION act_refused(code text, detail bigint DEFAULT NULL) RETURNS act_answer LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(NULL, code, detail, NULL, NULL, NULL)::act_answer
$$;

CREATE FUNCTION log_last() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(max(position), 0) FROM log
$$;

-- The data is written and given back.
CREATE FUNCTION log_write(command uuid, at timestamptz, type text, subject bigint, data text) RETURNS text LANGUAGE sql AS $$
    INSERT INTO log (position, type, subject, time, data, command)
        VALUES ((SELECT coalesce(max(position), 0) + 1 FROM log), type, subject::text, at, data, command) RETURNING data
$$;

-- What was done under a command's Idempotency-Key; null when it has none or a new one.
CREATE FUNCTION once_recall(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE known record;
BEGIN
    IF c->>'scope' IS NULL THEN RETURN NULL; END IF;
    SELECT k.body_hash, l.data INTO known FROM once_keys k JOIN log l ON l.position = k.position
        WHERE k.scope = c->>'scope' AND k.key = c->>'key' AND k.made_at + interval '24 hours' > at; -- by its key, never by its time
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF known.body_hash <> c->>'body_hash' THEN RETURN act_refused('idempotency_key_reused'); END IF;
    RETURN act_done(known.data);
END $$;

-- The event just written is the answer. A key that is too old to count may still be there, unswept.
CREATE FUNCTION once_keep(p_scope text, p_key text, p_hash text, p_owner bigint, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO once_keys (scope, key, body_hash, position, owner, made_at)
        SELECT p_scope, p_key, p_hash, log_last(), p_owner, at WHERE p_scope IS NOT NULL
    ON CONFLICT (scope, key) DO UPDATE SET body_hash = excluded.body_hash, position = excluded.position,
        owner = excluded.owner, made_at = excluded.made_at
$$;

-- --- endings ---

CREATE FUNCTION payment_under_way(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM payments WHERE reservation_id = wanted AND payment_status = 'PENDING')
$$;

-- Sets the status, frees the seats, writes the event.
CREATE FUNCTION reservation_end(command uuid, at timestamptz, wanted bigint, ending text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE showing bigint;
BEGIN
    UPDATE reservations SET status = ending, expires_at = NULL, cancelled_at = at WHERE id = wanted
        RETURNING schedule_id INTO showing;
    DELETE FROM seat_claims c USING reserved_seats s
        WHERE s.reservation_id = wanted AND c.schedule_id = showing AND c.seat_id = s.seat_id AND c.reservation_id = wanted;
    RETURN log_write(command, at, 'reservation.' || lower(ending), wanted, reservation_fact(wanted));
END $$;

-- Those of `due` that are PENDING, have run out, and have no payment under way.
CREATE FUNCTION reservations_expire(command uuid, at timestamptz, due bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE one bigint;
BEGIN
    FOR one IN SELECT r.id FROM unnest(due) WITH ORDINALITY AS d(id, place) JOIN reservations r ON r.id = d.id
        WHERE r.status = 'PENDING' AND r.expires_at <= at AND NOT payment_under_way(r.id) ORDER BY d.place
    LOOP
        PERFORM reservation_end(command, at, one, 'EXPIRED');
    END LOOP;
END $$;

-- Its money goes back: at the provider it is due from now on.
CREATE FUNCTION money_return(command uuid, at timestamptz, wanted bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments SET payment_status = 'REFUNDED', refund_due = true, refunded_at = at,
        ask_at = NULL, asked_until = NULL, grace_until = NULL WHERE id = wanted;
    RETURN log_write(command, at, 'payment.refunded', wanted, payment_fact(wanted));
END $$;

-- A live one without a payment under way; a paid one is refunded.
CREATE FUNCTION reservation_cancel(command uuid, at timestamptz, wanted bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE newest record;
BEGIN
    SELECT id, payment_status INTO newest FROM payments WHERE reservation_id = wanted ORDER BY id DESC LIMIT 1;
    IF newest.payment_status = 'COMPLETED' THEN PERFORM money_return(command, at, newest.id); END IF;
    RETURN reservation_end(command, at, wanted, 'CANCELLED');
END $$;

-- Why a reservation cannot be cancelled; null when it can.
CREATE FUNCTION cancel_refused(r reservations, at timestamptz, until_min bigint) RETURNS act_answer LANGUAGE plpgsql AS $$
BEGIN
    IF r.status = 'CANCELLED' THEN RETURN act_refused('reservation_cancelled'); END IF;
    IF r.status = 'EXPIRED' THEN RETURN act_refused('reservation_expired'); END IF;
    IF r.status = 'CONFIRMED' AND until_min >= 0 AND EXISTS (SELECT 1 FROM showings s WHERE s.schedule_id = r.schedule_id
        AND at > s.starts_at - until_min * interval '1 minute') THEN RETURN act_refused('too_late', until_min); END IF;
    IF payment_under_way(r.id) THEN RETURN act_refused('payment_in_progress'); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION act_cancel(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE r reservations; refused act_answer;
BEGIN
    PERFORM reservations_expire((c->>'command')::uuid, at, ARRAY[(c->>'id')::bigint]);
    SELECT * INTO r FROM reservations WHERE id = (c->>'id')::bigint AND deleted_at IS NULL;
    IF NOT FOUND THEN RETURN act_refused('reservation_unknown', (c->>'id')::bigint); END IF;
    refused := cancel_refused(r, at, (c->>'refund_until_min')::bigint);
    IF refused.code IS NOT NULL THEN RETURN refused; END IF;
    RETURN act_done(reservation_cancel((c->>'command')::uuid, at, r.id));
END $$;

-- Its ticket was declined: the seats are free, and the key it was made under may be used anew.
CREATE FUNCTION act_release(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE r reservations;
BEGIN
    SELECT * INTO r FROM reservations WHERE id = (c->>'id')::bigint AND deleted_at IS NULL;
    IF NOT FOUND THEN RETURN act_refused('reservation_unknown', (c->>'id')::bigint); END IF;
    IF r.status = 'PENDING' AND payment_under_way(r.id) THEN RETURN act_refused('payment_in_progress'); END IF;
    DELETE FROM once_keys WHERE scope = c->>'scope' AND key = c->>'key';
    IF r.status = 'PENDING' THEN PERFORM reservation_cancel((c->>'command')::uuid, at, r.id); END IF;
    RETURN act_done();
END $$;

CREATE FUNCTION act_remove(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE r reservations; refused act_answer;
BEGIN
    SELECT * INTO r FROM reservations WHERE id = (c->>'id')::bigint AND deleted_at IS NULL;
    IF NOT FOUND THEN RETURN act_refused('reservation_unknown', (c->>'id')::bigint); END IF;
    IF r.status IN ('PENDING', 'CONFIRMED') THEN
        refused := cancel_refused(r, at, (c->>'refund_until_min')::bigint);
        IF refused.code IS NOT NULL THEN RETURN refused; END IF;
        PERFORM reservation_cancel((c->>'command')::uuid, at, r.id);
    END IF;
    UPDATE reservations SET deleted_at = at WHERE id = r.id;
    RETURN act_done(log_write((c->>'command')::uuid, at, 'reservation.deleted', r.id, reservation_fact(r.id)));
END $$;

CREATE FUNCTION act_sweep(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
BEGIN
    PERFORM reservations_expire((c->>'command')::uuid, at, ARRAY(SELECT id FROM reservations r WHERE status = 'PENDING'
        AND expires_at <= at AND NOT payment_under_way(r.id) ORDER BY expires_at LIMIT 500));
    RETURN act_done();
END $$;

CREATE FUNCTION act_keys_forget(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM once_keys WHERE (scope, key) IN (SELECT scope, key FROM once_keys WHERE made_at <= at - interval '24 hours' LIMIT 10000);
    RETURN act_done();
END $$;

-- --- users ---

CREATE FUNCTION act_user_create(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE known act_answer := once_recall(c, at); made bigint; fact text;
BEGIN
    IF known.code IS NOT NULL THEN RETURN known; END IF;
    SELECT id INTO made FROM users WHERE email_key = c->>'email_key';
    IF FOUND AND (c->>'take_existing')::boolean THEN RETURN act_done(user_fact(made)); END IF;
    IF FOUND THEN RETURN act_refused('email_taken'); END IF;
    INSERT INTO users (email, email_key, name, phone, created_at, updated_at)
        VALUES (c->>'email', c->>'email_key', c->>'name', c->>'phone', at, at) RETURNING id INTO made;
    fact := log_write((c->>'command')::uuid, at, 'user.changed', made, user_fact(made));
    PERFORM once_keep(c->>'scope', c->>'key', c->>'body_hash', made, at);
    RETURN act_done(fact);
END $$;

CREATE FUNCTION act_user_change(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE wanted bigint := (c->>'id')::bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM users WHERE id = wanted AND erased_at IS NULL) THEN RETURN act_refused('user_unknown', wanted); END IF;
    IF EXISTS (SELECT 1 FROM users WHERE email_key = c->>'email_key' AND id <> wanted) THEN RETURN act_refused('email_taken'); END IF;
    UPDATE users SET email = c->>'email', email_key = c->>'email_key', name = c->>'name', phone = c->>'phone', updated_at = at
        WHERE id = wanted;
    RETURN act_done(log_write((c->>'command')::uuid, at, 'user.changed', wanted, user_fact(wanted)));
END $$;

-- A showing whose time is not known may lie ahead.
CREATE FUNCTION act_user_erase(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE wanted bigint := (c->>'id')::bigint; tickets bigint; one bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM users WHERE id = wanted AND erased_at IS NULL) THEN RETURN act_refused('user_unknown'); END IF;
    SELECT count(*) INTO tickets FROM reservations r LEFT JOIN showings s USING (schedule_id) WHERE r.user_id = wanted
        AND r.status = 'CONFIRMED' AND r.deleted_at IS NULL AND (s.ends_at IS NULL OR s.ends_at > at);
    IF tickets > 0 THEN RETURN act_refused('user_has_tickets', tickets); END IF;
    IF EXISTS (SELECT 1 FROM reservations r WHERE r.user_id = wanted AND r.status = 'PENDING' AND payment_under_way(r.id)) THEN
        RETURN act_refused('payment_in_progress');
    END IF;
    FOR one IN SELECT id FROM reservations WHERE user_id = wanted AND status = 'PENDING' ORDER BY id LOOP
        PERFORM reservation_cancel((c->>'command')::uuid, at, one);
    END LOOP;
    UPDATE users SET email = NULL, email_key = NULL, name = NULL, phone = NULL, updated_at = at, erased_at = at WHERE id = wanted;
    DELETE FROM once_keys WHERE owner = wanted AND owner <> 0;
    RETURN act_done(log_write((c->>'command')::uuid, at, 'user.erased', wanted, user_fact(wanted)));
END $$;

-- --- showings ---

CREATE FUNCTION json_ids(list json) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN json_typeof(list) = 'array' THEN ARRAY(SELECT value::bigint FROM json_array_elements_text(list)) ELSE '{}' END
$$;

CREATE FUNCTION live_tickets(showings bigint[], seats bigint[], at timestamptz) RETURNS TABLE (schedule_id bigint, tickets bigint)
LANGUAGE sql STABLE AS $$
    SELECT c.schedule_id, count(*) FROM seat_claims c WHERE c.schedule_id = ANY (showings)
        AND (cardinality(seats) = 0 OR c.seat_id = ANY (seats))
        AND (c.held_until IS NULL OR c.held_until > at OR payment_under_way(c.reservation_id))
    GROUP BY c.schedule_id ORDER BY c.schedule_id
$$;

-- A reservation whose payment is under way is left: its settlement sees the stop and gives the money back.
CREATE FUNCTION live_cancel(command uuid, at timestamptz, showings bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE live bigint[]; one bigint; cancelled bigint := 0;
BEGIN
    live := ARRAY(SELECT r.id FROM reservations r WHERE r.schedule_id = ANY (showings) AND r.status IN ('PENDING', 'CONFIRMED')
        AND NOT payment_under_way(r.id) ORDER BY r.id);
    PERFORM reservations_expire(command, at, live);
    FOR one IN SELECT r.id FROM unnest(live) AS l(id) JOIN reservations r ON r.id = l.id WHERE r.status <> 'EXPIRED' ORDER BY r.id LOOP
        PERFORM reservation_cancel(command, at, one);
        cancelled := cancelled + 1;
    END LOOP;
    RETURN cancelled;
END $$;

CREATE FUNCTION sales_mark(showings bigint[], stopped boolean) RETURNS void LANGUAGE sql AS $$
    INSERT INTO showings (schedule_id, movie_id, sales_stopped) SELECT DISTINCT id, '', stopped FROM unnest(showings) AS s(id)
    ON CONFLICT (schedule_id) DO UPDATE SET sales_stopped = excluded.sales_stopped
$$;

CREATE FUNCTION act_sales_stop(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE showings bigint[] := json_ids(c->'scheduleIds'); seats bigint[] := json_ids(c->'seatIds');
    live text; stopped boolean; cancelled bigint := 0;
BEGIN
    SELECT string_agg(format('{"scheduleId":%s,"tickets":%s}', t.schedule_id, t.tickets), ',') INTO live
        FROM live_tickets(showings, seats, at) t;
    stopped := live IS NULL OR (c->>'refund')::boolean;
    IF stopped THEN PERFORM sales_mark(showings, true); END IF;
    IF stopped AND (c->>'refund')::boolean THEN cancelled := live_cancel((c->>'command')::uuid, at, showings); END IF;
    RETURN act_done(format('{"live":[%s],"stopped":%s,"cancelled":%s}', live, stopped::text, cancelled));
END $$;

CREATE FUNCTION act_sales_resume(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sales_mark(json_ids(c->'scheduleIds'), false);
    RETURN act_done();
END $$;

-- Unpaid reservations of the old kind follow their showing.
CREATE FUNCTION act_showing_moved(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE showing bigint := (c->>'schedule_id')::bigint; r record;
    until timestamptz := (c->>'starts_at')::timestamptz - (c->>'unpaid_until_min')::bigint * interval '1 minute';
BEGIN
    UPDATE showings SET starts_at = (c->>'starts_at')::timestamptz, ends_at = (c->>'ends_at')::timestamptz WHERE schedule_id = showing;
    IF (c->>'unpaid_until_min')::bigint < 0 THEN RETURN act_done(); END IF;
    FOR r IN SELECT id FROM reservations WHERE schedule_id = showing AND status = 'PENDING' AND NOT hold ORDER BY id LOOP
        UPDATE reservations SET expires_at = until WHERE id = r.id;
        IF NOT payment_under_way(r.id) THEN
            UPDATE seat_claims c SET held_until = until FROM reserved_seats s WHERE s.reservation_id = r.id
                AND c.schedule_id = showing AND c.seat_id = s.seat_id AND c.reservation_id = r.id;
        END IF;
        PERFORM log_write((c->>'command')::uuid, at, 'reservation.moved', r.id, reservation_fact(r.id));
    END LOOP;
    RETURN act_done();
END $$;
