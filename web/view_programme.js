/* view_programme.js - what is on: one day with its films and times, or all films to come. */

import { fetchShowtimes } from './api.js';
import { el, icon, notice } from './dom.js';
import {
    dayAfter, dayNumber, dayOf, dayText, momentText, money, monthText, number, past, shortDayText, timeText, today, weekdayText,
} from './house.js';
import { poster } from './poster.js';
import { t } from './texts.js';

const STRIP_DAYS = 8;

export function tabs(which) {
    const tab = (name, href, text) => el('a', { class: 'tab', href, 'aria-current': name === which ? 'page' : null }, text);
    return el('nav', { class: 'tabs', 'aria-label': t.programme }, tab('day', '#/', t.byDay), tab('film', '#/films', t.byFilm));
}

/* "Hoy", "Mañana" or "viernes, 27 de noviembre" */
export function dayName(date) {
    if (date === today()) return t.today;
    if (date === dayAfter(today(), 1)) return t.tomorrow;
    return dayText(date);
}

function dayStrip(chosen) {
    const days = Array.from({ length: STRIP_DAYS }, (_, i) => dayAfter(today(), i));
    if (!days.includes(chosen)) days.push(chosen);
    const other = el('input', {
        type: 'date', value: chosen, min: today(), 'aria-label': t.otherDay, title: t.otherDay,
        on: { change: (event) => { if (event.target.value) location.hash = `#/day/${event.target.value}`; } },
    });
    return el('nav', { class: 'days', 'aria-label': t.days },
        days.map((date) => el('a', {
            class: 'day', href: date === today() ? '#/' : `#/day/${date}`, 'aria-current': date === chosen ? 'date' : null,
        }, el('span', { class: 'day__week' }, date === today() ? t.today : weekdayText(date)),
        el('span', { class: 'day__number' }, dayNumber(date)), el('span', { class: 'day__month' }, monthText(date)))),
        el('label', { class: 'day day--other' }, el('span', { class: 'day__week' }, t.otherDay), other));
}

export function facts(movie) {
    return el('p', { class: 'facts' },
        movie.rating > 0 ? el('span', { class: 'facts__rating' }, icon('star'),
            el('span', { class: 'unseen' }, `${t.rating}: `), number(movie.rating)) : null,
        el('span', {}, t.minutes(movie.duration)),
        movie.genre?.length ? el('span', {}, movie.genre.slice(0, 3).join(', ')) : null,
        movie.releaseDate ? el('span', {}, movie.releaseDate.slice(0, 4)) : null);
}

const salesClosed = (showing) => Boolean(showing.sales_close_at) && past(showing.sales_close_at);

/* One showing as a link; without a link when nothing can be bought. */
export function timeChip(showing, room) {
    const type = room?.screen_type ?? '';
    const closed = salesClosed(showing);
    const early = showing.sales_open_at && !past(showing.sales_open_at);
    const why = closed ? t.salesClosed : early ? t.onSaleFrom(momentText(showing.sales_open_at))
        : past(showing.show_time) ? t.started : null;
    const inside = [el('span', { class: 'chip__time' }, timeText(showing.show_time)),
        el('span', { class: 'chip__room' }, showing.room_name ?? room?.name, type && type !== '2D' ? el('b', { class: `kind kind--${type.toLowerCase()}` }, type) : null),
        el('span', { class: 'chip__price' }, why ?? money(showing.price))];
    if (closed || (early && !showing.waiting_room)) return el('span', { class: 'chip chip--off' }, inside);
    return el('a', { class: 'chip', href: `#/showing/${showing.id}` }, inside);
}

/* Showings under their films, films by their first time. */
function byFilm(showings) {
    const films = new Map();
    for (const s of showings) {
        if (!films.has(s.movie_id)) films.set(s.movie_id, { movie: s.movie, showings: [] });
        films.get(s.movie_id).showings.push(s);
    }
    return [...films.values()];
}

function filmOfDay({ movie, showings }) {
    const id = `film-${movie._id}`;
    return el('li', {}, el('article', { class: 'film', 'aria-labelledby': id },
        el('a', { class: 'film__poster', href: `#/film/${movie._id}`, tabindex: '-1', 'aria-hidden': 'true' }, poster(movie.title)),
        el('div', { class: 'film__body' },
            el('h2', { class: 'film__title', id }, el('a', { href: `#/film/${movie._id}` }, movie.title)),
            facts(movie),
            el('p', { class: 'film__about' }, movie.description),
            el('ul', { class: 'chips' }, showings.map((s) => el('li', {}, timeChip(s, s.room)))))));
}

async function emptyDay(date, signal) {
    const from = date < today() ? today() : dayAfter(date, 1);
    const next = (await fetchShowtimes({ from, limit: 100 }, signal)).find((s) => !salesClosed(s));
    if (!next) return notice('plain', t.nothingOn, t.nothingAhead);
    const day = dayOf(next.show_time);
    return notice('plain', t.nothingOn, null, el('p', {}, el('a', { href: `#/day/${day}` }, t.nextOn(dayText(day)))));
}

export async function programmeView({ params: [asked], signal }) {
    const date = /^\d{4}-\d\d-\d\d$/.test(asked ?? '') ? asked : today();
    const showings = (await fetchShowtimes({ date }, signal)).filter((s) => !salesClosed(s));
    const heading = t.whatsOn(dayName(date) === dayText(date) ? dayText(date) : dayName(date).toLowerCase());
    return {
        title: t.programme,
        node: el('div', { class: 'page' },
            el('div', { class: 'page__head' }, el('h1', { tabindex: '-1', 'aria-label': heading }, t.programme), tabs('day')),
            dayStrip(date),
            el('p', { class: 'page__day' }, dayText(date)),
            showings.length ? el('ul', { class: 'films' }, byFilm(showings).map(filmOfDay)) : await emptyDay(date, signal)),
    };
}

function filmCard({ movie, showings: [first] }) {
    const day = dayOf(first.show_time);
    const when = day === today() ? `${t.today.toLowerCase()} ${timeText(first.show_time)}` : shortDayText(day);
    return el('li', {}, el('a', { class: 'card', href: `#/film/${movie._id}` }, poster(movie.title),
        el('span', { class: 'card__title' }, movie.title),
        el('span', { class: 'card__when' }, t.from(when))));
}

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export async function filmsView({ signal }) {
    const films = byFilm((await fetchShowtimes({}, signal)).filter((s) => !salesClosed(s)))
        .sort((a, b) => a.movie.title.localeCompare(b.movie.title));
    const list = el('ul', { class: 'cards' });
    const found = el('p', { class: 'found', role: 'status' });
    function show(wanted) {
        const words = plain(wanted).split(/\s+/).filter(Boolean);
        const some = films.filter(({ movie }) => {
            const text = plain([movie.title, movie.director, ...(movie.cast ?? []), ...(movie.genre ?? [])].join(' '));
            return words.every((word) => text.includes(word));
        });
        list.replaceChildren(...some.map(filmCard));
        found.textContent = films.length === 0 ? t.nothingAhead : some.length === 0 ? t.noFilm : t.filmsFound(some.length);
    }
    show('');
    return {
        title: t.programme,
        node: el('div', { class: 'page' },
            el('div', { class: 'page__head' }, el('h1', { tabindex: '-1' }, t.programme), tabs('film')),
            el('label', { class: 'search' }, el('span', { class: 'unseen' }, t.search),
                el('input', { type: 'search', placeholder: t.search, autocomplete: 'off', on: { input: (e) => show(e.target.value) } })),
            found, list),
    };
}
