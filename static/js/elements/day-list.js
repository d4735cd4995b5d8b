/** The rows of the timeline, day by day. A row's node stays the same as long as its message is drawn. */

import { clone, parts, reconcile, setText } from '../lib/dom.js';
import { byDay } from '../lib/rows.js';
import { dayLabel } from '../lib/time.js';
import { say } from '../lib/words.js';
import { createMessageRow, paintMessageRow } from './message-row.js';

const DIVIDER = { key: 'divider' };

export class DayList {
  #root;
  #sections = new Map();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
  }

  /** @returns {HTMLElement[]} from old to new */
  get rows() {
    return [...this.#root.querySelectorAll('.message')];
  }

  /** @returns {HTMLElement | null} the line above what is new */
  get divider() {
    return this.#root.querySelector('.divider');
  }

  /** @param {number} seq @returns {HTMLElement | null} */
  row(seq) {
    return this.#root.querySelector(`.message[data-seq="${Number(seq)}"]`);
  }

  clear() {
    this.#sections.clear();
    this.#root.replaceChildren();
  }

  /** @param {(import('./message-row.js').Row & {isDivided: boolean})[]} rows from old to new */
  paint(rows) {
    const keyOf = ({ key }) => key;
    reconcile(this.#root, byDay(rows), this.#sections, keyOf, createDay, paintDay);
  }
}

function createDay() {
  const section = clone('day');
  section.rowNodes = new Map();
  return section;
}

function paintDay(section, { date, rows }) {
  const { label, rows: parent } = parts(section, 'label', 'rows');
  setText(label, dayLabel(date, new Date()));
  const items = rows.flatMap((row) => (row.isDivided ? [DIVIDER, row] : [row]));
  reconcile(
    parent,
    items,
    section.rowNodes,
    ({ key }) => key,
    (item) => (item === DIVIDER ? createDivider() : createMessageRow()),
    (node, item) => {
      if (item === DIVIDER) return;
      node.dataset.key = item.key;
      paintMessageRow(node, item);
    },
  );
}

function createDivider() {
  const node = clone('divider');
  setText(node.querySelector('[data-label]'), say('newDivider'));
  return node;
}
