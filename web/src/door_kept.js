/* door_kept.js - what the door keeps in this browser, so that it works without a network and after a crash: public keys, the day's
 * lists, check-ins that are not sent yet. All of it has a bound. */

const UNSENT_MAX = 3000;
const TROUBLES_MAX = 40;
const PREFIX = 'taquilla.door.';

/* A browser that forbids storage keeps it until the page is left. */
const memory = new Map();
function store() {
    try {
        return window.localStorage;
    } catch {
        return null;
    }
}

function read(name, fallback) {
    try {
        const text = memory.get(name) ?? store()?.getItem(PREFIX + name) ?? null;
        return text === null ? fallback : JSON.parse(text);
    } catch {
        return fallback;
    }
}

/* False: there was no room, and it is kept until the page is left. */
function write(name, value) {
    const text = value === null ? null : JSON.stringify(value);
    memory.delete(name);
    try {
        if (text === null) store()?.removeItem(PREFIX + name);
        else store().setItem(PREFIX + name, text);
        return true;
    } catch {
        if (text !== null) memory.set(name, text);
        return false;
    }
}

function names(beginning) {
    const all = new Set(memory.keys());
    const kept = store();
    for (let i = 0; kept && i < kept.length; i++)
        if (kept.key(i).startsWith(PREFIX)) all.add(kept.key(i).slice(PREFIX.length));
    return [...all].filter((name) => name.startsWith(beginning));
}

export const keptKeys = () => read('keys', []);
export const keepKeys = (keys) => write('keys', keys);

/* { where, showing, sound } of this door. */
export const keptDoor = () => read('door', {});
export const keepDoor = (door) => write('door', door);

/* Showings of the day as the programme had them, small: { id, title, room, time }. */
export const keptShowings = () => read('showings', []);
export const keepShowings = (showings) => write('showings', showings);

/* The list of a showing: { at, seats: { "reservation-seat": { row, number, cancelled, in: instant or null, where } } }. */
export const keptList = (showing) => read(`list.${showing}`, null);
export const keepList = (showing, list) => write(`list.${showing}`, list);
export function forgetLists(but) {
    const keep = new Set(but.map((id) => `list.${id}`));
    for (const name of names('list.')) if (!keep.has(name)) write(name, null);
}

/* --- check-ins that are not sent yet: each under a name of its own, so that two pages of one browser never write over another's --- */

const unsentName = ({ reservation, seat }) => `unsent.${reservation}-${seat}`;

export const unsentOf = (ticket) => read(unsentName(ticket), null);
export const unsentCount = () => names('unsent.').length;
export const unsentAll = () => names('unsent.').map((name) => read(name, null)).filter(Boolean).sort((a, b) => a.at.localeCompare(b.at));
/* False: this browser keeps no more; the door must not let in what it would forget. */
export function keepUnsent(checkin) {
    return unsentCount() < UNSENT_MAX && write(unsentName(checkin), checkin);
}
export const forgetUnsent = (checkin) => write(unsentName(checkin), null);

/* What the house said to check-ins that were sent later, when it was not "welcome": newest first. */
export const keptTroubles = () => read('troubles', []);
export const keepTrouble = (trouble) => write('troubles', [trouble, ...keptTroubles()].slice(0, TROUBLES_MAX));
export const forgetTroubles = () => write('troubles', null);
