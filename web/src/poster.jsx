/* poster.jsx - a film's poster: the uploaded one, or one drawn from its title, where the same title always gives the same picture. */

import { Component } from 'preact';

import { t } from './language.js';

/* ground, shape, second shape, third shape, lettering */
const PALETTES = [
    ['#16233f', '#f2a541', '#e9e2d0', '#2d4470', '#f6efe0'],
    ['#7c2230', '#f1c9a5', '#d65a4a', '#4b131e', '#fbeadb'],
    ['#1f3b30', '#dcc98a', '#78a377', '#12261e', '#f2ecd4'],
    ['#e7d7ba', '#b4512f', '#2f3c4a', '#cfb07a', '#2f2a24'],
    ['#2c2148', '#ef97b1', '#8468ad', '#191131', '#f8e9f0'],
    ['#0f4855', '#f78d35', '#a5d3d2', '#0a3039', '#eef7f4'],
    ['#31404a', '#d3d8c6', '#8aa896', '#1e282f', '#f2f4ea'],
    ['#eed8d0', '#7e2f48', '#d87b80', '#c9a79c', '#3f1b2a'],
    ['#17191e', '#e2474b', '#99a3b5', '#33373f', '#f4f2ee'],
    ['#d8a52c', '#2a2722', '#f5e6b8', '#a9711a', '#2a2722'],
    ['#cfe0e6', '#20506e', '#df7d61', '#8ab6c5', '#17384d'],
    ['#3b2a20', '#e9b872', '#a45c40', '#251a13', '#f7ead8'],
];

const WIDTH = 200, HEIGHT = 300, FLOOR = 206; // the picture ends at the floor; the title stands below

function hash(text) { // FNV-1a, then murmur's finish: titles of one word must differ in every bit
    let h = 2166136261;
    for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16777619);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
}

/* Numbers 0..1 from a seed (mulberry32). */
function dice(seed) {
    let s = seed;
    return () => {
        s = (s + 0x6d2b79f5) | 0;
        let v = Math.imul(s ^ (s >>> 15), 1 | s);
        v = (v + Math.imul(v ^ (v >>> 7), 61 | v)) ^ v;
        return ((v ^ (v >>> 14)) >>> 0) / 4294967296;
    };
}

const circle = (cx, cy, r, fill) => <circle cx={cx} cy={cy} r={r} fill={fill} />;
const rect = (x, y, width, height, fill) => <rect x={x} y={y} width={width} height={height} fill={fill} />;
const path = (d, fill) => <path d={d} fill={fill} />;
const points = (list) => `M${list.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`;

const PICTURES = [
    function sunOverHills(roll, [, a, b, c]) {
        const x = 60 + roll() * 80;
        const hill = (top, left, right, fill) =>
            path(`M0 ${FLOOR}V${top + left}Q60 ${top - 26} 110 ${top + 8}T200 ${top + right}V${FLOOR}Z`, fill);
        return [circle(x, 92, 38 + roll() * 14, a), hill(128, 6, -14, b), hill(160, -10, 8, c)];
    },
    function beam(roll, [, a, b, c]) {
        const x = 40 + roll() * 120, base = 50 + roll() * 100;
        return [path(points([[x, 26], [base - 62, FLOOR], [base + 62, FLOOR]]), c),
            path(points([[x, 26], [base - 30, FLOOR], [base + 30, FLOOR]]), b),
            circle(x, 26, 15, a), rect(0, FLOOR - 5, WIDTH, 5, a)];
    },
    function rings(roll, [ground, a, b, c]) {
        const x = 70 + roll() * 60, y = 100;
        const fills = [c, ground, b, ground, a];
        return fills.map((fill, i) => circle(x, y, 92 - i * 19, fill));
    },
    function skyline(roll, [, a, b, c]) {
        const towers = [];
        for (let x = 0; x < WIDTH; x += 25) {
            const tall = 46 + roll() * 96;
            towers.push(rect(x, FLOOR - tall, 25, tall, roll() < 0.5 ? b : c));
            for (let y = FLOOR - tall + 10; y < FLOOR - 12; y += 16) {
                if (roll() < 0.4) towers.push(rect(x + 6 + (roll() < 0.5 ? 0 : 7), y, 5, 8, a));
            }
        }
        return [circle(40 + roll() * 120, 52, 20, a), ...towers];
    },
    function waves(roll, [, a, b, c]) {
        const lines = [circle(100, 86 + roll() * 16, 44, a)];
        const fills = [c, b, c, b, c];
        fills.forEach((fill, i) => {
            const y = 112 + i * 19, swing = 9 + roll() * 9;
            lines.push(path(`M0 ${FLOOR}V${y}q25 ${-swing * 2} 50 0t50 0 50 0 50 0V${FLOOR}Z`, fill));
        });
        return lines;
    },
    function stairs(roll, [, a, b, c]) {
        const up = roll() < 0.5, steps = [];
        for (let i = 0; i < 6; i++) {
            const tall = 26 + i * 27, x = up ? i * 34 : WIDTH - (i + 1) * 34;
            steps.push(rect(x, FLOOR - tall, 35, tall, i % 2 ? b : c));
        }
        return [...steps, circle(up ? 46 : 154, 60, 24, a)];
    },
    function eye(roll, [ground, a, b, c]) {
        const iris = 27 + roll() * 8;
        return [path(`M4 106Q100 ${10 + roll() * 20} 196 106Q100 ${184 + roll() * 16} 4 106Z`, b),
            circle(100, 106, iris + 12, c), circle(100, 106, iris, a), circle(100, 106, 13, ground),
            circle(109, 96, 5, b)];
    },
    function shards(roll, [, a, b, c]) {
        const x = 70 + roll() * 60, y = 90 + roll() * 30, made = [], fills = [b, c, a];
        for (let i = 0; i < 11; i++) {
            const from = (i / 11) * Math.PI * 2 + roll() * 0.2, to = from + 0.2 + roll() * 0.3, far = 210;
            made.push(path(points([[x, y], [x + Math.cos(from) * far, y + Math.sin(from) * far],
                [x + Math.cos(to) * far, y + Math.sin(to) * far]]), fills[i % 3]));
        }
        return [...made, circle(x, y, 17 + roll() * 12, a)];
    },
    function doorway(roll, [ground, a, b, c]) {
        const x = 58 + roll() * 30;
        return [rect(0, 0, WIDTH, FLOOR, c),
            path(`M${x - 16} ${FLOOR}V92a50 50 0 0 1 100 0V${FLOOR}Z`, b),
            path(`M${x} ${FLOOR}V94a34 34 0 0 1 68 0V${FLOOR}Z`, a),
            path(points([[x, FLOOR], [x + 68, FLOOR], [x + 34, 150]]), ground), circle(x + 34, 141, 8, ground)];
    },
    function moons(roll, [, a, b, c]) {
        const made = [];
        for (let i = 0; i < 12; i++) {
            const cx = 34 + (i % 4) * 44, cy = 40 + Math.floor(i / 4) * 56, r = 18;
            const side = roll() < 0.5 ? 1 : 0;
            made.push(circle(cx, cy, r, c), path(`M${cx} ${cy - r}A${r} ${r} 0 0 ${side} ${cx} ${cy + r}Z`, roll() < 0.3 ? a : b));
        }
        return made;
    },
];

const LETTER = 0.76; // width of a heavy capital, in ems, in the widest of the fonts

/* At most four lines of a title, broken between words. */
function lettering(title, fill) {
    const words = title.toUpperCase().split(/\s+/);
    const longest = Math.max(...words.map((w) => w.length));
    let size = Math.min(27, 170 / (longest * LETTER));
    let lines;
    for (;; size *= 0.9) {
        lines = [''];
        for (const word of words) {
            const last = lines[lines.length - 1];
            const joined = last ? `${last} ${word}` : word;
            if (joined.length * size * LETTER <= 174) lines[lines.length - 1] = joined;
            else lines.push(word);
        }
        lines = lines.filter(Boolean);
        if (lines.length * size * 1.14 <= 74 || size < 8) break;
    }
    const top = FLOOR + 8 + size;
    return lines.map((line, i) => (
        <text class="poster__title" x={15} y={(top + i * size * 1.14).toFixed(1)} font-size={size.toFixed(1)} fill={fill}>{line}</text>
    ));
}

const UPLOADED = /^\/api\/movies\/[0-9a-f]{24}\/poster\?v=[0-9a-f]{64}$/; // never one of another host

/* `url`: the film's posterUrl, whatever it is. The picture has its place before it comes; when none comes, the
 * drawn one is there. */
export class Poster extends Component {
    shouldComponentUpdate(next, state) {
        return next.title !== this.props.title || next.url !== this.props.url || state.failed !== this.state.failed;
    }

    render({ title, url }, { failed }) {
        if (!UPLOADED.test(url ?? '') || failed === url) return this.drawn(title);
        return (
            <img class="poster poster--uploaded" src={url} alt={t.posterOf(title)} width={WIDTH} height={HEIGHT} loading="lazy" decoding="async"
                onError={() => this.setState({ failed: url })} />
        );
    }

    drawn(title) {
        const seed = hash(title);
        const roll = dice(seed);
        const palette = PALETTES[seed % PALETTES.length];
        const picture = PICTURES[(seed >>> 8) % PICTURES.length];
        return (
            <svg class="poster" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
                {rect(0, 0, WIDTH, HEIGHT, palette[0])}
                {picture(roll, palette)}
                {rect(0, FLOOR, WIDTH, HEIGHT - FLOOR, palette[0])}
                {lettering(title, palette[4])}
                {rect(15, HEIGHT - 12, 22, 2.5, palette[1])}
            </svg>
        );
    }
}
