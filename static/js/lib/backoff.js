/** How long to wait before the next attempt to connect. */

const FIRST_MS = 500;
const LONGEST_MS = 8_000;
/** After this long without a connection the server has bigger troubles than our impatience. */
const PATIENT_AFTER_MS = 5 * 60_000;
const LONGEST_PATIENT_MS = 30_000;

/**
 * Full jitter: anywhere between 0 and a ceiling that doubles, so that the clients
 * of a restarted server do not come back at the same moment.
 *
 * @param {number} attempt 0 for the first one after a connection was lost
 * @param {number} awayMs how long there has been no connection
 * @param {() => number} [random] in [0, 1)
 * @returns {number} milliseconds
 */
export function backoffMs(attempt, awayMs, random = Math.random) {
  const longest = awayMs >= PATIENT_AFTER_MS ? LONGEST_PATIENT_MS : LONGEST_MS;
  return Math.round(random() * Math.min(longest, FIRST_MS * 2 ** Math.min(attempt, 16)));
}

/**
 * The wait that the server asks for when it closes with 1012 or 1013.
 *
 * @param {string} reason `{"retry_ms": N}`
 * @param {() => number} [random]
 * @returns {number} milliseconds; within a second if the reason cannot be read
 */
export function retryMs(reason, random = Math.random) {
  let longest = 1_000;
  try {
    const asked = JSON.parse(reason).retry_ms;
    if (Number.isFinite(asked) && asked >= 0) longest = Math.min(asked, 60_000);
  } catch {
    // A proxy may have put its own words there.
  }
  return Math.round(random() * longest);
}
