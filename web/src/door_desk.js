/* door_desk.js - the door's decisions: who may come in, told by the house when it answers and by what is kept when it does not. */

import { fetchShowtimes } from './api.js';
import {
    forgetLists, forgetUnsent, keepKeys, keepList, keepShowings, keepTrouble, keepUnsent, keptKeys, keptList, keptShowings, unsentAll, unsentOf,
} from './door_kept.js';
import { keyMissing, ticketOf } from './door_ticket.js';
import { dayAfter, now, today } from './house.js';
import { NoAnswer, Refusal, staffAsk, staffTell, turnedAway } from './staff.js';

const ANSWER_MS = 3500;   // a queue waits: later than that the door decides by itself
const SHOWINGS_MAX = 60;
const SOON_MS = 12 * 3600 * 1000;
const seatName = ({ reservation, seat }) => `${reservation}-${seat}`;

/* --- what is kept --- */

function listOf(told) {
    const seats = {};
    for (const one of told.seats) {
        seats[`${one.reservationId}-${one.seatId}`] = {
            row: one.rowNumber, number: one.seatNumber, cancelled: one.status !== 'CONFIRMED', in: one.checkedInAt, where: one.checkedInWhere,
        };
    }
    return { at: new Date(now()).toISOString(), seats };
}

export async function loadList(showing, signal) {
    keepList(showing, listOf(await staffAsk(`/api/showtimes/${showing}/door`, signal)));
}

export async function loadKeys(signal) {
    keepKeys((await staffAsk('/api/ticket-keys', signal)).keys);
}

/* Today's showings, yesterday's that are not over, and those soon after midnight. */
export async function loadShowings(signal) {
    const found = await fetchShowtimes({ from: dayAfter(today(), -1), to: dayAfter(today(), 1) }, signal);
    const soon = (one) => Date.parse(one.endsAt) > now() && Date.parse(one.startsAt) < now() + SOON_MS;
    const on = found.filter((one) => one.show_time.startsWith(today()) || soon(one)).slice(0, SHOWINGS_MAX)
        .map((one) => ({ id: one.id, title: one.movie?.title ?? '', room: one.room_name, time: one.show_time, starts: one.startsAt, ends: one.endsAt }));
    keepShowings(on);
    forgetLists(on.map((one) => one.id));
    return on;
}

/* The lists of all showings of the day, the door's own first. */
export async function loadDay(own, signal) {
    await loadKeys(signal);
    for (const one of [...keptShowings()].sort((a, b) => (b.id === own) - (a.id === own))) await loadList(one.id, signal);
}

function markIn(ticket, at, where) {
    const list = keptList(ticket.showing), seat = list?.seats[seatName(ticket)];
    if (!seat) return;
    seat.in = at;
    seat.where = where;
    keepList(ticket.showing, list);
}

const seatOf = (ticket) => keptList(ticket.showing)?.seats[seatName(ticket)];
const about = (ticket) => ({ ...ticket, row: seatOf(ticket)?.row, number: seatOf(ticket)?.number, list: Boolean(seatOf(ticket)) });

/* --- verdicts: { kind, ticket, at, where, showing, offline } --- */

/* By what is kept alone. A good signature on a ticket that the list lacks is one that was sold after the list was made. */
function decideAlone(ticket, showing) {
    const seat = seatOf(ticket), unsent = unsentOf(ticket);
    if (showing && ticket.showing !== showing) return { kind: 'other', showing: ticket.showing };
    if (seat?.cancelled) return { kind: 'cancelled' };
    if (seat?.in) return { kind: 'already', at: seat.in, where: seat.where };
    if (unsent) return { kind: 'already', at: unsent.at, where: unsent.where };
    return { kind: 'welcome' };
}

const KINDS = { already_in: 'already', other_showing: 'other', ticket_cancelled: 'cancelled', ticket_not_ours: 'foreign', ticket_unknown: 'foreign', not_confirmed: 'unpaid' };

/* The house's no as a verdict; null: it did not judge the ticket. `sent`: the same check-in may have arrived before. */
function refusalRead(problem, sent) {
    const kind = KINDS[problem.code];
    if (!kind) return null;
    const { checkedInAt: at, checkedInWhere: where, scheduleId } = problem.members;
    if (kind === 'already' && Date.parse(at) === Date.parse(sent.at) && where === sent.where) return { kind: 'welcome' };
    return { kind, at, where, showing: scheduleId };
}

async function send(checkin, within_ms) {
    const { code, where, showing, at, key } = checkin;
    try {
        const made = await staffTell('/api/checkins', { ticketCode: code, where, scheduleId: showing || undefined, at }, key, within_ms);
        return { kind: 'welcome', row: made.rowNumber, number: made.seatNumber };
    } catch (problem) {
        if (!(problem instanceof Refusal)) throw problem;
        const verdict = refusalRead(problem, checkin);
        if (verdict) return verdict;
        throw problem;
    }
}

const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

/* Somebody shows a code at the door `where` of `showing` (0: any). */
export async function judge(code, { where, showing }) {
    if (!keptKeys().length) await loadKeys(AbortSignal.timeout(ANSWER_MS)).catch(() => {});
    if (!keptKeys().length) return { kind: 'unready' };
    let ticket = await ticketOf(code, keptKeys());
    if (!ticket && keyMissing(code, keptKeys())) {
        try {
            await loadKeys(AbortSignal.timeout(ANSWER_MS));
            ticket = await ticketOf(code, keptKeys());
        } catch {
            // the keys that are kept have judged
        }
    }
    if (!ticket) return { kind: 'foreign' };
    const checkin = { ...ticket, code, where, at: new Date(now()).toISOString(), key: newKey(), showing: showing || ticket.showing };
    if (unsentOf(ticket)) return { ...about(ticket), ...decideAlone(ticket, showing), offline: true };
    try {
        const verdict = await send(checkin, ANSWER_MS);
        if (verdict.kind === 'welcome') markIn(ticket, checkin.at, where);
        if (verdict.kind === 'already') markIn(ticket, verdict.at, verdict.where);
        return { ...about(ticket), ...clean(verdict) };
    } catch (problem) {
        return alone(ticket, checkin, showing, problem);
    }
}

const clean = (verdict) => Object.fromEntries(Object.entries(verdict).filter(([, value]) => value !== undefined));

/* The house did not judge: no network, no right token, too busy. What is kept does. */
function alone(ticket, checkin, showing, problem) {
    const verdict = decideAlone(ticket, showing);
    if (verdict.kind === 'welcome' && !keepUnsent(checkin)) return { kind: 'full' };
    return { ...about(ticket), ...verdict, offline: true, refused: turnedAway(problem) };
}

/* --- sending later --- */

let sending = false;

/* Sends what is kept, oldest first, until the house does not answer. Throws what stopped it. */
export async function sendKept(each) {
    if (sending) return;
    sending = true;
    try {
        for (const checkin of unsentAll()) {
            const verdict = await sendOne(checkin);
            forgetUnsent(checkin);
            if (verdict.kind === 'welcome') markIn(checkin, checkin.at, checkin.where);
            else keepTrouble({ ...about(checkin), ...clean(verdict), mineAt: checkin.at, mineWhere: checkin.where, code: undefined, key: undefined });
            each();
        }
    } finally {
        sending = false;
    }
}

/* A check-in that the house will never take (older than a day) is told, and not tried for ever. */
async function sendOne(checkin) {
    try {
        return await send(checkin);
    } catch (problem) {
        if (problem instanceof Refusal && problem.status >= 400 && problem.status < 500 && !turnedAway(problem) && problem.status !== 408 && problem.status !== 429)
            return { kind: 'late' };
        throw problem;
    }
}

export { NoAnswer, turnedAway };
