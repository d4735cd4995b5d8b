/** All shortcuts on one page. Imported when first asked for. */

import { el, makeDialog } from '../lib/build.js';
import { say } from '../lib/words.js';

const COMMAND = /^(?:Mac|iP)/u.test(navigator.platform) ? '⌘' : 'Ctrl';

/** What is done, by which keys; of several in one row each does it. */
const SHEET = [
  ['keysAnywhere', [
    ['keySearch', `${COMMAND} K`, '/'],
    ['keyChats', 'Alt ↑', 'Alt ↓'],
    ['keyUnreadChats', 'Alt Shift ↑', 'Alt Shift ↓'],
    ['keyUndo', `${COMMAND} Z`],
    ['keyHelp', `${COMMAND} /`, '?'],
  ]],
  ['keysWriting', [
    ['keySend', 'Enter'],
    ['keyBreak', 'Shift Enter'],
    ['keyEditLast', '↑'],
    ['keyEmoji', ':'],
    ['keyCancel', 'Esc'],
  ]],
  ['keysMessages', [
    ['keyToMessages', 'Shift Tab'],
    ['keyMove', '↑', '↓', 'Home', 'End'],
    ['keyToolbar', 'Enter'],
    ['keyMenu', 'Shift F10'],
    ['keyToComposer', 'Esc'],
  ]],
];

/** @param {boolean} sendsByEnter */
export function showShortcuts(sendsByEnter) {
  const { dialog } = makeDialog(say('shortcutSheet'), ...SHEET.flatMap(([title, rows]) => [
    el('h3.keys__title', {}, say(title)),
    el('dl.keys', {}, ...rows.flatMap(([what, ...keys]) => [el('dt', {}, say(what)), el('dd', {}, ...shown(what, keys, sendsByEnter))])),
  ]));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function shown(what, keys, sendsByEnter) {
  let own = keys;
  if (what === 'keySend' && !sendsByEnter) own = [`${COMMAND} Enter`];
  if (what === 'keyBreak' && !sendsByEnter) own = ['Enter'];
  return own.map((combination) => el('span', {}, ...combination.split(' ').map((key) => el('kbd', {}, key))));
}
