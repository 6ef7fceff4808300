/* seat_choice.jsx - what stands around a seat plan: plan or list, the legend, the choice beside it or docked below. */

import { useState } from 'preact/hooks';
import { money } from './house.js';
import { t } from './language.js';
import { Icon } from './parts.jsx';
import { SeatMark } from './seat_plan.jsx';
import { seatName } from './seats.js';

const BEST_MAX = 8;

/* The seats drawn, or said in words. */
export function Ways({ as, onAs }) {
    const way = (name, text) => <button class="tab" type="button" data-as={name} aria-pressed={String(as === name)} onClick={() => onAs(name)}>{text}</button>;
    return <div class="tabs tabs--seats" role="group" aria-label={t.seatsAs}>{way('plan', t.asPlan)}{way('list', t.asList)}</div>;
}

/* What the marks mean, with the price beside each type. */
export function Legend({ seats, mine }) {
    const prices = new Map();
    for (const s of seats) {
        const known = prices.get(s.seat_type) ?? [s.price, s.price];
        prices.set(s.seat_type, [Math.min(known[0], s.price), Math.max(known[1], s.price)]);
    }
    const types = ['regular', 'premium', 'vip'].filter((type) => prices.has(type));
    const cost = ([low, high]) => (low === high ? money(low) : `${money(low)}–${money(high)}`);
    const mark = (seat, text, price) => <li>{seat}<span>{text}</span>{price ? <span class="legend__price">{price}</span> : null}</li>;
    return (
        <ul class="legend" aria-label={t.legend}>
            {types.map((type) => mark(<SeatMark type={type} />, types.length > 1 ? t.typeNames[type] : t.free, cost(prices.get(type))))}
            {mark(<SeatMark state="chosen" />, t.chosen)}
            {mark(<SeatMark state="held" />, t.held)}
            {mark(<SeatMark state="sold" />, t.sold)}
            {seats.some((s) => mine.has(s.id) && s.state !== 'free') ? mark(<SeatMark state="mine" />, t.mine) : null}
            {seats.some((s) => s.accessible) ? mark(<SeatMark accessible />, t.accessibleName) : null}
        </ul>
    );
}

function Best({ best }) {
    const [count, set] = useState(2);
    return (
        <div class="best">
            <label for="best">{t.best}</label>
            <select id="best" value={count} onChange={(event) => set(Number(event.target.value))}>
                {Array.from({ length: BEST_MAX }, (_, i) => <option value={i + 1}>{i + 1}</option>)}
            </select>
            <button class="quiet" type="button" onClick={() => best(count)}>{t.bestPick}</button>
        </div>
    );
}

export function Choice({ seats, total, best, drop }) {
    return (
        <section class="sum" aria-labelledby="sum">
            <h2 id="sum">{t.yourChoice}</h2>
            <Best best={best} />
            {seats.length ? null : <p class="picked__none">{t.nothingChosen}</p>}
            <ul class="picked">
                {seats.map((seat) => (
                    <li key={seat.id}>
                        <span class="picked__seat">{seatName(seat)}</span>
                        <span class="picked__type">{t.typeNames[seat.seat_type] ?? seat.seat_type}</span>
                        <span class="picked__price">{money(seat.price)}</span>
                        <button class="picked__drop" type="button" aria-label={t.removeSeat(seatName(seat))} onClick={() => drop(seat.id)}><Icon name="cross" /></button>
                    </li>
                ))}
            </ul>
            <p class="sum__line"><span>{t.total}</span><strong class="sum__total">{total}</strong></p>
        </section>
    );
}

/* On a phone the form is far below: a bar says what is chosen and leads there. */
export function Dock({ seats, total, down, next }) {
    return (
        <div class={`dock${down ? ' dock--down' : ''}`} hidden={seats.length === 0}>
            <div class="dock__sum"><span class="dock__text">{`${t.seatCount(seats.length)} · ${seats.map(seatName).join(' ')}`}</span><strong>{total}</strong></div>
            <button class="go" type="button" onClick={next}>{t.next}</button>
        </div>
    );
}
