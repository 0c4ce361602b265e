// SPDX-License-Identifier: Apache-2.0
// Small helpers around the DOM. Text always goes in as text: nothing here parses HTML.

export const $ = (id) => document.getElementById(id);

/** Make an element. `attributes`: properties by name, or attributes where the name has a dash or is `role`, `class`, `for`, `list`. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.includes('-') || ['role', 'class', 'for', 'list', 'scope'].includes(name)) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

/** An icon of the sprite in index.html; decoration only, its meaning stands beside it in words. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Set text only when it differs, so that screen readers and layout are left in peace. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Up to two letters that stand for a name. */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...word][0] ?? '').join('').toUpperCase();
}

/** A hue from 0 to 359 that is always the same for a name. */
export function hue(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 360;
  return hash;
}

/** Say something to screen readers; `urgent` interrupts. The same text twice in a row is spoken twice. */
export function announce(text, urgent = false) {
  const region = $(urgent ? 'say-now' : 'say');
  region.textContent = '';
  requestAnimationFrame(() => { region.textContent = text; });
}

/** A message that stays on the screen until it is dismissed or, when it is no error, for a while. */
export function notify(text, { error = false, id = text } = {}) {
  const list = $('notices');
  list.querySelector(`[data-notice="${CSS.escape(id)}"]`)?.remove();
  const close = element('button', { type: 'button', class: 'quiet', 'aria-label': 'Dismiss message' }, icon('close'));
  const notice = element('div', { class: error ? 'notice error' : 'notice', 'data-notice': id }, element('span', {}, text), close);
  close.onclick = () => notice.remove();
  list.append(notice);
  while (list.children.length > 4) list.firstElementChild.remove();
  announce(text, error);
  if (!error) setTimeout(() => notice.remove(), 6_000);
}

export function dismiss(id) {
  $('notices').querySelector(`[data-notice="${CSS.escape(id)}"]`)?.remove();
}
