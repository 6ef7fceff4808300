-- A payment is two acts, with the provider's call between them in no transaction.

-- The key of an attempt that is decided now answers with what the log last said.
CREATE FUNCTION payment_answer_keep(wanted bigint, owner bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE k payment_keys;
BEGIN
    DELETE FROM payment_keys WHERE payment_id = wanted RETURNING * INTO k;
    IF FOUND THEN PERFORM once_keep(k.scope, k.key, k.body_hash, owner, at); END IF;
END $$;

CREATE FUNCTION claims_until(wanted bigint, showing bigint, until timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE seat_claims c SET held_until = until FROM reserved_seats s WHERE s.reservation_id = wanted
        AND c.schedule_id = showing AND c.seat_id = s.seat_id AND c.reservation_id = wanted
$$;

CREATE FUNCTION act_payment_begin(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE known act_answer := once_recall(c, at); r reservations; newest text; made bigint; fact text; grace timestamptz;
BEGIN
    IF known.code IS NOT NULL THEN RETURN known; END IF;
    PERFORM reservations_expire((c->>'command')::uuid, at, ARRAY[(c->>'reservation_id')::bigint]);
    SELECT * INTO r FROM reservations WHERE id = (c->>'reservation_id')::bigint AND deleted_at IS NULL;
    IF NOT FOUND THEN RETURN act_refused('reservation_unknown', (c->>'reservation_id')::bigint); END IF;
    -- The same request again while the provider still thinks: not a second payment, and not decided either.
    IF EXISTS (SELECT 1 FROM payments p JOIN payment_keys k ON k.payment_id = p.id WHERE p.reservation_id = r.id
        AND p.payment_status = 'PENDING' AND k.scope = c->>'scope' AND k.key = c->>'key' AND k.body_hash = c->>'body_hash') THEN
        RETURN act_refused('payment_unknown');
    END IF;
    SELECT payment_status INTO newest FROM payments WHERE reservation_id = r.id ORDER BY id DESC LIMIT 1;
    IF newest IN ('PENDING', 'COMPLETED') THEN RETURN act_refused('payment_exists'); END IF;
    IF r.status IN ('CANCELLED', 'EXPIRED') THEN RETURN act_refused('reservation_' || lower(r.status)); END IF;
    IF (c->>'amount')::numeric <> r.total_amount THEN RETURN act_refused('amount_differs', (r.total_amount * 100)::bigint); END IF;
    grace := at + (c->>'grace_s')::bigint * interval '1 second';
    INSERT INTO payments (reservation_id, amount, payment_method, payment_status, payment_date, ask_at, asked_until, grace_until)
        VALUES (r.id, (c->>'amount')::numeric, c->>'method', 'PENDING', at, at + (c->>'ask_after_s')::bigint * interval '1 second',
            at + interval '24 hours', grace) RETURNING id INTO made;
    INSERT INTO payment_keys (payment_id, scope, key, body_hash)
        SELECT made, c->>'scope', c->>'key', c->>'body_hash' WHERE c->>'scope' IS NOT NULL;
    fact := log_write((c->>'command')::uuid, at, 'payment.begun', made, payment_fact(made));
    -- The seats are kept while the provider decides, however little of the hold is left.
    UPDATE seat_claims k SET held_until = greatest(k.held_until, grace) FROM reserved_seats s WHERE s.reservation_id = r.id
        AND k.schedule_id = r.schedule_id AND k.seat_id = s.seat_id AND k.reservation_id = r.id AND k.held_until IS NOT NULL;
    RETURN act_done(fact, 1);
END $$;

CREATE FUNCTION payment_confirm(command uuid, at timestamptz, p payments, r reservations) RETURNS text LANGUAGE plpgsql AS $$
DECLARE fact text;
BEGIN
    UPDATE payments SET payment_status = 'COMPLETED', ask_at = NULL, asked_until = NULL, grace_until = NULL WHERE id = p.id;
    fact := log_write(command, at, 'payment.completed', p.id, payment_fact(p.id));
    PERFORM payment_answer_keep(p.id, r.user_id, at);
    UPDATE reservations SET status = 'CONFIRMED', expires_at = NULL, confirmed_at = at WHERE id = r.id;
    PERFORM claims_until(r.id, r.schedule_id, NULL);
    PERFORM log_write(command, at, 'reservation.confirmed', r.id, reservation_fact(r.id));
    RETURN fact;
END $$;

-- The hold takes its own course again, or ends with the sale of its showing.
CREATE FUNCTION payment_failed(command uuid, at timestamptz, p payments, r reservations, stopped boolean, ask timestamptz)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE fact text;
BEGIN
    UPDATE payments SET payment_status = 'FAILED', ask_at = ask, grace_until = NULL WHERE id = p.id;
    fact := log_write(command, at, 'payment.failed', p.id, payment_fact(p.id));
    IF r.status = 'PENDING' AND stopped THEN
        PERFORM reservation_end(command, at, r.id, 'CANCELLED');
    ELSIF r.status = 'PENDING' AND r.expires_at IS NOT NULL THEN
        PERFORM claims_until(r.id, r.schedule_id, r.expires_at);
    END IF;
    RETURN fact;
END $$;

-- Asked again every two seconds while the seats are kept, every minute once they are not: money that arrives late goes back.
CREATE FUNCTION payment_unanswered(command uuid, at timestamptz, p payments, r reservations, stopped boolean)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF p.payment_status = 'PENDING' AND at >= p.grace_until THEN
        RETURN payment_failed(command, at, p, r, stopped, at + interval '60 seconds');
    END IF;
    UPDATE payments SET ask_at = CASE WHEN p.payment_status = 'PENDING' THEN least(at + interval '2 seconds', p.grace_until)
        WHEN at < p.asked_until THEN at + interval '60 seconds' END WHERE id = p.id;
    RETURN log_write(command, at, 'payment.asked', p.id, payment_fact(p.id));
END $$;

CREATE FUNCTION act_payment_settle(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE p payments; r reservations; cmd uuid := (c->>'command')::uuid; stopped boolean; newest boolean; fact text;
BEGIN
    SELECT * INTO p FROM payments WHERE id = (c->>'id')::bigint;
    IF NOT FOUND THEN RETURN act_refused('payment_missing'); END IF;
    IF p.ask_at IS NULL THEN RETURN act_done(payment_fact(p.id)); END IF; -- by the other of handler and recovery
    SELECT * INTO r FROM reservations WHERE id = p.reservation_id;
    stopped := coalesce((SELECT sales_stopped FROM showings WHERE schedule_id = r.schedule_id), false);
    newest := p.id = (SELECT max(id) FROM payments WHERE reservation_id = r.id);
    IF c->>'outcome' = 'unknown' THEN RETURN act_done(payment_unanswered(cmd, at, p, r, stopped)); END IF;
    UPDATE payments SET transaction_id = left(c->>'transaction_id', 255) WHERE id = p.id;
    IF c->>'outcome' = 'declined' THEN RETURN act_done(payment_failed(cmd, at, p, r, stopped, NULL)); END IF;
    IF r.status = 'PENDING' AND newest AND NOT stopped THEN RETURN act_done(payment_confirm(cmd, at, p, r)); END IF;
    -- The seats are gone, or another attempt paid for them: the money goes back.
    fact := money_return(cmd, at, p.id);
    IF stopped AND r.status = 'PENDING' AND newest THEN PERFORM reservation_end(cmd, at, r.id, 'CANCELLED'); END IF;
    RETURN act_done(fact);
END $$;

CREATE FUNCTION act_refund_done(c json, at timestamptz) RETURNS act_answer LANGUAGE plpgsql AS $$
DECLARE wanted bigint := (c->>'id')::bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM payments WHERE id = wanted) THEN RETURN act_refused('payment_missing'); END IF;
    UPDATE payments SET refund_due = false WHERE id = wanted AND refund_due;
    IF FOUND THEN PERFORM log_write((c->>'command')::uuid, at, 'payment.returned', wanted, payment_fact(wanted)); END IF;
    RETURN act_done();
END $$;
