import assert from 'node:assert/strict';
import test from 'node:test';

import { Deletions } from '../../static/js/deletions.js';
import { Outbox } from '../../static/js/outbox.js';
import { State } from '../../static/js/state.js';
import { TimelineRows } from '../../static/js/timeline-rows.js';
import { FakeBrowser, FakeClock, ann, conversation, memory, message } from './fakes.js';

function modelWith(page) {
  const clock = new FakeClock();
  const state = new State(ann, clock);
  const outbox = new Outbox({ storage: memory(), tabs: new FakeBrowser().tab(), now: clock.now, timers: clock });
  const committed = [];
  const deletions = new Deletions((...place) => committed.push(place));
  state.putConversation(conversation({ head: page.length, last: page.at(-1) ?? null }));
  state.putPage('c', page);
  const model = new TimelineRows({ state, outbox, deletions });
  const rows = (from = 1, to = Infinity, divider = null) => model.rows(state.conversation('c'), from, to, divider);
  return { state, outbox, deletions, committed, rows };
}

test('a message keeps its row from Sending to Read', () => {
  const { state, outbox, rows } = modelWith([]);
  const { client_id: id } = outbox.add({ conversation: 'c', text: 'hello' });
  const seen = rows().map(({ key, state: word }) => [key, word]);

  state.putMessage('c', message(1, 'ann', { client_id: id }));
  outbox.settle(id);
  seen.push(...rows().map(({ key, state: word }) => [key, word]));
  state.putMarks('c', 'bob', 1, 0);
  seen.push(...rows().map(({ key, state: word }) => [key, word]));
  state.putMarks('c', 'bob', 1, 1);
  seen.push(...rows().map(({ key, state: word }) => [key, word]));

  assert.deepEqual(seen.map(([, word]) => word), ['Sending', 'Sent', 'Delivered', 'Read']);
  assert.equal(new Set(seen.map(([key]) => key)).size, 1);
});

test('the messages of others have no state', () => {
  const { rows } = modelWith([message(1)]);

  assert.equal(rows()[0].state, null);
});

test('the divider stands before the first message of somebody else that was unread', () => {
  const { rows } = modelWith([message(1), message(2, 'ann'), message(3), message(4)]);

  assert.deepEqual(rows(1, Infinity, 2).map(({ isDivided }) => isDivided), [false, false, true, false]);
});

test('only the window asked for is there, and what waits only at the end', () => {
  const { outbox, rows } = modelWith([message(1), message(2), message(3)]);
  outbox.add({ conversation: 'c', text: 'waits' });

  assert.deepEqual(rows(2, 2).map(({ seq }) => seq), [2]);
  assert.deepEqual(rows(3).map(({ seq }) => seq), [3, null]);
});

test('a quote shows who and what, or that it was deleted', () => {
  const { state, rows } = modelWith([message(1), message(2, 'ann', { reply_to: 1 })]);
  assert.deepEqual(rows()[1].quote, { seq: 1, author: 'Bob', text: 'message 1' });

  state.putChange('c', message(1, 'bob', { text: null, deleted: true, rev: 1 }));

  assert.equal(rows()[1].quote.text, 'Message deleted');
});

test('a message about to be deleted is gone at once, and back when that is undone', () => {
  const { deletions, rows, committed } = modelWith([message(1, 'ann', { reactions: { '👍': ['bob'] } })]);

  deletions.add('c', 1);
  assert.equal(rows()[0].text, null);
  assert.deepEqual(rows()[0].reactions, []);

  deletions.undo('c', 1);
  deletions.finish('c', 1);
  assert.equal(rows()[0].text, 'message 1');
  assert.deepEqual(committed, []);
});

test('a deletion is told when the time to undo it is over', () => {
  const { deletions, committed } = modelWith([message(1, 'ann')]);

  deletions.add('c', 1);
  deletions.finish('c', 1);

  assert.deepEqual(committed, [['c', 1]]);
});

test('a reaction says who, and whether it is one’s own', () => {
  const { rows } = modelWith([message(1, 'bob', { reactions: { '👍': ['ann', 'bob'], '🎉': ['bob'] } })]);

  assert.deepEqual(rows()[0].reactions, [
    { emoji: '👍', count: 2, isMine: true, names: 'You, Bob' },
    { emoji: '🎉', count: 1, isMine: false, names: 'Bob' },
  ]);
});
