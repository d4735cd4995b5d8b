/** The settings of oneself: what people see, and the password. */

import { ask } from '../api.js';
import { el } from '../lib/build.js';
import { say } from '../lib/words.js';
import { makeField, makeForm } from './form.js';

const MOST_NAME_CHARACTERS = 64;
const MOST_PASSWORD_CHARACTERS = 256;

/**
 * @param {import('../state.js').State} state
 * @param {(words: string) => void} done says that it is
 */
export function makeProfile(state, done) {
  const me = state.users.get(state.myId);
  const name = makeField(
    say('displayName'),
    { type: 'text', autocomplete: 'name', dir: 'auto', value: me.name, maxlength: String(MOST_NAME_CHARACTERS) },
    say('displayNameHint', { username: me.username }),
  );
  return makeForm({ name }, say('saveName'), async () => {
    const { user } = await ask('POST', 'name', { name: name.input.value });
    state.putUser({ id: user.id, name: user.name });
    done(say('saved'));
  });
}

/**
 * @param {import('../state.js').State} state
 * @param {(words: string) => void} done says that it is
 */
export function makePassword(state, done) {
  const secret = { type: 'password', maxlength: String(MOST_PASSWORD_CHARACTERS), required: true };
  const old = makeField(say('oldPassword'), { ...secret, autocomplete: 'current-password' });
  const fresh = makeField(say('newPassword'), { ...secret, autocomplete: 'new-password' }, say('passwordRules'));
  const form = makeForm({ old, new: fresh }, say('changePassword'), async () => {
    await ask('POST', 'password', { old: old.input.value, new: fresh.input.value });
    form.reset();
    form.dispatchEvent(new Event('changed'));
    done(say('passwordChanged'));
  });
  // Password managers want to know whose password it is.
  const { username } = state.users.get(state.myId);
  form.prepend(el('input', { type: 'text', autocomplete: 'username', value: username, readonly: true, hidden: true }));
  return form;
}
