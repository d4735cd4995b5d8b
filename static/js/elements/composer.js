/** The box to write in: new messages, replies and edits, drafts, typing. */

import { preview } from '../formatting.js';
import { isTouch, parts, setText } from '../lib/dom.js';
import { characterCount, tidy } from '../lib/text.js';
import { preferences } from '../preferences.js';
import { frames } from '../protocol.js';
import { say } from '../lib/words.js';

const COUNT_FROM_LEFT = 200;
const DRAFT_AFTER_MS = 300;
/** Below the 6 s after which the others forget it. */
const TYPING_EVERY_MS = 4_000;
const TYPING_UNTIL_MS = 5_000;

export class Composer extends EventTarget {
  #form;
  #text;
  #send;
  #parts;
  #state;
  #drafts;
  #connection;
  #announcer;
  /** @type {import('./emoji-suggestions.js').EmojiSuggestions | null} */
  #suggestions = null;
  #conversation = null;
  /** @type {{kind: 'new' | 'reply' | 'edit', message: any, kept?: string}} */
  #mode = { kind: 'new', message: null };
  #draftTimer;
  /** The draft as this tab last knew it: another one may have a newer one by now. */
  #draft = '';
  #typingAt = 0;
  #typingTimer;
  #isComposing = false;

  /**
   * Events: `send` (detail `{text, reply_to}`), `edit` (detail `{message, text}`),
   * `edit-last` (arrow up in an empty box), `emoji` (the picker is asked for),
   * `leave` (Escape, with nothing to cancel).
   *
   * @param {HTMLFormElement} form
   * @param {object} parts
   */
  constructor(form, { state, drafts, connection, announcer }) {
    super();
    this.#form = form;
    this.#text = form.querySelector('textarea');
    this.#send = form.querySelector('.composer__send');
    this.#parts = parts(form, 'context', 'contextIcon', 'contextTitle', 'contextText', 'contextCancel',
      'contextCancelLabel', 'count', 'emoji', 'suggestions');
    this.#state = state;
    this.#drafts = drafts;
    this.#connection = connection;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#announcer = announcer;
    this.#parts.emoji.addEventListener('click', () => this.dispatchEvent(new CustomEvent('emoji')));
    this.#text.addEventListener('input', () => this.#typed());
    this.#text.addEventListener('keydown', (event) => this.#pressed(event));
    this.#text.addEventListener('blur', () => this.saveDraft());
    this.#text.addEventListener('compositionstart', () => (this.#isComposing = true));
    this.#text.addEventListener('compositionend', () => (this.#isComposing = false));
    this.#parts.contextCancel.addEventListener('click', () => this.cancel());
    // A tap on the button must not close the keyboard of a phone.
    this.#send.addEventListener('pointerdown', (event) => event.preventDefault());
    state.addEventListener('user', () => this.#label());
    drafts.addEventListener('change', (event) => this.#draftChanged(event.detail));
  }

  /** @param {import('../conversation.js').Conversation | null} conversation */
  show(conversation) {
    if (conversation === this.#conversation) return;
    this.saveDraft();
    this.#stopTyping();
    this.#conversation = conversation;
    this.#setMode({ kind: 'new', message: null });
    this.#draft = conversation ? this.#drafts.get(conversation.id) : '';
    this.#setText(this.#draft);
    this.#label();
  }

  /** Keeps what is written so far, without waiting for a pause. */
  saveDraft() {
    clearTimeout(this.#draftTimer);
    if (!this.#conversation || this.#mode.kind === 'edit') return;
    const text = this.#text.value.trim() === '' ? '' : this.#text.value;
    if (text === this.#draft) return;
    this.#draft = text;
    this.#drafts.set(this.#conversation.id, text);
  }

  /** Whether nothing is written in it. */
  get isEmpty() {
    return this.#text.value === '';
  }

  /** Whether Enter alone sends; on a phone it never does. */
  get sendsByEnter() {
    return !isTouch() && preferences.get('send') === 'enter';
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** @param {any} message what the next message answers */
  reply(message) {
    const kept = this.#mode.kind === 'edit' ? this.#mode.kept : undefined;
    this.#setMode({ kind: 'reply', message });
    if (kept !== undefined) this.#setText(kept);
    this.focus();
  }

  /** @param {any} message of one's own, to be written anew */
  edit(message) {
    const kept = this.#mode.kind === 'edit' ? this.#mode.kept : this.#text.value;
    this.saveDraft();
    this.#setMode({ kind: 'edit', message, kept });
    this.#setText(message.text);
    this.focus();
  }

  /** Back to a new message, with the draft that was there. */
  cancel() {
    const { kind, kept } = this.#mode;
    this.#setMode({ kind: 'new', message: null });
    if (kind === 'edit') this.#setText(kept ?? '');
    this.focus();
  }

  /** @param {string} text comes where the caret is */
  insert(text) {
    const { selectionStart, selectionEnd } = this.#text;
    this.#text.setRangeText(text, selectionStart, selectionEnd, 'end');
    this.#typed();
  }

  #submit() {
    const text = tidy(this.#text.value);
    if (!text || !this.#conversation) return;
    if (characterCount(text) > this.#state.textLimit) {
      this.#paintCount();
      this.focus();
      return;
    }
    const { kind, message, kept } = this.#mode;
    this.#stopTyping();
    this.#setMode({ kind: 'new', message: null });
    this.#setText(kind === 'edit' ? (kept ?? '') : '');
    this.focus();
    const detail = kind === 'edit'
      ? { message, text }
      : { text, reply_to: kind === 'reply' ? message.seq : null };
    this.dispatchEvent(new CustomEvent(kind === 'edit' ? 'edit' : 'send', { detail }));
    // Only now, when the message is kept: the page may go at any moment.
    this.saveDraft();
  }

  #pressed(event) {
    // While an input method is composing, Enter chooses a candidate (229 in Safari).
    if (event.isComposing || this.#isComposing || event.keyCode === 229) return;
    if (this.#suggestions?.pressed(event)) return;
    const isPlain = !event.shiftKey && !event.altKey;
    if (event.key === 'Enter' && isPlain && (event.ctrlKey || event.metaKey || this.sendsByEnter)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'Escape') {
      if (this.#mode.kind !== 'new') this.cancel();
      else this.dispatchEvent(new CustomEvent('leave'));
    } else if (event.key === 'ArrowUp' && this.#text.value === '' && isPlain) {
      event.preventDefault();
      this.dispatchEvent(new CustomEvent('edit-last'));
    }
  }

  #typed() {
    if (!this.#suggestions && this.#text.value.includes(':')) this.#beginSuggesting();
    this.#fit();
    this.#paintCount();
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => this.saveDraft(), DRAFT_AFTER_MS);
    if (this.#mode.kind === 'edit' || !this.#conversation) return;
    if (this.#text.value.trim() === '') {
      this.#stopTyping();
      return;
    }
    const now = Date.now();
    if (now - this.#typingAt > TYPING_EVERY_MS && this.#connection.tell(frames.typing(this.#conversation.id, true))) {
      this.#typingAt = now;
    }
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => this.#stopTyping(), TYPING_UNTIL_MS);
  }

  async #beginSuggesting() {
    try {
      const { EmojiSuggestions } = await import('./emoji-suggestions.js');
      this.#suggestions ??= new EmojiSuggestions(this.#text, this.#parts.suggestions, (words) => this.#announcer.speak(words));
    } catch {
      // Without a connection shortcodes stay words.
    }
  }

  #stopTyping() {
    clearTimeout(this.#typingTimer);
    if (this.#typingAt > 0 && this.#conversation) {
      this.#connection.tell(frames.typing(this.#conversation.id, false));
    }
    this.#typingAt = 0;
  }

  /** What is typed in another tab is here too, where nobody has typed anything else. */
  #draftChanged({ conversation, isOurs }) {
    if (isOurs || conversation !== this.#conversation?.id || this.#mode.kind === 'edit') return;
    if (this.#text.value !== this.#draft) return;
    this.#draft = this.#drafts.get(conversation);
    this.#setText(this.#draft);
  }

  #setMode(mode) {
    this.#mode = mode;
    const { context, contextIcon, contextTitle, contextText, contextCancelLabel } = this.#parts;
    const { kind, message } = mode;
    context.hidden = kind === 'new';
    if (kind === 'new') return;
    const isEdit = kind === 'edit';
    const replying =
      message.from === this.#state.myId
        ? say('replyingToOneself')
        : say('replyingTo', { name: this.#state.nameOf(message.from) });
    contextIcon.setAttribute('href', isEdit ? '#icon-edit' : '#icon-reply');
    setText(contextTitle, isEdit ? say('editing') : replying);
    setText(contextText, preview(message.text ?? ''));
    setText(contextCancelLabel, say(isEdit ? 'cancelEdit' : 'cancelReply'));
  }

  #setText(text) {
    this.#suggestions?.close();
    // A new value leaves nothing for Ctrl+Z to bring back.
    this.#text.value = text;
    this.#fit();
    this.#paintCount();
  }

  #label() {
    const conversation = this.#conversation;
    let words = say('composerEmpty');
    if (conversation?.isNotes) words = say('composerNotes');
    else if (conversation) words = say('composer', { name: this.#state.titleOf(conversation) });
    this.#text.setAttribute('aria-label', words);
    this.#text.placeholder = words;
    this.#text.enterKeyHint = isTouch() ? 'enter' : 'send';
  }

  #paintCount() {
    const left = this.#state.textLimit - characterCount(this.#text.value);
    const { count } = this.#parts;
    let words = '';
    if (left < 0) words = say('charactersOver', { count: -left });
    else if (left <= COUNT_FROM_LEFT) words = say('charactersLeft', { count: left });
    setText(count, words);
    count.classList.toggle('composer__count--over', left < 0);
    this.#text.setAttribute('aria-invalid', String(left < 0));
    this.#send.disabled = this.#text.value.trim() === '';
  }

  /** Browsers that can do this themselves (field-sizing) are left alone. */
  #fit() {
    if (CSS.supports('field-sizing', 'content')) return;
    this.#text.style.setProperty('height', 'auto');
    this.#text.style.setProperty('height', `${this.#text.scrollHeight}px`);
  }
}
