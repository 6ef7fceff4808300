-- Who alone writes, and until when by this clock: he may refuse seats from memory, since nobody else can have freed them. Whoever may
-- write has the shared lock that writers_present() counts, from his connecting on.
CREATE TABLE sole_writer (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    holder text NOT NULL,
    until timestamptz NOT NULL
);
INSERT INTO sole_writer (holder, until) VALUES ('', '-infinity');

CREATE FUNCTION writer_is_here() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_lock_shared(hashtext('taquilla reservations writers'), 0)
$$;

CREATE FUNCTION other_writers() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND pid <> pg_backend_pid()
        AND classid = hashtext('taquilla reservations writers')::oid AND objid = 0
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;

-- Who but `asking` is the sole writer, and until when; no text: nobody. To be asked under the writers' lock: who takes the lease
-- meanwhile has not seen him who asks.
CREATE FUNCTION sole_writer_other(asking text) RETURNS text LANGUAGE sql AS $$
    SELECT (SELECT holder || ' ' || until FROM sole_writer WHERE holder <> asking AND until > clock_timestamp())
$$;

-- For lease_ms from now on, or (0) no longer. detail: this moment in milliseconds since 1970 when he is it, else 0.
CREATE FUNCTION act_sole_writer(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE lease bigint := (c->>'lease_ms')::bigint;
BEGIN
    IF lease = 0 OR other_writers() > 0 THEN
        UPDATE sole_writer SET until = '-infinity' WHERE holder = c->>'holder' AND until > '-infinity';
        RETURN act_done(NULL, 0);
    END IF;
    UPDATE sole_writer SET holder = c->>'holder', until = at + lease * interval '1 millisecond'
        WHERE holder = c->>'holder' OR until <= at;
    RETURN act_done(NULL, CASE WHEN FOUND THEN floor(extract(epoch FROM at) * 1000)::bigint ELSE 0 END);
END $$;

CREATE OR REPLACE FUNCTION reservations_acts(single json, bulk json)
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
            WHEN 'sole_writer' THEN act_sole_writer(c, at)
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
