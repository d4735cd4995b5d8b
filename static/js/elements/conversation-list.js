/** The list of conversations: latest activity first, one link each. */

import { preview } from '../formatting.js';
import { batched, clone, parts, reconcile, setText } from '../lib/dom.js';
import { fullTime, rowTime } from '../lib/time.js';
import { say } from '../lib/words.js';
import { paintAvatar } from './avatar.js';
import { whenMenuAsked } from './menu-triggers.js';
import { typingLine } from './presence.js';
import { preferences } from '../preferences.js';

const REFRESH_MS = 60_000;
const MOST_ON_BADGE = 99;

export class ConversationList {
  #list;
  #empty;
  #skeleton;
  #state;
  #outbox;
  #drafts;
  #nodes = new Map();
  #openId = null;
  #isHovered = false;

  /**
   * @param {HTMLElement} root the navigation
   * @param {object} parts
   * @param {import('../state.js').State} parts.state
   * @param {import('../outbox.js').Outbox} parts.outbox
   * @param {import('../drafts.js').Drafts} parts.drafts
   * @param {(id: string) => void} parts.onOpen
   * @param {(id: string, opener: HTMLElement, at: {x: number, y: number} | null) => void} parts.onMenu
   */
  constructor(root, { state, outbox, drafts, onOpen, onMenu }) {
    this.#list = root.querySelector('[data-conversation-list]');
    this.#empty = root.querySelector('[data-no-conversations]');
    this.#skeleton = root.querySelector('[data-skeleton]');
    this.#state = state;
    this.#outbox = outbox;
    this.#drafts = drafts;
    const render = batched(() => this.#render());
    for (const type of ['conversation', 'user', 'typing', 'synced']) state.addEventListener(type, render);
    outbox.addEventListener('change', render);
    drafts.addEventListener('change', render);
    preferences.addEventListener('change', render);
    setInterval(render, REFRESH_MS);
    this.#list.addEventListener('click', (event) => {
      const more = event.target.closest('[data-more]');
      if (more) {
        const { left, bottom } = more.getBoundingClientRect();
        const row = more.parentElement.firstElementChild;
        onMenu(row.dataset.id, row, { x: left, y: bottom });
        return;
      }
      const link = event.target.closest('a');
      if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      onOpen(link.dataset.id);
    });
    whenMenuAsked(this.#list, '.conversation', (link, at) => onMenu(link.dataset.id, link, at));
    // A row must not slip away from under the pointer at the moment of the click.
    this.#list.addEventListener('pointermove', (event) => {
      if (event.pointerType === 'mouse') this.#isHovered = true;
    });
    this.#list.addEventListener('pointerleave', () => {
      this.#isHovered = false;
      render();
    });
    this.#render();
  }

  /** @param {string | null} id which row is the open one */
  show(id) {
    this.#openId = id;
    this.#render();
  }

  /** Moves the focus to the row of a conversation. @param {string} id */
  focus(id) {
    this.#nodes.get(id)?.firstElementChild.focus({ preventScroll: true });
  }

  /** @returns {string[]} ids in the order shown */
  get order() {
    return [...this.#list.querySelectorAll('a')].map((link) => link.dataset.id);
  }

  #render() {
    let shown = this.#state
      .sorted()
      .filter(
        ({ id, head }) =>
          head > 0 || id === this.#openId || this.#drafts.get(id) || this.#outbox.in(id).length > 0,
      );
    if (this.#isHovered) shown = inOrderOf(shown, this.order);
    this.#skeleton.hidden = this.#state.isSynced || shown.length > 0;
    this.#empty.hidden = !this.#state.isSynced || shown.length > 0;
    const focused = document.activeElement?.closest?.('.conversation-list__item');
    const link = focused && document.activeElement;
    reconcile(
      this.#list,
      shown,
      this.#nodes,
      ({ id }) => id,
      () => clone('conversation'),
      (node, conversation) => this.#paint(node, conversation),
    );
    // Moving a node takes the focus from what is inside it.
    if (link && document.activeElement !== link && link.isConnected) link.focus({ preventScroll: true });
  }

  #paint(node, conversation) {
    const state = this.#state;
    const link = node.firstElementChild;
    const { avatar, name, time, tick, label, text, badge, count, countWords } = parts(
      node, 'avatar', 'name', 'time', 'tick', 'label', 'text', 'badge', 'count', 'countWords',
    );
    const title = state.titleOf(conversation);
    const peer = state.users.get(conversation.peer);
    link.href = `/c/${encodeURIComponent(conversation.id)}`;
    link.dataset.id = conversation.id;
    if (conversation.id === this.#openId) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    setText(name, title);
    paintAvatar(avatar, {
      id: conversation.peer ?? conversation.id,
      name: conversation.isNotes ? state.nameOf(conversation.myId) : title,
      online: Boolean(peer?.online && !conversation.isNotes),
    });

    const shown = this.#preview(conversation);
    setText(label, shown.label ?? '');
    label.classList.toggle('conversation__label--draft', Boolean(shown.isDraft));
    setText(text, shown.text);
    text.classList.toggle('conversation__text--typing', Boolean(shown.isTyping));
    tick.toggleAttribute('hidden', !shown.tick); // An SVG element has no `hidden` property.
    if (shown.tick) {
      tick.firstElementChild.setAttribute('href', `#icon-${shown.tick}`);
      tick.setAttribute('class', `tick tick--${shown.tick.toLowerCase()}`);
    }

    time.hidden = !shown.at;
    if (shown.at) {
      const date = new Date(shown.at);
      setText(time, rowTime(date, new Date()));
      time.dateTime = date.toISOString();
      time.title = fullTime(date);
      time.ariaLabel = time.title;
    }

    const { unread } = conversation;
    badge.hidden = unread === 0;
    setText(count, unread > MOST_ON_BADGE ? `${MOST_ON_BADGE}+` : String(unread));
    setText(countWords, unread > 0 ? say('unread', { count: unread }) : '');
    link.classList.toggle('conversation--unread', unread > 0);
  }

  #preview(conversation) {
    const { id, last, myId } = conversation;
    const typing = typingLine(this.#state, conversation);
    if (typing) return { text: typing, isTyping: true, at: last?.at };
    const draft = id === this.#openId ? '' : this.#drafts.get(id);
    if (draft) return { label: say('draft'), isDraft: true, text: preview(draft), at: last?.at };
    const pending = this.#outbox.in(id).at(-1);
    if (pending) {
      return {
        tick: pending.error ? 'Failed' : 'Sending',
        label: `${say('you')}:`,
        text: preview(pending.text),
        at: new Date(pending.order).toISOString(),
      };
    }
    if (!last) return { text: '' };
    const text = last.deleted ? say('messageDeleted') : preview(last.text ?? '');
    if (last.from !== myId) {
      const label = conversation.kind === 'direct' ? '' : `${this.#state.nameOf(last.from)}:`;
      return { label, text, at: last.at };
    }
    const isTold = !last.deleted && !conversation.isNotes;
    return {
      tick: isTold ? conversation.reachOf(last.seq) : null,
      label: conversation.isNotes ? '' : `${say('you')}:`,
      text,
      at: last.at,
    };
  }
}

/** The known ones where they are, new ones first. */
function inOrderOf(conversations, ids) {
  const place = new Map(ids.map((id, index) => [id, index]));
  return conversations
    .map((conversation, index) => ({ conversation, index, place: place.get(conversation.id) ?? -1 }))
    .sort((a, b) => a.place - b.place || a.index - b.index)
    .map(({ conversation }) => conversation);
}
