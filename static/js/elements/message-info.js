/** When a message was written, whom it has reached and who has read it. Imported when first asked for. */

import { el, makeDialog } from '../lib/build.js';
import { fullTime } from '../lib/time.js';
import { say } from '../lib/words.js';
import { paintAvatar } from './avatar.js';

/**
 * @param {object} about
 * @param {import('../state.js').State} about.state
 * @param {import('../conversation.js').Conversation} about.conversation
 * @param {import('../message-log.js').Message} about.message
 * @param {() => void} about.gone called after it was closed, when the focus has to go somewhere
 */
export function showMessageInfo({ state, conversation, message, gone }) {
  const { Read, Delivered, Sent } = reachedBy(conversation, message);
  const { dialog } = makeDialog(
    say('messageInfo'),
    el(
      'dl.facts',
      {},
      ...fact(say('infoFrom'), state.nameOf(message.from)),
      ...fact(say('infoAt'), el('time', { datetime: message.at }, fullTime(new Date(message.at)))),
      ...(message.edited ? fact(say('infoEdited'), say('yes')) : []),
    ),
    ...people(state, 'infoRead', Read),
    ...people(state, 'infoDelivered', Delivered),
    ...people(state, 'infoSent', Sent),
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    gone();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** Everybody but its author, by how far it has come with them. */
function reachedBy({ members }, { from, seq }) {
  const found = { Read: [], Delivered: [], Sent: [] };
  for (const [id, { received, read }] of members) {
    if (id === from) continue;
    if (read >= seq) found.Read.push(id);
    else found[received >= seq ? 'Delivered' : 'Sent'].push(id);
  }
  return found;
}

function fact(name, value) {
  return [el('dt', {}, name), el('dd', { dir: 'auto' }, value)];
}

function people(state, title, ids) {
  if (ids.length === 0) return [];
  const rows = ids.map((id) => {
    const avatar = el('span.avatar', { 'aria-hidden': 'true' });
    paintAvatar(avatar, { id, name: state.nameOf(id) });
    return el('li.facts__person', {}, avatar, el('span', { dir: 'auto' }, state.nameOf(id)));
  });
  return [el('h3.facts__title', {}, say(title)), el('ul', {}, ...rows)];
}
