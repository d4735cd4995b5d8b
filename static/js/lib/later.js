/**
 * What everything that is loaded later needs: the rest of the words, and styles that the page
 * does without until then. Whoever imports this waits until both are there.
 */

import { useAllWords } from './words.js';

const links = [...(globalThis.document?.querySelectorAll('link[rel=later]') ?? [])];

/** @param {HTMLLinkElement} link */
function apply(link) {
  return new Promise((done) => {
    link.onload = done;
    link.onerror = done; // Better without than not at all.
    link.rel = 'stylesheet';
  });
}

await Promise.all([useAllWords(), ...links.map(apply)]);
