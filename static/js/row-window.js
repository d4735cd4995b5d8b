/**
 * Which messages of a conversation are drawn: one run of `seq`, never the whole
 * conversation. It grows on the side that one reads towards, and shrinks on the other.
 */

/** Rows drawn at most: well below the 300 that a slow phone still scrolls smoothly. */
const MOST_ROWS = 220;
const MORE_ROWS = 60;
/** Two screens: more, and a long conversation opens later than a short one. */
const FIRST_ROWS = 40;

export class RowWindow {
  from = 1;
  /** With Infinity it follows the end, and what is on its way is drawn too. */
  to = Infinity;
  #conversation;

  /** @param {import('./conversation.js').Conversation} conversation */
  constructor(conversation) {
    this.#conversation = conversation;
    this.showLast();
  }

  /** Whether the newest message of the conversation is drawn. */
  get followsEnd() {
    return this.to === Infinity && this.#conversation.isAtEnd;
  }

  showLast() {
    const { log } = this.#conversation;
    this.from = Math.max(log.first, log.last - FIRST_ROWS);
    this.to = Infinity;
  }

  /** @param {number} seq of a message in the log; near the end, the end is shown */
  showAround(seq) {
    const { log } = this.#conversation;
    if (seq > log.last - FIRST_ROWS / 2 && this.#conversation.isAtEnd) {
      this.showLast();
      return;
    }
    this.from = Math.max(log.first, seq - FIRST_ROWS);
    this.to = seq + FIRST_ROWS;
    this.#followIfAtEnd();
  }

  /**
   * Comes to terms with what the log holds now: it may have been read anew around
   * another place, or have grown at its end.
   *
   * @param {boolean} isReadingEnd whether the end is in view
   */
  fit(isReadingEnd) {
    const { log } = this.#conversation;
    if (log.size > 0 && (this.from > log.last || this.to < log.first)) {
      this.from = log.first;
      this.to = log.last;
      this.#followIfAtEnd();
    }
    this.from = Math.max(this.from, log.first);
    if (this.to !== Infinity || log.last - this.from <= MOST_ROWS) return;
    if (isReadingEnd) this.from = log.last - MOST_ROWS + MORE_ROWS;
    else this.to = this.from + MOST_ROWS;
  }

  /**
   * Draws older messages, and fewer of the newest.
   *
   * @returns {boolean} false if the log holds none
   */
  growUp() {
    const { log } = this.#conversation;
    if (this.from <= log.first) return false;
    this.from = Math.max(log.first, this.from - MORE_ROWS);
    if (Math.min(this.to, log.last) - this.from > MOST_ROWS) this.to = this.from + MOST_ROWS;
    return true;
  }

  /**
   * Draws newer messages, and fewer of the oldest.
   *
   * @returns {boolean} false if the log holds none
   */
  growDown() {
    const { log } = this.#conversation;
    if (this.to >= log.last && (this.to === Infinity || !this.#conversation.isAtEnd)) return false;
    this.to += MORE_ROWS;
    this.from = Math.max(this.from, Math.min(this.to, log.last) - MOST_ROWS);
    this.#followIfAtEnd();
    return true;
  }

  #followIfAtEnd() {
    if (this.to >= this.#conversation.log.last && this.#conversation.isAtEnd) this.to = Infinity;
  }
}
