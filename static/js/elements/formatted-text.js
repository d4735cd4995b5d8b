/**
 * The text of a message as nodes. Its `textContent` is the text as it was written: what is not
 * to be seen is there, hidden.
 */

import { format } from '../formatting.js';

const ELEMENTS = {
  bold: 'strong',
  italic: 'em',
  code: 'code',
  pre: 'pre',
  quote: 'blockquote',
  bullets: 'ul',
  numbers: 'ol',
  item: 'li',
};

/** @param {string} text @returns {Node[]} */
export function formattedText(text) {
  return format(text).map(toNode);
}

/** @param {import('../formatting.js').Node} node */
function toNode(node) {
  if (node.kind === 'text') return document.createTextNode(node.text);
  if (node.kind === 'link') return link(node);
  const element = document.createElement(ELEMENTS[node.kind] ?? 'span');
  element.hidden = !(node.kind in ELEMENTS);
  if (node.number) element.value = node.number;
  if (node.nodes) element.append(...node.nodes.map(toNode));
  else element.textContent = node.text;
  return element;
}

function link({ text, href }) {
  const element = document.createElement('a');
  element.href = href;
  element.textContent = text;
  element.rel = 'noopener noreferrer nofollow';
  element.target = '_blank';
  return element;
}
