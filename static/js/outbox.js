/**
 * Messages on their way. Each is kept in storage before it is shown, under a
 * `client_id` that never changes, until the server has said that it is stored: so a
 * reload, a crash or a lost answer neither loses nor doubles it.
 *
 * Per conversation one message is under way at a time. That keeps the order even when
 * one of them is refused for now; a person does not type faster than a round trip.
 *
 * Every tab holds the entries that were there when it loaded and sends them too: the
 * server knows a `client_id` again, and no tab has to find out whether another lives.
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
  #prefix;
  #now;
  #timers;
  #entries = new Map();
  #underWay = new Map();
  #waiting = new Map();
  #tries = new Map();
  #send = null;
  #lastOrder = 0;

  /**
   * @param {object} options
   * @param {Storage} options.storage
   * @param {string} options.userId whose messages these are: nobody else's are loaded
   * @param {() => number} [options.now] milliseconds
   * @param {{setTimeout: Function, clearTimeout: Function}} [options.timers]
   */
  constructor({ storage, userId, now = Date.now, timers = globalThis }) {
    super();
    this.#storage = storage;
    this.#prefix = `parley.outbox.${userId}.`;
    this.#now = now;
    this.#timers = timers;
    for (const entry of this.#load()) this.#entries.set(entry.client_id, entry);
  }

  /** @param {string} conversation @returns {Entry[]} in the order written */
  in(conversation) {
    return [...this.#entries.values()]
      .filter((entry) => entry.conversation === conversation)
      .sort((a, b) => a.order - b.order);
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
    this.#lastOrder = Math.max(this.#now(), this.#lastOrder + 1);
    const entry = {
      client_id: newClientId(),
      conversation,
      text,
      reply_to,
      after,
      order: this.#lastOrder,
      error: null,
    };
    this.#keep(entry);
    this.#tell(conversation);
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
    this.#underWay.clear();
    for (const conversation of this.conversations) this.#pump(conversation);
  }

  /** The connection is gone. */
  pause() {
    this.#send = null;
    this.#underWay.clear();
    for (const timer of this.#waiting.values()) this.#timers.clearTimeout(timer);
    this.#waiting.clear();
  }

  /** The message is stored: whoever said so, in whichever tab. @param {string} clientId */
  settle(clientId) {
    const entry = this.#entries.get(clientId);
    if (!entry) return;
    this.#forget(entry);
    this.#tell(entry.conversation);
  }

  /** Sends a refused message again. @param {string} clientId */
  retry(clientId) {
    const entry = this.#entries.get(clientId);
    if (!entry?.error) return;
    // The server will never take this id with these words; under a new one it will.
    if (entry.error === 'conflict') {
      this.#forget(entry);
      entry.client_id = newClientId();
    }
    this.#lastOrder = Math.max(this.#now(), this.#lastOrder + 1);
    entry.order = this.#lastOrder;
    entry.error = null;
    this.#keep(entry);
    this.#tell(entry.conversation);
    this.#pump(entry.conversation);
  }

  /** Gives a refused message up. @param {string} clientId */
  discard(clientId) {
    this.settle(clientId);
  }

  /**
   * Another tab has written to the storage.
   *
   * @param {string | null} key null when everything was cleared
   * @param {string | null} value null when it was removed
   */
  heardFromTab(key, value) {
    if (value === null && key?.startsWith(this.#prefix)) this.settle(key.slice(this.#prefix.length));
  }

  async #pump(conversation) {
    const send = this.#send;
    if (!send || this.#underWay.has(conversation) || this.#waiting.has(conversation)) return;
    const entry = this.in(conversation).find((candidate) => !candidate.error);
    if (!entry) return;
    this.#underWay.set(conversation, entry.client_id);
    try {
      await send(entry);
      this.#tries.delete(entry.client_id);
      this.settle(entry.client_id);
    } catch (error) {
      this.#refused(entry, error);
    }
    if (this.#send !== send) return;
    this.#underWay.delete(conversation);
    this.#pump(conversation);
  }

  #refused(entry, error) {
    if (error instanceof Disconnected && error.code !== Close.TOO_BIG) return;
    if (!PASSING.has(error.code)) {
      if (!this.#entries.has(entry.client_id)) return;
      entry.error = error instanceof Disconnected ? 'too_large' : error.code || 'internal';
      this.#keep(entry);
      this.#tell(entry.conversation);
      return;
    }
    const tries = this.#tries.get(entry.client_id) ?? 0;
    this.#tries.set(entry.client_id, tries + 1);
    const wait = error.retryAfter ? error.retryAfter * 1000 : Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** tries);
    const timer = this.#timers.setTimeout(() => {
      this.#waiting.delete(entry.conversation);
      this.#pump(entry.conversation);
    }, wait);
    this.#waiting.set(entry.conversation, timer);
  }

  #load() {
    const found = [];
    try {
      for (let index = 0; index < this.#storage.length; index += 1) {
        const key = this.#storage.key(index);
        if (key?.startsWith(this.#prefix)) found.push(JSON.parse(this.#storage.getItem(key)));
      }
    } catch {
      // Storage is forbidden or holds something foreign: what is left is this visit's memory.
    }
    return found.sort((a, b) => a.order - b.order);
  }

  #keep(entry) {
    this.#entries.set(entry.client_id, entry);
    try {
      this.#storage.setItem(this.#prefix + entry.client_id, JSON.stringify(entry));
    } catch {
      // Full or forbidden: the message is still sent from memory.
    }
  }

  #forget(entry) {
    this.#entries.delete(entry.client_id);
    try {
      this.#storage.removeItem(this.#prefix + entry.client_id);
    } catch {
      // Nothing was kept.
    }
  }

  #tell(conversation) {
    this.dispatchEvent(new CustomEvent('change', { detail: { conversation } }));
  }
}
