/** The sign-in and sign-up forms: what a form cannot do by itself. They work without this. */

import { forgetAccount } from './account.js';
import { say } from './lib/words.js';
import { forgetCopies } from './storage.js';

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
    password.addEventListener(type, (event) => {
      const isOn = event.getModifierState?.('CapsLock') ?? false;
      capsLock.textContent = isOn ? say('capsLock') : '';
    });
  }
  password.addEventListener('blur', () => (capsLock.textContent = ''));

  (form.querySelector('[aria-invalid=true]') ?? form.querySelector('[autofocus]'))?.focus();
}
