/** Name, picture and presence of the open conversation. */

import { parts, setText } from '../lib/dom.js';
import { paintAvatar } from './avatar.js';
import { presenceLine, typingLine } from './presence.js';
import { preferences } from '../preferences.js';

const REFRESH_MS = 30_000;

export class ChatHeader {
  #parts;
  #state;
  #connection;
  #conversation = null;

  /**
   * @param {HTMLElement} root
   * @param {import('../state.js').State} state
   * @param {import('../connection.js').Connection} connection
   */
  constructor(root, state, connection) {
    this.#parts = parts(root, 'avatar', 'title', 'presence');
    this.#state = state;
    this.#connection = connection;
    for (const type of ['user', 'typing', 'conversation']) state.addEventListener(type, () => this.#render());
    connection.addEventListener('status', () => this.#render());
    preferences.addEventListener('change', () => this.#render());
    // 'last seen today' becomes 'yesterday' without anybody doing anything.
    setInterval(() => this.#render(), REFRESH_MS);
  }

  /** @param {import('../conversation.js').Conversation | null} conversation */
  show(conversation) {
    this.#conversation = conversation;
    this.#render();
  }

  /** Moves the focus to the name. */
  focus() {
    this.#parts.title.focus({ preventScroll: true });
  }

  #render() {
    const conversation = this.#conversation;
    if (!conversation) return;
    const { avatar, title, presence } = this.#parts;
    const isConnected = this.#connection.isOnline;
    const peer = this.#state.users.get(conversation.peer);
    const name = this.#state.titleOf(conversation);
    setText(title, name);
    paintAvatar(avatar, {
      id: conversation.peer ?? conversation.id,
      name: conversation.isNotes ? this.#state.nameOf(conversation.myId) : name,
      online: Boolean(isConnected && peer?.online && !conversation.isNotes),
    });
    const typing = isConnected ? typingLine(this.#state, conversation) : '';
    setText(presence, typing || presenceLine(this.#state, conversation, isConnected));
    presence.classList.toggle('chat-header__presence--typing', Boolean(typing));
  }
}
