/** What the timeline shows of a conversation, as plain values: no DOM, and nothing that is kept. */

import { preview } from './formatting.js';
import { isJoined, withEntries } from './lib/rows.js';
import { say } from './lib/words.js';

/** @typedef {import('./elements/message-row.js').Row} Row */

export class TimelineRows {
  #state;
  #outbox;
  #deletions;

  /**
   * @param {object} parts
   * @param {import('./state.js').State} parts.state
   * @param {import('./outbox.js').Outbox} parts.outbox
   * @param {import('./deletions.js').Deletions} parts.deletions
   */
  constructor({ state, outbox, deletions }) {
    this.#state = state;
    this.#outbox = outbox;
    this.#deletions = deletions;
  }

  /**
   * @param {import('./conversation.js').Conversation} conversation
   * @param {number} from the first `seq` shown
   * @param {number} to the last; with Infinity also what is on its way
   * @param {number | null} dividerSeq the first message of somebody else from here on is marked as new
   * @returns {(Row & {isDivided: boolean})[]} from old to new
   */
  rows(conversation, from, to, dividerSeq) {
    const { log, id, kind, myId } = conversation;
    const entries = to === Infinity ? this.#outbox.in(id) : [];
    let above = null;
    let isDivided = false;
    return withEntries(log.slice(from, to), entries).map((item) => {
      const row =
        item.seq === undefined ? this.#rowOfEntry(conversation, item) : this.#rowOfMessage(conversation, item);
      row.isDivided = !isDivided && dividerSeq !== null && item.seq >= dividerSeq && row.from !== myId;
      isDivided ||= row.isDivided;
      row.isJoined = !row.isDivided && isJoined(above, row);
      row.showsAuthor = kind !== 'direct' && !row.isMine && !row.isJoined;
      above = row;
      return row;
    });
  }

  #rowOfEntry(conversation, entry) {
    const { myId } = conversation;
    return {
      key: `${myId}/${entry.client_id}`,
      seq: null,
      clientId: entry.client_id,
      from: myId,
      author: '',
      isMine: true,
      at: new Date(entry.order),
      text: entry.text,
      isEdited: false,
      state: entry.error ? 'Failed' : 'Sending',
      error: entry.error,
      quote: this.#quote(conversation, entry.reply_to),
      reactions: [],
    };
  }

  #rowOfMessage(conversation, message) {
    const { myId, id } = conversation;
    const isMine = message.from === myId;
    const isDeleted = message.deleted || this.#deletions.has(id, message.seq);
    return {
      // The same from the moment of writing on, so that the row stays the same node.
      key: `${message.from}/${message.client_id}`,
      seq: message.seq,
      clientId: message.client_id,
      from: message.from,
      author: this.#state.nameOf(message.from),
      isMine,
      at: new Date(message.at),
      text: isDeleted ? null : message.text,
      isEdited: message.edited,
      state: isMine && !isDeleted ? conversation.reachOf(message.seq) : null,
      error: null,
      quote: this.#quote(conversation, message.reply_to),
      reactions: isDeleted ? [] : this.#reactions(conversation, message),
    };
  }

  #quote(conversation, seq) {
    if (!seq) return null;
    const { myId } = conversation;
    const message = conversation.quoted(seq);
    if (!message) return { seq, author: '', text: '…', isUnknown: message === undefined };
    return {
      seq,
      author: message.from === myId ? say('you') : this.#state.nameOf(message.from),
      text: message.deleted ? say('messageDeleted') : preview(message.text),
    };
  }

  #reactions({ myId }, message) {
    return Object.entries(message.reactions ?? {}).map(([emoji, ids]) => ({
      emoji,
      count: ids.length,
      isMine: ids.includes(myId),
      names: ids.map((id) => (id === myId ? say('you') : this.#state.nameOf(id))).join(', '),
    }));
  }
}
