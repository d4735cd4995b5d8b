/** Elements made in code, for what is rarely opened and need not lie in every page. */

import './later.js';
import { say } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';
let ids = 0;

/**
 * @param {string} tag with classes, such as 'p.field__error'
 * @param {Record<string, string | boolean | EventListener>} [attributes] true writes an empty one,
 *   false none; functions are listeners, as in `onclick`
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

/** @param {string} name of a symbol in parts.html @returns {SVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.classList.add('icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** @returns {string} an id that nothing else has */
export function newId() {
  ids += 1;
  return `built-${ids}`;
}

/**
 * A modal dialog with a heading, a place to say that something is done, and a way out.
 *
 * @param {string} title
 * @param {...Node} children
 * @returns {{dialog: HTMLDialogElement, status: HTMLElement}}
 */
export function makeDialog(title, ...children) {
  const id = newId();
  const status = el('p.dialog__status', { role: 'status' });
  const close = el(
    'button.icon-button',
    { type: 'button', title: say('close'), 'aria-label': say('close'), onclick: () => dialog.close() },
    icon('close'),
  );
  const dialog = el(
    'dialog.dialog',
    { 'aria-labelledby': id },
    el('header.dialog__header', {}, el('h2.dialog__title', { id }, title), status, close),
    el('div.dialog__body', {}, ...children),
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
  return { dialog, status };
}
