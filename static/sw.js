/**
 * Makes the page quick, and readable without a network.
 *
 * Versioned assets (`/static/…?v=`) are kept: their address changes with their content, so
 * what is kept is right for ever. So is the shell, a chat page with nobody in it, which is
 * shown when the server cannot be reached; what it then shows lies with the account. Pages,
 * the API and whatever else is private are never touched.
 */

/* global BUILD: the server writes it above; another build makes another worker. */
const ASSETS = 'parley-assets-1';
const SHELL = `parley-shell-${BUILD}`;
const SHELL_PATH = '/shell';
/** Longer, and a network that only pretends to be one keeps people waiting. */
const PAGE_WITHIN_MS = 4_000;
/** What proxies say while the server restarts. */
const AWAY = new Set([502, 503, 504]);

self.addEventListener('install', (event) => {
  // Served under a policy that forbids it to fetch, a worker would break every page that it
  // controls: then it must not be installed at all.
  event.waitUntil(keepShell());
});

// A page that loads would lose what it has asked of the worker before this one, and stand there
// without its script: pages say when none does (static/js/worker.js).
self.addEventListener('message', (event) => {
  if (event.data === 'takeOver') event.waitUntil(self.skipWaiting());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/static/') && url.searchParams.has('v')) event.respondWith(cacheFirst(event));
  else if (request.mode === 'navigate' && /^\/(?:c\/.*)?$/u.test(url.pathname)) event.respondWith(pageOrShell(request));
});

// Of a notification that a page had us show (static/js/worker-notification.js).
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openChat(event.notification.tag));
});

/** Has a page that is open show the chat, or opens one. A forced reload leaves a page without a worker. */
async function openChat(tag) {
  const [page] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (!page) return self.clients.openWindow(`/c/${tag.replace(/^parley-/u, '')}`);
  await page.focus().catch(() => {});
  return page.postMessage({ clicked: tag });
}

/** Keeps the shell of this build and every asset that it names. */
async function keepShell() {
  const shell = await fetch(SHELL_PATH, { cache: 'no-store' });
  if (!shell.ok) throw new Error(`no shell: ${shell.status}`);
  const assets = await caches.open(ASSETS);
  await Promise.all(
    assetsOf(await shell.clone().text()).map(async (url) => {
      if (!(await assets.match(url))) await assets.add(url);
    }),
  );
  await (await caches.open(SHELL)).put(SHELL_PATH, shell);
}

/** Drops what older builds have kept. */
async function dropOld() {
  const names = (await caches.keys()).filter((name) => name !== ASSETS && name !== SHELL);
  await Promise.all(names.map((name) => caches.delete(name)));
  const shell = await keptShell();
  const wanted = new Set(assetsOf(await shell.text()));
  const assets = await caches.open(ASSETS);
  for (const request of await assets.keys()) {
    const { pathname, search } = new URL(request.url);
    if (!wanted.has(pathname + search)) await assets.delete(request);
  }
}

/** @param {string} page @returns {string[]} addresses of the assets that it names */
function assetsOf(page) {
  return [...new Set(page.match(/\/static\/[\w./-]+\?v=\w+/gu))];
}

async function cacheFirst(event) {
  const { request } = event;
  const known = await caches.match(request, { cacheName: ASSETS }).catch(() => undefined);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) event.waitUntil(keep(request, answer.clone()));
  return answer;
}

/** A cache that is full or forbidden only costs speed. */
async function keep(request, answer) {
  try {
    await (await caches.open(ASSETS)).put(request, answer);
  } catch {
    // Nothing is kept.
  }
}

async function pageOrShell(request) {
  const page = fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, PAGE_WITHIN_MS));
  try {
    const answer = await Promise.race([page, late]);
    if (answer && !AWAY.has(answer.status)) return answer;
  } catch {
    // No network, or no server.
  }
  return (await keptShell()) ?? page;
}

function keptShell() {
  return caches.match(SHELL_PATH, { cacheName: SHELL }).catch(() => undefined);
}
