/** Initials on a colour that stays with the person, and a dot for presence. */

import { setText } from '../lib/dom.js';
import { hueOf, initials } from '../lib/text.js';

/** Twelve hues, each light and deep. */
const COLOURS = 24;

/**
 * @param {HTMLElement} element
 * @param {{id: string, name: string, online?: boolean}} person
 */
export function paintAvatar(element, { id, name, online = false }) {
  setText(element, initials(name));
  const colour = hueOf(id, COLOURS);
  element.style.setProperty('--avatar-hue', (colour % 12) * 30 + 10);
  element.classList.toggle('avatar--deep', colour >= 12);
  element.classList.toggle('avatar--online', online);
}

const PICTURE_PX = 96;

/**
 * The same as a picture, for places outside the page.
 *
 * @param {{id: string, name: string}} person
 * @returns {string} a data address
 */
export function avatarPicture({ id, name }) {
  const element = document.createElement('span');
  element.className = 'avatar';
  paintAvatar(element, { id, name });
  document.body.append(element);
  const { backgroundColor, color } = getComputedStyle(element);
  const canvas = Object.assign(document.createElement('canvas'), { width: PICTURE_PX, height: PICTURE_PX });
  const brush = canvas.getContext('2d');
  brush.fillStyle = backgroundColor;
  brush.fillRect(0, 0, PICTURE_PX, PICTURE_PX);
  brush.fillStyle = color;
  brush.font = `650 ${PICTURE_PX * 0.4}px system-ui, sans-serif`;
  brush.textAlign = 'center';
  brush.textBaseline = 'middle';
  brush.fillText(element.textContent, PICTURE_PX / 2, PICTURE_PX / 2);
  element.remove();
  return canvas.toDataURL();
}
