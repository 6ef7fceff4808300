/* owner_day.jsx - the sheet of a day: what came in and went out, by payment method, by film and by hour. */

import { Chart, DataTable, roundly } from './chart.jsx';
import { dayAfter, dayText, money } from './house.js';
import { t } from './language.js';
import { LiveMark, useLive } from './live.jsx';
import { Heading, Icon } from './parts.jsx';
import { staffAsk } from './staff.js';

async function load(date, signal) {
    await staffAsk('/api/services', signal); // one that a stranger is refused
    return staffAsk(`/api/analytics/day${date ? `?date=${date}` : ''}`, signal);
}

const sums = (one) => [money(one.sold), money(one.refunded), money(one.net), String(one.tickets)];

function Sums({ name, head, rows }) {
    return (
        <section>
            <h2>{name}</h2>
            {rows.length ? <DataTable caption={name} heads={[head, t.sold, t.refunded, t.net, t.tickets]} rows={rows} /> : <p class="chart__sum">{t.nothingSold}</p>}
        </section>
    );
}

function Sheet({ first, date }) {
    const [sheet, live] = useLive(first, date ?? '', (signal) => load(date, signal));
    const hours = sheet.byHour, best = hours.reduce((a, b) => (b.net > a.net ? b : a), { net: 0 });
    return (
        <div class="page">
            <div class="page__head">
                <Heading>{dayText(sheet.date)}</Heading>
                <nav class="steps" aria-label={t.days}>
                    <a class="quiet" href={`#/day/${dayAfter(sheet.date, -1)}`}><Icon name="back" />{t.dayBefore}</a>
                    <a class="quiet" href={`#/day/${dayAfter(sheet.date, 1)}`}>{t.dayNext}<Icon name="on" /></a>
                    <button class="quiet" type="button" onClick={() => window.print()}><Icon name="print" />{t.print}</button>
                </nav>
            </div>
            <LiveMark live={live} />
            <dl class="tiles">
                <div class="tile"><dt>{t.sold}</dt><dd class="tile__value">{money(sheet.total.sold)}</dd></div>
                <div class="tile"><dt>{t.refunded}</dt><dd class="tile__value">{money(sheet.total.refunded)}</dd></div>
                <div class="tile" data-tile="net"><dt>{t.net}</dt><dd class="tile__value">{money(sheet.total.net)}</dd></div>
                <div class="tile"><dt>{t.tickets}</dt><dd class="tile__value">{sheet.total.tickets}</dd></div>
            </dl>
            <div class="sheet">
                <Chart name={t.byHour} summary={hours.length ? t.hourNet(best.hour, money(best.net)) : t.nothingSold} kind="bars" heads={[t.hour, t.net, t.tickets]}
                    labels={hours.map((one) => one.hour)} values={hours.map((one) => one.net)} yText={roundly}
                    rows={hours.map((one) => [one.hour, money(one.net), String(one.tickets)])} />
                <Sums name={t.byMethod} head={t.method} rows={sheet.byPaymentMethod.map((one) => [t.methods[one.paymentMethod] ?? one.paymentMethod ?? t.methodUnknown, ...sums(one)])} />
                <Sums name={t.byFilm} head={t.film} rows={sheet.byMovie.map((one) => [one.title ?? t.filmUnknown, ...sums(one)])} />
            </div>
        </div>
    );
}

export async function dayView({ params: [date], signal }) {
    const sheet = await load(date, signal);
    return { title: `${t.daySheet}, ${dayText(sheet.date)}`, node: <Sheet first={sheet} date={date} /> };
}
