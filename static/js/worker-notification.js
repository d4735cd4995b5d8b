/**
 * A notification that the service worker shows, for browsers in which a page may make none
 * itself (Chrome on Android throws). It has what `Notifications` uses of the browser's own.
 */

/** @type {Map<string, WorkerNotification>} by tag */
const shown = new Map();

globalThis.navigator?.serviceWorker?.addEventListener('message', ({ data }) => shown.get(data?.clicked)?.onclick?.());

export class WorkerNotification {
  /** @type {(() => void) | null} */
  onclick = null;
  #tag;
  #showing;

  /** @param {string} title @param {NotificationOptions & {tag: string}} options */
  constructor(title, options) {
    this.#tag = options.tag;
    shown.set(options.tag, this);
    this.#showing = navigator.serviceWorker.ready.then((worker) => worker.showNotification(title, options));
    this.#showing.catch(() => {});
  }

  async close() {
    if (shown.get(this.#tag) === this) shown.delete(this.#tag);
    await this.#showing.catch(() => {});
    if (shown.has(this.#tag)) return; // A newer one has taken its place.
    const worker = await navigator.serviceWorker.ready;
    for (const notification of await worker.getNotifications({ tag: this.#tag })) notification.close();
  }
}
