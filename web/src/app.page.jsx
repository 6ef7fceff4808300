/* app.js - the page's frame: language, menu, and which view an address shows. */

import { fetchHouse } from './api.js';
import { el, icon, notice } from './dom.js';
import { houseKnown, localeFor, theHouse } from './house.js';
import { keepLanguage, keptLanguage } from './kept.js';
import { explain, language, languages, speak, t } from './texts.js';
import { filmView } from './view_film.js';
import { filmsView, programmeView } from './view_programme.js';
import { reservationView } from './view_reservation.js';
import { showingView } from './view_showing.js';
import { ticketsView } from './view_tickets.js';

const ROUTES = [
    [/^\/?$/, programmeView],
    [/^\/day\/([\d-]+)$/, programmeView],
    [/^\/films$/, filmsView],
    [/^\/film\/(\w+)$/, filmView],
    [/^\/showing\/(\d+)$/, showingView],
    [/^\/reservation\/(\d+)(?:\/(\w*))?$/, reservationView],
    [/^\/tickets$/, ticketsView],
];

const LOADING_MS = 200; // shorter waits show nothing, so that nothing flickers

const main = document.getElementById('main');
let leaving = new AbortController();

function frame() {
    const { cinemaName } = theHouse();
    const path = location.hash.slice(1);
    document.getElementById('brand').textContent = cinemaName;
    document.getElementById('skip').textContent = t.skip;
    document.getElementById('foot').textContent = t.footer(cinemaName);
    const link = (href, text, picture, here) => el('a', { href, 'aria-current': here ? 'page' : null, 'aria-label': text },
        picture ? icon(picture) : null, el('span', {}, text));
    const nav = document.getElementById('nav');
    nav.setAttribute('aria-label', t.menu);
    nav.replaceChildren(link('#/tickets', t.myTickets, 'ticket', path.startsWith('/tickets')));
    const tongues = document.getElementById('tongues');
    tongues.setAttribute('aria-label', t.language);
    if (!tongues.childElementCount) {
        tongues.append(...Object.entries(languages).map(([code, name]) => el('button', {
            type: 'button', lang: code, 'aria-label': `${code.toUpperCase()}, ${name}`, title: name,
            data: { language: code }, on: { click: () => choose(code) },
        }, code.toUpperCase())));
    }
    for (const button of tongues.children) button.setAttribute('aria-pressed', String(button.dataset.language === language));
}

function choose(code) {
    keepLanguage(code);
    speak(code);
    localeFor(code);
    show({ keepFocus: true });
}

function notFoundView() {
    return { title: t.notFound, node: el('div', { class: 'page page--narrow' }, el('h1', { tabindex: '-1' }, t.notFound),
        el('p', { class: 'lead' }, t.notFoundWhy), el('p', {}, el('a', { class: 'go', href: '#/' }, t.toProgramme))) };
}

function failedView(problem) {
    const [heading, sentence] = problem.status === 404 ? [t.notFound, t.errors.not_found] : explain(problem);
    return { title: heading, node: el('div', { class: 'page page--narrow' },
        el('h1', { class: 'unseen', tabindex: '-1' }, heading),
        notice('bad', heading, sentence, el('p', { class: 'row' },
            el('button', { class: 'go', type: 'button', on: { click: () => show() } }, t.again),
            el('a', { class: 'quiet', href: '#/' }, t.toProgramme)))) };
}

async function viewFor(signal) {
    const path = decodeURI(location.hash.slice(1)) || '/';
    for (const [form, view] of ROUTES) {
        const match = form.exec(path);
        if (match) return view({ params: match.slice(1), signal });
    }
    return notFoundView();
}

async function show({ keepFocus = false } = {}) {
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    frame();
    const slow = setTimeout(() => {
        main.setAttribute('aria-busy', 'true');
        if (!keepFocus) main.replaceChildren(el('p', { class: 'page loading' }, t.loading));
    }, LOADING_MS);
    let view;
    try {
        view = await viewFor(signal);
    } catch (problem) {
        if (signal.aborted) return;
        if (problem.status === undefined) console.warn(problem);
        view = failedView(problem);
    } finally {
        clearTimeout(slow);
    }
    if (signal.aborted) return;
    main.removeAttribute('aria-busy');
    main.replaceChildren(view.node);
    document.title = `${view.title} · ${theHouse().cinemaName}`;
    view.shown?.();
    if (keepFocus) return;
    window.scrollTo(0, 0);
    if (shown_once) main.querySelector('h1')?.focus({ preventScroll: true });
    shown_once = true;
}
let shown_once = false; // the first page leaves the focus to the browser

async function start() {
    speak(keptLanguage() ?? 'es');
    try {
        houseKnown(await fetchHouse());
    } catch (problem) {
        console.warn(problem); // the programme says what is wrong, if it still is
    }
    speak(keptLanguage() ?? theHouse().language);
    localeFor(language);
    window.addEventListener('hashchange', () => show());
    document.getElementById('skip').addEventListener('click', (event) => {
        event.preventDefault(); // the hash is the address of a view here
        main.focus();
    });
    await show();
}

start();
