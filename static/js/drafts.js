/** What was typed and not sent, per conversation; the same in all tabs, and after any reload. */

export class Drafts extends EventTarget {
  #storage;
  #tabs;
  #texts = new Map();

  /**
   * Event: `change` (detail `{conversation, isOurs}`).
   *
   * @param {{storage: import('./storage.js').Storage, tabs: import('./tabs.js').Tabs}} options
   */
  constructor({ storage, tabs }) {
    super();
    this.#storage = storage;
    this.#tabs = tabs;
    tabs.addEventListener('draft', ({ detail: { conversation, text } }) => {
      this.#put(conversation, text, false);
    });
  }

  /** Reads what was kept. */
  async load() {
    for (const { conversation, text } of await this.#storage.all('drafts')) this.#texts.set(conversation, text);
  }

  get isEmpty() {
    return this.#texts.size === 0;
  }

  /** @param {string} conversation @returns {string} '' if there is none */
  get(conversation) {
    return this.#texts.get(conversation) ?? '';
  }

  /** @param {string} conversation @param {string} text '' forgets it */
  set(conversation, text) {
    if (this.get(conversation) === text) return;
    if (text) this.#storage.put('drafts', conversation, { conversation, text });
    else this.#storage.remove('drafts', conversation);
    this.#tabs.tell('draft', { conversation, text });
    this.#put(conversation, text, true);
  }

  #put(conversation, text, isOurs) {
    if (text) this.#texts.set(conversation, text);
    else this.#texts.delete(conversation);
    this.dispatchEvent(new CustomEvent('change', { detail: { conversation, isOurs } }));
  }
}
