/**
 * Every word that the page's code shows, in the language of the page, from the catalogues in
 * words/: of each language one part that is there from the first moment, and one for what is
 * loaded later.
 */

let locale = 'en';
let plurals = new Intl.PluralRules(locale);
/** @type {Record<string, string | Record<string, string>>} */
let words = {};
let isWhole = false;

/**
 * The words for a key.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [holes] `count` chooses the plural form
 * @returns {string}
 */
export function say(key, holes = {}) {
  const entry = words[key];
  const pattern = typeof entry === 'string' ? entry : (entry[plurals.select(Number(holes.count))] ?? entry.other);
  return pattern.replace(/\{(\w+)\}/gu, (hole, name) => (name in holes ? String(holes[name]) : hole));
}

/**
 * Whether the catalogue has such a key.
 *
 * @param {string} key
 * @returns {boolean}
 */
export function hasWords(key) {
  return key in words;
}

/**
 * Speaks another language from now on; English, if there is no catalogue of it.
 *
 * @param {string} tag a BCP 47 tag
 */
export async function useLanguage(tag) {
  locale = tag;
  plurals = new Intl.PluralRules(locale);
  words = await catalogueOf('');
  if (isWhole) await useAllWords();
}

/** To be awaited by whatever is loaded later and has words of its own. */
export async function useAllWords() {
  isWhole = true;
  words = { ...words, ...(await catalogueOf('-more')) };
}

/** @returns {string} how dates are written: the browser's own kind of the language, if it has one */
export function dateLocale() {
  if (!globalThis.document) return locale;
  return navigator.languages.find((one) => one.split('-')[0] === locale) ?? locale;
}

/** @param {'' | '-more'} part */
async function catalogueOf(part) {
  const language = locale === 'de' ? locale : 'en';
  const { default: catalogue } = await import(`../words/${language}${part}.js`);
  if (!locale.includes('-X')) return catalogue;
  const disguise = (await import('../words/pseudo.js')).disguises[locale];
  const each = (entry) =>
    typeof entry === 'string'
      ? disguise(entry)
      : Object.fromEntries(Object.entries(entry).map(([form, pattern]) => [form, disguise(pattern)]));
  return Object.fromEntries(Object.entries(catalogue).map(([key, entry]) => [key, each(entry)]));
}

// The server has chosen; whoever imports this waits until its words are there.
await useLanguage(globalThis.document?.documentElement.lang ?? 'en');
