/**
 * The scroll position of the timeline: it sticks to the end if it was there, and what
 * is in view does not move when something changes above or below.
 */

/** This close to the end counts as being there. */
const NEAR_END_PX = 100;
/** How long the day stays on top of the messages after the last movement. */
const SCROLLING_FOR_MS = 1_000;

/** @typedef {{row: HTMLElement, offset: number}} Anchor a row in view, and how far it is from the top */

export class Scroller {
  /** Whether the end is to be kept in view. */
  sticks = true;
  #root;
  #height;
  #scrollingTimer;

  /** @param {HTMLElement} root what scrolls @param {Element} content what grows in it */
  constructor(root, content) {
    this.#root = root;
    this.#height = root.clientHeight;
    root.addEventListener('scroll', () => this.#moved(), { passive: true });
    // Keyboard, rotation, a growing composer: the end stays the end.
    const observer = new ResizeObserver(() => {
      this.#height = root.clientHeight;
      if (this.sticks) this.toEnd();
    });
    observer.observe(root);
    observer.observe(content);
  }

  get distanceToEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#root;
    return scrollHeight - scrollTop - clientHeight;
  }

  /** Whether its size has just changed: then what one sees is not where anybody scrolled to. */
  get isResized() {
    return this.#root.clientHeight !== this.#height;
  }

  get isNearEnd() {
    return this.distanceToEnd <= NEAR_END_PX;
  }

  /** Less than a screen away: time to get more. */
  get isTopInReach() {
    return this.#root.scrollTop < this.#root.clientHeight;
  }

  get isEndInReach() {
    return this.distanceToEnd < this.#root.clientHeight;
  }

  get isEndFar() {
    return this.distanceToEnd > this.#root.clientHeight;
  }

  /** @param {Element} node @returns {boolean} whether it is out of view at the top */
  isAbove(node) {
    return node.getBoundingClientRect().bottom < this.#root.getBoundingClientRect().top;
  }

  /** @param {Element} node @returns {boolean} whether more than a screen lies between it and the end */
  isFarFromEnd(node) {
    return this.#root.scrollHeight - this.#root.scrollTop - this.#offset(node) > this.#root.clientHeight;
  }

  /** @param {HTMLElement[]} rows from top to bottom @returns {HTMLElement | undefined} the last of which the end is in view */
  lastInView(rows) {
    const { bottom } = this.#root.getBoundingClientRect();
    return rows.findLast((row) => row.getBoundingClientRect().bottom <= bottom + 1);
  }

  toEnd() {
    this.#root.scrollTop = this.#root.scrollHeight;
  }

  /** @param {Element} node comes a third of the height below the top */
  toThird(node) {
    this.#root.scrollTop += this.#offset(node) - this.#root.clientHeight / 3;
  }

  /** @param {Iterable<HTMLElement>} rows from top to bottom @returns {Anchor | null} what must not move */
  anchor(rows) {
    const { top } = this.#root.getBoundingClientRect();
    for (const row of rows) {
      const box = row.getBoundingClientRect();
      if (box.bottom > top) return { row, offset: box.top - top };
    }
    return null;
  }

  /** @param {Anchor | null} anchor */
  restore(anchor) {
    if (!anchor?.row.isConnected) return;
    const moved = this.#offset(anchor.row) - anchor.offset;
    if (moved !== 0) this.#root.scrollTop += moved;
  }

  #offset(node) {
    return node.getBoundingClientRect().top - this.#root.getBoundingClientRect().top;
  }

  #moved() {
    if (this.isNearEnd) return;
    this.#root.dataset.scrolling = '';
    clearTimeout(this.#scrollingTimer);
    this.#scrollingTimer = setTimeout(() => delete this.#root.dataset.scrolling, SCROLLING_FOR_MS);
  }
}
