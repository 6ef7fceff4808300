/* view_tickets.jsx - what was bought with this browser, and any reservation by its number and code. */

import { useRef, useState } from 'preact/hooks';
import { dayText, timeText } from './house.js';
import { forgetTicket, keptTickets } from './kept.js';
import { t } from './language.js';
import { Field, Heading, Icon } from './parts.jsx';
import { Poster } from './poster.jsx';

function TicketLine({ ticket, onForget }) {
    return (
        <li class="mine">
            <a class="mine__link" href={`#/reservation/${ticket.id}/${ticket.code}`}>
                <span class="mine__poster"><Poster title={ticket.title} /></span>
                <span class="mine__body">
                    <span class="mine__title">{ticket.title}</span>
                    <span>{`${dayText(ticket.showTime)}, ${timeText(ticket.showTime)} · ${ticket.room}`}</span>
                    <span class={`state state--${ticket.status.toLowerCase()}`}>{`${t.status[ticket.status]} · ${t.number} ${ticket.id}`}</span>
                </span>
            </a>
            <button class="picked__drop" type="button" aria-label={t.forgetOne(ticket.id)} title={t.forget} onClick={onForget}><Icon name="cross" /></button>
        </li>
    );
}

/* Bought elsewhere: with the number and the code that the ticket has. */
function Find() {
    const [wrong, judge] = useState({});
    function find(event) {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const id = form.get('number').trim(), code = form.get('code').trim();
        const bad = { number: /^\d{1,15}$/.test(id) ? null : t.numberWrong, code: /^\w{8,64}$/.test(code) ? null : t.codeWrong };
        judge(bad);
        if (bad.number || bad.code) event.currentTarget.elements[bad.number ? 'number' : 'code'].focus();
        else location.hash = `#/reservation/${id}/${code}`;
    }
    return (
        <form class="find" noValidate onSubmit={find} aria-labelledby="find">
            <h2 id="find">{t.findTicket}</h2>
            <p class="form__why">{t.findTicketWhy}</p>
            <div class="find__fields">
                <Field name="number" label={t.reservationNumber} wrong={wrong.number} inputmode="numeric" autocomplete="off" />
                <Field name="code" label={t.accessCode} wrong={wrong.code} autocomplete="off" autocapitalize="none" spellcheck={false} />
                <button class="go" type="submit">{t.find}</button>
            </div>
        </form>
    );
}

function Tickets() {
    const [tickets, set] = useState(keptTickets());
    const heading = useRef();
    const forget = (id) => {
        forgetTicket(id);
        set(keptTickets());
        heading.current.focus();
    };
    return (
        <div class="page page--narrow">
            <h1 tabIndex={-1} ref={heading}>{t.myTickets}</h1>
            <p class="lead">{tickets.length ? t.ticketsWhy : t.noTicketsWhy}</p>
            {tickets.length ? <ul class="mines">{tickets.map((one) => <TicketLine key={one.id} ticket={one} onForget={() => forget(one.id)} />)}</ul>
                : <p><a class="go" href="#/">{t.toStart}</a></p>}
            <Find />
        </div>
    );
}

export async function ticketsView() {
    return { title: t.myTickets, node: <Tickets /> };
}
