import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test, { afterEach } from 'node:test';

import { clockTime, rowTime } from '../../static/js/lib/time.js';
import { allWords, hasWords, say, sayError, useLanguage } from '../../static/js/lib/words.js';
import { Disconnected, Refusal } from '../../static/js/protocol.js';
import de from '../../static/js/words/de.js';

const STATIC = new URL('../../static/js/', import.meta.url);
const english = allWords();

afterEach(() => useLanguage('en'));

function holesOf(entry) {
  const patterns = typeof entry === 'string' ? [entry] : Object.values(entry);
  return new Set(patterns.flatMap((pattern) => pattern.match(/\{\w+\}/gu) ?? []));
}

test('German has all words, and they have the same holes', () => {
  assert.deepEqual(Object.keys(de).sort(), Object.keys(english).sort());
  for (const [key, entry] of Object.entries(english)) {
    assert.deepEqual(holesOf(de[key]), holesOf(entry), key);
    assert.equal(typeof de[key], typeof entry, key);
  }
});

test('whatever the page says is in the catalogue', () => {
  const files = readdirSync(STATIC, { recursive: true }).filter((name) => name.endsWith('.js'));
  const code = files
    .filter((name) => !name.startsWith('words') && !name.endsWith('words.js'))
    .map((name) => readFileSync(new URL(name, STATIC), 'utf8'))
    .join('\n');

  for (const [, key] of code.matchAll(/\bsay\('(\w+)'/gu)) assert.ok(hasWords(key), key);
});

test('a language brings its plurals', async () => {
  await useLanguage('de');

  assert.equal(say('unread', { count: 1 }), '1 ungelesene Nachricht');
  assert.equal(say('unread', { count: 2 }), '2 ungelesene Nachrichten');
});

test('a language brings its dates', async () => {
  await useLanguage('de');
  const now = new Date('2026-11-22T14:05:00');

  assert.equal(rowTime(new Date('2026-11-19T14:05:00'), now), 'Do');
  assert.equal(clockTime(now), '14:05');
});

test('an unknown language is English', async () => {
  await useLanguage('fr');

  assert.equal(say('you'), 'You');
});

test('English in disguise keeps its holes and its plurals', async () => {
  await useLanguage('en-XA');
  assert.equal(say('isTyping', { name: 'Ann' }), '[Ann îš týpîñg… · · ·]');
  assert.notEqual(say('unread', { count: 1 }), say('unread', { count: 2 }).replace('2', '1'));

  await useLanguage('ar-XB');
  assert.equal(say('isTyping', { name: 'Ann' }), 'Ann \u202Eis\u202C \u202Etyping…\u202C');
});

test('a refusal is told by its code and field, in the language of the page', async () => {
  const refused = (code, field, retryAfter) => sayError(new Refusal({ code, field, retry_after: retryAfter, message: 'English' }));

  assert.match(refused('invalid', 'name'), /1 to 64 characters/u);
  assert.match(refused('rate_limited', undefined, 3.2), /Wait 4 seconds/u);
  assert.equal(refused('something_new', 'x'), say('error_other'));
  assert.match(sayError(new Disconnected()), /needs a connection/u);
  await useLanguage('de');
  assert.match(refused('forbidden', 'old'), /falsch/u);
});
