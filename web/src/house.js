/* house.js - the house's name, money and clock. Times of showings are what a clock on its wall shows: they are read as
 * text and never moved into the zone of the browser. */

let house = { cinemaName: 'Taquilla', language: 'es', currency: 'USD', timeZone: undefined };
let locale = 'es';
let ahead_ms = 0;      // of the gateway's clock before this browser's
let heard_in_ms = Infinity;

export const theHouse = () => house;
export function houseKnown(facts) {
    house = { ...house, ...facts, timeZone: facts.timeZone || undefined };
}

/* The reader's own flavour of the language when the browser names one (es-PE, en-GB): its way to write money and dates. */
export function localeFor(language) {
    const same = (l) => l === language || l.startsWith(`${language}-`);
    locale = navigator.languages?.find(same) ?? (same(house.language) ? house.language : language);
}

/* Learns the gateway's clock from an answer; the quickest answer tells it best. */
export function clockHeard(date, asked_ms, got_ms) {
    const at = Date.parse(date ?? '');
    if (Number.isNaN(at) || got_ms - asked_ms >= heard_in_ms) return;
    heard_in_ms = got_ms - asked_ms;
    // the header has whole seconds: its middle is the best guess; below that the difference means nothing
    const difference = at + 500 - (asked_ms + got_ms) / 2;
    ahead_ms = Math.abs(difference) < 1500 ? 0 : difference;
}

/* A formatter costs far more to make than to use, and a page of times uses one a hundred times. */
const formats = new Map();
function formatOf(kind, of, how) {
    const name = JSON.stringify([kind.name, of, how]);
    if (!formats.has(name)) formats.set(name, new kind(of, how));
    return formats.get(name);
}

export const now = () => Date.now() + ahead_ms;

/* The wall clock of the house now, as 2026-11-25T10:00:00: comparable with show_time as text. */
export function wallNow() {
    const parts = {};
    const clock = formatOf(Intl.DateTimeFormat, 'en-GB', {
        timeZone: house.timeZone, hourCycle: 'h23',
        year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    });
    for (const { type, value } of clock.formatToParts(now())) parts[type] = value;
    return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}`;
}

/* Is that time past? Written with its offset, or as the wall shows it. */
export const past = (time) => (/(Z|[+-]\d\d:\d\d)$/.test(time) ? Date.parse(time) <= now() : time <= wallNow());

export const today = () => wallNow().slice(0, 10);
export const dayOf = (wall) => wall.slice(0, 10);

/* A wall time as a Date whose UTC fields are the wall's; only for formatting with timeZone UTC. */
const painted = (wall) => new Date(`${wall.length > 10 ? wall.slice(0, 19) : `${wall}T00:00:00`}Z`);

export function dayAfter(date, count) {
    const d = painted(date);
    d.setUTCDate(d.getUTCDate() + count);
    return d.toISOString().slice(0, 10);
}

const written = (wall, how) => formatOf(Intl.DateTimeFormat, locale, { timeZone: 'UTC', ...how }).format(painted(wall));

export const timeText = (wall) => written(wall, {
    hour: 'numeric', minute: '2-digit', ...(locale.startsWith('es') ? { hour: '2-digit', hourCycle: 'h23' } : {}),
});
export const dayText = (wall) => written(wall, { weekday: 'long', day: 'numeric', month: 'long' });
export const shortDayText = (wall) => written(wall, { weekday: 'short', day: 'numeric', month: 'short' });
export const weekdayText = (wall) => written(wall, { weekday: 'short' }).replace('.', '');
export const dayNumber = (wall) => String(Number(wall.slice(8, 10)));
export const monthText = (wall) => written(wall, { month: 'short' }).replace('.', '');

/* Its wall clock first: "2026-11-25T10:00:00-05:00" shows 10:00. */
export const momentText = (time) => `${shortDayText(time.slice(0, 19))} ${timeText(time.slice(0, 19))}`;

export const money = (amount) => formatOf(Intl.NumberFormat, locale, {
    style: 'currency', currency: house.currency, currencyDisplay: 'narrowSymbol',
}).format(amount);

export const number = (value) => formatOf(Intl.NumberFormat, locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);

/* Adds amounts in cents, so that 0.1 + 0.2 is 0.3. */
export const sum = (amounts) => amounts.reduce((cents, a) => cents + Math.round(a * 100), 0) / 100;
