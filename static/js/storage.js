/**
 * What the page keeps in the browser: one IndexedDB database for each account, so that
 * no other account comes upon it. A write has left the page when the call returns, and
 * outlives it, also when the page goes in the same moment: but only as one transaction.
 * Chromium gives up those that wait behind another when their page goes.
 *
 * Where the browser keeps nothing (private windows, a full disk), memory takes its
 * place: nothing here ever throws or rejects.
 */

const PREFIX = 'parley.';
const VERSION = 1;
/** What was written and has not gone out; it outlives a logout. */
const OWN_WORDS = ['drafts', 'outbox'];
/** Copies of what the server holds; they go when nobody is signed in. */
const COPIES = ['conversations', 'messages'];
/**
 * Browsers have been seen to never answer; longer, and the page stays empty meanwhile. Turns,
 * not seconds: when a page that stood still goes on, the answer may be there.
 */
const OPEN_WITHIN_TURNS = 20;
const TURN_MS = 250;

/** @typedef {'drafts' | 'outbox' | 'conversations' | 'messages'} Shelf */

/**
 * @param {string} userId
 * @param {IDBFactory} [factory]
 * @returns {Promise<Storage>}
 */
export async function openStorage(userId, factory = globalThis.indexedDB) {
  try {
    return new Storage(await openDatabase(factory, PREFIX + userId));
  } catch {
    return new Storage(null);
  }
}

/**
 * Forgets the copies of conversations of everybody, but for one account.
 *
 * @param {string | null} [userId] whose copies stay
 * @param {IDBFactory} [factory]
 */
export async function forgetCopies(userId = null, factory = globalThis.indexedDB) {
  try {
    for (const { name } of await factory.databases()) {
      if (!name.startsWith(PREFIX) || name === PREFIX + userId) continue;
      const database = await openDatabase(factory, name);
      await new Storage(database).clearCopies();
      database.close();
    }
  } catch {
    // A browser that lists no databases: what is there lies under its account's own name.
  }
}

export class Storage {
  /** @type {IDBDatabase | null} */
  #database;
  #memory = new Map([...OWN_WORDS, ...COPIES].map((shelf) => [shelf, new Map()]));
  /** @type {{writes: [Shelf, (store: IDBObjectStore) => IDBRequest][], done: PromiseWithResolvers<any>} | null} */
  #batch = null;

  /** @param {IDBDatabase | null} database null keeps everything in memory */
  constructor(database) {
    this.#database = database;
  }

  /** @param {Shelf} shelf @returns {Promise<any[]>} every value there is */
  async all(shelf) {
    if (!this.#database) return [...this.#memory.get(shelf).values()];
    return (await this.#do('readonly', [[shelf, (store) => store.getAll()]]))?.result ?? [];
  }

  /** @param {Shelf} shelf @param {string} key @returns {Promise<any>} undefined if there is none */
  async get(shelf, key) {
    if (!this.#database) return this.#memory.get(shelf).get(key);
    return (await this.#do('readonly', [[shelf, (store) => store.get(key)]]))?.result;
  }

  /** @param {Shelf} shelf @param {string} key @param {any} value @returns {Promise<boolean>} whether it is kept */
  async put(shelf, key, value) {
    if (!this.#database) return Boolean(this.#memory.get(shelf).set(key, structuredClone(value)));
    return Boolean(await this.#write([[shelf, (store) => store.put(value, key)]]));
  }

  /** @param {Shelf} shelf @param {string} key @returns {Promise<void>} when it is gone */
  async remove(shelf, key) {
    if (!this.#database) this.#memory.get(shelf).delete(key);
    else await this.#write([[shelf, (store) => store.delete(key)]]);
  }

  /** @returns {Promise<void>} when no copy of a conversation is left */
  async clearCopies() {
    if (!this.#database) for (const shelf of COPIES) this.#memory.get(shelf).clear();
    else await this.#write(COPIES.map((shelf) => [shelf, (store) => store.clear()]));
  }

  /** Keeps all or nothing of what is written. @param {() => void} action writes, and is over when it returns */
  together(action) {
    if (this.#batch) return action();
    const batch = { writes: [], done: Promise.withResolvers() };
    this.#batch = batch;
    try {
      action();
    } finally {
      this.#batch = null;
      if (batch.writes.length > 0) batch.done.resolve(this.#do('readwrite', batch.writes));
    }
  }

  #write(writes) {
    if (!this.#batch) return this.#do('readwrite', writes);
    this.#batch.writes.push(...writes);
    return this.#batch.done.promise;
  }

  /** @returns {Promise<IDBRequest | null>} the last request, done; null if it failed */
  #do(mode, asks) {
    return new Promise((resolve) => {
      try {
        const transaction = this.#database.transaction(asks.map(([shelf]) => shelf), mode);
        let request;
        for (const [shelf, ask] of asks) request = ask(transaction.objectStore(shelf));
        transaction.oncomplete = () => resolve(request);
        transaction.onabort = () => resolve(null);
        // Not left to the end of the task: the page may be gone by then.
        transaction.commit?.();
      } catch {
        resolve(null);
      }
    });
  }
}

/** @param {IDBFactory} factory @param {string} name @returns {Promise<IDBDatabase>} */
function openDatabase(factory, name) {
  return new Promise((resolve, reject) => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
      if (turns < OPEN_WITHIN_TURNS) return;
      clearInterval(timer);
      reject(new Error('no answer'));
    }, TURN_MS);
    const request = factory.open(name, VERSION);
    request.onupgradeneeded = () => {
      for (const shelf of [...OWN_WORDS, ...COPIES]) request.result.createObjectStore(shelf);
    };
    request.onsuccess = () => {
      clearInterval(timer);
      // A later version of the page waits for this one to let go.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => {
      clearInterval(timer);
      reject(request.error);
    };
  });
}
