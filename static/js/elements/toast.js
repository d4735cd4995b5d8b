/** A short word at the edge of the page, perhaps with one thing to do about it. */

import { parts } from '../lib/dom.js';

/** Longer, and a deletion lingers with the others; shorter, and nobody can take it back. */
const SHOWN_MS = 5_000;

export class Toast {
  #root;
  #parts;
  #announcer;
  #rest;
  #timer;
  #onGone = null;
  #onAction = null;

  /**
   * @param {HTMLElement} root
   * @param {import('./announcer.js').Announcer} announcer
   * @param {() => void} rest gives the focus a place when it was in what goes
   */
  constructor(root, announcer, rest) {
    this.#root = root;
    this.#parts = parts(root, 'toastText', 'toastAction');
    this.#announcer = announcer;
    this.#rest = rest;
    this.#parts.toastAction.addEventListener('click', () => this.act());
    // It stays while it is in focus; a pointer may only happen to be there.
    this.#parts.toastAction.addEventListener('focus', () => clearTimeout(this.#timer));
    this.#parts.toastAction.addEventListener('blur', () => this.#countDown());
  }

  /**
   * @param {string} words
   * @param {{label: string, action: () => void, gone?: () => void}} [offer] `gone` is called when
   *   the toast goes without the action
   */
  show(words, offer) {
    this.#hide();
    this.#parts.toastText.textContent = words;
    this.#parts.toastAction.hidden = !offer;
    this.#parts.toastAction.textContent = offer?.label ?? '';
    this.#onAction = offer?.action ?? null;
    this.#onGone = offer?.gone ?? null;
    this.#root.hidden = false;
    this.#announcer.speak(words);
    this.#countDown();
  }

  /** Whether there is something to do about what it says. */
  get isOffer() {
    return this.#onAction !== null;
  }

  /** Does it. */
  act() {
    const action = this.#onAction;
    this.#onGone = null;
    this.#hide();
    action?.();
  }

  /** Takes it away, as if its time were up. */
  dismiss() {
    this.#hide();
  }

  #countDown() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#hide(), SHOWN_MS);
  }

  #hide() {
    clearTimeout(this.#timer);
    const hadFocus = this.#root.contains(document.activeElement);
    this.#root.hidden = true;
    this.#onAction = null;
    const gone = this.#onGone;
    this.#onGone = null;
    gone?.();
    if (hadFocus) this.#rest();
  }
}
