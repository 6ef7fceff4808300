/* owner_showings.jsx - the showings of a day, and how the tickets of one went, hour by hour. */

import { fetchShowtimes } from './api.js';
import { Chart } from './chart.jsx';
import { dayAfter, dayText, money, momentText, now, shortDayText, theHouse, timeText, today } from './house.js';
import { t } from './language.js';
import { LiveMark, useLive } from './live.jsx';
import { BackLink, Heading, Icon } from './parts.jsx';
import { percent } from './owner_figures.jsx';
import { staffAsk } from './staff.js';

export async function showingsView({ params: [date = today()], signal }) {
    await staffAsk('/api/services', signal); // one that a stranger is refused
    const found = await fetchShowtimes({ from: date, to: dayAfter(date, 1) }, signal);
    const showings = found.filter((one) => one.show_time.startsWith(date));
    return { title: `${t.showings}, ${dayText(date)}`, node: (
        <div class="page">
            <div class="page__head">
                <Heading>{dayText(date)}</Heading>
                <nav class="steps" aria-label={t.days}>
                    <a class="quiet" href={`#/showings/${dayAfter(date, -1)}`}><Icon name="back" />{t.dayBefore}</a>
                    <a class="quiet" href={`#/showings/${dayAfter(date, 1)}`}>{t.dayNext}<Icon name="on" /></a>
                </nav>
            </div>
            {showings.length ? (
                <ul class="showings">{showings.map((one) => (
                    <li key={one.id}><a href={`#/showing/${one.id}`}>
                        <strong>{timeText(one.show_time)}</strong><span>{one.movie?.title ?? t.filmUnknown}</span><span class="showings__room">{one.room_name}</span>
                    </a></li>
                ))}</ul>
            ) : <p class="lead">{t.noShowings}</p>}
        </div>
    ) };
}

/* --- one showing --- */

const DAY_S = 86400;

const inZone = (second, how) => new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: theHouse().timeZone, ...how }).format(new Date(second * 1000));
const axisText = (second, span) => (span > 2 * DAY_S ? inZone(second, { day: 'numeric', month: 'short' })
    : inZone(second, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }));

/* Steps from nothing to now: each hour's end has what stands then. */
function steps(points) {
    if (!points.length) return [[], []];
    const seconds = points.map((point) => Date.parse(point.at) / 1000);
    return [[seconds[0] - 1, ...seconds, Math.max(seconds.at(-1) + 3600, Math.floor(now() / 1000))],
        [0, ...points.map((point) => point.tickets), points.at(-1).tickets]];
}

function Curve({ first, showing }) {
    const [curve, live] = useLive(first, showing.id, (signal) => staffAsk(`/api/analytics/showing-sales?scheduleId=${showing.id}`, signal));
    const [at, values] = steps(curve.points);
    const named = curve.points.map((point) => [momentText(point.at), String(point.tickets), String(point.sold), String(point.refunded), money(point.revenue)]);
    const rows = named.length ? [[named[0][0], '0', '', '', ''], ...named, [t.now, named.at(-1)[1], '', '', '']] : [];
    return (
        <div class="page">
            <BackLink href={`#/showings/${showing.show_time.slice(0, 10)}`}>{dayText(showing.show_time)}</BackLink>
            <Heading>{curve.title ?? t.filmUnknown}</Heading>
            <p class="lead">{shortDayText(showing.show_time)}, {timeText(showing.show_time)} · {curve.roomName}</p>
            <LiveMark live={live} />
            <dl class="tiles">
                <div class="tile" data-tile="sold"><dt>{t.tickets}</dt><dd class="tile__value">{curve.tickets}</dd><dd class="tile__more">{t.seatsOf(curve.tickets, curve.totalSeats)}</dd></div>
                <div class="tile"><dt>{t.full}</dt><dd class="tile__value">{percent(curve.totalSeats ? 100 * curve.tickets / curve.totalSeats : 0)}</dd></div>
                <div class="tile"><dt>{t.revenue}</dt><dd class="tile__value">{money(curve.revenue)}</dd></div>
            </dl>
            <Chart name={t.curve} summary={curve.points.length ? t.curveSum(curve.tickets, curve.totalSeats, momentText(curve.points[0].at)) : t.nothingSold} kind="steps"
                heads={[t.hour, t.tickets, t.sold, t.refunded, t.revenue]} at={at} values={values} zone={theHouse().timeZone} xText={axisText} yText={String} rows={rows} />
        </div>
    );
}

export async function curveView({ params: [id], signal }) {
    const [curve, showing] = await Promise.all([
        staffAsk(`/api/analytics/showing-sales?scheduleId=${id}`, signal),
        staffAsk(`/api/schedules/${id}`, signal),
    ]);
    return { title: `${t.curve}: ${curve.title ?? t.filmUnknown}`, node: <Curve first={curve} showing={showing} /> };
}
