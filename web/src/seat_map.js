/* seat_map.js - a room's seats as a grid that arrow keys walk through; Enter, Space, click or touch chooses. */

import { el, icon, svg } from './dom.js';
import { t } from './texts.js';

export const seatName = (seat) => t.seatShort(seat.row_number, seat.seat_number);
const seatSaid = (seat) => t.seat(seat.row_number, seat.seat_number);

/* Rows in the order given (the service sorts them), seats by number; the first row is nearest the screen. */
function rowsOf(seats) {
    const rows = new Map();
    for (const seat of seats) {
        if (!rows.has(seat.row_number)) rows.set(seat.row_number, []);
        rows.get(seat.row_number).push(seat);
    }
    for (const row of rows.values()) row.sort((a, b) => a.seat_number - b.seat_number);
    return rows;
}

/* The best free block of `count` neighbours: near the middle of its row and two thirds back. Ids, or null. */
export function bestTogether(seats, count) {
    const rows = [...rowsOf(seats).values()];
    const numbers = seats.map((s) => s.seat_number);
    const middle = (Math.min(...numbers) + Math.max(...numbers)) / 2;
    let best = null, best_cost = Infinity;
    rows.forEach((row, depth) => {
        for (let i = 0; i + count <= row.length; i++) {
            const block = row.slice(i, i + count);
            const joined = block.every((s, k) => s.state === 'free' && !s.accessible &&
                s.seat_number === block[0].seat_number + k);
            if (!joined) continue;
            const side = Math.abs(block[0].seat_number + (count - 1) / 2 - middle);
            const back = Math.abs(depth - rows.length * 0.62);
            if (side + back * 1.4 < best_cost) {
                best_cost = side + back * 1.4;
                best = block.map((s) => s.id);
            }
        }
    });
    return best;
}

/* chosen: a Set of seat ids, read here and changed by `choose(seat)`, which the owner of the map gives. */
export function seatMap(map, chosen, choose) {
    const lost = new Set();
    const buttons = new Map(); // seat id -> button
    let seats = new Map(map.seats.map((s) => [s.id, s]));
    const rows = [...rowsOf(map.seats)];
    const numbers = map.seats.map((s) => s.seat_number);
    const first = Math.min(...numbers), columns = Math.max(...numbers) - first + 1;
    let current = null; // the one seat that Tab reaches

    const state = (seat) => (lost.has(seat.id) && seat.state !== 'free' ? 'lost' : seat.state);
    const severalPrices = new Set(map.seats.map((s) => s.price)).size > 1;

    function paint(seat) {
        const button = buttons.get(seat.id);
        const is_chosen = chosen.has(seat.id);
        const now = state(seat);
        button.className = `seat seat--${seat.seat_type} seat--${is_chosen ? 'chosen' : now}`;
        button.setAttribute('aria-selected', String(is_chosen));
        button.setAttribute('aria-disabled', String(!is_chosen && now !== 'free'));
        const said = [seatSaid(seat)];
        if (seat.seat_type !== 'regular') said.push(t.types[seat.seat_type] ?? seat.seat_type);
        if (seat.accessible) said.push(t.accessible);
        if (now === 'free' && severalPrices) said.push(map.money(seat.price));
        said.push(is_chosen ? t.chosenMark : t.states[now] ?? now);
        button.setAttribute('aria-label', said.join(', '));
        button.replaceChildren(is_chosen ? icon('check') : now !== 'free' ? icon('cross')
            : seat.accessible ? icon('wheelchair') : el('span', { 'aria-hidden': 'true' }, String(seat.seat_number)));
    }

    function makeSeat(seat) {
        const button = el('button', {
            type: 'button', role: 'gridcell', tabindex: '-1', data: { seat: seat.id },
            on: { click: () => { rove(seat.id); choose(seats.get(seat.id), state(seats.get(seat.id))); } },
        });
        button.style.gridColumn = String(seat.seat_number - first + 2);
        buttons.set(seat.id, button);
        return button;
    }

    function rove(id) {
        buttons.get(current)?.setAttribute('tabindex', '-1');
        current = id;
        buttons.get(id).setAttribute('tabindex', '0');
    }

    function go(id) {
        rove(id);
        const button = buttons.get(id);
        button.focus({ preventScroll: true });
        button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }

    const edge = { Home: 0, End: -1 };
    function walk(event) {
        const id = Number(event.target.closest?.('[data-seat]')?.dataset.seat);
        if (!id || event.altKey || event.metaKey) return;
        const at = rows.findIndex(([, row]) => row.some((s) => s.id === id));
        const row = rows[at][1], place = row.findIndex((s) => s.id === id);
        let next;
        if (event.key === 'ArrowLeft') next = row[place - 1];
        else if (event.key === 'ArrowRight') next = row[place + 1];
        else if (event.key === 'ArrowUp') next = nearest(rows[at - 1], row[place]);
        else if (event.key === 'ArrowDown') next = nearest(rows[at + 1], row[place]);
        else if (event.key in edge) next = (event.ctrlKey ? rows.at(edge[event.key])[1] : row).at(edge[event.key]);
        else return;
        event.preventDefault();
        if (next) go(next.id);
    }
    const nearest = (row, seat) => row?.[1].reduce((best, s) =>
        (Math.abs(s.seat_number - seat.seat_number) < Math.abs(best.seat_number - seat.seat_number) ? s : best));

    const grid = el('div', { class: 'plan__grid', role: 'grid', 'aria-label': t.seatPlan, 'aria-multiselectable': 'true',
        'aria-describedby': 'plan-help', on: { keydown: walk } },
    rows.map(([name, row]) => el('div', { class: 'plan__row', role: 'row', 'aria-label': t.row(name) },
        el('span', { class: 'plan__letter', 'aria-hidden': 'true' }, name),
        row.map(makeSeat),
        el('span', { class: 'plan__letter plan__letter--end', 'aria-hidden': 'true' }, name))));
    // a number that no row has is an aisle: half a seat wide
    const used = new Set(numbers);
    const tracks = Array.from({ length: columns }, (_, i) => used.has(first + i));
    grid.style.setProperty('--columns', String(tracks.reduce((wide, seat) => wide + (seat ? 1 : 0.5), 0)));
    grid.style.setProperty('--gaps', String(columns + 1));
    grid.style.setProperty('--tracks', tracks.map((seat) => (seat ? 'var(--seat)' : 'calc(var(--seat) / 2)')).join(' '));

    const scroll = el('div', { class: 'plan__scroll' },
        el('div', { class: 'plan__hall' },
            el('div', { class: 'plan__screen' },
                svg('svg', { viewBox: '0 0 400 26', preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' },
                    svg('path', { class: 'plan__light', d: 'M14 18Q200 -8 386 18L400 26H0Z' }),
                    svg('path', { class: 'plan__edge', d: 'M14 18Q200 -8 386 18' })),
                el('span', {}, t.screen)),
            grid));
    const node = el('div', { class: 'plan' }, scroll, el('p', { class: 'plan__help', id: 'plan-help' }, t.planHelp));

    for (const seat of seats.values()) paint(seat);
    rove((map.seats.find((s) => chosen.has(s.id)) ?? map.seats.find((s) => s.state === 'free') ?? map.seats[0]).id);

    return {
        node,
        /* A wide room begins in the middle of its row. Call it once the node is in the page. */
        centre: () => { scroll.scrollLeft = (scroll.scrollWidth - scroll.clientWidth) / 2; },
        repaint: () => { for (const seat of seats.values()) paint(seat); },
        seat: (id) => seats.get(id),
        all: () => [...seats.values()],
        focus: () => go(current),
        show: go,
        markLost: (ids) => { for (const id of ids) lost.add(id); },
        update(newer) {
            seats = new Map(newer.seats.map((s) => [s.id, s]));
            for (const seat of seats.values()) if (buttons.has(seat.id)) paint(seat);
        },
    };
}
