/**
 * Brings the page to the state of every other client, and keeps it there: `sync`
 * after every `hello`, history and changes for what is held, the outbox, the gaps.
 */

import { Disconnected, Refusal, frames } from './protocol.js';

const PAGE = 60;
const LONGEST_PAGE = 200;
/** Further behind than this, what was missed is read as one scrolls rather than all at once. */
const CATCH_UP_PAGES = 5;
const PASSING = new Set(['unavailable', 'rate_limited', 'internal']);
const AGAIN_S = 2;

export class Sync {
  #connection;
  #state;
  #outbox;
  #marks;
  #cache;
  #openId = null;
  #busy = new Map();
  /** Conversations whose messages come from the cache, until they are caught up. */
  #restored = new Set();
  /** Pending from the first moment, and from every hello, until it is told how far conversations are. */
  #heads = Promise.withResolvers();
  #areHeadsKnown = false;
  #timers;
  #againTimer;

  /**
   * @param {object} parts
   * @param {import('./connection.js').Connection} parts.connection
   * @param {import('./state.js').State} parts.state
   * @param {import('./outbox.js').Outbox} parts.outbox
   * @param {import('./marks.js').Marks} parts.marks
   * @param {import('./cache.js').Cache} parts.cache
   * @param {{setTimeout: Function, clearTimeout: Function}} [parts.timers]
   */
  constructor({ connection, state, outbox, marks, cache, timers = globalThis }) {
    this.#timers = timers;
    this.#connection = connection;
    this.#state = state;
    this.#outbox = outbox;
    this.#marks = marks;
    this.#cache = cache;
    connection.addEventListener('hello', (event) => this.#greeted(event.detail));
    connection.addEventListener('frame', (event) => this.#heard(event.detail));
    connection.addEventListener('closed', () => this.#lost());
    state.addEventListener('mine', (event) => outbox.settle(event.detail.clientId));
    state.addEventListener('gap', (event) => this.#fill(event.detail));
    state.addEventListener('change-gap', (event) => this.#fillChanges(event.detail.id));
    state.addEventListener('stranger', () => this.#once('sync', () => this.#summaries()));
    state.addEventListener('arrived', (event) => {
      marks.received(event.detail.id, event.detail.message.seq);
    });
  }

  /**
   * A conversation is shown: what is kept of it at once, then its messages are loaded,
   * or brought up to date.
   *
   * @param {string | null} id
   * @returns {Promise<void>} when there is something to show, or no connection to get it with
   */
  async show(id) {
    this.#openId = id;
    if (!id) return;
    if (!this.#state.conversation(id)?.isLoaded) {
      this.#restored.add(id);
      await this.#cache.restore(id);
    }
    await this.#heads.promise;
    await this.#freshen(id);
  }

  /**
   * Opens the direct conversation with somebody, or one that no list holds.
   *
   * @param {{user: string} | {conversation: string}} what by id (a user also by username)
   * @returns {Promise<string>} the conversation's id; rejects like a request
   */
  async open(what) {
    const { conversation } = await this.#connection.request(frames.open(what));
    this.#state.putConversation(conversation);
    return conversation.id;
  }

  /** @param {string} id @returns {Promise<void>} older messages than those held */
  loadBefore(id) {
    const { log } = this.#state.conversation(id);
    if (log.first <= 1) return Promise.resolve();
    return this.#page(id, 'before', { before: log.first, limit: PAGE });
  }

  /** @param {string} id @returns {Promise<void>} newer messages than those held */
  loadAfter(id) {
    const { log } = this.#state.conversation(id);
    return this.#page(id, 'after', { after: log.last, limit: PAGE });
  }

  /** @param {string} id @param {number} seq @returns {Promise<void>} forgets what was held */
  loadAround(id, seq) {
    return this.#page(id, 'around', { around: seq, limit: PAGE }, true);
  }

  /** @param {string} id @returns {Promise<void>} forgets what was held */
  loadNewest(id) {
    return this.#page(id, 'newest', { limit: PAGE }, true);
  }

  /** @param {string} id @param {number[]} seqs @returns {Promise<void>} what replies quote and nobody holds */
  loadQuoted(id, seqs) {
    return this.#once(`quoted ${id}`, async () => {
      for (const seq of seqs) {
        const position = { after: seq - 1, limit: 1 };
        const { messages } = await this.#connection.request(frames.history(id, position));
        this.#state.putQuoted(id, seq, messages.find((message) => message.seq === seq) ?? null);
      }
    });
  }

  async #greeted(hello) {
    const { limits, user } = hello;
    // Somebody else has signed in in this browser: nothing of this user may go out as theirs.
    if (user.id !== this.#state.myId) return;
    if (limits?.text) this.#state.textLimit = limits.text;
    this.#state.putUser(user);
    this.#state.markStale();
    if (this.#areHeadsKnown) this.#heads = Promise.withResolvers();
    this.#areHeadsKnown = false;
    await this.#once('sync', () => this.#summaries());
    this.#endWait();
  }

  /** What is to be known of conversations is known, or cannot be known for now. */
  #endWait() {
    this.#areHeadsKnown = true;
    this.#heads.resolve();
  }

  #lost() {
    this.#endWait();
    this.#outbox.pause();
    this.#busy.clear();
  }

  async #summaries() {
    const seen = new Set();
    let cursor = null;
    do {
      const page = await this.#connection.request(frames.sync(cursor));
      for (const data of page.conversations) {
        seen.add(data.id);
        this.#state.putConversation(data);
        const mine = data.members?.find((member) => member.user.id === this.#state.myId);
        if (mine) this.#marks.begin(data.id, mine);
        // What was read before a reload, and perhaps never told.
        this.#marks.read(data.id, this.#state.conversation(data.id).myRead);
        this.#marks.received(data.id, data.head);
      }
      if (!cursor) {
        this.#outbox.resume((entry) => this.#send(entry));
        this.#endWait();
        if (this.#openId) this.#freshen(this.#openId);
      }
      cursor = page.next;
    } while (cursor);
    for (const { id, head } of this.#state.sorted()) {
      if (head > 0 && !seen.has(id) && this.#isLongGone(id)) this.#state.removeConversation(id);
    }
    this.#state.setSynced();
  }

  /** One that came up while the pages were being read is not gone, only new. */
  #isLongGone(id) {
    return this.#state.conversation(id).isStale;
  }

  async #send(entry) {
    const { conversation, client_id, text, reply_to } = entry;
    const sent = await this.#connection.request(frames.send(entry));
    const known = this.#state.conversation(conversation);
    if (sent.duplicate) {
      // It may have been edited since: what counts is what the server holds.
      if (known && sent.seq > known.head) this.#fill({ id: conversation, after: known.head });
      return;
    }
    this.#state.putMessage(conversation, {
      seq: sent.seq,
      from: this.#state.myId,
      client_id,
      text,
      at: sent.at,
      reply_to,
      rev: 0,
      edited: false,
      deleted: false,
      reactions: {},
    });
  }

  #heard(frame) {
    const state = this.#state;
    switch (frame.type) {
      case 'message':
        state.putMessage(frame.conversation, frame.message);
        break;
      case 'change':
        state.putChange(frame.conversation, frame.message);
        break;
      case 'receipt':
        state.putMarks(frame.conversation, frame.user, frame.received, frame.read);
        if (frame.user === state.myId) this.#marks.heard(frame.conversation, frame.received, frame.read);
        break;
      case 'typing':
        state.putTyping(frame.conversation, frame.user, frame.on);
        break;
      case 'presence':
        state.putUser({ id: frame.user, online: frame.online, last_seen: frame.last_seen });
        break;
      case 'profile':
        state.putUser({ id: frame.user, name: frame.name });
        break;
      case 'conversation':
        state.putConversation(frame.conversation);
        break;
      case 'left':
        state.removeConversation(frame.conversation);
        break;
      case 'resync':
        state.markStale();
        this.#once('sync', () => this.#summaries());
        break;
      case 'error':
        // Only marks and typing are told without an id.
        this.#marks.doubt();
        break;
      default: // A later server may say more than this page knows.
    }
  }

  /** Loads a conversation, or catches it up. */
  #freshen(id) {
    const conversation = this.#state.conversation(id);
    if (!conversation) return Promise.resolve();
    const isWorthLoading = !conversation.isLoaded || this.#isFarBehind(conversation);
    this.#restored.delete(id);
    if (isWorthLoading) return this.#once(`load ${id}`, () => this.#load(conversation));
    if (!conversation.isStale) return Promise.resolve();
    return this.#once(`load ${id}`, () => this.#catchUp(conversation));
  }

  /** What the cache held is older than a page: reading on from there would take longer. */
  #isFarBehind({ id, head, log }) {
    return this.#restored.has(id) && head - log.last > LONGEST_PAGE;
  }

  async #load(conversation) {
    const { id, head, unread, myRead, rev } = conversation;
    const position =
      unread > LONGEST_PAGE - PAGE
        ? { after: Math.max(0, myRead - PAGE / 2), limit: 2 * PAGE }
        : { limit: Math.min(LONGEST_PAGE, PAGE + unread) };
    const page = head === 0 ? [] : (await this.#connection.request(frames.history(id, position))).messages;
    conversation.logRev = rev;
    this.#state.putPage(id, page, { replace: true });
    conversation.isStale = false;
  }

  async #catchUp(conversation) {
    const { id, log } = conversation;
    conversation.isStale = false;
    try {
      const isNear = conversation.head - log.last <= CATCH_UP_PAGES * LONGEST_PAGE;
      for (let page = 0; isNear && log.last < conversation.head && page < CATCH_UP_PAGES; page += 1) {
        const position = { after: log.last, limit: LONGEST_PAGE };
        this.#take(id, await this.#connection.request(frames.history(id, position)), false);
      }
      await this.#readChanges(conversation);
    } catch (error) {
      conversation.isStale = true;
      throw error;
    }
  }

  async #readChanges(conversation) {
    for (let page = 0; page < CATCH_UP_PAGES; page += 1) {
      const answer = await this.#connection.request(frames.changes(conversation.id, conversation.logRev));
      for (const message of answer.messages) this.#state.putChange(conversation.id, message);
      this.#state.putLogRev(conversation.id, answer.rev);
      if (!answer.more) return;
    }
    // Too much has changed: what is held is read anew.
    const rev = conversation.rev;
    await this.loadAround(conversation.id, conversation.log.last);
    conversation.forgetFar();
    this.#state.putLogRev(conversation.id, rev);
  }

  #fillChanges(id) {
    const conversation = this.#state.conversation(id);
    return this.#once(`changes ${id}`, () => this.#readChanges(conversation));
  }

  /** Messages were skipped: everything after the last known one is read. */
  #fill({ id, after }) {
    return this.#once(`gap ${id}`, async () => {
      const conversation = this.#state.conversation(id);
      let position = after;
      for (let more = true; more; position = conversation.head) {
        const answer = await this.#connection.request(frames.history(id, { after: position, limit: LONGEST_PAGE }));
        for (const message of answer.messages) this.#state.putMessage(id, message);
        more = answer.more_after && answer.messages.length > 0;
      }
    });
  }

  #page(id, kind, position, replace = false) {
    return this.#once(`${kind} ${id}`, async () => {
      this.#take(id, await this.#connection.request(frames.history(id, position)), replace);
    });
  }

  #take(id, answer, replace) {
    this.#state.putPage(id, answer.messages, { replace });
  }

  #again(seconds = AGAIN_S) {
    this.#timers.clearTimeout(this.#againTimer);
    this.#againTimer = this.#timers.setTimeout(() => {
      if (!this.#connection.isOnline) return;
      this.#state.markStale();
      this.#once('sync', () => this.#summaries());
    }, seconds * 1000);
  }

  /**
   * Does one thing of a kind at a time: who asks again meanwhile gets the same promise.
   * A lost connection is no failure, since the next `hello` begins all this again; a
   * refusal for now makes this begin again by itself.
   */
  #once(name, action) {
    let running = this.#busy.get(name);
    if (!running) {
      running = action()
        .catch((error) => {
          if (error instanceof Disconnected) return;
          if (!(error instanceof Refusal)) throw error;
          if (PASSING.has(error.code)) this.#again(error.retryAfter);
        })
        .finally(() => {
          if (this.#busy.get(name) === running) this.#busy.delete(name);
        });
      this.#busy.set(name, running);
    }
    return running;
  }
}
