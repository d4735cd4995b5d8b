/**
 * The word that there is no connection: after two seconds, so that a hiccup does not
 * alarm anybody, with the next try after ten.
 */

import { parts, setText } from '../lib/dom.js';
import { say } from '../lib/words.js';

const QUIET_MS = 2_000;
const DETAIL_AFTER_MS = 10_000;

export class ConnectionStatus {
  #root;
  #parts;
  #connection;
  #announcer;
  #rest;
  #since = Date.now();
  #timer;

  /**
   * @param {HTMLElement} root
   * @param {import('../connection.js').Connection} connection
   * @param {import('./announcer.js').Announcer} announcer
   * @param {() => void} rest gives the focus a place when it was in what goes
   */
  constructor(root, connection, announcer, rest) {
    this.#root = root;
    this.#parts = parts(root, 'status', 'next', 'now');
    this.#connection = connection;
    this.#announcer = announcer;
    this.#rest = rest;
    this.#parts.now.addEventListener('click', () => connection.wake());
    connection.addEventListener('status', () => this.#changed());
    this.#tick();
  }

  #changed() {
    document.body.dataset.connection = this.#connection.isOnline ? 'online' : 'away';
    if (this.#connection.isOnline) {
      this.#since = null;
      this.#render();
    } else if (this.#since === null) {
      this.#since = Date.now();
      this.#tick();
    } else {
      this.#render();
    }
  }

  #tick() {
    clearTimeout(this.#timer);
    this.#render();
    if (this.#since === null) return;
    const away = Date.now() - this.#since;
    this.#timer = setTimeout(() => this.#tick(), away < QUIET_MS ? QUIET_MS - away + 1 : 1_000);
  }

  #render() {
    const { status, next, now } = this.#parts;
    const away = this.#since === null ? 0 : Date.now() - this.#since;
    const isShown = away >= QUIET_MS && this.#connection.status !== 'ended';
    const wasShown = this.#root.dataset.shown === 'true';
    this.#root.dataset.shown = String(isShown);
    // A landmark while there is something in it.
    const landmark = { role: 'region', 'aria-label': say('connection') };
    for (const [name, value] of Object.entries(landmark)) {
      if (isShown) this.#root.setAttribute(name, value);
      else this.#root.removeAttribute(name);
    }
    setText(status, isShown ? say('reconnecting') : '');
    if (wasShown && this.#connection.isOnline) this.#announcer.speak(say('connectionBack'));
    const { retryAt } = this.#connection;
    const seconds = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / 1000);
    const isLong = isShown && away >= DETAIL_AFTER_MS;
    const hasDetail = isLong && seconds > 0;
    // One line says it to the eye; the role of the other says it to the ear.
    status.classList.toggle('visually-hidden', hasDetail);
    next.hidden = !hasDetail;
    // While a try is under way, too: what has the focus must not go.
    const hadFocus = now === document.activeElement;
    now.hidden = !isLong;
    if (hadFocus && now.hidden) this.#rest();
    if (hasDetail) setText(next, say('nextTry', { seconds }));
  }
}
