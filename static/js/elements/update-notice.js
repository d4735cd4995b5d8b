/**
 * The quiet word that the server has a newer page than this one. A page that nobody
 * looks at, and in which nothing is under way, takes it by itself.
 */

import { parts } from '../lib/dom.js';
import { say } from '../lib/words.js';
import { reload } from '../worker.js';

export class UpdateNotice {
  #root;
  #announcer;
  #isIdle;

  /**
   * @param {HTMLElement} root
   * @param {import('./announcer.js').Announcer} announcer
   * @param {() => boolean} isIdle whether nothing would be lost, nor anybody disturbed
   */
  constructor(root, announcer, isIdle) {
    this.#root = root;
    this.#announcer = announcer;
    this.#isIdle = isIdle;
    parts(root, 'reload').reload.addEventListener('click', () => reload());
    document.addEventListener('visibilitychange', () => this.#takeIfIdle());
  }

  /** There is a newer page. */
  offer() {
    if (this.#root.hidden) this.#announcer.speak(say('updateReady'));
    this.#root.hidden = false;
    this.#takeIfIdle();
  }

  #takeIfIdle() {
    const isUnheeded = () => document.visibilityState === 'hidden' && this.#isIdle();
    if (!this.#root.hidden && isUnheeded()) reload(isUnheeded);
  }
}
