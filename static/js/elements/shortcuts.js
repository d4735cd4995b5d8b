/** Keys that work anywhere on the page. Those of one key do nothing while somebody types, or when switched off. */

import { preferences } from '../preferences.js';

/** @typedef {'search' | 'next' | 'previous' | 'nextUnread' | 'previousUnread' | 'help' | 'undo'} Shortcut */

/**
 * @param {Record<Shortcut, () => void | false>} does false: there was nothing to do, the key means something else
 */
export function listenForShortcuts(does) {
  document.addEventListener('keydown', (event) => {
    // A dialog is a page of its own.
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
    const shortcut = shortcutOf(event);
    if (shortcut && does[shortcut]() !== false) event.preventDefault();
  });
}

/** @param {KeyboardEvent} event @returns {Shortcut | null} */
function shortcutOf({ key, ctrlKey, metaKey, altKey, shiftKey, target }) {
  if ((ctrlKey || metaKey) && !altKey && !shiftKey) return { k: 'search', '/': 'help', z: 'undo' }[key.toLowerCase()] ?? null;
  if (ctrlKey || metaKey) return null;
  if (altKey && key === 'ArrowDown') return shiftKey ? 'nextUnread' : 'next';
  if (altKey && key === 'ArrowUp') return shiftKey ? 'previousUnread' : 'previous';
  if (altKey || preferences.get('shortcuts') === 'off' || target.closest('input, textarea, select')) return null;
  return { '/': 'search', '?': 'help' }[key] ?? null;
}
