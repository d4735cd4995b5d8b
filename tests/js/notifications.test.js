import assert from 'node:assert/strict';
import test from 'node:test';

import { Notifications } from '../../static/js/notifications.js';
import { Preferences } from '../../static/js/preferences.js';
import { State } from '../../static/js/state.js';
import { FakeBrowser, FakeClock, ann, conversation, message, settled } from './fakes.js';

globalThis.document ??= { documentElement: { lang: 'en' } };

/** What a browser shows, and what it answers when asked. */
function fakeNotifications(permission = 'granted') {
  const all = [];
  return class {
    static permission = permission;
    static all = all;
    static asked = 0;

    static async requestPermission() {
      this.asked += 1;
      return this.permission;
    }

    constructor(title, options) {
      Object.assign(this, { title, ...options, isOpen: true });
      all.push(this);
    }

    close() {
      this.isOpen = false;
    }
  };
}

function tabWith({ browser = fakeNotifications(), worker = undefined, tabs = new FakeBrowser(), choices = { notifications: 'on' }, look = {} } = {}) {
  const clock = new FakeClock();
  const state = new State(ann, clock);
  const preferences = new Preferences(undefined);
  for (const [name, value] of Object.entries(choices)) preferences.set(name, value);
  const heard = { sounds: 0, opened: [] };
  const notifications = new Notifications({
    state,
    tabs: tabs.tab(),
    preferences,
    isAttended: (id) => look.at === id,
    paint: () => 'data:,',
    sound: () => (heard.sounds += 1),
    onOpen: (id) => heard.opened.push(id),
    browser,
    worker,
    timers: clock,
  });
  state.putConversation(conversation({ head: 1, read: 1 }));
  return { clock, state, notifications, heard, look, shown: browser.all };
}

async function tabThatLeads(options) {
  const tab = tabWith(options);
  tab.notifications.lead();
  await settled();
  return tab;
}

async function arrives(tab, seq, more) {
  tab.state.putMessage('c', message(seq, 'bob', more));
  await tab.clock.advance(1_000);
}

test('a new message is told with its sender, its words and a tag for its chat', async () => {
  const tab = await tabThatLeads();

  await arrives(tab, 2, { text: 'Hello\n\u202eworld' });

  const [{ title, body, tag, silent }] = tab.shown;
  assert.deepEqual({ title, body, tag, silent }, { title: 'Bob', body: 'Hello world', tag: 'parley-c', silent: true });
  assert.equal(tab.heard.sounds, 1);
});

test('where a page may not make one itself, the worker shows it', async () => {
  const worker = fakeNotifications();
  class Refusing extends fakeNotifications() {
    constructor() {
      throw new TypeError('Illegal constructor');
    }
  }
  const tab = await tabThatLeads({ browser: Refusing, worker });

  await arrives(tab, 2, { text: 'Hello' });
  assert.deepEqual(worker.all.map(({ title, tag }) => [title, tag]), [['Bob', 'parley-c']]);
  tab.state.putConversation(conversation({ head: 2, read: 2 }));

  assert.equal(worker.all[0].isOpen, false);
});

test('of many tabs one tells', async () => {
  const shared = { browser: fakeNotifications(), tabs: new FakeBrowser() };
  const [one, other] = [await tabThatLeads(shared), await tabThatLeads(shared)];

  await Promise.all([arrives(one, 2), arrives(other, 2)]);

  assert.equal(shared.browser.all.length, 1);
  assert.equal(one.heard.sounds + other.heard.sounds, 1);
});

test('when the telling tab has lost its connection another one tells', async () => {
  const shared = { browser: fakeNotifications(), tabs: new FakeBrowser() };
  const [one, other] = [await tabThatLeads(shared), await tabThatLeads(shared)];

  one.notifications.follow();
  await settled();
  await arrives(other, 2);

  assert.equal(shared.browser.all.length, 1);
});

test('a tab that waited for its turn in vain does not tell without a connection', async () => {
  const shared = { browser: fakeNotifications(), tabs: new FakeBrowser() };
  const [one, other] = [await tabThatLeads(shared), await tabThatLeads(shared)];

  other.notifications.follow();
  one.notifications.follow();
  await settled();
  await arrives(other, 2);

  assert.equal(shared.browser.all.length, 0);
});

test('nothing is told while somebody looks at the chat, in whichever tab', async () => {
  const shared = { browser: fakeNotifications(), tabs: new FakeBrowser() };
  const [one, other] = [await tabThatLeads(shared), await tabThatLeads({ ...shared, look: { at: 'c' } })];

  await arrives(one, 2);
  other.look.at = 'another';
  one.look.at = 'c';
  await arrives(one, 3);

  assert.deepEqual([shared.browser.all.length, one.heard.sounds], [0, 0]);
});

test('of several messages at once the last is told', async () => {
  const tab = await tabThatLeads();

  tab.state.putMessage('c', message(2));
  tab.state.putMessage('c', message(3));
  await arrives(tab, 4);

  assert.deepEqual(tab.shown.map(({ body }) => body), ['message 4']);
});

test('what is read elsewhere, or deleted, is withdrawn', async () => {
  const tab = await tabThatLeads();
  await arrives(tab, 2);
  await arrives(tab, 3);

  tab.state.putMarks('c', 'ann', 2, 2);
  assert.equal(tab.shown[1].isOpen, true);
  tab.state.putMarks('c', 'ann', 3, 3);
  assert.equal(tab.shown[1].isOpen, false);

  await arrives(tab, 4);
  tab.state.putChange('c', message(4, 'bob', { text: null, deleted: true, rev: 1 }));
  assert.equal(tab.shown[2].isOpen, false);
});

test('the browser is asked on request only, and its refusal is told', async () => {
  const browser = fakeNotifications('denied');
  const tab = await tabThatLeads({ browser, choices: {} });
  await arrives(tab, 2);
  assert.deepEqual([browser.asked, browser.all.length], [0, 0]);

  assert.equal(await tab.notifications.turnOn(), 'blocked');
  assert.equal(browser.asked, 1);
});

test('turned off, nothing is shown, and what was is gone', async () => {
  const tab = await tabThatLeads({ choices: {} });
  assert.equal(tab.notifications.status, 'off');
  assert.equal(await tab.notifications.turnOn(), 'on');
  await arrives(tab, 2);

  tab.notifications.turnOff();
  await arrives(tab, 3);

  assert.deepEqual(tab.shown.map(({ isOpen }) => isOpen), [false]);
  assert.equal(tab.notifications.status, 'off');
});

test('the sound can be switched off by itself', async () => {
  const tab = await tabThatLeads({ choices: { notifications: 'on', sound: 'off' } });

  await arrives(tab, 2);

  assert.deepEqual([tab.shown.length, tab.heard.sounds], [1, 0]);
});
