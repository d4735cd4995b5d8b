/**
 * Tells the server what has reached and what was read by this user: the first mark at
 * once, then at most one frame of each kind a second and conversation with the furthest
 * one, so that whoever opens a chat that just got a message need not wait to have read it.
 * The server counts the frames of all tabs together, so a hidden tab waits a little and
 * says nothing if another one was faster.
 */

import { frames } from './protocol.js';

const PAUSE_MS = 1_000;
/** After a long absence every conversation has something to acknowledge: a few at a time. */
const AT_ONCE = 20;
const SPREAD_MS = 100;

export class Marks {
  #connection;
  #state;
  #isHidden;
  #random;
  #timers;
  #now;
  #wanted = new Map();
  /** What the server knows, by conversation: our own state runs ahead of it. */
  #told = new Map();
  #timersById = new Map();
  /** When which kind of mark was last said, by conversation. */
  #sentAt = new Map();
  #recent = [];

  /**
   * @param {object} options
   * @param {import('./connection.js').Connection} options.connection
   * @param {import('./state.js').State} options.state
   * @param {() => boolean} [options.isHidden]
   * @param {() => number} [options.random]
   * @param {() => number} [options.now]
   * @param {{setTimeout: Function, clearTimeout: Function}} [options.timers]
   */
  constructor({ connection, state, isHidden = () => false, random = Math.random, now = Date.now, timers = globalThis }) {
    this.#connection = connection;
    this.#state = state;
    this.#isHidden = isHidden;
    this.#random = random;
    this.#now = now;
    this.#timers = timers;
  }

  /** @param {string} id of the conversation @param {number} seq everything up to it is here */
  received(id, seq) {
    this.#want(id, seq, 0);
  }

  /** @param {string} id of the conversation @param {number} seq everything up to it was read */
  read(id, seq) {
    // Not waiting for the server's own word keeps the badge from lagging behind the eye.
    this.#state.putMarks(id, this.#state.myId, seq, seq);
    this.#want(id, seq, seq);
  }

  /**
   * What the server says that it knows, after a break: it may know less than was said.
   *
   * @param {string} id of the conversation
   * @param {{received: number, read: number}} marks
   */
  begin(id, { received, read }) {
    this.#told.set(id, { received, read });
    this.#want(id, 0, this.#wanted.get(id)?.read ?? 0);
  }

  /** Another tab, or this one, has moved a mark. @param {string} id @param {number} received @param {number} read */
  heard(id, received, read) {
    const told = this.#told.get(id) ?? { received: 0, read: 0 };
    this.#told.set(id, { received: Math.max(told.received, received), read: Math.max(told.read, read) });
  }

  /** The server refused a frame without saying which: the latest marks are said again, later. */
  doubt() {
    for (const [id, at] of this.#sentAt) {
      if (this.#now() - Math.max(at.received, at.read) > 2 * PAUSE_MS) continue;
      this.#told.delete(id);
      const due = this.#due(id);
      if (due && !this.#timersById.has(id)) this.#later(id, due[0], 2 * PAUSE_MS);
    }
  }

  #want(id, received, read) {
    const wanted = this.#wanted.get(id) ?? { received: 0, read: 0 };
    wanted.received = Math.max(wanted.received, received);
    wanted.read = Math.max(wanted.read, read);
    this.#wanted.set(id, wanted);
    const due = this.#due(id);
    const waiting = this.#timersById.get(id);
    if (!due || waiting?.type === due[0]) return;
    if (waiting) this.#timers.clearTimeout(waiting.timer);
    this.#later(id, due[0], this.#waitFor(id, due[0]));
  }

  /** Never in the same task: what is received here is often read a moment later, which says both. */
  #later(id, type, ms) {
    const timer = this.#timers.setTimeout(() => {
      this.#timersById.delete(id);
      this.#say(id);
    }, ms);
    this.#timersById.set(id, { type, timer });
  }

  #waitFor(id, type) {
    const now = this.#now();
    const sinceLast = now - (this.#sentAt.get(id)?.[type] ?? -Infinity);
    let wait = Math.max(0, PAUSE_MS - sinceLast);
    if (this.#isHidden()) wait = Math.max(wait, 200 + this.#random() * 800);
    this.#recent = this.#recent.filter((at) => now - at < PAUSE_MS);
    const queued = this.#recent.length + this.#timersById.size;
    if (queued >= AT_ONCE) wait = Math.max(wait, (queued - AT_ONCE + 1) * SPREAD_MS);
    return wait;
  }

  /** What is still to be said: the server tells every tab when a mark has moved. */
  #due(id) {
    const conversation = this.#state.conversation(id);
    const wanted = this.#wanted.get(id);
    if (!conversation || !wanted) return null;
    const told = this.#told.get(id) ?? { received: 0, read: 0 };
    const read = Math.min(wanted.read, conversation.head);
    const received = Math.min(wanted.received, conversation.head);
    if (read > told.read) return ['read', read];
    return received > told.received ? ['received', received] : null;
  }

  #say(id) {
    const due = this.#due(id);
    if (!due) return;
    const [type, seq] = due;
    if (!this.#connection.tell(frames.mark(type, id, seq))) return;
    const read = type === 'read' ? seq : 0;
    const sentAt = this.#sentAt.get(id) ?? { received: -Infinity, read: -Infinity };
    this.#sentAt.set(id, { ...sentAt, [type]: this.#now() });
    this.#recent.push(this.#now());
    this.heard(id, seq, read);
    this.#state.putMarks(id, this.#state.myId, seq, read);
  }
}
