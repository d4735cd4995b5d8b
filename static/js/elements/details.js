/** Who is in a conversation: picture, name, username, and whether they are here. Loaded when opened. */

import { el, makeDialog } from '../lib/build.js';
import { setText } from '../lib/dom.js';
import { say } from '../lib/words.js';
import { paintAvatar } from './avatar.js';
import { presenceOf } from './presence.js';

/** Relative words change at least every minute. */
const REFRESH_MS = 30_000;

/**
 * @param {import('../conversation.js').Conversation} conversation
 * @param {import('../state.js').State} state
 * @param {import('../connection.js').Connection} connection
 */
export function openDetails(conversation, state, connection) {
  const ids = conversation.isNotes ? [conversation.myId] : conversation.others;
  const people = ids.map((id) => makePerson(id, state, connection));
  const { dialog } = makeDialog(say('details'), el('ul.persons', {}, ...people.map(({ root }) => root)));
  const paint = () => people.forEach((each) => each.paint());
  const closed = new AbortController();
  state.addEventListener('user', paint, { signal: closed.signal });
  connection.addEventListener('status', paint, { signal: closed.signal });
  const timer = setInterval(paint, REFRESH_MS);
  dialog.addEventListener('close', () => {
    closed.abort();
    clearInterval(timer);
    dialog.remove();
  });
  paint();
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {string} id
 * @param {import('../state.js').State} state
 * @param {import('../connection.js').Connection} connection
 */
function makePerson(id, state, connection) {
  const avatar = el('span.avatar', { 'aria-hidden': 'true' });
  const name = el('h3.person__name', { dir: 'auto' });
  const username = el('p.person__more', { dir: 'ltr' });
  const presence = el('p.person__more');
  return { root: el('li.person', {}, avatar, el('div.person__words', {}, name, username, presence)), paint };

  function paint() {
    const user = state.users.get(id);
    if (!user) return;
    const shown = state.nameOf(id);
    paintAvatar(avatar, { id, name: shown, online: connection.isOnline && user.online });
    setText(name, shown);
    setText(username, `@${user.username}`);
    setText(presence, presenceOf(user, connection.isOnline));
  }
}
