import assert from 'node:assert/strict';
import test from 'node:test';

import { Cache } from '../../static/js/cache.js';
import { Marks } from '../../static/js/marks.js';
import { Outbox } from '../../static/js/outbox.js';
import { Disconnected, Refusal } from '../../static/js/protocol.js';
import { State } from '../../static/js/state.js';
import { Sync } from '../../static/js/sync.js';
import { FakeBrowser, FakeClock, ann, bob, conversation, memory, message, settled } from './fakes.js';

/** A connection to a server that is a few functions. */
class FakeConnection extends EventTarget {
  isOnline = true;
  asked = [];
  told = [];
  answers = {};

  async request(frame) {
    this.asked.push(frame);
    return this.answers[frame.type](frame);
  }

  tell(frame) {
    if (this.isOnline) this.told.push(frame);
    return this.isOnline;
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async greet(user = ann) {
    this.emit('hello', { user, limits: { text: 8000 } });
    await settled();
  }
}

function pageWith(all, { storage = memory(), ...more } = {}) {
  const clock = new FakeClock();
  const connection = new FakeConnection();
  const state = new State(ann, clock);
  const outbox = new Outbox({ storage, tabs: new FakeBrowser().tab(), now: clock.now, timers: clock });
  const marks = new Marks({ connection, state, now: clock.now, timers: clock });
  const cache = new Cache({ storage, state, timers: clock });
  const sync = new Sync({ connection, state, outbox, marks, cache, timers: clock });
  const server = { all, changes: [], rev: 0, read: 0, ...more };
  connection.answers = {
    sync: () => ({
      conversations: [conversation({ head: server.all.length, rev: server.rev, read: server.read, last: server.all.at(-1) ?? null })],
      next: null,
    }),
    history: ({ before, after, limit = 50 }) => {
      let messages = server.all;
      if (after !== undefined) messages = messages.filter(({ seq }) => seq > after).slice(0, limit);
      else messages = messages.filter(({ seq }) => before === undefined || seq < before).slice(-limit);
      return { messages, more_before: messages[0]?.seq > 1, more_after: (messages.at(-1)?.seq ?? 0) < server.all.length };
    },
    changes: ({ after }) => ({ messages: server.changes.filter(({ rev }) => rev > after), rev: server.rev, more: false }),
    send: ({ client_id, text }) => {
      const seq = server.all.length + 1;
      server.all.push(message(seq, 'ann', { client_id, text }));
      return { client_id, seq, at: message(seq).at, duplicate: false };
    },
  };
  return { clock, connection, state, outbox, marks, cache, sync, server };
}

const upTo = (count) => Array.from({ length: count }, (_, index) => message(index + 1));
const seqs = (state) => state.conversation('c').log.slice(1, Infinity).map(({ seq }) => seq);
const kinds = (connection) => connection.asked.map(({ type }) => type);

test('after the hello the conversations are there', async () => {
  const { connection, state } = pageWith(upTo(3));

  await connection.greet();

  assert.equal(state.isSynced, true);
  assert.equal(state.conversation('c').head, 3);
  assert.deepEqual(kinds(connection), ['sync']);
});

test('who takes another name is called so everywhere', async () => {
  const { connection, state } = pageWith(upTo(3));
  await connection.greet();

  connection.emit('frame', { type: 'profile', user: 'bob', name: 'Robert' });

  assert.equal(state.titleOf(state.conversation('c')), 'Robert');
  assert.equal(state.users.get('bob').username, 'bob');
});

test('every page of a long list is read', async () => {
  const { connection, state } = pageWith([]);
  const pages = { undefined: ['a', 'x'], x: ['b', 'y'], y: ['c', null] };
  connection.answers.sync = ({ cursor }) => ({
    conversations: [conversation({ id: pages[cursor][0], head: 1 })],
    next: pages[cursor][1],
  });

  await connection.greet();

  assert.deepEqual([...state.conversations.keys()], ['a', 'b', 'c']);
});

test('an open conversation is brought up to date after a break: messages and changes', async () => {
  const { connection, state, sync, server } = pageWith(upTo(3));
  await connection.greet();
  await sync.show('c');
  connection.emit('closed', { code: 1006 });

  server.all = upTo(5);
  server.changes = [message(2, 'bob', { text: 'changed', edited: true, rev: 1 })];
  server.rev = 1;
  await connection.greet();

  assert.deepEqual(seqs(state), [1, 2, 3, 4, 5]);
  assert.equal(state.conversation('c').log.get(2).text, 'changed');
});

test('a conversation that is not open is caught up when it is opened', async () => {
  const { connection, state, sync, server } = pageWith(upTo(3));
  await connection.greet();
  await sync.show('c');
  await sync.show(null);
  server.all = upTo(4);
  await connection.greet();
  assert.deepEqual(seqs(state), [1, 2, 3]);

  await sync.show('c');

  assert.deepEqual(seqs(state), [1, 2, 3, 4]);
});

test('knowing n and seeing n+2, the page asks for history after n', async () => {
  const { connection, state, sync, server } = pageWith(upTo(2));
  await connection.greet();
  await sync.show('c');
  connection.asked.length = 0;
  server.all = upTo(4);

  connection.emit('frame', { type: 'message', conversation: 'c', message: message(4) });
  await settled();

  assert.deepEqual(connection.asked.map(({ type, after }) => [type, after]), [['history', 2]]);
  assert.deepEqual(seqs(state), [1, 2, 3, 4]);
  assert.equal(state.conversation('c').unread, 4);
});

test('what was written meanwhile is sent after the sync, and shown once', async () => {
  const { connection, state, outbox, sync, server } = pageWith(upTo(2));
  await connection.greet();
  await sync.show('c');
  connection.emit('closed', { code: 1006 });
  outbox.add({ conversation: 'c', text: 'mine' });
  await settled();
  assert.deepEqual(kinds(connection).filter((type) => type === 'send'), []);

  server.all = upTo(3);
  await connection.greet();

  assert.deepEqual(seqs(state), [1, 2, 3, 4]);
  assert.equal(state.conversation('c').log.get(4).text, 'mine');
  assert.deepEqual(outbox.in('c'), []);
});

test('a duplicate whose first answer was lost is shown once', async () => {
  const { connection, state, outbox, sync, server } = pageWith(upTo(1));
  await connection.greet();
  await sync.show('c');
  connection.emit('closed', { code: 1006 });
  const { client_id: id } = outbox.add({ conversation: 'c', text: 'mine' });
  server.all.push(message(2, 'ann', { client_id: id, text: 'mine' }));
  connection.answers.send = ({ client_id }) => ({ client_id, seq: 2, at: message(2).at, duplicate: true });

  await connection.greet();

  assert.deepEqual(seqs(state), [1, 2]);
  assert.deepEqual(outbox.in('c'), []);
});

test('resync does the same as a new connection', async () => {
  const { connection, state, sync, server } = pageWith(upTo(2));
  await connection.greet();
  await sync.show('c');
  server.all = upTo(3);

  connection.emit('frame', { type: 'resync' });
  await settled();

  assert.deepEqual(seqs(state), [1, 2, 3]);
});

test('a store that is away for a moment is asked again', async () => {
  const { clock, connection, state } = pageWith(upTo(1));
  const { sync } = connection.answers;
  connection.answers.sync = () => {
    throw new Refusal({ code: 'unavailable' });
  };
  await connection.greet();
  assert.equal(state.isSynced, false);

  connection.answers.sync = sync;
  await clock.advance(2_100);

  assert.equal(state.isSynced, true);
});

test('what has reached this user is acknowledged, at most once a second', async () => {
  const { clock, connection, server } = pageWith(upTo(1));
  await connection.greet();
  await clock.advance(10);
  assert.deepEqual(connection.told, [{ type: 'received', conversation: 'c', seq: 1 }]);

  for (let seq = 2; seq <= 10; seq += 1) {
    server.all.push(message(seq));
    connection.emit('frame', { type: 'message', conversation: 'c', message: message(seq) });
    await clock.advance(50);
  }
  await clock.advance(1_000);

  assert.deepEqual(connection.told.slice(1), [{ type: 'received', conversation: 'c', seq: 10 }]);
});

test('what is read at once is not first told as received', async () => {
  const { clock, connection, marks } = pageWith(upTo(1), { read: 1 });
  await connection.greet();
  await clock.advance(2_000);
  connection.told.length = 0;

  connection.emit('frame', { type: 'message', conversation: 'c', message: message(2) });
  marks.read('c', 2);
  await clock.advance(2_000);

  assert.deepEqual(connection.told, [{ type: 'read', conversation: 'c', seq: 2 }]);
});

test('who opens a chat whose message has just come need not wait to have read it', async () => {
  const { clock, connection, marks } = pageWith(upTo(1));
  await connection.greet();
  await clock.advance(10);

  marks.read('c', 1);
  await clock.advance(10);

  assert.deepEqual(connection.told, [
    { type: 'received', conversation: 'c', seq: 1 },
    { type: 'read', conversation: 'c', seq: 1 },
  ]);
});

test('a mark that the server has not got is told again after a break', async () => {
  const { clock, connection, marks, state } = pageWith(upTo(2));
  await connection.greet();
  marks.read('c', 2);
  await clock.advance(1_000);
  assert.equal(state.conversation('c').unread, 0);
  connection.told.length = 0;

  await connection.greet();
  await clock.advance(1_500);

  assert.deepEqual(connection.told, [{ type: 'read', conversation: 'c', seq: 2 }]);
});

test('a mark that another tab has told is not told again', async () => {
  const { clock, connection } = pageWith(upTo(1));
  await connection.greet();

  connection.emit('frame', { type: 'receipt', conversation: 'c', user: 'ann', received: 1, read: 1 });
  await clock.advance(2_000);

  assert.deepEqual(connection.told, []);
});

test('what one user wrote is never sent under the session of another', async () => {
  const { connection, outbox } = pageWith(upTo(1));
  outbox.add({ conversation: 'c', text: 'mine' });

  await connection.greet(bob);

  assert.deepEqual(connection.asked, []);
});

test('a conversation that no list holds is opened by its id', async () => {
  const { connection, state, sync } = pageWith([]);
  connection.answers.open = ({ conversation: id }) => ({ conversation: conversation({ id }) });
  await connection.greet();

  assert.equal(await sync.open({ conversation: 'd' }), 'd');

  assert.deepEqual(connection.asked.at(-1), { type: 'open', conversation: 'd' });
  assert.equal(state.conversation('d').peer, 'bob');
});

/** What a visit that saw these messages leaves behind. */
async function leftBy(all, more) {
  const storage = memory();
  const { clock, connection, cache, sync } = pageWith(all, { storage, ...more });
  await cache.load();
  await connection.greet();
  await sync.show('c');
  await clock.advance(2_000);
  return storage;
}

test('what is kept is shown before there is a connection, and then caught up', async () => {
  const storage = await leftBy(upTo(3));
  const changes = [message(2, 'bob', { text: 'changed', rev: 1 })];
  const { connection, cache, state, sync } = pageWith(upTo(5), { storage, changes, rev: 1 });
  await cache.load();

  const shown = sync.show('c');
  await settled();
  assert.deepEqual([seqs(state), kinds(connection)], [[1, 2, 3], []]);
  await connection.greet();
  await shown;

  assert.deepEqual(seqs(state), [1, 2, 3, 4, 5]);
  assert.equal(state.conversation('c').log.get(2).text, 'changed');
  assert.equal(state.conversation('c').isStale, false);
});

test('without a connection there is what is kept, and no waiting', async () => {
  const storage = await leftBy(upTo(3));
  const { connection, cache, state, sync } = pageWith(upTo(5), { storage });
  await cache.load();
  connection.request = async () => {
    throw new Disconnected();
  };

  const shown = sync.show('c');
  connection.emit('closed', { code: 1006 });
  await shown;

  assert.deepEqual(seqs(state), [1, 2, 3]);
  assert.equal(state.conversation('c').isStale, true);
});

test('what is kept from long ago is not read on from, but replaced by the end', async () => {
  const storage = await leftBy(upTo(3), { read: 3 });
  const { connection, cache, state, sync } = pageWith(upTo(900), { storage, read: 900 });
  await cache.load();

  const shown = sync.show('c');
  await connection.greet();
  await shown;

  assert.deepEqual(kinds(connection), ['sync', 'history']);
  assert.deepEqual([seqs(state)[0], seqs(state).at(-1)], [841, 900]);
});

test('a conversation that one was taken out of meanwhile goes from what is kept', async () => {
  const storage = await leftBy(upTo(3));
  const { clock, connection, cache, state } = pageWith([], { storage });
  await cache.load();
  assert.equal(state.conversations.size, 1);
  connection.answers.sync = () => ({ conversations: [], next: null });

  await connection.greet();
  await clock.advance(2_000);

  assert.deepEqual([state.conversations.size, (await storage.all('messages')).length], [0, 0]);
});

test('what was read and never told is told on the next visit', async () => {
  const storage = await leftBy(upTo(3), { read: 3 });
  const { clock, connection, cache } = pageWith(upTo(3), { storage, read: 1 });
  await cache.load();

  await connection.greet();
  await clock.advance(2_000);

  assert.deepEqual(connection.told, [{ type: 'read', conversation: 'c', seq: 3 }]);
});
