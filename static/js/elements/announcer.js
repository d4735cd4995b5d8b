/**
 * The one polite voice of the page. An incoming message in the open chat is spoken
 * once; a burst is summed up; other chats are mentioned now and then.
 */

import { preview } from '../formatting.js';
import { say } from '../lib/words.js';
import { preferences } from '../preferences.js';

const GATHER_MS = 600;
const BURST = 3;
const OTHER_CHATS_EVERY_MS = 10_000;
/** Cleared after a while, so that nobody comes upon old news while reading the page. */
const CLEAR_AFTER_MS = 5_000;

export class Announcer {
  #polite;
  #alert;
  #state;
  #openId = () => null;
  #waiting = [];
  #timer;
  #clearTimer;
  #otherAt = -Infinity;

  /**
   * @param {{polite: HTMLElement, alert: HTMLElement}} regions
   * @param {import('../state.js').State} state
   * @param {() => string | null} openId the conversation that is open
   */
  constructor({ polite, alert }, state, openId) {
    this.#polite = polite;
    this.#alert = alert;
    this.#state = state;
    this.#openId = openId;
    state.addEventListener('arrived', (event) => this.#arrived(event.detail));
  }

  /** @param {string} words said when the screen reader has time */
  speak(words) {
    this.#polite.textContent = words;
    clearTimeout(this.#clearTimer);
    this.#clearTimer = setTimeout(() => (this.#polite.textContent = ''), CLEAR_AFTER_MS);
  }

  /** @param {string} words said at once */
  alarm(words) {
    this.#alert.textContent = words;
    setTimeout(() => (this.#alert.textContent = ''), CLEAR_AFTER_MS);
  }

  #arrived({ id, message }) {
    const name = this.#state.nameOf(message.from);
    if (id === this.#openId()) {
      this.#waiting.push({ name, text: preview(message.text ?? say('messageDeleted'), 300) });
      this.#timer ??= setTimeout(() => this.#tellWaiting(), GATHER_MS);
    } else if (preferences.get('elsewhere') === 'on' && Date.now() - this.#otherAt > OTHER_CHATS_EVERY_MS) {
      this.#otherAt = Date.now();
      this.speak(say('newMessageFrom', { name }));
    }
  }

  #tellWaiting() {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#timer = undefined;
    const names = new Set(waiting.map((one) => one.name));
    if (waiting.length <= BURST) {
      this.speak(waiting.map((one) => say('spoken', one)).join('. '));
    } else if (names.size === 1) {
      this.speak(say('newMessagesFrom', { count: waiting.length, name: waiting[0].name }));
    } else {
      this.speak(say('newMessages', { count: waiting.length }));
    }
  }
}
