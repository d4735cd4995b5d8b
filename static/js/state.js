/**
 * Everything the page knows, without a DOM. Whatever arrives is put in by `seq`, `rev`
 * or id, so a repeat changes nothing and marks only move forward.
 *
 * Events, each with `detail.id` of the conversation unless said otherwise:
 * `conversation` (what the list shows of it), `messages` (its log), `marks`, `typing`,
 * `user` (detail.id of the user), `arrived` (detail.message: a new one from somebody,
 * told live), `mine` (detail.clientId: a message of one's own is stored), `gap` and
 * `change-gap` (detail.after: ask from there), `stranger` (an unknown conversation).
 */

import { Conversation } from './conversation.js';
import { say } from './lib/words.js';

/** @typedef {import('./message-log.js').Message} Message */
/** @typedef {{id: string, username: string, name: string, online: boolean, last_seen: string | null}} User */

/** Somebody who stopped without saying so is no longer typing after this (docs/protocol.md). */
const TYPING_FOR_MS = 6_000;

export class State extends EventTarget {
  /** @type {Map<string, User>} */
  users = new Map();
  /** @type {Map<string, Conversation>} */
  conversations = new Map();
  /** Whether the first `sync` has been answered: before, 'no conversations' means nothing. */
  isSynced = false;
  /** Most characters in a message. */
  textLimit = 8_000;

  #typing = new Map();
  #timers;

  /**
   * @param {User} me
   * @param {{setTimeout: Function, clearTimeout: Function}} [timers]
   */
  constructor(me, timers = globalThis) {
    super();
    this.myId = me.id;
    this.#timers = timers;
    this.users.set(me.id, me);
  }

  /** @param {string} id @returns {Conversation | undefined} */
  conversation(id) {
    return this.conversations.get(id);
  }

  /** @param {string} id @returns {string} '' for somebody unknown */
  nameOf(id) {
    const user = this.users.get(id);
    return user?.name || user?.username || '';
  }

  /** @param {Conversation} conversation @returns {string} what it is called here */
  titleOf(conversation) {
    if (conversation.kind !== 'direct') return conversation.givenTitle || '';
    const name = this.nameOf(conversation.peer);
    return conversation.isNotes ? say('nameOfOneself', { name }) : name;
  }

  /** @returns {Conversation[]} latest activity first */
  sorted() {
    return [...this.conversations.values()].sort((a, b) =>
      a.updated === b.updated ? (a.id < b.id ? -1 : 1) : a.updated < b.updated ? 1 : -1,
    );
  }

  /** @returns {number} messages that this user has not read, over all conversations */
  get unread() {
    let count = 0;
    for (const conversation of this.conversations.values()) count += conversation.unread;
    return count;
  }

  /** @param {User} user */
  putUser(user) {
    const known = this.users.get(user.id);
    if (known && Object.keys(user).every((key) => known[key] === user[key])) return;
    this.users.set(user.id, { ...known, ...user });
    this.#tell('user', { id: user.id });
  }

  /** @param {any} data a `Conversation` of the protocol @returns {Conversation} */
  putConversation(data) {
    let conversation = this.conversations.get(data.id);
    if (!conversation) {
      conversation = new Conversation(data.id, this.myId);
      this.conversations.set(data.id, conversation);
    }
    for (const { user } of data.members ?? []) this.putUser(user);
    conversation.take(data);
    this.#tell('conversation', { id: data.id });
    this.#tell('marks', { id: data.id });
    return conversation;
  }

  /** @param {string} id */
  removeConversation(id) {
    if (this.conversations.delete(id)) this.#tell('conversation', { id });
  }

  /** After a break: what is held may lack something. */
  markStale() {
    for (const conversation of this.conversations.values()) conversation.isStale = true;
  }

  /**
   * A message was stored.
   *
   * @param {string} id of the conversation
   * @param {Message} message
   * @param {boolean} [isLive] told as it happened, rather than read from history
   */
  putMessage(id, message, isLive = true) {
    const conversation = this.conversations.get(id);
    if (!conversation) {
      this.#tell('stranger', { id });
      return;
    }
    if (message.seq > conversation.head + 1) {
      this.#tell('gap', { id, after: conversation.head });
      return;
    }
    const isMine = message.from === this.myId;
    const isNew = message.seq > conversation.head;
    if (isNew) {
      conversation.head = message.seq;
      if (message.at > conversation.updated) conversation.updated = message.at;
      if (!isMine && !message.deleted && message.seq > conversation.myRead) conversation.unread += 1;
    }
    conversation.takeLast(message);
    conversation.append(message);
    if (!isMine) this.putTyping(id, message.from, false);
    if (isMine) this.#tell('mine', { id, clientId: message.client_id });
    this.#tell('messages', { id });
    this.#tell('conversation', { id });
    if (isNew && isLive && !isMine) this.#tell('arrived', { id, message });
  }

  /**
   * A page of history.
   *
   * @param {string} id of the conversation
   * @param {Message[]} page ascending, without gaps
   * @param {{replace?: boolean}} [options] `replace` forgets what was held
   */
  putPage(id, page, { replace = false } = {}) {
    const conversation = this.conversations.get(id);
    if (!conversation) return;
    if (replace || !conversation.isLoaded) {
      conversation.keepEnd();
      conversation.log.replace(page);
      conversation.isLoaded = true;
    } else {
      conversation.log.add(page);
    }
    for (const message of page) {
      if (message.seq === conversation.head + 1) this.putMessage(id, message, false);
      if (message.from === this.myId) this.#tell('mine', { id, clientId: message.client_id });
      conversation.takeLast(message);
    }
    this.#tell('messages', { id });
    this.#tell('conversation', { id });
  }

  /**
   * A message was edited, deleted or reacted to.
   *
   * @param {string} id of the conversation
   * @param {Message} message
   */
  putChange(id, message) {
    const conversation = this.conversations.get(id);
    if (!conversation) return;
    // The last change of a deleted message is its deletion, so it can be counted once.
    const isNew = message.rev > conversation.rev;
    const wasUnread = message.from !== this.myId && message.seq > conversation.myRead;
    if (isNew && message.deleted && wasUnread) conversation.unread = Math.max(0, conversation.unread - 1);
    conversation.rev = Math.max(conversation.rev, message.rev);
    if (conversation.isLoaded && message.rev === conversation.logRev + 1) conversation.logRev = message.rev;
    else if (conversation.isLoaded && message.rev > conversation.logRev) {
      this.#tell('change-gap', { id, after: conversation.logRev });
    }
    conversation.update(message);
    if (conversation.last?.seq === message.seq) conversation.takeLast(message);
    this.#tell('messages', { id });
    this.#tell('conversation', { id });
  }

  /** @param {string} id of the conversation @param {number} seq @param {Message | null} message what replies quote */
  putQuoted(id, seq, message) {
    this.conversations.get(id)?.keepQuoted(seq, message);
    this.#tell('messages', { id });
  }

  /** @param {string} id of the conversation @param {number} rev changes up to it are in the log */
  putLogRev(id, rev) {
    const conversation = this.conversations.get(id);
    if (!conversation) return;
    conversation.logRev = Math.max(conversation.logRev, rev);
    conversation.rev = Math.max(conversation.rev, rev);
  }

  /** @param {string} id of the conversation @param {string} userId @param {number} received @param {number} read */
  putMarks(id, userId, received, read) {
    const conversation = this.conversations.get(id);
    if (!conversation?.mark(userId, received, read)) return;
    this.#tell('marks', { id });
    this.#tell('conversation', { id });
  }

  /** @param {string} id of the conversation @param {string} userId @param {boolean} on */
  putTyping(id, userId, on) {
    const typing = this.#typing.get(id) ?? new Map();
    const timer = typing.get(userId);
    if (timer === undefined && !on) return;
    this.#timers.clearTimeout(timer);
    if (on) {
      typing.set(userId, this.#timers.setTimeout(() => this.putTyping(id, userId, false), TYPING_FOR_MS));
      this.#typing.set(id, typing);
    } else {
      typing.delete(userId);
    }
    this.#tell('typing', { id });
  }

  /** @param {string} id of the conversation @returns {string[]} user ids, first to begin first */
  typingIn(id) {
    return [...(this.#typing.get(id)?.keys() ?? [])];
  }

  /** Every page of the first `sync` is in. */
  setSynced() {
    this.isSynced = true;
    this.#tell('synced', {});
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
