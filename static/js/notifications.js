/**
 * Tells of new messages outside the page: a notification of the browser and a sound, one
 * for all tabs of an account, and none while somebody looks at the chat in one of them.
 * What was read anywhere is withdrawn.
 *
 * The browser is asked for permission by `turnOn` only, which belongs to a click.
 *
 * Event: `change` (whether it is on may have changed).
 */

import { oneLine, plainName } from './lib/text.js';
import { say } from './lib/words.js';
import { WorkerNotification } from './worker-notification.js';

/** A tab in which somebody looks at the chat says so within this time. */
const ANSWER_WITHIN_MS = 200;
const LONGEST_TEXT = 200;

/** @typedef {'on' | 'off' | 'blocked' | 'missing'} Status `missing`: this browser has none */

export class Notifications extends EventTarget {
  #state;
  #tabs;
  #preferences;
  #isAttended;
  #paint;
  #sound;
  #onOpen;
  #browser;
  #worker;
  #timers;
  /** @type {PromiseWithResolvers<void> | null} ends when another tab may tell */
  #turn = null;
  #leads = false;
  /** @type {Map<string, {seq: number, notification: Notification | WorkerNotification}>} by conversation */
  #shown = new Map();
  /** Conversations at which somebody looks in another tab, as far as asked. */
  #attendedElsewhere = new Set();

  /**
   * @param {object} options
   * @param {import('./state.js').State} options.state
   * @param {import('./tabs.js').Tabs} options.tabs
   * @param {import('./preferences.js').Preferences} options.preferences
   * @param {(conversation: string) => boolean} options.isAttended whether somebody looks at it in this tab
   * @param {(person: {id: string, name: string}) => string} options.paint the address of somebody's picture
   * @param {() => void} options.sound plays it
   * @param {(conversation: string) => void} options.onOpen the notification was clicked
   * @param {typeof Notification} [options.browser]
   * @param {typeof WorkerNotification} [options.worker] where pages may not make one themselves
   * @param {{setTimeout: Function}} [options.timers]
   */
  constructor({ state, tabs, preferences, isAttended, paint, sound, onOpen, browser = globalThis.Notification, worker = WorkerNotification, timers = globalThis }) {
    super();
    this.#state = state;
    this.#tabs = tabs;
    this.#preferences = preferences;
    this.#isAttended = isAttended;
    this.#paint = paint;
    this.#sound = sound;
    this.#onOpen = onOpen;
    this.#browser = browser;
    this.#worker = worker;
    this.#timers = timers;
    state.addEventListener('arrived', ({ detail }) => this.#arrived(detail));
    for (const type of ['conversation', 'messages']) {
      state.addEventListener(type, ({ detail }) => this.#withdraw(detail.id));
    }
    preferences.addEventListener('change', () => this.dispatchEvent(new CustomEvent('change')));
    tabs.addEventListener('attended?', ({ detail }) => {
      if (this.#isAttended(detail.id)) tabs.tell('attended', detail);
    });
    tabs.addEventListener('attended', ({ detail }) => this.#attendedElsewhere.add(detail.id));
  }

  /** @returns {Status} */
  get status() {
    if (!this.#browser) return 'missing';
    const { permission } = this.#browser;
    if (permission === 'denied') return 'blocked';
    return permission === 'granted' && this.#preferences.get('notifications') === 'on' ? 'on' : 'off';
  }

  /** Asks the browser, after a click. @returns {Promise<Status>} */
  async turnOn() {
    const permission = await this.#browser?.requestPermission();
    if (permission === 'granted') this.#preferences.set('notifications', 'on');
    this.dispatchEvent(new CustomEvent('change'));
    return this.status;
  }

  turnOff() {
    this.#preferences.set('notifications', 'off');
    for (const { notification } of this.#shown.values()) notification.close();
    this.#shown.clear();
  }

  /** There is a connection: of the tabs that have one, the first to say so tells. */
  lead() {
    const turn = Promise.withResolvers();
    this.#turn = turn;
    this.#tabs.alone('notifications', async () => {
      if (this.#turn !== turn) return;
      this.#leads = true;
      await turn.promise;
    });
  }

  /** The connection is gone. */
  follow() {
    this.#leads = false;
    this.#turn?.resolve();
    this.#turn = null;
  }

  async #arrived({ id, message }) {
    if (!this.#leads || this.#isAttended(id)) return;
    this.#attendedElsewhere.delete(id);
    this.#tabs.tell('attended?', { id });
    await new Promise((resolve) => this.#timers.setTimeout(resolve, ANSWER_WITHIN_MS));
    const conversation = this.#state.conversation(id);
    // Of several at once the last is told.
    const isPast = !conversation || conversation.myRead >= message.seq || conversation.last.seq > message.seq;
    if (isPast || this.#attendedElsewhere.has(id)) return;
    if (this.#preferences.get('sound') === 'on') this.#sound();
    if (this.status === 'on') this.#show(conversation, message);
  }

  /** In the place of the last one about the same conversation. */
  #show(conversation, message) {
    const name = plainName(this.#state.nameOf(message.from));
    const where = plainName(this.#state.titleOf(conversation));
    const title = conversation.kind === 'direct' ? name : `${name} · ${where}`;
    const isShown = this.#preferences.get('preview') === 'on';
    const notification = this.#make(title, {
      body: isShown ? plainName(oneLine(message.text ?? '', LONGEST_TEXT)) : say('newMessage'),
      icon: this.#paint({ id: message.from, name }),
      tag: `parley-${conversation.id}`,
      lang: document.documentElement.lang,
      silent: true, // The page has a sound of its own, which can be switched off.
    });
    notification.onclick = () => {
      focus();
      notification.close();
      this.#onOpen(conversation.id);
    };
    this.#shown.set(conversation.id, { seq: message.seq, notification });
  }

  #make(title, options) {
    try {
      return new this.#browser(title, options);
    } catch {
      return new this.#worker(title, options);
    }
  }

  #withdraw(id) {
    const shown = this.#shown.get(id);
    if (!shown) return;
    const conversation = this.#state.conversation(id);
    const isDeleted = conversation?.last?.seq === shown.seq && conversation.last.deleted;
    if (conversation && conversation.myRead < shown.seq && !isDeleted) return;
    shown.notification.close();
    this.#shown.delete(id);
  }
}
