/**
 * `:shortcodes:` in the message box: a list of suggestions while one is written, and the emoji
 * in its place once it is whole. The focus stays in the box; arrows choose, Enter or Tab takes,
 * Escape closes. Imported when the first colon is written.
 */

import { emojiOf, findEmoji } from '../emoji-catalogue.js';
import { el } from '../lib/build.js';
import { mayHoldShortcode, shortcodeBefore, withEmoji } from '../lib/shortcodes.js';
import { say } from '../lib/words.js';

const MOST = 7;

export class EmojiSuggestions {
  #box;
  #list;
  #speak;
  #found = [];
  #active = -1;
  #from = 0;
  /** Where a shortcode began whose suggestions were not wanted. */
  #dismissed = -1;

  /**
   * @param {HTMLTextAreaElement} box
   * @param {HTMLElement} list a listbox
   * @param {(words: string) => void} speak tells a screen reader
   */
  constructor(box, list, speak) {
    this.#box = box;
    this.#list = list;
    this.#speak = speak;
    box.addEventListener('input', (event) => event.isComposing || this.#typed());
    box.addEventListener('blur', () => this.close());
    // The box keeps the focus.
    list.addEventListener('pointerdown', (event) => event.preventDefault());
    list.addEventListener('click', (event) => {
      const option = event.target.closest('[role=option]');
      if (option) this.#take(this.#found[[...list.children].indexOf(option)]);
    });
    this.#typed();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was meant for the list */
  pressed(event) {
    if (this.#list.hidden || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#activate((this.#active + step + this.#found.length) % this.#found.length);
    else if (event.key === 'Enter' || event.key === 'Tab') this.#take(this.#found[this.#active]);
    else if (event.key === 'Escape') {
      this.#dismissed = this.#from;
      this.close();
    } else return false;
    event.preventDefault();
    return true;
  }

  close() {
    if (this.#list.hidden) return;
    this.#list.hidden = true;
    this.#box.removeAttribute('aria-activedescendant');
  }

  #typed() {
    if (!mayHoldShortcode(this.#box.value)) {
      this.#dismissed = -1;
      this.close();
    } else {
      this.#replaceWhole();
      this.#suggest();
    }
  }

  #replaceWhole() {
    const { value, selectionEnd } = this.#box;
    const before = value.slice(0, selectionEnd);
    const after = withEmoji(before, emojiOf);
    if (after !== before) this.#put(after, 0, selectionEnd);
  }

  #suggest() {
    const { value, selectionStart, selectionEnd } = this.#box;
    const begun = selectionStart === selectionEnd ? shortcodeBefore(value, selectionEnd) : null;
    if (begun?.from !== this.#dismissed) this.#dismissed = -1;
    this.#found = begun && this.#dismissed < 0 ? findEmoji(begun.query, MOST) : [];
    if (this.#found.length === 0) {
      this.close();
      return;
    }
    this.#from = begun.from;
    if (this.#list.hidden) this.#speak(say('emojiSuggestions', { count: this.#found.length }));
    this.#list.hidden = false;
    this.#list.replaceChildren(...this.#found.map(option));
    this.#activate(0);
  }

  #activate(index) {
    this.#active = index;
    for (const [place, each] of [...this.#list.children].entries()) each.setAttribute('aria-selected', String(place === index));
    this.#box.setAttribute('aria-activedescendant', this.#list.children[index].id);
  }

  #take({ emoji }) {
    const { value, selectionEnd } = this.#box;
    const space = /^\s/u.test(value.slice(selectionEnd)) ? '' : ' ';
    this.close();
    this.#put(emoji + space, this.#from, selectionEnd);
  }

  #put(text, from, to) {
    this.#box.setRangeText(text, from, to, 'end');
    this.#box.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

function option({ emoji, code }, index) {
  return el(
    'li.suggestions__option',
    { id: `suggestion-${index}`, role: 'option' },
    el('span.suggestions__emoji', {}, emoji),
    ` :${code}:`,
  );
}
