/**
 * Messages on their way. Each is kept in storage before it goes out, under a
 * `client_id` that never changes, until the server has said that it is stored: so a
 * reload, a crash or a lost answer neither loses nor doubles it.
 *
 * Every tab shows all of them, and whichever has a connection sends: per conversation
 * one tab at a time, one message after another. That keeps the order even when one of
 * them is refused for now; a person does not type faster than a round trip. A tab
 * whose turn comes looks into storage first for what the one before has left.
 *
 * Event: `change` (detail `{conversation}`).
 */

import { Disconnected, Close } from './protocol.js';
import { newClientId } from './lib/ids.js';

/** Refusals after which the same request is sent again by itself. */
const PASSING = new Set(['rate_limited', 'unavailable']);
const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 15_000;

/**
 * @typedef {object} Entry
 * @property {string} client_id
 * @property {string} conversation
 * @property {string} text
 * @property {number | null} reply_to
 * @property {number} order milliseconds, unique and growing
 * @property {number} after the newest `seq` when it was written: the place where it stays if it fails
 * @property {string | null} error the code it was refused with
 */

export class Outbox extends EventTarget {
  #storage;
  #tabs;
  #now;
  #timers;
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {Map<string, Promise<boolean>>} by client id: whether storage has it, once that is known */
  #keeping = new Map();
  /** @type {Map<string, Promise<void>>} by client id, while storage forgets it */
  #removing = new Map();
  #draining = new Set();
  /** @type {Map<any, () => void>} by timer: what ends the wait before its time */
  #waits = new Map();
  #send = null;
  #lastOrder = 0;

  /**
   * @param {object} options
   * @param {import('./storage.js').Storage} options.storage
   * @param {import('./tabs.js').Tabs} options.tabs
   * @param {() => number} [options.now] milliseconds
   * @param {{setTimeout: Function, clearTimeout: Function}} [options.timers]
   */
  constructor({ storage, tabs, now = Date.now, timers = globalThis }) {
    super();
    this.#storage = storage;
    this.#tabs = tabs;
    this.#now = now;
    this.#timers = timers;
    tabs.addEventListener('waiting', ({ detail }) => this.#heard(detail));
    tabs.addEventListener('settled', ({ detail }) => this.#drop(detail.clientId));
  }

  /** Reads what an earlier visit has left. */
  async load() {
    for (const entry of await this.#storage.all('outbox')) this.#heard(entry);
  }

  get isEmpty() {
    return this.#entries.size === 0;
  }

  /** @param {string} conversation @returns {Entry[]} in the order written */
  in(conversation) {
    return [...this.#entries.values()]
      .filter((entry) => entry.conversation === conversation)
      .sort((a, b) => a.order - b.order || (a.client_id < b.client_id ? -1 : 1));
  }

  /** @returns {string[]} ids of conversations with something on its way */
  get conversations() {
    return [...new Set([...this.#entries.values()].map((entry) => entry.conversation))];
  }

  /** @param {string} clientId @returns {Entry | undefined} */
  get(clientId) {
    return this.#entries.get(clientId);
  }

  /**
   * Takes a message and sends it as soon as that is possible.
   *
   * @param {{conversation: string, text: string, reply_to?: number | null, after?: number}} message
   * @returns {Entry}
   */
  add({ conversation, text, reply_to = null, after = 0 }) {
    const entry = { client_id: newClientId(), conversation, text, reply_to, after, order: this.#nextOrder(), error: null };
    this.#keep(entry);
    this.#pump(conversation);
    return entry;
  }

  /**
   * The connection is up: sends what waits.
   *
   * @param {(entry: Entry) => Promise<unknown>} send resolves when the message is stored
   */
  resume(send) {
    this.#send = send;
    for (const conversation of this.conversations) this.#pump(conversation);
  }

  /** The connection is gone. */
  pause() {
    this.#send = null;
    for (const [timer, end] of this.#waits) {
      this.#timers.clearTimeout(timer);
      end();
    }
    this.#waits.clear();
  }

  /**
   * The message is stored: whoever said so.
   *
   * @param {string} clientId
   * @returns {Promise<void>} when no tab can find it here any more
   */
  async settle(clientId) {
    if (this.#drop(clientId)) {
      this.#tabs.tell('settled', { clientId });
      this.#removing.set(clientId, this.#storage.remove('outbox', clientId));
    }
    await this.#removing.get(clientId);
    this.#removing.delete(clientId);
  }

  /** Sends a refused message again. @param {string} clientId */
  retry(clientId) {
    const entry = this.#entries.get(clientId);
    if (!entry?.error) return;
    // The server will never take this id with these words; under a new one it will.
    if (entry.error === 'conflict') this.settle(clientId);
    const client_id = entry.error === 'conflict' ? newClientId() : clientId;
    this.#keep({ ...entry, client_id, order: this.#nextOrder(), error: null });
    this.#pump(entry.conversation);
  }

  /** Gives a refused message up. @param {string} clientId */
  discard(clientId) {
    this.settle(clientId);
  }

  #pump(conversation) {
    const send = this.#send;
    if (!send || this.#draining.has(conversation) || !this.#first(conversation)) return;
    this.#draining.add(conversation);
    this.#tabs
      .alone(`outbox.${conversation}`, () => this.#drain(conversation, send))
      .then((isEmpty) => {
        this.#draining.delete(conversation);
        if (isEmpty || this.#send !== send) this.#pump(conversation);
      });
  }

  /** @returns {Promise<boolean>} false if the connection went before everything was sent */
  async #drain(conversation, send) {
    let tries = 0;
    for (;;) {
      const entry = await this.#next(conversation);
      if (!entry) return true;
      if (this.#send !== send) return false;
      try {
        await send(entry);
        await this.settle(entry.client_id);
        tries = 0;
      } catch (error) {
        if (error instanceof Disconnected && error.code !== Close.TOO_BIG) return false;
        if (PASSING.has(error.code)) await this.#wait(error.retryAfter, tries++);
        else if (this.#entries.has(entry.client_id)) this.#keep({ ...entry, error: codeOf(error) });
      }
    }
  }

  #first(conversation) {
    return this.in(conversation).find((entry) => !entry.error);
  }

  /** The next to be sent, unless another tab has seen to it already. */
  async #next(conversation) {
    for (;;) {
      const entry = this.#first(conversation);
      if (!entry || !(await this.#keeping.get(entry.client_id))) return entry;
      const kept = await this.#storage.get('outbox', entry.client_id);
      if (kept && !kept.error) return entry;
      if (kept) this.#heard(kept);
      else this.#drop(entry.client_id);
    }
  }

  #wait(seconds, tries) {
    const ms = seconds ? seconds * 1000 : Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** tries);
    return new Promise((resolve) => {
      const timer = this.#timers.setTimeout(() => {
        this.#waits.delete(timer);
        resolve();
      }, ms);
      this.#waits.set(timer, resolve);
    });
  }

  #nextOrder() {
    this.#lastOrder = Math.max(this.#now(), this.#lastOrder + 1);
    return this.#lastOrder;
  }

  #keep(entry) {
    const { client_id: clientId, conversation } = entry;
    this.#entries.set(clientId, entry);
    this.#keeping.set(clientId, this.#storage.put('outbox', clientId, entry));
    this.#tabs.tell('waiting', entry);
    this.#tell(conversation);
  }

  /** Another tab, or an earlier visit, has kept an entry. */
  #heard(entry) {
    this.#entries.set(entry.client_id, entry);
    this.#keeping.set(entry.client_id, Promise.resolve(true));
    this.#lastOrder = Math.max(this.#lastOrder, entry.order);
    this.#tell(entry.conversation);
    this.#pump(entry.conversation);
  }

  /** @returns {boolean} whether it was there */
  #drop(clientId) {
    const entry = this.#entries.get(clientId);
    if (!entry) return false;
    this.#entries.delete(clientId);
    this.#keeping.delete(clientId);
    this.#tell(entry.conversation);
    return true;
  }

  #tell(conversation) {
    this.dispatchEvent(new CustomEvent('change', { detail: { conversation } }));
  }
}

/** What is kept of a refusal for good. */
function codeOf(error) {
  return error instanceof Disconnected ? 'too_large' : error.code || 'internal';
}
