/** The service worker, which keeps the page's own assets and the page without anybody in it. */

/** The only script address that the page ever makes, and so the only one its policy lets through. */
const WORKER = '/sw.js';
/** Longer, and whoever asked for the newer page had better have it from the worker that is there. */
const TAKES_OVER_WITHIN_MS = 3_000;

/** Installs it once the page has loaded, where browsers allow it. */
export function installWorker() {
  if (!('serviceWorker' in navigator) || !isSecureContext) return;
  const address = globalThis.trustedTypes
    ? trustedTypes
        .createPolicy('parley', {
          createScriptURL(url) {
            if (url !== WORKER) throw new TypeError('not our worker');
            return url;
          },
        })
        .createScriptURL(WORKER)
    : WORKER;
  const install = () =>
    navigator.serviceWorker
      .register(address)
      .then((registration) => takeOver(registration))
      .catch(() => {});
  if (document.readyState === 'complete') install();
  else addEventListener('load', install, { once: true });
}

/**
 * Loads the page anew, by the newest worker.
 *
 * @param {() => boolean} [isWanted] whether still, when the worker is ready after a moment
 */
export async function reload(isWanted = () => true) {
  const signal = AbortSignal.timeout(TAKES_OVER_WITHIN_MS);
  const late = new Promise((resolve) => signal.addEventListener('abort', resolve));
  await Promise.race([renewWorker(signal).catch(() => {}), late]);
  if (isWanted()) location.reload();
}

async function renewWorker(signal) {
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.update();
  await takeOver(registration, signal);
}

/**
 * Has a newer worker take the old one's place. What a page that loads has asked of the old one
 * may be lost then, and its script with it (seen in Chromium 156), so this is for right before a
 * reload and right after a load.
 *
 * @param {ServiceWorkerRegistration} [registration]
 * @param {AbortSignal} [signal] not any more
 * @returns {Promise<void>} when it has, or if there is none
 */
async function takeOver(registration, signal) {
  const next = registration?.installing ?? registration?.waiting;
  if (!next || !registration.active) return;
  await isState(next, 'installed');
  signal?.throwIfAborted();
  next.postMessage('takeOver');
  await isState(next, 'activated');
}

/** When it is at least so far, or was given up. */
async function isState(worker, state) {
  const states = ['installing', 'installed', 'activating', 'activated', 'redundant'];
  while (states.indexOf(worker.state) < states.indexOf(state)) {
    await new Promise((changed) => worker.addEventListener('statechange', changed, { once: true }));
  }
}

/**
 * Which build of the page the server has now; its worker comes with it.
 *
 * @returns {Promise<string | null>} null if the server does not say
 */
export async function latestBuild() {
  try {
    const answer = await fetch(WORKER, { cache: 'no-store' });
    const build = (await answer.text()).match(/^const BUILD = '(\w+)'/u)?.[1] ?? null;
    if (build) (await navigator.serviceWorker?.getRegistration())?.update().catch(() => {});
    return build;
  } catch {
    return null;
  }
}
