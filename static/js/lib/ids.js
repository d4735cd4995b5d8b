/** Ids that the page makes itself. */

/**
 * A fresh id for a message, never used before by anybody.
 *
 * `crypto.randomUUID` exists on https and localhost only, and Parley also runs on
 * plain http in a home network.
 *
 * @returns {string} 32 hexadecimal digits
 */
export function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
