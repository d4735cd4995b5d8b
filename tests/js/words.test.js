import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test, { afterEach } from 'node:test';

import { clockTime, rowTime } from '../../static/js/lib/time.js';
import { hasWords, say, useAllWords, useLanguage } from '../../static/js/lib/words.js';
import { Disconnected, Refusal } from '../../static/js/protocol.js';
import { sayError } from '../../static/js/settings/errors.js';
import de from '../../static/js/words/de.js';
import deMore from '../../static/js/words/de-more.js';
import en from '../../static/js/words/en.js';
import enMore from '../../static/js/words/en-more.js';

const STATIC = new URL('../../static/js/', import.meta.url);
/** What the page may say before anything is loaded that it does not begin with. */
const SAID = /\bsay\((?:[^;]*? \? )?'(\w+)'(?: : '(\w+)')?/gu;

await useAllWords();

afterEach(() => useLanguage('en'));

function holesOf(entry) {
  const patterns = typeof entry === 'string' ? [entry] : Object.values(entry);
  return new Set(patterns.flatMap((pattern) => pattern.match(/\{\w+\}/gu) ?? []));
}

test('German has all words, and they have the same holes', () => {
  for (const [english, german] of [[en, de], [enMore, deMore]]) {
    assert.deepEqual(Object.keys(german), Object.keys(english));
    for (const [key, entry] of Object.entries(english)) {
      assert.deepEqual(holesOf(german[key]), holesOf(entry), key);
      assert.equal(typeof german[key], typeof entry, key);
    }
  }
});

function keysSaidBy(address) {
  const code = readFileSync(address, 'utf8');
  return [...code.matchAll(SAID)].flatMap(([, ...keys]) => keys.filter(Boolean));
}

/** The module and all that it imports before it runs. */
function modulesFrom(address, found = new Set()) {
  if (found.has(address.href)) return found;
  found.add(address.href);
  const imports = readFileSync(address, 'utf8').matchAll(/^(?:import|\}) [^;]*?'(\.[^']+)';/gmu);
  for (const [, path] of imports) modulesFrom(new URL(path, address), found);
  return found;
}

test('whatever the page says is in the catalogue', () => {
  const files = readdirSync(STATIC, { recursive: true }).filter((name) => name.endsWith('.js'));
  const keys = files.flatMap((name) => keysSaidBy(new URL(name, STATIC)));

  assert.ok(keys.length > 100);
  for (const key of keys) assert.ok(hasWords(key), key);
});

test('whatever the page says before anything more is loaded is in the first part', () => {
  const modules = [...modulesFrom(new URL('chat.js', STATIC))];
  const keys = modules.flatMap((href) => keysSaidBy(new URL(href)));

  assert.ok(modules.length > 50);
  assert.ok(keys.length > 50);
  for (const key of keys) assert.ok(key in en, key);
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
