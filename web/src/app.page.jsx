/* app.page.jsx - the visitors' pages. What is on comes at once; seats and tickets come while one reads it. */

import { run } from './frame.jsx';
import { t, useTexts } from './language.js';
import en from './texts/visitors.en.js';
import es from './texts/visitors.es.js';
import { filmView } from './view_film.jsx';
import { filmsView, programmeView } from './view_programme.jsx';

const buying = () => import('./buying.js');
const later = (name) => async (asked) => (await buying())[name](asked);

useTexts({ es, en });
await run({
    routes: [
        [/^\/?$/, programmeView],
        [/^\/day\/([\d-]+)$/, programmeView],
        [/^\/films$/, filmsView],
        [/^\/film\/(\w+)(?:\/([\d-]+))?$/, filmView],
        [/^\/showing\/(\d+)$/, later('showingView')],
        [/^\/reservation\/(\d+)(?:\/(\w*))?$/, later('reservationView')],
        [/^\/tickets$/, later('ticketsView')],
    ],
    menu: (path) => [{ href: '#/tickets', text: t.myTickets, picture: 'ticket', here: path.startsWith('/tickets') }],
});
(window.requestIdleCallback ?? setTimeout)(() => buying().catch(() => {})); // if it does not come now, it will when it is wanted
