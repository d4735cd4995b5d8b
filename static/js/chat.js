/** The chat page: makes the parts and ties them together. Nothing is decided here. */

import { fillShell, forgetAccount, isHere, isShell, whoIsHere } from './account.js';
import { followPreferences } from './appearance.js';
import { Cache } from './cache.js';
import { Connection } from './connection.js';
import { Deletions } from './deletions.js';
import { Drafts } from './drafts.js';
import { plainText } from './formatting.js';
import { followLanguage, isAfterChange } from './language.js';
import { Marks } from './marks.js';
import { Notifications } from './notifications.js';
import { Outbox } from './outbox.js';
import { preferences } from './preferences.js';
import { Disconnected, frames } from './protocol.js';
import { Router } from './router.js';
import { whenWoken } from './sleep.js';
import { playSound } from './sound.js';
import { State } from './state.js';
import { forgetCopies, openStorage } from './storage.js';
import { Sync } from './sync.js';
import { Tabs } from './tabs.js';
import { Announcer } from './elements/announcer.js';
import { avatarPicture } from './elements/avatar.js';
import { ChatHeader } from './elements/chat-header.js';
import { Composer } from './elements/composer.js';
import { ConnectionStatus } from './elements/connection-status.js';
import { ConversationList } from './elements/conversation-list.js';
import { Favicon } from './elements/favicon.js';
import { NotificationHint } from './elements/notification-hint.js';
import { PeopleSearch } from './elements/people-search.js';
import { reasonOf } from './elements/message-row.js';
import { listenForShortcuts } from './elements/shortcuts.js';
import { Timeline } from './elements/timeline.js';
import { Panes } from './elements/panes.js';
import { Toast } from './elements/toast.js';
import { UpdateNotice } from './elements/update-notice.js';
import { isTouch, parts, setText } from './lib/dom.js';
import { plainName } from './lib/text.js';
import { warmUp } from './lib/time.js';
import { say } from './lib/words.js';
import { installWorker, latestBuild } from './worker.js';

/** What the server says of a conversation that is not one's own, or has no possible id. */
const MISSING = new Set(['not_found', 'invalid']);

const { id: userId, username, name } = await whoIsHere();
const page = parts(document, 'chat', 'pane', 'noChat', 'noChatTitle', 'noChatText', 'composer', 'banner',
  'notificationHint', 'toast', 'update', 'settings', 'title', 'chatMenu', 'announcer', 'alert', 'back', 'notes', 'toList');
const nav = document.querySelector('nav');

const connection = new Connection({
  open: () => new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`),
  isSessionOver,
});
const state = new State({ id: userId, username, name, online: true, last_seen: null });
const storage = await openStorage(userId);
const tabs = new Tabs({ userId });
const outbox = new Outbox({ storage, tabs });
const drafts = new Drafts({ storage, tabs });
const marks = new Marks({ connection, state, isHidden: () => document.visibilityState === 'hidden' });
const cache = new Cache({ storage, state, isAllowed: () => isHere(userId) });
const sync = new Sync({ connection, state, outbox, marks, cache });
const router = new Router();
const deletions = new Deletions(deleteNow);
await Promise.all([outbox.load(), drafts.load(), cache.load()]);

followPreferences();
followLanguage();
let openId = null;
/** Whether the server may have a newer page: not while this one has just come from it. */
let mayBeOld = isShell();
/** Whether the last try to connect has failed. */
let isAway = false;
/** @type {{id: string, isMissing: boolean} | null} the search for a conversation that no list holds */
let lookup = null;
const announcer = new Announcer({ polite: page.announcer, alert: page.alert }, state, () => openId);
const toast = new Toast(page.toast, announcer, rest);
const list = new ConversationList(nav, { state, outbox, drafts, onOpen: (id) => router.go(id), onMenu: openRowMenu });
const search = new PeopleSearch(nav, { state, connection, announcer, onPick: openWith });
const header = new ChatHeader(page.pane, state, connection);
const timeline = new Timeline(page.pane, { state, outbox, sync, marks, deletions });
const composer = new Composer(page.composer, { state, drafts, connection, announcer });
const panes = new Panes(document.body);
new ConnectionStatus(page.banner, connection, announcer, rest);
const favicon = new Favicon(document.querySelector('link[rel="icon"]'));
const notifications = new Notifications({
  state,
  tabs,
  preferences,
  isAttended: (id) => id === openId && document.visibilityState === 'visible' && document.hasFocus(),
  paint: avatarPicture,
  sound: playSound,
  onOpen: (id) => router.go(id),
});
new NotificationHint(page.notificationHint, { state, notifications, preferences, rest });
const update = new UpdateNotice(page.update, announcer, isIdle);

// --- Where we are -------------------------------------------------------------------

router.addEventListener('change', route);
for (const link of [page.back, page.toList]) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    router.back();
  });
}
page.notes.addEventListener('click', () => openWith(userId));
page.notes.disabled = false;
for (const type of ['conversation', 'synced']) {
  state.addEventListener(type, () => {
    if (router.place.id !== openId) route();
  });
}

connection.addEventListener('status', ({ detail: { status } }) => {
  if (status === 'connecting') return;
  isAway = status === 'waiting';
  if (router.place.id !== openId) route();
});

function route() {
  const { id, seq } = router.place;
  const conversation = id ? (state.conversation(id) ?? null) : null;
  panes.show(id ? 'chat' : 'list');
  show(conversation, seq);
  page.noChat.hidden = Boolean(id);
  if (id && !conversation) {
    lookFor(id);
  } else {
    lookup = null;
    invite('noConversation');
  }
}

/** A conversation without a message is in no list: only its link leads there. */
async function lookFor(id) {
  if (!state.isSynced) {
    page.noChat.hidden = !isAway;
    invite('conversationAway');
    return;
  }
  if (lookup?.id !== id) {
    const mine = { id, isMissing: false };
    lookup = mine;
    try {
      await sync.open({ conversation: id });
    } catch (error) {
      mine.isMissing = MISSING.has(error.code);
    }
    if (lookup !== mine) return;
    // No answer: the next `sync` begins anew.
    if (!mine.isMissing) lookup = null;
  }
  if (!lookup?.isMissing) return;
  page.noChat.hidden = false;
  invite('conversationMissing');
}

/** @param {'noConversation' | 'conversationMissing' | 'conversationAway'} words what the empty side of the page says */
function invite(words) {
  setText(page.noChatTitle, say(words));
  page.noChatText.hidden = words !== 'noConversation';
  page.toList.hidden = words === 'noConversation';
}

function show(conversation, seq) {
  const before = openId;
  const hasChanged = (conversation?.id ?? null) !== before;
  openId = conversation?.id ?? null;
  page.pane.hidden = !conversation;
  list.show(openId);
  header.show(conversation);
  composer.show(conversation);
  timeline.show(conversation, seq);
  paintTitle();
  if (hasChanged) moveFocus(conversation, seq, before);
}

/** What had the focus may be out of view now. */
function moveFocus(conversation, seq, before) {
  if (conversation && !isTouch() && !seq) composer.focus();
  else if (conversation && !seq) header.focus();
  else if (!conversation && before) list.focus(before);
}

/** Where the focus goes when what had it has gone. */
function rest() {
  if (!openId) (nav.querySelector('.conversation') ?? page.settings).focus({ preventScroll: true });
  else if (isTouch()) header.focus(); // The box would bring the keyboard.
  else composer.focus();
}

async function openWith(user) {
  try {
    const known = state.sorted().find((one) => one.kind === 'direct' && one.peer === user);
    if (!known) await untilConnected();
    const id = known?.id ?? (await sync.open({ user }));
    router.go(id);
    if (!isTouch()) composer.focus();
  } catch (error) {
    refused(error);
  }
}

/** Whoever is quick clicks while the page still connects: then it is done a moment later. */
function untilConnected() {
  if (connection.status !== 'connecting') return Promise.resolve();
  return new Promise((resolve) => {
    connection.addEventListener('status', resolve, { once: true });
  });
}

// --- What is done ---------------------------------------------------------------------

composer.addEventListener('send', (event) => {
  const { head } = state.conversation(openId);
  outbox.add({ conversation: openId, after: head, ...event.detail });
  timeline.written();
});
composer.addEventListener('edit', (event) => {
  const { message, text } = event.detail;
  if (text !== message.text) change(frames.edit(openId, message.seq, text));
});
composer.addEventListener('edit-last', () => {
  const message = timeline.lastOwn;
  if (message) composer.edit(message);
});
composer.addEventListener('emoji', () =>
  pickEmoji({
    pick: (picked) => composer.insert(picked),
    gone: () => isTouch() || composer.focus(),
  }),
);
timeline.addEventListener('leave', () => composer.focus());
composer.addEventListener('leave', () => timeline.toLatest());
timeline.addEventListener('missing', () => toast.show(say('goneMessage')));
timeline.addEventListener('act', (event) => perform(event.detail));

function perform({ action, message, clientId, emoji }) {
  const actions = {
    reply: () => composer.reply(message),
    edit: () => composer.edit(message),
    copy: () => copy(plainText(message?.text ?? outbox.get(clientId)?.text ?? '')),
    react: () => {
      const on = !message.reactions[emoji]?.includes(userId);
      change(frames.react(openId, message.seq, emoji, on));
    },
    'react-more': () =>
      pickEmoji({
        pick: (picked) => change(frames.react(openId, message.seq, picked, true)),
        gone: () => timeline.focus(message.seq),
      }),
    info: () => showInfo(state.conversation(openId), message),
    delete: () => askToDelete(openId, message.seq),
    retry: () => outbox.retry(clientId),
    discard: () => outbox.discard(clientId),
  };
  actions[action]?.();
  if (['delete', 'discard', 'retry'].includes(action)) rest();
}
outbox.addEventListener('change', (event) => {
  const { conversation } = event.detail;
  for (const { client_id: clientId, error } of outbox.in(conversation)) {
    if (error && !alarmed.has(clientId)) announcer.alarm(say('failedAlert', { reason: reasonOf(error) }));
    if (error) alarmed.add(clientId);
    else alarmed.delete(clientId);
  }
});
const alarmed = new Set();

timeline.addEventListener('menu', async (event) => {
  const menus = await needed(import('./menus.js'));
  menus?.openMessageMenu({ state, outbox, perform, copy }, { conversation: state.conversation(openId), ...event.detail });
});

async function openRowMenu(id, opener, at) {
  const menus = await needed(import('./menus.js'));
  menus?.openConversationMenu({ marks, copy, showDetails }, { conversation: state.conversation(id), opener, at });
}

async function showDetails(conversation) {
  (await needed(import('./elements/details.js')))?.openDetails(conversation, state, connection);
}

let picker = null;

async function pickEmoji(does) {
  const module = await needed(import('./elements/emoji-picker.js'));
  if (!module) return;
  picker ??= new module.EmojiPicker({ storage: localStorage, userId });
  picker.open(does);
}

async function showInfo(conversation, message) {
  const info = await needed(import('./elements/message-info.js'));
  info?.showMessageInfo({ state, conversation, message, gone: () => timeline.focus(message.seq) });
}

/** What is loaded when it is first used, if there is a way to it now. @param {Promise<any>} module */
async function needed(module) {
  try {
    return await module;
  } catch {
    toast.show(say('offlineAction'));
    return null;
  }
}

async function change(frame) {
  try {
    const { conversation, message } = await connection.request(frame);
    state.putChange(conversation, message);
  } catch (error) {
    refused(error);
  }
}

function askToDelete(conversation, seq) {
  deletions.add(conversation, seq);
  toast.show(say('deletedUndo'), {
    label: say('undo'),
    action: () => {
      deletions.undo(conversation, seq);
      if (conversation === openId) timeline.focus(seq);
    },
    gone: () => deletions.finish(conversation, seq),
  });
}

async function deleteNow(conversation, seq) {
  await change(frames.delete(conversation, seq));
  deletions.undo(conversation, seq);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast.show(say('copied'));
  } catch {
    toast.show(say('copyFailed'));
  }
}

function refused(error) {
  if (error instanceof Disconnected) toast.show(say('offlineAction'));
  else toast.show(say('actionFailed', { reason: error.message }));
}

// --- The connection and the session -----------------------------------------------------

connection.addEventListener('hello', (event) => {
  // Another account in the same browser: its own page, with nothing of this one.
  if (event.detail.user.id !== userId) location.reload();
  else if (isShell()) fillShell();
  notifications.lead();
  if (mayBeOld) lookForUpdate();
});
connection.addEventListener('closed', () => {
  mayBeOld = true;
  notifications.follow();
});
connection.addEventListener('ended', async (event) => {
  await endHere();
  const query = new URLSearchParams({ reason: event.detail.reason, next: location.pathname });
  location.replace(`/login?${query}`);
});
// Who leaves here needs not be told so; the server's answer leads to the sign-in page.
document.querySelector('form[action="/logout"]').addEventListener('submit', (event) => {
  if (navigator.onLine && event.target.elements._xsrf) {
    connection.stop();
    endHere();
  } else {
    event.preventDefault();
    toast.show(say('offlineAction'));
  }
});
addEventListener('online', () => connection.wake());
addEventListener('offline', () => connection.lose());
whenWoken(() => {
  connection.lose();
  connection.wake();
});
addEventListener('pagehide', () => {
  toast.dismiss();
  storage.together(() => {
    composer.saveDraft();
    cache.flush();
  });
});
addEventListener('pageshow', (event) => {
  // Kept by the browser for its Back button, possibly over a logout.
  if (event.persisted) location.reload();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') connection.wake();
});

function isIdle() {
  return drafts.isEmpty && outbox.isEmpty && composer.isEmpty;
}

async function lookForUpdate() {
  const latest = await latestBuild();
  if (latest && latest !== document.querySelector('meta[name="parley-build"]').content) update.offer();
}

/** @returns {Promise<void>} when what this account has read is not kept any more */
function endHere() {
  forgetAccount(userId);
  return cache.forget();
}

async function isSessionOver() {
  if (!navigator.onLine) return false;
  try {
    const answer = await fetch('/api/v1/me', { cache: 'no-store', signal: AbortSignal.timeout(5_000) });
    return answer.status === 401;
  } catch {
    return false;
  }
}

// --- What is chosen -----------------------------------------------------------------------

page.settings.addEventListener('click', async () => {
  (await needed(import('./settings/dialog.js')))?.openSettings(state, notifications);
});
page.settings.disabled = false;
page.title.addEventListener('click', () => showDetails(state.conversation(openId)));
page.chatMenu.addEventListener('click', () => openRowMenu(openId, page.chatMenu, null));
for (const button of document.querySelectorAll('[data-invite]')) {
  button.addEventListener('click', () => copy(`${location.origin}/register`));
}
if (isAfterChange()) toast.show(say('saved'));

// --- The window ---------------------------------------------------------------------------

for (const type of ['conversation', 'user']) state.addEventListener(type, paintTitle);
listenForShortcuts({
  search: () => {
    if (document.body.dataset.view === 'chat' && nav.offsetParent === null) router.back();
    search.focus();
  },
  next: () => step(1, false),
  previous: () => step(-1, false),
  nextUnread: () => step(1, true),
  previousUnread: () => step(-1, true),
  undo: () => toast.isOffer && !(document.activeElement?.value) && toast.act(),
  help: async () => (await needed(import('./elements/shortcut-sheet.js')))?.showShortcuts(composer.sendsByEnter),
});

/** To the chat above or below, perhaps only to those with something unread. */
function step(by, isUnreadOnly) {
  const ids = list.order.filter((id) => id === openId || !isUnreadOnly || state.conversation(id).unread > 0);
  const index = ids.indexOf(openId);
  const next = ids[index < 0 ? (by > 0 ? 0 : ids.length - 1) : index + by];
  if (next) router.go(next);
}

function paintTitle() {
  const conversation = openId ? state.conversation(openId) : null;
  const shown = conversation ? plainName(state.titleOf(conversation)) : '';
  const title = shown ? say('documentTitle', { name: shown }) : say('appName');
  const { unread: count } = state;
  const full = count > 0 ? say('documentTitleUnread', { count, title }) : title;
  if (document.title !== full) document.title = full;
  favicon.show(count);
}

route();
connection.start();
installWorker();
forgetCopies(userId);
warmUp();
