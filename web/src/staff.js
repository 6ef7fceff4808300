/* staff.js - questions of the house's own people: with the administrator's token, which this tab alone keeps. */

import { askOnce, NoAnswer, Refusal } from './api.js';

const TOKEN = 'taquilla.token';
let token = '';

try {
    token = sessionStorage.getItem(TOKEN) ?? '';
} catch {
    // forbidden storage: it is asked for again after a reload
}

export const theToken = () => token;

export function takeToken(given) {
    token = given;
    try {
        if (given) sessionStorage.setItem(TOKEN, given);
        else sessionStorage.removeItem(TOKEN);
    } catch {
        // kept until the page is left
    }
}

const QUICK_MS = 8000;

export const staffAsk = (path, signal, within_ms = QUICK_MS) => askOnce('GET', path, { signal, token, within_ms });
export const staffTell = (path, value, key, within_ms = QUICK_MS) =>
    askOnce('POST', path, { body: JSON.stringify(value), key, token, within_ms });

/* The house does not know who asks: 401, or 403 when it has no token and answers its own machine alone. */
export const turnedAway = (problem) => problem instanceof Refusal && (problem.status === 401 || problem.status === 403);
export { NoAnswer, Refusal };

/* --- server-sent events by fetch: EventSource sends no Authorization --- */

const AGAIN_MS_MIN = 1000;
const AGAIN_MS_MAX = 30000;
const SILENT_MS = 45000; // three heartbeats
const EVENT_BYTES_MAX = 1 << 20;

const rest = (ms, signal) => new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); done(); }, { once: true });
});

/* The events of a text so far, and what is left of it. */
function eventsIn(text) {
    const blocks = text.split(/\r?\n\r?\n/);
    const left = blocks.pop();
    const events = blocks.map((block) => {
        const event = { name: 'message', data: '' };
        for (const line of block.split(/\r?\n/)) {
            if (line.startsWith('event:')) event.name = line.slice(6).trim();
            if (line.startsWith('data:')) event.data += line.slice(5).trim();
        }
        return event;
    }).filter((event) => event.data);
    return [events, left];
}

async function readStream(path, signal, told) {
    const quiet = new AbortController();
    const end = () => quiet.abort();
    signal.addEventListener('abort', end);
    let timer = setTimeout(end, SILENT_MS);
    try {
        const answer = await fetch(path, {
            headers: { Accept: 'text/event-stream', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
            signal: quiet.signal, credentials: 'omit', cache: 'no-store',
        });
        if (!answer.ok) throw new NoAnswer(`HTTP ${answer.status}`);
        told.open();
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let text = ''; ;) {
            const { done, value } = await reader.read();
            if (done) return;
            clearTimeout(timer);
            timer = setTimeout(end, SILENT_MS);
            const [events, left] = eventsIn(text + value);
            if (left.length > EVENT_BYTES_MAX) throw new NoAnswer('an event without end');
            text = left;
            for (const event of events) told.event(event);
        }
    } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
    }
}

/* Calls told.event({ name, data }) for each event until the signal aborts, and told.open(), told.lost() as the line comes and
 * goes; a lost line is made anew, after a pause that grows. */
export async function watchStream(path, signal, told) {
    for (let pause = AGAIN_MS_MIN; !signal.aborted;) {
        try {
            await readStream(path, signal, { ...told, open() { pause = AGAIN_MS_MIN; told.open(); } });
        } catch {
            // the line is gone: what is known stays on the page
        }
        if (signal.aborted) return;
        told.lost();
        await rest(pause * (0.75 + Math.random() / 2), signal);
        pause = Math.min(pause * 2, AGAIN_MS_MAX);
    }
}
