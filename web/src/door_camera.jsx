/* door_camera.jsx - reads QR codes by the camera: with the browser's own detector, or a library that comes when it is needed. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from './language.js';
import { Notice } from './parts.jsx';

const LOOK_MS = 120;
const SAME_AGAIN_MS = 4000; // a ticket that is still held up is one scan
const SIDE_MAX = 720;       // pixels are looked at in JavaScript where there is no detector

async function detector() {
    try {
        if ((await window.BarcodeDetector?.getSupportedFormats())?.includes('qr_code')) {
            const own = new window.BarcodeDetector({ formats: ['qr_code'] });
            return async (video) => (await own.detect(video))[0]?.rawValue;
        }
    } catch {
        // named, but not there
    }
    const { default: jsQR } = await import('jsqr');
    const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', { willReadFrequently: true });
    return async (video) => {
        const scale = Math.min(1, SIDE_MAX / Math.max(video.videoWidth, video.videoHeight));
        canvas.width = Math.round(video.videoWidth * scale);
        canvas.height = Math.round(video.videoHeight * scale);
        pen.drawImage(video, 0, 0, canvas.width, canvas.height);
        const seen = pen.getImageData(0, 0, canvas.width, canvas.height);
        return jsQR(seen.data, seen.width, seen.height, { inversionAttempts: 'dontInvert' })?.data;
    };
}

/* The camera's picture while it is on; seen(code) for each code that comes into it. */
export function Camera({ seen }) {
    const video = useRef(), tell = useRef(seen);
    const [problem, setProblem] = useState(null);
    tell.current = seen;
    useEffect(() => {
        let stream, timer, left = false, last = '', last_ms = 0;
        const look = async (detect) => {
            if (left) return;
            try {
                const code = video.current?.videoWidth ? await detect(video.current) : '';
                if (code && !left && (code !== last || Date.now() - last_ms > SAME_AGAIN_MS)) tell.current(code);
                if (code) { last = code; last_ms = Date.now(); }
            } catch {
                // one picture that could not be read: the next one comes
            }
            timer = setTimeout(look, LOOK_MS, detect);
        };
        const begin = async () => {
            try {
                stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } });
                if (left) { for (const track of stream.getTracks()) track.stop(); return; }
                video.current.srcObject = stream;
                await video.current.play();
                look(await detector());
            } catch (wrong) {
                if (!left) setProblem(wrong.name === 'NotAllowedError' ? t.cameraForbidden : t.cameraNone);
            }
        };
        begin();
        return () => { left = true; clearTimeout(timer); for (const track of stream?.getTracks() ?? []) track.stop(); };
    }, []);
    if (problem) return <Notice kind="bad" heading={problem} sentence={t.cameraElse} />;
    return <div class="camera"><video ref={video} muted playsInline aria-label={t.cameraPicture} /></div>;
}

/* A page without TLS gets no camera. */
export const cameraPossible = () => Boolean(navigator.mediaDevices?.getUserMedia);
