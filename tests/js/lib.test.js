import assert from 'node:assert/strict';
import test from 'node:test';

import { isEmojiOnly } from '../../static/js/lib/emoji.js';
import { byDay, isJoined, withEntries } from '../../static/js/lib/rows.js';
import { characterCount, hueOf, initials, oneLine, plainName, splitLinks, tidy } from '../../static/js/lib/text.js';
import { dayKey, dayLabel, daysAgo, lastSeen, rowTime } from '../../static/js/lib/time.js';
import { say } from '../../static/js/lib/words.js';

const at = (text) => new Date(text); // without a zone: local time
const now = at('2026-11-22T14:05:00');

test('addresses become links, and the rest stays as it was', () => {
  const text = 'see https://example.org/a?b=c#d, and (http://example.net/x_(y)). Or mailto:ann@example.org!';

  const runs = splitLinks(text);

  assert.equal(runs.map((run) => run.text).join(''), text);
  assert.deepEqual(
    runs.filter((run) => run.href).map((run) => run.text),
    ['https://example.org/a?b=c#d', 'http://example.net/x_(y)', 'mailto:ann@example.org'],
  );
});

test('what could run or deceive is no link', () => {
  for (const text of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'https://',
    'mailto:',
    'https://example.org/\u202Efdp.exe',
    'vbscript:x file:///etc/passwd',
  ]) {
    assert.deepEqual(splitLinks(text), [{ text }], text);
  }
});

test('markup is text', () => {
  const text = '<img src=x onerror=alert(1)> <a href="https://evil.example">https://good.example</a>';

  assert.equal(splitLinks(text).map((run) => run.text).join(''), text);
});

test('cutting a long hostile text takes no time', () => {
  const started = performance.now();

  splitLinks(`https://${'('.repeat(4000)}${')'.repeat(3990)}`);
  splitLinks('http://'.repeat(1100));
  tidy(`${'\n'.repeat(7999)}x`);
  isEmojiOnly('👩‍👩‍👧‍👦'.repeat(700));

  assert.ok(performance.now() - started < 1_000);
});

test('blank lines at both ends are cut, inner ones and indents kept', () => {
  assert.equal(tidy('\n \n  one\n\n  two\n \n'), '  one\n\n  two');
  assert.equal(tidy(' \n\t\n '), '');
});

test('characters are counted as the server counts them', () => {
  assert.equal(characterCount('a😀é'), 3);
});

test('a preview is one line of bounded length', () => {
  assert.equal(oneLine('one\n\n two   three '), 'one two three');
  assert.equal(characterCount(oneLine('😀'.repeat(500), 20)), 20);
});

test('a title holds no marks that reorder it', () => {
  assert.equal(plainName('Ann\u202Egnp.exe'), 'Anngnp.exe');
});

test('initials are letters of the first and the last word', () => {
  assert.equal(initials('Ann Mary Archer'), 'AA');
  assert.equal(initials('bob'), 'B');
  assert.equal(initials('נועה לוי'), 'נל');
  assert.equal(initials('😀'), '😀');
  assert.equal(initials(''), '?');
});

test('a colour stays with its person', () => {
  assert.equal(hueOf('u1', 8), hueOf('u1', 8));
  const hues = new Set(Array.from({ length: 100 }, (_, index) => hueOf(`user-${index}`, 8)));
  assert.equal(hues.size, 8);
});

test('a few emoji alone are shown large', () => {
  for (const text of ['👍', '❤️', '👩‍👩‍👧‍👦 🇩🇪', '1️⃣', 'ℹ️', '😂😂😂😂😂😂']) assert.equal(isEmojiOnly(text), true, text);
  for (const text of ['', ' ', '12', 'ok 👍', '#', '😂😂😂😂😂😂😂', '©2026', 'é']) assert.equal(isEmojiOnly(text), false, text);
});

test('days begin at local midnight', () => {
  assert.equal(dayKey(at('2026-11-22T00:00:00')), '2026-11-22');
  assert.equal(dayKey(at('2026-11-21T23:59:59')), '2026-11-21');
  assert.equal(daysAgo(at('2026-11-21T23:59:59'), at('2026-11-22T00:00:01')), 1);
  assert.equal(daysAgo(at('2026-03-28T12:00:00'), at('2026-03-30T01:00:00')), 2); // a day of 23 hours lies between
});

test('the time in a row: clock, yesterday, weekday, date', () => {
  assert.equal(rowTime(at('2026-11-22T09:30:00'), now, 'en-GB'), '9:30');
  assert.equal(rowTime(at('2026-11-21T23:30:00'), now, 'en-GB'), 'Yesterday');
  assert.equal(rowTime(at('2026-11-16T09:30:00'), now, 'en-GB'), 'Mon');
  assert.equal(rowTime(at('2026-11-15T09:30:00'), now, 'en-GB'), '15 Nov');
  assert.equal(rowTime(at('2025-11-15T09:30:00'), now, 'en-GB'), '15/11/2025');
});

test('a message from a clock that runs ahead is of today', () => {
  assert.equal(dayLabel(at('2026-11-23T00:00:10'), now, 'en-GB'), 'Today');
});

test('day separators: today, yesterday, weekday and date', () => {
  assert.equal(dayLabel(at('2026-11-22T00:01:00'), now, 'en-GB'), 'Today');
  assert.equal(dayLabel(at('2026-11-21T00:01:00'), now, 'en-GB'), 'Yesterday');
  assert.match(dayLabel(at('2026-11-18T12:00:00'), now, 'en-GB'), /^Wednesday,? 18 November$/u);
  assert.match(dayLabel(at('2025-11-18T12:00:00'), now, 'en-GB'), /2025$/u);
});

test('last seen says the day only when it is another one', () => {
  assert.equal(lastSeen(at('2026-11-22T09:30:00'), now, 'en-GB'), 'last seen today at 9:30');
  assert.equal(lastSeen(at('2026-11-21T09:30:00'), now, 'en-GB'), 'last seen yesterday at 9:30');
  assert.equal(lastSeen(at('2026-11-19T09:30:00'), now, 'en-GB'), 'last seen Thursday at 9:30');
});

test('messages of one person within five minutes belong together', () => {
  const row = (from, time) => ({ from, at: at(`2026-11-22T${time}`) });

  assert.equal(isJoined(row('ann', '10:00:00'), row('ann', '10:04:59')), true);
  assert.equal(isJoined(row('ann', '10:00:00'), row('ann', '10:05:00')), false);
  assert.equal(isJoined(row('ann', '10:00:00'), row('bob', '10:00:01')), false);
  assert.equal(isJoined({ from: 'ann', at: at('2026-11-21T23:59:00') }, row('ann', '00:01:00')), false);
  assert.equal(isJoined(null, row('ann', '10:00:00')), false);
});

test('rows are cut into days, each once', () => {
  const rows = ['2026-11-21T23:00:00', '2026-11-22T00:00:01', '2026-11-21T23:59:59'].map((time) => ({ at: at(time) }));

  assert.deepEqual(byDay(rows).map(({ key, rows: { length } }) => [key, length]), [['2026-11-21', 2], ['2026-11-22', 1]]);
});

test('what waits comes last, what failed stays where it was written', () => {
  const messages = [{ seq: 1 }, { seq: 2 }, { seq: 3 }];
  const failed = { after: 1, error: 'forbidden' };
  const waiting = { after: 2, error: null };

  assert.deepEqual(withEntries(messages, [failed, waiting]), [{ seq: 1 }, failed, { seq: 2 }, { seq: 3 }, waiting]);
});

test('words agree with their number', () => {
  assert.equal(say('unread', { count: 1 }), '1 unread message');
  assert.equal(say('unread', { count: 2 }), '2 unread messages');
});

test('what people type is never taken for a hole in a sentence', () => {
  assert.equal(say('spoken', { name: '{text}', text: '{name}' }), '{text}: {name}');
});
