import assert from 'node:assert/strict';
import test from 'node:test';

import { Cache } from '../../static/js/cache.js';
import { State } from '../../static/js/state.js';
import { FakeClock, ann, bob, conversation, memory, message, settled } from './fakes.js';

/** A visit of a page, which begins with what earlier ones have kept in `storage`. */
async function visit(storage, { isAllowed = () => true } = {}) {
  const clock = new FakeClock();
  const state = new State(ann, clock);
  const cache = new Cache({ storage, state, isAllowed, timers: clock });
  await cache.load();
  return { clock, state, cache, chat: () => state.conversation('c') };
}

const upTo = (count) => Array.from({ length: count }, (_, index) => message(index + 1));
const kept = async (storage, shelf) => (await storage.all(shelf)).length;

test('a conversation is there on the next visit, with its messages when it is opened', async () => {
  const storage = memory();
  const { clock, state } = await visit(storage);
  state.putConversation(conversation({ head: 3, read: 1, rev: 2 }));
  state.putPage('c', upTo(3));
  state.putLogRev('c', 2);
  await clock.advance(2_000);

  const next = await visit(storage);
  assert.equal(next.state.titleOf(next.chat()), 'Bob');
  assert.deepEqual([next.chat().unread, next.chat().isLoaded, next.chat().isStale], [2, false, true]);
  assert.equal(await next.cache.restore('c'), true);

  assert.deepEqual(next.chat().log.slice(1, 3), upTo(3));
  assert.deepEqual([next.chat().logRev, next.chat().isStale], [2, true]);
});

test('who was online then is not online now', async () => {
  const storage = memory();
  const { clock, state } = await visit(storage);
  state.putConversation(conversation({ head: 1 }));
  state.putUser({ ...bob, online: true });
  await clock.advance(2_000);

  const { state: next } = await visit(storage);

  assert.equal(next.users.get('bob').online, false);
});

test('no more than the latest conversations and their newest messages are kept', async () => {
  const storage = memory();
  const { clock, state } = await visit(storage);
  for (let number = 0; number < 60; number += 1) {
    const id = `c${String(number).padStart(2, '0')}`;
    state.putConversation(conversation({ id, head: 300, updated: `2026-11-22T08:00:${id.slice(1)}.000Z` }));
    state.putPage(id, upTo(300));
    await clock.advance(2_000);
  }

  assert.deepEqual([await kept(storage, 'conversations'), await kept(storage, 'messages')], [50, 50]);
  assert.equal(await storage.get('conversations', 'c09'), undefined);
  const { messages } = await storage.get('messages', 'c10');
  assert.deepEqual([messages[0].seq, messages.at(-1).seq], [101, 300]);
});

test('the middle of a long conversation does not take the place of its end', async () => {
  const storage = memory();
  const { clock, state } = await visit(storage);
  state.putConversation(conversation({ head: 300 }));
  state.putPage('c', upTo(300).slice(-20));
  await clock.advance(2_000);

  state.putPage('c', upTo(60), { replace: true });
  await clock.advance(2_000);

  assert.equal((await storage.get('messages', 'c')).messages.at(-1).seq, 300);
});

test('a conversation that one has left is not kept', async () => {
  const storage = memory();
  const { clock, state } = await visit(storage);
  state.putConversation(conversation({ head: 3 }));
  state.putPage('c', upTo(3));
  await clock.advance(2_000);

  state.removeConversation('c');
  await clock.advance(2_000);

  assert.deepEqual([await kept(storage, 'conversations'), await kept(storage, 'messages')], [0, 0]);
});

test('after the session nothing is kept, nor written again', async () => {
  const storage = memory();
  const { clock, state, cache } = await visit(storage);
  state.putConversation(conversation({ head: 3 }));
  state.putPage('c', upTo(3));
  await clock.advance(2_000);

  state.putMessage('c', message(4));
  await cache.forget();
  await clock.advance(2_000);
  cache.flush();
  await settled();

  assert.deepEqual([await kept(storage, 'conversations'), await kept(storage, 'messages')], [0, 0]);
});

test('a tab whose account was signed out elsewhere writes nothing', async () => {
  const storage = memory();
  const { clock, state } = await visit(storage, { isAllowed: () => false });

  state.putConversation(conversation({ head: 3 }));
  await clock.advance(2_000);

  assert.equal(await kept(storage, 'conversations'), 0);
});

test('what the server has sent meanwhile is not overwritten by what was kept', async () => {
  const storage = memory();
  const { clock, state } = await visit(storage);
  state.putConversation(conversation({ head: 3 }));
  state.putPage('c', upTo(3));
  await clock.advance(2_000);

  const next = await visit(storage);
  const restoring = next.cache.restore('c');
  next.state.putConversation(conversation({ head: 5 }));
  next.state.putPage('c', upTo(5));

  assert.equal(await restoring, false);
  assert.equal(next.chat().log.last, 5);
});
