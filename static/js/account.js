/**
 * Who is signed in here: the page says so; the one that is kept for the time without a
 * network cannot know, so the browser remembers the last who was, until nobody is.
 */

const KEY = 'parley.account';

/** @typedef {{id: string, username: string, name: string}} Account */

/**
 * @param {HTMLElement} [body]
 * @returns {Promise<Account>} never settles where nobody is signed in: the page is being left then
 */
export async function whoIsHere(body = document.body) {
  const { userId, username, name } = body.dataset;
  const account = userId ? { id: userId, username, name } : remembered();
  if (account) {
    remember(account);
    return account;
  }
  location.replace('/login');
  return new Promise(() => {});
}

/** Whether this page was kept by the service worker, and so has nobody in it. */
export function isShell() {
  return !document.body.dataset.userId;
}

/** @param {string} id @returns {boolean} whether it is still they who are signed in, as far as is known here */
export function isHere(id) {
  const account = remembered();
  return account === null ? isStorageAway() : account.id === id;
}

/** @param {string} [id] who is not signed in any more; anybody if left out */
export function forgetAccount(id) {
  if (id !== undefined && remembered()?.id !== id) return;
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was remembered.
  }
}

/**
 * Gives a page that was kept what it lacks: the token without which the server takes no form.
 *
 * @returns {Promise<void>} when it has it, or cannot get it
 */
export async function fillShell() {
  try {
    const page = await (await fetch('/', { cache: 'no-store', redirect: 'error' })).text();
    const token = page.match(/<meta name="xsrf" content="([^"]+)"/u)?.[1];
    if (!token) return;
    document.querySelector('meta[name="xsrf"]').content = token;
    const field = Object.assign(document.createElement('input'), { type: 'hidden', name: '_xsrf', value: token });
    document.querySelector('form[action="/logout"]').prepend(field);
  } catch {
    // Signing out says that it did not work, and the next page has the token.
  }
}

/** @param {Account} account */
function remember(account) {
  try {
    localStorage.setItem(KEY, JSON.stringify(account));
  } catch {
    // Then there is nothing to read without a network.
  }
}

/** @returns {Account | null} */
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function isStorageAway() {
  try {
    localStorage.getItem(KEY);
    return false;
  } catch {
    return true;
  }
}
