/** Initials on a colour that stays with the person, and a dot for presence. */

import { setText } from '../lib/dom.js';
import { hueOf, initials } from '../lib/text.js';

const HUES = 8;

/**
 * @param {HTMLElement} element
 * @param {{id: string, name: string, online?: boolean}} person
 */
export function paintAvatar(element, { id, name, online = false }) {
  setText(element, initials(name));
  element.dataset.hue = String(hueOf(id, HUES));
  element.classList.toggle('avatar--online', online);
}
