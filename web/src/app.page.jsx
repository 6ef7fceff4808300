/* app.page.jsx - the visitors' pages. */

import { run } from './frame.jsx';
import { t, useTexts } from './language.js';
import en from './texts/visitors.en.js';
import es from './texts/visitors.es.js';
import { filmView } from './view_film.jsx';
import { filmsView, programmeView } from './view_programme.jsx';
import { reservationView } from './view_reservation.jsx';
import { showingView } from './view_showing.jsx';
import { ticketsView } from './view_tickets.jsx';

useTexts({ es, en });
run({
    routes: [
        [/^\/?$/, programmeView],
        [/^\/day\/([\d-]+)$/, programmeView],
        [/^\/films$/, filmsView],
        [/^\/film\/(\w+)(?:\/([\d-]+))?$/, filmView],
        [/^\/showing\/(\d+)$/, showingView],
        [/^\/reservation\/(\d+)(?:\/(\w*))?$/, reservationView],
        [/^\/tickets$/, ticketsView],
    ],
    menu: (path) => [{ href: '#/tickets', text: t.myTickets, picture: 'ticket', here: path.startsWith('/tickets') }],
});
