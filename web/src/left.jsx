/* left.jsx - how many seats of showings are left, told again every few seconds for as long as the page is looked at. */

import { useEffect, useState } from 'preact/hooks';
import { fetchAvailability } from './api.js';

const LOOK_MS = 10000;
const FEW_SEATS = 6, FEW_PART = 0.1; // of a room; whichever is more

/* "none", "few" or null (enough, or not known) */
export function scarce(left) {
    if (!left) return null;
    if (left.free === 0) return 'none';
    return left.free <= Math.max(FEW_SEATS, left.seats * FEW_PART) ? 'few' : null;
}

/* Showing id -> { free, seats } of the showings that fit; empty until the first answer, and what is known stays while none comes. */
export function useLeft(filter) {
    const [known, setKnown] = useState(new Map());
    const asked = JSON.stringify(filter);
    useEffect(() => {
        const leaving = new AbortController();
        const look = async () => {
            if (document.hidden) return;
            try {
                const list = await fetchAvailability(JSON.parse(asked), leaving.signal);
                setKnown(new Map(list.map((one) => [one.id, one])));
            } catch {
                // no matter: the seat plan says what is free; the next look may be luckier
            }
        };
        look();
        const timer = setInterval(look, LOOK_MS);
        document.addEventListener('visibilitychange', look, { signal: leaving.signal });
        return () => { clearInterval(timer); leaving.abort(); };
    }, [asked]);
    return known;
}
