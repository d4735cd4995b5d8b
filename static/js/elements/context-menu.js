/**
 * A menu at the pointer, or beside what it belongs to. Arrows, Home, End and first letters move,
 * Escape and Tab leave; the focus then goes back. Imported when the first one is opened.
 */

import { el, icon } from '../lib/build.js';

const MARGIN_PX = 8;

/** @typedef {{label: string, icon: string, act: () => void, isDanger?: boolean}} Item */

let close = () => {};

/**
 * @param {object} menu
 * @param {HTMLElement} menu.opener gets the focus back
 * @param {{x: number, y: number} | null} menu.at where the pointer is
 * @param {string} menu.label
 * @param {Item[]} menu.items
 */
export function openMenu({ opener, at, label, items }) {
  close();
  if (items.length === 0) return;
  const node = el('div.menu', { role: 'menu', 'aria-label': label }, ...items.map(buttonOf));
  const buttons = [...node.children];
  const leave = (isFocusLost = false) => {
    close = () => {};
    removeEventListener('pointerdown', pressedBeside, true);
    for (const type of ['resize', 'blur', 'popstate']) removeEventListener(type, leave);
    const hadFocus = isFocusLost !== true && node.contains(document.activeElement);
    node.remove();
    if (hadFocus) opener.focus({ preventScroll: true });
  };
  const pressedBeside = (event) => {
    if (!node.contains(event.target)) leave();
  };
  close = leave;
  node.addEventListener('click', (event) => {
    const index = buttons.indexOf(event.target.closest('button'));
    if (index < 0) return;
    leave();
    items[index].act();
  });
  node.addEventListener('keydown', (event) => {
    const index = buttons.indexOf(document.activeElement);
    const next = {
      ArrowDown: buttons[(index + 1) % buttons.length],
      ArrowUp: buttons.at(index - 1),
      Home: buttons[0],
      End: buttons.at(-1),
    }[event.key];
    if (next) next.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') leave();
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== ' ') {
      const letter = event.key.toLocaleLowerCase();
      const inTurn = [...buttons.slice(index + 1), ...buttons];
      inTurn.find((button) => button.textContent.trim().toLocaleLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  node.addEventListener('contextmenu', (event) => event.preventDefault());
  node.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !node.contains(event.relatedTarget)) leave(true);
  });
  addEventListener('pointerdown', pressedBeside, true);
  for (const type of ['resize', 'blur', 'popstate']) addEventListener(type, leave);
  // In the landmark of what it belongs to, where a screen reader looks for it.
  (opener.closest('main, nav') ?? document.body).append(node);
  place(node, at ?? besideOf(opener));
  buttons[0].focus({ preventScroll: true });
}

function besideOf(opener) {
  const box = (opener.querySelector('.message__bubble') ?? opener).getBoundingClientRect();
  return { x: box.left + Math.min(24, box.width / 2), y: Math.min(box.bottom, innerHeight / 2) };
}

/** All of it in view, its corner at the point where there is room. */
function place(node, { x, y }) {
  const { offsetWidth: width, offsetHeight: height } = node; // its box is smaller while it appears
  const start = getComputedStyle(node).direction === 'rtl' ? x - width : x;
  const top = y + height + MARGIN_PX > innerHeight ? y - height : y;
  const within = (value, most) => Math.max(MARGIN_PX, Math.min(value, most - MARGIN_PX));
  node.style.setProperty('left', `${within(start, document.documentElement.clientWidth - width)}px`);
  node.style.setProperty('top', `${within(top, innerHeight - height)}px`);
}

function buttonOf({ label, icon: name, isDanger }) {
  const button = el('button.menu__item', { type: 'button', role: 'menuitem', tabindex: '-1' }, icon(name), label);
  button.classList.toggle('menu__item--danger', Boolean(isDanger));
  return button;
}
