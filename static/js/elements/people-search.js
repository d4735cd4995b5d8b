/**
 * The search box: chats one has and people one may write to, in one list of options.
 * Arrows choose, Enter opens, Escape clears.
 */

import { clone, parts, reconcile, setText } from '../lib/dom.js';
import { frames } from '../protocol.js';
import { say } from '../lib/words.js';
import { paintAvatar } from './avatar.js';

const PAUSE_MS = 150;

export class PeopleSearch {
  #input;
  #list;
  #note;
  #nav;
  #state;
  #connection;
  #announcer;
  /** Where anybody may sign up; null elsewhere. */
  #invite;
  #onPick;
  #timer;
  #asked = 0;
  /** @type {Map<string, Element>} by user id */
  #options = new Map();
  #active = -1;

  /**
   * @param {HTMLElement} root the navigation
   * @param {object} parts
   * @param {import('../state.js').State} parts.state
   * @param {import('../connection.js').Connection} parts.connection
   * @param {import('./announcer.js').Announcer} parts.announcer
   * @param {(userId: string) => void} parts.onPick
   */
  constructor(root, { state, connection, announcer, onPick }) {
    this.#nav = root;
    this.#input = root.querySelector('input[type=search]');
    this.#list = root.querySelector('#people');
    this.#invite = root.querySelector('[data-nobody]');
    this.#note = root.querySelector('[data-people-note]');
    this.#state = state;
    this.#connection = connection;
    this.#announcer = announcer;
    this.#onPick = onPick;
    this.#input.addEventListener('input', () => this.#typed());
    this.#input.addEventListener('keydown', (event) => this.#pressed(event));
    this.#list.addEventListener('click', (event) => this.#pick(event.target.closest('[role=option]')));
    // The list must still be there when the click comes, so the box keeps the focus.
    this.#list.addEventListener('pointerdown', (event) => event.preventDefault());
    connection.addEventListener('hello', () => this.#query && this.#search());
  }

  focus() {
    this.#input.focus();
    this.#input.select();
  }

  clear() {
    this.#input.value = '';
    this.#typed();
  }

  get #query() {
    return this.#input.value.trim();
  }

  #typed() {
    clearTimeout(this.#timer);
    if (!this.#query) {
      this.#asked += 1;
      this.#show([], '');
      return;
    }
    this.#timer = setTimeout(() => this.#search(), PAUSE_MS);
  }

  async #search() {
    clearTimeout(this.#timer);
    const query = this.#query;
    this.#asked += 1;
    const asked = this.#asked;
    const known = this.#knownPeople(query);
    try {
      const { users } = await this.#connection.request(frames.findUsers(query));
      if (asked !== this.#asked) return;
      for (const user of users) if (this.#state.users.has(user.id)) this.#state.putUser(user);
      const found = [...known, ...users.filter((user) => !known.some(({ id }) => id === user.id))];
      const isNobody = found.length === 0;
      this.#show(found, isNobody ? say('searchEmpty', { query }) : '', isNobody);
      if (!isNobody) this.#announcer.speak(say('searchResults', { count: found.length }));
      else this.#announcer.speak(say('searchEmpty', { query }));
    } catch {
      if (asked !== this.#asked) return;
      this.#show(known, say(this.#connection.isOnline ? 'searchFailed' : 'searchOffline'));
    }
  }

  /** People one has a chat with, by any part of a word: those are there without a connection. */
  #knownPeople(query) {
    const wanted = query.toLocaleLowerCase();
    return this.#state
      .sorted()
      .filter((conversation) => conversation.kind === 'direct' && !conversation.isNotes)
      .map((conversation) => this.#state.users.get(conversation.peer))
      .filter(
        (user) =>
          user &&
          (user.username.startsWith(wanted) ||
            user.name.toLocaleLowerCase().split(/\s+/u).some((word) => word.startsWith(wanted))),
      );
  }

  #show(users, note, isNobody = false) {
    const isSearching = this.#query !== '';
    this.#nav.classList.toggle('sidebar--searching', isSearching);
    this.#list.hidden = users.length === 0;
    this.#note.hidden = note === '';
    this.#invite?.toggleAttribute('hidden', !isNobody);
    setText(this.#note, note);
    // Whoever is about to be clicked stays the same node.
    const options = users.map((user, index) => ({ user, index }));
    const create = () => clone('person');
    reconcile(this.#list, options, this.#options, ({ user }) => user.id, create, (node, option) => this.#paint(node, option));
    this.#activate(users.length > 0 ? 0 : -1);
  }

  #paint(node, { user, index }) {
    const { avatar, name, username } = parts(node, 'avatar', 'name', 'username');
    node.id = `person-${index}`;
    node.dataset.userId = user.id;
    const known = this.#state.users.get(user.id) ?? user;
    paintAvatar(avatar, { id: user.id, name: user.name, online: Boolean(known.online) });
    setText(name, user.name);
    setText(username, `@${user.username}`);
  }

  #pressed(event) {
    if (event.isComposing) return;
    const count = this.#list.children.length;
    if (event.key === 'Escape') {
      this.clear();
    } else if (event.key === 'ArrowDown' && count > 0) {
      event.preventDefault();
      this.#activate((this.#active + 1) % count);
    } else if (event.key === 'ArrowUp' && count > 0) {
      event.preventDefault();
      this.#activate((this.#active - 1 + count) % count);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.#pick(this.#list.children[this.#active]);
    }
  }

  #activate(index) {
    this.#active = index;
    for (const [place, option] of [...this.#list.children].entries()) {
      option.setAttribute('aria-selected', String(place === index));
      if (place === index) option.scrollIntoView({ block: 'nearest' });
    }
    const active = this.#list.children[index];
    if (active) this.#input.setAttribute('aria-activedescendant', active.id);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  #pick(option) {
    if (!option) return;
    this.#onPick(option.dataset.userId);
    this.clear();
  }
}
