/**
 * The messages of one conversation that the page holds: one run of `seq` without
 * gaps. What does not touch the run is not taken, so that a hole can never be shown
 * as if nothing were missing.
 */

/**
 * @typedef {object} Message
 * @property {number} seq
 * @property {string} from
 * @property {string} client_id
 * @property {string | null} text
 * @property {string} at
 * @property {number | null} reply_to
 * @property {number} rev
 * @property {boolean} edited
 * @property {boolean} deleted
 * @property {Record<string, string[]>} reactions
 */

export class MessageLog {
  /** The oldest `seq` held; 1 if none is. */
  first = 1;
  /** The newest `seq` held; 0 if none is. */
  last = 0;
  #messages = new Map();

  get size() {
    return this.#messages.size;
  }

  /** @param {number} seq @returns {Message | undefined} */
  get(seq) {
    return this.#messages.get(seq);
  }

  /** @param {number} from @param {number} to both included @returns {Message[]} in order */
  slice(from, to) {
    const found = [];
    for (let seq = Math.max(from, this.first); seq <= Math.min(to, this.last); seq += 1) {
      found.push(this.#messages.get(seq));
    }
    return found;
  }

  /**
   * Takes a page of consecutive messages that touches the run.
   *
   * @param {Message[]} page ascending
   * @returns {boolean} false if there is a hole between the page and the run: nothing was taken
   */
  add(page) {
    if (page.length === 0) return true;
    const from = page[0].seq;
    const to = page[page.length - 1].seq;
    if (this.size > 0 && (from > this.last + 1 || to < this.first - 1)) return false;
    const wasEmpty = this.size === 0;
    for (const message of page) this.#keepNewer(message);
    this.first = wasEmpty ? from : Math.min(this.first, from);
    this.last = wasEmpty ? to : Math.max(this.last, to);
    return true;
  }

  /** Forgets everything and starts from a page. @param {Message[]} page ascending */
  replace(page) {
    const known = this.#messages;
    this.#messages = new Map();
    this.first = 1;
    this.last = 0;
    // A page can be older than a change that came while it was on its way.
    this.add(page.map((message) => newer(known.get(message.seq), message)));
  }

  /**
   * Puts a changed message in the place of an older version.
   *
   * @param {Message} message
   * @returns {boolean} whether anything changed
   */
  update(message) {
    const known = this.#messages.get(message.seq);
    if (!known || known.rev >= message.rev) return false;
    this.#messages.set(message.seq, message);
    return true;
  }

  #keepNewer(message) {
    this.#messages.set(message.seq, newer(this.#messages.get(message.seq), message));
  }
}

/** @param {Message | undefined} known @param {Message} message */
function newer(known, message) {
  return known && known.rev >= message.rev ? known : message;
}
