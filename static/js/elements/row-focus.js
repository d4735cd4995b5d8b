/** Going through the messages by keyboard: the whole list is one Tab stop, arrows move within it. */

export class RowFocus {
  #root;
  #days;
  #currentKey = null;

  /**
   * @param {HTMLElement} root the timeline
   * @param {import('./day-list.js').DayList} days
   * @param {{enter: (row: HTMLElement) => void, leave: () => void, toLatest: () => void}} does what
   *   Enter, Escape and End lead to
   */
  constructor(root, days, does) {
    this.#root = root;
    this.#days = days;
    root.addEventListener('keydown', (event) => this.#pressed(event, does));
    root.addEventListener('focusin', (event) => {
      const row = event.target.closest('.message');
      if (!row) return;
      this.#currentKey = row.dataset.key;
      this.keepTabStop();
    });
    root.addEventListener('focusout', () => this.keepTabStop());
  }

  /** Another conversation: nothing in it was focused yet. */
  forget() {
    this.#currentKey = null;
  }

  /** @param {HTMLElement} row */
  goTo(row) {
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  }

  /** The one Tab stop is the message last focused, else the newest. From within, Tab goes on to what is in it. */
  keepTabStop() {
    const { rows } = this.#days;
    const current = rows.find((row) => row.dataset.key === this.#currentKey) ?? rows.at(-1);
    for (const row of rows) {
      const index = row === current ? 0 : -1;
      if (row.tabIndex !== index) row.tabIndex = index;
    }
    const isWithin = current?.contains(document.activeElement);
    for (const inner of this.#root.querySelectorAll('.message :is(a, button):not([role=toolbar] *)')) {
      const index = isWithin && current.contains(inner) ? 0 : -1;
      if (inner.tabIndex !== index) inner.tabIndex = index;
    }
  }

  #pressed(event, does) {
    const row = event.target.closest('.message');
    if (!row || event.target !== row) {
      if (event.key === 'Escape' && row) row.focus();
      return;
    }
    const { rows } = this.#days;
    const index = rows.indexOf(row);
    const next = {
      ArrowUp: rows[index - 1],
      ArrowDown: rows[index + 1],
      Home: rows[0],
      End: rows.at(-1),
    }[event.key];
    if (event.key === 'End') does.toLatest();
    if (next) {
      event.preventDefault();
      this.goTo(next);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      does.enter(row);
    } else if (event.key === 'Escape') {
      does.leave();
    }
  }
}
