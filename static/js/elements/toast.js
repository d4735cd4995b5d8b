/** A short word at the edge of the page, perhaps with one thing to do about it. */

import { parts } from '../lib/dom.js';

const SHOWN_MS = 5_000;

export class Toast {
  #root;
  #parts;
  #announcer;
  #timer;
  #onGone = null;
  #onAction = null;

  /** @param {HTMLElement} root @param {import('./announcer.js').Announcer} announcer */
  constructor(root, announcer) {
    this.#root = root;
    this.#parts = parts(root, 'toastText', 'toastAction');
    this.#announcer = announcer;
    this.#parts.toastAction.addEventListener('click', () => {
      const action = this.#onAction;
      this.#onGone = null;
      this.#hide();
      action?.();
    });
  }

  /**
   * @param {string} words
   * @param {{label: string, action: () => void, gone?: () => void, ms?: number}} [offer] `gone` is
   *   called when the toast goes without the action, after `ms` at the latest
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
    this.#timer = setTimeout(() => this.#hide(), offer?.ms ?? SHOWN_MS);
  }

  /** Takes it away, as if its time were up. */
  dismiss() {
    this.#hide();
  }

  #hide() {
    clearTimeout(this.#timer);
    this.#root.hidden = true;
    const gone = this.#onGone;
    this.#onGone = null;
    gone?.();
  }
}
