import assert from 'node:assert/strict';
import test from 'node:test';

import { emojiOf, entryFor, findEmoji, groups } from '../../static/js/emoji-catalogue.js';
import { mayHoldShortcode, shortcodeBefore, withEmoji } from '../../static/js/lib/shortcodes.js';
import { QUICK_REACTIONS, isEmojiOnly } from '../../static/js/lib/emoji.js';

test('every emoji of the catalogue is one, with a name, once, and short enough for a reaction', () => {
  const all = groups.flatMap(({ entries }) => entries);
  assert.ok(all.length > 1_800);
  assert.equal(new Set(all.map(({ emoji }) => emoji)).size, all.length);
  for (const { emoji, name, codes } of all) {
    assert.ok(isEmojiOnly(emoji), emoji);
    assert.ok(Buffer.byteLength(emoji) <= 32, name);
    assert.ok(name && codes.length > 0);
    assert.equal(emojiOf(codes.at(-1)) !== null, true);
  }
});

test('the quick reactions are those of the catalogue: the same emoji is the same reaction', () => {
  for (const emoji of QUICK_REACTIONS) assert.ok(entryFor(emoji), emoji);
});

test('emoji are found by code first, then by word', () => {
  assert.equal(findEmoji('smile')[0].emoji, '😄');
  assert.equal(findEmoji('tada')[0].emoji, '🎉');
  assert.equal(findEmoji('+1')[0].emoji, '👍');
  assert.equal(findEmoji('red hea')[0].emoji, '❤️');
  assert.ok(findEmoji('celebrate').some(({ emoji }) => emoji === '🎉'));
  assert.ok(findEmoji('germany').some(({ emoji }) => emoji === '🇩🇪'));
  assert.equal(findEmoji('smi', 3).length, 3);
  assert.deepEqual(findEmoji('qqqq'), []);
  assert.deepEqual(findEmoji(' : '), []);
});

test('a shortcode begins with a colon that is not part of anything else', () => {
  assert.deepEqual(shortcodeBefore('hi :smi', 7), { from: 3, query: 'smi' });
  assert.deepEqual(shortcodeBefore(':+1', 3), { from: 0, query: '+1' });
  for (const text of ['10:30', 'https://x', 'a:bc', ':s', ': sm', 'std::vector', ':-)']) {
    assert.equal(shortcodeBefore(text, text.length), null, text);
  }
});

test('whole shortcodes become emoji, unknown ones and those in code do not', () => {
  assert.equal(withEmoji('well done :tada::+1: (:heart:)', emojiOf), 'well done 🎉👍 (❤️)');
  for (const text of ['`:tada:`', ':nothing_like_it:', '10:30:45', 'a:tada:', '::', 'http://x:80:']) {
    assert.equal(withEmoji(text, emojiOf), text);
  }
});

test('whether a text may hold a shortcode is told without the catalogue', () => {
  assert.equal(mayHoldShortcode('so :ta'), true);
  for (const text of ['10:30', ': )', 'hello', ':']) assert.equal(mayHoldShortcode(text), false, text);
});
