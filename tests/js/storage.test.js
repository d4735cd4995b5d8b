import assert from 'node:assert/strict';
import test from 'node:test';

import { Storage } from '../../static/js/storage.js';
import { settled } from './fakes.js';

/** What Chromium was seen to do: when its page goes, a transaction that waits behind another is lost. */
class FakeDatabase {
  shelves = { drafts: new Map(), outbox: new Map(), conversations: new Map(), messages: new Map() };
  transactions = [];
  isFull = false;

  transaction(shelves, mode) {
    const writes = [];
    const transaction = {
      shelves,
      mode,
      objectStore: (shelf) => ({
        get: (key) => ({ result: this.shelves[shelf].get(key) }),
        getAll: () => ({ result: [...this.shelves[shelf].values()] }),
        put: (value, key) => writes.push(() => this.shelves[shelf].set(key, value)) && {},
        delete: (key) => writes.push(() => this.shelves[shelf].delete(key)) && {},
        clear: () => writes.push(() => this.shelves[shelf].clear()) && {},
      }),
      finish: () => {
        if (this.isFull) return transaction.onabort();
        for (const write of writes) write();
        return transaction.oncomplete();
      },
    };
    this.transactions.push(transaction);
    queueMicrotask(() => queueMicrotask(transaction.finish));
    return transaction;
  }

  /** The page goes: what is under way is done, and what waits behind it never is. */
  pageGoes() {
    const [first, ...waiting] = this.transactions;
    for (const transaction of waiting) transaction.finish = () => {};
    first?.finish();
  }
}

test('what is written together is there together, also when the page goes in the same moment', () => {
  const database = new FakeDatabase();
  const storage = new Storage(database);

  storage.together(() => {
    storage.put('drafts', 'c', 'half a sent');
    storage.together(() => {
      storage.put('conversations', 'c', { id: 'c' });
      storage.put('messages', 'c', []);
      storage.remove('conversations', 'd');
    });
  });
  database.pageGoes();

  const { drafts, conversations, messages } = database.shelves;
  assert.deepEqual([drafts.get('c'), conversations.get('c'), messages.get('c')], ['half a sent', { id: 'c' }, []]);
});

test('whether something is kept is known as soon as all of it is', async () => {
  const database = new FakeDatabase();
  const storage = new Storage(database);
  const told = [];
  const write = () =>
    storage.together(() => {
      for (const key of ['a', 'b']) storage.put('outbox', key, key).then((isKept) => told.push([key, isKept]));
    });

  write();
  await settled();
  database.isFull = true;
  write();
  await settled();

  assert.deepEqual(told, [['a', true], ['b', true], ['a', false], ['b', false]]);
});

test('nothing to write is no transaction, and a failure in between takes nothing along', async () => {
  const database = new FakeDatabase();
  const storage = new Storage(database);

  storage.together(() => {});
  assert.equal(database.transactions.length, 0);
  assert.throws(() => storage.together(() => { throw new Error('of the caller'); }), /of the caller/);
  await storage.put('drafts', 'c', 'after it');

  assert.equal(await storage.get('drafts', 'c'), 'after it');
});
