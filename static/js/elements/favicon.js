/** The picture in the browser's tab, with the number of unread messages; and on the app's own icon. */

const MOST = 9;
const COLOUR = '#c8321a';

export class Favicon {
  #link;
  #plain;
  #picture = null;
  #count = 0;

  /** @param {HTMLLinkElement} link to an SVG picture */
  constructor(link) {
    this.#link = link;
    this.#plain = link.getAttribute('href');
  }

  /** @param {number} count 0 shows the picture as it is */
  async show(count) {
    if (count === this.#count) return;
    this.#count = count;
    this.#showOnApp(count);
    if (count > 0) this.#picture ??= await this.#load();
    // A later call may have come first.
    if (count !== this.#count) return;
    this.#link.href = count > 0 && this.#picture ? withBadge(this.#picture, count) : this.#plain;
  }

  async #load() {
    try {
      return await (await fetch(this.#plain)).text();
    } catch {
      return null;
    }
  }

  #showOnApp(count) {
    const done = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
    done?.catch(() => {});
  }
}

/** @param {string} picture an SVG of 48 by 48 @param {number} count @returns {string} a data address */
function withBadge(picture, count) {
  const words = count > MOST ? `${MOST}+` : String(count);
  const badge =
    `<circle cx="30" cy="30" r="18" fill="${COLOUR}"/><text x="30" y="39" fill="#fff" text-anchor="middle" ` +
    `font-family="system-ui,sans-serif" font-weight="700" font-size="${words.length > 1 ? 22 : 27}">${words}</text>`;
  return `data:image/svg+xml,${encodeURIComponent(picture.replace('</svg>', `${badge}</svg>`))}`;
}
