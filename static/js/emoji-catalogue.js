/**
 * All emoji with their names, for the picker and for `:shortcodes:`. It is large: import it
 * when it is needed, not before.
 */

import { EMOJI } from './emoji-data.js';
import './lib/later.js';

/** @typedef {{emoji: string, name: string, codes: string[], words: string[]}} Entry */

/** @type {{group: string, entries: Entry[]}[]} */
export const groups = Object.entries(EMOJI).map(([group, lines]) => ({ group, entries: lines.split('\n').map(entryOf) }));

const all = groups.flatMap(({ entries }) => entries);
const entries = new Map();
for (const entry of all) for (const code of entry.codes) if (!entries.has(code)) entries.set(code, entry);

/**
 * @param {string} code without its colons
 * @returns {string | null} the emoji
 */
export function emojiOf(code) {
  return entries.get(code.toLowerCase())?.emoji ?? null;
}

/**
 * @param {string} emoji
 * @returns {Entry | undefined}
 */
export function entryFor(emoji) {
  return all.find((entry) => entry.emoji === emoji);
}

/**
 * Emoji that words lead to: first those with a shortcode that begins so, the shortest first,
 * then those with such words.
 *
 * @param {string} query
 * @param {number} [most]
 * @returns {(Entry & {code: string})[]} `code` is the shortcode that fits best
 */
export function findEmoji(query, most = Infinity) {
  const wanted = query.toLowerCase().replace(/[\s:_]+/gu, ' ').trim();
  if (!wanted) return [];
  const begin = wanted.replaceAll(' ', '_');
  const parts = wanted.split(' ');
  const byCode = [];
  const byWord = [];
  for (const entry of all) {
    const [code] = entry.codes.filter((one) => one.startsWith(begin)).sort((a, b) => a.length - b.length);
    if (code) byCode.push({ ...entry, code });
    else if (parts.every((part) => entry.words.some((word) => word.startsWith(part)))) {
      byWord.push({ ...entry, code: entry.codes[0] });
    }
  }
  byCode.sort((a, b) => a.code.length - b.code.length);
  return [...byCode, ...byWord].slice(0, most);
}

/** @param {string} line @returns {Entry} */
function entryOf(line) {
  const [emoji, name, codes, tags] = line.split('|');
  const named = name.replace(/[^\p{L}\p{N}]+/gu, '_');
  const shortcodes = [...codes.split(' ').filter(Boolean), named];
  return { emoji, name, codes: shortcodes, words: [...shortcodes.flatMap((code) => code.split('_')), ...tags.split(' ')] };
}
