/**
 * The messages of the open conversation. It holds a window of rows, never the whole
 * conversation, keeps its place when something changes above, sticks to the end only
 * if it was there, and knows when the end has been seen.
 */

import { batched, clone, parts, reconcile, setText } from '../lib/dom.js';
import { byDay } from '../lib/rows.js';
import { dayLabel } from '../lib/time.js';
import { say } from '../lib/words.js';
import { createMessageRow, paintMessageRow } from './message-row.js';
import { MessageActions } from './message-actions.js';
import { TimelineRows } from '../timeline-rows.js';

/** Rows drawn at most: well below the 300 that a slow phone still scrolls smoothly. */
const MOST_ROWS = 220;
const MORE_ROWS = 60;
/** This close to the end counts as being there. */
const NEAR_END_PX = 100;
const FLASH_MS = 2_000;

export class Timeline extends EventTarget {
  #root;
  #days;
  #top;
  #pill;
  #actions;
  #state;
  #outbox;
  #sync;
  #marks;
  #model;

  #conversation = null;
  /** Lowest and highest `seq` drawn; Infinity follows the end. */
  #from = 1;
  #to = Infinity;
  #sections = new Map();
  #isPlaced = false;
  #target = null;
  #dividerSeq = null;
  #sticks = true;
  #unseen = 0;
  #places = new Map();
  #currentKey = null;
  #isExtending = false;
  #flashTimer;
  #render = batched(() => this.#draw());

  /**
   * Events for the page: `reply`, `edit` (detail: the message), `act` (detail
   * `{action, seq, clientId, emoji}`), `leave` (Escape).
   *
   * @param {HTMLElement} pane
   * @param {object} parts
   */
  constructor(pane, { state, outbox, sync, marks, deletions }) {
    super();
    const the = parts(pane, 'timeline', 'days', 'top', 'toLatest');
    this.#root = the.timeline;
    this.#days = the.days;
    this.#top = the.top;
    this.#pill = the.toLatest;
    this.#state = state;
    this.#outbox = outbox;
    this.#sync = sync;
    this.#marks = marks;
    this.#model = new TimelineRows({ state, outbox, deletions });
    this.#actions = new MessageActions(this.#root);

    const ifOpen = (event) => {
      const id = event.detail.id ?? event.detail.conversation;
      if (id === this.#conversation?.id) this.#render();
    };
    for (const type of ['messages', 'marks']) state.addEventListener(type, ifOpen);
    outbox.addEventListener('change', ifOpen);
    deletions.addEventListener('change', () => this.#render());
    state.addEventListener('user', () => this.#render());
    state.addEventListener('arrived', (event) => {
      if (event.detail.id === this.#conversation?.id && !this.isAtEnd) this.#unseen += 1;
    });
    this.#root.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#root.addEventListener('click', (event) => this.#clicked(event));
    this.#root.addEventListener('keydown', (event) => this.#pressed(event));
    this.#root.addEventListener('focusin', (event) => this.#focused(event.target.closest('.message')));
    this.#pill.addEventListener('click', () => this.toLatest());
    for (const [target, type] of [[window, 'focus'], [document, 'visibilitychange']]) {
      target.addEventListener(type, () => this.#markRead());
    }
    // Keyboard, rotation, a growing composer: the end stays the end.
    const observer = new ResizeObserver(() => this.#sticks && this.#toEnd());
    observer.observe(this.#root);
    observer.observe(this.#days);
  }

  /** Whether the newest message is in view. */
  get isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#root;
    return this.#followsEnd && scrollHeight - scrollTop - clientHeight <= NEAR_END_PX;
  }

  /**
   * Shows a conversation, at the place where it was left, at the first unread message,
   * at the end, or at a given message.
   *
   * @param {import('../conversation.js').Conversation | null} conversation
   * @param {number | null} [seq]
   */
  async show(conversation, seq = null) {
    if (conversation === this.#conversation) {
      if (seq) await this.goTo(seq);
      return;
    }
    this.#leavePlace();
    this.#actions.leave();
    this.#conversation = conversation;
    this.#sections.clear();
    this.#days.replaceChildren();
    this.#isPlaced = false;
    this.#target = seq;
    this.#currentKey = null;
    this.#unseen = 0;
    this.#sticks = true;
    this.#dividerSeq = conversation && conversation.unread > 0 ? conversation.myRead + 1 : null;
    if (!conversation) {
      this.#sync.show(null);
      return;
    }
    this.#showLast();
    this.#draw();
    await this.#sync.show(conversation.id);
    if (conversation !== this.#conversation) return;
    this.#draw();
  }

  /** Goes to the newest message. */
  async toLatest() {
    const conversation = this.#conversation;
    if (!conversation) return;
    if (!conversation.isAtEnd) await this.#sync.loadNewest(conversation.id);
    if (conversation !== this.#conversation) return;
    this.#showLast();
    this.#sticks = true;
    this.#isPlaced = true;
    this.#draw();
    this.#toEnd();
  }

  /** A message of one's own was written: the divider has done its work. */
  written() {
    this.#dividerSeq = null;
    this.toLatest();
  }

  /**
   * Goes to a message, loads it if need be, and marks it for a moment.
   *
   * @param {number} seq
   * @returns {Promise<boolean>} false if there is no such message
   */
  async goTo(seq) {
    const conversation = this.#conversation;
    if (!conversation || seq < 1 || seq > conversation.head) return false;
    if (!conversation.log.get(seq)) await this.#sync.loadAround(conversation.id, seq);
    if (conversation !== this.#conversation || !conversation.log.get(seq)) return false;
    this.#sticks = false;
    this.#isPlaced = true;
    if (!this.#rowOf(seq)) {
      this.#from = Math.max(conversation.log.first, seq - MORE_ROWS);
      this.#to = seq + MORE_ROWS;
      this.#followIfAtEnd();
    }
    this.#draw();
    const row = this.#rowOf(seq);
    row.scrollIntoView({ block: 'center' });
    clearTimeout(this.#flashTimer);
    this.#days.querySelector('.message--flash')?.classList.remove('message--flash');
    row.classList.add('message--flash');
    this.#flashTimer = setTimeout(() => row.classList.remove('message--flash'), FLASH_MS);
    this.#focus(row);
    return true;
  }

  /** @returns {import('../message-log.js').Message | null} one's own newest message that can be edited */
  get lastOwn() {
    const { log, myId } = this.#conversation ?? {};
    for (let seq = log?.last ?? 0; seq >= (log?.first ?? 1); seq -= 1) {
      const message = log.get(seq);
      if (message.from === myId && !message.deleted) return message;
    }
    return null;
  }

  get #followsEnd() {
    return this.#to === Infinity && Boolean(this.#conversation?.isAtEnd);
  }

  #showLast() {
    const { log } = this.#conversation;
    this.#from = Math.max(log.first, log.last - MORE_ROWS * 2);
    this.#to = Infinity;
  }

  #followIfAtEnd() {
    if (this.#to >= this.#conversation.log.last && this.#conversation.isAtEnd) this.#to = Infinity;
  }

  #draw() {
    const conversation = this.#conversation;
    if (!conversation) return;
    const { log } = conversation;
    if (!this.#isPlaced && conversation.isLoaded) this.#showFirst();
    // The log may have been read anew around another place.
    if (log.size > 0 && (this.#from > log.last || this.#to < log.first)) {
      this.#from = log.first;
      this.#to = log.last;
      this.#followIfAtEnd();
    }
    this.#from = Math.max(this.#from, log.first);
    if (this.#sticks && this.#to === Infinity && log.last - this.#from > MOST_ROWS) {
      this.#from = log.last - MOST_ROWS + MORE_ROWS;
    }

    const anchor = this.#sticks ? null : this.#anchor();
    const rows = this.#model.rows(conversation, this.#from, this.#to, this.#dividerSeq);
    reconcile(
      this.#days,
      byDay(rows),
      this.#sections,
      ({ key }) => key,
      () => this.#createDay(),
      (section, day) => this.#paintDay(section, day),
    );
    this.#paintTop();
    this.#keepTabStop(rows);
    if (!this.#isPlaced && conversation.isLoaded && !conversation.isStale) this.#place();
    else if (this.#sticks) this.#toEnd();
    else this.#restore(anchor);
    this.#updatePill();
    this.#markRead();
    this.#extend();
  }

  /** Before the first placing: the window in which the place lies. */
  #showFirst() {
    const { log } = this.#conversation;
    const wanted = this.#target ?? this.#dividerSeq ?? this.#places.get(this.#conversation.id)?.seq;
    if (!wanted || !log.get(wanted) || wanted > log.last - MORE_ROWS) {
      this.#showLast();
      return;
    }
    this.#from = Math.max(log.first, wanted - MORE_ROWS);
    this.#to = wanted + MORE_ROWS * 2;
    this.#followIfAtEnd();
  }

  #createDay() {
    const section = clone('day');
    section.rowNodes = new Map();
    return section;
  }

  #paintDay(section, { date, rows }) {
    const { label, rows: parent } = parts(section, 'label', 'rows');
    setText(label, dayLabel(date, new Date()));
    const items = rows.flatMap((row) => (row.isDivided ? [{ key: 'divider' }, row] : [row]));
    reconcile(
      parent,
      items,
      section.rowNodes,
      ({ key }) => key,
      ({ key }) => (key === 'divider' ? createDivider() : createMessageRow()),
      (node, item) => {
        if (item.key === 'divider') return;
        node.dataset.key = item.key;
        paintMessageRow(node, item);
      },
    );
  }

  #paintTop() {
    const conversation = this.#conversation;
    const isBeginning = conversation.isLoaded && conversation.log.first <= 1 && this.#from <= 1;
    this.#top.classList.toggle('timeline__top--loading', !isBeginning);
    const name = this.#state.titleOf(conversation);
    const isEmpty = conversation.head === 0 && this.#outbox.in(conversation.id).length === 0;
    let words = '';
    if (isBeginning && conversation.isNotes) words = say('beginningNotes');
    else if (isBeginning) words = say(isEmpty ? 'sayHello' : 'beginning', { name });
    setText(this.#top, words);
    this.#top.classList.toggle('timeline__top--empty', isBeginning && isEmpty);
  }

  #place() {
    this.#isPlaced = true;
    const target = this.#target;
    this.#target = null;
    const divider = this.#days.querySelector('.divider');
    const left = this.#places.get(this.#conversation.id);
    if (target) {
      this.goTo(target).then((isThere) => isThere || this.dispatchEvent(new CustomEvent('missing')));
    } else if (divider) {
      this.#sticks = false;
      const { top } = divider.getBoundingClientRect();
      this.#root.scrollTop += top - this.#root.getBoundingClientRect().top - this.#root.clientHeight / 3;
      this.#sticks = this.isAtEnd;
    } else if (left && this.#rowOf(left.seq)) {
      this.#sticks = false;
      this.#restore({ row: this.#rowOf(left.seq), offset: left.offset });
    } else {
      this.#toEnd();
    }
  }

  #leavePlace() {
    if (!this.#conversation || !this.#isPlaced) return;
    const anchor = this.isAtEnd ? null : this.#anchor();
    if (anchor?.row.dataset.seq) {
      this.#places.set(this.#conversation.id, { seq: Number(anchor.row.dataset.seq), offset: anchor.offset });
    } else {
      this.#places.delete(this.#conversation.id);
    }
  }

  /** The first row in view, and how far it is from the top: what must not move. */
  #anchor() {
    const { top } = this.#root.getBoundingClientRect();
    for (const row of this.#days.querySelectorAll('.message')) {
      const box = row.getBoundingClientRect();
      if (box.bottom > top) return { row, offset: box.top - top };
    }
    return null;
  }

  #restore(anchor) {
    if (!anchor?.row.isConnected) return;
    const { top } = this.#root.getBoundingClientRect();
    const moved = anchor.row.getBoundingClientRect().top - top - anchor.offset;
    if (moved !== 0) this.#root.scrollTop += moved;
  }

  #toEnd() {
    this.#root.scrollTop = this.#root.scrollHeight;
  }

  #scrolled() {
    if (!this.#conversation || !this.#isPlaced) return;
    this.#sticks = this.isAtEnd;
    if (this.#sticks) this.#unseen = 0;
    this.#updatePill();
    this.#markRead();
    this.#extend();
  }

  /** Draws and loads more before the reader comes to the edge of what is drawn. */
  async #extend() {
    const conversation = this.#conversation;
    if (!conversation?.isLoaded || !this.#isPlaced || this.#isExtending) return;
    const { log, id } = conversation;
    const { scrollTop, scrollHeight, clientHeight } = this.#root;
    const isNearTop = scrollTop < clientHeight;
    const isNearBottom = scrollHeight - scrollTop - clientHeight < clientHeight;
    if (isNearTop && this.#from > log.first) {
      this.#from = Math.max(log.first, this.#from - MORE_ROWS);
      if (!this.#sticks && Math.min(this.#to, log.last) - this.#from > MOST_ROWS) {
        this.#to = this.#from + MOST_ROWS;
      }
      this.#render();
    } else if (isNearBottom && this.#to < log.last) {
      this.#to += MORE_ROWS;
      this.#from = Math.max(this.#from, this.#to - MOST_ROWS);
      this.#followIfAtEnd();
      this.#render();
    } else if (isNearTop && log.first > 1) {
      await this.#load(() => this.#sync.loadBefore(id));
    } else if (isNearBottom && log.last < conversation.head && !conversation.isStale) {
      await this.#load(() => this.#sync.loadAfter(id));
    } else if (isNearBottom && this.#to !== Infinity && conversation.isAtEnd) {
      this.#to = Infinity;
      this.#render();
    }
  }

  async #load(load) {
    const { log } = this.#conversation;
    const before = log.size;
    this.#isExtending = true;
    try {
      await load();
    } finally {
      this.#isExtending = false;
    }
    if (log.size > before) this.#extend();
  }

  #updatePill() {
    const { scrollHeight, scrollTop, clientHeight } = this.#root;
    const distance = scrollHeight - scrollTop - clientHeight;
    const isShown =
      this.#isPlaced && !this.isAtEnd && (this.#unseen > 0 || !this.#followsEnd || distance > clientHeight);
    this.#pill.hidden = !isShown;
    if (!isShown) return;
    const words = this.#unseen > 0 ? say('newMessages', { count: this.#unseen }) : say('jumpToLatest');
    setText(this.#pill.querySelector('[data-label]'), words);
  }

  #markRead() {
    const conversation = this.#conversation;
    if (!conversation || !this.#isPlaced || conversation.head === 0) return;
    const isSeen = document.visibilityState === 'visible' && document.hasFocus() && this.isAtEnd;
    if (!isSeen || conversation.myRead >= conversation.head) return;
    const unreadOfOthers = conversation.log
      .slice(conversation.myRead + 1, conversation.head)
      .some((message) => message.from !== conversation.myId);
    if (unreadOfOthers || conversation.unread > 0) this.#marks.read(conversation.id, conversation.head);
  }

  #clicked(event) {
    const row = event.target.closest('.message');
    if (!row) return;
    const { seq, clientId } = row.dataset;
    if (event.target.closest('[data-quote]')) {
      const message = this.#conversation.log.get(Number(seq));
      const quoted = message?.reply_to ?? this.#outbox.get(clientId)?.reply_to;
      if (quoted) this.goTo(quoted);
      return;
    }
    const button = event.target.closest('[data-act]');
    if (!button || button.dataset.act === 'react-menu') return;
    const message = seq === undefined ? null : this.#conversation.log.get(Number(seq));
    const { act: action, emoji } = button.dataset;
    this.dispatchEvent(new CustomEvent('act', { detail: { action, message, clientId, emoji } }));
    if (this.#actions && action !== 'copy') this.#actions.leave();
  }

  #pressed(event) {
    const row = event.target.closest('.message');
    if (!row || event.target !== row) {
      if (event.key === 'Escape' && row) row.focus();
      return;
    }
    const rows = this.#allRows();
    const index = rows.indexOf(row);
    const next = {
      ArrowUp: rows[index - 1],
      ArrowDown: rows[index + 1],
      Home: rows[0],
      End: rows.at(-1),
    }[event.key];
    if (event.key === 'End') this.toLatest();
    if (next) {
      event.preventDefault();
      this.#focus(next);
    } else if (event.key === 'Enter' || event.key === 'ContextMenu') {
      event.preventDefault();
      this.#actions.enter(row);
    } else if (event.key === 'Escape') {
      this.dispatchEvent(new CustomEvent('leave'));
    }
  }

  #focus(row) {
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  }

  #focused(row) {
    if (!row) return;
    this.#currentKey = row.dataset.key;
    this.#keepTabStop();
  }

  /** One Tab stop for the whole list: the message last focused, else the newest. */
  #keepTabStop() {
    const rows = this.#allRows();
    const current = rows.find((row) => row.dataset.key === this.#currentKey) ?? rows.at(-1);
    for (const row of rows) {
      const index = row === current ? 0 : -1;
      if (row.tabIndex !== index) row.tabIndex = index;
    }
  }

  #allRows() {
    return [...this.#days.querySelectorAll('.message')];
  }

  #rowOf(seq) {
    return this.#days.querySelector(`.message[data-seq="${Number(seq)}"]`);
  }
}

function createDivider() {
  const node = clone('divider');
  setText(node.querySelector('[data-label]'), say('newDivider'));
  return node;
}
