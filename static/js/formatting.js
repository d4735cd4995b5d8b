/**
 * Light formatting: from the text of a message to a small tree of what is shown.
 *
 * `*bold*` (or `**bold**`), `_italic_`, `` `code` ``, lines between ``` fences, lines after `> `,
 * lines after `- ` or `1. `, and addresses. Whatever does not fit is text. Nothing is lost: the
 * leaves of the tree, joined, are the text again; an asterisk or a fence that was understood is
 * a leaf that is not seen. Everything takes linear time, and no branch is deeper than five.
 */

import { oneLine, splitLinks } from './lib/text.js';

/**
 * @typedef {{kind: 'text' | 'code' | 'pre' | 'mark' | 'layout', text: string}} Leaf `mark` is not
 *   seen; nor is `layout` (a bullet, the end of a line), which plain text keeps
 * @typedef {{kind: 'link', text: string, href: string}} Link what is shown is the address
 * @typedef {{kind: 'bold' | 'italic' | 'quote' | 'bullets' | 'numbers', nodes: Node[]}} Branch
 * @typedef {{kind: 'item', number: number | null, nodes: Node[]}} Item in `bullets` and `numbers` only
 * @typedef {Leaf | Link | Branch | Item} Node
 */

/** Most messages have none of these, and are not looked at any further. */
const MAYBE = /[*_`]|^(?:>| {0,3}[-•] | {0,3}\d)/mu;
const FENCE = '```';
const LANGUAGE = /^[\w+#.-]*\s*$/u;
const ITEM = /^ {0,3}(?:[-*•]|(\d{1,3})[.)]) +(?=\S)/u;
/** What a sign may follow: no word, and none of the ASCII that faces are made of, as in `-_-`. */
const BEGINNING = /^(?:$|[\s([{"'*_]|[^\p{L}\p{N}\u0000-\u007F])/u;
const WORD_AFTER = /^[\p{L}\p{N}]/u;
const SAYS = /[^*_\s]/u;
const EMPHASIS = { '*': 'bold', '**': 'bold', _: 'italic' };

/**
 * @param {string} text
 * @returns {Node[]}
 */
export function format(text) {
  if (!MAYBE.test(text)) return links(text);
  const parts = cut(text.split('\n'));
  return parts.flatMap(({ lines, parse }, index) => {
    const nodes = parse ? parse(lines) : paragraph(lines, index > 0, index < parts.length - 1);
    return index > 0 ? [layout('\n'), ...nodes] : nodes;
  });
}

/**
 * What a message says, without what only means something: for previews, announcements, copies.
 *
 * @param {string} text
 * @returns {string}
 */
export function plainText(text) {
  const visible = (nodes) =>
    nodes.map((node) => (node.kind === 'mark' ? '' : (node.text ?? visible(node.nodes)))).join('');
  return MAYBE.test(text) ? visible(format(text)) : text;
}

/**
 * One line for previews, quotes and announcements.
 *
 * @param {string} text
 * @param {number} [longest] in characters
 * @returns {string}
 */
export function preview(text, longest = 140) {
  // A copy keeps the signs of a quote; on one line they mean nothing.
  return oneLine(plainText(text.slice(0, longest * 4)).replace(/^> /gm, ''), longest);
}

/** Cuts into blocks, which have a `parse`, and the lines between them. */
function cut(lines) {
  const parts = [];
  const fences = nextFences(lines);
  for (let index = 0; index < lines.length; ) {
    const [end, parse] = blockAt(lines, index, fences);
    const last = parts.at(-1);
    if (parse) parts.push({ lines: lines.slice(index, end), parse });
    else if (last && !last.parse) last.lines.push(lines[index]);
    else parts.push({ lines: [lines[index]] });
    index = parse ? end : index + 1;
  }
  return parts;
}

/** For each line, the first one from it on that can end a code block. */
function nextFences(lines) {
  const next = new Array(lines.length + 1).fill(Infinity);
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    next[index] = lines[index].trimEnd().endsWith(FENCE) ? index : next[index + 1];
  }
  return next;
}

/** @returns {[number, Function?]} the line after the block that begins here, and what it is */
function blockAt(lines, index, fences) {
  const line = lines[index];
  let end = index;
  if (line.startsWith(FENCE)) {
    const isOneLine = fences[index] === index && line.trim().length > 2 * FENCE.length;
    end = (isOneLine ? index : fences[index + 1]) + 1;
    const isEmpty = end === Infinity || lines.slice(index, end).join('').replaceAll('`', '').trim() === '';
    return isEmpty ? [end] : [end, codeBlock];
  }
  if (line.startsWith('> ')) {
    while (end < lines.length && (lines[end].startsWith('> ') || lines[end] === '>')) end += 1;
    return [end, quote];
  }
  const item = line.match(ITEM);
  if (!item) return [end];
  const isNumbered = item[1] !== undefined;
  for (let next = item; next && (next[1] !== undefined) === isNumbered; next = lines[end]?.match(ITEM)) end += 1;
  return [end, list];
}

/** Blocks keep their own distance: blank lines beside them are not seen. */
function paragraph(lines, isAfterBlock, isBeforeBlock) {
  const isBlank = (line) => line.trim() === '';
  let from = 0;
  let to = lines.length;
  while (isAfterBlock && from < to && isBlank(lines[from])) from += 1;
  while (isBeforeBlock && to > from && isBlank(lines[to - 1])) to -= 1;
  const above = lines.slice(0, from).join('\n') + (from > 0 && from < to ? '\n' : '');
  const below = to < lines.length && to > from ? `\n${lines.slice(to).join('\n')}` : lines.slice(Math.max(from, to)).join('\n');
  const nodes = inline(lines.slice(from, to).join('\n'));
  return [layout(above), ...nodes, layout(below)].filter((node) => node.text !== '');
}

function codeBlock(lines) {
  const text = lines.join('\n');
  const end = text.lastIndexOf(FENCE);
  const isAlone = lines.at(-1).trim() === FENCE;
  let start = FENCE.length;
  // What follows the fence is a language if the other fence, too, has a line of its own.
  if (lines.length > 1 && isAlone && LANGUAGE.test(lines[0].slice(start))) start = lines[0].length + 1;
  const stop = isAlone && lines.length > 1 ? end - 1 : end;
  return [mark(text.slice(0, start)), { kind: 'pre', text: text.slice(start, stop) }, mark(text.slice(stop))];
}

function quote(lines) {
  const nodes = lines.flatMap((line, index) => {
    const sign = line.startsWith('> ') ? '> ' : '>';
    const rest = line.slice(sign.length) + (index < lines.length - 1 ? '\n' : '');
    return [layout(sign), ...inline(rest)];
  });
  return [{ kind: 'quote', nodes }];
}

function list(lines) {
  const items = lines.map((line, index) => {
    const [sign, number] = line.match(ITEM);
    const nodes = [layout(sign), ...inline(line.slice(sign.length))];
    if (index < lines.length - 1) nodes.push(layout('\n'));
    return { kind: 'item', number: number === undefined ? null : Number(number), nodes };
  });
  return [{ kind: items[0].number === null ? 'bullets' : 'numbers', nodes: items }];
}

/** Code first, in which nothing means anything; then addresses; then bold and italic around both. */
function inline(text) {
  return emphasis(codeSpans(text).flatMap((node) => (node.kind === 'text' ? links(node.text) : [node])));
}

function links(text) {
  return splitLinks(text).map((run) => ({ kind: run.href ? 'link' : 'text', ...run }));
}

/** Cuts at pairs of single backticks in one line. */
function codeSpans(text) {
  const nodes = [];
  const keep = (from, to) => from < to && nodes.push({ kind: 'text', text: text.slice(from, to) });
  let end = 0;
  let open = -1;
  for (const { 0: sign, index } of text.matchAll(/`+|\n/gu)) {
    if (sign === '\n') open = -1;
    if (sign !== '`') continue;
    if (open < 0 || text.slice(open + 1, index).trim() === '') {
      open = index;
      continue;
    }
    keep(end, open);
    nodes.push(mark('`'), { kind: 'code', text: text.slice(open + 1, index) }, mark('`'));
    end = index + 1;
    open = -1;
  }
  keep(end, text.length);
  return nodes;
}

/** Puts what stands between two equal signs in one line into a branch. */
function emphasis(nodes) {
  const result = [];
  /** @type {{sign: string, at: number}[]} the last of each sign that may begin one, by its place in `result` */
  let open = [];
  const keep = (text) => text && result.push({ kind: 'text', text });
  nodes.forEach((node, place) => {
    if (node.kind !== 'text') {
      result.push(node);
      return;
    }
    const { text } = node;
    let end = 0;
    for (const { 0: sign, index } of text.matchAll(/\*+|_+|\n/gu)) {
      if (sign === '\n') open = [];
      if (!Object.hasOwn(EMPHASIS, sign)) continue;
      const next = index + sign.length;
      const before = lastCharacter(index > 0 ? text.slice(Math.max(0, index - 2), index) : nodes[place - 1]?.text);
      const after = next < text.length ? text.slice(next, next + 2) : (nodes[place + 1]?.text ?? '').slice(0, 2);
      const from = open.findIndex((one) => one.sign === sign);
      const mayClose = from >= 0 && /\S/u.test(before) && !WORD_AFTER.test(after);
      const closes = mayClose && (SAYS.test(text.slice(end, index)) || saysAnything(result, open[from].at));
      if (!closes && !(/^\S/u.test(after) && BEGINNING.test(before))) continue;
      keep(text.slice(end, index));
      end = next;
      if (closes) {
        const [, ...inner] = result.splice(open[from].at);
        result.push(mark(sign), { kind: EMPHASIS[sign], nodes: inner }, mark(sign));
        open = open.slice(0, from);
      } else {
        open = [...open.filter((one) => one.sign !== sign), { sign, at: result.length }];
        keep(sign);
      }
    }
    keep(text.slice(end));
  });
  return result;
}

/** Not by a pattern: in V8 `/[^a]$/u` does not find a surrogate pair. */
function lastCharacter(text = '') {
  return Array.from(text.slice(-2)).at(-1) ?? '';
}

/** Whether there is more than signs from a place on. */
function saysAnything(nodes, from) {
  for (let index = nodes.length - 1; index >= from; index -= 1) {
    if (nodes[index].kind !== 'text' || SAYS.test(nodes[index].text)) return true;
  }
  return false;
}

function mark(text) {
  return { kind: 'mark', text };
}

function layout(text) {
  return { kind: 'layout', text };
}
