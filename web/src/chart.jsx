/* chart.jsx - a chart with its sentence and its table: what the eye sees is there in words too. */

import uPlot from 'uplot';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from './language.js';

const HEIGHT = 240;
const LABEL_PX = 74; // room that a name below the chart needs

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* 12,500 beside a line, not more: the whole amount is in the table. */
export const roundly = (value) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1, notation: 'compact' }).format(value);

/* Axes in the page's own colours, letters and words. */
function axes({ labels, xText, yText, size }) {
    const line = { stroke: colour('--soft'), font: `12px ${colour('--sans')}`, ticks: { stroke: colour('--line') } };
    const across = { ...line, grid: { show: false }, space: LABEL_PX, size: 36 };
    if (labels) Object.assign(across, {
        incrs: [1, 2, 3, 5, 7, 10, 14, 15, 20, 30, 60, 90],
        values: (chart, splits) => splits.map((at) => labels[at] ?? ''),
    });
    else across.values = (chart, splits) => splits.map((at) => xText(at, chart.scales.x.max - chart.scales.x.min));
    return [across, { ...line, size, grid: { stroke: colour('--line') }, values: (chart, splits) => splits.map(yText) }];
}

function options({ kind, labels, xText, yText, yMax, zone, said }, width) {
    const bars = kind === 'bars';
    return {
        width, height: HEIGHT, legend: { show: false },
        tzDate: (at) => (zone ? uPlot.tzDate(new Date(at * 1000), zone) : new Date(at * 1000)),
        cursor: { y: false, drag: { x: false, y: false }, points: { show: !bars } },
        scales: {
            x: labels ? { time: false, range: () => [-0.6, labels.length - 0.4] } : { time: true },
            y: { range: (chart, least, most) => [Math.min(0, least), yMax ?? (Math.max(most, 1) * 1.08)] },
        },
        axes: axes({ labels, xText, yText, size: 64 }),
        series: [{}, {
            stroke: colour('--red'), width: bars ? 0 : 2, fill: bars ? colour('--red') : colour('--red-wash'), points: { show: false },
            paths: bars ? uPlot.paths.bars({ size: [0.72, 46], radius: 0.12 }) : uPlot.paths.stepped({ align: 1 }),
        }],
        hooks: { setCursor: [(chart) => said(chart.cursor.idx)] },
    };
}

/* kind: "bars" over labels, or "steps" over seconds since 1970 with xText(second, span). rows: [name, value] for the table and for
 * what is under the pointer. */
function Canvas({ name, kind, labels, at, values, rows, xText, yText, yMax, zone }) {
    const place = useRef(), chart = useRef();
    const [under, setUnder] = useState(null);
    useEffect(() => {
        const node = place.current;
        if (!node) return undefined; // the view was left before it was drawn
        const draw = () => {
            chart.current?.destroy();
            const said = (index) => setUnder(index ?? null);
            chart.current = new uPlot(options({ kind, labels, xText, yText, yMax, zone, said }, node.clientWidth),
                [labels ? labels.map((label, i) => i) : at, values], node);
        };
        draw();
        const dark = matchMedia('(prefers-color-scheme: dark)');
        const seen = new ResizeObserver(() => chart.current?.setSize({ width: node.clientWidth, height: HEIGHT }));
        seen.observe(node);
        dark.addEventListener('change', draw);
        return () => { dark.removeEventListener('change', draw); seen.disconnect(); chart.current.destroy(); chart.current = null; };
    }, [kind, values, labels, at]);
    const row = under === null ? null : rows[under];
    return (
        <>
            <p class="chart__under" aria-hidden="true">{row ? `${row[0]}: ${row[1]}` : t.chartPoint}</p>
            <div class="chart__canvas" role="img" aria-label={name} ref={place} />
        </>
    );
}

export function DataTable({ caption, heads, rows, seen }) {
    return (
        <div class="scroll" role="region" tabIndex={0} aria-label={caption}>
            <table class="table">
                <caption class={seen ? undefined : 'unseen'}>{caption}</caption>
                <thead><tr>{heads.map((head, i) => <th scope="col" class={i ? 'table__n' : undefined} key={head}>{head}</th>)}</tr></thead>
                <tbody>{rows.map((row) => (
                    <tr key={row[0]}>{row.map((cell, i) => (i ? <td class="table__n" key={i}>{cell}</td> : <th scope="row" key={i}>{cell}</th>))}</tr>
                ))}</tbody>
            </table>
        </div>
    );
}

/* A chart of this name: summary says in a sentence what it shows; heads and rows are its table. */
export function Chart({ name, summary, heads, rows, ...drawn }) {
    return (
        <figure class="chart">
            <figcaption><h2>{name}</h2><p class="chart__sum">{summary}</p></figcaption>
            {rows.length ? (
                <>
                    <Canvas name={`${name}. ${summary}`} rows={rows} {...drawn} />
                    <details class="chart__data">
                        <summary>{t.asTable}<span class="unseen">: {name}</span></summary>
                        <DataTable caption={name} heads={heads} rows={rows} />
                    </details>
                </>
            ) : null}
        </figure>
    );
}
