-- Facts as the log has them: JSON texts, byte for byte what the embedded store writes. The session's zone is UTC.
CREATE FUNCTION json_moment(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(to_char(at, '"\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\""'), 'null')
$$;

CREATE FUNCTION json_words(words text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(to_json(words)::text, 'null')
$$;

CREATE FUNCTION seat_fact(id bigint, seat_id bigint, row_number text, seat_number bigint, ticket_type text, price numeric)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{"id":' || id || ',"seatId":' || seat_id || ',"rowNumber":' || json_words(row_number)
        || ',"seatNumber":' || coalesce(seat_number::text, 'null') || ',"ticketType":' || json_words(ticket_type)
        || ',"price":' || trim_scale(price) || '}'
$$;

CREATE FUNCTION reservation_fact(wanted bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{"id":' || r.id || ',"userId":' || r.user_id || ',"scheduleId":' || r.schedule_id
        || ',"movieId":' || json_words(r.movie_id) || ',"totalAmount":' || trim_scale(r.total_amount)
        || ',"status":"' || r.status || '","hold":' || r.hold::text
        || ',"reservationDate":' || json_moment(r.reservation_date) || ',"expiresAt":' || json_moment(r.expires_at)
        || ',"confirmedAt":' || json_moment(r.confirmed_at) || ',"cancelledAt":' || json_moment(r.cancelled_at)
        || ',"deletedAt":' || json_moment(r.deleted_at) || ',"seats":['
        || coalesce((SELECT string_agg(seat_fact(s.id, s.seat_id, s.row_number, s.seat_number, s.ticket_type, s.price), ',' ORDER BY s.id)
            FROM reserved_seats s WHERE s.reservation_id = r.id), '') || ']}'
    FROM reservations r WHERE r.id = wanted
$$;

CREATE FUNCTION payment_fact(wanted bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{"id":' || p.id || ',"reservationId":' || p.reservation_id || ',"amount":' || trim_scale(p.amount)
        || ',"paymentMethod":' || json_words(p.payment_method) || ',"status":"' || p.payment_status
        || '","transactionId":' || json_words(p.transaction_id) || ',"paidAt":' || json_moment(p.payment_date)
        || ',"askAt":' || json_moment(p.ask_at) || ',"askedUntil":' || json_moment(p.asked_until)
        || ',"graceUntil":' || json_moment(p.grace_until) || ',"refundDue":' || p.refund_due::text
        || ',"refundedAt":' || json_moment(p.refunded_at) || '}'
    FROM payments p WHERE p.id = wanted
$$;

CREATE FUNCTION user_fact(wanted bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{"id":' || id || ',"createdAt":' || json_moment(created_at) || ',"updatedAt":' || json_moment(updated_at) || '}'
    FROM users WHERE id = wanted
$$;

-- The log of an adopted database begins with what was there. Sales in the order in which they were made: who folds the log
-- gives a seat that was sold twice to the same one.
INSERT INTO log (position, type, subject, time, data)
    SELECT row_number() OVER (ORDER BY part, made, id), type, id::text, now(), data FROM (
        SELECT 1 AS part, id, timestamp 'epoch' AS made, 'user.adopted' AS type, user_fact(id) AS data FROM users
        UNION ALL SELECT 2, id, reservation_date, 'reservation.adopted', reservation_fact(id) FROM reservations
        UNION ALL SELECT 3, id, timestamp 'epoch', 'payment.adopted', payment_fact(id) FROM payments) adopted;
