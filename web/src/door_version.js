/* door_version.js - the worker that opens the door's page without a network, and a newer version of both when there is one. */

import { useEffect, useState } from 'preact/hooks';

/* null, or what takes the new version: the page comes anew with it. Nothing that is kept is lost by that. */
export function useNewVersion() {
    const [waiting, setWaiting] = useState(null);
    useEffect(() => {
        const workers = navigator.serviceWorker; // none on a page that came without TLS
        if (!workers) return undefined;
        const other = () => location.reload();
        const look = (registration) => {
            if (registration.waiting && workers.controller) setWaiting(registration.waiting);
            registration.addEventListener('updatefound', () => {
                registration.installing?.addEventListener('statechange', () => {
                    if (registration.waiting && workers.controller) setWaiting(registration.waiting);
                });
            });
        };
        workers.register('/door-worker.js', { scope: '/door', updateViaCache: 'none' }).then(look, () => {});
        if (workers.controller) workers.addEventListener('controllerchange', other);
        return () => workers.removeEventListener('controllerchange', other);
    }, []);
    return waiting && (() => waiting.postMessage('take'));
}
