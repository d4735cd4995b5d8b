/** The one sound of the page: two soft notes, made rather than loaded. */

const NOTES = [
  { hertz: 660, at: 0 },
  { hertz: 880, at: 0.11 },
];
const SECONDS = 0.32;
const LOUDNESS = 0.12;

let context;

/** Plays it, where the browser lets a page be heard: not before somebody has touched it. */
export function playSound() {
  if (!navigator.userActivation?.hasBeenActive || typeof AudioContext !== 'function') return;
  context ??= new AudioContext();
  for (const { hertz, at } of NOTES) {
    const begin = context.currentTime + at;
    const tone = new OscillatorNode(context, { frequency: hertz });
    const loudness = new GainNode(context, { gain: 0 });
    // A tone that begins or ends at once clicks.
    loudness.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.0001, begin + SECONDS);
    tone.connect(loudness).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + SECONDS);
  }
}
