/* view_showing.js - a showing's seats: choose, say who buys, hold. Seats that somebody else takes meanwhile are marked
 * and the rest of the choice is kept. */

import { fetchSeats, fetchShowing, holdSeats, Refusal, watchSeats } from './api.js';
import { el, icon, notice, say } from './dom.js';
import { dayOf, dayText, money, now, sum, timeText } from './house.js';
import { keepChoice, keepTicket, keptChoice } from './kept.js';
import { poster } from './poster.js';
import { bestTogether, seatMap, seatName } from './seat_map.js';
import { explain, t } from './texts.js';
import { backLink } from './view_film.js';
import { backToQueue, placeIn, queueView } from './view_queue.js';

const SEATS_MAX = 20;
const BEST_MAX = 8;
const POLL_MS = 8000;
const LOSS_SEEN_MS = 1500; // a click that comes sooner was meant for the seats as they were

const emailFits = (text) => /^[^@\s]+@[^@\s]+$/.test(text);

function headOf(showing, over = t.chooseSeats) {
    const type = showing.room?.screen_type;
    return el('div', { class: 'showing__head' },
        el('div', { class: 'showing__poster' }, poster(showing.movie.title)),
        el('div', {},
            el('p', { class: 'over' }, over),
            el('h1', { tabindex: '-1' }, showing.movie.title),
            el('p', { class: 'showing__when' },
                el('span', {}, dayText(dayOf(showing.show_time))),
                el('strong', {}, timeText(showing.show_time)),
                el('span', {}, showing.room_name ?? showing.room?.name,
                    type && type !== '2D' ? el('b', { class: `kind kind--${type.toLowerCase()}` }, type) : null))));
}

/* What the marks mean, with the price beside each type when types differ in price. */
function legend(seats) {
    const prices = new Map();
    for (const s of seats) {
        const known = prices.get(s.seat_type) ?? [s.price, s.price];
        prices.set(s.seat_type, [Math.min(known[0], s.price), Math.max(known[1], s.price)]);
    }
    const types = ['regular', 'premium', 'vip'].filter((type) => prices.has(type));
    const cost = ([low, high]) => (low === high ? money(low) : `${money(low)}–${money(high)}`);
    const mark = (kind, inside, text, price) => el('li', {},
        el('span', { class: `seat seat--mark ${kind}`, 'aria-hidden': 'true' }, inside), el('span', {}, text),
        price ? el('span', { class: 'legend__price' }, price) : null);
    return el('ul', { class: 'legend' },
        types.map((type) => mark(`seat--${type} seat--free`, null, types.length > 1 ? t.typeNames[type] : t.free, cost(prices.get(type)))),
        mark('seat--regular seat--chosen', icon('check'), t.chosen),
        mark('seat--regular seat--sold', icon('cross'), t.taken),
        seats.some((s) => s.accessible) ? mark('seat--regular seat--free', icon('wheelchair'), t.accessibleName) : null);
}

function textField(name, label, props, why) {
    const input = el('input', { id: name, name, required: true, 'aria-describedby': `${name}-why`, ...props });
    const help = el('p', { class: 'field__why', id: `${name}-why` }, why ?? '');
    return {
        input, node: el('div', { class: 'field' }, el('label', { for: name }, label), input, help),
        /* Shows what is wrong with it; null: nothing. */
        judge(wrong) {
            input.setAttribute('aria-invalid', String(Boolean(wrong)));
            help.textContent = wrong ?? why ?? '';
            help.classList.toggle('field__why--bad', Boolean(wrong));
            return Boolean(wrong);
        },
    };
}

class Purchase {
    constructor(showing, map, signal) {
        const kept = keptChoice(showing.id) ?? {};
        this.showing = showing;
        this.signal = signal;
        // What was asked to be held and is not answered yet. Its seats may be ours already, so the choice stays as it
        // is, over a reload too, until asking the same again brings the answer.
        this.wanted = kept.wanted ?? null;
        this.lostAt = 0;
        const free = new Set(map.seats.filter((s) => s.state === 'free').map((s) => s.id));
        this.chosen = new Set(this.wanted?.seatIds ?? (kept.seatIds ?? []).filter((id) => free.has(id)));
        this.plan = seatMap({ ...map, money }, this.chosen, (seat, state) => this.choose(seat, state));
        this.name = textField('name', t.name, { type: 'text', autocomplete: 'name', maxlength: 255, value: kept.name ?? '' });
        this.email = textField('email', t.email,
            { type: 'email', autocomplete: 'email', inputmode: 'email', maxlength: 255, spellcheck: 'false', value: kept.email ?? '' }, t.emailWhy);
        this.list = el('ul', { class: 'picked' });
        this.empty = el('p', { class: 'picked__none' }, t.nothingChosen);
        this.total = el('strong', { class: 'sum__total' });
        this.go = el('button', { class: 'go', type: 'submit' }, t.hold);
        this.alert = el('div', { class: 'alerts' });
        this.barText = el('span', { class: 'dock__text' });
        this.barTotal = el('strong', {});
        this.bar = el('div', { class: 'dock', hidden: true },
            el('div', { class: 'dock__sum' }, this.barText, this.barTotal),
            el('button', { class: 'go', type: 'button', on: { click: () => this.toForm() } }, t.next));
        this.paint();
    }

    seats() {
        return [...this.chosen].map((id) => this.plan.seat(id))
            .sort((a, b) => a.id - b.id);
    }

    paint() {
        const seats = this.seats();
        const total = money(sum(seats.map((s) => s.price)));
        this.plan.repaint();
        this.list.replaceChildren(...seats.map((seat) => el('li', {},
            el('span', { class: 'picked__seat' }, seatName(seat)),
            el('span', { class: 'picked__type' }, t.typeNames[seat.seat_type] ?? seat.seat_type),
            el('span', { class: 'picked__price' }, money(seat.price)),
            el('button', { class: 'picked__drop', type: 'button', 'aria-label': t.removeSeat(seatName(seat)),
                on: { click: () => this.drop(seat) } }, icon('cross')))));
        this.empty.hidden = seats.length > 0;
        this.total.textContent = total;
        this.bar.hidden = seats.length === 0;
        this.barText.textContent = `${t.seatCount(seats.length)} · ${seats.map(seatName).join(' ')}`;
        this.barTotal.textContent = total;
        this.keep();
    }

    keep() {
        keepChoice(this.showing.id, {
            seatIds: [...this.chosen], name: this.name.input.value, email: this.email.input.value, wanted: this.wanted,
        });
    }

    tell(pattern, seat) {
        const seats = this.seats();
        say(pattern(t.seat(seat.row_number, seat.seat_number), t.seatCount(seats.length), money(sum(seats.map((s) => s.price)))));
    }

    choose(seat, state) {
        if (this.wanted) {
            say(t.offlineWhy);
        } else if (this.chosen.has(seat.id)) {
            this.chosen.delete(seat.id);
            this.paint();
            this.tell(t.nowDropped, seat);
        } else if (state !== 'free') {
            say(t.seatTaken(t.seat(seat.row_number, seat.seat_number), t.states[state] ?? state));
        } else if (this.chosen.size >= SEATS_MAX) {
            say(t.tooMany(SEATS_MAX));
            this.alert.replaceChildren(notice('plain', t.tooMany(SEATS_MAX)));
        } else {
            this.chosen.add(seat.id);
            this.alert.replaceChildren();
            this.paint();
            this.tell(t.nowChosen, seat);
        }
    }

    drop(seat) {
        if (this.wanted) return;
        this.chosen.delete(seat.id);
        this.paint();
        this.tell(t.nowDropped, seat);
        (this.list.querySelector('button') ?? this.go).focus();
    }

    chooseBest(count) {
        if (this.wanted) return;
        const ids = bestTogether(this.plan.all(), count);
        if (!ids) {
            this.alert.replaceChildren(notice('plain', t.bestNone(count)));
            say(t.bestNone(count));
            return;
        }
        this.alert.replaceChildren();
        this.chosen.clear();
        for (const id of ids) this.chosen.add(id);
        this.paint();
        this.plan.show(ids[0]);
        this.tell((_, seats, total) => t.nowChosen(this.seats().map(seatName).join(', '), seats, total), this.plan.seat(ids[0]));
    }

    toForm() {
        const first = this.name.input.value ? this.email.input.value ? this.go : this.email.input : this.name.input;
        first.focus({ preventScroll: true });
        this.form.scrollIntoView({ block: 'start', behavior: 'smooth' });
    }

    /* Seats gone to somebody else: marked on the plan, taken out of the choice. */
    lose(ids) {
        const gone = ids.filter((id) => this.chosen.has(id)).map((id) => this.plan.seat(id));
        if (gone.length === 0) return;
        for (const seat of gone) this.chosen.delete(seat.id);
        this.plan.markLost(gone.map((s) => s.id));
        this.lostAt = Date.now();
        this.paint();
        this.complain(t.lost(gone.map(seatName)), t.lostKept(this.seats().map(seatName)));
    }

    complain(heading, sentence) {
        const box = notice('bad', heading, sentence);
        this.alert.replaceChildren(box);
        return box;
    }

    take(map) {
        if (this.wanted) return;
        this.plan.update(map);
        this.lose(map.seats.filter((s) => s.state !== 'free').map((s) => s.id));
    }

    async look() {
        this.take(await fetchSeats(this.showing.id, this.signal));
    }

    /* Seats go while the page is open, and the stream tells of each. Without it the page looks again every few seconds while
     * it is seen, and at once when it is seen again. */
    follow() {
        const stream = watchSeats(this.showing.id, this.signal, (map) => this.take(map));
        const look = () => {
            const told = stream.readyState === EventSource.OPEN;
            // a failed look is no matter: the next may be luckier, and buying says what is wrong
            if (!document.hidden && !this.wanted && !told) this.look().catch(() => {});
        };
        const timer = setInterval(look, POLL_MS);
        document.addEventListener('visibilitychange', look, { signal: this.signal });
        this.signal.addEventListener('abort', () => clearInterval(timer));
    }

    judgeForm() {
        const name = this.name.input.value.trim(), email = this.email.input.value.trim();
        const bad = [
            [this.name, this.name.judge(!name ? t.nameMissing : name.length > 255 ? t.nameLong : null)],
            [this.email, this.email.judge(!email ? t.emailMissing : !emailFits(email) ? t.emailWrong : null)],
        ].filter(([, wrong]) => wrong);
        if (this.chosen.size === 0) {
            this.complain(t.seatsMissing);
            this.plan.focus();
            return null;
        }
        if (bad.length) {
            bad[0][0].input.focus();
            return null;
        }
        return { name, email };
    }

    async submit(event) {
        event.preventDefault();
        if (this.working || Date.now() - this.lostAt < LOSS_SEEN_MS) return;
        const buyer = this.wanted?.buyer ?? this.judgeForm();
        if (!buyer) return;
        this.wanted ??= { seatIds: this.seats().map((s) => s.id), buyer };
        this.keep();
        this.busy(true);
        this.alert.replaceChildren();
        say(t.holding);
        try {
            const made = await holdSeats(this.showing, this.wanted.seatIds, buyer);
            this.wanted = null;
            keepChoice(this.showing.id, { name: buyer.name, email: buyer.email });
            keepTicket({ id: made.id, code: made.accessCode ?? '', title: this.showing.movie.title,
                showTime: this.showing.show_time, room: this.showing.room_name ?? this.showing.room?.name, status: made.status });
            location.hash = `#/reservation/${made.id}/${made.accessCode ?? ''}`;
        } catch (problem) {
            await this.refused(problem);
        } finally {
            this.busy(false);
        }
    }

    busy(on) {
        this.working = on;
        this.go.setAttribute('aria-disabled', String(on));
        this.go.textContent = on ? t.holding : t.hold;
        this.go.classList.toggle('go--busy', on);
    }

    async refused(problem) {
        if (problem instanceof Refusal && problem.status < 500) this.wanted = null;
        this.keep();
        if (backToQueue(this.showing, problem)) return;
        if (problem.code === 'seats_taken') {
            this.lose(problem.seatIds);
            this.lostAt = 0; // he is being told as the answer to his click
            await this.look().catch(() => {});
        } else if (problem.fields?.['buyer.email'] || problem.fields?.email) {
            this.email.judge(t.emailWrong);
            this.email.input.focus();
            return;
        } else {
            this.complain(...explain(problem));
        }
        const box = this.alert.firstElementChild;
        box?.focus({ preventScroll: true });
        box?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    }

    /* On a phone the docked bar leads to the form, so it goes while the form is in sight. */
    watchForm() {
        const seen = new IntersectionObserver(([now]) => this.bar.classList.toggle('dock--down', now.isIntersecting),
            { rootMargin: '0px 0px -30% 0px' });
        seen.observe(this.form);
        this.signal.addEventListener('abort', () => seen.disconnect());
    }

    side() {
        const best = el('select', { id: 'best' },
            Array.from({ length: BEST_MAX }, (_, i) => el('option', { value: i + 1, selected: i === 1 }, String(i + 1))));
        this.form = el('form', { class: 'form', novalidate: true, on: { submit: (e) => this.submit(e), input: () => this.keep() } },
            el('h2', {}, t.buyer), this.name.node, this.email.node,
            this.go, el('p', { class: 'form__why' }, t.holdWhy));
        return el('aside', { class: 'side' },
            el('section', { class: 'sum', 'aria-labelledby': 'sum' },
                el('h2', { id: 'sum' }, t.yourChoice),
                el('div', { class: 'best' }, el('label', { for: 'best' }, t.best), best,
                    el('button', { class: 'quiet', type: 'button', on: { click: () => this.chooseBest(Number(best.value)) } }, t.bestPick)),
                this.empty, this.list,
                el('p', { class: 'sum__line' }, el('span', {}, t.total), this.total)),
            this.form);
    }
}

/* Until when the seats may be bought, for who has come through the waiting room. */
function admission(place) {
    const minutes = Math.max(1, Math.floor((Date.parse(place.until) - now()) / 60000));
    return el('p', { class: 'queue__until' }, icon('clock'), t.queueUntil(minutes));
}

export async function showingView({ params: [id], signal }) {
    const [showing, map] = await Promise.all([fetchShowing(id, signal), fetchSeats(id, signal)]);
    const back = backLink(`#/film/${showing.movie_id}`, showing.movie.title);
    const title = `${showing.movie.title}, ${timeText(showing.show_time)}`;
    const place = showing.waiting_room ? await placeIn(showing, signal) : null;
    if (place && place.state !== 'admitted') {
        const waiting = queueView(showing, place, signal);
        return { title: `${t.queueName}: ${title}`, shown: waiting.follow,
            node: el('div', { class: 'page page--narrow' }, back, headOf(showing, t.queueName), waiting.node) };
    }
    if (!map.seats.some((s) => s.state === 'free' || keptChoice(showing.id)?.seatIds?.includes(s.id))) {
        return { title, node: el('div', { class: 'page' }, back, headOf(showing), notice('plain', t.soldOut, t.soldOutWhy)) };
    }
    const purchase = new Purchase(showing, map, signal);
    purchase.follow();
    return {
        title,
        shown: () => { purchase.plan.centre(); purchase.watchForm(); },
        node: el('div', { class: 'page page--dock' }, back, headOf(showing), place ? admission(place) : null,
            el('div', { class: 'buy' },
                el('section', { class: 'hall', 'aria-label': t.seatPlan },
                    purchase.alert, purchase.plan.node, legend(map.seats)),
                purchase.side()),
            purchase.bar),
    };
}
