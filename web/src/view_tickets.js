/* view_tickets.js - what was bought with this browser. */

import { el, icon } from './dom.js';
import { dayText, timeText } from './house.js';
import { forgetTicket, keptTickets } from './kept.js';
import { poster } from './poster.js';
import { t } from './texts.js';

function ticketLine(ticket, forgotten) {
    return el('li', { class: 'mine' },
        el('a', { class: 'mine__link', href: `#/reservation/${ticket.id}/${ticket.code}` },
            el('span', { class: 'mine__poster' }, poster(ticket.title)),
            el('span', { class: 'mine__body' },
                el('span', { class: 'mine__title' }, ticket.title),
                el('span', {}, `${dayText(ticket.showTime)}, ${timeText(ticket.showTime)} · ${ticket.room}`),
                el('span', { class: `state state--${ticket.status.toLowerCase()}` }, `${t.status[ticket.status]} · ${t.number} ${ticket.id}`))),
        el('button', { class: 'picked__drop', type: 'button', 'aria-label': t.forgetOne(ticket.id), title: t.forget,
            on: { click: () => { forgetTicket(ticket.id); forgotten(); } } }, icon('cross')));
}

export async function ticketsView() {
    const heading = el('h1', { tabindex: '-1' }, t.myTickets);
    const node = el('div', { class: 'page page--narrow' });
    function paint() {
        const tickets = keptTickets();
        node.replaceChildren(heading,
            el('p', { class: 'lead' }, tickets.length ? t.ticketsWhy : t.noTicketsWhy),
            tickets.length ? el('ul', { class: 'mines' }, tickets.map((one) => ticketLine(one, () => { paint(); heading.focus(); })))
                : el('p', {}, el('a', { class: 'go', href: '#/' }, t.toProgramme)));
    }
    paint();
    return { title: t.myTickets, node };
}
