/** The little that every element needs of the DOM. Text never becomes markup. */

/**
 * A copy of what a `<template>` in parts.html holds.
 *
 * @param {string} name the template's id without `-template`
 * @returns {any} its one element
 */
export function clone(name) {
  const template = document.getElementById(`${name}-template`);
  return template.content.firstElementChild.cloneNode(true);
}

/**
 * The descendants that carry data attributes, by camel-cased name.
 *
 * @param {Element} root
 * @param {...string} names such as 'quoteText' for `data-quote-text`
 * @returns {Record<string, any>}
 */
export function parts(root, ...names) {
  const found = {};
  for (const name of names) {
    const attribute = name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
    found[name] = root.querySelector(`[data-${attribute}]`);
  }
  return found;
}

/** Sets text only if it differs, so that selections and live regions are left alone. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes the children of an element those of a list, in order, keeping the nodes of
 * keys that were there before.
 *
 * @template T
 * @param {Element} parent holds nothing else
 * @param {T[]} items
 * @param {Map<string, Element>} nodes by key; kept up to date
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => Element} create
 * @param {(node: any, item: T) => void} update
 */
export function reconcile(parent, items, nodes, keyOf, create, update) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, node] of nodes) {
    if (wanted.has(key)) continue;
    node.remove();
    nodes.delete(key);
  }
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = nodes.get(key);
    if (!node) {
      node = create(item);
      nodes.set(key, node);
    }
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
}

/**
 * Runs an action once at the end of the current task, however often it is asked for.
 *
 * @param {() => void} action
 * @returns {() => void}
 */
export function batched(action) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    queueMicrotask(() => {
      isAsked = false;
      action();
    });
  };
}

/** @returns {boolean} whether fingers are the main way to point here */
export function isTouch() {
  return matchMedia('(hover: none) and (pointer: coarse)').matches;
}
