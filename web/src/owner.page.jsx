/* owner.page.jsx - the page of whom the house belongs to: what it earns, how full it is, whether it is well. */

import { run } from './frame.jsx';
import { t, useTexts } from './language.js';
import { dayView } from './owner_day.jsx';
import { figuresView } from './owner_figures.jsx';
import { servicesView } from './owner_services.jsx';
import { curveView, showingsView } from './owner_showings.jsx';
import { guarded } from './staff_gate.jsx';
import en from './texts/owner.en.js';
import es from './texts/owner.es.js';

useTexts({ es, en });
run({
    routes: [
        [/^\/?$/, guarded(figuresView)],
        [/^\/day(?:\/([\d-]+))?$/, guarded(dayView)],
        [/^\/showings(?:\/([\d-]+))?$/, guarded(showingsView)],
        [/^\/showing\/(\d+)$/, guarded(curveView)],
        [/^\/services$/, guarded(servicesView)],
    ],
    menu: (path) => [
        { href: '#/', text: t.figures, picture: 'chart', here: path === '' || path === '/' },
        { href: '#/day', text: t.daySheet, picture: 'calendar', here: path.startsWith('/day') },
        { href: '#/showings', text: t.showings, picture: 'ticket', here: path.startsWith('/showing') },
        { href: '#/services', text: t.services, picture: 'pulse', here: path === '/services' },
    ],
});
