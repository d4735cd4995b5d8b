import assert from 'node:assert/strict';
import test from 'node:test';

import { Outbox } from '../../static/js/outbox.js';
import { Disconnected, Refusal } from '../../static/js/protocol.js';
import { FakeClock, FakeStorage, settled } from './fakes.js';

function outboxWith({ storage = new FakeStorage(), userId = 'ann' } = {}) {
  const clock = new FakeClock();
  const outbox = new Outbox({ storage, userId, now: clock.now, timers: clock });
  return { outbox, storage, clock };
}

/** A server that answers when told to. */
function fakeSend() {
  const calls = [];
  const send = (entry) =>
    new Promise((resolve, reject) => calls.push({ text: entry.text, id: entry.client_id, resolve, reject }));
  return { calls, send };
}

const add = (outbox, text, conversation = 'c') => outbox.add({ conversation, text });

test('messages are sent one after another in the order written', async () => {
  const { outbox } = outboxWith();
  const { calls, send } = fakeSend();
  for (const text of ['one', 'two', 'three']) add(outbox, text);

  outbox.resume(send);
  assert.deepEqual(calls.map(({ text }) => text), ['one']);
  calls[0].resolve();
  await settled();
  calls[1].resolve();
  await settled();
  calls[2].resolve();
  await settled();

  assert.deepEqual(calls.map(({ text }) => text), ['one', 'two', 'three']);
  assert.deepEqual(outbox.in('c'), []);
});

test('conversations do not wait for each other', () => {
  const { outbox } = outboxWith();
  const { calls, send } = fakeSend();
  add(outbox, 'one', 'c');
  add(outbox, 'two', 'd');

  outbox.resume(send);

  assert.deepEqual(calls.map(({ text }) => text), ['one', 'two']);
});

test('after a lost connection the same message goes out again with the same id, first in line', async () => {
  const { outbox } = outboxWith();
  const first = fakeSend();
  const second = fakeSend();
  add(outbox, 'one');
  add(outbox, 'two');
  outbox.resume(first.send);

  outbox.pause();
  first.calls[0].reject(new Disconnected(1006));
  await settled();
  outbox.resume(second.send);

  assert.equal(first.calls.length, 1);
  assert.deepEqual(second.calls.map(({ id }) => id), [first.calls[0].id]);
});

test('what was written survives a reload, in order and with its ids', () => {
  const { outbox, storage } = outboxWith();
  add(outbox, 'one');
  add(outbox, 'two');
  const ids = outbox.in('c').map((entry) => entry.client_id);

  const { outbox: after } = outboxWith({ storage });

  assert.deepEqual(after.in('c').map((entry) => entry.client_id), ids);
  assert.deepEqual(after.in('c').map((entry) => entry.text), ['one', 'two']);
});

test('what is stored on the server is not kept', async () => {
  const { outbox, storage } = outboxWith();
  add(outbox, 'one');

  outbox.resume(async () => {});
  await settled();

  assert.equal(storage.length, 0);
});

test('another user of the same browser sees nothing of it', () => {
  const { outbox, storage } = outboxWith({ userId: 'ann' });
  add(outbox, 'secret');

  const { outbox: other } = outboxWith({ storage, userId: 'bob' });

  assert.deepEqual(other.in('c'), []);
});

test('a refused message stays as not sent and lets the next one pass', async () => {
  const { outbox } = outboxWith();
  const { calls, send } = fakeSend();
  add(outbox, 'bad');
  add(outbox, 'good');
  outbox.resume(send);

  calls[0].reject(new Refusal({ code: 'forbidden' }));
  await settled();
  calls[1].resolve();
  await settled();

  assert.deepEqual(outbox.in('c').map(({ text, error }) => [text, error]), [['bad', 'forbidden']]);
});

test('a refused message is sent again only when asked, under the same id', async () => {
  const { outbox, storage } = outboxWith();
  const { calls, send } = fakeSend();
  const { client_id: id } = add(outbox, 'bad');
  outbox.resume(send);
  calls[0].reject(new Refusal({ code: 'forbidden' }));
  await settled();
  assert.equal(calls.length, 1);
  assert.equal(outboxWith({ storage }).outbox.get(id).error, 'forbidden');

  outbox.retry(id);

  assert.deepEqual(calls.map((call) => call.id), [id, id]);
  assert.equal(outbox.get(id).error, null);
});

test('after a conflict the words go out under a new id', async () => {
  const { outbox, storage } = outboxWith();
  const { calls, send } = fakeSend();
  const { client_id: id } = add(outbox, 'words');
  outbox.resume(send);
  calls[0].reject(new Refusal({ code: 'conflict' }));
  await settled();

  outbox.retry(id);

  assert.notEqual(calls[1].id, id);
  assert.equal(storage.length, 1);
});

test('too fast: the message waits as long as asked, and nothing overtakes it', async () => {
  const { outbox, clock } = outboxWith();
  const { calls, send } = fakeSend();
  add(outbox, 'one');
  add(outbox, 'two');
  outbox.resume(send);

  calls[0].reject(new Refusal({ code: 'rate_limited', retry_after: 3 }));
  await clock.advance(2_900);
  assert.deepEqual(calls.map(({ text }) => text), ['one']);

  await clock.advance(200);
  assert.deepEqual(calls.map(({ text }) => text), ['one', 'one']);
});

test('while the store is away the waits grow', async () => {
  const { outbox, clock } = outboxWith();
  let asked = 0;
  add(outbox, 'one');

  outbox.resume(async () => {
    asked += 1;
    throw new Refusal({ code: 'unavailable' });
  });
  await clock.advance(8_000);

  assert.equal(asked, 4); // at 0, 1, 3 and 7 s
});

test('what another tab has sent is no longer waiting here', () => {
  const { outbox } = outboxWith();
  const { client_id: id } = add(outbox, 'one');

  outbox.heardFromTab(`parley.outbox.ann.${id}`, null);

  assert.deepEqual(outbox.in('c'), []);
});

test('a message that turns up in history is settled, though its answer was lost', async () => {
  const { outbox } = outboxWith();
  const { calls, send } = fakeSend();
  const { client_id: id } = add(outbox, 'one');

  outbox.settle(id);
  outbox.resume(send);

  assert.deepEqual(calls, []);
});

test('without storage messages are still sent', async () => {
  const broken = { get length() { throw new Error('denied'); }, setItem() { throw new Error('full'); }, removeItem() {} };
  const { outbox } = outboxWith({ storage: broken });
  const { calls, send } = fakeSend();

  add(outbox, 'one');
  outbox.resume(send);

  assert.equal(calls.length, 1);
});
