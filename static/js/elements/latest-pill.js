/** The way back to the newest message, and how many have come meanwhile. */

import { setText } from '../lib/dom.js';
import { say } from '../lib/words.js';

export class LatestPill {
  /** Messages of others that came while the end was out of view. */
  unseen = 0;
  #button;

  /** @param {HTMLButtonElement} button @param {() => void} onPress */
  constructor(button, onPress) {
    this.#button = button;
    button.addEventListener('click', onPress);
  }

  /** @param {boolean} isShown */
  paint(isShown) {
    this.#button.hidden = !isShown;
    if (!isShown) return;
    const words = this.unseen > 0 ? say('newMessages', { count: this.unseen }) : say('jumpToLatest');
    setText(this.#button.querySelector('[data-label]'), words);
  }
}
