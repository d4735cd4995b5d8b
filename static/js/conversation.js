/** One conversation as this user sees it: members and their marks, head, unread, messages. */

import { MessageLog } from './message-log.js';

/** @typedef {import('./message-log.js').Message} Message */
/** @typedef {'Sent' | 'Delivered' | 'Read'} Reach */

/** Kept of the end while the log holds what is far from it: what a screen shows, and some more. */
const END_MESSAGES = 60;

/** More replies to old messages than anybody scrolls past in a while. */
const MOST_QUOTED = 500;

export class Conversation {
  /** @type {Map<string, {role: string, received: number, read: number}>} by user id */
  members = new Map();
  memberCount = 0;
  kind = 'direct';
  /** What a group is called; a direct conversation is called after the other person. */
  givenTitle = null;
  head = 0;
  rev = 0;
  unread = 0;
  /** @type {Message | null} */
  last = null;
  updated = '';
  log = new MessageLog();
  /** Whether a page of history was ever loaded. */
  isLoaded = false;
  /** Whether events may have been missed since the log was filled. */
  isStale = false;
  /** Changes up to this one are in the log. */
  logRev = 0;
  /** @type {MessageLog | null} the newest messages, while the log holds others */
  #end = null;
  /** @type {Map<number, Message | null>} what replies quote that is far from the log; null if it is not there */
  #quoted = new Map();

  /** @param {string} id @param {string} myId */
  constructor(id, myId) {
    this.id = id;
    this.myId = myId;
  }

  /** @returns {string[]} user ids of everybody else */
  get others() {
    return [...this.members.keys()].filter((id) => id !== this.myId);
  }

  /** The other one of a direct conversation; null in groups, oneself in one's notes. */
  get peer() {
    return this.kind === 'direct' ? (this.others[0] ?? this.myId) : null;
  }

  get isNotes() {
    return this.kind === 'direct' && this.members.size > 0 && this.others.length === 0;
  }

  get myRead() {
    return this.members.get(this.myId)?.read ?? 0;
  }

  get myReceived() {
    return this.members.get(this.myId)?.received ?? 0;
  }

  /** Whether the newest message is in the log. */
  get isAtEnd() {
    return this.isLoaded && this.log.last >= this.head;
  }

  /** The log is about to hold other messages: the newest are kept, if it holds them. */
  keepEnd() {
    const { log } = this;
    if (!this.isAtEnd || log.size === 0) return;
    this.#end = new MessageLog();
    this.#end.add(log.slice(log.last - END_MESSAGES + 1, log.last));
  }

  /**
   * Has the log hold the newest messages known instead of what it holds.
   *
   * @returns {boolean} false if the newest is not known
   */
  showEnd() {
    const { head, last } = this;
    const known = this.#end?.last === head ? this.#end.slice(1, head) : [last];
    if (!this.isLoaded || known.at(-1)?.seq !== head) return false;
    this.log.replace(known);
    this.#end = null;
    return true;
  }

  /** @param {Message} message a new one: it goes where it is next to its neighbour */
  append(message) {
    const { log } = this;
    if (this.isLoaded && (log.get(message.seq) || message.seq === log.last + 1)) log.add([message]);
    else this.#end?.add([message]);
  }

  /** @param {Message} message a newer version of one */
  update(message) {
    this.log.update(message);
    this.#end?.update(message);
    if (this.#quoted.get(message.seq)?.rev < message.rev) this.#quoted.set(message.seq, message);
  }

  /** Changes were missed that nobody is going to tell. */
  forgetFar() {
    this.#end = null;
    this.#quoted.clear();
  }

  /** @param {number} seq @returns {Message | null | undefined} undefined if it has to be asked for */
  quoted(seq) {
    return this.log.get(seq) ?? (this.last?.seq === seq ? this.last : this.#quoted.get(seq));
  }

  /** @param {number} seq @param {Message | null} message what replies to it quote */
  keepQuoted(seq, message) {
    this.#quoted.set(seq, message);
    if (this.#quoted.size > MOST_QUOTED) this.#quoted.delete(this.#quoted.keys().next().value);
  }

  /**
   * How far a message of one's own has come: as far as with the slowest of the others.
   *
   * @param {number} seq
   * @returns {Reach}
   */
  reachOf(seq) {
    let received = true;
    let read = true;
    let others = 0;
    for (const [id, member] of this.members) {
      if (id === this.myId) continue;
      others += 1;
      received &&= member.received >= seq;
      read &&= member.read >= seq;
    }
    if (others === 0) return 'Sent';
    if (read) return 'Read';
    return received ? 'Delivered' : 'Sent';
  }

  /**
   * Takes what the server says; marks, head and changes never move back.
   *
   * @param {any} data a `Conversation` of the protocol
   */
  take(data) {
    this.kind = data.kind;
    this.givenTitle = data.title;
    this.memberCount = data.member_count ?? data.members?.length ?? this.memberCount;
    if (data.members) {
      const known = this.members;
      this.members = new Map();
      for (const { user, role, received, read } of data.members) {
        const before = known.get(user.id);
        this.members.set(user.id, {
          role,
          received: Math.max(received, before?.received ?? 0),
          read: Math.max(read, before?.read ?? 0),
        });
      }
    }
    // An answer that is older than an event already seen must not take the event back.
    if (data.head >= this.head) this.unread = Math.min(data.unread, Math.max(0, data.head - this.myRead));
    this.head = Math.max(this.head, data.head);
    this.rev = Math.max(this.rev, data.rev);
    if (data.updated > this.updated) this.updated = data.updated;
    if (data.last) this.takeLast(data.last);
  }

  /** @param {Message} message possibly the newest, or a newer version of it */
  takeLast(message) {
    const { last } = this;
    if (!last || message.seq > last.seq || (message.seq === last.seq && message.rev > last.rev)) {
      this.last = message;
    }
  }

  /**
   * Moves a member's marks, forward only.
   *
   * @returns {boolean} whether one moved
   */
  mark(userId, received, read) {
    const member = this.members.get(userId);
    if (!member) return false;
    const before = member.received + member.read;
    member.read = Math.max(member.read, read);
    member.received = Math.max(member.received, received, member.read);
    const moved = member.received + member.read > before;
    if (moved && userId === this.myId) this.unread = this.#countUnread();
    return moved;
  }

  #countUnread() {
    const from = this.myRead + 1;
    if (from > this.head) return 0;
    if (this.log.size > 0 && this.log.first <= from && this.isAtEnd) {
      return this.log.slice(from, this.head).filter((message) => message.from !== this.myId && !message.deleted)
        .length;
    }
    return Math.min(this.unread, this.head - this.myRead);
  }
}
