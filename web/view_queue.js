/* view_queue.js - the waiting room of a showing: the place in it, how long it may take, and on to the seats when the turn comes. */

import { fetchPlace, Refusal, takePlace, watchQueue } from './api.js';
import { el, notice, say } from './dom.js';
import { momentText, now, past } from './house.js';
import { keepPlace, keptPlace } from './kept.js';
import { t } from './texts.js';

const PAINT_MS = 1000;
const POLL_MS = 5000;
const SPOKEN_MINUTES = [30, 20, 10, 5, 2, 1];
const REFUSALS = ['queue_required', 'queue_waiting', 'queue_token_invalid'];

const showAgain = () => window.dispatchEvent(new Event('hashchange'));

/* The place that this browser has in the showing's queue, or takes now; null: nobody waits for this showing any more. */
export async function placeIn(showing, signal) {
    try {
        const place = await takePlace(showing.id, keptPlace(showing.id)?.token, signal);
        keepPlace(showing.id, place);
        return place;
    } catch (problem) {
        if (!(problem instanceof Refusal && problem.code === 'queue_unknown')) throw problem;
        keepPlace(showing.id, null);
        return null;
    }
}

/* Was a booking refused for the queue's sake? Then the page goes back to it. */
export function backToQueue(showing, problem) {
    if (!REFUSALS.includes(problem.code)) return false;
    if (problem.code !== 'queue_waiting') keepPlace(showing.id, null);
    say(t.queueBack);
    showAgain();
    return true;
}

class Waiting {
    constructor(showing, place, signal) {
        Object.assign(this, { showing, place, signal });
        this.spoken = Infinity;
        this.heading = el('h2', { id: 'queue' });
        this.number = el('p', { class: 'queue__number' });
        this.estimate = el('p', { class: 'queue__estimate' });
        this.bar = el('progress', { class: 'queue__bar', max: 1, value: 0, 'aria-label': t.queueProgress });
        this.free = el('p', { class: 'queue__free', hidden: true });
        this.soldOut = el('div', { class: 'alerts' });
        this.node = el('section', { class: 'queue', 'aria-labelledby': 'queue' },
            this.heading, this.number, this.estimate, this.bar, this.free, this.soldOut,
            el('p', { class: 'queue__why' }, t.queueStay));
        this.paint();
    }

    leftMs() {
        return Math.max(0, Date.parse(this.place.from) - now());
    }

    paintDrawn() {
        const opens = this.showing.sales_open_at;
        const early = opens && !past(opens);
        this.heading.textContent = early ? t.queueOpens(momentText(opens)) : t.queueDrawing;
        this.number.textContent = '';
        this.estimate.textContent = t.queueDrawn;
        this.bar.hidden = true;
    }

    paintWaiting() {
        const left = this.leftMs(), whole = Date.parse(this.place.from) - Date.parse(this.place.issuedAt);
        this.heading.textContent = t.queueWaiting;
        this.number.textContent = t.queuePlace(Math.max(1, Math.ceil(left * this.place.perMinute / 60000)));
        this.estimate.textContent = t.queueWait(Math.ceil(left / 60000));
        this.bar.hidden = false;
        this.bar.value = whole > 0 ? Math.min(1, 1 - left / whole) : 1;
    }

    paint() {
        if (this.place.state === 'drawn') this.paintDrawn();
        else this.paintWaiting();
    }

    /* To those who do not see the figures run: at first, and when few minutes are left. */
    tell() {
        if (this.place.state === 'drawn') {
            if (this.told !== 'drawn') say(`${this.heading.textContent}. ${t.queueDrawn}`);
            this.told = 'drawn';
            return;
        }
        const minutes = Math.ceil(this.leftMs() / 60000);
        const next = SPOKEN_MINUTES.find((m) => m < this.spoken && minutes <= m && minutes > m / 2);
        if (this.told === 'waiting' && next === undefined) return;
        this.told = 'waiting';
        this.spoken = next ?? minutes;
        say(`${this.number.textContent}. ${this.estimate.textContent}`);
    }

    take(place) {
        this.place = place;
        keepPlace(this.showing.id, place);
        if (place.state === 'admitted') this.go(t.queueTurn);
        else this.paint();
    }

    front({ free }) {
        this.free.hidden = !free;
        if (free) this.free.textContent = t.queueFree(free);
        const gone = free === 0;
        if (gone !== this.soldOut.hasChildNodes()) this.soldOut.replaceChildren(...(gone ? [notice('plain', t.soldOut, t.queueSoldOut)] : []));
    }

    go(sentence) {
        if (this.signal.aborted) return;
        say(sentence);
        showAgain();
    }

    /* The stream tells all; where it is cut or refused the page asks every few seconds. */
    follow() {
        const stream = watchQueue(this.showing.id, this.place.token, this.signal, {
            place: (place) => this.take(place), front: (front) => this.front(front), opened: () => this.go(t.queueTurn),
        });
        const painting = setInterval(() => { this.paint(); this.tell(); }, PAINT_MS);
        const asking = setInterval(() => {
            if (stream.readyState !== EventSource.OPEN) this.ask();
        }, POLL_MS);
        this.signal.addEventListener('abort', () => { clearInterval(painting); clearInterval(asking); });
        this.tell();
    }

    async ask() {
        try {
            this.take(await fetchPlace(this.showing.id, this.place.token, this.signal));
        } catch (problem) {
            // no answer: the next may be luckier; a place that has run out is taken anew
            if (problem instanceof Refusal && problem.status < 500 && !this.signal.aborted) showAgain();
        }
    }
}

/* Where to wait; it goes on to the showing by itself. */
export function queueView(showing, place, signal) {
    const waiting = new Waiting(showing, place, signal);
    return { node: waiting.node, follow: () => waiting.follow() };
}
