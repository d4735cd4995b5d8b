/**
 * Messages that are about to be deleted: hidden at once, told to the server when the
 * time to think again has passed, since the server's deletion cannot be undone.
 */

export class Deletions extends EventTarget {
  #waiting = new Map();
  #commit;

  /** @param {(conversation: string, seq: number) => void} commit tells the server */
  constructor(commit) {
    super();
    this.#commit = commit;
  }

  /** @param {string} conversation @param {number} seq @returns {boolean} whether it is about to be deleted */
  has(conversation, seq) {
    return this.#waiting.has(`${conversation}/${seq}`);
  }

  /** @param {string} conversation @param {number} seq */
  add(conversation, seq) {
    this.#waiting.set(`${conversation}/${seq}`, { conversation, seq });
    this.dispatchEvent(new CustomEvent('change'));
  }

  /** @param {string} conversation @param {number} seq */
  undo(conversation, seq) {
    this.#waiting.delete(`${conversation}/${seq}`);
    this.dispatchEvent(new CustomEvent('change'));
  }

  /** Time is up. @param {string} conversation @param {number} seq */
  finish(conversation, seq) {
    if (this.has(conversation, seq)) this.#commit(conversation, seq);
  }
}
