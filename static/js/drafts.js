/** What was typed and not sent, per conversation, kept in the browser under the user's id. */

export class Drafts extends EventTarget {
  #storage;
  #prefix;

  /** @param {{storage: Storage, userId: string}} options */
  constructor({ storage, userId }) {
    super();
    this.#storage = storage;
    this.#prefix = `parley.draft.${userId}.`;
  }

  /** @param {string} conversation @returns {string} '' if there is none */
  get(conversation) {
    try {
      return this.#storage.getItem(this.#prefix + conversation) ?? '';
    } catch {
      return '';
    }
  }

  /** @param {string} conversation @param {string} text '' forgets it */
  set(conversation, text) {
    if (this.get(conversation) === text) return;
    try {
      if (text) this.#storage.setItem(this.#prefix + conversation, text);
      else this.#storage.removeItem(this.#prefix + conversation);
    } catch {
      return;
    }
    this.dispatchEvent(new CustomEvent('change', { detail: { conversation } }));
  }
}
