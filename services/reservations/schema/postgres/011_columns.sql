-- Bookings as columns: element i of each array is of the batch's i-th booking, element s of the seats' arrays of its s-th seat, which is
-- the booking's whose place seat_of has. Arrays cost the server less than JSON, and texts of the event that the process knows (`told`,
-- by lines, which JSON has none of) are not made again. What 006 and 008 made of JSON stays for replicas of the release before.
--
-- Almost always there is nothing against any booking of a batch: one look sees that, and all are written as they came. If there is
-- anything, each is looked at by all the rules, in their order, and the good ones are written.

-- Stable, as what it calls: only so is it put in where it is called, and does not cost a call each.
CREATE FUNCTION moment_of(ms bigint) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT timestamptz 'epoch' + ms * interval '1 millisecond'
$$;

-- What stands against a booking, by its place; those that can be made have no code. `named`: the seats that are taken; of 'run_out' the
-- reservations that have to end first. A claim of one of those `tried`, which could not be ended, counts as taken; others that have run
-- out are nobody's loss. Tables are looked up row by row: LATERAL with OFFSET 0 cannot be turned into a join over all of a table.
CREATE FUNCTION bookings_judge(at timestamptz, tried bigint[], user_ids bigint[], schedule_ids bigint[], most bigint[], scopes text[],
    keys text[], hashes text[], opens_ms bigint[], seat_of int[], seat_ids bigint[])
RETURNS TABLE (place int, code text, detail bigint, named bigint[], answer text) LANGUAGE plpgsql SET enable_hashjoin = on AS $$
#variable_conflict use_column
DECLARE at_ms numeric := extract(epoch FROM at) * 1000;
BEGIN
    RETURN QUERY
    WITH s AS MATERIALIZED (
        SELECT seat_of[x] AS i, schedule_ids[seat_of[x]] AS schedule_id, seat_ids[x] AS seat_id FROM generate_series(1, cardinality(seat_ids)) x
    ), c AS MATERIALIZED (
        SELECT s.i, array_agg(s.seat_id ORDER BY s.seat_id) FILTER (WHERE k.held_until IS NULL OR k.held_until > at
                OR k.reservation_id = ANY (tried)) AS taken,
            array_agg(DISTINCT k.reservation_id) FILTER (WHERE k.held_until <= at) AS due
        FROM s, LATERAL (SELECT held_until, reservation_id FROM seat_claims WHERE schedule_id = s.schedule_id AND seat_id = s.seat_id OFFSET 0) k
        GROUP BY s.i
    ), asked AS MATERIALIZED (
        SELECT i, u.id AS buyer, k.body_hash AS known_hash, k.position AS known_at, c.taken, c.due, coalesce(h.sales_stopped, false) AS stopped,
            (SELECT count(*) FROM (SELECT 1 FROM reservations r WHERE r.user_id = user_ids[i] AND r.status = 'PENDING'
                AND (r.expires_at IS NULL OR r.expires_at > at) LIMIT most[i]) o) AS open
        FROM generate_series(1, cardinality(user_ids)) i
        LEFT JOIN LATERAL (SELECT id FROM users WHERE id = user_ids[i] AND erased_at IS NULL OFFSET 0) u ON true
        LEFT JOIN LATERAL (SELECT body_hash, position FROM once_keys WHERE scope = scopes[i] AND key = keys[i]
            AND made_at + interval '24 hours' > at OFFSET 0) k ON true
        LEFT JOIN LATERAL (SELECT sales_stopped FROM showings WHERE schedule_id = schedule_ids[i] OFFSET 0) h ON true
        LEFT JOIN c USING (i)
    ), decided AS MATERIALIZED (
        SELECT *, CASE
            WHEN known_hash <> hashes[i] THEN 'idempotency_key_reused'
            WHEN known_hash IS NOT NULL THEN 'seen'
            WHEN opens_ms[i] > at_ms THEN 'not_on_sale_yet'
            WHEN buyer IS NULL THEN 'user_unknown'
            WHEN stopped THEN 'showing_cancelled'
            WHEN taken IS NOT NULL THEN 'seats_taken'
            WHEN due IS NOT NULL THEN 'run_out'
            WHEN open >= most[i] THEN 'too_many_holds'
            END AS refused
        FROM asked
    ), later AS MATERIALIZED ( -- wait for the next batch: a seat, a user's last hold or a key is another's in this one, perhaps
        SELECT i FROM (SELECT s.i, row_number() OVER (PARTITION BY s.schedule_id, s.seat_id ORDER BY s.i) AS turn
            FROM s JOIN decided d ON d.i = s.i WHERE d.refused IS NULL) x WHERE turn > 1
        UNION SELECT i FROM (SELECT i, open + row_number() OVER (PARTITION BY user_ids[i] ORDER BY i) AS held
            FROM decided WHERE refused IS NULL) x WHERE held > most[i]
        UNION SELECT i FROM (SELECT i, row_number() OVER (PARTITION BY scopes[i], keys[i] ORDER BY i) AS turn
            FROM decided WHERE refused IS NULL AND scopes[i] IS NOT NULL) x WHERE turn > 1
    )
    SELECT i, coalesce(CASE refused WHEN 'seen' THEN '' ELSE refused END, CASE WHEN later.i IS NOT NULL THEN 'again' END),
        CASE refused WHEN 'not_on_sale_yet' THEN ceil(opens_ms[i] - at_ms)::bigint ELSE open END,
        CASE refused WHEN 'run_out' THEN due ELSE taken END, l.data
    FROM decided LEFT JOIN later USING (i)
    LEFT JOIN LATERAL (SELECT data FROM log WHERE refused = 'seen' AND position = known_at OFFSET 0) l ON true ORDER BY i;
END $$;

-- Is there nothing against any of them? Two with one key are not looked for: a process has no two under way. `buyers` are told with their answers; `new`: does any showing differ from what is known of it?
CREATE FUNCTION bookings_glance(at timestamptz, user_ids bigint[], schedule_ids bigint[], movie_ids text[], room_ids bigint[], starts_ms bigint[],
    ends_ms bigint[], most bigint[], scopes text[], keys text[], opens_ms bigint[], seat_of int[], seat_ids bigint[],
    OUT fine boolean, OUT new boolean, OUT buyers text[]) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE at_ms numeric := extract(epoch FROM at) * 1000; open bigint[];
BEGIN
    SELECT bool_and(u.id IS NOT NULL AND h.sales_stopped IS NOT TRUE AND o.held < most[i] AND (opens_ms[i] > at_ms) IS NOT TRUE
            AND (scopes[i] IS NULL OR NOT EXISTS (SELECT 1 FROM once_keys WHERE scope = scopes[i] AND key = keys[i]))),
        bool_or(h.movie_id IS DISTINCT FROM movie_ids[i] OR h.room_id IS DISTINCT FROM room_ids[i]
            OR h.starts_at IS DISTINCT FROM moment_of(starts_ms[i]) OR h.ends_at IS DISTINCT FROM moment_of(ends_ms[i])),
        array_agg(to_json(u)::text), array_agg(o.held)
    INTO fine, new, buyers, open
    FROM generate_series(1, cardinality(user_ids)) i
    LEFT JOIN LATERAL (SELECT id, email, name, phone FROM users WHERE id = user_ids[i] AND erased_at IS NULL OFFSET 0) u ON true
    LEFT JOIN LATERAL (SELECT movie_id, room_id, starts_at, ends_at, sales_stopped FROM showings WHERE schedule_id = schedule_ids[i] OFFSET 0) h ON true
    CROSS JOIN LATERAL (SELECT count(*) AS held FROM (SELECT 1 FROM reservations r WHERE r.user_id = user_ids[i] AND r.status = 'PENDING'
        AND (r.expires_at IS NULL OR r.expires_at > at) LIMIT most[i]) r OFFSET 0) o;
    fine := fine AND NOT EXISTS (SELECT 1 FROM generate_series(1, cardinality(seat_ids)) x, LATERAL (SELECT 1 FROM seat_claims
            WHERE schedule_id = schedule_ids[seat_of[x]] AND seat_id = seat_ids[x] OFFSET 0) c)
        AND NOT EXISTS (SELECT 1 FROM generate_series(1, cardinality(seat_ids)) x GROUP BY schedule_ids[seat_of[x]], seat_ids[x] HAVING count(*) > 1)
        AND NOT EXISTS (SELECT 1 FROM generate_series(1, cardinality(user_ids)) i GROUP BY user_ids[i] HAVING max(open[i]) + count(*) > min(most[i]));
END $$;

-- Rows and events of the bookings at `places`, which can be made, each with a seat or more. Of each is told: id, when it was made and until
-- when it stands (ms; -1: none), ids of its rows of seats. `turn`: its place among them.
CREATE FUNCTION bookings_write(at timestamptz, before bigint, places int[], new boolean, commands uuid[], user_ids bigint[], schedule_ids bigint[],
    movie_ids text[], room_ids bigint[], holds boolean[], cents bigint[], starts_ms bigint[], ends_ms bigint[], hold_s bigint[],
    unpaid_until_min bigint[], scopes text[], keys text[], hashes text[], told text[], seat_of int[], seat_ids bigint[], row_numbers text[],
    seat_numbers bigint[], ticket_types text[], price_cents bigint[], seats_told text[])
RETURNS TABLE (place int, named text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    made_at text := json_moment(at);
    at_ms bigint := extract(epoch FROM at) * 1000;
    id_source regclass := pg_get_serial_sequence('reservations', 'id');
    seat_id_source regclass := pg_get_serial_sequence('reserved_seats', 'id');
    ids bigint[] := ARRAY(SELECT nextval(id_source) FROM unnest(places));
    turns int[] := places;
    seats int[] := ARRAY(SELECT generate_series(1, cardinality(seat_ids)));
    seat_row_ids bigint[];
    until_ms bigint[];
    until_texts text[];
    seat_texts text[];
    seat_lists text[];
BEGIN
    IF cardinality(places) < cardinality(user_ids) THEN
        turns := ARRAY(SELECT array_position(places, i) FROM generate_series(1, cardinality(user_ids)) i);
        seats := ARRAY(SELECT x FROM unnest(seats) x WHERE turns[seat_of[x]] IS NOT NULL);
    END IF;
    seat_row_ids := ARRAY(SELECT nextval(seat_id_source) FROM unnest(seats));
    until_ms := ARRAY(SELECT CASE WHEN holds[i] THEN at_ms + hold_s[i] * 1000
        WHEN starts_ms[i] - unpaid_until_min[i] * 60000 <= at_ms THEN at_ms + hold_s[i] * 1000
        ELSE starts_ms[i] - unpaid_until_min[i] * 60000 END FROM unnest(places) i);
    IF until_ms[1] = ALL (until_ms) THEN -- one text for all: making it takes longer than a row
        until_texts := array_fill(json_moment(moment_of(until_ms[1])), ARRAY[cardinality(places)]);
    ELSE
        until_texts := ARRAY(SELECT json_moment(moment_of(u)) FROM unnest(until_ms) u);
    END IF;
    SELECT array_agg(text), array_agg(list) INTO seat_texts, seat_lists FROM (
        SELECT string_agg('{"id":' || seat_row_ids[y] || ',' || seats_told[x] || '}', ',') AS text, string_agg(seat_row_ids[y]::text, ',') AS list
        FROM (SELECT x, y, seat_of[x] AS i FROM unnest(seats) WITH ORDINALITY AS q(x, y) ORDER BY i, y) q GROUP BY i ORDER BY i) each;
    IF new THEN
        INSERT INTO showings (schedule_id, movie_id, room_id, starts_at, ends_at)
            SELECT DISTINCT ON (schedule_ids[i]) schedule_ids[i], movie_ids[i], room_ids[i], moment_of(starts_ms[i]), moment_of(ends_ms[i])
            FROM unnest(places) WITH ORDINALITY AS p(i, turn) ORDER BY schedule_ids[i], turn
        ON CONFLICT (schedule_id) DO UPDATE SET movie_id = excluded.movie_id, room_id = excluded.room_id,
            starts_at = excluded.starts_at, ends_at = excluded.ends_at;
    END IF;
    WITH put_reservations AS (
        INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, hold, reservation_date, expires_at)
            SELECT ids[turn], user_ids[i], schedule_ids[i], movie_ids[i], cents[i] * 0.01, 'PENDING', holds[i], at, moment_of(until_ms[turn])
            FROM unnest(places) WITH ORDINALITY AS p(i, turn)
    ), put_seats AS (
        INSERT INTO reserved_seats (id, reservation_id, seat_id, row_number, seat_number, ticket_type, price)
            SELECT seat_row_ids[y], ids[turns[seat_of[x]]], seat_ids[x], row_numbers[x], seat_numbers[x], ticket_types[x], price_cents[x] * 0.01
            FROM unnest(seats) WITH ORDINALITY AS q(x, y)
    ), put_claims AS ( -- without an end it still needs an end of its hold: null would mean sold
        INSERT INTO seat_claims (schedule_id, seat_id, reservation_id, held_until)
            SELECT schedule_ids[seat_of[x]], seat_ids[x], ids[turns[seat_of[x]]],
                coalesce(moment_of(until_ms[turns[seat_of[x]]]), '9999-12-31 23:59:59+00')
            FROM unnest(seats) x
    ), put_keys AS (
        INSERT INTO once_keys (scope, key, body_hash, position, owner, made_at)
            SELECT scopes[i], keys[i], hashes[i], before + turn, user_ids[i], at FROM unnest(places) WITH ORDINALITY AS p(i, turn)
            WHERE scopes[i] IS NOT NULL
    )
    INSERT INTO log (position, type, subject, time, data, command)
        SELECT before + turn, 'reservation.made', ids[turn]::text, at, '{"id":' || ids[turn] || ',' || told[i] || ',"reservationDate":' || made_at
            || ',"expiresAt":' || until_texts[turn] || ',"confirmedAt":null,"cancelledAt":null,"deletedAt":null,"seats":[' || seat_texts[turn]
            || ']}', commands[i]
        FROM unnest(places) WITH ORDINALITY AS p(i, turn);
    RETURN QUERY SELECT i, '{' || ids[turn] || ',' || at_ms || ',' || coalesce(until_ms[turn], -1) || ',' || seat_lists[turn] || '}'
        FROM unnest(places) WITH ORDINALITY AS p(i, turn);
END $$;

CREATE FUNCTION act_single(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE one act_answer;
BEGIN
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
        WHEN 'sole_writer' THEN act_sole_writer(c, at)
    END;
    one.n := (c->>'n')::int;
    RETURN one;
END $$;

-- A batch: the commands of one act each in their order, then the bookings. Time is read once, after the lock. What log_last() does is
-- written out: a function of SQL is planned anew in each transaction.
CREATE FUNCTION reservations_batch(single json, numbers int[], commands uuid[], user_ids bigint[], schedule_ids bigint[], movie_ids text[],
    room_ids bigint[], holds boolean[], cents bigint[], starts_ms bigint[], ends_ms bigint[], hold_s bigint[], unpaid_until_min bigint[],
    most bigint[], scopes text[], keys text[], hashes text[], opens_ms bigint[], told_lines text, seat_of int[], seat_ids bigint[],
    row_numbers text[], seat_numbers bigint[], ticket_types text[], price_cents bigint[], seats_told_lines text)
RETURNS TABLE (n int, code text, detail bigint, named text, answer text, extra text, last bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE at timestamptz := date_trunc('milliseconds', clock_timestamp()); before bigint := (SELECT coalesce(max(position), 0) FROM log);
    made_before bigint := before; now_last bigint; c json; singles act_answer[] := '{}'; judged act_answer[] := '{}'; due bigint[]; fine boolean; new boolean; buyers text[]; places int[] := '{}';
BEGIN
    IF EXISTS (SELECT 1 FROM restore_state) THEN
        RETURN QUERY SELECT m, 'restore_running', NULL::bigint, NULL, NULL, NULL, before
            FROM (SELECT (value->>'n')::int FROM json_array_elements(single) UNION ALL SELECT unnest(numbers)) c(m);
        RETURN;
    END IF;
    FOR c IN SELECT value FROM json_array_elements(single) LOOP
        singles := singles || act_single(c, at);
    END LOOP;
    IF cardinality(numbers) > 0 THEN
        SELECT * INTO fine, new, buyers FROM bookings_glance(at, user_ids, schedule_ids, movie_ids, room_ids, starts_ms, ends_ms, most, scopes, keys,
            opens_ms, seat_of, seat_ids);
        places := ARRAY(SELECT generate_series(1, cardinality(numbers)));
        IF NOT fine THEN
            judged := ARRAY(SELECT ROW(j.place, j.code, j.detail, j.named, j.answer, NULL)::act_answer
                FROM bookings_judge(at, '{}', user_ids, schedule_ids, most, scopes, keys, hashes, opens_ms, seat_of, seat_ids) j);
            due := ARRAY(SELECT DISTINCT d FROM unnest(judged) j, unnest(j.named) AS d WHERE j.code = 'run_out' ORDER BY d);
            IF cardinality(due) > 0 THEN -- they end whole, before anything is made of their seats
                PERFORM reservations_expire(NULL, at, due);
                judged := ARRAY(SELECT ROW(j.place, j.code, j.detail, j.named, j.answer, NULL)::act_answer
                    FROM bookings_judge(at, due, user_ids, schedule_ids, most, scopes, keys, hashes, opens_ms, seat_of, seat_ids) j);
            END IF;
            places := ARRAY(SELECT j.n FROM unnest(judged) j WHERE j.code IS NULL ORDER BY j.n);
            DELETE FROM once_keys k USING unnest(places) i WHERE k.scope = scopes[i] AND k.key = keys[i]; -- of another day
        END IF;
    END IF;
    IF fine IS NOT TRUE OR json_array_length(single) > 0 THEN -- there may be other events before those of the bookings
        made_before := (SELECT coalesce(max(position), 0) FROM log);
    END IF;
    now_last := made_before + cardinality(places);
    RETURN QUERY SELECT s.n, s.code, s.detail, s.named::text, s.answer, s.extra, now_last FROM unnest(singles) s;
    RETURN QUERY SELECT numbers[j.n], j.code, j.detail, j.named::text, j.answer, j.extra, now_last FROM unnest(judged) j WHERE j.code IS NOT NULL;
    IF cardinality(places) > 0 THEN
        RETURN QUERY SELECT numbers[w.place], '', NULL::bigint, w.named, NULL, buyers[w.place], now_last FROM bookings_write(at, made_before, places, new, commands,
            user_ids, schedule_ids, movie_ids, room_ids, holds, cents, starts_ms, ends_ms, hold_s, unpaid_until_min, scopes, keys, hashes,
            string_to_array(told_lines, E'\n'), seat_of, seat_ids, row_numbers, seat_numbers, ticket_types, price_cents,
            string_to_array(seats_told_lines, E'\n')) w;
    END IF;
    IF now_last > before THEN PERFORM pg_notify('taquilla_reservations', now_last::text); END IF;
END $$;
