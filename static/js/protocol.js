/**
 * The wire, version 1: what the page says to the server, and the codes it hears.
 * Names here are those of docs/protocol.md. Frames that the page does not know are ignored.
 */

/** Why the server closed the socket (docs/protocol.md, 'Close codes'). */
export const Close = Object.freeze({
  TOO_BIG: 1009,
  RESTARTING: 1012,
  OVERLOADED: 1013,
  SESSION_ENDED: 4401,
  TOO_SLOW: 4408,
  TOO_MANY: 4429,
});

/** Builders of the frames that the page sends; the connection adds `id`. */
export const frames = Object.freeze({
  ping: () => ({ type: 'ping' }),
  /** @param {string | null} [cursor] */
  sync: (cursor) => (cursor ? { type: 'sync', cursor } : { type: 'sync' }),
  /** @param {{user: string} | {conversation: string}} what somebody, or a conversation by its id */
  open: (what) => ({ type: 'open', ...what }),
  /** @param {{conversation: string, client_id: string, text: string, reply_to?: number | null}} entry */
  send: ({ conversation, client_id, text, reply_to }) =>
    reply_to
      ? { type: 'send', conversation, client_id, text, reply_to }
      : { type: 'send', conversation, client_id, text },
  /**
   * @param {string} conversation
   * @param {{before?: number, after?: number, around?: number, limit?: number}} [position]
   */
  history: (conversation, position = {}) => ({ type: 'history', conversation, ...position }),
  /** @param {string} conversation @param {number} after @param {number} [limit] */
  changes: (conversation, after, limit = 200) => ({ type: 'changes', conversation, after, limit }),
  /** @param {'received' | 'read'} type @param {string} conversation @param {number} seq */
  mark: (type, conversation, seq) => ({ type, conversation, seq }),
  /** @param {string} conversation @param {boolean} on */
  typing: (conversation, on) => ({ type: 'typing', conversation, on }),
  /** @param {string} q @param {number} [limit] */
  findUsers: (q, limit = 20) => ({ type: 'find_users', q, limit }),
  /** @param {string} conversation @param {number} seq @param {string} text */
  edit: (conversation, seq, text) => ({ type: 'edit', conversation, seq, text }),
  /** @param {string} conversation @param {number} seq */
  delete: (conversation, seq) => ({ type: 'delete', conversation, seq }),
  /** @param {string} conversation @param {number} seq @param {string} emoji @param {boolean} on */
  react: (conversation, seq, emoji, on) => ({ type: 'react', conversation, seq, emoji, on }),
});

/** The server said no: an `error` frame as an exception. */
export class Refusal extends Error {
  /** @param {{code: string, message?: string, field?: string, retry_after?: number}} frame */
  constructor({ code, message, field, retry_after: retryAfter }) {
    super(message || code);
    this.name = 'Refusal';
    this.code = code;
    this.field = field;
    /** Seconds to wait, with `rate_limited`. */
    this.retryAfter = retryAfter;
  }
}

/** The connection went before the answer came: the request may or may not have been carried out. */
export class Disconnected extends Error {
  /** @param {number} [code] the close code, if there was one */
  constructor(code) {
    super('The connection was lost.');
    this.name = 'Disconnected';
    this.code = code;
  }
}
