/* dom.js - elements from code: text is always text, never markup, and no style attribute is written. */

const SVG = 'http://www.w3.org/2000/svg';

/* el('button', { class: 'go', type: 'button', on: { click: f } }, 'Pay', ...) */
export function el(name, props = {}, ...children) {
    return fill(document.createElement(name), props, children);
}

export function svg(name, props = {}, ...children) {
    return fill(document.createElementNS(SVG, name), props, children);
}

export function icon(name) {
    return svg('svg', { class: 'icon', 'aria-hidden': 'true', focusable: 'false' },
        svg('use', { href: `#icon-${name}` }));
}

function fill(node, props, children) {
    for (const [name, value] of Object.entries(props)) {
        if (value === null || value === undefined || value === false) continue;
        if (name === 'on') {
            for (const [type, hear] of Object.entries(value)) node.addEventListener(type, hear);
        } else if (name === 'data') {
            Object.assign(node.dataset, value);
        } else {
            node.setAttribute(name, value === true ? '' : String(value));
        }
    }
    put(node, children);
    return node;
}

function put(node, children) {
    for (const child of children) {
        if (child === null || child === undefined || child === false) continue;
        if (Array.isArray(child)) put(node, child);
        else node.append(child);
    }
}

/* Says something to those who cannot see it change. */
export function say(sentence) {
    const room = document.getElementById('says');
    room.textContent = '';
    // A pause: the same sentence twice in a row is otherwise not heard again.
    setTimeout(() => { room.textContent = sentence; }, 60);
}

/* A boxed message; kind: "bad", "good" or "plain". It can take the focus. */
export function notice(kind, heading, sentence, ...more) {
    return el('div', { class: `notice notice--${kind}`, role: kind === 'bad' ? 'alert' : null, tabindex: '-1' },
        icon(kind === 'good' ? 'check' : kind === 'bad' ? 'warning' : 'clock'),
        el('div', {}, el('strong', {}, heading), sentence ? el('p', {}, sentence) : null, ...more));
}
