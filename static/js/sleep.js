/** Notices that the machine has slept: connections may have died meanwhile, and no event says so. */

/** Longer, and it takes a second until one is back. */
const TICK_MS = 500;
/** Shorter, and a page that is busy seems to have slept. */
const SLEPT_MS = 5_000;

/** @param {() => void} action done when a page that is shown has slept */
export function whenWoken(action) {
  let last = Date.now();
  setInterval(() => {
    const hasSlept = Date.now() - last > SLEPT_MS;
    last = Date.now();
    // A hidden page has few turns: that is no sleep.
    if (hasSlept && document.visibilityState === 'visible') action();
  }, TICK_MS);
  document.addEventListener('visibilitychange', () => (last = Date.now()));
}
