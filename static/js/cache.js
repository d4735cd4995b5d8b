/**
 * Copies of the latest conversations and their newest messages, kept in the browser:
 * shown at once on the next visit or without a connection, then caught up with what
 * the server says. They never outlive the session.
 */

/** More, and a phone feels what is kept; fewer, and a week without a network shows. */
const MOST_CONVERSATIONS = 50;
const MOST_MESSAGES = 200;
const WRITE_AFTER_MS = 1_000;

export class Cache {
  #storage;
  #state;
  #isAllowed;
  #timers;
  #timer;
  /** @type {Map<string, string>} by conversation: what is kept of it, as JSON */
  #kept = new Map();
  /** @type {Map<string, string>} by conversation: which messages are kept */
  #keptMessages = new Map();
  #changed = new Set();
  #isForgotten = false;

  /**
   * @param {object} options
   * @param {import('./storage.js').Storage} options.storage
   * @param {import('./state.js').State} options.state
   * @param {() => boolean} [options.isAllowed] whether whose copies these are is still signed in
   * @param {{setTimeout: Function, clearTimeout: Function}} [options.timers]
   */
  constructor({ storage, state, isAllowed = () => true, timers = globalThis }) {
    this.#storage = storage;
    this.#state = state;
    this.#isAllowed = isAllowed;
    this.#timers = timers;
  }

  /** Puts what is kept into the state, and keeps it up to date from now on. */
  async load() {
    for (const data of await this.#storage.all('conversations')) {
      this.#kept.set(data.id, JSON.stringify(data));
      this.#state.putConversation(data).isStale = true;
    }
    for (const type of ['conversation', 'messages', 'marks']) {
      this.#state.addEventListener(type, ({ detail }) => this.#later(detail.id));
    }
  }

  /** @param {string} id @returns {Promise<boolean>} whether the messages of a conversation were kept */
  async restore(id) {
    const conversation = this.#state.conversation(id);
    if (!conversation || conversation.isLoaded) return false;
    const kept = await this.#storage.get('messages', id);
    // The server may have been faster.
    if (!kept || conversation.isLoaded || this.#isForgotten) return false;
    this.#keptMessages.set(id, signatureOf(kept));
    conversation.isStale = true;
    conversation.logRev = kept.rev;
    this.#state.putPage(id, kept.messages);
    return true;
  }

  /** Keeps what has changed. */
  flush() {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isForgotten && this.#isAllowed()) this.#storage.together(() => this.#keepChanged());
  }

  /** The session is over. @returns {Promise<void>} when nothing is kept any more */
  async forget() {
    this.#isForgotten = true;
    await this.#storage.clearCopies();
  }

  #keepChanged() {
    const latest = this.#state.sorted().filter(({ head }) => head > 0).slice(0, MOST_CONVERSATIONS);
    for (const conversation of latest) {
      if (this.#changed.has(conversation.id)) this.#keep(conversation);
    }
    const ids = new Set(latest.map(({ id }) => id));
    for (const id of [...this.#kept.keys()].filter((known) => !ids.has(known))) {
      this.#kept.delete(id);
      this.#keptMessages.delete(id);
      this.#storage.remove('conversations', id);
      this.#storage.remove('messages', id);
    }
    this.#changed.clear();
  }

  #later(id) {
    this.#changed.add(id);
    this.#timer ??= this.#timers.setTimeout(() => this.flush(), WRITE_AFTER_MS);
  }

  #keep(conversation) {
    const { id, log, logRev } = conversation;
    const data = this.#dataOf(conversation);
    const json = JSON.stringify(data);
    if (this.#kept.get(id) !== json) {
      this.#kept.set(id, json);
      this.#storage.put('conversations', id, data);
    }
    // Somewhere in the middle of a long history: what is kept is the end.
    if (!conversation.isAtEnd || log.size === 0) return;
    const value = { rev: logRev, messages: log.slice(log.last - MOST_MESSAGES + 1, log.last) };
    const signature = signatureOf(value);
    if (this.#keptMessages.get(id) === signature) return;
    this.#keptMessages.set(id, signature);
    this.#storage.put('messages', id, value);
  }

  /** @returns {any} a `Conversation` of the protocol; who is online is not worth keeping */
  #dataOf(conversation) {
    const { id, kind, givenTitle, memberCount, head, rev, unread, last, updated } = conversation;
    const members = [...conversation.members].map(([userId, { role, received, read }]) => ({
      user: { ...this.#state.users.get(userId), online: false },
      role,
      received,
      read,
    }));
    return { id, kind, title: givenTitle, members, member_count: memberCount, head, rev, unread, last, updated };
  }
}

function signatureOf({ rev, messages }) {
  return `${messages[0].seq} ${messages.at(-1).seq} ${rev}`;
}
