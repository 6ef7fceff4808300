/* live.jsx - figures that move: a view's questions are asked again when the house's figures changed. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { timeText, wallNow } from './house.js';
import { t } from './language.js';
import { watchStream } from './staff.js';

const AGAIN_MS = 700; // several sales at once are one change

/* [what load() gave last, live]: load(signal) is asked again after a change, and at once when `key` is another. live: { on, at }. */
export function useLive(first, key, load) {
    const [data, setData] = useState(first);
    const [live, setLive] = useState({ on: true, at: wallNow() });
    const known = useRef(key);
    useEffect(() => {
        const leaving = new AbortController();
        let timer, asking = false, more = false;
        const refresh = async () => {
            timer = null;
            if (asking) { more = true; return; }
            asking = true;
            try {
                const found = await load(leaving.signal);
                if (!leaving.signal.aborted) { setData(found); setLive({ on: true, at: wallNow() }); }
            } catch {
                if (!leaving.signal.aborted) setLive((was) => ({ ...was, on: false }));
            }
            asking = false;
            if (more && !leaving.signal.aborted) { more = false; soon(); }
        };
        const soon = () => { timer ??= setTimeout(refresh, AGAIN_MS); };
        if (known.current !== key) { known.current = key; refresh(); }
        watchStream('/api/analytics/stream?period=all', leaving.signal, {
            open() { setLive((was) => ({ ...was, on: true })); },
            lost() { setLive((was) => ({ ...was, on: false })); },
            event: soon,
        });
        return () => { leaving.abort(); clearTimeout(timer); };
    }, [key]);
    return [data, live];
}

export const LiveMark = ({ live }) => (
    <p class={`livemark${live.on ? '' : ' livemark--off'}`}>
        <span class="livemark__dot" aria-hidden="true" />{live.on ? t.liveAt(timeText(live.at)) : t.liveLost(timeText(live.at))}
    </p>
);
