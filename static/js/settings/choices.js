/** What is chosen for this browser; it counts at once, in all its tabs. */

import { el, newId } from '../lib/build.js';
import { sayAfterChange } from '../language.js';
import { say } from '../lib/words.js';
import { CHOICES, preferences } from '../preferences.js';

/**
 * A row of choices, of which one counts.
 *
 * @param {string} title
 * @param {{value: string, label: string, lang: string | false}[]} choices
 * @param {string} chosen
 * @param {(value: string) => void} choose
 */
export function makeChoice(title, choices, chosen, choose) {
  const name = newId();
  const radios = choices.map(({ value, label, lang }) =>
    el(
      'label.choice__one',
      { lang },
      el('input', { type: 'radio', name, value, checked: value === chosen, onchange: () => choose(value) }),
      el('span', {}, label),
    ),
  );
  return el('fieldset.choice', {}, el('legend.field__label', {}, title), el('div.choice__row', {}, ...radios));
}

/**
 * The choice of one of the preferences.
 *
 * @param {import('../preferences.js').Name} name
 * @param {(words: string) => void} done says that it is
 * @param {AbortSignal} signal the end of it
 */
export function makePreference(name, done, signal) {
  const lang = (value) => (name === 'language' && value !== 'auto' ? value : false);
  const choices = CHOICES[name].map((value) => ({ value, label: say(`${name}_${value}`), lang: lang(value) }));
  const root = makeChoice(say(name), choices, preferences.get(name), (value) => {
    if (name === 'language') sayAfterChange();
    preferences.set(name, value);
    done(say('saved'));
  });
  const follow = ({ detail }) => {
    if (detail.name !== name) return;
    for (const radio of root.querySelectorAll('input')) radio.checked = radio.value === detail.value;
  };
  preferences.addEventListener('change', follow, { signal });
  return root;
}
