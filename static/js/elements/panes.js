/** The two sides of the page. Where there is room for one only, that one is the main thing. */

const NARROW = '(width < 700px)';

export class Panes {
  #body;
  #side;
  #narrow = matchMedia(NARROW);

  /** @param {HTMLElement} body */
  constructor(body) {
    this.#body = body;
    this.#side = body.querySelector('[data-side]');
    this.#narrow.addEventListener('change', () => this.#name());
  }

  /** @param {'list' | 'chat'} view which of them, where there is room for one only */
  show(view) {
    this.#body.dataset.view = view;
    this.#name();
  }

  /** The chat is `<main>`, and is not there while a narrow page shows the list. */
  #name() {
    if (this.#narrow.matches && this.#body.dataset.view === 'list') this.#side.setAttribute('role', 'main');
    else this.#side.removeAttribute('role');
  }
}
