/* staff_gate.jsx - asks for the administrator's token, once. */

import { useState } from 'preact/hooks';
import { showAgain } from './frame.jsx';
import { t } from './language.js';
import { Field, Heading, Notice } from './parts.jsx';
import { takeToken, theToken, turnedAway } from './staff.js';

/* The form alone; taken() after the token is kept. */
export function TokenForm({ refused, taken }) {
    const [wrong, setWrong] = useState(refused ? t.tokenWrong : '');
    const submit = (event) => {
        event.preventDefault();
        const given = new FormData(event.target).get('token').trim();
        if (!given) {
            setWrong(t.tokenMissing);
            event.target.token.focus();
            return;
        }
        takeToken(given);
        taken();
    };
    return (
        <form class="form gate__form" noValidate onSubmit={submit}>
            <Field name="token" type="password" label={t.token} why={t.tokenWhy} wrong={wrong} autocomplete="off" spellcheck={false} />
            <button class="go" type="submit">{t.enter}</button>
        </form>
    );
}

function Gate({ problem }) {
    // 403: this house has no token, and answers its own machine alone
    const needed = problem.status === 401;
    return (
        <div class="page page--narrow">
            <Heading>{t.gate}</Heading>
            <p class="lead">{needed ? t.gateWhy : t.gateClosed}</p>
            {needed && theToken() ? <Notice kind="bad" heading={t.tokenWrong} sentence={t.tokenWrongWhy} /> : null}
            {needed ? <TokenForm refused={Boolean(theToken())} taken={showAgain} /> : null}
        </div>
    );
}

/* A view that asks for the token when the house does not answer without. */
export const guarded = (view) => async (asked) => {
    try {
        return await view(asked);
    } catch (problem) {
        if (!turnedAway(problem)) throw problem;
        return { title: t.gate, node: <Gate problem={problem} /> };
    }
};
