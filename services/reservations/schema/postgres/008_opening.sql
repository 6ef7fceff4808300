-- Sales open by this clock, to the millisecond, whatever the clocks of the replicas say. Only bookings of a showing that opens or has
-- opened lately tell when; a text is searched faster than every booking is looked at.
CREATE OR REPLACE FUNCTION act_reserve(bookings json, at timestamptz) RETURNS SETOF act_answer LANGUAGE plpgsql AS $$
DECLARE first act_answer[]; waiting int[]; due bigint[]; others int[];
BEGIN
    IF position('"sales_open_at":' IN bookings::text) > 0 THEN -- detail: milliseconds to wait
        RETURN QUERY SELECT (b->>'n')::int, 'not_on_sale_yet', ceil(extract(epoch FROM (b->>'sales_open_at')::timestamptz - at) * 1000)::bigint,
            NULL::bigint[], NULL, NULL FROM json_array_elements(bookings) b WHERE (b->>'sales_open_at')::timestamptz > at;
        IF FOUND THEN
            others := ARRAY(SELECT (b->>'n')::int FROM json_array_elements(bookings) b
                WHERE (b->>'sales_open_at')::timestamptz > at IS NOT TRUE);
        END IF;
    END IF;
    first := ARRAY(SELECT b FROM bookings_make(bookings, at, others, false) b);
    SELECT array_agg(f.n) INTO waiting FROM unnest(first) f WHERE f.code = 'run_out';
    IF waiting IS NULL THEN RETURN QUERY SELECT * FROM unnest(first); RETURN; END IF;
    due := ARRAY(SELECT DISTINCT d FROM unnest(first) f, unnest(f.named) AS d WHERE f.code = 'run_out' ORDER BY d);
    PERFORM reservations_expire(NULL, at, due);
    RETURN QUERY SELECT * FROM unnest(first) f WHERE f.code <> 'run_out';
    RETURN QUERY SELECT * FROM bookings_make(bookings, at, waiting, true);
END $$;
