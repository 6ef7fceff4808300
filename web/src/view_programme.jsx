/* view_programme.jsx - what is on: one day with its films and times, or all films to come; both searched as one types. */

import { useEffect, useState } from 'preact/hooks';
import { fetchShowtimes } from './api.js';
import {
    dayAfter, dayNumber, dayOf, dayText, momentText, money, monthText, number, past, shortDayText, timeText, today, weekdayText,
} from './house.js';
import { t } from './language.js';
import { scarce, useLeft } from './left.jsx';
import { Heading, Icon, Kind, Notice } from './parts.jsx';
import { Poster } from './poster.jsx';

const STRIP_DAYS = 8;

function Tabs({ which }) {
    const tab = (name, href, text) => <a class="tab" href={href} aria-current={name === which ? 'page' : undefined}>{text}</a>;
    return <nav class="tabs" aria-label={t.programme}>{tab('day', '#/', t.byDay)}{tab('film', '#/films', t.byFilm)}</nav>;
}

/* "Hoy", "Mañana" or "viernes, 27 de noviembre" */
export function dayName(date) {
    if (date === today()) return t.today;
    if (date === dayAfter(today(), 1)) return t.tomorrow;
    return dayText(date);
}

function DayStrip({ chosen }) {
    const days = Array.from({ length: STRIP_DAYS }, (_, i) => dayAfter(today(), i));
    if (!days.includes(chosen)) days.push(chosen);
    return (
        <nav class="days" aria-label={t.days}>
            {days.map((date) => (
                <a class="day" href={date === today() ? '#/' : `#/day/${date}`} aria-current={date === chosen ? 'date' : undefined}>
                    <span class="day__week">{date === today() ? t.today : weekdayText(date)}</span>
                    <span class="day__number">{dayNumber(date)}</span><span class="day__month">{monthText(date)}</span>
                </a>
            ))}
            <label class="day day--other">
                <span class="day__week">{t.otherDay}</span>
                <input type="date" value={chosen} min={today()} aria-label={t.otherDay} title={t.otherDay}
                    onChange={(event) => { if (event.target.value) location.hash = `#/day/${event.target.value}`; }} />
            </label>
        </nav>
    );
}

export function Facts({ movie }) {
    return (
        <p class="facts">
            {movie.rating > 0 ? <span class="facts__rating"><Icon name="star" /><span class="unseen">{`${t.rating}: `}</span>{number(movie.rating)}</span> : null}
            <span>{t.minutes(movie.duration)}</span>
            {movie.genre?.length ? <span>{movie.genre.slice(0, 3).join(', ')}</span> : null}
            {movie.releaseDate ? <span>{movie.releaseDate.slice(0, 4)}</span> : null}
        </p>
    );
}

export const salesClosed = (showing) => Boolean(showing.sales_close_at) && past(showing.sales_close_at);

/* One showing as a link; without a link when nothing can be bought. `left`: what useLeft knows of it. */
export function TimeChip({ showing, left }) {
    const { room } = showing;
    const closed = salesClosed(showing);
    const early = showing.sales_open_at && !past(showing.sales_open_at);
    const few = closed || early ? null : scarce(left);
    const said = closed ? t.salesClosed : early ? t.onSaleFrom(momentText(showing.sales_open_at))
        : few === 'none' ? t.soldOutShort : few === 'few' ? t.fewLeft(left.free)
            : past(showing.show_time) ? t.started : money(showing.price);
    const inside = <>
        <span class="chip__time">{timeText(showing.show_time)}</span>
        <span class="chip__room">{showing.room_name ?? room?.name}<Kind type={room?.screen_type} /></span>
        <span class={`chip__price${few ? ` chip__price--${few}` : ''}`}>{said}</span>
    </>;
    if (closed || (early && !showing.waiting_room) || few === 'none') return <span class="chip chip--off" data-showing={showing.id}>{inside}</span>;
    return <a class="chip" href={`#/showing/${showing.id}`} data-showing={showing.id}>{inside}</a>;
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

// --- search ---

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/* Films in whose title, people or genres every word typed begins or stands somewhere. */
function found(films, wanted) {
    const words = plain(wanted).split(/\s+/).filter(Boolean);
    return films.filter(({ movie }) => {
        const text = plain([movie.title, movie.director, ...(movie.cast ?? []), ...(movie.genre ?? [])].join(' '));
        return words.every((word) => text.includes(word));
    });
}

const AT_ONCE = 4; // films that a window shows before one scrolls

/* The first of a list, and all once these have been painted: so there is something to read sooner. */
function useGrowing(list) {
    const [all, showAll] = useState(list.length <= AT_ONCE);
    useEffect(() => {
        if (all) return undefined;
        const painted = requestAnimationFrame(() => setTimeout(() => showAll(true)));
        return () => cancelAnimationFrame(painted);
    }, []);
    return all ? list : list.slice(0, AT_ONCE);
}

function Search({ wanted, onWant }) {
    return (
        <label class="search">
            <span class="unseen">{t.search}</span>
            <input type="search" placeholder={t.search} autocomplete="off" value={wanted} onInput={(event) => onWant(event.target.value)} />
        </label>
    );
}

// --- a day ---

function FilmOfDay({ film: { movie, showings }, left }) {
    const id = `film-${movie._id}`;
    return (
        <li>
            <article class="film" aria-labelledby={id}>
                <a class="film__poster" href={`#/film/${movie._id}`} tabIndex={-1} aria-hidden="true"><Poster title={movie.title} url={movie.posterUrl} /></a>
                <div class="film__body">
                    <h2 class="film__title" id={id}><a href={`#/film/${movie._id}`}>{movie.title}</a></h2>
                    <Facts movie={movie} />
                    <p class="film__about">{movie.description}</p>
                    <ul class="chips">{showings.map((s) => <li key={s.id}><TimeChip showing={s} left={left.get(s.id)} /></li>)}</ul>
                </div>
            </article>
        </li>
    );
}

function EmptyDay({ next }) {
    if (!next) return <Notice heading={t.nothingOn} sentence={t.nothingAhead} />;
    const day = dayOf(next.show_time);
    return <Notice heading={t.nothingOn}><p><a href={`#/day/${day}`}>{t.nextOn(dayText(day))}</a></p></Notice>;
}

function Day({ date, films, next }) {
    const [wanted, want] = useState('');
    const left = useLeft({ date });
    const some = useGrowing(found(films, wanted));
    const name = dayName(date);
    return (
        <div class="page">
            <div class="page__head">
                <Heading aria-label={t.whatsOn(name === dayText(date) ? name : name.toLowerCase())}>{t.programme}</Heading>
                <Tabs which="day" />
            </div>
            <DayStrip chosen={date} />
            <div class="page__find"><p class="page__day">{dayText(date)}</p>{films.length ? <Search wanted={wanted} onWant={want} /> : null}</div>
            <p class={wanted ? 'found' : 'unseen'} role="status">{!wanted ? '' : some.length ? t.filmsFound(some.length) : t.noFilm}</p>
            {films.length ? <ul class="films">{some.map((film) => <FilmOfDay key={film.movie._id} film={film} left={left} />)}</ul> : <EmptyDay next={next} />}
        </div>
    );
}

export async function programmeView({ params: [asked], signal }) {
    const date = /^\d{4}-\d\d-\d\d$/.test(asked ?? '') ? asked : today();
    const sold = (list) => list.filter((s) => !salesClosed(s));
    const showings = sold(await fetchShowtimes({ date }, signal));
    const from = date < today() ? today() : dayAfter(date, 1);
    const next = showings.length ? null : sold(await fetchShowtimes({ from, limit: 100 }, signal))[0];
    return { title: t.programme, node: <Day date={date} films={byFilm(showings)} next={next} /> };
}

// --- all films ---

function FilmCard({ film: { movie, showings: [first] } }) {
    const day = dayOf(first.show_time);
    const when = day === today() ? `${t.today.toLowerCase()} ${timeText(first.show_time)}` : shortDayText(day);
    return (
        <li>
            <a class="card" href={`#/film/${movie._id}`}>
                <Poster title={movie.title} url={movie.posterUrl} />
                <span class="card__title">{movie.title}</span>
                <span class="card__when">{t.from(when)}</span>
            </a>
        </li>
    );
}

function Films({ films }) {
    const [wanted, want] = useState('');
    const some = found(films, wanted);
    return (
        <div class="page">
            <div class="page__head"><Heading>{t.programme}</Heading><Tabs which="film" /></div>
            <Search wanted={wanted} onWant={want} />
            <p class="found" role="status">{films.length === 0 ? t.nothingAhead : some.length === 0 ? t.noFilm : t.filmsFound(some.length)}</p>
            <ul class="cards">{some.map((film) => <FilmCard key={film.movie._id} film={film} />)}</ul>
        </div>
    );
}

export async function filmsView({ signal }) {
    const showings = (await fetchShowtimes({}, signal)).filter((s) => !salesClosed(s));
    const films = byFilm(showings).sort((a, b) => a.movie.title.localeCompare(b.movie.title));
    return { title: t.programme, node: <Films films={films} /> };
}
