/** The line under a conversation's name: who types, who is here, when somebody was. */

import { lastSeen } from '../lib/time.js';
import { say } from '../lib/words.js';

/**
 * @param {import('../state.js').State} state
 * @param {import('../conversation.js').Conversation} conversation
 * @returns {string} '' if nobody types
 */
export function typingLine(state, conversation) {
  const typing = state.typingIn(conversation.id);
  if (typing.length === 0) return '';
  const [first, second] = typing.map((id) => state.nameOf(id));
  if (typing.length === 1) return say('isTyping', { name: first });
  return typing.length === 2 ? say('areTyping', { first, second }) : say('severalTyping');
}

/**
 * @param {import('../state.js').State} state
 * @param {import('../conversation.js').Conversation} conversation
 * @param {boolean} isConnected without a connection nobody's presence is known
 * @param {Date} [now]
 * @returns {string}
 */
export function presenceLine(state, conversation, isConnected, now = new Date()) {
  if (conversation.isNotes) return say('noteHint');
  if (conversation.kind !== 'direct') return say('members', { count: conversation.memberCount });
  const peer = state.users.get(conversation.peer);
  return peer ? presenceOf(peer, isConnected, now) || `@${peer.username}` : '';
}

/**
 * @param {import('../state.js').User} user
 * @param {boolean} isConnected
 * @param {Date} [now]
 * @returns {string} '' if nothing is known
 */
export function presenceOf(user, isConnected, now = new Date()) {
  if (isConnected && user.online) return say('online');
  return isConnected && user.last_seen ? lastSeen(new Date(user.last_seen), now) : '';
}
