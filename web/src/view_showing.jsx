/* view_showing.jsx - a showing's seats: choose, say who buys, hold. Seats that somebody else takes meanwhile are marked
 * and the rest of the choice is kept. */

import { Component, createRef } from 'preact';
import { fetchSeats, fetchShowing, holdSeats, Refusal, watchSeats } from './api.js';
import { dayOf, dayText, money, now, sum, timeText } from './house.js';
import { keepChoice, keepTicket, keptChoice, keptTickets } from './kept.js';
import { explain, t } from './language.js';
import { BackLink, Field, Heading, Icon, Kind, Notice, say } from './parts.jsx';
import { Poster } from './poster.jsx';
import { Choice, Dock, Legend, Ways } from './seat_choice.jsx';
import { SeatList } from './seat_list.jsx';
import { SeatPlan } from './seat_plan.jsx';
import { bestTogether, seatName, seatSaid } from './seats.js';
import { backToQueue, placeIn, Queue } from './view_queue.jsx';

const SEATS_MAX = 20;
const POLL_MS = 8000;
const LOSS_SEEN_MS = 1500; // a click that comes sooner was meant for the seats as they were

const emailFits = (text) => /^[^@\s]+@[^@\s]+$/.test(text);
const without = (set, ids) => new Set([...set].filter((id) => !ids.includes(id)));
const bad = (heading, sentence) => ({ kind: 'bad', heading, sentence });

function Head({ showing, over = t.chooseSeats }) {
    return (
        <div class="showing__head">
            <div class="showing__poster"><Poster title={showing.movie.title} url={showing.movie.posterUrl} /></div>
            <div>
                <p class="over">{over}</p>
                <Heading>{showing.movie.title}</Heading>
                <p class="showing__when">
                    <span>{dayText(dayOf(showing.show_time))}</span>
                    <strong>{timeText(showing.show_time)}</strong>
                    <span>{showing.room_name ?? showing.room?.name}<Kind type={showing.room?.screen_type} /></span>
                </p>
            </div>
        </div>
    );
}

/* Props: showing, map (the seats now), signal. */
class Purchase extends Component {
    constructor(props) {
        super(props);
        const { showing, map } = props;
        const kept = keptChoice(showing.id) ?? {};
        // What was asked to be held and is not answered yet. Its seats may be ours already, so the choice stays as it
        // is, over a reload too, until asking the same again brings the answer.
        this.wanted = kept.wanted ?? null;
        this.lostAt = 0;
        const free = new Set(map.seats.filter((s) => s.state === 'free').map((s) => s.id));
        this.state = {
            map, chosen: new Set(this.wanted?.seatIds ?? (kept.seatIds ?? []).filter((id) => free.has(id))), lost: new Set(),
            name: kept.name ?? '', email: kept.email ?? '', wrong: {}, alert: null, working: false, as: 'plan', formSeen: false,
        };
        this.mine = new Set(keptTickets().filter((one) => one.showing === showing.id && ['PENDING', 'CONFIRMED'].includes(one.status))
            .flatMap((one) => one.seatIds ?? []));
        this.plan = createRef();
        this.form = createRef();
        this.nameInput = createRef();
        this.emailInput = createRef();
        this.go = createRef();
    }

    componentDidMount() {
        this.follow();
        // on a phone the docked bar leads to the form, so it goes while the form is in sight
        const seen = new IntersectionObserver(([is]) => this.setState({ formSeen: is.isIntersecting }), { rootMargin: '0px 0px -30% 0px' });
        seen.observe(this.form.current);
        this.props.signal.addEventListener('abort', () => seen.disconnect());
    }

    /* Changes are made at once, so that the next event finds them. */
    set(change) {
        Object.assign(this.state, change);
        this.setState(change);
    }

    seats(chosen = this.state.chosen) {
        return this.state.map.seats.filter((s) => chosen.has(s.id)).sort((a, b) => a.id - b.id);
    }

    seat(id) {
        return this.state.map.seats.find((s) => s.id === id);
    }

    total() {
        return money(sum(this.seats().map((s) => s.price)));
    }

    keep() {
        const { name, email } = this.state;
        keepChoice(this.props.showing.id, { seatIds: this.seats().map((s) => s.id), name, email, wanted: this.wanted });
    }

    change(chosen, alert = null) {
        this.set({ chosen, alert });
        this.keep();
    }

    count() {
        return t.seatCount(this.state.chosen.size);
    }

    choose = (id) => {
        const { chosen, lost } = this.state;
        const seat = this.seat(id);
        if (this.wanted) {
            say(t.offlineWhy);
        } else if (chosen.has(id)) {
            this.change(without(chosen, [id]));
            say(t.nowDropped(seatSaid(seat), this.count(), this.total()));
        } else if (seat.state !== 'free') {
            const state = lost.has(id) ? 'lost' : this.mine.has(id) ? 'mine' : seat.state;
            say(t.seatTaken(seatSaid(seat), t.states[state] ?? state));
        } else if (chosen.size >= SEATS_MAX) {
            this.set({ alert: { kind: 'plain', heading: t.tooMany(SEATS_MAX) } });
            say(t.tooMany(SEATS_MAX));
        } else {
            this.change(new Set(chosen).add(id));
            say(t.nowChosen(seatSaid(seat), this.count(), this.total()));
        }
    };

    /* Out of the list beside the plan, where its button goes with it. */
    drop = (id) => {
        if (this.wanted) return;
        this.choose(id);
        setTimeout(() => (document.querySelector('.picked__drop') ?? this.go.current)?.focus());
    };

    chooseBest = (count) => {
        if (this.wanted) return;
        const ids = bestTogether(this.state.map.seats, count);
        if (!ids) {
            this.set({ alert: { kind: 'plain', heading: t.bestNone(count) } });
            say(t.bestNone(count));
            return;
        }
        this.change(new Set(ids));
        if (this.state.as === 'plan') this.plan.current.go(ids[0]);
        say(t.nowChosen(this.seats().map(seatName).join(', '), this.count(), this.total()));
    };

    toForm = () => {
        const { name, email } = this.state;
        const first = name ? email ? this.go : this.emailInput : this.nameInput;
        first.current.focus({ preventScroll: true });
        this.form.current.scrollIntoView({ block: 'start', behavior: 'smooth' });
    };

    // --- what others do ---

    /* Seats gone to somebody else: marked on the plan, taken out of the choice. `seek`: the message takes the focus. */
    lose(ids, seek) {
        const { chosen, lost } = this.state;
        const gone = ids.filter((id) => chosen.has(id));
        if (gone.length === 0) return;
        const names = gone.map((id) => seatName(this.seat(id)));
        this.set({ lost: new Set([...lost, ...gone]) });
        this.lostAt = Date.now();
        const rest = without(chosen, gone);
        this.change(rest, { ...bad(t.lost(names), t.lostKept(this.seats(rest).map(seatName))), seek });
    }

    take(map) {
        if (this.wanted) return;
        this.set({ map });
        this.lose(map.seats.filter((s) => s.state !== 'free').map((s) => s.id));
    }

    async look() {
        const { showing, signal } = this.props;
        this.take(await fetchSeats(showing.id, signal));
    }

    /* Seats go while the page is open, and the stream tells of each. Without it the page looks again every few seconds while
     * it is seen, and at once when it is seen again. */
    follow() {
        const { showing, signal } = this.props;
        const stream = watchSeats(showing.id, signal, (map) => this.take(map));
        const look = () => {
            const told = stream.readyState === EventSource.OPEN;
            // a failed look is no matter: the next may be luckier, and buying says what is wrong
            if (!document.hidden && !this.wanted && !told) this.look().catch(() => {});
        };
        const timer = setInterval(look, POLL_MS);
        document.addEventListener('visibilitychange', look, { signal });
        signal.addEventListener('abort', () => clearInterval(timer));
    }

    // --- buying ---

    judgeForm() {
        const name = this.state.name.trim(), email = this.state.email.trim();
        const wrong = {
            name: !name ? t.nameMissing : name.length > 255 ? t.nameLong : null,
            email: !email ? t.emailMissing : !emailFits(email) ? t.emailWrong : null,
        };
        this.set({ wrong });
        if (this.state.chosen.size === 0) {
            this.set({ alert: bad(t.seatsMissing) });
            if (this.state.as === 'plan') this.plan.current.go();
            return null;
        }
        if (wrong.name || wrong.email) {
            (wrong.name ? this.nameInput : this.emailInput).current.focus();
            return null;
        }
        return { name, email };
    }

    submit = async (event) => {
        event.preventDefault();
        if (this.state.working || Date.now() - this.lostAt < LOSS_SEEN_MS) return;
        const buyer = this.wanted?.buyer ?? this.judgeForm();
        if (!buyer) return;
        const { showing } = this.props;
        this.wanted ??= { seatIds: this.seats().map((s) => s.id), buyer };
        this.keep();
        this.set({ working: true, alert: null });
        say(t.holding);
        try {
            const { seatIds } = this.wanted;
            const made = await holdSeats(showing, seatIds, buyer);
            this.wanted = null;
            keepChoice(showing.id, { name: buyer.name, email: buyer.email });
            keepTicket({ id: made.id, code: made.accessCode ?? '', title: showing.movie.title, showTime: showing.show_time,
                room: showing.room_name ?? showing.room?.name, status: made.status, showing: showing.id, seatIds });
            location.hash = `#/reservation/${made.id}/${made.accessCode ?? ''}`;
        } catch (problem) {
            await this.refused(problem);
        } finally {
            this.set({ working: false });
        }
    };

    async refused(problem) {
        if (problem instanceof Refusal && problem.status < 500) this.wanted = null;
        this.keep();
        if (backToQueue(this.props.showing, problem)) return;
        if (problem.code === 'seats_taken') {
            this.lose(problem.seatIds, Date.now());
            this.lostAt = 0; // he is being told as the answer to his click
            await this.look().catch(() => {});
        } else if (problem.fields?.['buyer.email'] || problem.fields?.email) {
            this.set({ wrong: { email: t.emailWrong } });
            this.emailInput.current.focus();
        } else {
            this.set({ alert: { ...bad(...explain(problem)), seek: Date.now() } });
        }
    }

    buyer({ name, email, wrong, working }) {
        const typed = (field) => (event) => { this.set({ [field]: event.target.value }); this.keep(); };
        return (
            <form class="form" noValidate onSubmit={this.submit} ref={this.form} aria-labelledby="buyer">
                <h2 id="buyer">{t.buyer}</h2>
                <Field name="name" label={t.name} wrong={wrong.name} autocomplete="name" maxLength={255} value={name} inputRef={this.nameInput} onInput={typed('name')} />
                <Field name="email" label={t.email} type="email" why={t.emailWhy} wrong={wrong.email} autocomplete="email" inputmode="email" maxLength={255}
                    spellcheck={false} value={email} inputRef={this.emailInput} onInput={typed('email')} />
                <button class={`go${working ? ' go--busy' : ''}`} type="submit" ref={this.go} aria-disabled={String(working)}>{working ? t.holding : t.hold}</button>
                <p class="form__why">{t.holdWhy}</p>
            </form>
        );
    }

    render(_, state) {
        const { map, chosen, lost, alert, as, formSeen } = state;
        const written = new Map([...new Set(map.seats.map((s) => s.price))].map((price) => [price, money(price)])); // few prices, many seats
        const prices = new Map(map.seats.map((s) => [s.id, written.get(s.price)]));
        const several = written.size > 1;
        const marks = { seats: map.seats, chosen, lost, mine: this.mine, choose: this.choose };
        const seats = this.seats();
        return <>
            <div class="buy">
                <section class="hall" aria-label={t.seatPlan}>
                    <div class="alerts">{alert ? <Notice {...alert} /> : null}</div>
                    <Ways as={as} onAs={(way) => this.set({ as: way })} />
                    {as === 'plan' ? <SeatPlan handle={this.plan} {...marks} prices={several ? prices : null} /> : <SeatList {...marks} prices={prices} />}
                    <Legend seats={map.seats} mine={this.mine} />
                </section>
                <aside class="side">
                    <Choice seats={seats} total={this.total()} best={this.chooseBest} drop={this.drop} />
                    {this.buyer(state)}
                </aside>
            </div>
            <Dock seats={seats} total={this.total()} down={formSeen} next={this.toForm} />
        </>;
    }
}

/* Until when the seats may be bought, for who has come through the waiting room. */
function Admission({ place }) {
    const minutes = Math.max(1, Math.floor((Date.parse(place.until) - now()) / 60000));
    return <p class="queue__until"><Icon name="clock" />{t.queueUntil(minutes)}</p>;
}

export async function showingView({ params: [id], signal }) {
    const [showing, map] = await Promise.all([fetchShowing(id, signal), fetchSeats(id, signal)]);
    const back = <BackLink href={`#/film/${showing.movie_id}`}>{showing.movie.title}</BackLink>;
    const title = `${showing.movie.title}, ${timeText(showing.show_time)}`;
    const place = showing.waiting_room ? await placeIn(showing, signal) : null;
    if (place && place.state !== 'admitted') {
        return { title: `${t.queueName}: ${title}`, node: (
            <div class="page page--narrow">{back}<Head showing={showing} over={t.queueName} /><Queue showing={showing} place={place} signal={signal} /></div>
        ) };
    }
    if (!map.seats.some((s) => s.state === 'free' || keptChoice(showing.id)?.seatIds?.includes(s.id))) {
        return { title, node: <div class="page">{back}<Head showing={showing} /><Notice heading={t.soldOut} sentence={t.soldOutWhy} /></div> };
    }
    return { title, node: (
        <div class="page page--dock">
            {back}<Head showing={showing} />{place ? <Admission place={place} /> : null}
            <Purchase showing={showing} map={map} signal={signal} />
        </div>
    ) };
}
