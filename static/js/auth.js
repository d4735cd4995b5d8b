/** The sign-in and sign-up forms: what a form cannot do by itself. They work without this. */

import { forgetAccount } from './account.js';
import { say, useAllWords } from './lib/words.js';
import { forgetCopies } from './storage.js';

const allWords = useAllWords();

/** Longer, and the next field has been filled in by then. */
const LOOK_WITHIN_MS = 5_000;

const form = document.querySelector('[data-entrance]');

if (form) {
  // These forms are for who is not signed in: what the one before has read is none of their business.
  forgetAccount();
  forgetCopies();

  const password = form.querySelector('[name=password]');
  const reveal = form.querySelector('[data-reveal]');
  const capsLock = form.querySelector('[data-caps-lock]');

  reveal.hidden = false;
  reveal.addEventListener('click', () => {
    const isShown = password.type === 'password';
    password.type = isShown ? 'text' : 'password';
    reveal.setAttribute('aria-pressed', String(isShown));
    password.focus();
  });
  form.addEventListener('submit', () => (password.type = 'password'));

  for (const type of ['keydown', 'keyup']) {
    password.addEventListener(type, async (event) => {
      const isOn = event.getModifierState?.('CapsLock') ?? false;
      await allWords;
      capsLock.textContent = isOn ? say('capsLock') : '';
    });
  }
  password.addEventListener('blur', () => (capsLock.textContent = ''));

  // Who types already is not to be led elsewhere.
  if (!form.contains(document.activeElement)) form.querySelector('[autofocus]')?.focus();
}

const check = form?.querySelector('[data-username-check]');
if (check) {
  const username = form.querySelector('[name=username]');
  username.addEventListener('input', () => tell('', false));
  username.addEventListener('change', async () => {
    const wanted = username.value.trim();
    const answer = wanted ? await look(wanted) : null;
    await allWords;
    if (!answer || username.value.trim() !== wanted) return;
    if (answer.available) tell(say('usernameFree', { username: wanted.toLowerCase() }), false);
    else tell(say(answer.error ? 'error_invalid_username' : 'usernameTaken'), true);
  });

  /** @param {string} words @param {boolean} isWrong */
  function tell(words, isWrong) {
    check.textContent = words;
    check.className = isWrong ? 'field__error' : 'field__hint';
    // What the server said of another one does not count any more.
    form.querySelector('#username-error')?.remove();
    username.setAttribute('aria-invalid', String(isWrong));
  }
}

/** @param {string} username @returns {Promise<any>} null if that cannot be said now: the form will */
async function look(username) {
  try {
    const query = new URLSearchParams({ username });
    const response = await fetch(`/api/v1/available?${query}`, { signal: AbortSignal.timeout(LOOK_WITHIN_MS) });
    return response.ok || response.status === 400 ? await response.json() : null;
  } catch {
    return null;
  }
}
