/** The language of the page: the server writes it in the one that a cookie names (handlers/languages.py). */

import { preferences } from './preferences.js';

const COOKIE = 'parley_language';
const YEAR_SECONDS = 365 * 24 * 3600;
/** The chosen tab says so once it speaks the new language. */
const SAID = 'parley.saved';

/** Speaks another language in this tab, too, once it is chosen in any. */
export function followLanguage() {
  preferences.addEventListener('change', ({ detail }) => {
    if (detail.name === 'language') change(detail.value);
  });
}

/** Has the next page of this tab say that the choice was saved. */
export function sayAfterChange() {
  sessionStorage.setItem(SAID, 'yes');
}

/** @returns {boolean} whether this is that page */
export function isAfterChange() {
  const isSaid = sessionStorage.getItem(SAID) !== null;
  sessionStorage.removeItem(SAID);
  return isSaid;
}

/** @param {string} value 'auto', or a language */
async function change(value) {
  const age = value === 'auto' ? 0 : YEAR_SECONDS;
  document.cookie = `${COOKIE}=${value}; path=/; max-age=${age}; samesite=lax`;
  try {
    // What is kept for the time without a network speaks it, too.
    const kept = (await caches.keys()).filter((name) => name.startsWith('parley-shell-'));
    await Promise.all(kept.map(async (name) => (await caches.open(name)).add('/shell')));
  } catch {
    // No network, or nothing is kept.
  }
  location.reload();
}
