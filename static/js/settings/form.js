/** A form of the settings: fields with their errors beside them, sent to a JSON route. */

import { el, newId } from '../lib/build.js';
import { setText } from '../lib/dom.js';
import { say } from '../lib/words.js';
import { sayError } from './errors.js';

/**
 * @param {string} label
 * @param {Record<string, string | boolean>} attributes of the input
 * @param {string} [hint]
 */
export function makeField(label, attributes, hint = '') {
  const id = newId();
  const input = el('input.field__input', { id, ...attributes });
  const error = el('p.field__error', { id: `${id}-error` });
  const described = [`${id}-error`];
  const children = [el('label.field__label', { for: id }, label), row(input, attributes.type === 'password'), error];
  if (hint) {
    children.push(el('p.field__hint', { id: `${id}-hint` }, hint));
    described.push(`${id}-hint`);
  }
  input.setAttribute('aria-describedby', described.join(' '));
  return { root: el('div.field', {}, ...children), input, refuse };

  /** @param {string} words why it was refused; '' if it was not */
  function refuse(words) {
    setText(error, words);
    input.setAttribute('aria-invalid', String(words !== ''));
  }
}

/**
 * @param {Record<string, ReturnType<typeof makeField>>} fields by their names in the protocol
 * @param {string} action what the button says
 * @param {() => Promise<void>} send rejects with a `Refusal`
 */
export function makeForm(fields, action, send) {
  const failure = el('p.field__error', { role: 'alert' });
  const button = el('button.button.button--primary', { type: 'submit' }, action);
  const all = Object.values(fields);
  const form = el('form.settings__form', { novalidate: true }, ...all.map(({ root }) => root), failure, button);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-disabled') === 'true') return;
    for (const each of all) each.refuse('');
    setText(failure, '');
    button.setAttribute('aria-disabled', 'true');
    try {
      await send();
    } catch (error) {
      const field = fields[error.field];
      if (field) {
        field.refuse(sayError(error));
        field.input.focus();
      } else {
        setText(failure, sayError(error));
      }
    } finally {
      button.removeAttribute('aria-disabled');
    }
  });
  return form;
}

/** A password can be looked at while it is typed. */
function row(input, isSecret) {
  if (!isSecret) return input;
  const show = el(
    'button.field__toggle',
    { type: 'button', 'aria-pressed': 'false', onclick: () => toggle() },
    say('showPassword'),
  );
  return el('div.field__row', {}, input, show);

  function toggle() {
    const isShown = input.type === 'password';
    input.type = isShown ? 'text' : 'password';
    show.setAttribute('aria-pressed', String(isShown));
  }
}
