/* parts.jsx - small things that every page is made of. */

import { useEffect, useRef } from 'preact/hooks';

/* Lines on a square of 24. */
const PICTURES = {
    ticket: <><path d="M3 6.5h18v3.7a1.9 1.9 0 0 0 0 3.6v3.7H3v-3.7a1.9 1.9 0 0 0 0-3.6z" /><path d="M14.5 7v2M14.5 11v2M14.5 15v2" /></>,
    clock: <><circle cx="12" cy="12" r="8.5" /><path d="M12 7.5V12l3 2" /></>,
    check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
    cross: <path d="m6.5 6.5 11 11M17.5 6.5l-11 11" />,
    back: <path d="M14.5 5.5 8 12l6.5 6.5" />,
    on: <path d="M9.5 5.5 16 12l-6.5 6.5" />,
    star: <path class="solid" d="m12 3.6 2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8-4.2-4.1 5.8-.8z" />,
    wheelchair: <><circle class="solid" cx="10.2" cy="4.3" r="1.9" /><path d="M10.2 8v6h5.3l2.6 5.2" /><path d="M10.2 10.4h4.6" /><path d="M8 12.6a4.6 4.6 0 1 0 6.4 5.6" /></>,
    card: <><rect x="3" y="5.5" width="18" height="13" rx="2" /><path d="M3 10h18M6.5 15h4" /></>,
    cash: <><rect x="3" y="6.5" width="18" height="11" rx="2" /><circle cx="12" cy="12" r="2.4" /><path d="M6 9.5v.01M18 14.5v.01" /></>,
    warning: <><path d="M12 4.5 21 19.5H3z" /><path d="M12 10v4.5M12 17v.01" /></>,
    print: <><path d="M7 9V4.5h10V9M7 17H4.5V9h15v8H17" /><path d="M7 14h10v5.5H7z" /></>,
    calendar: <><rect x="4" y="5.5" width="16" height="14.5" rx="2" /><path d="M4 10h16M8.5 3.5v4M15.5 3.5v4" /></>,
    download: <path d="M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19.5h14" />,
    code: <><path d="M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6z" /><path d="M13.5 13.5h2.5v2.5M19.5 13.5v2.5M13.5 19.5h2.5M19 19.5h.5" /></>,
    plus: <path d="M12 5.5v13M5.5 12h13" />,
    minus: <path d="M5.5 12h13" />,
    chart: <path d="M4.5 19.5V5M4.5 19.5h15M9 16v-4M13 16V8M17 16v-6" />,
    pulse: <path d="M3.5 12.5H8l2.2-6 3.6 11.5 2.2-5.5h4.5" />,
    camera: <><path d="M4 8h3.5L9 5.5h6L16.5 8H20v11H4z" /><circle cx="12" cy="13" r="3.4" /></>,
    sound: <><path d="M4 10v4h3.5L12 18V6L7.5 10z" /><path d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" /></>,
    whole: <path d="M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15" />,
};

export const picture = (name) => PICTURES[name];

export const Icon = ({ name }) =>
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{PICTURES[name]}</svg>;

/* Says something to those who cannot see it change. */
export function say(sentence) {
    const room = document.getElementById('says');
    room.textContent = '';
    // A pause: the same sentence twice in a row is otherwise not heard again.
    setTimeout(() => { room.textContent = sentence; }, 60);
}

/* A boxed message; kind: "bad", "good" or "plain". Whenever `seek` changes to something true, it takes the focus. */
export function Notice({ kind = 'plain', heading, sentence, seek, children }) {
    const box = useRef();
    useEffect(() => {
        if (!seek) return;
        box.current.focus({ preventScroll: true });
        box.current.scrollIntoView({ block: 'center', behavior: 'smooth' });
    }, [seek]);
    return (
        <div class={`notice notice--${kind}`} role={kind === 'bad' ? 'alert' : undefined} tabIndex={-1} ref={box}>
            <Icon name={kind === 'good' ? 'check' : kind === 'bad' ? 'warning' : 'clock'} />
            <div><strong>{heading}</strong>{sentence ? <p>{sentence}</p> : null}{children}</div>
        </div>
    );
}

/* Of a screen, where it is not the usual one. */
export const Kind = ({ type }) => (type && type !== '2D' ? <b class={`kind kind--${type.toLowerCase()}`}>{type}</b> : null);

export const BackLink = ({ href, children }) => <a class="back" href={href}><Icon name="back" />{children}</a>;

/* The heading of a view: the focus goes there when the view appears. */
export const Heading = ({ children, ...more }) => <h1 tabIndex={-1} {...more}>{children}</h1>;

/* A field of a form with its name above, and below what is asked or what is wrong with it. */
export function Field({ name, label, why, wrong, inputRef, type = 'text', ...more }) {
    return (
        <div class="field">
            <label for={name}>{label}</label>
            <input id={name} name={name} type={type} required ref={inputRef} aria-describedby={`${name}-why`}
                aria-invalid={wrong === undefined ? undefined : String(Boolean(wrong))} {...more} />
            <p class={`field__why${wrong ? ' field__why--bad' : ''}`} id={`${name}-why`}>{wrong || why || ''}</p>
        </div>
    );
}
