import assert from 'node:assert/strict';
import test from 'node:test';

import { Outbox } from '../../static/js/outbox.js';
import { Disconnected, Refusal } from '../../static/js/protocol.js';
import { FakeBrowser, FakeClock, memory, settled } from './fakes.js';

function outboxWith({ storage = memory(), browser = new FakeBrowser() } = {}) {
  const clock = new FakeClock();
  const outbox = new Outbox({ storage, tabs: browser.tab(), now: clock.now, timers: clock });
  return { outbox, storage, clock };
}

/** Two tabs of one browser. */
async function twoTabs() {
  const shared = { storage: memory(), browser: new FakeBrowser() };
  const [one, other] = [outboxWith(shared).outbox, outboxWith(shared).outbox];
  await Promise.all([one.load(), other.load()]);
  return { one, other, storage: shared.storage };
}

/** A server that answers when told to. */
function fakeSend() {
  const calls = [];
  const send = (entry) =>
    new Promise((resolve, reject) => calls.push({ text: entry.text, id: entry.client_id, resolve, reject }));
  return { calls, send };
}

const add = (outbox, text, conversation = 'c') => outbox.add({ conversation, text });
const texts = (calls) => calls.map(({ text }) => text);
const waiting = (outbox) => outbox.in('c').map(({ text, error }) => [text, error]);

test('messages are sent one after another in the order written', async () => {
  const { outbox } = outboxWith();
  const { calls, send } = fakeSend();
  for (const text of ['one', 'two', 'three']) add(outbox, text);

  outbox.resume(send);
  for (const number of [0, 1, 2]) {
    await settled();
    assert.equal(calls.length, number + 1);
    calls[number].resolve();
  }
  await settled();

  assert.deepEqual(texts(calls), ['one', 'two', 'three']);
  assert.deepEqual(outbox.in('c'), []);
});

test('conversations do not wait for each other', async () => {
  const { outbox } = outboxWith();
  const { calls, send } = fakeSend();
  add(outbox, 'one', 'c');
  add(outbox, 'two', 'd');

  outbox.resume(send);
  await settled();

  assert.deepEqual(texts(calls), ['one', 'two']);
});

test('after a lost connection the same message goes out again with the same id, first in line', async () => {
  const { outbox } = outboxWith();
  const first = fakeSend();
  const second = fakeSend();
  add(outbox, 'one');
  add(outbox, 'two');
  outbox.resume(first.send);
  await settled();

  outbox.pause();
  first.calls[0].reject(new Disconnected(1006));
  outbox.resume(second.send);
  await settled();

  assert.equal(first.calls.length, 1);
  assert.deepEqual(second.calls.map(({ id }) => id), [first.calls[0].id]);
});

test('a lost connection of which nobody was told is not tried again and again', async () => {
  const { outbox } = outboxWith();
  let asked = 0;
  add(outbox, 'one');

  outbox.resume(async () => {
    asked += 1;
    throw new Disconnected();
  });
  await settled();

  assert.equal(asked, 1);
  assert.deepEqual(waiting(outbox), [['one', null]]);
});

test('what was written survives a reload, in order and with its ids', async () => {
  const { outbox, storage } = outboxWith();
  add(outbox, 'one');
  add(outbox, 'two');
  await settled();
  const ids = outbox.in('c').map((entry) => entry.client_id);

  const { outbox: after } = outboxWith({ storage });
  await after.load();

  assert.deepEqual(after.in('c').map((entry) => entry.client_id), ids);
  assert.deepEqual(waiting(after), [['one', null], ['two', null]]);
});

test('what is stored on the server is not kept', async () => {
  const { outbox, storage } = outboxWith();
  add(outbox, 'one');

  outbox.resume(async () => {});
  await settled();

  assert.deepEqual(await storage.all('outbox'), []);
});

test('a refused message stays as not sent and lets the next one pass', async () => {
  const { outbox } = outboxWith();
  const { calls, send } = fakeSend();
  add(outbox, 'bad');
  add(outbox, 'good');
  outbox.resume(send);
  await settled();

  calls[0].reject(new Refusal({ code: 'forbidden' }));
  await settled();
  calls[1].resolve();
  await settled();

  assert.deepEqual(waiting(outbox), [['bad', 'forbidden']]);
});

test('a refused message is sent again only when asked, under the same id', async () => {
  const { outbox, storage } = outboxWith();
  const { calls, send } = fakeSend();
  const { client_id: id } = add(outbox, 'bad');
  outbox.resume(send);
  await settled();
  calls[0].reject(new Refusal({ code: 'forbidden' }));
  await settled();
  assert.equal(calls.length, 1);
  const { outbox: after } = outboxWith({ storage });
  await after.load();
  assert.equal(after.get(id).error, 'forbidden');

  outbox.retry(id);
  await settled();

  assert.deepEqual(calls.map((call) => call.id), [id, id]);
  assert.equal(outbox.get(id).error, null);
});

test('after a conflict the words go out under a new id', async () => {
  const { outbox, storage } = outboxWith();
  const { calls, send } = fakeSend();
  const { client_id: id } = add(outbox, 'words');
  outbox.resume(send);
  await settled();
  calls[0].reject(new Refusal({ code: 'conflict' }));
  await settled();

  outbox.retry(id);
  await settled();

  assert.notEqual(calls[1].id, id);
  assert.deepEqual((await storage.all('outbox')).map(({ client_id }) => client_id), [calls[1].id]);
});

test('too fast: the message waits as long as asked, and nothing overtakes it', async () => {
  const { outbox, clock } = outboxWith();
  const { calls, send } = fakeSend();
  add(outbox, 'one');
  add(outbox, 'two');
  outbox.resume(send);
  await settled();

  calls[0].reject(new Refusal({ code: 'rate_limited', retry_after: 3 }));
  await clock.advance(2_900);
  assert.deepEqual(texts(calls), ['one']);

  await clock.advance(200);
  assert.deepEqual(texts(calls), ['one', 'one']);
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

test('a new connection does not wait until an old refusal has passed', async () => {
  const { outbox, clock } = outboxWith();
  const first = fakeSend();
  const second = fakeSend();
  add(outbox, 'one');
  outbox.resume(first.send);
  await settled();
  first.calls[0].reject(new Refusal({ code: 'rate_limited', retry_after: 60 }));
  await clock.advance(100);

  outbox.pause();
  outbox.resume(second.send);
  await settled();

  assert.deepEqual(texts(second.calls), ['one']);
});

test('of two tabs with a connection one sends', async () => {
  const { one, other } = await twoTabs();
  const { calls, send } = fakeSend();
  add(one, 'one');
  await settled();
  add(other, 'two');
  await settled();
  assert.deepEqual(waiting(one), waiting(other));

  one.resume(send);
  other.resume(send);
  for (const number of [0, 1]) {
    await settled();
    assert.equal(calls.length, number + 1);
    calls[number].resolve();
  }
  await settled();

  assert.deepEqual(texts(calls), ['one', 'two']);
  assert.deepEqual([waiting(one), waiting(other)], [[], []]);
});

test('a tab sends what another one without a connection has written', async () => {
  const { one, other } = await twoTabs();
  const { calls, send } = fakeSend();
  other.resume(send);

  add(one, 'from the tunnel');
  await settled();
  calls[0].resolve();
  await settled();

  assert.deepEqual(texts(calls), ['from the tunnel']);
  assert.deepEqual(waiting(one), []);
});

test('when the sending tab loses its connection the next one goes on', async () => {
  const { one, other } = await twoTabs();
  const first = fakeSend();
  const second = fakeSend();
  one.resume(first.send);
  other.resume(second.send);
  add(one, 'words');
  await settled();

  one.pause();
  first.calls[0].reject(new Disconnected(1006));
  await settled();

  assert.deepEqual(second.calls.map(({ id }) => id), [first.calls[0].id]);
});

test('a tab that has not heard of it yet does not send what is stored', async () => {
  const { one, storage } = await twoTabs();
  const { calls, send } = fakeSend();
  const { client_id: id } = add(one, 'sent by a tab that is gone');
  await settled();
  await storage.remove('outbox', id);

  one.resume(send);
  await settled();

  assert.deepEqual(calls, []);
  assert.deepEqual(waiting(one), []);
});

test('a refusal, a retry and a deletion show in all tabs', async () => {
  const { one, other } = await twoTabs();
  const { calls, send } = fakeSend();
  const { client_id: id } = add(one, 'bad');
  one.resume(send);
  await settled();
  calls[0].reject(new Refusal({ code: 'forbidden' }));
  await settled();
  assert.deepEqual(waiting(other), [['bad', 'forbidden']]);

  other.retry(id);
  await settled();
  assert.equal(calls.length, 2);
  calls[1].reject(new Refusal({ code: 'forbidden' }));
  await settled();
  other.discard(id);
  await settled();

  assert.deepEqual([waiting(one), waiting(other)], [[], []]);
});

test('a message that turns up in history is settled, though its answer was lost', async () => {
  const { outbox } = outboxWith();
  const { calls, send } = fakeSend();
  const { client_id: id } = add(outbox, 'one');

  outbox.settle(id);
  outbox.resume(send);
  await settled();

  assert.deepEqual(calls, []);
});

test('what could not be kept is sent all the same', async () => {
  const full = memory();
  full.put = async () => false;
  const { outbox } = outboxWith({ storage: full });
  const { calls, send } = fakeSend();

  add(outbox, 'one');
  outbox.resume(send);
  await settled();

  assert.deepEqual(texts(calls), ['one']);
});
