/* door_view.jsx - the door: a reader's field, the camera, the verdict, and what is still to be sent. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { Camera, cameraPossible } from './door_camera.jsx';
import { judge, loadDay, loadList, loadShowings, NoAnswer, sendKept, turnedAway } from './door_desk.js';
import { forgetTroubles, keepDoor, keptDoor, keptList, keptShowings, keptTroubles, unsentCount } from './door_kept.js';
import { sound } from './door_sound.js';
import { Before, clockText, showingText, Troubles, Verdict } from './door_verdict.jsx';
import { useNewVersion } from './door_version.js';
import { now } from './house.js';
import { t } from './language.js';
import { Heading, Icon, Notice } from './parts.jsx';
import { theToken } from './staff.js';
import { TokenForm } from './staff_gate.jsx';

const BEFORE_MAX = 8;
const ROUND_MS = 15000;     // what is unsent is sent, and the door's own list comes anew
const WHOLE_DAY_MS = 600000;
const WHERE_MAX = 60;

/* The showing that begins next, or runs: a door begins with it. */
function likely(showings) {
    const open = showings.filter((one) => Date.parse(one.ends) > now());
    return (open.find((one) => Date.parse(one.starts) > now() - 1800000) ?? open[0] ?? showings[0])?.id ?? 0;
}

function useDoor() {
    const kept = keptDoor(), showings = keptShowings();
    const known = showings.some((one) => one.id === kept.showing) || kept.showing === 0;
    const [door, setDoor] = useState({ where: kept.where || t.doorName, sound: kept.sound ?? true, showing: known ? kept.showing : likely(showings) });
    return [door, (change) => setDoor((was) => { const next = { ...was, ...change }; keepDoor(next); return next; })];
}

/* The house's side: { on, refused }, and go(whole) that sends and fetches now. */
function useHouse(showing, changed) {
    const [house, setHouse] = useState({ on: navigator.onLine, refused: null });
    const whole_ms = useRef(0);
    const go = async (signal) => {
        try {
            await sendKept(changed);
            if (showing) await loadList(showing, signal);
            if (Date.now() - whole_ms.current > WHOLE_DAY_MS) {
                await loadShowings(signal);
                await loadDay(showing, signal);
                whole_ms.current = Date.now();
            }
            setHouse({ on: true, refused: null });
        } catch (problem) {
            if (signal?.aborted) return;
            setHouse((was) => ({ on: !(problem instanceof NoAnswer) && problem.status !== undefined, refused: turnedAway(problem) ? problem : was.refused }));
        }
        changed();
    };
    useEffect(() => {
        const leaving = new AbortController();
        const round = () => go(leaving.signal);
        const timer = setInterval(round, ROUND_MS);
        const lost = () => setHouse((was) => ({ ...was, on: false }));
        window.addEventListener('online', round);
        window.addEventListener('offline', lost);
        round();
        return () => { leaving.abort(); clearInterval(timer); window.removeEventListener('online', round); window.removeEventListener('offline', lost); };
    }, [showing]);
    return [house, setHouse, go];
}

/* Also while it is being typed. */
const nameOf = (door) => door.where.trim() || t.doorName;

function Picker({ door, change }) {
    return (
        <div class="picker">
            <div class="field">
                <label for="showing">{t.showing}</label>
                <select id="showing" value={door.showing} onChange={(event) => change({ showing: Number(event.target.value) })}>
                    <option value={0}>{t.anyShowing}</option>
                    {keptShowings().map((one) => <option value={one.id} key={one.id}>{showingText(one)}</option>)}
                </select>
            </div>
            <div class="field">
                <label for="where">{t.where}</label>
                <input id="where" type="text" maxLength={WHERE_MAX} autocomplete="off" value={door.where}
                    onInput={(event) => change({ where: event.target.value })} onBlur={() => change({ where: nameOf(door) })} />
            </div>
        </div>
    );
}

function Counts({ showing, house }) {
    const list = showing ? keptList(showing) : null, seats = Object.values(list?.seats ?? {}).filter((one) => !one.cancelled);
    const unsent = unsentCount();
    return (
        <ul class="counts">
            <li class={house.on ? 'counts__on' : 'counts__off'} data-net={house.on ? 'on' : 'off'}><Icon name={house.on ? 'check' : 'warning'} />{house.on ? t.online : t.offlineShort}</li>
            {list ? <li data-in={seats.filter((one) => one.in).length}>{t.inOf(seats.filter((one) => one.in).length, seats.length)}</li> : null}
            {list ? <li>{t.listAt(clockText(list.at))}</li> : showing ? <li class="counts__off">{t.listNone}</li> : null}
            <li data-unsent={unsent} class={unsent ? 'counts__wait' : undefined}>{unsent ? t.unsent(unsent) : t.allSent}</li>
        </ul>
    );
}

/* A handheld reader types into whatever has the focus: letters that nobody waits for go to the field. */
function useReader(field) {
    useEffect(() => {
        const typed = (event) => {
            const busy = event.target.closest?.('input, select, textarea, button, a, summary');
            if (busy || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
            field.current.focus();
        };
        document.addEventListener('keydown', typed);
        return () => document.removeEventListener('keydown', typed);
    }, []);
}

function Scan({ field, scan }) {
    const [camera, setCamera] = useState(false);
    const submit = (event) => {
        event.preventDefault();
        const code = field.current.value.trim();
        field.current.value = '';
        field.current.focus();
        if (code) scan(code);
    };
    return (
        <div class="scan">
            <form noValidate onSubmit={submit}>
                <label for="code">{t.code}</label>
                <div class="scan__row">
                    <input id="code" ref={field} type="text" autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck={false} enterkeyhint="go" aria-describedby="code-why" />
                    <button class="go" type="submit">{t.check}</button>
                </div>
                <p class="field__why" id="code-why">{t.codeWhy}</p>
            </form>
            {cameraPossible()
                ? <button class="quiet" type="button" id="camera" aria-pressed={String(camera)} onClick={() => setCamera(!camera)}><Icon name="camera" />{camera ? t.cameraOff : t.cameraOn}</button>
                : <p class="field__why">{t.cameraTls}</p>}
            {camera ? <Camera seen={scan} /> : null}
        </div>
    );
}

function Door() {
    const [door, change] = useDoor();
    const [, setTurn] = useState(0);
    const changed = () => setTurn((turn) => turn + 1);
    const [house, setHouse, go] = useHouse(door.showing, changed);
    const [verdicts, setVerdicts] = useState([]);
    const [busy, setBusy] = useState(false);
    const field = useRef(), line = useRef(Promise.resolve());
    const version = useNewVersion();
    useReader(field);
    useEffect(() => field.current.focus({ preventScroll: true }), []);
    // one after the other: two scans of one ticket in a blink are told apart
    const scan = (code) => {
        line.current = line.current.then(async () => {
            setBusy(true);
            const verdict = { ...await judge(code, { ...door, where: nameOf(door) }), scanned: now(), turn: `${Date.now()}-${Math.random()}` };
            setVerdicts((all) => [verdict, ...all].slice(0, BEFORE_MAX + 1));
            if (verdict.offline) setHouse((was) => ({ on: verdict.refused ? was.on : false, refused: verdict.refused ? { status: 401 } : was.refused }));
            if (door.sound) sound(verdict.kind === 'welcome');
            setBusy(false);
        }).catch((problem) => { console.error(problem); setBusy(false); });
    };
    return (
        <div class="page door">
            <div class="page__head">
                <Heading>{t.title}</Heading>
                <button class="quiet" type="button" aria-pressed={String(door.sound)} onClick={() => change({ sound: !door.sound })}><Icon name="sound" />{door.sound ? t.soundOn : t.soundOff}</button>
            </div>
            {version ? <Notice heading={t.newVersion} sentence={t.newVersionWhy}><button class="quiet" type="button" onClick={version}>{t.newVersionTake}</button></Notice> : null}
            {house.refused ? (
                <section class="door__gate" aria-label={t.gate}>
                    <Notice kind="bad" heading={house.refused.status === 403 ? t.gateClosed : theToken() ? t.tokenWrong : t.gate} sentence={house.refused.status === 403 ? '' : t.gateWhy} />
                    {house.refused.status === 403 ? null : <TokenForm key={theToken()} refused={Boolean(theToken())} taken={() => { setHouse({ on: house.on, refused: null }); go(); }} />}
                </section>
            ) : null}
            <Picker door={door} change={change} />
            <Counts showing={door.showing} house={house} />
            <div class="door__work">
                <Verdict verdict={verdicts[0]} busy={busy} />
                <Scan field={field} scan={scan} />
            </div>
            <Troubles troubles={keptTroubles()} seen={() => { forgetTroubles(); changed(); }} />
            <Before verdicts={verdicts.slice(1)} />
        </div>
    );
}

export async function doorView({ signal }) {
    try {
        await loadShowings(signal);
    } catch (problem) {
        if (signal.aborted) throw problem;
        // no network: those that are kept
    }
    return { title: t.title, node: <Door /> };
}
