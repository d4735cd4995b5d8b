/** The service worker, which keeps the page's own assets and the page without anybody in it. */

/** The only script address that the page ever makes, and so the only one its policy lets through. */
const WORKER = '/sw.js';

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
  const install = () => navigator.serviceWorker.register(address).catch(() => {});
  if (document.readyState === 'complete') install();
  else addEventListener('load', install, { once: true });
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
