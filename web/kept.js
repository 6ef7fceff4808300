/* kept.js - what the browser remembers for its owner; a browser that forbids it remembers nothing. */

function read(store, key, fallback) {
    try {
        const text = store().getItem(`taquilla.${key}`);
        return text === null ? fallback : JSON.parse(text);
    } catch {
        return fallback;
    }
}

function write(store, key, value) {
    try {
        if (value === null) store().removeItem(`taquilla.${key}`);
        else store().setItem(`taquilla.${key}`, JSON.stringify(value));
    } catch {
        // private window, full or forbidden storage: the page works without
    }
}

const always = () => window.localStorage;
const tab = () => window.sessionStorage;

export const keptLanguage = () => read(always, 'language', null);
export const keepLanguage = (language) => write(always, 'language', language);

/* What was chosen and typed for a showing, so that a reload loses nothing. */
export const keptChoice = (showing) => read(tab, `choice.${showing}`, null);
export const keepChoice = (showing, choice) => write(tab, `choice.${showing}`, choice);

/* Idempotency keys of questions without an answer yet, by path and body. */
export const keptKeys = () => read(tab, 'keys', {});
export const keepKeys = (keys) => write(tab, 'keys', keys);

/* Places in waiting rooms, by showing: { token, until }; what has run out goes. */
export const keptPlace = (showing) => read(always, 'places', {})[showing] ?? null;
export function keepPlace(showing, place) {
    const good = Object.entries(read(always, 'places', {})).filter(([id, p]) => id !== String(showing) && Date.parse(p.until) > Date.now());
    if (place) good.push([showing, { token: place.token, until: place.until }]);
    write(always, 'places', Object.fromEntries(good));
}

/* Reservations made here: { id, code, title, showTime, room, status }, newest first. */
const TICKETS_MAX = 30;
export const keptTickets = () => read(always, 'tickets', []);
export function keepTicket(ticket) {
    const others = keptTickets().filter((t) => t.id !== ticket.id);
    write(always, 'tickets', [ticket, ...others].slice(0, TICKETS_MAX));
}
export function forgetTicket(id) {
    write(always, 'tickets', keptTickets().filter((t) => t.id !== id));
}
