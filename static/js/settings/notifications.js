/** Notifications: on or off, and what to do where the browser refuses. */

import { el } from '../lib/build.js';
import { setText } from '../lib/dom.js';
import { say } from '../lib/words.js';

const WORDS = {
  on: 'notificationsAreOn',
  off: 'notificationsOffer',
  blocked: 'notificationsBlocked',
  missing: 'notificationsMissing',
};

/**
 * @param {import('../notifications.js').Notifications} notifications
 * @param {(words: string) => void} done says that it is
 * @param {AbortSignal} signal the end of it
 * @returns {HTMLElement}
 */
export function makeNotifications(notifications, done, signal) {
  const words = el('p');
  const button = el('button.button.button--primary', { type: 'button', onclick: toggle });
  notifications.addEventListener('change', render, { signal });
  render();
  return el('div.settings__form', {}, words, button);

  async function toggle() {
    if (notifications.status === 'on') notifications.turnOff();
    else await notifications.turnOn();
    if (notifications.status !== 'blocked') done(say('saved'));
  }

  function render() {
    const { status } = notifications;
    setText(words, say(WORDS[status]));
    setText(button, say(status === 'on' ? 'notificationsTurnOff' : 'notificationsTurnOn'));
    button.hidden = status === 'blocked' || status === 'missing';
  }
}
