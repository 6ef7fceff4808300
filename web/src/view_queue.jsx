/* view_queue.jsx - the waiting room of a showing: the place in it, how long it may take, and on to the seats when the turn comes. */

import { Component } from 'preact';
import { fetchPlace, Refusal, takePlace, watchQueue } from './api.js';
import { showAgain } from './frame.jsx';
import { momentText, now, past } from './house.js';
import { keepPlace, keptPlace } from './kept.js';
import { t } from './language.js';
import { Notice, say } from './parts.jsx';

const PAINT_MS = 1000;
const POLL_MS = 5000;
const SPOKEN_MINUTES = [30, 20, 10, 5, 2, 1];
const REFUSALS = ['queue_required', 'queue_waiting', 'queue_token_invalid'];

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

/* Where to wait; it goes on to the showing by itself. Props: showing, place, signal. */
export class Queue extends Component {
    constructor(props) {
        super(props);
        this.state = { place: props.place, free: undefined };
        this.spoken = Infinity;
    }

    /* The stream tells all; where it is cut or refused the page asks every few seconds. */
    componentDidMount() {
        const { showing, place, signal } = this.props;
        const stream = watchQueue(showing.id, place.token, signal, {
            place: (newer) => this.take(newer), front: ({ free }) => this.setState({ free }), opened: () => this.go(t.queueTurn),
        });
        const painting = setInterval(() => { this.forceUpdate(); this.tell(); }, PAINT_MS);
        const asking = setInterval(() => {
            if (stream.readyState !== EventSource.OPEN) this.ask();
        }, POLL_MS);
        signal.addEventListener('abort', () => { clearInterval(painting); clearInterval(asking); });
        this.tell();
    }

    drawn() {
        return this.state.place.state === 'drawn';
    }

    leftMs() {
        return Math.max(0, Date.parse(this.state.place.from) - now());
    }

    words() {
        const opens = this.props.showing.sales_open_at;
        if (this.drawn()) return { heading: opens && !past(opens) ? t.queueOpens(momentText(opens)) : t.queueDrawing, number: '', estimate: t.queueDrawn };
        const left = this.leftMs();
        return { heading: t.queueWaiting, number: t.queuePlace(Math.max(1, Math.ceil(left * this.state.place.perMinute / 60000))),
            estimate: t.queueWait(Math.ceil(left / 60000)) };
    }

    part() {
        const { from, issuedAt } = this.state.place;
        const whole = Date.parse(from) - Date.parse(issuedAt);
        return whole > 0 ? Math.min(1, 1 - this.leftMs() / whole) : 1;
    }

    /* To those who do not see the figures run: at first, and when few minutes are left. */
    tell() {
        const { heading, number, estimate } = this.words();
        if (this.drawn()) {
            if (this.told !== 'drawn') say(`${heading}. ${estimate}`);
            this.told = 'drawn';
            return;
        }
        const minutes = Math.ceil(this.leftMs() / 60000);
        const next = SPOKEN_MINUTES.find((m) => m < this.spoken && minutes <= m && minutes > m / 2);
        if (this.told === 'waiting' && next === undefined) return;
        this.told = 'waiting';
        this.spoken = next ?? minutes;
        say(`${number}. ${estimate}`);
    }

    take(place) {
        keepPlace(this.props.showing.id, place);
        if (place.state === 'admitted') this.go(t.queueTurn);
        else this.setState({ place });
    }

    go(sentence) {
        if (this.props.signal.aborted) return;
        say(sentence);
        showAgain();
    }

    async ask() {
        const { showing, signal } = this.props;
        try {
            this.take(await fetchPlace(showing.id, this.state.place.token, signal));
        } catch (problem) {
            // no answer: the next may be luckier; a place that has run out is taken anew
            if (problem instanceof Refusal && problem.status < 500 && !signal.aborted) showAgain();
        }
    }

    render(_, { free }) {
        const { heading, number, estimate } = this.words();
        return (
            <section class="queue" aria-labelledby="queue">
                <h2 id="queue">{heading}</h2>
                <p class="queue__number">{number}</p>
                <p class="queue__estimate">{estimate}</p>
                <progress class="queue__bar" max={1} value={this.drawn() ? 0 : this.part()} aria-label={t.queueProgress} hidden={this.drawn()} />
                <p class="queue__free" hidden={!free}>{free ? t.queueFree(free) : ''}</p>
                <div class="alerts">{free === 0 ? <Notice heading={t.soldOut} sentence={t.queueSoldOut} /> : null}</div>
                <p class="queue__why">{t.queueStay}</p>
            </section>
        );
    }
}
