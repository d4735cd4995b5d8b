/** `:shortcodes:` in what is being written. */

/** Not in the middle of a word or an address: `10:30`, `https://`. */
const BEGUN = /(?:^|[\s([{"'*_>])(:[a-z0-9_+-]{2,40})$/iu;
const WHOLE = /(?<=^|[\s([{"'*_>:]|[^\u0000-\u007F]):([a-z0-9_+-]{1,40}):/giu;

/**
 * The shortcode that is being written before a place.
 *
 * @param {string} text
 * @param {number} place of the caret
 * @returns {{from: number, query: string} | null} `from` is where its colon is
 */
export function shortcodeBefore(text, place) {
  const match = text.slice(Math.max(0, place - 60), place).match(BEGUN);
  return match && { from: place - match[1].length, query: match[1].slice(1) };
}

/** @param {string} text @returns {boolean} whether a colon stands where a shortcode may begin */
export function mayHoldShortcode(text) {
  return /(?:^|[^a-z0-9]):[a-z0-9_+-]/iu.test(text);
}

/**
 * Puts emoji in the place of the shortcodes that are known, but not in code.
 *
 * @param {string} text
 * @param {(code: string) => string | null} emojiOf
 * @returns {string}
 */
export function withEmoji(text, emojiOf) {
  return text
    .split('`')
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replace(WHOLE, (whole, code) => emojiOf(code) ?? whole)))
    .join('`');
}
