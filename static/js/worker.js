/** Installs the service worker, which keeps the page's own assets at hand. */

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
