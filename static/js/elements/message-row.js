/**
 * One message in the timeline. The node stays the same from the moment of writing
 * to the last tick; only what has changed is painted again.
 */

import { clone, parts, reconcile, setText } from '../lib/dom.js';
import { isEmojiOnly } from '../lib/emoji.js';
import { clockTime, fullTime } from '../lib/time.js';
import { hasWords, say } from '../lib/words.js';
import { formattedText } from './formatted-text.js';

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {number | null} seq null while it is on its way
 * @property {string} clientId
 * @property {string} from
 * @property {string} author
 * @property {boolean} isMine
 * @property {boolean} showsAuthor
 * @property {boolean} isJoined to the one above, by the same person
 * @property {Date} at
 * @property {string | null} text null when deleted
 * @property {boolean} isEdited
 * @property {'Sending' | 'Sent' | 'Delivered' | 'Read' | 'Failed' | null} state null for others' messages
 * @property {string | null} error
 * @property {{seq: number, author: string, text: string} | null} quote
 * @property {{emoji: string, count: number, isMine: boolean, names: string}[]} reactions
 */

const painted = new WeakMap();
/** @type {WeakMap<Element, Map<string, Element>>} by row: its reactions, which may be in focus */
const chips = new WeakMap();
let labels = 0;

/** @returns {HTMLElement} */
export function createMessageRow() {
  const node = clone('message');
  labels += 1;
  const labelled = parts(node, 'author', 'quote', 'text', 'edited', 'time', 'stateWords', 'failureReason');
  for (const [name, element] of Object.entries(labelled)) element.id = `message-${labels}-${name}`;
  node.setAttribute('aria-labelledby', Object.values(labelled).map(({ id }) => id).join(' '));
  return node;
}

/** @param {HTMLElement} node @param {Row} row */
export function paintMessageRow(node, row) {
  const before = painted.get(node);
  const now = `${clockTime(row.at)}${JSON.stringify(row)}`; // the hours may be told in another way by now
  if (before === now) return;
  painted.set(node, now);

  const the = parts(
    node,
    'author', 'authorName', 'text', 'edited', 'time', 'state', 'stateIcon', 'stateWords',
    'quote', 'quoteAuthor', 'quoteText', 'failure', 'failureReason', 'reactions',
  );
  const isDeleted = row.text === null;
  if (row.seq === null) delete node.dataset.seq;
  else node.dataset.seq = String(row.seq);
  node.dataset.clientId = row.clientId;
  node.classList.toggle('message--mine', row.isMine);
  node.classList.toggle('message--joined', row.isJoined);
  node.classList.toggle('message--deleted', isDeleted);
  node.classList.toggle('message--failed', row.state === 'Failed');
  node.classList.toggle('message--pending', row.state === 'Sending');
  setText(the.authorName, row.isMine ? say('you') : row.author);
  the.author.classList.toggle('visually-hidden', !row.showsAuthor);

  node.classList.toggle('message--emoji', !isDeleted && !row.quote && isEmojiOnly(row.text));
  if (isDeleted) setText(the.text, say('messageDeleted'));
  else if (the.text.textContent !== row.text) the.text.replaceChildren(...formattedText(row.text));

  the.edited.hidden = !row.isEdited || isDeleted;
  setText(the.edited, the.edited.hidden ? '' : say('edited')); // A hidden label is read all the same.
  setText(the.time, clockTime(row.at));
  the.time.dateTime = row.at.toISOString();
  the.time.title = fullTime(row.at);

  the.state.hidden = row.state === null;
  if (row.state !== null) {
    the.stateIcon.setAttribute('href', `#icon-${row.state}`);
    the.state.dataset.reach = row.state.toLowerCase();
    setText(the.stateWords, say(`state${row.state}`));
    // When it was delivered or read nobody says.
    const isOnlySent = row.state !== 'Delivered' && row.state !== 'Read';
    the.state.title = say(isOnlySent ? 'stateAt' : 'stateSentAt', { state: say(`state${row.state}`), time: the.time.title });
  } else {
    setText(the.stateWords, '');
  }

  the.quote.hidden = !row.quote || isDeleted;
  setText(the.quoteAuthor, row.quote?.author ?? '');
  setText(the.quoteText, row.quote?.text ?? '');

  the.failure.hidden = row.error === null;
  setText(the.failureReason, row.error === null ? '' : reasonOf(row.error));

  the.reactions.hidden = row.reactions.length === 0;
  if (!chips.has(node)) chips.set(node, new Map());
  reconcile(the.reactions, row.reactions, chips.get(node), ({ emoji }) => emoji, () => clone('reaction'), paintChip);
}

/** @param {string} error a refusal's code @returns {string} why a message was not sent */
export function reasonOf(error) {
  const key = `failed_${error}`;
  return say(hasWords(key) ? key : 'failed_other');
}

function paintChip(node, { emoji, count, isMine, names }) {
  const button = node.firstElementChild;
  const { emoji: picture, count: number } = parts(button, 'emoji', 'count');
  setText(picture, emoji);
  setText(number, count > 1 ? String(count) : '');
  button.dataset.emoji = emoji;
  button.setAttribute('aria-pressed', String(isMine));
  button.setAttribute('aria-label', say('reactionBy', { emoji, names }));
  button.title = names;
}
