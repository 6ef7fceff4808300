/* view_pay.jsx - held seats: for how long yet, what they cost, and the ways to pay. */

import { Component } from 'preact';
import { dayOf, dayText, money, now, timeText } from './house.js';
import { t } from './language.js';
import { Icon, say } from './parts.jsx';
import { Poster } from './poster.jsx';
import { filmTitle, roomText, seatsText } from './view_ticket.jsx';

const SPOKEN_MINUTES = [5, 2, 1];
/* What the simulated provider knows, by what each shows. */
const WAYS = [['credit_card', 'card', 'card'], ['cash', 'cash', 'cash'], ['test_decline', 'declineTest', 'warning'], ['test_lost', 'lostTest', 'warning']];

const clockText = (left_s) => `${Math.floor(left_s / 60)}:${String(left_s % 60).padStart(2, '0')}`;

/* Props: until (ms), ended() once the time is over. */
export class Countdown extends Component {
    componentDidMount() {
        this.said = new Set();
        this.ticking = setInterval(() => this.tick(), 1000);
        this.tick();
    }

    componentWillUnmount() {
        clearInterval(this.ticking);
    }

    left_s() {
        return Math.max(0, Math.ceil((this.props.until - now()) / 1000));
    }

    tick() {
        const left = this.left_s();
        for (const minutes of SPOKEN_MINUTES) {
            if (left !== minutes * 60 || this.said.has(minutes)) continue;
            this.said.add(minutes);
            say(t.leftSpoken(minutes));
        }
        this.forceUpdate();
        if (left > 0) return;
        clearInterval(this.ticking);
        this.props.ended();
    }

    render() {
        const left = this.left_s();
        return <p class={`left${left <= 60 ? ' left--soon' : ''}`} role="timer" aria-live="off"><Icon name="clock" />{t.holdLeft(clockText(left))}</p>;
    }
}

export function Summary({ reservation, showing }) {
    return (
        <div class="brief">
            <div class="brief__poster"><Poster title={filmTitle(showing)} url={showing?.movie?.posterUrl} /></div>
            <div>
                <p class="brief__title">{filmTitle(showing)}</p>
                <p>{`${dayText(dayOf(showing.show_time))}, ${timeText(showing.show_time)}`}</p>
                <p>{`${roomText(showing)} · ${seatsText(reservation)}`}</p>
            </div>
            <strong class="brief__total">{money(reservation.totalAmount)}</strong>
        </div>
    );
}

export function PayForm({ amount, working, pay, release }) {
    const submit = (event) => {
        event.preventDefault();
        pay(new FormData(event.currentTarget).get('way'));
    };
    const off = String(Boolean(working));
    return (
        <form class="form form--pay" noValidate onSubmit={submit}>
            <fieldset class="ways">
                <legend>{t.payHow}</legend>
                {WAYS.map(([value, name, picture], i) => (
                    <label class="way"><input type="radio" name="way" value={value} defaultChecked={i === 0} /><Icon name={picture} /><span>{t[name]}</span></label>
                ))}
            </fieldset>
            <p class="form__why">{t.simulated}</p>
            <button class={`go go--wide${working === 'pay' ? ' go--busy' : ''}`} type="submit" aria-disabled={off}>{working === 'pay' ? t.paying : t.payNow(money(amount))}</button>
            <button class="quiet" type="button" aria-disabled={off} onClick={release}>{working === 'release' ? t.releasing : t.release}</button>
        </form>
    );
}
