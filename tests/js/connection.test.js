import assert from 'node:assert/strict';
import test from 'node:test';

import { Connection } from '../../static/js/connection.js';
import { Disconnected, Refusal, frames } from '../../static/js/protocol.js';
import { backoffMs, retryMs } from '../../static/js/lib/backoff.js';
import { FakeClock, FakeSocket, settled } from './fakes.js';

function connectionWith({ isSessionOver = async () => false, random = () => 0.5 } = {}) {
  const clock = new FakeClock();
  const sockets = [];
  const connection = new Connection({
    open: () => {
      sockets.push(new FakeSocket());
      return sockets.at(-1);
    },
    isSessionOver,
    random,
    now: clock.now,
    timers: clock,
  });
  const events = [];
  for (const type of ['hello', 'ended', 'closed', 'frame']) {
    connection.addEventListener(type, (event) => events.push([type, event.detail]));
  }
  connection.start();
  return { connection, clock, sockets, events, socket: () => sockets.at(-1) };
}

test('the wait is anywhere below a ceiling that doubles up to eight seconds', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 20].map((attempt) => backoffMs(attempt, 0, () => 1));

  assert.deepEqual(ceilings, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
  assert.equal(backoffMs(4, 0, () => 0), 0);
});

test('after five minutes the ceiling is thirty seconds', () => {
  assert.equal(backoffMs(20, 5 * 60_000, () => 1), 30_000);
});

test('the server says how long to wait when it restarts', () => {
  assert.equal(retryMs('{"retry_ms": 4000}', () => 0.25), 1000);
  assert.equal(retryMs('gone away', () => 0.5), 500);
});

test('it is online from the hello, not from the open socket', () => {
  const { connection, socket } = connectionWith();
  assert.equal(connection.isOnline, false);

  socket().greet();

  assert.equal(connection.isOnline, true);
});

test('an answer goes to who asked, an event to everybody', async () => {
  const { connection, socket, events } = connectionWith();
  socket().greet();

  const asked = connection.request(frames.sync());
  socket().hear({ type: 'presence', user: 'bob', online: true, last_seen: null });
  socket().hear({ type: 'synced', re: socket().sent[0].id, conversations: [], next: null });

  assert.equal((await asked).type, 'synced');
  assert.deepEqual(events.filter(([type]) => type === 'frame').map(([, frame]) => frame.type), ['presence']);
});

test('a refusal is an error with its code', async () => {
  const { connection, socket } = connectionWith();
  socket().greet();

  const asked = connection.request(frames.sync());
  socket().hear({ type: 'error', re: 1, code: 'rate_limited', message: 'slow down', retry_after: 2 });

  await assert.rejects(asked, (error) => error instanceof Refusal && error.retryAfter === 2);
});

test('whoever waits for an answer when the connection is lost is told', async () => {
  const { connection, socket } = connectionWith();
  socket().greet();

  const asked = connection.request(frames.sync());
  socket().drop();

  await assert.rejects(asked, Disconnected);
  await assert.rejects(connection.request(frames.sync()), Disconnected);
});

test('it connects again after a loss', async () => {
  const { connection, clock, socket, sockets } = connectionWith();
  socket().greet();
  await clock.advance(10_000);

  socket().drop();
  await clock.advance(249);
  assert.equal(sockets.length, 1);
  await clock.advance(2);
  assert.equal(sockets.length, 2);
  socket().greet();

  assert.equal(connection.isOnline, true);
});

test('a restarting server is given the time that it asks for', async () => {
  const { clock, socket, sockets } = connectionWith();
  socket().greet();

  socket().drop(1012, '{"retry_ms": 6000}');
  await clock.advance(2_990);
  assert.equal(sockets.length, 1);

  await clock.advance(20);
  assert.equal(sockets.length, 2);
});

test('too many connections: it waits for a good while', async () => {
  const { clock, socket, sockets } = connectionWith();

  socket().drop(4429);
  await clock.advance(14_000);
  assert.equal(sockets.length, 1);

  await clock.advance(16_000);
  assert.equal(sockets.length, 2);
});

test('an ended session ends everything, with the reason', async () => {
  const { connection, clock, socket, sockets, events } = connectionWith();
  socket().greet();

  socket().drop(4401, 'You logged out.');
  await clock.advance(60_000);

  assert.deepEqual(events.at(-1), ['ended', { reason: 'You logged out.' }]);
  assert.equal(connection.status, 'ended');
  assert.equal(sockets.length, 1);
});

test('after a failed handshake it asks whether the session is over', async () => {
  const { clock, socket, sockets, events } = connectionWith({ isSessionOver: async () => true });

  socket().drop();
  await clock.advance(60_000);

  assert.deepEqual(events.at(-1), ['ended', { reason: '' }]);
  assert.equal(sockets.length, 1);
});

test('after a failed handshake with a good session it goes on trying', async () => {
  const { clock, socket, sockets } = connectionWith();

  socket().drop();
  await clock.advance(1_000);

  assert.equal(sockets.length, 2);
});

test('silence is broken by a ping after the heartbeat', async () => {
  const { clock, socket } = connectionWith();
  socket().greet(20);

  await clock.advance(19_000);
  assert.deepEqual(socket().sent, []);
  await clock.advance(1_500);

  assert.deepEqual(socket().sent, [{ type: 'ping' }]);
});

test('a ping without an answer within ten seconds is a lost connection', async () => {
  const { connection, clock, socket, sockets } = connectionWith();
  socket().greet(15);

  await clock.advance(24_900);
  assert.equal(connection.isOnline, true);
  await clock.advance(1_000);

  assert.equal(sockets.length, 2);
  assert.equal(sockets[0].isClosed, true);
});

test('an answered ping keeps the connection', async () => {
  const { connection, clock, socket, sockets } = connectionWith();
  socket().greet(15);

  await clock.advance(15_100);
  socket().hear({ type: 'pong', now: '' });
  await clock.advance(12_000);

  assert.equal(connection.isOnline, true);
  assert.equal(sockets.length, 1);
});

test('when the network is back it tries at once', async () => {
  const { connection, clock, socket, sockets } = connectionWith({ random: () => 0.99 });
  for (let attempt = 0; attempt < 6; attempt += 1) {
    socket().drop();
    await settled();
    if (attempt < 5) await clock.advance(8_000);
  }
  const before = sockets.length;

  connection.wake();

  assert.equal(sockets.length, before + 1);
});

test('when the page is shown again it asks for a sign of life', async () => {
  const { connection, socket } = connectionWith();
  socket().greet();

  connection.wake();
  connection.wake();

  assert.deepEqual(socket().sent, [{ type: 'ping' }]);
});

test('words of a socket that was given up are not heard', async () => {
  const { connection, clock, sockets, events } = connectionWith();
  sockets[0].greet();
  const stale = sockets[0].onmessage;
  connection.lose();
  await clock.advance(1_000);

  stale({ data: JSON.stringify({ type: 'presence', user: 'bob', online: true }) });

  assert.equal(events.filter(([type]) => type === 'frame').length, 0);
});
