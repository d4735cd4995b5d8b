/**
 * What somebody has chosen for this browser. Nothing of it is private: it stays over a
 * logout, and the sign-in page has the chosen theme too. Every tab hears of a change at once.
 *
 * Event: `change` (detail `{name, value}`).
 */

/** The first script of every page (base.html) reads the theme under this name, too. */
const KEY = 'parley.preferences';

/** What may be chosen; the first is what counts until then. */
export const CHOICES = Object.freeze({
  theme: ['system', 'light', 'dark'],
  clock: ['auto', '12', '24'],
  send: ['enter', 'ctrl'],
  shortcuts: ['on', 'off'],
  notifications: ['undecided', 'on', 'off'],
  sound: ['on', 'off'],
  preview: ['on', 'off'],
  elsewhere: ['on', 'off'],
  language: ['auto', 'en', 'de'],
});

/** @typedef {keyof typeof CHOICES} Name */

export class Preferences extends EventTarget {
  #storage;
  #chosen;

  /** @param {Pick<Storage, 'getItem' | 'setItem'> | undefined} storage without one, they last as long as the page */
  constructor(storage) {
    super();
    this.#storage = storage;
    this.#chosen = this.#read();
  }

  /** @param {Name} name @returns {string} one of its `CHOICES` */
  get(name) {
    return CHOICES[name].includes(this.#chosen[name]) ? this.#chosen[name] : CHOICES[name][0];
  }

  /** @param {Name} name @param {string} value */
  set(name, value) {
    // What another tab has chosen a moment ago stays.
    this.#take({ ...this.#chosen, ...this.#read(), [name]: value });
    try {
      this.#storage?.setItem(KEY, JSON.stringify(this.#chosen));
    } catch {
      // Full or forbidden: it holds for this page.
    }
  }

  /** Another tab wrote something; null stands for all of it. @param {string | null} key */
  heardFromTab(key) {
    if (key === KEY || key === null) this.#take(this.#read());
  }

  #take(chosen) {
    const before = Object.keys(CHOICES).map((name) => [name, this.get(name)]);
    this.#chosen = chosen;
    for (const [name, old] of before) {
      const value = this.get(name);
      if (value !== old) this.dispatchEvent(new CustomEvent('change', { detail: { name, value } }));
    }
  }

  #read() {
    try {
      return Object(JSON.parse(this.#storage?.getItem(KEY) ?? '{}'));
    } catch {
      return {};
    }
  }
}

/** Those of this browser. */
export const preferences = new Preferences(globalThis.document ? storageOf(globalThis) : undefined);

/** @param {typeof globalThis} place */
function storageOf(place) {
  try {
    return place.localStorage;
  } catch {
    return undefined; // Cookies and all that are blocked.
  }
}
