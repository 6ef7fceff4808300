/* seat_list.jsx - the seat plan in words: a part that opens for each row, and a button for each seat that can be had. */

import { t } from './language.js';
import { rowsOf, stateOf } from './seats.js';

/* "5, premium, 12,50 $: libre", the row being said above. */
function inRow(seat, state, price) {
    const kind = [t.seatNumber(seat.seat_number), t.types[seat.seat_type] ?? seat.seat_type, seat.accessible && t.accessible, price].filter(Boolean).join(', ');
    return `${kind}: ${t.states[state] ?? state}`;
}

function Row({ name, seats, marks, prices, choose, open }) {
    const free = seats.filter((s) => s.state === 'free').length;
    return (
        <li>
            <details class="rows__row" open={open}>
                <summary><span>{t.row(name)}</span><span class="rows__free">{t.freeOf(free, seats.length)}</span></summary>
                <ul class="rows__seats">
                    {seats.map((seat) => {
                        const state = stateOf(seat, marks);
                        const words = inRow(seat, state, prices.get(seat.id));
                        return (
                            <li key={seat.id}>{state === 'free' || state === 'chosen'
                                ? <button class={`words words--${state}`} type="button" data-listed={seat.id} aria-pressed={String(state === 'chosen')}
                                    onClick={() => choose(seat.id)}>{words}</button>
                                : <span class="words words--off" data-listed={seat.id}>{words}</span>}</li>
                        );
                    })}
                </ul>
            </details>
        </li>
    );
}

/* Props as SeatPlan has them; `prices` has every seat. */
export function SeatList({ seats, chosen, lost, mine, prices, choose }) {
    const rows = rowsOf(seats);
    const first = rows.find(([, row]) => row.some((s) => chosen.has(s.id))) ?? rows.find(([, row]) => row.some((s) => s.state === 'free'));
    return (
        <div class="rows">
            <p class="rows__why">{t.listWhy}</p>
            <ul aria-label={t.seatPlan}>
                {rows.map(([name, row]) => <Row key={name} name={name} seats={row} marks={{ chosen, lost, mine }} prices={prices} choose={choose}
                    open={name === first?.[0]} />)}
            </ul>
        </div>
    );
}
