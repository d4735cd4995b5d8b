/**
 * Keeps versioned assets (`/static/…?v=`) at hand: their address changes with their
 * content, so what is cached is right for ever. Pages, the API and whatever else is
 * private are never touched.
 */

const CACHE = 'parley-assets-1';
const MOST_ASSETS = 200;

self.addEventListener('install', (event) => {
  // Served under a policy that forbids it to fetch, a worker would break every page that it
  // controls: then it must not be installed at all.
  event.waitUntil(fetch(self.location.href, { cache: 'no-store' }).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isAsset = url.origin === self.location.origin && url.pathname.startsWith('/static/');
  if (request.method === 'GET' && isAsset && url.searchParams.has('v')) event.respondWith(cacheFirst(event));
});

async function cacheFirst(event) {
  const { request } = event;
  const known = await caches.match(request, { cacheName: CACHE }).catch(() => undefined);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) event.waitUntil(keep(request, answer.clone()));
  return answer;
}

/** A cache that is full or forbidden only costs speed. */
async function keep(request, answer) {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(request, answer);
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST_ASSETS)).map((key) => cache.delete(key)));
  } catch {
    // Nothing is kept.
  }
}
