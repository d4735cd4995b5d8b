import assert from 'node:assert/strict';
import test from 'node:test';

import { Drafts } from '../../static/js/drafts.js';
import { FakeBrowser, memory, settled } from './fakes.js';

function draftsWith({ storage = memory(), browser = new FakeBrowser() } = {}) {
  const drafts = new Drafts({ storage, tabs: browser.tab() });
  const told = [];
  drafts.addEventListener('change', ({ detail }) => told.push([detail.conversation, detail.isOurs]));
  return { drafts, told };
}

test('a draft is there again after a reload, and forgotten when it is empty', async () => {
  const storage = memory();
  const { drafts } = draftsWith({ storage });
  drafts.set('c', 'half a sent');
  drafts.set('d', 'something else');
  drafts.set('d', '');
  await settled();

  const { drafts: after } = draftsWith({ storage });
  await after.load();

  assert.deepEqual([after.get('c'), after.get('d')], ['half a sent', '']);
  assert.equal(after.isEmpty, false);
});

test('other tabs hear of a draft, and know that it is not theirs', async () => {
  const browser = new FakeBrowser();
  const { drafts, told } = draftsWith({ browser });
  const other = draftsWith({ browser });

  drafts.set('c', 'words');
  drafts.set('c', 'words');
  await settled();

  assert.equal(other.drafts.get('c'), 'words');
  assert.deepEqual([told, other.told], [[['c', true]], [['c', false]]]);
});
