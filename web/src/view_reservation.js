/* view_reservation.js - one reservation from its link: pay while the seats are held, then the ticket, and cancel. */

import { cancel, fetchReservation, fetchShowingOf, pay, Refusal } from './api.js';
import { el, icon, notice, say } from './dom.js';
import { dayOf, dayText, money, now, shortDayText, theHouse, timeText } from './house.js';
import { keepTicket } from './kept.js';
import { poster } from './poster.js';
import { explain, t } from './texts.js';

const ASK_AGAIN_MS = 2500;
const SWEPT_MS = 600; // the service lets go of seats a moment after their time
const SPOKEN_MINUTES = [5, 2, 1];

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
const seatsText = (reservation) => reservation.reservedSeats.map((s) => t.seatShort(s.rowNumber, s.seatNumber)).join(', ');
const clockText = (left_s) => `${Math.floor(left_s / 60)}:${String(left_s % 60).padStart(2, '0')}`;
const roomText = (showing) => showing.room_name ?? showing.room?.name ?? '';
const filmTitle = (showing) => showing.movie?.title ?? '';

class Reservation {
    constructor(reservation, showing, code, signal) {
        Object.assign(this, { reservation, showing, code, signal });
        this.node = el('div', { class: 'page page--narrow' });
        this.alert = el('div', { class: 'alerts' });
        this.paint();
    }

    paint() {
        clearInterval(this.ticking);
        const { reservation, showing } = this;
        keepTicket({ id: reservation.id, code: this.code, title: filmTitle(showing), showTime: showing.show_time,
            room: roomText(showing), status: reservation.status });
        const views = { PENDING: () => this.pending(), CONFIRMED: () => this.ticket(), CANCELLED: () => this.gone('CANCELLED'), EXPIRED: () => this.gone('EXPIRED') };
        this.node.replaceChildren(...views[reservation.status]().filter(Boolean));
    }

    /* The reservation has become something else: shown, said, and the focus moved to its heading. */
    become(reservation) {
        this.reservation = { ...this.reservation, ...reservation };
        this.alert.replaceChildren();
        this.paint();
        this.node.querySelector('h1').focus();
    }

    async look() {
        const found = await fetchReservation(this.reservation.id, this.code, this.signal);
        if (found.status !== this.reservation.status) this.become(found);
        return found;
    }

    summary() {
        const { reservation, showing } = this;
        return el('div', { class: 'brief' },
            el('div', { class: 'brief__poster' }, poster(filmTitle(showing))),
            el('div', {},
                el('p', { class: 'brief__title' }, filmTitle(showing)),
                el('p', {}, `${dayText(dayOf(showing.show_time))}, ${timeText(showing.show_time)}`),
                el('p', {}, `${roomText(showing)} · ${seatsText(reservation)}`)),
            el('strong', { class: 'brief__total' }, money(reservation.totalAmount)));
    }

    // --- PENDING ---

    pending() {
        const heading = el('h1', { tabindex: '-1' }, t.payTitle);
        const how = (value, name, picture, checked) => el('label', { class: 'way' },
            el('input', { type: 'radio', name: 'way', value, checked }), icon(picture), el('span', {}, name));
        this.payButton = el('button', { class: 'go go--wide', type: 'submit' }, t.payNow(money(this.reservation.totalAmount)));
        this.releaseButton = el('button', { class: 'quiet', type: 'button', on: { click: () => this.release() } }, t.release);
        const form = el('form', { class: 'form form--pay', novalidate: true, on: { submit: (e) => this.pay(e, form) } },
            el('fieldset', { class: 'ways' }, el('legend', {}, t.payHow),
                how('credit_card', t.card, 'card', true), how('cash', t.cash, 'cash'), how('test_decline', t.declineTest, 'warning')),
            el('p', { class: 'form__why' }, t.simulated),
            this.payButton, this.releaseButton);
        return [el('div', { class: 'page__head page__head--pay' }, heading, this.reservation.expiresAt ? this.countdown() : null),
            this.reservation.expiresAt ? null : notice('plain', t.counter, t.counterWhy),
            this.summary(), this.alert, form];
    }

    countdown() {
        const until = Date.parse(this.reservation.expiresAt);
        const node = el('p', { class: 'left', role: 'timer', 'aria-live': 'off' });
        const said = new Set();
        const tick = () => {
            if (this.signal.aborted) return clearInterval(this.ticking);
            const left_s = Math.max(0, Math.ceil((until - now()) / 1000));
            node.replaceChildren(icon('clock'), t.holdLeft(clockText(left_s)));
            node.classList.toggle('left--soon', left_s <= 60);
            for (const minutes of SPOKEN_MINUTES) {
                if (left_s === minutes * 60 && !said.has(minutes)) {
                    said.add(minutes);
                    say(t.leftSpoken(minutes));
                }
            }
            if (left_s === 0 && !this.working) {
                clearInterval(this.ticking);
                this.ranOut();
            }
        };
        tick();
        this.ticking = setInterval(tick, 1000);
        return node;
    }

    /* The service decides, not this clock: a payment under way may have kept the seats longer. */
    async ranOut() {
        while (!this.signal.aborted && this.reservation.status === 'PENDING') {
            await wait(SWEPT_MS);
            try {
                const found = await this.look();
                if (found.status === 'PENDING' && Date.parse(found.expiresAt) > now() + 1000) {
                    this.reservation = found;
                    this.paint();
                    return;
                }
            } catch (problem) {
                if (problem instanceof Refusal && problem.status < 500) return;
            }
        }
    }

    busy(button, on, text) {
        this.working = on;
        button.setAttribute('aria-disabled', String(on));
        button.classList.toggle('go--busy', on);
        button.textContent = text;
        if (on) say(text);
    }

    async pay(event, form) {
        event.preventDefault();
        if (this.working) return;
        const way = new FormData(form).get('way');
        this.busy(this.payButton, true, t.paying);
        this.alert.replaceChildren();
        try {
            await pay(this.reservation, way);
            this.working = false;
            await this.look();
        } catch (problem) {
            await this.notPaid(problem);
        } finally {
            this.busy(this.payButton, false, t.payNow(money(this.reservation.totalAmount)));
        }
    }

    async notPaid(problem) {
        if (problem.code === 'payment_declined') {
            this.complain(t.declined, t.declinedWhy);
        } else if (problem.code === 'payment_unknown' || problem.code === 'payment_in_progress') {
            this.complain(t.unknown, t.unknownWhy);
            this.askUntilKnown();
        } else if (problem.status === 409) {
            // expired, cancelled or paid already, perhaps in another tab: the reservation itself says which
            const found = await this.look().catch(() => null);
            if (found?.status === 'PENDING') this.complain(...explain(problem));
        } else {
            this.complain(...explain(problem));
        }
    }

    async askUntilKnown() {
        while (!this.signal.aborted && this.reservation.status === 'PENDING') {
            await wait(ASK_AGAIN_MS);
            const found = await this.look().catch(() => null);
            if (found?.status === 'PENDING' && found.payment?.paymentStatus === 'FAILED') {
                this.complain(t.declined, t.declinedWhy);
                return;
            }
        }
    }

    complain(heading, sentence) {
        const box = notice('bad', heading, sentence);
        this.alert.replaceChildren(box);
        box.focus({ preventScroll: true });
        box.scrollIntoView({ block: 'center', behavior: 'smooth' });
    }

    async release() {
        if (this.working) return;
        this.busy(this.releaseButton, true, t.releasing);
        try {
            await cancel(this.reservation.id, this.code);
            location.hash = `#/showing/${this.reservation.scheduleId}`;
        } catch (problem) {
            await this.look().catch(() => {});
            if (this.reservation.status === 'PENDING') this.complain(...explain(problem));
        } finally {
            this.busy(this.releaseButton, false, t.release);
        }
    }

    // --- CONFIRMED ---

    ticket() {
        const { reservation, showing } = this;
        const fact = (name, value, kind = '') => el('div', { class: `stub__fact ${kind}` }, el('dt', {}, name), el('dd', {}, value));
        const type = showing.room?.screen_type;
        this.cancelButton = el('button', { class: 'quiet quiet--bad', type: 'button', on: { click: () => this.askCancel() } }, t.cancel);
        return [el('div', { class: 'done' }, icon('check'), el('div', {},
            el('h1', { tabindex: '-1' }, t.paid), el('p', {}, t.paidWhy))),
        el('article', { class: 'stub', 'aria-label': t.ticket },
            el('div', { class: 'stub__poster' }, poster(filmTitle(showing))),
            el('div', { class: 'stub__main' },
                el('p', { class: 'over' }, theHouse().cinemaName),
                el('h2', {}, filmTitle(showing)),
                el('dl', { class: 'stub__facts' },
                    fact(t.date, shortDayText(showing.show_time)), fact(t.time, timeText(showing.show_time), 'stub__fact--big'),
                    fact(t.room, type && type !== '2D' ? `${roomText(showing)} · ${type}` : roomText(showing)),
                    fact(t.seats, seatsText(reservation), 'stub__fact--big'))),
            el('dl', { class: 'stub__end' },
                fact(t.number, String(reservation.id), 'stub__fact--number'),
                fact(t.price, money(reservation.totalAmount)),
                reservation.user?.name ? fact(t.holder, reservation.user.name) : null)),
        this.alert,
        el('div', { class: 'row' },
            el('button', { class: 'quiet', type: 'button', on: { click: () => window.print() } }, icon('print'), t.print),
            el('a', { class: 'quiet', href: '#/' }, t.toProgramme),
            this.cancelButton)];
    }

    askCancel() {
        if (this.working) return;
        const dialog = el('dialog', { class: 'ask', 'aria-labelledby': 'ask' },
            el('h2', { id: 'ask' }, t.cancelSure), el('p', {}, t.cancelSureWhy(money(this.reservation.totalAmount))),
            el('div', { class: 'row' },
                el('button', { class: 'quiet', type: 'button', autofocus: true, on: { click: () => dialog.close() } }, t.cancelNo),
                el('button', { class: 'go go--bad', type: 'button', on: { click: () => { dialog.close(); this.cancel(); } } }, t.cancelYes)));
        dialog.addEventListener('close', () => { dialog.remove(); if (this.cancelButton.isConnected) this.cancelButton.focus(); });
        this.node.append(dialog);
        dialog.showModal();
    }

    async cancel() {
        this.busy(this.cancelButton, true, t.cancelling);
        try {
            const now_is = await cancel(this.reservation.id, this.code);
            this.become({ ...now_is, status: 'CANCELLED' });
        } catch (problem) {
            await this.look().catch(() => {});
            if (this.reservation.status === 'CONFIRMED') this.complain(...explain(problem));
        } finally {
            this.busy(this.cancelButton, false, t.cancel);
        }
    }

    // --- CANCELLED, EXPIRED ---

    gone(status) {
        const paid = this.reservation.payment?.paymentStatus;
        const [heading, why] = status === 'EXPIRED' ? [t.expired, t.expiredWhy]
            : [t.cancelled, paid === 'REFUNDED' ? t.refunded(money(this.reservation.payment.amount)) : paid === 'COMPLETED' ? '' : t.notCharged];
        return [el('h1', { tabindex: '-1' }, heading), el('p', { class: 'lead' }, why), this.summary(),
            el('div', { class: 'row' },
                el('a', { class: 'go', href: `#/showing/${this.reservation.scheduleId}` }, t.chooseAgain),
                el('a', { class: 'quiet', href: '#/' }, t.toProgramme))];
    }
}

export async function reservationView({ params: [id, code], signal }) {
    let reservation;
    try {
        reservation = await fetchReservation(id, code, signal);
    } catch (problem) {
        if (![401, 403, 404].includes(problem.status)) throw problem;
        return { title: t.notOurs, node: el('div', { class: 'page page--narrow' }, el('h1', { tabindex: '-1' }, t.notOurs),
            el('p', { class: 'lead' }, t.notOursWhy), el('p', {}, el('a', { class: 'go', href: '#/' }, t.toProgramme))) };
    }
    const showing = await fetchShowingOf(reservation, signal);
    const page = new Reservation(reservation, showing, code ?? '', signal);
    return { title: `${t.status[reservation.status]} · ${filmTitle(showing)}`, node: page.node };
}
