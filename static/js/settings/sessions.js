/** Where one is signed in, and the end of that. */

import { ask } from '../api.js';
import { el } from '../lib/build.js';
import { setText } from '../lib/dom.js';
import { deviceOf } from '../lib/devices.js';
import { dateTime } from '../lib/time.js';
import { say } from '../lib/words.js';
import { sayError } from './errors.js';

/**
 * @param {(words: string) => void} done says that it is
 * @returns {{root: HTMLElement, load: () => Promise<void>}}
 */
export function makeSessions(done) {
  const list = el('ul.sessions');
  const failure = el('p.field__error', { role: 'alert' });
  const others = el(
    'button.button.button--quiet',
    { type: 'button', hidden: true, onclick: () => end('other-sessions', say('othersEnded')) },
    say('endOthers'),
  );
  const note = el('p.field__hint', {}, say('loading'));
  return { root: el('div.settings__form', {}, note, list, failure, others), load };

  async function load() {
    try {
      const { sessions } = await ask('GET', 'sessions');
      note.remove();
      list.replaceChildren(...sessions.map(row));
      others.hidden = sessions.length < 2;
      setText(failure, '');
    } catch (error) {
      setText(failure, sayError(error));
    }
  }

  /** @param {string} path @param {string} words */
  async function end(path, words) {
    try {
      await ask('DELETE', path);
      done(words);
    } catch (error) {
      // Gone already: then it is what was wanted.
      if (error.code !== 'not_found') {
        setText(failure, sayError(error));
        return;
      }
    }
    await load();
    // The button that was pressed is gone with what it ended.
    const next = list.querySelector('button') ?? list.closest('dialog').querySelector('button');
    next.focus();
  }

  function row({ id, current, created, last_seen: lastSeen, address, agent }) {
    const device = nameOf(agent);
    const now = current ? say('thisSession') : say('lastActive', { time: dateTime(new Date(lastSeen)) });
    return el(
      'li.session',
      {},
      el(
        'div.session__words',
        {},
        el('p.session__device', { title: agent }, device),
        el('p.session__more', { class: current ? 'session__more session__more--current' : 'session__more' }, now),
        el('p.session__more', {}, say('signedIn', { time: dateTime(new Date(created)), address })),
      ),
      ...(current
        ? []
        : [
            el(
              'button.button.button--quiet',
              {
                type: 'button',
                'aria-label': say('endSession', { device }),
                onclick: () => end(`sessions/${id}`, say('sessionEnded')),
              },
              say('end'),
            ),
          ]),
    );
  }
}

/** @param {string} agent */
function nameOf(agent) {
  const { program, system } = deviceOf(agent);
  if (program && system) return say('deviceOn', { program, system });
  return program || system || say('deviceUnknown');
}
