/* door_sound.js - a verdict for the ear and the hand: one high tone, or low ones. */

let speaker = null;

function tone(at, hertz, seconds) {
    const voice = speaker.createOscillator(), loud = speaker.createGain();
    voice.frequency.value = hertz;
    loud.gain.setValueAtTime(0.15, at);
    loud.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    voice.connect(loud).connect(speaker.destination);
    voice.start(at);
    voice.stop(at + seconds);
}

/* A browser lets a page sound only after somebody has touched it. */
export function sound(good) {
    if (!navigator.userActivation?.hasBeenActive) return;
    navigator.vibrate?.(good ? 60 : [120, 80, 120]);
    if (!window.AudioContext) return;
    speaker ??= new AudioContext();
    const at = speaker.currentTime;
    if (good) tone(at, 1320, 0.18);
    else { tone(at, 220, 0.25); tone(at + 0.3, 196, 0.35); }
}
