/**
 * The other tabs of the same account: told what happens here, and asked to wait while
 * this one does what only one may do.
 *
 * Events: whatever another tab has told, by its type, with its detail.
 */

export class Tabs extends EventTarget {
  #prefix;
  #channel;
  #locks;

  /**
   * @param {object} options
   * @param {string} options.userId
   * @param {BroadcastChannel | null} [options.channel]
   * @param {LockManager | undefined} [options.locks] missing on plain http other than localhost
   */
  constructor({ userId, channel = channelOf(userId), locks = navigator.locks }) {
    super();
    this.#prefix = `parley.${userId}.`;
    this.#channel = channel;
    this.#locks = locks;
    if (!channel) return;
    channel.onmessage = ({ data }) => {
      this.dispatchEvent(new CustomEvent(data.type, { detail: data.detail }));
    };
  }

  /** @param {string} type @param {any} detail what every other tab hears */
  tell(type, detail) {
    this.#channel?.postMessage({ type, detail });
  }

  /**
   * Does something as soon as no other tab does the thing of this name. A tab that is
   * closed or crashes has ended what it did. Without locks nobody waits.
   *
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} action
   * @returns {Promise<T>}
   */
  alone(name, action) {
    return this.#locks ? this.#locks.request(this.#prefix + name, action) : action();
  }
}

function channelOf(userId) {
  return typeof BroadcastChannel === 'function' ? new BroadcastChannel(`parley.${userId}`) : null;
}
