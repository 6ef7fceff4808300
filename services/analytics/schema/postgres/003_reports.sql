-- What people with SQL read: views with plain names, money in the cinema's currency, days as dates. They follow from the tables, so
-- they are as new as the figures. No view tells a name, an e-mail or a phone. docs/guide/operator.md has an example of each.
CREATE SCHEMA reports;

CREATE FUNCTION reports.as_date(days bigint) RETURNS date LANGUAGE sql IMMUTABLE AS $$
    SELECT date '1970-01-01' + days::int
$$;
CREATE FUNCTION reports.as_money(cents bigint) RETURNS numeric(14,2) LANGUAGE sql IMMUTABLE AS $$
    SELECT (cents / 100::numeric)::numeric(14,2)
$$;

-- Days of the calendar. A sale is on the day of its confirmation, a refund on the day of the cancellation.
CREATE VIEW reports.daily_sales AS
    SELECT reports.as_date(start) AS day, reports.as_money(cents) AS revenue, reservations, confirmed AS confirmed_sales
    FROM public.spans WHERE period = 0 AND (cents <> 0 OR reservations <> 0 OR confirmed <> 0);

CREATE VIEW reports.daily_sales_by_film AS
    SELECT reports.as_date(d.day) AS day, f.id AS film_id, f.title AS film, reports.as_money(d.cents) AS revenue, d.reservations,
           d.confirmed AS confirmed_sales
    FROM public.film_days d LEFT JOIN public.films f ON f.key = d.film WHERE d.cents <> 0 OR d.reservations <> 0 OR d.confirmed <> 0;

-- The house's days, which begin at DAY_STARTS: what came in and went out, and when.
CREATE VIEW reports.takings AS
    SELECT reports.as_date(t.day) AS day, t.hour, f.id AS film_id, f.title AS film, m.name AS payment_method,
           reports.as_money(t.sold) AS sold, reports.as_money(t.refunded) AS refunded, reports.as_money(t.sold - t.refunded) AS net, t.tickets
    FROM public.sheet t LEFT JOIN public.films f ON f.key = t.film LEFT JOIN public.methods m ON m.key = t.method
    WHERE t.sold <> 0 OR t.refunded <> 0 OR t.tickets <> 0;

CREATE VIEW reports.daily_takings_by_hour AS
    SELECT day, hour, sum(sold) AS sold, sum(refunded) AS refunded, sum(net) AS net, sum(tickets)::bigint AS tickets
    FROM reports.takings GROUP BY day, hour;

CREATE VIEW reports.daily_takings_by_payment_method AS
    SELECT day, payment_method, sum(sold) AS sold, sum(refunded) AS refunded, sum(net) AS net, sum(tickets)::bigint AS tickets
    FROM reports.takings GROUP BY day, payment_method;

-- Tickets that are paid, on the house's day on which they are played: the distributor's return is of these.
CREATE VIEW reports.admissions AS
    SELECT reports.as_date(s.played) AS day, s.id AS showing_id, f.id AS film_id, f.title AS film, s.room_id, r.name AS room,
           reports.as_money(a.price) AS price, a.seats AS tickets, reports.as_money(a.price * a.seats) AS takings
    FROM public.admissions a JOIN public.showings s ON s.id = a.schedule_id LEFT JOIN public.films f ON f.key = s.film
    LEFT JOIN public.rooms r ON r.id = s.room_id WHERE a.seats <> 0;

CREATE VIEW reports.daily_sales_by_room AS
    SELECT day, room_id, room, sum(tickets)::bigint AS tickets, sum(takings) AS takings FROM reports.admissions GROUP BY day, room_id, room;

-- Showings that are in the programme; seats_taken are held or sold.
CREATE VIEW reports.daily_occupancy AS
    SELECT reports.as_date(d.day) AS day, d.room_id, r.name AS room, d.showings, d.seats AS seats_taken, d.showings * r.seats AS seats
    FROM public.room_days d JOIN public.rooms r ON r.id = d.room_id WHERE d.showings <> 0;

-- One row for each reservation.
CREATE VIEW reports.sales AS
    SELECT s.id AS reservation_id, s.user_id, s.schedule_id AS showing_id, f.id AS film_id, f.title AS film,
           s.status,
           reports.as_money(s.cents) AS amount, s.made AS reserved_at, s.sold AS paid_at, s.back AS refunded_at, m.name AS payment_method
    FROM public.sales s LEFT JOIN public.films f ON f.key = s.film LEFT JOIN public.methods m ON m.key = s.method
    WHERE s.user_id <> 0;

-- Users that are not erased, by their number.
CREATE VIEW reports.users AS
    SELECT u.id AS user_id, reports.as_money(coalesce(w.cents, 0)) AS spent, coalesce(w.reservations, 0) AS reservations,
           coalesce(w.confirmed, 0) AS confirmed_sales
    FROM public.users u LEFT JOIN public.user_windows w ON w.span = 6 AND w.user_id = u.id WHERE u.alive;

-- How far each owner's facts are counted. Not whole: they are all told anew at the moment.
CREATE VIEW reports.freshness AS
    SELECT CASE owner WHEN 0 THEN 'movies' WHEN 1 THEN 'rooms' ELSE 'reservations' END AS owner, position, whole FROM public.feeds;
