/** What the menus of messages and conversations offer. Imported when the first one is opened. */

import { openMenu } from './elements/context-menu.js';
import { say } from './lib/words.js';

/** @typedef {{x: number, y: number} | null} Point */

/**
 * @param {object} page what the items do: `state`, `outbox`, `perform` and `copy`
 * @param {object} asked
 * @param {import('./conversation.js').Conversation} asked.conversation
 * @param {HTMLElement} asked.row
 * @param {Point} asked.at
 */
export function openMessageMenu({ state, outbox, perform, copy }, { conversation, row, at }) {
  if (!row.isConnected) return;
  const { seq, clientId } = row.dataset;
  const message = seq === undefined ? null : conversation.log.get(Number(seq));
  const entry = message ? null : outbox.get(clientId);
  if (!message && !entry) return;
  const item = (label, icon, action, more = {}) => ({ label: say(label), icon, act: () => perform({ action, message, clientId }), ...more });
  const own = [item('edit', 'edit', 'edit'), item('delete', 'delete', 'delete', { isDanger: true })];
  const failed = [item('retry', 'retry', 'retry'), item('copyText', 'copy', 'copy'), item('delete', 'delete', 'discard', { isDanger: true })];
  let items = [item('copyText', 'copy', 'copy')];
  if (entry?.error) items = failed;
  else if (row.classList.contains('message--deleted')) items = []; // Perhaps not for good yet.
  else if (message) {
    const isMine = message.from === state.myId;
    items = [
      item('reply', 'reply', 'reply'),
      item('react', 'smile', 'react-more'),
      ...items,
      { label: say('copyLink'), icon: 'link', act: () => copy(linkTo(conversation.id, message.seq)) },
      item('messageInfo', 'info', 'info'),
      ...(isMine ? own : []),
    ];
  }
  openMenu({ opener: row, at, label: say('actions'), items });
}

/**
 * @param {object} page what the items do: `marks`, `copy` and `showDetails`
 * @param {{conversation: import('./conversation.js').Conversation, opener: HTMLElement, at: Point}} asked
 */
export function openConversationMenu({ marks, copy, showDetails }, { conversation, opener, at }) {
  const { id, head, unread } = conversation;
  const items = [
    { label: say('details'), icon: 'info', act: () => showDetails(conversation) },
    { label: say('copyLink'), icon: 'link', act: () => copy(linkTo(id)) },
  ];
  if (unread > 0) items.unshift({ label: say('markRead'), icon: 'Read', act: () => marks.read(id, head) });
  openMenu({ opener, at, label: say('actions'), items });
}

function linkTo(...path) {
  return `${location.origin}/c/${path.map(encodeURIComponent).join('/')}`;
}
