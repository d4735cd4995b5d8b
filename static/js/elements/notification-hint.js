/**
 * Offers notifications once there is somebody to hear from, and says how to undo a
 * refusal. Nothing is asked before the click.
 */

import { parts, setText } from '../lib/dom.js';
import { say } from '../lib/words.js';

export class NotificationHint {
  #root;
  #parts;
  #state;
  #notifications;
  #preferences;
  #rest;
  #wasRefused = false;

  /**
   * @param {HTMLElement} root
   * @param {object} parts
   * @param {import('../state.js').State} parts.state
   * @param {import('../notifications.js').Notifications} parts.notifications
   * @param {import('../preferences.js').Preferences} parts.preferences
   * @param {() => void} parts.rest gives the focus a place when it was in what goes
   */
  constructor(root, { state, notifications, preferences, rest }) {
    this.#root = root;
    this.#parts = parts(root, 'hintText', 'turnOn', 'notNow');
    this.#state = state;
    this.#notifications = notifications;
    this.#preferences = preferences;
    this.#rest = rest;
    this.#parts.turnOn.addEventListener('click', () => this.#ask());
    this.#parts.notNow.addEventListener('click', () => this.#dismiss());
    for (const type of ['synced', 'conversation']) state.addEventListener(type, () => this.#render());
    notifications.addEventListener('change', () => this.#render());
    this.#render();
  }

  async #ask() {
    this.#wasRefused = (await this.#notifications.turnOn()) !== 'on';
    this.#render();
  }

  #dismiss() {
    this.#wasRefused = false;
    this.#preferences.set('notifications', 'off');
    this.#render();
  }

  /** Whether there is somebody to hear from, and nothing was said about it yet. */
  get #isWelcome() {
    if (!this.#state.isSynced || this.#preferences.get('notifications') !== 'undecided') return false;
    return this.#state.sorted().some(({ head }) => head > 0) && this.#notifications.status === 'off';
  }

  #render() {
    const hadFocus = this.#root.contains(document.activeElement);
    this.#root.hidden = !this.#wasRefused && !this.#isWelcome;
    setText(this.#parts.hintText, say(this.#wasRefused ? 'notificationsBlocked' : 'notificationsOffer'));
    this.#parts.turnOn.hidden = this.#wasRefused;
    if (hadFocus && this.#root.hidden) this.#rest();
    else if (hadFocus && this.#wasRefused) this.#parts.notNow.focus();
  }
}
