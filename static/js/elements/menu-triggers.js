/** The ways to ask for a menu of what is pointed at: right click, long press, Menu key, Shift+F10. */

const HELD_MS = 500;
/** A finger never rests quite still. */
const STILL_PX = 10;

/**
 * @param {HTMLElement} root
 * @param {string} selector what has a menu
 * @param {(target: HTMLElement, at: {x: number, y: number} | null) => void} open `at` is null
 *   where nobody pointed
 */
export function whenMenuAsked(root, selector, open) {
  let timer;
  let start = null;
  let isHeld = false;
  const letGo = () => clearTimeout(timer);
  root.addEventListener('contextmenu', (event) => {
    const target = event.target.closest(selector);
    if (!target || hasMenuOfItsOwn(event.target, target)) return;
    event.preventDefault();
    letGo();
    if (!isHeld) open(target, { x: event.clientX, y: event.clientY });
  });
  root.addEventListener('keydown', (event) => {
    const target = event.target.closest(selector);
    if (!target || !(event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey))) return;
    event.preventDefault();
    open(target, null);
  });
  // Not every browser of a phone tells of a long press.
  root.addEventListener('pointerdown', (event) => {
    isHeld = false;
    const target = event.target.closest(selector);
    if (event.pointerType === 'mouse' || !target || hasMenuOfItsOwn(event.target, target)) return;
    start = { x: event.clientX, y: event.clientY };
    timer = setTimeout(() => {
      isHeld = true;
      open(target, start);
    }, HELD_MS);
  });
  root.addEventListener('pointermove', (event) => {
    if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > STILL_PX) letGo();
  });
  for (const type of ['pointerup', 'pointercancel', 'pointerleave']) root.addEventListener(type, letGo);
  root.addEventListener('scroll', letGo, { passive: true });
  // What comes of letting go was not meant as a click, nor may it take the focus from the menu.
  root.addEventListener('mousedown', (event) => isHeld && event.preventDefault());
  root.addEventListener(
    'click',
    (event) => {
      if (!isHeld) return;
      isHeld = false;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );
}

/** A link within it, and selected text, are what the browser's own menu is for. */
function hasMenuOfItsOwn(pointed, target) {
  const link = pointed.closest('a');
  if (link && link !== target && target.contains(link)) return true;
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(pointed, true);
}
