/** What is an emoji, as far as the look of a message is concerned. */

const PICTURE = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F?|\p{RI}\p{RI}|[\d#*]\uFE0F?\u20E3)/u;
const WORDY = /[\p{L}\p{N}]/u;
/** What is a letter or a number elsewhere, but was asked to be a picture: 1️⃣, ℹ️. */
const ASKED = /^(?:[\d#*]\uFE0F?\u20E3|\p{Extended_Pictographic}\uFE0F)$/u;
const LARGE_AT_MOST = 6;

/** Reactions that one click offers. */
export const QUICK_REACTIONS = Object.freeze(['👍', '❤️', '😂', '😮', '😢', '🎉']);

/**
 * Whether a text is nothing but a few emoji, which are then shown large.
 *
 * @param {string} text
 * @returns {boolean}
 */
export function isEmojiOnly(text) {
  // The longest family emoji is some 25 code units: a long text need not be cut up.
  if (text.length > 200 || typeof Intl.Segmenter !== 'function') return false;
  const graphemes = Array.from(new Intl.Segmenter().segment(text.trim()), (part) => part.segment).filter(
    (grapheme) => grapheme.trim() !== '',
  );
  return (
    graphemes.length > 0 &&
    graphemes.length <= LARGE_AT_MOST &&
    graphemes.every((grapheme) => PICTURE.test(grapheme) && (ASKED.test(grapheme) || !WORDY.test(grapheme)))
  );
}
