/**
 * The messages of the open conversation. It holds a window of rows, never the whole
 * conversation, gets more before the reader comes to an edge, and knows when the end
 * has been seen.
 */

import { batched, parts, setText } from '../lib/dom.js';
import { say } from '../lib/words.js';
import { RowWindow } from '../row-window.js';
import { TimelineRows } from '../timeline-rows.js';
import { paintAvatar } from './avatar.js';
import { DayList } from './day-list.js';
import { LatestPill } from './latest-pill.js';
import { whenMenuAsked } from './menu-triggers.js';
import { MessageActions } from './message-actions.js';
import { RowFocus } from './row-focus.js';
import { Scroller } from './scroller.js';
import { preferences } from '../preferences.js';

const FLASH_MS = 2_000;

export class Timeline extends EventTarget {
  #root;
  #top;
  #days;
  #scroller;
  #focus;
  #pill;
  /** The way back to the first unread message. */
  #toFirst;
  #actions;
  #state;
  #outbox;
  #sync;
  #marks;
  #model;

  #conversation = null;
  /** @type {RowWindow | null} */
  #window = null;
  #isPlaced = false;
  /** Whether the server was asked for what is new, with or without an answer. */
  #isTried = false;
  #target = null;
  #dividerSeq = null;
  #places = new Map();
  #isExtending = false;
  #flashTimer;
  #render = batched(() => this.#draw());

  /**
   * Events: `act` (detail `{action, message, clientId, emoji}`), `menu` (detail
   * `{row, at}`, `at` as in `whenMenuAsked`), `missing` (the message
   * asked for is not there), `leave` (Escape).
   *
   * @param {HTMLElement} pane
   * @param {object} parts
   */
  constructor(pane, { state, outbox, sync, marks, deletions }) {
    super();
    const the = parts(pane, 'timeline', 'days', 'top', 'topAvatar', 'topWords', 'toLatest', 'toFirst');
    this.#root = the.timeline;
    this.#top = { box: the.top, avatar: the.topAvatar, words: the.topWords };
    this.#state = state;
    this.#outbox = outbox;
    this.#sync = sync;
    this.#marks = marks;
    this.#model = new TimelineRows({ state, outbox, deletions });
    this.#days = new DayList(the.days);
    this.#scroller = new Scroller(this.#root, the.days);
    this.#actions = new MessageActions(this.#root);
    this.#pill = new LatestPill(the.toLatest, async () => {
      await this.toLatest();
      const last = this.#days.rows.at(-1);
      if (last) this.#focus.goTo(last); // The pill has gone.
    });
    this.#toFirst = the.toFirst;
    setText(parts(the.toFirst, 'label').label, say('jumpToFirstUnread'));
    the.toFirst.addEventListener('click', () => this.#toFirstUnread());
    this.#focus = new RowFocus(this.#root, this.#days, {
      enter: (row) => this.#actions.enter(row),
      leave: () => this.dispatchEvent(new CustomEvent('leave')),
      toLatest: () => this.toLatest(),
    });

    const ifOpen = (event) => {
      const id = event.detail.id ?? event.detail.conversation;
      if (id === this.#conversation?.id) this.#render();
    };
    for (const type of ['messages', 'marks']) state.addEventListener(type, ifOpen);
    outbox.addEventListener('change', ifOpen);
    deletions.addEventListener('change', () => this.#render());
    state.addEventListener('user', () => this.#render());
    preferences.addEventListener('change', () => this.#render());
    state.addEventListener('arrived', (event) => {
      if (event.detail.id === this.#conversation?.id && !this.isAtEnd) this.#pill.unseen += 1;
    });
    this.#root.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#root.addEventListener('click', (event) => this.#clicked(event));
    whenMenuAsked(this.#root, '.message', (row, at) => this.#askForMenu(row, at));
    for (const [target, type] of [[window, 'focus'], [document, 'visibilitychange'], [document, 'focusin']]) {
      target.addEventListener(type, () => this.#markRead());
    }
  }

  /** Whether the newest message is in view. */
  get isAtEnd() {
    return Boolean(this.#window?.followsEnd) && this.#scroller.isNearEnd;
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
    this.#window = conversation && new RowWindow(conversation);
    this.#days.clear();
    this.#focus.forget();
    this.#isPlaced = false;
    this.#target = seq;
    this.#pill.unseen = 0;
    this.#scroller.sticks = true;
    this.#isTried = false;
    if (!conversation) {
      this.#sync.show(null);
      return;
    }
    this.#draw();
    await this.#sync.show(conversation.id);
    if (conversation !== this.#conversation) return;
    this.#isTried = true;
    this.#draw();
  }

  /** Moves the focus to a message, if it is drawn. @param {number} seq */
  focus(seq) {
    const row = this.#days.row(seq);
    if (row) this.#focus.goTo(row);
  }

  /** Goes to the newest message. */
  async toLatest() {
    const conversation = this.#conversation;
    if (!conversation) return;
    if (!conversation.isAtEnd && !conversation.showEnd()) await this.#sync.loadNewest(conversation.id);
    if (conversation !== this.#conversation) return;
    this.#window.showLast();
    this.#scroller.sticks = true;
    this.#isPlaced = true;
    this.#draw();
    this.#scroller.toEnd();
  }

  async #toFirstUnread() {
    const seq = this.#dividerSeq;
    if (!(await this.goTo(seq)) || !this.#days.divider) return;
    this.#scroller.toThird(this.#days.divider);
  }

  /** Whether more than a screen of what is new lies between the divider and the end, and it is out of view. */
  get #isFirstUnreadAbove() {
    if (!this.#isPlaced || this.#dividerSeq === null) return false;
    const { divider } = this.#days;
    if (!divider) return this.#window.from > this.#dividerSeq;
    return this.#scroller.isAbove(divider) && this.#scroller.isFarFromEnd(divider);
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
    this.#scroller.sticks = false;
    this.#isPlaced = true;
    if (!this.#days.row(seq)) this.#window.showAround(seq);
    this.#draw();
    const row = this.#days.row(seq);
    row.scrollIntoView({ block: 'center' });
    this.#flash(row);
    this.#focus.goTo(row);
    return true;
  }

  #draw() {
    const conversation = this.#conversation;
    if (!conversation) return;
    const canPlace = !this.#isPlaced && conversation.isLoaded;
    if (!this.#isPlaced) this.#dividerSeq = conversation.unread > 0 ? conversation.myRead + 1 : null;
    if (canPlace) this.#chooseRows();
    this.#window.fit(this.#scroller.sticks);
    const anchor = this.#scroller.sticks ? null : this.#scroller.anchor(this.#days.rows);
    const { from, to } = this.#window;
    const rows = this.#model.rows(conversation, from, to, this.#dividerSeq);
    this.#days.paint(rows);
    const quoted = rows.filter(({ quote }) => quote?.isUnknown).map(({ quote }) => quote.seq);
    if (quoted.length > 0) this.#sync.loadQuoted(conversation.id, quoted.reverse());
    this.#paintTop();
    this.#actions.refresh();
    this.#focus.keepTabStop();
    if (canPlace && (!conversation.isStale || this.#isTried)) this.#place();
    else if (this.#scroller.sticks) this.#scroller.toEnd();
    else this.#scroller.restore(anchor);
    this.#settled();
  }

  /** Before the first placing: the rows among which the place lies. */
  #chooseRows() {
    const { log, id } = this.#conversation;
    const wanted = this.#target ?? this.#dividerSeq ?? this.#places.get(id)?.seq;
    if (wanted && log.get(wanted)) this.#window.showAround(wanted);
    else this.#window.showLast();
  }

  #place() {
    this.#isPlaced = true;
    const target = this.#target;
    this.#target = null;
    const left = this.#places.get(this.#conversation.id);
    const row = left && this.#days.row(left.seq);
    if (target) {
      this.goTo(target).then((isThere) => isThere || this.dispatchEvent(new CustomEvent('missing')));
    } else if (this.#days.divider) {
      this.#scroller.toThird(this.#days.divider);
      this.#scroller.sticks = this.isAtEnd;
    } else if (row) {
      this.#scroller.sticks = false;
      this.#scroller.restore({ row, offset: left.offset });
    } else {
      this.#scroller.toEnd();
    }
  }

  #leavePlace() {
    if (!this.#conversation || !this.#isPlaced) return;
    const anchor = this.isAtEnd ? null : this.#scroller.anchor(this.#days.rows);
    const seq = Number(anchor?.row.dataset.seq);
    if (seq) this.#places.set(this.#conversation.id, { seq, offset: anchor.offset });
    else this.#places.delete(this.#conversation.id);
  }

  #paintTop() {
    const conversation = this.#conversation;
    const isBeginning = conversation.isLoaded && conversation.log.first <= 1 && this.#window.from <= 1;
    const { box, avatar, words } = this.#top;
    box.classList.toggle('timeline__top--loading', !isBeginning);
    const name = this.#state.titleOf(conversation);
    const isEmpty = conversation.head === 0 && this.#outbox.in(conversation.id).length === 0;
    let told = '';
    if (isBeginning && conversation.isNotes) told = say('beginningNotes');
    else if (isBeginning) told = say(isEmpty ? 'sayHello' : 'beginning', { name });
    setText(words, told);
    avatar.hidden = !isBeginning;
    paintAvatar(avatar, {
      id: conversation.peer ?? conversation.id,
      name: conversation.isNotes ? this.#state.nameOf(conversation.myId) : name,
    });
    box.classList.toggle('timeline__top--empty', isBeginning && isEmpty);
  }

  #flash(row) {
    clearTimeout(this.#flashTimer);
    this.#root.querySelector('.message--flash')?.classList.remove('message--flash');
    row.classList.add('message--flash');
    this.#flashTimer = setTimeout(() => row.classList.remove('message--flash'), FLASH_MS);
  }

  #scrolled() {
    if (!this.#conversation || !this.#isPlaced) return;
    if (!this.#scroller.isResized) this.#scroller.sticks = this.isAtEnd;
    this.#settled();
  }

  /** What depends on which messages are in view. */
  #settled() {
    if (this.#scroller.sticks) this.#pill.unseen = 0;
    const isFar = this.#pill.unseen > 0 || !this.#window.followsEnd || this.#scroller.isEndFar;
    this.#pill.paint(this.#isPlaced && !this.isAtEnd && isFar);
    this.#toFirst.hidden = !this.#isFirstUnreadAbove;
    this.#markRead();
    this.#extend();
  }

  /** Draws and loads more before the reader comes to the edge of what is drawn. */
  async #extend() {
    const conversation = this.#conversation;
    if (!conversation?.isLoaded || !this.#isPlaced || this.#isExtending) return;
    const { log, id, head, isStale } = conversation;
    const { isTopInReach, isEndInReach } = this.#scroller;
    if (isTopInReach && this.#window.growUp()) this.#render();
    else if (isEndInReach && this.#window.growDown()) this.#render();
    else if (isTopInReach && log.first > 1) await this.#load(() => this.#sync.loadBefore(id));
    else if (isEndInReach && log.last < head && !isStale) await this.#load(() => this.#sync.loadAfter(id));
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

  /** Up to the last message that is in view, in a page that is looked at. */
  #markRead() {
    const conversation = this.#conversation;
    if (!conversation || !this.#isPlaced || conversation.myRead >= conversation.head) return;
    const isLookedAt = document.visibilityState === 'visible' && document.hasFocus();
    if (!isLookedAt || document.querySelector(':modal')) return;
    const { id, head, log, myRead, myId } = conversation;
    const isWhole = log.size > 0 && log.first <= myRead + 1; // Else not all before what is in view was seen.
    const inView = isWhole ? this.#scroller.lastInView(this.#days.rows) : null;
    const seq = this.isAtEnd ? head : Number(inView?.dataset.seq ?? 0);
    if (seq <= myRead) return;
    const othersWrote = log.slice(myRead + 1, seq).some((message) => message.from !== myId);
    if (othersWrote || conversation.unread > 0) this.#marks.read(id, seq);
  }

  #askForMenu(row, at) {
    this.dispatchEvent(new CustomEvent('menu', { detail: { row, at } }));
  }

  #clicked(event) {
    const row = event.target.closest('.message');
    if (!row) return;
    const { seq, clientId } = row.dataset;
    const message = seq === undefined ? null : this.#conversation.log.get(Number(seq));
    if (event.target.closest('[data-quote]')) {
      const quoted = message?.reply_to ?? this.#outbox.get(clientId)?.reply_to;
      if (quoted) this.goTo(quoted);
      return;
    }
    const button = event.target.closest('[data-act]');
    if (!button || button.dataset.act === 'react-menu') return;
    const { act: action, emoji } = button.dataset;
    if (action === 'menu') {
      const { left, bottom } = button.getBoundingClientRect();
      this.#askForMenu(row, { x: left, y: bottom });
      return;
    }
    this.dispatchEvent(new CustomEvent('act', { detail: { action, message, clientId, emoji } }));
    if (action !== 'copy') this.#actions.leave();
  }
}
