/* api.js - the gateway as functions. A question is asked again when its answer was lost, and a POST carries a key,
 * so that asking again never books or pays twice. */

import { keepKeys, keptKeys, keptPlace } from './kept.js';
import { clockHeard, houseKnown, today } from './house.js';

/* The gateway answered no. */
export class Refusal extends Error {
    constructor(status, body, retryAfter) {
        super(body.message ?? body.error ?? `HTTP ${status}`);
        this.status = status;
        this.code = body.code ?? '';
        this.members = body;
        this.fields = body.details ?? {};
        this.seatIds = body.seatIds ?? this.fields.seatIds ?? [];
        this.retryAfter = retryAfter;
    }
}

/* No answer: the network, or a gateway that is away. What was asked may have happened. */
export class NoAnswer extends Error {}

const READ_MS = 8000;
const WRITE_MS = 35000; // a payment provider may take 30 s
const AGAIN_MS = [300, 900, 2000];

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

/* One question, asked once. token: of the administrator; within_ms: how long its answer may take. */
export async function askOnce(method, path, { body, key, queue, token, within_ms, signal }) {
    const headers = { Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (key) headers['Idempotency-Key'] = key;
    if (queue) headers['Taquilla-Queue'] = queue;
    if (token) headers.Authorization = `Bearer ${token}`;
    const late = new AbortController();
    const give_up = () => late.abort();
    const timer = setTimeout(give_up, within_ms ?? (method === 'GET' ? READ_MS : WRITE_MS));
    signal?.addEventListener('abort', give_up);
    const asked = Date.now();
    let answer, text;
    try {
        answer = await fetch(path, { method, headers, body, signal: late.signal });
        text = await answer.text();
    } catch (problem) {
        if (signal?.aborted) throw problem;
        throw new NoAnswer(String(problem));
    } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', give_up);
    }
    clockHeard(answer.headers.get('Date'), asked, Date.now());
    let told;
    try {
        told = JSON.parse(text);
    } catch {
        throw new NoAnswer(`HTTP ${answer.status} without JSON`);
    }
    if (answer.ok) return told.data;
    throw new Refusal(answer.status, told, Number(answer.headers.get('Retry-After')) || 0);
}

const worthAgain = (problem) => problem instanceof NoAnswer ||
    problem.code === 'idempotency_in_progress' ||
    ([502, 503, 504].includes(problem.status) && problem.code !== 'payment_unknown');

async function ask(method, path, options = {}) {
    for (let turn = 0; ; turn++) {
        try {
            return await askOnce(method, path, options);
        } catch (problem) {
            if (options.signal?.aborted || turn >= AGAIN_MS.length || !worthAgain(problem)) throw problem;
            await wait(AGAIN_MS[turn]);
        }
    }
}

function newKey() {
    // crypto.randomUUID is missing on plain http; this is not
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/* The key belongs to path and body and lives until an answer comes, over a reload too. */
async function post(path, value, queue) {
    const body = JSON.stringify(value);
    const name = `${path} ${body}`;
    const keys = keptKeys();
    keys[name] ??= newKey();
    keepKeys(keys);
    const answered = () => {
        const rest = keptKeys();
        delete rest[name];
        keepKeys(rest);
    };
    try {
        const data = await ask('POST', path, { body, key: keys[name], queue });
        answered();
        return data;
    } catch (problem) {
        if (problem instanceof Refusal && problem.status < 500) answered();
        throw problem;
    }
}

const query = (values) => {
    const set = Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== '');
    return set.length ? `?${new URLSearchParams(set)}` : '';
};

/* The first page brings the house and the showings of its day with it: { house, date, showtimes }. Once, and not for long. */
const TOLD_MS = 10000;
const told = JSON.parse(document.getElementById('told')?.textContent || '{}');

/* Asked for all the same when it is another day here than there: the answer tells the gateway's clock. */
export async function fetchHouse() {
    if (told.house) {
        houseKnown(told.house);
        if (told.date === today()) return told.house;
    }
    return ask('GET', '/api/house');
}

export async function fetchShowtimes(filter, signal) {
    const { date, showtimes } = told;
    delete told.showtimes;
    if (showtimes && performance.now() < TOLD_MS && query(filter) === query({ date })) return showtimes;
    return ask('GET', `/api/showtimes${query({ limit: 1000, ...filter })}`, { signal });
}
export const fetchAvailability = (filter, signal) => ask('GET', `/api/availability${query({ limit: 1000, ...filter })}`, { signal });
export const fetchShowing = (id, signal) => ask('GET', `/api/showtimes/${id}`, { signal });
export const fetchSeats = (id, signal) => ask('GET', `/api/showtimes/${id}/seats`, { signal });

/* Calls seen(map) with the seat map and again whenever a seat of it changes, until the signal aborts. A lost connection is
 * made anew by the browser; a stream that is refused ends, and its readyState says so. */
export function watchSeats(id, signal, seen) {
    const stream = new EventSource(`/api/showtimes/${id}/seats/stream`);
    let map;
    const take = (newer) => { map = newer; seen(map); };
    stream.addEventListener('map', (event) => take(JSON.parse(event.data)));
    stream.addEventListener('seats', (event) => {
        const change = JSON.parse(event.data);
        const states = new Map(change.seats.map((s) => [s.id, s.state]));
        take({ ...map, ...change, seats: map.seats.map((s) => (states.has(s.id) ? { ...s, state: states.get(s.id) } : s)) });
    });
    signal.addEventListener('abort', () => stream.close());
    return stream;
}

export const fetchFilm = (id, signal) => ask('GET', `/api/movie-details/${id}`, { signal });
export const fetchReservation = (id, code, signal) =>
    ask('GET', `/api/reservations/${id}${query({ code })}`, { signal });

/* Holds the seats for a buyer who pays now; the answer has the reservation and its accessCode. */
export const holdSeats = (showing, seatIds, buyer) =>
    post('/api/book-ticket', { scheduleId: showing.id, movieId: showing.movie_id, seatIds, buyer, hold: true }, keptPlace(showing.id)?.token);

/* A place in the waiting room of a showing; who has a token keeps the place of it. */
export const takePlace = (id, token, signal) =>
    ask('POST', `/api/showtimes/${id}/queue`, { body: '{}', key: newKey(), queue: token, signal });
export const fetchPlace = (id, token, signal) => ask('GET', `/api/showtimes/${id}/queue`, { queue: token, signal });

/* Calls told.place(place) with where the buyer stands and when that changes, told.front(front) every few seconds, and
 * told.opened() when nobody waits any more; ends when the turn has come, and when the signal aborts. */
export function watchQueue(id, token, signal, told) {
    const stream = new EventSource(`/api/showtimes/${id}/queue/stream${query({ token })}`);
    stream.addEventListener('place', (event) => {
        const place = JSON.parse(event.data);
        if (place.state === 'admitted') stream.close();
        told.place(place);
    });
    stream.addEventListener('front', (event) => told.front(JSON.parse(event.data)));
    stream.addEventListener('opened', () => { stream.close(); told.opened(); });
    signal.addEventListener('abort', () => stream.close());
    return stream;
}

export const pay = (reservation, paymentMethod) =>
    post('/api/payments', { reservationId: reservation.id, amount: reservation.totalAmount, paymentMethod });

export const cancel = (id, code) => ask('PUT', `/api/reservations/${id}/cancel${query({ code })}`);

/* Film, room and time of a reservation, also when its showing has left the programme. */
export async function fetchShowingOf(reservation, signal) {
    try {
        return await fetchShowing(reservation.scheduleId, signal);
    } catch (problem) {
        if (problem.status !== 404) throw problem;
    }
    const showing = await ask('GET', `/api/schedules/${reservation.scheduleId}`, { signal });
    const [movie, room] = await Promise.all([
        ask('GET', `/api/movies/${reservation.movieId}`, { signal }),
        ask('GET', `/api/rooms/${showing.room_id}`, { signal }),
    ]);
    return { ...showing, movie, room };
}
