/* door_ticket.js - what a ticket's code says and whether it is ours, with nobody asked: TQ1.<key id>.<payload>.<signature>, Ed25519
 * over the text before the last point. */

const CODE_LETTERS_MAX = 400;
const FORM = /^TQ1\.([\w-]{1,16})\.([\w-]{1,200})\.([\w-]{86})$/;

const positive = (value) => Number.isSafeInteger(value) && value > 0;

function bytesOf(base64url) {
    const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/* { key, reservation, seat, showing, signed, signature }, or null when it has another form. */
function read(code) {
    const parts = code.length <= CODE_LETTERS_MAX ? FORM.exec(code) : null;
    if (!parts) return null;
    try {
        const { r, s, h } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(parts[2])));
        if (!positive(r) || !positive(s) || !positive(h)) return null;
        const signed = new TextEncoder().encode(code.slice(0, code.lastIndexOf('.')));
        return { key: parts[1], reservation: r, seat: s, showing: h, signed, signature: bytesOf(parts[3]) };
    } catch {
        return null;
    }
}

/* By the browser, or where it cannot (an older one, or a page that came without TLS) by a library that comes when it is needed. */
async function signedBy(publicKey, { signed, signature }) {
    const raw = bytesOf(publicKey);
    try {
        const key = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']);
        return await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, signed);
    } catch {
        const [ed, { sha512 }] = await Promise.all([import('@noble/ed25519'), import('@noble/hashes/sha2.js')]);
        ed.hashes.sha512 = sha512;
        try {
            return ed.verify(signature, signed, raw, { zip215: false });
        } catch {
            return false;
        }
    }
}

/* Has it the form of ours, and a key that is not among these? A new one may sign since they came. */
export function keyMissing(code, keys) {
    const ticket = read(code);
    return ticket !== null && !keys.some((one) => one.keyId === ticket.key);
}

/* What a code of ours was sold for: { reservation, seat, showing }; null: no key of ours signed it. keys: as /api/ticket-keys has them. */
export async function ticketOf(code, keys) {
    const ticket = read(code);
    const key = ticket && keys.find((one) => one.keyId === ticket.key);
    if (!key || !(await signedBy(key.publicKey, ticket))) return null;
    return { reservation: ticket.reservation, seat: ticket.seat, showing: ticket.showing };
}
