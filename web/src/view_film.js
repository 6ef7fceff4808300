/* view_film.js - one film: what it is, and its showings by day. */

import { fetchFilm } from './api.js';
import { el, icon, notice } from './dom.js';
import { dayOf, dayText } from './house.js';
import { poster } from './poster.js';
import { t } from './texts.js';
import { dayName, facts, timeChip } from './view_programme.js';

function byDay(showings) {
    const days = new Map();
    for (const s of showings) {
        const day = dayOf(s.show_time);
        if (!days.has(day)) days.set(day, []);
        days.get(day).push(s);
    }
    return [...days];
}

export const backLink = (href, text) => el('a', { class: 'back', href }, icon('back'), text);

export async function filmView({ params: [id], signal }) {
    const { movie, schedules } = await fetchFilm(id, signal);
    const days = byDay(schedules.filter((s) => s.is_active));
    return {
        title: movie.title,
        node: el('div', { class: 'page' },
            backLink('#/films', t.programme),
            el('article', { class: 'one' },
                el('div', { class: 'one__poster' }, poster(movie.title)),
                el('div', { class: 'one__body' },
                    el('h1', { tabindex: '-1' }, movie.title), facts(movie),
                    el('p', { class: 'one__about' }, movie.description),
                    el('dl', { class: 'people' },
                        el('div', {}, el('dt', {}, t.directedBy), el('dd', {}, movie.director)),
                        movie.cast?.length ? el('div', {}, el('dt', {}, t.cast), el('dd', {}, movie.cast.join(', '))) : null)),
                el('section', { class: 'one__showings', 'aria-labelledby': 'showings' },
                    el('h2', { id: 'showings' }, t.showings),
                    days.length ? days.map(([day, showings]) => el('div', { class: 'when' },
                        el('h3', {}, dayName(day), dayName(day) === dayText(day) ? null : el('span', { class: 'when__date' }, dayText(day))),
                        el('ul', { class: 'chips' }, showings.map((s) => el('li', {}, timeChip(s, s.room))))))
                        : notice('plain', t.noShowings)))),
    };
}
