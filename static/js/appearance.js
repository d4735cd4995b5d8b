/** Theme and hours: as is usual on this machine until something is chosen. */

import { useClock } from './lib/time.js';
import { preferences } from './preferences.js';

/** Shows things as chosen from now on. Before any element listens, so that they paint it right. */
export function followPreferences() {
  apply();
  preferences.addEventListener('change', apply);
  addEventListener('storage', (event) => preferences.heardFromTab(event.key));
  preferences.heardFromTab(null); // What was chosen since they were read.
}

function apply() {
  useClock(preferences.get('clock'));
  const theme = preferences.get('theme');
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
  // The bars of a phone's browser take the colour whose media fit.
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    const { scheme } = meta.dataset;
    if (theme === 'system') meta.media = `(prefers-color-scheme: ${scheme})`;
    else meta.media = theme === scheme ? 'all' : 'not all';
  }
}
