import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { format, plainText, preview } from '../../static/js/formatting.js';

const hostile = JSON.parse(readFileSync(new URL('../hostile.json', import.meta.url), 'utf-8'));
const KINDS = new Set(['text', 'code', 'pre', 'mark', 'layout', 'link', 'bold', 'italic', 'quote', 'bullets', 'numbers', 'item']);

/** The tree as a line: what is not seen is left out, branches are in angle brackets. */
function shown(nodes) {
  return nodes
    .filter(({ kind }) => kind !== 'mark' && kind !== 'layout')
    .map(({ kind, text, nodes: inner }) => (kind === 'text' ? text : `<${kind} ${text ?? shown(inner)}>`))
    .join('');
}

function leaves(nodes) {
  return nodes.flatMap((node) => (node.nodes ? leaves(node.nodes) : [node]));
}

function depth(nodes) {
  return Math.max(0, ...nodes.map((node) => (node.nodes ? 1 + depth(node.nodes) : 1)));
}

/** What must be true of every text whatever. */
function isSound(text) {
  const tree = format(text);
  assert.equal(leaves(tree).map((leaf) => leaf.text).join(''), text, JSON.stringify(text.slice(0, 80)));
  assert.ok(depth(tree) <= 6);
  for (const { kind, href, text: address } of leaves(tree)) {
    assert.ok(KINDS.has(kind));
    if (kind !== 'link') continue;
    assert.match(href, /^(?:https?:\/\/[^/]|mailto:.)/u);
    assert.equal(href, new URL(address).href);
    assert.doesNotMatch(address, /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069<>"\s]/u);
  }
}

for (const [text, expected] of [
  ['*bold* and **bold**', '<bold bold> and <bold bold>'],
  ['_italic_, (*bold*)!', '<italic italic>, (<bold bold>)!'],
  ['*bold _and italic_*', '<bold bold <italic and italic>>'],
  ['_*both*_', '<italic <bold both>>'],
  ['`code *as* _it_ is https://example.org/`', '<code code *as* _it_ is https://example.org/>'],
  ['*`code`*', '<bold <code code>>'],
  ['*see https://example.org/a_b_c*', '<bold see <link https://example.org/a_b_c>>'],
  ['один *два*, 你好 *世界*', 'один <bold два>, 你好 <bold 世界>'],
  ['😀*now*😀', '😀<bold now>😀'],
  ['a *b *c*', 'a *b <bold c>'],
]) test(`in a line: ${text}`, () => assert.equal(shown(format(text)), expected));

for (const text of [
  'snake_case_name and __init__', '2*3*4 = 24', '5 * 3 * 2', '*', '**', '***', '_', '__',
  '*one\ntwo*', '`one\ntwo`', '` `', '``', 'a * b', ':-* :*', '^_^ -_- >_< ._. ._. *_* o_O', '***three***',
  '>:( no', '-5 degrees', '1.5 hours', '2024. was', '- ', '> ', '```', '``````', '```\nnever closed', '#hash', '# title',
]) {
  test(`stays as it is: ${JSON.stringify(text)}`, () => {
    assert.equal(leaves(format(text)).map((leaf) => leaf.text).join(''), text);
    assert.ok(leaves(format(text)).every(({ kind }) => kind === 'text') || text === '> ', text);
  });
}

test('lines between fences are code, with a language or without', () => {
  assert.equal(shown(format('```\none\n  *two*\n```')), '<pre one\n  *two*>');
  assert.equal(shown(format('look:\n```js\nlet a;\n```\nthere')), 'look:<pre let a;>there');
  assert.equal(shown(format('```one line```')), '<pre one line>');
  assert.equal(shown(format('```first\nsecond```')), '<pre first\nsecond>');
});

test('a quote goes as far as its signs', () => {
  assert.equal(shown(format('> *one*\n>\n> two\nthree')), '<quote <bold one>\n\ntwo>three');
});

test('a list goes as far as its signs, and keeps its numbers', () => {
  assert.equal(shown(format('do:\n- _one_\n- two\n\nthen')), 'do:<bullets <item <italic one>><item two>>then');
  const [numbers] = format('7. seven\n8) eight');
  assert.equal(numbers.kind, 'numbers');
  assert.deepEqual(numbers.nodes.map(({ number }) => number), [7, 8]);
  assert.equal(shown(format('- one\n1. two')), '<bullets <item one>><numbers <item two>>');
});

test('blank lines stay between paragraphs and are not seen beside blocks', () => {
  assert.equal(shown(format('one\n\n*two*')), 'one\n\n<bold two>');
  assert.equal(shown(format('one\n\n\n- two\n\n\nthree')), 'one<bullets <item two>>three');
});

test('plain text has no signs that were understood', () => {
  assert.equal(plainText('*bold* _it_ `code` 2*3 snake_case'), 'bold it code 2*3 snake_case');
  assert.equal(plainText('```js\nlet a;\n```'), 'let a;');
  assert.equal(plainText('> said\n\n- one\n- two'), '> said\n\n- one\n- two');
});

test('a preview is one plain line of bounded length', () => {
  assert.equal(preview('*one*\n\n- two'), 'one - two');
  assert.equal(preview('> Is it *done*?\nYes, 3 > 2'), 'Is it done? Yes, 3 > 2');
  assert.equal(preview(`*${'x'.repeat(9_000)}*`, 20).length, 20);
});

test('no text of a corpus of attacks becomes anything but text and honest links', () => {
  assert.ok(hostile.length >= 200);
  for (const text of hostile) {
    for (const [before, after] of [['', ''], ['*', '*'], ['_', '_'], ['`', '`'], ['> ', ''], ['- ', ''], ['```\n', '\n```']]) {
      isSound(before + text + after);
    }
  }
});

test('nothing is lost of texts put together at random', () => {
  const pieces = ['*', '**', '_', '`', '```', '\n', '> ', '- ', '1. ', ' ', 'a', 'é', '😀', '(', 'https://example.org/', '\r\n', '***'];
  let seed = 20261125;
  const random = (below) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  for (let round = 0; round < 5_000; round += 1) {
    isSound(Array.from({ length: random(24) }, () => pieces[random(pieces.length)]).join(''));
  }
});

// A quadratic way would take a hundred times as long as this allows.
test('eight thousand of each sign take no time', () => {
  const signs = ['*', '**', '_', '`', '``', '```', '```\n', '`\n', '> ', '> \n', '>\n', '- ', '- a\n', '1. ', '1. a\n', '*a ', '_a ', ' *a*',
    '*_', '_* ', '_*a', '`a', '(', ')', 'https://', 'https://a.b/(', '\n', ' \n', '**a _b ', '*a*_', '```a\n', '```\na\n', '- - ', '> - '];
  const started = performance.now();
  for (const sign of signs) isSound(sign.repeat(Math.ceil(8_000 / sign.length)).slice(0, 8_000));
  isSound(`https://a.b/${'('.repeat(3_990)}${')'.repeat(3_990)}`);
  isSound(`https://a.b/${')'.repeat(7_980)}`);
  assert.ok(performance.now() - started < 3_000, `${performance.now() - started}`);
});
