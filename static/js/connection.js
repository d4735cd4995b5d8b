/**
 * One WebSocket that comes back: its life, its requests and answers, its pulse.
 *
 * It is `online` from `hello` to the close. A request is answered, refused
 * (`Refusal`) or lost with the connection (`Disconnected`), never left hanging.
 * Nothing is sent again from here: who asked knows whether that is wise.
 *
 * Events: `status` (detail `{status, retryAt}`), `hello` and `frame` (detail: the
 * frame), `closed` (detail `{code}`), `ended` (detail `{reason}`: the session is over
 * and nothing will be tried any more).
 */

import { Close, Disconnected, Refusal, frames } from './protocol.js';
import { backoffMs, retryMs } from './lib/backoff.js';

/** The `readyState` of a socket that is not open yet. */
const CONNECTING = 0;
const DEFAULT_HEARTBEAT_S = 15;
/** Shorter, and a slow mobile network looks dead; longer, and a dead one looks alive. */
const PONG_WITHIN_MS = 10_000;
const HELLO_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 30_000;
/** A connection that did not live so long does not earn a quick retry. */
const STEADY_AFTER_MS = 5_000;
const TOO_MANY_WAIT_MS = 30_000;

/** @typedef {'connecting' | 'online' | 'waiting' | 'ended'} Status */

export class Connection extends EventTarget {
  /** @type {Status} */
  status = 'connecting';
  /** When the next attempt is made, in the milliseconds of `now`; null unless `waiting`. */
  retryAt = null;

  #open;
  #isSessionOver;
  #random;
  #now;
  #timers;
  #socket = null;
  #greeted = false;
  #attempt = 0;
  #lastId = 0;
  #pending = new Map();
  #heartbeatMs = DEFAULT_HEARTBEAT_S * 1000;
  #onlineSince = 0;
  #awaySince;
  #lastIn = 0;
  #lastOut = 0;
  #retryTimer;
  #helloTimer;
  #quietTimer;
  #pongTimer;

  /**
   * @param {object} options
   * @param {() => WebSocket} options.open makes a socket
   * @param {() => Promise<boolean>} options.isSessionOver asked after a failed handshake, whose
   *   status a browser does not tell
   * @param {() => number} [options.random]
   * @param {() => number} [options.now] milliseconds
   * @param {{setTimeout: Function, clearTimeout: Function}} [options.timers]
   */
  constructor({ open, isSessionOver, random = Math.random, now = Date.now, timers = globalThis }) {
    super();
    this.#open = open;
    this.#isSessionOver = isSessionOver;
    this.#random = random;
    this.#now = now;
    this.#timers = {
      set: (action, ms) => timers.setTimeout(action, ms),
      clear: (timer) => timers.clearTimeout(timer),
    };
    this.#awaySince = now();
  }

  get isOnline() {
    return this.status === 'online';
  }

  /** Connects, and connects again after every loss, until the session ends. */
  start() {
    this.#connect();
  }

  /** Closes for good. Nothing is tried any more. */
  stop() {
    this.#setStatus('ended');
    this.#drop();
  }

  /**
   * Asks, and waits for the answer.
   *
   * @param {object} frame without `id`
   * @returns {Promise<any>} the answer; rejects with `Refusal` or `Disconnected`
   */
  request(frame) {
    if (!this.isOnline) return Promise.reject(new Disconnected());
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = this.#timers.set(() => {
        this.#pending.delete(id);
        reject(new Refusal({ code: 'unavailable', message: 'No answer.' }));
      }, ANSWER_WITHIN_MS);
      this.#pending.set(id, { resolve, reject, timer });
      this.#write({ ...frame, id });
    });
  }

  /**
   * Says something that needs no answer.
   *
   * @param {object} frame
   * @returns {boolean} false if there is no connection: nothing was said
   */
  tell(frame) {
    if (!this.isOnline) return false;
    this.#write(frame);
    return true;
  }

  /** Something suggests that the world has changed (network back, page shown): find out now. */
  wake() {
    if (this.status === 'waiting') {
      this.#attempt = 0;
      this.#connect();
    } else if (this.isOnline) {
      // After a sleep of the machine a ping would only wait for its own failure.
      const slept = this.#now() - this.#lastIn > this.#heartbeatMs + PONG_WITHIN_MS + 5_000;
      if (slept) this.lose();
      else this.#ping();
    }
  }

  /** Treats the connection as lost, and begins anew. */
  lose() {
    if (this.status !== 'online' && this.status !== 'connecting') return;
    this.#drop();
    this.#closed(1006, '');
  }

  #connect() {
    this.#timers.clear(this.#retryTimer);
    this.#greeted = false;
    this.#setStatus('connecting');
    let socket;
    try {
      socket = this.#open();
    } catch {
      this.#wait(backoffMs(this.#attempt++, this.#now() - this.#awaySince, this.#random));
      return;
    }
    this.#socket = socket;
    this.#helloTimer = this.#timers.set(() => this.lose(), HELLO_WITHIN_MS);
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#heard(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#closed(event.code, event.reason);
    };
  }

  #heard(data) {
    this.#lastIn = this.#now();
    this.#timers.clear(this.#pongTimer);
    this.#pongTimer = undefined;
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame.type === 'hello') {
      this.#greet(frame);
    } else if (this.#pending.has(frame.re)) {
      const { resolve, reject, timer } = this.#pending.get(frame.re);
      this.#pending.delete(frame.re);
      this.#timers.clear(timer);
      if (frame.type === 'error') reject(new Refusal(frame));
      else resolve(frame);
    } else if (frame.re === undefined) {
      this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
    }
  }

  #greet(frame) {
    this.#timers.clear(this.#helloTimer);
    this.#greeted = true;
    this.#onlineSince = this.#now();
    this.#lastOut = this.#now();
    const heartbeat = Number(frame.heartbeat);
    this.#heartbeatMs = (heartbeat > 0 ? heartbeat : DEFAULT_HEARTBEAT_S) * 1000;
    this.#watch();
    this.#setStatus('online');
    this.dispatchEvent(new CustomEvent('hello', { detail: frame }));
  }

  /** Silence in either direction is broken by a ping: the server wants to hear us as well. */
  #watch() {
    this.#timers.clear(this.#quietTimer);
    const quietMs = this.#now() - Math.min(this.#lastIn, this.#lastOut);
    if (quietMs >= this.#heartbeatMs) this.#ping();
    const next = this.#heartbeatMs - (this.#now() - Math.min(this.#lastIn, this.#lastOut));
    this.#quietTimer = this.#timers.set(() => this.#watch(), Math.max(next, 1_000));
  }

  #ping() {
    if (this.#pongTimer !== undefined) return;
    this.#write(frames.ping());
    this.#pongTimer = this.#timers.set(() => this.lose(), PONG_WITHIN_MS);
  }

  #write(frame) {
    this.#lastOut = this.#now();
    this.#socket.send(JSON.stringify(frame));
  }

  async #closed(code, reason) {
    const greeted = this.#greeted;
    const wasOnline = this.isOnline;
    this.#socket = null;
    this.#greeted = false;
    this.#stopTimers();
    if (this.status === 'ended') return;
    if (wasOnline) {
      this.#awaySince = this.#now();
      if (this.#now() - this.#onlineSince >= STEADY_AFTER_MS) this.#attempt = 0;
    }
    // The status comes first, so that whoever hears of a lost request sees no connection.
    this.#setStatus('waiting', this.#now());
    this.dispatchEvent(new CustomEvent('closed', { detail: { code } }));
    for (const { reject, timer } of this.#pending.values()) {
      this.#timers.clear(timer);
      reject(new Disconnected(code));
    }
    this.#pending.clear();

    if (code === Close.SESSION_ENDED) {
      this.#end(reason);
    } else if (code === Close.RESTARTING || code === Close.OVERLOADED) {
      this.#wait(retryMs(reason, this.#random));
    } else if (code === Close.TOO_MANY) {
      this.#wait(TOO_MANY_WAIT_MS / 2 + (this.#random() * TOO_MANY_WAIT_MS) / 2);
    } else {
      this.#wait(backoffMs(this.#attempt++, this.#now() - this.#awaySince, this.#random));
      if (!greeted && (await this.#isSessionOver()) && this.status !== 'online') this.#end('');
    }
  }

  #wait(ms) {
    this.#setStatus('waiting', this.#now() + ms);
    this.#retryTimer = this.#timers.set(() => this.#connect(), ms);
  }

  #end(reason) {
    this.#drop();
    this.#setStatus('ended');
    this.dispatchEvent(new CustomEvent('ended', { detail: { reason } }));
  }

  /** Lets go of the socket without waiting for its close, which a dead network delays by minutes. */
  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#stopTimers();
    this.#timers.clear(this.#retryTimer);
    if (socket) {
      socket.onmessage = null;
      socket.onclose = null;
      // Closed before it is open, it would be an error on the browser's console.
      if (socket.readyState === CONNECTING) socket.onopen = () => socket.close();
      else socket.close();
    }
  }

  #stopTimers() {
    for (const timer of [this.#helloTimer, this.#quietTimer, this.#pongTimer]) this.#timers.clear(timer);
    this.#pongTimer = undefined;
  }

  #setStatus(status, retryAt = null) {
    if (status === this.status && retryAt === this.retryAt) return;
    this.status = status;
    this.retryAt = status === 'waiting' ? retryAt : null;
    this.dispatchEvent(new CustomEvent('status', { detail: { status, retryAt: this.retryAt } }));
  }
}
