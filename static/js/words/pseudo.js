/**
 * English in disguise, to see what does not come from a catalogue or is cut, and how the page
 * looks from right to left. Chosen by a cookie only: see handlers/languages.py.
 */

const PARTS = /(\{\w+\}|\s+)/u; // holes stay what they are
const PLAIN = 'AEIOUYCNSaeiouycns';
const ACCENTED = 'ÅÉÎÖÛÝÇÑŠåéîöûýçñš';

/** @type {Record<string, (pattern: string) => string>} */
export const disguises = {
  'en-XA': (pattern) => {
    const accent = (letter) => ACCENTED[PLAIN.indexOf(letter)] ?? letter;
    const words = eachWord(pattern, (word) => Array.from(word, accent).join(''));
    return `[${words}${' ·'.repeat(Math.floor(pattern.length / 6) + 1)}]`;
  },
  'ar-XB': (pattern) => eachWord(pattern, (word) => `\u202E${word}\u202C`),
};

/** @param {string} pattern @param {(word: string) => string} change */
function eachWord(pattern, change) {
  return pattern
    .split(PARTS)
    .map((part) => (part === '' || PARTS.test(part) ? part : change(part)))
    .join('');
}
