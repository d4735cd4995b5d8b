/** Stand-ins for what a browser gives: a clock, tabs, a socket. */

import { Storage } from '../../static/js/storage.js';
import { Tabs } from '../../static/js/tabs.js';

/** Timers and a clock that move only when told to. */
export class FakeClock {
  #now = 1_000_000;
  #timers = new Map();
  #lastId = 0;

  now = () => this.#now;

  setTimeout = (action, ms = 0) => {
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { action, at: this.#now + ms });
    return this.#lastId;
  };

  clearTimeout = (id) => {
    this.#timers.delete(id);
  };

  /** Moves on, running what becomes due in order, and lets promises settle in between. */
  async advance(ms) {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const [id, next] = [...this.#timers].sort((a, b) => a[1].at - b[1].at)[0] ?? [];
      if (!next || next.at > end) break;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, next.at);
      next.action();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** A browser that keeps nothing gets this. */
export const memory = () => new Storage(null);

/** Tabs of one browser: each hears the others, and they wait for each other. */
export class FakeBrowser {
  #tabs = new Set();
  #last = new Map();

  tab() {
    const channel = {
      postMessage: (data) => {
        for (const other of this.#tabs) if (other !== channel) queueMicrotask(() => other.onmessage?.({ data }));
      },
    };
    this.#tabs.add(channel);
    return new Tabs({ userId: 'ann', channel, locks: { request: (name, action) => this.#request(name, action) } });
  }

  #request(name, action) {
    const done = (this.#last.get(name) ?? Promise.resolve()).then(action);
    this.#last.set(name, done);
    return done;
  }
}

export class FakeSocket {
  sent = [];
  isClosed = false;

  send(data) {
    this.sent.push(JSON.parse(data));
  }

  close() {
    this.isClosed = true;
  }

  hear(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  greet(heartbeat = 15) {
    this.hear({ type: 'hello', protocol: 1, user: ann, session: 's', heartbeat, limits: { text: 8000 } });
  }

  drop(code = 1006, reason = '') {
    this.onclose?.({ code, reason });
  }
}

/** Enough turns of the event loop for any chain of promises here. */
export async function settled() {
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
}

export const ann = { id: 'ann', username: 'ann', name: 'Ann', online: true, last_seen: null };
export const bob = { id: 'bob', username: 'bob', name: 'Bob', online: false, last_seen: null };

export function message(seq, from = 'bob', more = {}) {
  return {
    seq,
    from,
    client_id: `${from}-${seq}`,
    text: `message ${seq}`,
    at: new Date(Date.UTC(2026, 10, 22, 8, 0, seq)).toISOString(),
    reply_to: null,
    rev: 0,
    edited: false,
    deleted: false,
    reactions: {},
    ...more,
  };
}

export function conversation(more = {}) {
  const { head = 0, read = 0, received = 0, others = {} } = more;
  return {
    id: 'c',
    kind: 'direct',
    title: null,
    members: [
      { user: ann, role: 'member', received, read },
      { user: bob, role: 'member', received: 0, read: 0, ...others },
    ],
    member_count: 2,
    head,
    rev: 0,
    unread: Math.max(0, head - read),
    last: head > 0 ? message(head) : null,
    updated: head > 0 ? message(head).at : '2026-11-22T08:00:00.000Z',
    ...more,
  };
}
