/* frame.jsx - what is around every view: the house's name, menu and language; and which view an address shows. */

import { Fragment, render } from 'preact';
import { fetchHouse } from './api.js';
import { houseKnown, localeFor, theHouse } from './house.js';
import { keepLanguage, keptLanguage } from './kept.js';
import { explain, language, languages, speak, t } from './language.js';
import { Heading, Icon, Notice } from './parts.jsx';

const PAINTED_MS = 200;
const LOADING_MS = 200; // shorter waits show nothing, so that nothing flickers

const main = document.getElementById('main');
let page;       // what run() was given
let leaving = new AbortController();
let turn = 0;   // of views shown: each is made anew
let shown_once = false; // the first view leaves the focus to the browser

/* What came with the page is no view: nothing of it may become part of one. */
let emptied = false;
function draw(node) {
    if (!emptied) main.replaceChildren();
    emptied = true;
    if (node) render(node, main);
}

const put = (id, node) => render(node, document.getElementById(id));

/* Another view has this address, or the same anew. */
export const showAgain = () => window.dispatchEvent(new Event('hashchange'));

function MenuLink({ href, text, picture, here }) {
    return <a href={href} aria-current={here ? 'page' : undefined} aria-label={text}><Icon name={picture} /><span>{text}</span></a>;
}

function Tongues() {
    return Object.entries(languages).map(([code, name]) => (
        <button type="button" lang={code} aria-label={`${code.toUpperCase()}, ${name}`} title={name} data-language={code}
            aria-pressed={String(code === language)} onClick={() => choose(code)}>{code.toUpperCase()}</button>
    ));
}

function frame() {
    const { cinemaName } = theHouse();
    const path = location.hash.slice(1);
    document.getElementById('brand').textContent = cinemaName;
    document.getElementById('skip').textContent = t.skip;
    document.getElementById('nav').setAttribute('aria-label', t.menu);
    document.getElementById('tongues').setAttribute('aria-label', t.language);
    put('nav', page.menu(path).map((link) => <MenuLink {...link} />));
    put('tongues', <Tongues />);
}

function foot() {
    const node = document.getElementById('foot');
    node.textContent = t.footer(theHouse().cinemaName);
    node.hidden = false;
}

function choose(code) {
    keepLanguage(code);
    speak(code);
    localeFor(code);
    show({ keepFocus: true });
}

function nothingHere() {
    return { title: t.notFound, node: (
        <div class="page page--narrow">
            <Heading>{t.notFound}</Heading>
            <p class="lead">{t.notFoundWhy}</p>
            <p><a class="go" href="#/">{t.toStart}</a></p>
        </div>
    ) };
}

function failed(problem) {
    const [heading, sentence] = problem.status === 404 ? [t.notFound, t.errors.not_found] : explain(problem);
    return { title: heading, node: (
        <div class="page page--narrow">
            <Heading class="unseen">{heading}</Heading>
            <Notice kind="bad" heading={heading} sentence={sentence}>
                <p class="row">
                    <button class="go" type="button" onClick={() => show()}>{t.again}</button>
                    <a class="quiet" href="#/">{t.toStart}</a>
                </p>
            </Notice>
        </div>
    ) };
}

async function viewFor(signal) {
    const path = decodeURI(location.hash.slice(1)) || '/';
    for (const [form, view] of page.routes) {
        const match = form.exec(path);
        if (match) return view({ params: match.slice(1), signal });
    }
    return nothingHere();
}

async function show({ keepFocus = false } = {}) {
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    frame();
    const slow = setTimeout(() => {
        main.setAttribute('aria-busy', 'true');
        if (!keepFocus) draw(<p class="page loading">{t.loading}</p>);
    }, LOADING_MS);
    let view;
    try {
        view = await viewFor(signal);
    } catch (problem) {
        if (signal.aborted) return;
        if (problem.status === undefined) console.warn(problem);
        view = failed(problem);
    } finally {
        clearTimeout(slow);
    }
    if (signal.aborted) return;
    main.removeAttribute('aria-busy');
    draw(<Fragment key={++turn}>{view.node}</Fragment>);
    document.title = `${view.title} · ${theHouse().cinemaName}`;
    foot();
    if (keepFocus) return;
    window.scrollTo(0, 0);
    if (shown_once) main.querySelector('h1')?.focus({ preventScroll: true });
    shown_once = true;
}

/* When what came with the page can be read: drawing the view keeps the browser from showing it. A page that nobody sees is never painted. */
const painted = () => new Promise((done) => {
    new PerformanceObserver(done).observe({ type: 'paint', buffered: true });
    setTimeout(done, PAINTED_MS);
});

/* Starts the page. routes: [pattern of the address, async view({ params, signal }) -> { title, node }]; menu(path): links
 * { href, text, picture, here }. `signal` aborts when the view is left. */
export async function run({ routes, menu }) {
    page = { routes, menu };
    if (location.hash.length > '#/'.length) draw(null); // films of today are not what is wanted
    else if (document.getElementById('first')?.firstChild) await painted();
    speak(keptLanguage() ?? 'es');
    try {
        houseKnown(await fetchHouse());
    } catch (problem) {
        console.warn(problem); // the view says what is wrong, if it still is
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
