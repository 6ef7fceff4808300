/* language.js - the language of the page: t.x is a text in the one chosen. A page's texts stand in texts/, a file a language. */

export const languages = { es: 'Español', en: 'English' };
export let t = {};
export let language = 'es';

let texts = { es: {}, en: {} };

/* The texts of this page: { es: {...}, en: {...} }. */
export function useTexts(all) {
    texts = all;
    t = texts[language];
}

export function speak(wanted) {
    const tongue = (wanted ?? '').slice(0, 2);
    language = tongue in texts ? tongue : 'es';
    t = texts[language];
    document.documentElement.lang = language;
}

/* What a failed question means to the person: heading and sentence. */
export function explain(problem) {
    if (problem.status === undefined) return [t.offline, t.offlineWhy];
    if (problem.code in t.errors) return [t.failed, t.errors[problem.code]];
    if (problem.status === 404) return [t.failed, t.errors.not_found];
    if (problem.status === 429 || problem.status === 503) return [t.failed, t.errors.busy];
    return [t.failed, problem.message];
}
