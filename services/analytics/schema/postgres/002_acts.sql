-- What the program found out about a page of facts (services/analytics/store_postgres_fold.c), kept in one statement: rows as they
-- are now, and what is to be added to the sums. The rules of the figures are the program's; here is none of them.

-- A figure is of what the program saw: it says at which moment. False: somebody changed the figures since, or another process
-- has taken them over.
CREATE FUNCTION figures_move(p_writer text, p_act text, p_moment bigint, p_today bigint, p_alive bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE figures SET moment = moment + 1, act = p_act, today = p_today, alive = alive + p_alive
        WHERE writer = p_writer AND moment = p_moment;
    RETURN FOUND;
END $$;

CREATE FUNCTION feed_leave(p_owner bigint, p_position bigint, p_whole boolean) RETURNS void LANGUAGE sql AS $$
    INSERT INTO feeds (owner, position, whole) VALUES (p_owner, p_position, p_whole)
    ON CONFLICT (owner) DO UPDATE SET position = excluded.position, whole = excluded.whole
$$;

-- --- forgetting ---

CREATE FUNCTION facts_forget(p_owner bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_owner = 0 THEN
        UPDATE films SET title = NULL, is_active = false;
    ELSIF p_owner = 1 THEN
        TRUNCATE rooms, seats, room_days, room_windows;
        UPDATE showings SET room_id = NULL, film = 0, is_active = false;
    ELSE
        TRUNCATE sales, users, spans, film_days, user_days, windows, film_windows, user_windows, sheet, admissions;
        UPDATE showings SET taken = 0;
        UPDATE room_days SET seats = 0;
        UPDATE room_windows SET seats = 0;
        UPDATE figures SET alive = 0;
    END IF;
    PERFORM feed_leave(p_owner, 0, false);
END $$;

CREATE FUNCTION act_begin(c json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE p record;
BEGIN
    SELECT * INTO p FROM json_to_record(c) AS x(owner bigint, writer text, act_id text, moment bigint, today bigint);
    IF NOT figures_move(p.writer, p.act_id, p.moment, p.today, 0) THEN RETURN 'moved'; END IF;
    PERFORM facts_forget(p.owner);
    RETURN '';
END $$;

-- The process that asks folds from now on. Days of another zone or DAY_STARTS are other days: all is forgotten, and asked for anew.
CREATE FUNCTION act_open(c json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE p record;
BEGIN
    SELECT * INTO p FROM json_to_record(c) AS x(writer text, act_id text, zone text, day_starts bigint, today bigint);
    UPDATE figures SET writer = p.writer, act = p.act_id, moment = moment + 1
        WHERE zone = p.zone AND day_starts = p.day_starts;
    IF FOUND THEN RETURN ''; END IF;
    FOR owner IN 0..2 LOOP
        PERFORM facts_forget(owner);
    END LOOP;
    DELETE FROM figures;
    INSERT INTO figures (id, zone, day_starts, today, alive, moment, writer, act)
        VALUES (1, p.zone, p.day_starts, p.today, 0, 1, p.writer, p.act_id);
    RETURN '';
END $$;

-- --- a page ---

CREATE FUNCTION films_keep(told json) RETURNS void LANGUAGE sql AS $$
    INSERT INTO films (key, id, title, is_active)
        SELECT key, id, title, is_active FROM json_to_recordset(told) AS f(key bigint, id text, title text, is_active boolean)
    ON CONFLICT (key) DO UPDATE SET title = excluded.title, is_active = excluded.is_active
$$;

CREATE FUNCTION rooms_keep(rooms_told json, seats_told json) RETURNS void LANGUAGE sql AS $$
    INSERT INTO rooms AS r (id, name, is_active, seats)
        SELECT id, name, is_active, 0 FROM json_to_recordset(rooms_told) AS t(id bigint, name text, is_active boolean)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, is_active = excluded.is_active;
    WITH fresh AS (
        INSERT INTO seats (id, room_id)
            SELECT id, room_id FROM json_to_recordset(seats_told) AS t(id bigint, room_id bigint)
        ON CONFLICT (id) DO NOTHING RETURNING room_id)
    INSERT INTO rooms AS r (id, is_active, seats) SELECT room_id, false, count(*) FROM fresh GROUP BY room_id
    ON CONFLICT (id) DO UPDATE SET seats = r.seats + excluded.seats
$$;

CREATE FUNCTION showings_keep(told json) RETURNS void LANGUAGE sql AS $$
    INSERT INTO showings SELECT * FROM json_populate_recordset(NULL::showings, told)
    ON CONFLICT (id) DO UPDATE SET film = excluded.film, room_id = excluded.room_id, day = excluded.day, played = excluded.played,
        is_active = excluded.is_active, taken = excluded.taken
$$;

CREATE FUNCTION sales_keep(told json) RETURNS void LANGUAGE sql AS $$
    INSERT INTO sales SELECT * FROM json_populate_recordset(NULL::sales, told)
    ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, schedule_id = excluded.schedule_id, film = excluded.film,
        cents = excluded.cents, status = excluded.status, made = excluded.made, sold = excluded.sold, back = excluded.back,
        tickets = excluded.tickets, method = excluded.method, payment_id = excluded.payment_id
$$;

-- Sums of a window that are nothing any more go.
CREATE FUNCTION users_keep(told json, sums json) RETURNS void LANGUAGE sql AS $$
    INSERT INTO users SELECT * FROM json_populate_recordset(NULL::users, told)
    ON CONFLICT (id) DO UPDATE SET alive = excluded.alive;
    INSERT INTO user_windows SELECT * FROM json_populate_recordset(NULL::user_windows, sums)
    ON CONFLICT (span, user_id) DO UPDATE SET cents = excluded.cents, reservations = excluded.reservations,
        confirmed = excluded.confirmed, alive = excluded.alive;
    DELETE FROM user_windows w USING json_populate_recordset(NULL::user_windows, sums) s
        WHERE s.cents = 0 AND s.reservations = 0 AND s.confirmed = 0 AND w.span = s.span AND w.user_id = s.user_id
$$;

CREATE FUNCTION segments_keep(told json) RETURNS void LANGUAGE sql AS $$
    INSERT INTO windows AS w (span, cents, reservations, confirmed, active, vip, regular, casual)
        SELECT span, 0, 0, 0, active, vip, regular, casual
        FROM json_to_recordset(told) AS t(span bigint, active bigint, vip bigint, regular bigint, casual bigint)
    ON CONFLICT (span) DO UPDATE SET active = w.active + excluded.active, vip = w.vip + excluded.vip,
        regular = w.regular + excluded.regular, casual = w.casual + excluded.casual
$$;

-- What is to be added, a list for each part of it: of what (enum cell_of), its key and its sums.
CREATE TYPE cell AS (kind bigint, k1 bigint, k2 bigint, k3 bigint, k4 bigint, a1 bigint, a2 bigint, a3 bigint);

CREATE FUNCTION day_cells_keep(cells cell[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO spans AS s SELECT k1, k2, a1, a2, a3 FROM unnest(cells) WHERE kind = 7
    ON CONFLICT (period, start) DO UPDATE SET cents = s.cents + excluded.cents, reservations = s.reservations + excluded.reservations,
        confirmed = s.confirmed + excluded.confirmed;
    INSERT INTO film_days AS s SELECT k1, k2, a1, a2, a3 FROM unnest(cells) WHERE kind = 1
    ON CONFLICT (day, film) DO UPDATE SET cents = s.cents + excluded.cents, reservations = s.reservations + excluded.reservations,
        confirmed = s.confirmed + excluded.confirmed;
    INSERT INTO user_days AS s SELECT k1, k2, a1, a2, a3 FROM unnest(cells) WHERE kind = 2
    ON CONFLICT (day, user_id) DO UPDATE SET cents = s.cents + excluded.cents, reservations = s.reservations + excluded.reservations,
        confirmed = s.confirmed + excluded.confirmed;
    INSERT INTO room_days AS s SELECT k1, k2, a1, a2 FROM unnest(cells) WHERE kind = 3
    ON CONFLICT (day, room_id) DO UPDATE SET showings = s.showings + excluded.showings, seats = s.seats + excluded.seats;
    INSERT INTO sheet AS s SELECT k1, k2, k3, k4, a1, a2, a3 FROM unnest(cells) WHERE kind = 4
    ON CONFLICT (day, hour, film, method) DO UPDATE SET sold = s.sold + excluded.sold, refunded = s.refunded + excluded.refunded,
        tickets = s.tickets + excluded.tickets;
    INSERT INTO admissions AS s SELECT k1, k2, a1 FROM unnest(cells) WHERE kind = 5
    ON CONFLICT (schedule_id, price) DO UPDATE SET seats = s.seats + excluded.seats
$$;

CREATE FUNCTION window_cells_keep(cells cell[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO windows AS s SELECT k1, a1, a2, a3, 0, 0, 0, 0 FROM unnest(cells) WHERE kind = 8
    ON CONFLICT (span) DO UPDATE SET cents = s.cents + excluded.cents, reservations = s.reservations + excluded.reservations,
        confirmed = s.confirmed + excluded.confirmed;
    INSERT INTO film_windows AS s SELECT k1, k2, a1, a2, a3 FROM unnest(cells) WHERE kind = 9
    ON CONFLICT (span, film) DO UPDATE SET cents = s.cents + excluded.cents, reservations = s.reservations + excluded.reservations,
        confirmed = s.confirmed + excluded.confirmed;
    INSERT INTO room_windows AS s SELECT k1, k2, a1, a2 FROM unnest(cells) WHERE kind = 11
    ON CONFLICT (span, room_id) DO UPDATE SET showings = s.showings + excluded.showings, seats = s.seats + excluded.seats
$$;

CREATE FUNCTION act_take(c json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE p record; cells cell[];
BEGIN
    SELECT * INTO p FROM json_to_record(c) AS x(owner bigint, position bigint, whole boolean, writer text, act_id text, moment bigint,
        today bigint, alive bigint, films json, methods json, rooms json, seats json, showings json, sales json, users json,
        user_windows json, segments json, kind bigint[], k1 bigint[], k2 bigint[], k3 bigint[], k4 bigint[], a1 bigint[],
        a2 bigint[], a3 bigint[]);
    IF NOT figures_move(p.writer, p.act_id, p.moment, p.today, p.alive) THEN RETURN 'moved'; END IF;
    PERFORM films_keep(p.films);
    INSERT INTO methods SELECT * FROM json_populate_recordset(NULL::methods, p.methods);
    PERFORM rooms_keep(p.rooms, p.seats), showings_keep(p.showings), sales_keep(p.sales);
    PERFORM users_keep(p.users, p.user_windows), segments_keep(p.segments);
    SELECT array_agg(ROW(t.*)::cell) INTO cells FROM unnest(p.kind, p.k1, p.k2, p.k3, p.k4, p.a1, p.a2, p.a3) t;
    PERFORM day_cells_keep(cells), window_cells_keep(cells), feed_leave(p.owner, p.position, p.whole);
    RETURN '';
END $$;

-- --- midnight ---

CREATE TYPE days_moved AS (rooms boolean, span bigint, first bigint, last bigint, sign bigint);

CREATE FUNCTION user_windows_move(moves days_moved[], vip_cents bigint, regular_cents bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO user_windows AS w
        SELECT m.span, d.user_id, sum(m.sign * d.cents), sum(m.sign * d.reservations), sum(m.sign * d.confirmed),
               coalesce((SELECT u.alive FROM users u WHERE u.id = d.user_id), false)
        FROM unnest(moves) m JOIN user_days d ON d.day BETWEEN m.first AND m.last WHERE NOT m.rooms GROUP BY m.span, d.user_id
    ON CONFLICT (span, user_id) DO UPDATE SET cents = w.cents + excluded.cents, reservations = w.reservations + excluded.reservations,
        confirmed = w.confirmed + excluded.confirmed;
    DELETE FROM user_windows WHERE span IN (SELECT span FROM unnest(moves)) AND cents = 0 AND reservations = 0 AND confirmed = 0;
    INSERT INTO windows AS w (span, cents, reservations, confirmed, active, vip, regular, casual)
        SELECT s.span, 0, 0, 0, count(u.user_id), count(u.user_id) FILTER (WHERE u.alive AND u.cents >= vip_cents),
               count(u.user_id) FILTER (WHERE u.alive AND u.cents >= regular_cents AND u.cents < vip_cents),
               count(u.user_id) FILTER (WHERE u.alive AND u.cents < regular_cents)
        FROM (SELECT DISTINCT span FROM unnest(moves) WHERE NOT rooms) s
        LEFT JOIN user_windows u ON u.span = s.span AND (u.reservations <> 0 OR u.cents <> 0) GROUP BY s.span
    ON CONFLICT (span) DO UPDATE SET active = excluded.active, vip = excluded.vip, regular = excluded.regular, casual = excluded.casual
$$;

CREATE FUNCTION windows_move(moves days_moved[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO windows AS w
        SELECT m.span, sum(m.sign * d.cents), sum(m.sign * d.reservations), sum(m.sign * d.confirmed), 0, 0, 0, 0
        FROM unnest(moves) m JOIN spans d ON d.period = 0 AND d.start BETWEEN m.first AND m.last WHERE NOT m.rooms GROUP BY m.span
    ON CONFLICT (span) DO UPDATE SET cents = w.cents + excluded.cents, reservations = w.reservations + excluded.reservations,
        confirmed = w.confirmed + excluded.confirmed;
    INSERT INTO film_windows AS w
        SELECT m.span, d.film, sum(m.sign * d.cents), sum(m.sign * d.reservations), sum(m.sign * d.confirmed)
        FROM unnest(moves) m JOIN film_days d ON d.day BETWEEN m.first AND m.last WHERE NOT m.rooms GROUP BY m.span, d.film
    ON CONFLICT (span, film) DO UPDATE SET cents = w.cents + excluded.cents, reservations = w.reservations + excluded.reservations,
        confirmed = w.confirmed + excluded.confirmed;
    INSERT INTO room_windows AS w
        SELECT m.span, d.room_id, sum(m.sign * d.showings), sum(m.sign * d.seats)
        FROM unnest(moves) m JOIN room_days d ON d.day BETWEEN m.first AND m.last WHERE m.rooms GROUP BY m.span, d.room_id
    ON CONFLICT (span, room_id) DO UPDATE SET showings = w.showings + excluded.showings, seats = w.seats + excluded.seats
$$;

CREATE FUNCTION act_move(c json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE p record; moves days_moved[];
BEGIN
    SELECT * INTO p FROM json_to_record(c) AS x(writer text, act_id text, moment bigint, today bigint, moves json, vip_cents bigint,
        regular_cents bigint);
    IF NOT figures_move(p.writer, p.act_id, p.moment, p.today, 0) THEN RETURN 'moved'; END IF;
    SELECT array_agg(m) INTO moves FROM json_populate_recordset(NULL::days_moved, p.moves) m;
    PERFORM windows_move(moves), user_windows_move(moves, p.vip_cents, p.regular_cents);
    RETURN '';
END $$;

-- --- what the program calls ---

CREATE FUNCTION analytics_acts(single json, bulk json)
RETURNS TABLE (n int, code text, detail bigint, named bigint[], answer text, extra text, last bigint) LANGUAGE plpgsql AS $$
DECLARE c json;
BEGIN
    FOR c IN SELECT e.value FROM json_array_elements(single) e LOOP
        n := (c->>'n')::int;
        code := CASE c->>'act' WHEN 'take' THEN act_take(c) WHEN 'move' THEN act_move(c) WHEN 'begin' THEN act_begin(c)
                               WHEN 'open' THEN act_open(c) END;
        last := 0;
        RETURN NEXT;
    END LOOP;
END $$;
