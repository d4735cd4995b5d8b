import assert from 'node:assert/strict';
import test from 'node:test';

import { CHOICES, Preferences } from '../../static/js/preferences.js';
import { deviceOf } from '../../static/js/lib/devices.js';

class FakeStorage {
  #items = new Map();

  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  setItem(key, value) {
    this.#items.set(key, value);
  }

  removeItem(key) {
    this.#items.delete(key);
  }
}

function changesOf(preferences) {
  const heard = [];
  preferences.addEventListener('change', ({ detail }) => heard.push(detail));
  return heard;
}

test('until something is chosen, the first choice counts', () => {
  const preferences = new Preferences(new FakeStorage());

  for (const [name, [first]] of Object.entries(CHOICES)) assert.equal(preferences.get(name), first);
});

test('what is chosen is told once, and is there the next time', () => {
  const storage = new FakeStorage();
  const preferences = new Preferences(storage);
  const heard = changesOf(preferences);

  preferences.set('theme', 'dark');
  preferences.set('theme', 'dark');

  assert.deepEqual(heard, [{ name: 'theme', value: 'dark' }]);
  assert.equal(new Preferences(storage).get('theme'), 'dark');
});

test('another tab hears of it, and neither forgets what the other chose', () => {
  const storage = new FakeStorage();
  const [one, other] = [new Preferences(storage), new Preferences(storage)];
  const heard = changesOf(other);

  one.set('theme', 'dark');
  other.set('clock', '24');
  other.heardFromTab('parley.preferences');
  other.heardFromTab('something else');

  assert.deepEqual(heard, [{ name: 'theme', value: 'dark' }, { name: 'clock', value: '24' }]);
  one.heardFromTab('parley.preferences');
  assert.deepEqual([one.get('theme'), one.get('clock')], ['dark', '24']);
});

test('a storage that was emptied brings everything back to where it began', () => {
  const storage = new FakeStorage();
  const preferences = new Preferences(storage);
  preferences.set('send', 'ctrl');
  storage.removeItem('parley.preferences');

  preferences.heardFromTab(null);

  assert.equal(preferences.get('send'), 'enter');
});

for (const written of ['', '{', 'null', '7', '[]', '{"theme": "blue", "clock": 7}']) {
  test(`nonsense in the storage counts for nothing: ${written}`, () => {
    const storage = new FakeStorage();
    storage.setItem('parley.preferences', written);

    const preferences = new Preferences(storage);

    assert.deepEqual([preferences.get('theme'), preferences.get('clock')], ['system', 'auto']);
  });
}

test('a storage that takes nothing only forgets', () => {
  const full = { getItem: () => null, setItem: () => { throw new Error('full'); } };
  for (const preferences of [new Preferences(full), new Preferences(undefined)]) {
    preferences.set('theme', 'light');

    assert.equal(preferences.get('theme'), 'light');
  }
});

test('browsers are told by the words that people know', () => {
  const is = (program, system) => ({ program, system });
  const mozilla = 'Mozilla/5.0';
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';

  for (const [agent, device] of [
    [`${mozilla} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0`, is('Firefox', 'Linux')],
    [`${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, is('Edge', 'Windows')],
    [`${mozilla} (Linux; Android 10; K) ${webkit} Chrome/140.0.0.0 Mobile Safari/537.36`, is('Chrome', 'Android')],
    [`${mozilla} (X11; Linux x86_64) ${webkit} HeadlessChrome/140.0.0.0 Safari/537.36`, is('Chrome', 'Linux')],
    [`${mozilla} (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1`, is('Safari', 'iPhone')],
    [`${mozilla} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15`, is('Safari', 'macOS')],
    ['curl/8.5.0', is('curl', '')],
    [mozilla, is('', '')],
    ['', is('', '')],
    ['<script>', is('', '')],
  ]) {
    assert.deepEqual(deviceOf(agent), device, agent);
  }
});
