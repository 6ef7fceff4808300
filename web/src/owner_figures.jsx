/* owner_figures.jsx - the house at a glance: today, revenue by day, how full the rooms are, what is liked. */

import { useState } from 'preact/hooks';
import { Chart, roundly } from './chart.jsx';
import { dayAfter, money, number, shortDayText, sum, theHouse, today } from './house.js';
import { t } from './language.js';
import { LiveMark, useLive } from './live.jsx';
import { Heading } from './parts.jsx';
import { staffAsk } from './staff.js';

const PERIODS = { week: 7, month: 30, quarter: 90, year: 365 };
const FILMS_SHOWN = 8;

export const percent = (rate) => `${number(rate)} %`;

async function load(period, signal) {
    // the first question is one that a stranger is refused
    await staffAsk('/api/services', signal);
    const start = dayAfter(today(), 1 - PERIODS[period]);
    const [day, revenue, popular, occupancy, hours] = await Promise.all([
        staffAsk('/api/analytics/day', signal),
        staffAsk(`/api/analytics/revenue?period=day&startDate=${start}&endDate=${today()}`, signal),
        staffAsk(`/api/analytics/popular-movies?period=${period}&limit=${FILMS_SHOWN}`, signal),
        staffAsk(`/api/analytics/occupancy?period=${period}`, signal),
        staffAsk(`/api/analytics/occupancy-hours?period=${period}`, signal),
    ]);
    return { period, day, revenue, popular, occupancy, hours };
}

function Tile({ name, value, more, id }) {
    return <div class="tile" data-tile={id}><dt>{name}</dt><dd class="tile__value">{value}</dd>{more ? <dd class="tile__more">{more}</dd> : null}</div>;
}

function Tiles({ data }) {
    const { total } = data.day, { summary } = data.revenue;
    return (
        <dl class="tiles">
            <Tile id="today" name={t.takenToday} value={money(total.net)} more={total.refunded ? t.soldLessRefunded(money(total.sold), money(total.refunded)) : null} />
            <Tile id="tickets" name={t.ticketsToday} value={String(total.tickets)} />
            <Tile id="period" name={t.takenIn(t.periods[data.period])} value={money(summary.totalRevenue)} more={t.reservationsOf(summary.totalReservations)} />
            <Tile id="occupancy" name={t.occupancy} value={percent(data.occupancy.summary.overallOccupancyRate)}
                more={t.seatsOf(data.occupancy.summary.totalOccupiedSeats, data.occupancy.summary.totalPossibleSeats)} />
        </dl>
    );
}

/* Every day of the period, also those on which nothing was sold. */
function revenueDays({ period, revenue }) {
    const found = new Map(revenue.revenueByPeriod.map((one) => [one.period, one.revenue]));
    return Array.from({ length: PERIODS[period] }, (_, i) => dayAfter(today(), i + 1 - PERIODS[period])).map((day) => [day, found.get(day) ?? 0]);
}

function Revenue({ data }) {
    const days = revenueDays(data);
    const [bestDay, best] = days.reduce((a, b) => (b[1] > a[1] ? b : a));
    const summary = best > 0 ? t.revenueSum(money(sum(days.map(([, v]) => v))), shortDayText(bestDay), money(best)) : t.nothingSold;
    return (
        <Chart name={t.revenueByDay} summary={summary} kind="bars" heads={[t.date, t.revenue]}
            labels={days.map(([day]) => shortDayText(day))} values={days.map(([, v]) => v)} yText={roundly}
            rows={days.map(([day, value]) => [shortDayText(day), money(value)])} />
    );
}

function ByHour({ hours }) {
    const all = new Map();
    for (const one of hours) {
        const was = all.get(one.hour) ?? { occupied: 0, possible: 0 };
        all.set(one.hour, { occupied: was.occupied + one.occupiedSeats, possible: was.possible + one.totalPossibleSeats });
    }
    const rates = [...all].sort(([a], [b]) => a.localeCompare(b)).map(([hour, s]) => [hour, s.possible ? 100 * s.occupied / s.possible : 0, s]);
    const [bestHour, best] = rates.reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    return (
        <Chart name={t.occupancyByHour} summary={best > 0 ? t.hourSum(bestHour, percent(best)) : t.noSeatsTaken} kind="bars" heads={[t.hour, t.full, t.seats]}
            labels={rates.map(([hour]) => hour)} values={rates.map(([, rate]) => rate)} yText={(v) => `${v} %`}
            rows={rates.map(([hour, rate, s]) => [hour, percent(rate), t.seatsOf(s.occupied, s.possible)])} />
    );
}

const shade = (rate) => Math.min(5, Math.ceil(rate / 20));

/* Rooms down, hours across: the fuller, the deeper the colour; the number says it too. */
function RoomsByHour({ rooms, hours }) {
    const columns = [...new Set(hours.map((one) => one.hour))].sort();
    const rates = new Map(hours.map((one) => [`${one.roomId} ${one.hour}`, one]));
    return (
        <div class="chart">
            <h2 id="rooms-by-hour">{t.roomsByHour}</h2>
            <p class="chart__sum">{t.roomsByHourWhy}</p>
            <div class="scroll" role="region" tabIndex={0} aria-labelledby="rooms-by-hour">
                <table class="table heat">
                    <thead><tr>
                        <th scope="col">{t.room}</th><th scope="col" class="table__n">{t.all}</th>
                        {columns.map((hour) => <th scope="col" class="table__n" key={hour}>{hour}</th>)}
                    </tr></thead>
                    <tbody>{rooms.map((room) => (
                        <tr key={room.roomId}>
                            <th scope="row">{room.roomName}</th>
                            <td class="table__n"><strong>{percent(room.occupancyRate)}</strong></td>
                            {columns.map((hour) => {
                                const one = rates.get(`${room.roomId} ${hour}`);
                                return one
                                    ? <td key={hour} class={`table__n heat__cell heat__cell--${shade(one.occupancyRate)}`} title={t.seatsOf(one.occupiedSeats, one.totalPossibleSeats)}>{Math.round(one.occupancyRate)} %</td>
                                    : <td key={hour} class="table__n heat__none"><span aria-hidden="true">·</span><span class="unseen">{t.noShowing}</span></td>;
                            })}
                        </tr>
                    ))}</tbody>
                </table>
            </div>
        </div>
    );
}

function Films({ films }) {
    const most = Math.max(1, ...films.map((film) => film.totalReservations));
    return (
        <div class="chart">
            <h2 id="films">{t.popular}</h2>
            {films.length ? (
                <div class="scroll" role="region" tabIndex={0} aria-labelledby="films">
                    <table class="table">
                        <thead><tr><th scope="col">{t.film}</th><th scope="col" class="table__n">{t.reservations}</th><th scope="col" class="table__n">{t.revenue}</th></tr></thead>
                        <tbody>{films.map((film) => (
                            <tr key={film.movieId}>
                                <th scope="row">
                                    {film.title ?? t.filmUnknown}
                                    <span class="share" aria-hidden="true"><span style={{ width: `${100 * film.totalReservations / most}%` }} /></span>
                                </th>
                                <td class="table__n">{film.totalReservations}</td>
                                <td class="table__n">{money(film.totalRevenue)}</td>
                            </tr>
                        ))}</tbody>
                    </table>
                </div>
            ) : <p class="chart__sum">{t.nothingSold}</p>}
        </div>
    );
}

function Figures({ first }) {
    const [period, setPeriod] = useState(first.period);
    const [data, live] = useLive(first, period, (signal) => load(period, signal));
    return (
        <div class="page">
            <div class="page__head">
                <Heading>{theHouse().cinemaName}</Heading>
                <label class="choose">{t.period}
                    <select id="period" value={period} onChange={(event) => setPeriod(event.target.value)}>
                        {Object.keys(PERIODS).map((name) => <option value={name} key={name}>{t.periods[name]}</option>)}
                    </select>
                </label>
            </div>
            <LiveMark live={live} />
            <Tiles data={data} />
            <div class="charts">
                <Revenue data={data} />
                <ByHour hours={data.hours} />
                <Films films={data.popular} />
                <RoomsByHour rooms={data.occupancy.roomOccupancy} hours={data.hours} />
            </div>
        </div>
    );
}

export async function figuresView({ signal }) {
    const first = await load('month', signal);
    return { title: t.figures, node: <Figures first={first} /> };
}
