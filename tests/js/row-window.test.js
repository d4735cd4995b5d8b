import assert from 'node:assert/strict';
import test from 'node:test';

import { Conversation } from '../../static/js/conversation.js';
import { RowWindow } from '../../static/js/row-window.js';
import { message } from './fakes.js';

/** A conversation of `head` messages of which the page holds those from `first` to `last`. */
function holding(first, last, head = last) {
  const conversation = new Conversation('c', 'ann');
  conversation.head = head;
  conversation.isLoaded = true;
  take(conversation, first, last);
  return conversation;
}

function take(conversation, first, last) {
  const page = [];
  for (let seq = first; seq <= last; seq += 1) page.push(message(seq));
  assert.ok(conversation.log.add(page));
}

function drawn({ from, to }, { log }) {
  return log.slice(from, to).length;
}

test('the window opens at the end and follows it', () => {
  const conversation = holding(1, 500);
  const window = new RowWindow(conversation);

  assert.equal(window.from, 460);
  assert.equal(window.to, Infinity);
  assert.ok(window.followsEnd);
});

test('it does not follow an end that the page does not hold', () => {
  assert.equal(new RowWindow(holding(1, 100, 500)).followsEnd, false);
});

test('around a message in the middle there are rows on both sides', () => {
  const conversation = holding(1, 500);
  const window = new RowWindow(conversation);

  window.showAround(200);

  assert.deepEqual([window.from, window.to], [160, 240]);
  assert.equal(window.followsEnd, false);
});

test('going up and down it never draws 300 rows, and comes to both ends', () => {
  const conversation = holding(1, 1000);
  const window = new RowWindow(conversation);

  while (window.growUp()) assert.ok(drawn(window, conversation) < 300);
  assert.equal(window.from, 1);
  assert.equal(window.followsEnd, false);

  while (window.growDown()) assert.ok(drawn(window, conversation) < 300);
  assert.ok(window.followsEnd);
});

test('what comes while one reads older messages is not drawn without bound', () => {
  const conversation = holding(1, 100);
  const window = new RowWindow(conversation);

  for (let seq = 101; seq <= 600; seq += 1) {
    conversation.head = seq;
    take(conversation, seq, seq);
    window.fit(false);
    assert.ok(drawn(window, conversation) < 300);
    assert.equal(window.from, 60);
  }
  assert.equal(window.followsEnd, false);
});

test('what comes while one reads the end pushes the oldest out', () => {
  const conversation = holding(1, 100);
  const window = new RowWindow(conversation);

  for (let seq = 101; seq <= 600; seq += 1) {
    conversation.head = seq;
    take(conversation, seq, seq);
    window.fit(true);
    assert.ok(drawn(window, conversation) < 300);
    assert.ok(window.followsEnd);
  }
});

test('a log read anew around another place is drawn from there', () => {
  const conversation = holding(900, 1000);
  const window = new RowWindow(conversation);

  conversation.log.replace([message(10), message(11), message(12)]);
  window.fit(false);

  assert.deepEqual([window.from, window.to], [10, 12]);
});
