/** Why something was not done, in words. */

import { hasWords, say } from '../lib/words.js';

/**
 * What to say of something that the server refused, or that never reached it.
 *
 * @param {{code?: string | number, field?: string, retryAfter?: number, name: string}} error a
 *   `Refusal` or `Disconnected`
 * @returns {string}
 */
export function sayError({ code, field, retryAfter, name }) {
  if (name === 'Disconnected') return say('error_disconnected');
  const key = [`error_${code}_${field}`, `error_${code}`].find(hasWords) ?? 'error_other';
  return say(key, { count: Math.ceil(retryAfter ?? 1) });
}
