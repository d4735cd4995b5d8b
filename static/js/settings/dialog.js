/** The settings. Loaded when they are opened for the first time. */

import { el, makeDialog, newId } from '../lib/build.js';
import { setText } from '../lib/dom.js';
import { say } from '../lib/words.js';
import { makePreference } from './choices.js';
import { makeNotifications } from './notifications.js';
import { makePassword, makeProfile } from './profile.js';
import { makeSessions } from './sessions.js';

const SAID_MS = 5_000;

/**
 * Opens them; what was typed and not sent is gone the next time.
 *
 * @param {import('../state.js').State} state
 * @param {import('../notifications.js').Notifications} notifications
 */
export function openSettings(state, notifications) {
  const closed = new AbortController();
  const sessions = makeSessions(done);
  const password = makePassword(state, done);
  password.addEventListener('changed', () => sessions.load()); // it has ended all others
  const { dialog, status } = makeDialog(
    say('settings'),
    section(say('profile'), makeProfile(state, done)),
    section(say('appearance'), ...['theme', 'clock', 'send', 'shortcuts', 'language'].map(makeChoice)),
    section(
      say('notifications'),
      makeNotifications(notifications, done, closed.signal),
      ...['preview', 'sound', 'elsewhere'].map(makeChoice),
    ),
    section(say('password'), password),
    section(say('sessions'), sessions.root),
  );
  dialog.classList.add('settings');
  dialog.addEventListener('close', () => {
    closed.abort();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
  sessions.load();

  function makeChoice(name) {
    return makePreference(name, done, closed.signal);
  }

  let timer;
  function done(words) {
    clearTimeout(timer);
    setText(status, '');
    // The same words again are spoken again only if they were gone in between.
    requestAnimationFrame(() => setText(status, words));
    timer = setTimeout(() => setText(status, ''), SAID_MS);
  }
}

/** @param {string} title @param {...Node} children */
function section(title, ...children) {
  const id = newId();
  return el('section.settings__part', { 'aria-labelledby': id }, el('h3.settings__title', { id }, title), ...children);
}
