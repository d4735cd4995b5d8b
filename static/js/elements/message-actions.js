/** What can be done with a message: one toolbar, which goes to the message that is pointed at or focused. */

import { clone, parts } from '../lib/dom.js';
import { QUICK_REACTIONS } from '../lib/emoji.js';

/** Room for one line of buttons, a finger wide. */
const LINE_PX = 56;

export class MessageActions {
  #timeline;
  #toolbar = clone('actions');
  #parts = parts(this.#toolbar, 'quick');
  #row = null;
  /** Pointed at or focused while there was nothing to be done with it yet. */
  #awaited = null;

  /** @param {HTMLElement} timeline whose rows are served */
  constructor(timeline) {
    this.#timeline = timeline;
    this.#parts.quick.prepend(
      ...QUICK_REACTIONS.map((emoji) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'message-actions__emoji';
        button.textContent = emoji;
        button.dataset.act = 'react';
        button.dataset.emoji = emoji;
        return button;
      }),
    );
    // Enter leads here, arrows from one to the next: no stop for Tab, whatever message is pointed at.
    for (const button of this.#toolbar.querySelectorAll('button')) button.tabIndex = -1;
    this.#menuButton.addEventListener('click', () => this.#toggleQuick(this.#parts.quick.hidden));
    timeline.addEventListener('pointerover', (event) => {
      if (event.pointerType === 'mouse' && !this.#isMenuOpen) this.#goTo(event.target.closest('.message'));
    });
    timeline.addEventListener('pointerleave', (event) => {
      // A finger leaves with every tap, also before the click that is meant for the toolbar.
      if (event.pointerType !== 'mouse' || this.#toolbar.contains(document.activeElement)) return;
      if (this.#isMenuOpen) return;
      const row = focusedRow();
      if (row) this.#goTo(row);
      else this.leave();
    });
    timeline.addEventListener('focusin', (event) => this.#goTo(event.target.closest('.message')));
    timeline.addEventListener('focusout', (event) => {
      if (!timeline.contains(event.relatedTarget)) this.leave();
    });
    // A finger has no hover: the first tap shows what can be done.
    timeline.addEventListener('click', (event) => {
      if (!event.target.closest('button, a')) this.#goTo(event.target.closest('.message'));
    });
    this.#toolbar.addEventListener('keydown', (event) => this.#pressed(event));
  }

  /** Takes the toolbar away. */
  leave() {
    this.#awaited = null;
    const row = this.#row;
    if (!row) return;
    this.#row = null;
    this.#toggleQuick(false);
    // Removing what has the focus would lose it, and tell us to leave once more.
    if (this.#toolbar.contains(document.activeElement)) row.focus({ preventScroll: true });
    this.#row = null;
    this.#toolbar.remove();
  }

  /** To be called when rows were painted: one that was on its way may have been stored since. */
  refresh() {
    if (this.#awaited?.isConnected && isStored(this.#awaited)) this.#goTo(this.#awaited);
  }

  /** Moves the focus into the toolbar of a message, or to what can be done after it was refused. @param {HTMLElement} row */
  enter(row) {
    this.#goTo(row);
    const [first = row.querySelector('[data-failure]:not([hidden]) button')] = this.#buttons;
    first?.focus();
  }

  get #menuButton() {
    return this.#toolbar.querySelector('[data-act=react-menu]');
  }

  get #isMenuOpen() {
    return !this.#parts.quick.hidden && this.#toolbar.isConnected;
  }

  get #buttons() {
    return [...this.#toolbar.querySelectorAll('button')].filter((button) => button.offsetParent !== null);
  }

  #goTo(row) {
    if (row && row === this.#row && this.#toolbar.isConnected) return;
    if (!row) return;
    if (!isStored(row)) {
      this.leave();
      this.#awaited = row;
      return;
    }
    this.#toggleQuick(false);
    this.#awaited = null;
    this.#row = row;
    const isMine = row.classList.contains('message--mine');
    for (const button of this.#toolbar.querySelectorAll('[data-own]')) button.hidden = !isMine;
    const bubble = row.querySelector('.message__bubble');
    this.#toolbar.classList.toggle('message-actions--below', this.#isCloseToTop(bubble));
    bubble.append(this.#toolbar);
  }

  #toggleQuick(isOpen) {
    this.#parts.quick.hidden = !isOpen;
    this.#menuButton.setAttribute('aria-expanded', String(isOpen));
    if (!isOpen) return;
    this.#parts.quick.classList.toggle('message-actions__reactions--below', this.#isCloseToTop(this.#toolbar));
    this.#parts.quick.firstElementChild.focus();
  }

  /** What is put above such an element would be cut off. */
  #isCloseToTop(element) {
    return element.getBoundingClientRect().top - this.#timeline.getBoundingClientRect().top < LINE_PX;
  }

  #pressed(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === 'Escape') {
      event.stopPropagation();
      if (this.#isMenuOpen) {
        this.#toggleQuick(false);
        this.#menuButton.focus();
      } else {
        this.#row?.focus();
      }
    } else if (step) {
      const buttons = this.#buttons;
      const direction = getComputedStyle(this.#toolbar).direction === 'rtl' ? -step : step;
      const next = (buttons.indexOf(document.activeElement) + direction + buttons.length) % buttons.length;
      buttons[next]?.focus();
      event.preventDefault();
    }
  }
}

function isStored(row) {
  return row.dataset.seq !== undefined && !row.classList.contains('message--deleted');
}

function focusedRow() {
  return document.activeElement?.closest?.('.message') ?? null;
}
