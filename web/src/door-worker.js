/* door-worker.js - keeps the door's page, so that it opens without a network. VERSION and FILES are put in by build.js: the files of
 * one build, named by their content. A page and its parts are always of one version: the newer one waits until the page asks for it. */

const CACHE = `door-${VERSION}`;
const HOUSE = '/api/house';
const HOUSE_MS = 3000;

self.addEventListener('install', (event) => {
    const fresh = FILES.map((path) => new Request(path, { cache: 'reload' }));
    event.waitUntil(caches.open(CACHE).then((cache) => Promise.all([cache.addAll(fresh), cache.add(HOUSE)])));
});

self.addEventListener('activate', (event) => {
    event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
        .then(() => self.clients.claim()));
});

self.addEventListener('message', (event) => {
    if (event.data === 'take') self.skipWaiting();
});

/* The house's name and clock: as it says now, else as it said last. */
async function house(request) {
    const cache = await caches.open(CACHE);
    try {
        const answer = await fetch(request, { signal: AbortSignal.timeout(HOUSE_MS) });
        if (answer.ok) await cache.put(HOUSE, answer.clone());
        return answer;
    } catch (problem) {
        const kept = await cache.match(HOUSE);
        if (kept) return kept;
        throw problem;
    }
}

async function kept(request, path) {
    const found = await (await caches.open(CACHE)).match(path);
    return found ?? fetch(request);
}

self.addEventListener('fetch', (event) => {
    const { pathname, origin } = new URL(event.request.url);
    if (event.request.method !== 'GET' || origin !== location.origin) return;
    if (pathname === HOUSE) event.respondWith(house(event.request));
    else if (FILES.includes(pathname)) event.respondWith(kept(event.request, pathname));
});
