/* view_reservation.jsx - one reservation from its link: pay while the seats are held, then the ticket, and cancel. */

import { Component, createRef } from 'preact';
import { cancel, fetchReservation, fetchShowingOf, pay, Refusal } from './api.js';
import { money, now } from './house.js';
import { keepTicket } from './kept.js';
import { explain, t } from './language.js';
import { Heading, Notice, say } from './parts.jsx';
import { Countdown, PayForm, Summary } from './view_pay.jsx';
import { filmTitle, roomText, Ticket } from './view_ticket.jsx';

const ASK_AGAIN_MS = 2500;
const SWEPT_MS = 600; // the service lets go of seats a moment after their time

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
const complaint = (heading, sentence) => ({ heading, sentence, seek: Date.now() });

/* Props: reservation, showing, code, signal. */
class Reservation extends Component {
    constructor(props) {
        super(props);
        this.state = { reservation: props.reservation, alert: null, working: null }; // working: "pay", "release" or "cancel"
        this.page = createRef();
        this.remember(props.reservation);
    }

    remember(reservation) {
        const { showing, code } = this.props;
        keepTicket({ id: reservation.id, code, title: filmTitle(showing), showTime: showing.show_time, room: roomText(showing),
            status: reservation.status, showing: reservation.scheduleId, seatIds: reservation.seatIds });
    }

    is() {
        return this.state.reservation.status;
    }

    leave() {
        return this.props.signal.aborted;
    }

    /* The reservation has become something else: shown, and the focus moved to its heading. */
    become(newer) {
        const reservation = { ...this.state.reservation, ...newer };
        this.remember(reservation);
        Object.assign(this.state, { reservation, alert: null });
        this.setState({ reservation, alert: null }, () => this.page.current?.querySelector('h1').focus());
    }

    async look() {
        const { code, signal } = this.props;
        const found = await fetchReservation(this.state.reservation.id, code, signal);
        if (found.status !== this.is()) this.become(found);
        return found;
    }

    complain(heading, sentence) {
        this.setState({ alert: complaint(heading, sentence) });
    }

    /* One thing at a time: what it is is said, and shown on its button. */
    async work(what, said, run) {
        if (this.state.working) return;
        Object.assign(this.state, { working: what });
        this.setState({ working: what, alert: null });
        say(said);
        try {
            await run();
        } finally {
            Object.assign(this.state, { working: null });
            this.setState({ working: null });
        }
    }

    // --- PENDING ---

    /* The service decides, not this clock: a payment under way may have kept the seats longer. */
    ranOut = async () => {
        while (!this.leave() && this.is() === 'PENDING') {
            await wait(SWEPT_MS);
            if (this.state.working) continue;
            try {
                const found = await this.look();
                if (found.status === 'PENDING' && Date.parse(found.expiresAt) > now() + 1000) {
                    this.setState({ reservation: found });
                    return;
                }
            } catch (problem) {
                if (problem instanceof Refusal && problem.status < 500) return;
            }
        }
    };

    pay = (way) => this.work('pay', t.paying, async () => {
        try {
            await pay(this.state.reservation, way);
            await this.look();
        } catch (problem) {
            await this.notPaid(problem);
        }
    });

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
        while (!this.leave() && this.is() === 'PENDING') {
            await wait(ASK_AGAIN_MS);
            const found = await this.look().catch(() => null);
            if (found?.status === 'PENDING' && found.payment?.paymentStatus === 'FAILED') {
                this.complain(t.declined, t.declinedWhy);
                return;
            }
        }
    }

    release = () => this.work('release', t.releasing, async () => {
        const { id, scheduleId } = this.state.reservation;
        try {
            await cancel(id, this.props.code);
            this.remember({ ...this.state.reservation, status: 'CANCELLED' });
            location.hash = `#/showing/${scheduleId}`;
        } catch (problem) {
            await this.look().catch(() => {});
            if (this.is() === 'PENDING') this.complain(...explain(problem));
        }
    });

    pending({ reservation, alert, working }) {
        return <>
            <div class="page__head page__head--pay">
                <Heading>{t.payTitle}</Heading>
                {reservation.expiresAt ? <Countdown key={reservation.expiresAt} until={Date.parse(reservation.expiresAt)} ended={this.ranOut} /> : null}
            </div>
            {reservation.expiresAt ? null : <Notice heading={t.counter} sentence={t.counterWhy} />}
            <Summary reservation={reservation} showing={this.props.showing} />
            <div class="alerts">{alert ? <Notice kind="bad" {...alert} /> : null}</div>
            <PayForm amount={reservation.totalAmount} working={working} pay={this.pay} release={this.release} />
        </>;
    }

    // --- CONFIRMED ---

    cancel = () => this.work('cancel', t.cancelling, async () => {
        try {
            const now_is = await cancel(this.state.reservation.id, this.props.code);
            this.become({ ...now_is, status: 'CANCELLED' });
        } catch (problem) {
            await this.look().catch(() => {});
            if (this.is() === 'CONFIRMED') this.complain(...explain(problem));
        }
    });

    // --- CANCELLED, EXPIRED ---

    gone({ reservation }) {
        const paid = reservation.payment?.paymentStatus;
        const [heading, why] = reservation.status === 'EXPIRED' ? [t.expired, t.expiredWhy]
            : [t.cancelled, paid === 'REFUNDED' ? t.refunded(money(reservation.payment.amount)) : paid === 'COMPLETED' ? '' : t.notCharged];
        return <>
            <Heading>{heading}</Heading>
            <p class="lead">{why}</p>
            <Summary reservation={reservation} showing={this.props.showing} />
            <div class="row">
                <a class="go" href={`#/showing/${reservation.scheduleId}`}>{t.chooseAgain}</a>
                <a class="quiet" href="#/">{t.toStart}</a>
            </div>
        </>;
    }

    render({ showing, code }, state) {
        const { reservation, alert, working } = state;
        return (
            <div class="page page--narrow" ref={this.page}>
                {reservation.status === 'PENDING' ? this.pending(state)
                    : reservation.status === 'CONFIRMED' ? <Ticket reservation={reservation} showing={showing} code={code} alert={alert} working={working} cancel={this.cancel} />
                        : this.gone(state)}
            </div>
        );
    }
}

export async function reservationView({ params: [id, code = ''], signal }) {
    let reservation;
    try {
        reservation = await fetchReservation(id, code, signal);
    } catch (problem) {
        if (![401, 403, 404].includes(problem.status)) throw problem;
        return { title: t.notOurs, node: (
            <div class="page page--narrow">
                <Heading>{t.notOurs}</Heading>
                <p class="lead">{t.notOursWhy}</p>
                <p class="row"><a class="go" href="#/tickets">{t.myTickets}</a><a class="quiet" href="#/">{t.toStart}</a></p>
            </div>
        ) };
    }
    const showing = await fetchShowingOf(reservation, signal);
    return { title: `${t.status[reservation.status]} · ${filmTitle(showing)}`,
        node: <Reservation reservation={reservation} showing={showing} code={code} signal={signal} /> };
}
