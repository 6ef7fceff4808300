/* view_ticket.jsx - the ticket of a reservation that is paid: what it is for, to print, to keep, to put into a calendar, to cancel. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { money, shortDayText, theHouse, timeText } from './house.js';
import { language, t } from './language.js';
import { Icon, Notice } from './parts.jsx';
import { Poster } from './poster.jsx';

export const seatsText = (reservation) => reservation.reservedSeats.map((s) => t.seatShort(s.rowNumber, s.seatNumber)).join(', ');
export const roomText = (showing) => showing.room_name ?? showing.room?.name ?? '';
export const filmTitle = (showing) => showing.movie?.title ?? '';

const Fact = ({ name, value, kind = '' }) => <div class={`stub__fact ${kind}`}><dt>{name}</dt><dd>{value}</dd></div>;

function Stub({ reservation, showing }) {
    const type = showing.room?.screen_type;
    return (
        <article class="stub" aria-label={t.ticket}>
            <div class="stub__poster"><Poster title={filmTitle(showing)} url={showing?.movie?.posterUrl} /></div>
            <div class="stub__main">
                <p class="over">{theHouse().cinemaName}</p>
                <h2>{filmTitle(showing)}</h2>
                <dl class="stub__facts">
                    <Fact name={t.date} value={shortDayText(showing.show_time)} />
                    <Fact name={t.time} value={timeText(showing.show_time)} kind="stub__fact--big" />
                    <Fact name={t.room} value={type && type !== '2D' ? `${roomText(showing)} · ${type}` : roomText(showing)} />
                    <Fact name={t.seats} value={seatsText(reservation)} kind="stub__fact--big" />
                </dl>
            </div>
            <dl class="stub__end">
                <Fact name={t.number} value={String(reservation.id)} kind="stub__fact--number" />
                <Fact name={t.price} value={money(reservation.totalAmount)} />
                {reservation.user?.name ? <Fact name={t.holder} value={reservation.user.name} /> : null}
            </dl>
        </article>
    );
}

/* Asks before it is done; Escape and the first button do nothing. */
function Ask({ amount, close, cancel }) {
    const dialog = useRef();
    useEffect(() => dialog.current.showModal(), []);
    return (
        <dialog class="ask" aria-labelledby="ask" ref={dialog} onClose={close}>
            <h2 id="ask">{t.cancelSure}</h2>
            <p>{t.cancelSureWhy(money(amount))}</p>
            <div class="row">
                <button class="quiet" type="button" autofocus onClick={() => dialog.current.close()}>{t.cancelNo}</button>
                <button class="go go--bad" type="button" onClick={() => { dialog.current.close(); cancel(); }}>{t.cancelYes}</button>
            </div>
        </dialog>
    );
}

/* Its codes, as the house prints them: fetched when they are wanted. */
function Codes({ address }) {
    const [shown, show] = useState(false);
    const [failed, fail] = useState(false);
    return (
        <details class="codes" onToggle={(event) => show(event.currentTarget.open)}>
            <summary><Icon name="code" />{t.showCodes}</summary>
            {failed ? <p class="form__why">{t.codesFailed}</p>
                : shown ? <img class="codes__picture" src={address('svg')} alt={t.codesSaid} width={320} height={480} onError={() => fail(true)} /> : null}
        </details>
    );
}

export function Ticket({ reservation, showing, code, alert, working, cancel }) {
    const [asking, ask] = useState(false);
    const button = useRef();
    const address = (ending) => `/api/reservations/${reservation.id}/ticket.${ending}?code=${encodeURIComponent(code)}&lang=${language}`;
    const close = () => {
        ask(false);
        button.current?.focus();
    };
    return <>
        <div class="done"><Icon name="check" /><div><h1 tabIndex={-1}>{t.paid}</h1><p>{t.paidWhy}</p></div></div>
        <Stub reservation={reservation} showing={showing} />
        <div class="alerts">{alert ? <Notice kind="bad" {...alert} /> : null}</div>
        <Codes address={address} />
        <div class="row row--acts">
            <a class="quiet" href={address('pdf')} download={`ticket-${reservation.id}.pdf`}><Icon name="download" />{t.ticketPdf}</a>
            <a class="quiet" href={address('ics')} download={`ticket-${reservation.id}.ics`}><Icon name="calendar" />{t.toCalendar}</a>
            <button class="quiet" type="button" onClick={() => window.print()}><Icon name="print" />{t.print}</button>
            <a class="quiet" href="#/">{t.toStart}</a>
            <button class="quiet quiet--bad" type="button" ref={button} aria-disabled={String(Boolean(working))}
                onClick={() => { if (!working) ask(true); }}>{working === 'cancel' ? t.cancelling : t.cancel}</button>
        </div>
        <p class="form__why">{t.keepCode(reservation.id, code)}</p>
        {asking ? <Ask amount={reservation.totalAmount} close={close} cancel={cancel} /> : null}
    </>;
}
