/* seats.js - a room's seats as arithmetic: rows, the best block that is left, and where each seat is drawn. */

import { t } from './language.js';

export const seatName = (seat) => t.seatShort(seat.row_number, seat.seat_number);
export const seatSaid = (seat) => t.seat(seat.row_number, seat.seat_number);

/* [name, seats by number], rows in the order given (the service sorts them); the first row is nearest the screen. */
export function rowsOf(seats) {
    const rows = new Map();
    for (const seat of seats) {
        if (!rows.has(seat.row_number)) rows.set(seat.row_number, []);
        rows.get(seat.row_number).push(seat);
    }
    for (const row of rows.values()) row.sort((a, b) => a.seat_number - b.seat_number);
    return [...rows];
}

/* The best free block of `count` neighbours: near the middle of its row and two thirds back. Ids, or null. */
export function bestTogether(seats, count) {
    const rows = rowsOf(seats).map(([, row]) => row);
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

export const PITCH = 40; // from one seat to the next, in the plan's own units
export const SEAT = 35;

/* Where the seats stand: { width, height, rows: [{ name, y, seats }], x: seat number -> left edge }. A number that no row has is
 * an aisle, half a seat wide. */
export function layoutOf(seats) {
    const used = new Set(seats.map((s) => s.seat_number));
    const first = Math.min(...used), last = Math.max(...used);
    const x = new Map();
    let at = 0;
    for (let number = first; number <= last; number++) {
        x.set(number, at);
        at += used.has(number) ? PITCH : PITCH / 2;
    }
    const rows = rowsOf(seats).map(([name, row], i) => ({ name, y: i * PITCH, seats: row }));
    return { width: at - (PITCH - SEAT), height: rows.length * PITCH - (PITCH - SEAT), rows, x };
}

/* What a seat is to this buyer: "chosen", "lost", "mine", or its state. */
export function stateOf(seat, { chosen, lost, mine }) {
    if (chosen.has(seat.id)) return 'chosen';
    if (seat.state === 'free') return 'free';
    if (mine.has(seat.id)) return 'mine';
    return lost.has(seat.id) ? 'lost' : seat.state;
}

/* A seat in words: where, of what kind, at what price, and what it is. */
export function seatInWords(seat, state, price) {
    return [seatSaid(seat), seat.seat_type !== 'regular' && (t.types[seat.seat_type] ?? seat.seat_type), seat.accessible && t.accessible,
        state === 'free' && price, t.states[state] ?? state].filter(Boolean).join(', ');
}
