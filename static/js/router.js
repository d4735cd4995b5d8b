/** The address bar: `/`, `/c/<id>` and `/c/<id>/<seq>`. */

/** @typedef {{id: string | null, seq: number | null}} Place */

export class Router extends EventTarget {
  constructor() {
    super();
    addEventListener('popstate', () => this.#tell());
  }

  /** @returns {Place} */
  get place() {
    const [, id, seq] = location.pathname.match(/^\/c\/([^/]+)(?:\/(\d+))?\/?$/u) ?? [];
    return {
      id: id ? decodeURIComponent(id) : null,
      seq: seq ? Number(seq) : null,
    };
  }

  /**
   * Goes to a conversation, or to the list.
   *
   * @param {string | null} id
   */
  go(id) {
    const path = id ? `/c/${encodeURIComponent(id)}` : '/';
    if (path === location.pathname) return;
    history.pushState({ isOurs: true }, '', path);
    this.#tell();
  }

  /** What Back does: to the list, without growing the history if one came from there. */
  back() {
    if (history.state?.isOurs) history.back();
    else {
      history.replaceState(null, '', '/');
      this.#tell();
    }
  }

  #tell() {
    this.dispatchEvent(new CustomEvent('change'));
  }
}
