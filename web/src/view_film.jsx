/* view_film.jsx - one film: what it is, and its showings, a week at a time. */

import { fetchFilm } from './api.js';
import { dayAfter, dayOf, dayText, shortDayText, today } from './house.js';
import { t } from './language.js';
import { useLeft } from './left.jsx';
import { BackLink, Heading, Icon, Notice } from './parts.jsx';
import { Poster } from './poster.jsx';
import { dayName, Facts, TimeChip } from './view_programme.jsx';

const WEEK = 7;

function Day({ date, showings, left }) {
    const name = dayName(date);
    return (
        <li class={`when${showings.length ? '' : ' when--none'}`}>
            <h3>{name}{name === dayText(date) ? null : <span class="when__date">{dayText(date)}</span>}</h3>
            {showings.length ? <ul class="chips">{showings.map((s) => <li key={s.id}><TimeChip showing={s} left={left.get(s.id)} /></li>)}</ul>
                : <p class="when__none">{t.noShowingThatDay}</p>}
        </li>
    );
}

/* The week that begins at `from`, and ways to the one before and the next that has showings. */
function Week({ movie, from, showings }) {
    const until = dayAfter(from, WEEK);
    const left = useLeft({ movieId: movie._id, from, to: dayAfter(until, -1) });
    const days = Array.from({ length: WEEK }, (_, i) => dayAfter(from, i));
    const later = showings.find((s) => dayOf(s.show_time) >= until);
    const earlier = from > today() ? [today(), dayAfter(from, -WEEK)].sort().at(-1) : null;
    const at = (date) => `#/film/${movie._id}${date === today() ? '' : `/${date}`}`;
    return (
        <section class="one__showings" aria-labelledby="showings">
            <div class="week">
                <h2 id="showings">{t.weekOf(shortDayText(from), shortDayText(days.at(-1)))}</h2>
                {earlier ? <a class="quiet" href={at(earlier)}><Icon name="back" />{t.weekBefore}</a> : null}
                {later ? <a class="quiet" href={at(dayOf(later.show_time))}>{t.weekAfter}<Icon name="on" /></a> : null}
            </div>
            {showings.length ? <ul class="whens">{days.map((date) =>
                <Day key={date} date={date} left={left} showings={showings.filter((s) => dayOf(s.show_time) === date)} />)}</ul>
                : <Notice heading={t.noShowings} />}
        </section>
    );
}

export async function filmView({ params: [id, asked], signal }) {
    const { movie, schedules } = await fetchFilm(id, signal);
    const from = /^\d{4}-\d\d-\d\d$/.test(asked ?? '') && asked > today() ? asked : today();
    return {
        title: movie.title,
        node: (
            <div class="page">
                <BackLink href="#/films">{t.programme}</BackLink>
                <article class="one">
                    <div class="one__poster"><Poster title={movie.title} url={movie.posterUrl} /></div>
                    <div class="one__body">
                        <Heading>{movie.title}</Heading>
                        <Facts movie={movie} />
                        <p class="one__about">{movie.description}</p>
                        <dl class="people">
                            <div><dt>{t.directedBy}</dt><dd>{movie.director}</dd></div>
                            {movie.cast?.length ? <div><dt>{t.cast}</dt><dd>{movie.cast.join(', ')}</dd></div> : null}
                        </dl>
                    </div>
                    <Week movie={movie} from={from} showings={schedules.filter((s) => s.is_active)} />
                </article>
            </div>
        ),
    };
}
