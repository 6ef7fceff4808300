/* door_verdict.jsx - a verdict in colour and words, the one just now and those before it. */

import { keptShowings } from './door_kept.js';
import { momentText, theHouse, timeText } from './house.js';
import { language, t } from './language.js';
import { Icon } from './parts.jsx';

const LOOKS = {
    welcome: ['good', 'check'], already: ['seen', 'clock'], other: ['else', 'on'], cancelled: ['bad', 'cross'], foreign: ['bad', 'warning'],
    unpaid: ['bad', 'cross'], unready: ['seen', 'warning'], full: ['bad', 'warning'], late: ['bad', 'clock'],
};

/* On the house's wall. */
export const clockText = (instant) => new Intl.DateTimeFormat(language, {
    timeZone: theHouse().timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
}).format(new Date(instant));

export const showingText = (one) => `${timeText(one.time)} · ${one.title} · ${one.room}`;

function otherShowing(id) {
    const one = keptShowings().find((other) => other.id === id);
    return one ? t.forShowing(`${one.title}, ${momentText(one.time)}, ${one.room}`) : t.forOtherDay;
}

export function lines(verdict) {
    const said = [];
    if (verdict.kind === 'already' && verdict.at) said.push(t.cameIn(clockText(verdict.at), verdict.where));
    else if (verdict.kind === 'other') said.push(otherShowing(verdict.showing));
    else if (t.whys[verdict.kind]) said.push(t.whys[verdict.kind]);
    if (verdict.kind === 'welcome' && verdict.offline) said.push(verdict.list ? t.byList : t.bySignature);
    return said;
}

const seatText = (verdict) => (verdict.row && verdict.number ? t.seat(verdict.row, verdict.number) : '');

/* It stays until the next one: role status is where a screen reader hears of it. */
export function Verdict({ verdict, busy }) {
    const [look, icon] = verdict ? LOOKS[verdict.kind] : ['none', 'code'];
    return (
        <div class={`verdict verdict--${busy ? 'busy' : look}`} role="status" aria-live="assertive" data-verdict={verdict && !busy ? verdict.kind : undefined}>
            <Icon name={busy ? 'clock' : icon} />
            {busy ? <p class="verdict__word">{t.looking}</p> : verdict ? (
                <div key={verdict.turn}>
                    <p class="verdict__word">{t.verdicts[verdict.kind]}</p>
                    {seatText(verdict) ? <p class="verdict__seat">{seatText(verdict)}</p> : null}
                    {lines(verdict).map((line) => <p key={line}>{line}</p>)}
                </div>
            ) : <p class="verdict__word">{t.ready}</p>}
        </div>
    );
}

export function Before({ verdicts }) {
    if (!verdicts.length) return null;
    return (
        <section class="before" aria-labelledby="before">
            <h2 id="before">{t.before}</h2>
            <ol>{verdicts.map((one) => (
                <li key={one.turn}>
                    <span class={`mark mark--${LOOKS[one.kind][0]}`}><Icon name={LOOKS[one.kind][1]} />{t.verdicts[one.kind]}</span>
                    <span>{seatText(one)}</span><span class="before__at">{clockText(one.scanned)}</span>
                </li>
            ))}</ol>
        </section>
    );
}

/* What the house said later to check-ins made without it. */
export function Troubles({ troubles, seen }) {
    if (!troubles.length) return null;
    return (
        <section class="troubles" aria-labelledby="troubles">
            <h2 id="troubles">{t.troubles}</h2>
            <p>{t.troublesWhy}</p>
            <ul>{troubles.map((one) => (
                <li key={`${one.reservation}-${one.seat}`}>
                    <strong>{seatText(one) || t.reservation(one.reservation)}</strong> · {clockText(one.mineAt)} · {t.verdicts[one.kind]}. {lines(one).join(' ')}
                </li>
            ))}</ul>
            <button class="quiet" type="button" onClick={seen}>{t.troublesSeen}</button>
        </section>
    );
}
