-- What follows from rows that were put back: whom an e-mail finds (of several that differ only in case the first), and where ids go on.
CREATE FUNCTION reservations_restored() RETURNS void LANGUAGE plpgsql AS $$
DECLARE place text;
BEGIN
    UPDATE users SET email_key = first.key FROM (
        SELECT DISTINCT ON (1) translate(email, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS key, id
        FROM users WHERE email IS NOT NULL ORDER BY 1, id) first
    WHERE users.id = first.id;
    PERFORM access_key_make(); -- for who restores what never had one
    FOREACH place IN ARRAY ARRAY['users', 'reservations', 'reserved_seats', 'payments'] LOOP
        EXECUTE format('SELECT setval(%L, (SELECT coalesce(max(id), 0) + 1 FROM %I), false)', pg_get_serial_sequence(place, 'id'), place);
    END LOOP;
END $$;
