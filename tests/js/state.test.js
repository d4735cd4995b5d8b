import assert from 'node:assert/strict';
import test from 'node:test';

import { State } from '../../static/js/state.js';
import { FakeClock, ann, bob, conversation, message } from './fakes.js';

function stateWith(data = conversation(), page = []) {
  const clock = new FakeClock();
  const state = new State(ann, clock);
  state.putConversation(data);
  state.putPage('c', page);
  const told = [];
  for (const type of ['gap', 'change-gap', 'arrived', 'mine', 'stranger']) {
    state.addEventListener(type, (event) => told.push([type, event.detail]));
  }
  return { state, clock, told, chat: state.conversation('c') };
}

const seqs = (chat) => chat.log.slice(1, Infinity).map(({ seq }) => seq);

test('a message that comes twice is there once and counted once', () => {
  const { state, chat } = stateWith();

  state.putMessage('c', message(1));
  state.putMessage('c', message(1));

  assert.deepEqual(seqs(chat), [1]);
  assert.equal(chat.unread, 1);
});

test('an older version of a message does not replace a newer one', () => {
  const { state, chat } = stateWith(conversation({ head: 1 }), [message(1)]);

  state.putChange('c', message(1, 'bob', { text: 'second', edited: true, rev: 2 }));
  state.putChange('c', message(1, 'bob', { text: 'first', edited: true, rev: 1 }));
  state.putPage('c', [message(1)]);

  assert.equal(chat.log.get(1).text, 'second');
  assert.equal(chat.last.text, 'second');
});

test('a page that is older than a change does not take it back', () => {
  const { state, chat } = stateWith(conversation({ head: 1 }), [message(1)]);
  state.putChange('c', message(1, 'bob', { text: 'changed', rev: 1 }));

  state.putPage('c', [message(1)], { replace: true });

  assert.equal(chat.log.get(1).text, 'changed');
});

test('marks only move forward', () => {
  const { state, chat } = stateWith(conversation({ head: 5 }));

  state.putMarks('c', 'bob', 4, 3);
  state.putMarks('c', 'bob', 2, 1);

  assert.deepEqual([chat.members.get('bob').received, chat.members.get('bob').read], [4, 3]);
  assert.equal(chat.reachOf(3), 'Read');
  assert.equal(chat.reachOf(4), 'Delivered');
  assert.equal(chat.reachOf(5), 'Sent');
});

test('an older summary does not move marks, head or unread back', () => {
  const { state, chat } = stateWith(conversation({ head: 5 }));
  state.putMessage('c', message(6));
  state.putMarks('c', 'ann', 6, 6);

  state.putConversation(conversation({ head: 5 }));

  assert.equal(chat.head, 6);
  assert.equal(chat.unread, 0);
  assert.equal(chat.last.seq, 6);
});

test('in a group a message is read when everybody has read it', () => {
  const carl = { id: 'carl', username: 'carl', name: 'Carl', online: false, last_seen: null };
  const data = conversation({ head: 1, kind: 'group', title: 'Us' });
  data.members.push({ user: carl, role: 'member', received: 1, read: 0 });
  const { state, chat } = stateWith(data);

  state.putMarks('c', 'bob', 1, 1);
  assert.equal(chat.reachOf(1), 'Delivered');

  state.putMarks('c', 'carl', 1, 1);
  assert.equal(chat.reachOf(1), 'Read');
});

test('what one reads in another tab is no longer unread', () => {
  const { state, chat } = stateWith(conversation({ head: 3 }), [message(1), message(2), message(3, 'ann')]);

  state.putMarks('c', 'ann', 1, 1);

  assert.equal(chat.unread, 1);
});

test('own messages are never unread', () => {
  const { state, chat } = stateWith();

  state.putMessage('c', message(1, 'ann'));

  assert.equal(chat.unread, 0);
});

test('a deleted message is no longer unread, told twice or not', () => {
  const { state, chat } = stateWith(conversation({ head: 2 }), [message(1), message(2)]);
  const deleted = message(2, 'bob', { text: null, deleted: true, rev: 1 });

  state.putChange('c', deleted);
  state.putChange('c', deleted);

  assert.equal(chat.unread, 1);
});

test('a skipped message asks for what lies between and shows nothing yet', () => {
  const { state, chat, told } = stateWith(conversation({ head: 1 }), [message(1)]);

  state.putMessage('c', message(3));

  assert.deepEqual(told, [['gap', { id: 'c', after: 1 }]]);
  assert.deepEqual(seqs(chat), [1]);
  assert.equal(chat.head, 1);
});

test('a skipped change asks for what lies between', () => {
  const { state, told, chat } = stateWith(conversation({ head: 1 }), [message(1)]);

  state.putChange('c', message(1, 'bob', { rev: 1 }));
  state.putChange('c', message(1, 'bob', { rev: 3 }));

  assert.deepEqual(told, [['change-gap', { id: 'c', after: 1 }]]);
  assert.equal(chat.log.get(1).rev, 3);
  assert.equal(chat.logRev, 1);
});

test('a message that does not touch what is held is not taken into the log', () => {
  const { state, chat } = stateWith(conversation({ head: 9 }), [message(1), message(2)]);

  state.putMessage('c', message(10));

  assert.deepEqual(seqs(chat), [1, 2]);
  assert.equal(chat.head, 10);
  assert.equal(chat.isAtEnd, false);
});

test('the end that was held is held again at once, with what came and changed meanwhile', () => {
  const page = [1, 2, 3].map((place) => message(500 + place));
  const { state, chat } = stateWith(conversation({ head: 503 }), page);
  state.putPage('c', [message(7), message(8)], { replace: true });
  assert.equal(chat.isAtEnd, false);

  state.putMessage('c', message(504));
  state.putChange('c', message(502, 'bob', { text: 'changed', rev: 1 }));

  assert.deepEqual(seqs(chat), [7, 8]);
  assert.equal(chat.showEnd(), true);
  assert.deepEqual(seqs(chat), [501, 502, 503, 504]);
  assert.equal(chat.log.get(502).text, 'changed');
  assert.equal(chat.isAtEnd, true);
});

test('of an end in which messages were missed only the newest is held', () => {
  const { state, chat } = stateWith(conversation({ head: 503 }), [message(502), message(503)]);
  state.putPage('c', [message(7), message(8)], { replace: true });

  state.putConversation(conversation({ head: 600, last: message(600) }));

  assert.equal(chat.showEnd(), true);
  assert.deepEqual(seqs(chat), [600]);
});

test('what a reply quotes from far away is kept, and follows its changes', () => {
  const { state, chat } = stateWith(conversation({ head: 503 }), [message(502), message(503)]);
  assert.equal(chat.quoted(7), undefined);
  assert.equal(chat.quoted(502).seq, 502);

  state.putQuoted('c', 7, message(7));
  state.putQuoted('c', 8, null);
  state.putChange('c', message(7, 'bob', { text: 'changed', rev: 1 }));

  assert.equal(chat.quoted(7).text, 'changed');
  assert.equal(chat.quoted(8), null);
  chat.forgetFar();
  assert.equal(chat.quoted(7), undefined);
});

test('a conversation that was never loaded has no end to hold', () => {
  const state = new State(ann, new FakeClock());
  state.putConversation(conversation({ head: 503, last: message(503) }));

  assert.equal(state.conversation('c').showEnd(), false);
});

test('a message of an unknown conversation is told', () => {
  const { state, told } = stateWith();

  state.putMessage('other', message(1));

  assert.deepEqual(told, [['stranger', { id: 'other' }]]);
});

test('only what others write now is told as arrived', () => {
  const { state, told } = stateWith();

  state.putMessage('c', message(1), false);
  state.putMessage('c', message(2, 'ann'));
  state.putMessage('c', message(3));

  assert.deepEqual(told.filter(([type]) => type === 'arrived').map(([, { message: m }]) => m.seq), [3]);
});

test('somebody who types is forgotten after six seconds', async () => {
  const { state, clock } = stateWith();

  state.putTyping('c', 'bob', true);
  await clock.advance(5_000);
  assert.deepEqual(state.typingIn('c'), ['bob']);

  await clock.advance(1_001);
  assert.deepEqual(state.typingIn('c'), []);
});

test('a message ends the typing of who wrote it', () => {
  const { state } = stateWith();
  state.putTyping('c', 'bob', true);

  state.putMessage('c', message(1));

  assert.deepEqual(state.typingIn('c'), []);
});

test('a direct conversation is called after the other one, notes after oneself', () => {
  const { state, chat } = stateWith();
  const notes = state.putConversation(
    conversation({ id: 'n', members: [{ user: ann, role: 'member', received: 0, read: 0 }] }),
  );

  assert.equal(state.titleOf(chat), 'Bob');
  assert.equal(state.titleOf(notes), 'Ann (you)');
  assert.equal(chat.peer, bob.id);
});

test('the latest activity comes first', () => {
  const { state } = stateWith(conversation({ head: 1 }));
  state.putConversation(conversation({ id: 'd', head: 5 }));
  assert.deepEqual(state.sorted().map(({ id }) => id), ['d', 'c']);

  state.putMessage('c', message(2, 'bob', { at: '2026-11-22T09:00:00.000Z' }));

  assert.deepEqual(state.sorted().map(({ id }) => id), ['c', 'd']);
});
