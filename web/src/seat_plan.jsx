/* seat_plan.jsx - a room drawn: a finger or the wheel moves it, two fingers or the buttons make it larger, arrow keys walk
 * from seat to seat; Enter, Space, click or touch chooses. */

import { Component, createRef } from 'preact';
import { t } from './language.js';
import { Icon, picture } from './parts.jsx';
import { layoutOf, PITCH, SEAT, seatInWords, stateOf } from './seats.js';

const SMALLEST_PX = 26, LARGEST_PX = 38; // of a seat, before anybody zooms: a finger must hit it, an eye take in the room
const ZOOM_MAX = 3, ZOOM_STEP = 1.4;
const MARGIN = 4;                        // room for the ring of the focus, in the plan's units
const PICTURES = { chosen: 'check', mine: 'ticket', sold: 'cross', held: 'clock', out: 'minus', lost: 'cross' };

const MARK = 20; // size of a picture in a seat

/* The inside of a seat: its number, or the mark of its state. */
function Inside({ seat, state }) {
    const mark = PICTURES[state] ?? (seat.accessible ? 'wheelchair' : null);
    if (!mark) return <text class="seat__number" x={SEAT / 2} y={SEAT / 2 + 4.5}>{seat.seat_number}</text>;
    return <g class="seat__mark" transform={`translate(${(SEAT - MARK) / 2} ${(SEAT - MARK) / 2}) scale(${MARK / 24})`}>{picture(mark)}</g>;
}

/* Drawn again only when it became something else: of 500 seats one changes at a time. */
class Seat extends Component {
    shouldComponentUpdate(next) {
        const { seat, state, current } = this.props;
        return next.seat !== seat || next.state !== state || next.current !== current || next.price !== this.props.price;
    }

    render({ seat, state, current, price, x }) {
        return (
            <g class={`seat seat--${seat.seat_type} seat--${state}`} role="gridcell" tabindex={current ? 0 : -1} transform={`translate(${x} 0)`}
                data-seat={seat.id} aria-label={seatInWords(seat, state, price)} aria-selected={String(state === 'chosen')}
                aria-disabled={String(state !== 'chosen' && state !== 'free')}>
                <rect class="seat__ring" x={-3} y={-3} width={SEAT + 6} height={SEAT + 6} rx={11} />
                <rect class="seat__body" x={0.75} y={0.75} width={SEAT - 1.5} height={SEAT - 1.5} rx={8} />
                <Inside seat={seat} state={state} />
            </g>
        );
    }
}

/* A seat of the legend. */
export function SeatMark({ type = 'regular', state = 'free', accessible = false }) {
    return (
        <svg class="seatmark" viewBox={`0 0 ${SEAT} ${SEAT}`} aria-hidden="true" focusable="false">
            <g class={`seat seat--${type} seat--${state}`}>
                <rect class="seat__body" x={0.75} y={0.75} width={SEAT - 1.5} height={SEAT - 1.5} rx={8} />
                {state === 'free' && !accessible ? null : <Inside seat={{ accessible }} state={state} />}
            </g>
        </svg>
    );
}

/* Names of the rows; they stay in sight while the plan is moved. */
function Letters({ rows, height, scale, side }) {
    return (
        <svg class={`plan__letters plan__letters--${side}`} viewBox={`0 ${-MARGIN} 20 ${height + 2 * MARGIN}`} width={20 * Math.min(scale, 1)}
            height={(height + 2 * MARGIN) * scale} preserveAspectRatio="none" aria-hidden="true" focusable="false">
            {rows.map(({ name, y }) => <text x={10} y={y + SEAT / 2 + 4.5}>{name}</text>)}
        </svg>
    );
}

/* Props: seats, chosen, lost and mine (sets of ids), prices (id -> text, or null where all cost the same), choose(id), and
 * handle: a reference by which its owner calls go(id). */
export class SeatPlan extends Component {
    constructor(props) {
        super(props);
        this.layout = layoutOf(props.seats);
        const { seats, chosen } = props;
        const begin = seats.find((s) => chosen.has(s.id)) ?? seats.find((s) => s.state === 'free') ?? seats[0];
        this.state = { current: begin.id, room_px: 0, zoom: 1 }; // current: the one seat that Tab reaches
        this.scroller = createRef();
    }

    componentDidMount() {
        const box = this.scroller.current;
        this.props.handle.current = this;
        this.sizes = new ResizeObserver(() => this.measure());
        this.sizes.observe(box);
        this.measure();
        box.addEventListener('wheel', this.wheel, { passive: false });
        box.addEventListener('touchstart', this.touch, { passive: true });
        box.addEventListener('touchmove', this.pinch, { passive: false });
    }

    componentWillUnmount() {
        this.sizes.disconnect();
    }

    measure() {
        const box = this.scroller.current;
        const first = this.state.room_px === 0;
        if (box.clientWidth === this.state.room_px) return;
        // a wide room begins in the middle of its rows
        this.setState({ room_px: box.clientWidth }, () => { if (first) box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2; });
    }

    /* Pixels a unit, so that the whole room fits, within what hands and eyes need. */
    base() {
        const fit = (this.state.room_px - 44) / (this.layout.width + 2 * MARGIN);
        return Math.min(LARGEST_PX / SEAT, Math.max(SMALLEST_PX / SEAT, fit));
    }

    zoomMin() {
        return Math.min(1, (this.state.room_px - 44) / ((this.layout.width + 2 * MARGIN) * this.base()));
    }

    /* Around a point of the window: what is under it stays there. */
    zoomTo(wanted, point) {
        const box = this.scroller.current, place = box.getBoundingClientRect();
        const zoom = Math.min(ZOOM_MAX, Math.max(this.zoomMin(), wanted));
        const ratio = zoom / this.state.zoom;
        if (ratio === 1) return;
        const x = point ? point.x - place.left : box.clientWidth / 2, y = point ? point.y - place.top : box.clientHeight / 2;
        const left = (box.scrollLeft + x) * ratio - x, top = (box.scrollTop + y) * ratio - y;
        this.setState({ zoom }, () => { box.scrollLeft = left; box.scrollTop = top; });
    }

    wheel = (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoomTo(this.state.zoom * Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY });
    };

    static apart({ touches: [a, b] }) {
        return { far: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 };
    }

    touch = (event) => {
        this.pinched = event.touches.length === 2 ? { far: SeatPlan.apart(event).far, zoom: this.state.zoom } : null;
    };

    pinch = (event) => {
        if (event.touches.length !== 2 || !this.pinched) return;
        event.preventDefault();
        const now = SeatPlan.apart(event);
        this.zoomTo(this.pinched.zoom * now.far / this.pinched.far, now);
    };

    seatNode(id) {
        return this.scroller.current.querySelector(`[data-seat="${id}"]`);
    }

    /* Moves there; the owner of the plan calls it too. */
    go(id = this.state.current) {
        this.setState({ current: id }, () => {
            const node = this.seatNode(id);
            node.focus({ preventScroll: true });
            node.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        });
    }

    walk = (event) => {
        const id = Number(event.target.closest?.('[data-seat]')?.dataset.seat);
        if (!id || event.altKey || event.metaKey) return;
        if (event.key === 'Enter' || event.key === ' ') {
            event.preventDefault();
            this.choose(id);
            return;
        }
        const next = this.neighbour(id, event.key, event.ctrlKey);
        if (next === undefined) return;
        event.preventDefault();
        if (next) this.go(next.id);
    };

    /* The seat that a key leads to; null: there is none, undefined: not such a key. */
    neighbour(id, key, far) {
        const { rows } = this.layout;
        const at = rows.findIndex(({ seats }) => seats.some((s) => s.id === id));
        const row = rows[at].seats, place = row.findIndex((s) => s.id === id);
        const nearest = (other) => other?.seats.reduce((best, s) =>
            (Math.abs(s.seat_number - row[place].seat_number) < Math.abs(best.seat_number - row[place].seat_number) ? s : best)) ?? null;
        if (key === 'ArrowLeft') return row[place - 1] ?? null;
        if (key === 'ArrowRight') return row[place + 1] ?? null;
        if (key === 'ArrowUp') return nearest(rows[at - 1]);
        if (key === 'ArrowDown') return nearest(rows[at + 1]);
        if (key === 'Home') return (far ? rows[0].seats : row)[0];
        if (key === 'End') return (far ? rows.at(-1).seats : row).at(-1);
        return undefined;
    }

    choose(id) {
        this.setState({ current: id });
        this.props.choose(id);
    }

    click = (event) => {
        const id = Number(event.target.closest?.('[data-seat]')?.dataset.seat);
        if (id) this.choose(id);
    };

    grid(scale) {
        const { width, height, rows, x } = this.layout;
        const { seats, prices } = this.props;
        const now = new Map(seats.map((s) => [s.id, s]));
        return (
            <svg class="plan__grid" role="grid" aria-label={t.seatPlan} aria-multiselectable="true" aria-describedby="plan-help"
                viewBox={`${-MARGIN} ${-MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}`}
                width={(width + 2 * MARGIN) * scale} height={(height + 2 * MARGIN) * scale} onKeyDown={this.walk} onClick={this.click}>
                {rows.map((row) => (
                    <g role="row" aria-label={t.row(row.name)} transform={`translate(0 ${row.y})`}>
                        {row.seats.map(({ id, seat_number }) => {
                            const seat = now.get(id);
                            return seat ? <Seat key={id} seat={seat} state={stateOf(seat, this.props)} current={id === this.state.current}
                                price={prices?.get(id)} x={x.get(seat_number)} /> : null;
                        })}
                    </g>
                ))}
            </svg>
        );
    }

    render(_, { room_px, zoom }) {
        const { height, rows } = this.layout;
        const scale = room_px ? this.base() * zoom : SMALLEST_PX / SEAT;
        const button = (name, text, run, off) => (
            <button class="plan__button" type="button" aria-label={text} title={text} aria-disabled={String(off)} onClick={off ? undefined : run}><Icon name={name} /></button>
        );
        const rest = this.zoomMin();
        return (
            <div class="plan">
                <div class="plan__screen">
                    <svg viewBox="0 0 400 26" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                        <path class="plan__light" d="M14 18Q200 -8 386 18L400 26H0Z" /><path class="plan__edge" d="M14 18Q200 -8 386 18" />
                    </svg>
                    <span>{t.screen}</span>
                </div>
                <div class="plan__scroll" ref={this.scroller}>
                    <div class="plan__hall">
                        <Letters rows={rows} height={height} scale={scale} side="left" />
                        {this.grid(scale)}
                        <Letters rows={rows} height={height} scale={scale} side="right" />
                    </div>
                </div>
                <div class="plan__tools" role="group" aria-label={t.zoom}>
                    {button('minus', t.zoomOut, () => this.zoomTo(zoom / ZOOM_STEP), zoom <= rest)}
                    {button('whole', t.zoomWhole, () => this.zoomTo(zoom === rest ? 1 : rest), rest === 1 && zoom === 1)}
                    {button('plus', t.zoomIn, () => this.zoomTo(zoom * ZOOM_STEP), zoom >= ZOOM_MAX)}
                </div>
                <p class="plan__help" id="plan-help">{t.planHelp}</p>
            </div>
        );
    }
}
