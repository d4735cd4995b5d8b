/**
 * All emoji in a dialog: recently used ones first, then by group, or those that a word leads
 * to. One Tab stop, arrows move within the grid. Imported when it is first opened.
 */

import { entryFor, findEmoji, groups } from '../emoji-catalogue.js';
import { clone, isTouch, parts, setText } from '../lib/dom.js';
import { say } from '../lib/words.js';

const COLUMNS = 9;
/** Wide enough for a finger on the narrowest phones. */
const COLUMNS_ON_TOUCH = 7;
const MOST_RECENT = 18;
const MOST_FOUND = 90;

export class EmojiPicker {
  #dialog = clone('emoji-picker');
  #parts = parts(this.#dialog, 'search', 'grid', 'groups', 'none', 'found', 'close');
  #storage;
  #key;
  #columns = COLUMNS;
  #does = null;
  #picked = null;

  /** @param {{storage: Storage, userId: string}} options where recently used ones are kept */
  constructor({ storage, userId }) {
    this.#storage = storage;
    this.#key = `parley.emoji.${userId}`;
    const { search, grid, close } = this.#parts;
    this.#fillGroups();
    search.addEventListener('input', () => this.#paint());
    search.addEventListener('keydown', (event) => this.#pressedInSearch(event));
    close.addEventListener('click', () => this.#dialog.close());
    grid.addEventListener('click', (event) => this.#pick(event.target.closest('[role=gridcell]')));
    grid.addEventListener('keydown', (event) => this.#pressedInGrid(event));
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close(); // Beside it.
    });
    this.#dialog.addEventListener('close', () => this.#closed());
    document.body.append(this.#dialog);
  }

  /**
   * @param {object} does
   * @param {(emoji: string) => void} does.pick
   * @param {() => void} does.gone called after it was closed, when the focus has to go somewhere
   */
  open(does) {
    this.#does = does;
    this.#picked = null;
    this.#columns = isTouch() ? COLUMNS_ON_TOUCH : COLUMNS;
    this.#dialog.style.setProperty('--columns', this.#columns);
    this.#parts.search.value = '';
    this.#paint();
    this.#dialog.showModal();
    this.#parts.grid.scrollTop = 0;
    // On a phone the keyboard would cover what one came for.
    if (isTouch()) this.#cells[0].focus();
    else this.#parts.search.focus();
  }

  get #cells() {
    return [...this.#parts.grid.querySelectorAll('[role=gridcell]')];
  }

  get #recent() {
    try {
      const kept = JSON.parse(this.#storage.getItem(this.#key) ?? '[]');
      return kept.map(entryFor).filter(Boolean).slice(0, MOST_RECENT);
    } catch {
      return [];
    }
  }

  #remember(emoji) {
    const others = this.#recent.map((entry) => entry.emoji).filter((one) => one !== emoji);
    try {
      this.#storage.setItem(this.#key, JSON.stringify([emoji, ...others].slice(0, MOST_RECENT)));
    } catch {
      // Nothing is remembered.
    }
  }

  #fillGroups() {
    this.#parts.groups.replaceChildren(
      ...groups.map(({ group, entries }) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'emoji-picker__group-button';
        button.textContent = entries[0].emoji;
        button.title = say(`emoji_${group}`);
        button.setAttribute('aria-label', button.title);
        button.addEventListener('click', () => {
          const cell = this.#parts.grid.querySelector(`[data-group=${group}] [role=gridcell]`);
          this.#parts.grid.querySelector(`[data-group=${group}]`).scrollIntoView();
          this.#focus(cell);
        });
        return button;
      }),
    );
  }

  #paint() {
    const query = this.#parts.search.value.trim();
    const found = findEmoji(query, MOST_FOUND);
    const recent = this.#recent;
    let shown = [{ group: 'found', entries: found }];
    if (!query) shown = recent.length > 0 ? [{ group: 'recent', entries: recent }, ...groups] : groups;
    this.#parts.grid.replaceChildren(
      ...shown.filter(({ entries }) => entries.length > 0).map(({ group, entries }) => this.#rowGroup(group, entries)),
    );
    this.#parts.grid.hidden = query !== '' && found.length === 0;
    this.#parts.groups.hidden = query !== '';
    this.#parts.none.hidden = !this.#parts.grid.hidden;
    setText(this.#parts.none, say('emojiNone', { query }));
    setText(this.#parts.found, query ? say('emojiFound', { count: found.length }) : '');
    const [first] = this.#cells;
    if (first) first.tabIndex = 0;
  }

  #rowGroup(group, entries) {
    const node = clone('emoji-group');
    node.dataset.group = group;
    const { label } = parts(node, 'label');
    setText(label, say(`emoji_${group}`));
    node.setAttribute('aria-label', say(`emoji_${group}`));
    for (let start = 0; start < entries.length; start += this.#columns) {
      const row = document.createElement('div');
      row.className = 'emoji-picker__row';
      row.setAttribute('role', 'row');
      row.append(...entries.slice(start, start + this.#columns).map(cellOf));
      node.append(row);
    }
    return node;
  }

  #pressedInSearch(event) {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') this.#focus(this.#cells[0]);
    else if (event.key === 'Enter') this.#pick(this.#parts.search.value.trim() ? this.#cells[0] : null);
    else if (event.key === 'Escape') this.#dialog.close(); // Not only emptied, which is what browsers do.
    else return;
    event.preventDefault();
  }

  #pressedInGrid(event) {
    const cell = event.target.closest('[role=gridcell]');
    const row = cell.parentElement;
    const rows = [...this.#parts.grid.querySelectorAll('[role=row]')];
    const column = [...row.children].indexOf(cell);
    const isRtl = getComputedStyle(row).direction === 'rtl';
    const beside = (by) => this.#cells[this.#cells.indexOf(cell) + (isRtl ? -by : by)];
    const above = (by) => rows[rows.indexOf(row) + by]?.children;
    const other = {
      ArrowRight: () => beside(1),
      ArrowLeft: () => beside(-1),
      ArrowDown: () => above(1)?.[Math.min(column, above(1).length - 1)],
      ArrowUp: () => above(-1)?.[Math.min(column, above(-1).length - 1)] ?? this.#parts.search,
      Home: () => row.firstElementChild,
      End: () => row.lastElementChild,
    }[event.key];
    if (!other) return;
    event.preventDefault();
    this.#focus(other());
  }

  #focus(element) {
    if (!element) return;
    if (element !== this.#parts.search) {
      for (const cell of this.#parts.grid.querySelectorAll('[tabindex="0"]')) cell.tabIndex = -1;
      element.tabIndex = 0;
    }
    element.focus();
  }

  #pick(cell) {
    if (!cell) return;
    this.#picked = cell.textContent;
    this.#remember(this.#picked);
    this.#dialog.close();
  }

  #closed() {
    this.#parts.grid.replaceChildren();
    const { pick, gone } = this.#does;
    gone();
    if (this.#picked) pick(this.#picked);
  }
}

function cellOf({ emoji, name }) {
  const cell = document.createElement('button');
  cell.type = 'button';
  cell.className = 'emoji-picker__emoji';
  cell.setAttribute('role', 'gridcell');
  cell.setAttribute('aria-label', name);
  cell.title = name;
  cell.tabIndex = -1;
  cell.textContent = emoji;
  return cell;
}
