/**
 * Times as people say them. Every function takes the present as an argument; days
 * begin at local midnight.
 */

import { dateLocale, say } from './words.js';

/** @type {Map<string, Intl.DateTimeFormat>} making a formatter costs more than using it a thousand times */
const formats = new Map();

const CLOCK = { hour: 'numeric', minute: '2-digit' };

/** @type {Intl.DateTimeFormatOptions} */
let hours = {};

/** Tells the hours in 12 or 24 from now on, or as is usual here. @param {'12' | '24' | 'auto'} clock */
export function useClock(clock) {
  hours = { 12: { hourCycle: 'h12' }, 24: { hourCycle: 'h23' }, auto: {} }[clock];
  formats.clear();
}

/**
 * Makes the formatters that everything needs, one at a time: the first takes a browser
 * long, and is better made while the server is asked than when its answer is there.
 */
export function warmUp() {
  setTimeout(() => {
    clockTime(new Date());
    setTimeout(() => fullTime(new Date()));
  });
}

/**
 * A key that two moments of the same local day share.
 *
 * @param {Date} date
 * @returns {string} such as 2026-11-22
 */
export function dayKey(date) {
  const two = (number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * How many local midnights lie between two moments; counted in calendar days, since
 * a day of 23 or 25 hours is a day too.
 *
 * @param {Date} date
 * @param {Date} now
 * @returns {number} 0 today, 1 yesterday
 */
export function daysAgo(date, now) {
  const midnight = (moment) => Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate());
  return Math.round((midnight(now) - midnight(date)) / 86_400_000);
}

/** @param {Date} date @param {string} [locale] @returns {string} the time of the day, such as 14:05 */
export function clockTime(date, locale) {
  return format(date, CLOCK, locale);
}

/** @param {Date} date @param {string} [locale] @returns {string} date and time in full, for tooltips */
export function fullTime(date, locale) {
  return format(date, { dateStyle: 'full', timeStyle: 'short' }, locale);
}

/** @param {Date} date @param {string} [locale] @returns {string} date and time in short */
export function dateTime(date, locale) {
  return format(date, { dateStyle: 'medium', timeStyle: 'short' }, locale);
}

/**
 * The short time in a row of the conversation list.
 *
 * @param {Date} date
 * @param {Date} now
 * @param {string} [locale]
 * @returns {string}
 */
export function rowTime(date, now, locale) {
  const days = daysAgo(date, now);
  if (days <= 0) return clockTime(date, locale);
  if (days === 1) return say('yesterday');
  if (days < 7) return format(date, { weekday: 'short' }, locale);
  const sameYear = date.getFullYear() === now.getFullYear();
  return format(date, sameYear ? { day: 'numeric', month: 'short' } : { dateStyle: 'short' }, locale);
}

/**
 * The words between the messages of two days.
 *
 * @param {Date} date
 * @param {Date} now
 * @param {string} [locale]
 * @returns {string}
 */
export function dayLabel(date, now, locale) {
  const days = daysAgo(date, now);
  if (days <= 0) return say('today');
  if (days === 1) return say('yesterday');
  const sameYear = date.getFullYear() === now.getFullYear();
  const style = { weekday: 'long', day: 'numeric', month: 'long' };
  return format(date, sameYear ? style : { ...style, year: 'numeric' }, locale);
}

/**
 * When somebody was last here.
 *
 * @param {Date} date
 * @param {Date} now
 * @param {string} [locale]
 * @returns {string}
 */
export function lastSeen(date, now, locale) {
  const days = daysAgo(date, now);
  const time = clockTime(date, locale);
  if (days <= 0) return say('lastSeenToday', { time });
  if (days === 1) return say('lastSeenYesterday', { time });
  const style = days < 7 ? { weekday: 'long' } : { dateStyle: 'medium' };
  return say('lastSeenOn', { date: format(date, style, locale), time });
}

/** @param {Date} date @param {Intl.DateTimeFormatOptions} style @param {string} [locale] */
function format(date, style, locale) {
  const key = `${locale ?? ''} ${JSON.stringify(style)}`;
  let formatter = formats.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(locale ?? dateLocale(), style.hour || style.timeStyle ? { ...style, ...hours } : style);
    formats.set(key, formatter);
  }
  return formatter.format(date);
}
