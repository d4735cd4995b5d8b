/** Text as people type it, cut into what is shown. Nothing here makes markup. */

const LINK = /\b(?:https?:\/\/|mailto:)[^\s<>"]+/giu;
/** At the end of an address these belong to the sentence, or to its formatting. */
const TRAILING = /[.,;:!?'"»”’…*_]/u;
const BRACKETS = { ')': '(', ']': '[', '}': '{' };
/** Marks that reorder what is read: an address with one of them is not what it seems. */
const BIDI_CONTROLS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;
const SCHEMES = new Set(['http:', 'https:', 'mailto:']);

/**
 * Cuts a text into plain runs and links. Joined, the runs are the text again.
 *
 * @param {string} text
 * @returns {{text: string, href?: string}[]} `href` on links only; what is shown is the address
 */
export function splitLinks(text) {
  const runs = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const address = withoutTrailing(match[0]);
    const href = safeHref(address);
    if (!href) continue;
    if (match.index > end) runs.push({ text: text.slice(end, match.index) });
    runs.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) runs.push({ text: text.slice(end) });
  return runs;
}

/**
 * The text of a message as it is sent: blank lines at both ends are cut, inner ones kept.
 *
 * @param {string} text
 * @returns {string} '' if there is nothing but white space
 */
export function tidy(text) {
  const lines = text.split('\n');
  let start = 0;
  let end = lines.length;
  while (start < end && lines[start].trim() === '') start += 1;
  while (end > start && lines[end - 1].trim() === '') end -= 1;
  return lines.slice(start, end).join('\n');
}

/**
 * One line for previews, quotes and announcements.
 *
 * @param {string} text
 * @param {number} [longest] in characters
 * @returns {string}
 */
export function oneLine(text, longest = 140) {
  const line = text.slice(0, longest * 4).replace(/\s+/gu, ' ').trim();
  const characters = Array.from(line);
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line;
}

/**
 * Characters as the server counts them: Unicode code points.
 *
 * @param {string} text
 * @returns {number}
 */
export function characterCount(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * A name for places that cannot isolate directions, such as the title of the window.
 *
 * @param {string} name
 * @returns {string}
 */
export function plainName(name) {
  return name.replace(BIDI_CONTROLS, '');
}

/**
 * One or two letters that stand for a name when there is no picture.
 *
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = plainName(name).split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letter = (word) => (word.match(/[\p{L}\p{N}]/u) ?? [''])[0].toLocaleUpperCase();
  if (words.length === 0) return Array.from(name.trim())[0] ?? '?';
  return words.length === 1 ? letter(words[0]) : letter(words[0]) + letter(words[words.length - 1]);
}

/**
 * A stable small number from an id, for the colour of an avatar.
 *
 * @param {string} id
 * @param {number} kinds
 * @returns {number} from 0 to kinds - 1
 */
export function hueOf(id, kinds) {
  let hash = 2166136261; // FNV-1a, 32 bits
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 16777619);
  }
  return (hash >>> 0) % kinds;
}

/** @param {string} address */
function withoutTrailing(address) {
  const unbalanced = {};
  for (const [closing, opening] of Object.entries(BRACKETS)) {
    unbalanced[closing] = address.split(closing).length - address.split(opening).length;
  }
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1];
    if (unbalanced[last] > 0) unbalanced[last] -= 1;
    else if (!TRAILING.test(last)) break;
  }
  return address.slice(0, end);
}

/** @param {string} address */
function safeHref(address) {
  if (address.search(BIDI_CONTROLS) >= 0) return null;
  try {
    const url = new URL(address);
    const says = url.protocol === 'mailto:' ? url.pathname !== '' : url.hostname !== '';
    return SCHEMES.has(url.protocol) && says ? url.href : null;
  } catch {
    return null;
  }
}
