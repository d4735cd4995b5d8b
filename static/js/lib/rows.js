/** From messages to what the timeline shows: days, groups, the divider, what waits. */

import { dayKey } from './time.js';

const GROUP_WITHIN_MS = 5 * 60_000;

/**
 * Puts refused entries where they were written, and the rest at the end.
 *
 * @template {{seq: number}} M
 * @template {{after: number, error: string | null}} E
 * @param {M[]} messages ascending
 * @param {E[]} entries in the order written
 * @returns {(M | E)[]}
 */
export function withEntries(messages, entries) {
  const result = [...messages];
  for (const entry of entries) {
    const index = entry.error ? result.findIndex((item) => item.seq !== undefined && item.seq > entry.after) : -1;
    if (index < 0) result.push(entry);
    else result.splice(index, 0, entry);
  }
  return result;
}

/**
 * Whether a message belongs to the one above it: same person, same day, within five minutes.
 *
 * @param {{from: string, at: Date} | null} above
 * @param {{from: string, at: Date}} row
 * @returns {boolean}
 */
export function isJoined(above, row) {
  return (
    above !== null &&
    above.from === row.from &&
    Math.abs(row.at - above.at) < GROUP_WITHIN_MS &&
    dayKey(above.at) === dayKey(row.at)
  );
}

/**
 * Cuts rows into local days.
 *
 * @template {{at: Date}} R
 * @param {R[]} rows
 * @returns {{key: string, date: Date, rows: R[]}[]}
 */
export function byDay(rows) {
  const days = [];
  for (const row of rows) {
    const key = dayKey(row.at);
    if (days.at(-1)?.key !== key) {
      // Clocks of two servers may disagree at midnight: a day is not begun twice.
      const known = days.find((day) => day.key === key);
      if (known) {
        known.rows.push(row);
        continue;
      }
      days.push({ key, date: row.at, rows: [] });
    }
    days.at(-1).rows.push(row);
  }
  return days;
}
