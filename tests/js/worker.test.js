import assert from 'node:assert/strict';
import test from 'node:test';

import { reload } from '../../static/js/worker.js';

/** A worker that is installed and waits; it moves on when told to, if it ever does. */
class WaitingWorker extends EventTarget {
  state = 'installed';

  /** @param {string[]} log what happened @param {boolean} hangs */
  constructor(log, hangs = false) {
    super();
    this.log = log;
    this.hangs = hangs;
  }

  postMessage(data) {
    this.log.push(data);
    if (!this.hangs) setTimeout(() => this.#become('activating'));
  }

  #become(state) {
    this.state = state;
    this.log.push(state);
    this.dispatchEvent(new Event('statechange'));
    if (state === 'activating') setTimeout(() => this.#become('activated'));
  }
}

/** A page in a browser with this registration; notes in `log` that it was loaded anew. */
function pageWith(registration, log) {
  const serviceWorker = registration && { getRegistration: async () => registration };
  Object.defineProperty(globalThis, 'navigator', { value: { serviceWorker }, configurable: true });
  globalThis.location = { reload: () => log.push('reload') };
}

test('a page is loaded anew after the newer worker has taken over', async () => {
  const log = [];
  pageWith({ active: {}, waiting: new WaitingWorker(log), update: async () => log.push('update') }, log);
  await reload();
  assert.deepEqual(log, ['update', 'takeOver', 'activating', 'activated', 'reload']);
});

test('a worker that does not take over is not waited for without end', async () => {
  const log = [];
  pageWith({ active: {}, waiting: new WaitingWorker(log, true), update: async () => {} }, log);
  await reload();
  assert.deepEqual(log, ['takeOver', 'reload']);
});

test('what is ready too late is not told to take over: the page loads already', async () => {
  const log = [];
  const worker = new WaitingWorker(log);
  worker.state = 'installing';
  pageWith({ active: {}, installing: worker, update: async () => {} }, log);
  await reload();
  worker.state = 'installed';
  worker.dispatchEvent(new Event('statechange'));
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(log, ['reload']);
});

test('without a worker, or a server, a page is loaded anew at once', async () => {
  const log = [];
  pageWith(undefined, log);
  await reload();
  const update = () => Promise.reject(new TypeError('no network'));
  pageWith({ active: {}, waiting: new WaitingWorker(log), update }, log);
  await reload();
  assert.deepEqual(log, ['reload', 'reload']);
});

test('a page that somebody has come back to meanwhile stays', async () => {
  const log = [];
  let isUnheeded = true;
  const update = async () => (isUnheeded = false);
  pageWith({ active: {}, waiting: null, update }, log);
  await reload(() => isUnheeded);
  assert.deepEqual(log, []);
});
