// SPDX-License-Identifier: Apache-2.0
// What we tell the server of how each picture is shown. Pure functions and a clock that is given, tested by
// tests/browser/unit/wants.test.mjs.

/** Heights at which cameras and their simulcast encodings come; between two of them nothing is gained by asking. */
const STEPS = [90, 135, 180, 270, 360, 540, 720, 1080, 1440, 2160, 4320];
const PRIORITY = { other: 1, speaker: 2, featured: 4 };

export const HIDDEN = Object.freeze({ width: 0, height: 0, priority: 1, pinned: false, visible: false });

/**
 * @param {{width: number, height: number}} box in CSS pixels
 * @param {{ratio: number, pinned: boolean, featured: boolean, speaking: boolean}} shown ratio: devicePixelRatio
 * @returns the fields of `wants`; width and height rounded up to a step, at 16:9
 */
export function wantOf({ width, height }, { ratio, pinned, featured, speaking }) {
  const needed = Math.max(height * ratio, (width * ratio * 9) / 16);
  // A pixel that rounding adds to a tile must not make a step of it.
  const step = STEPS.find((each) => each + 2 >= needed) ?? STEPS.at(-1);
  return {
    width: Math.round((step * 16) / 9), height: step,
    priority: featured ? PRIORITY.featured : speaking ? PRIORITY.speaker : PRIORITY.other, pinned, visible: true,
  };
}

export function sameWant(a, b) {
  return a === b || (a !== undefined && b !== undefined
    && ['width', 'height', 'priority', 'pinned', 'visible'].every((field) => a[field] === b[field]));
}

/**
 * Holds back wishes that still change, such as while a window is drawn larger. A line that had none, or that becomes visible, does
 * not wait.
 */
export class SettledWants {
  #settled = new Map();
  #waiting = new Map();
  #delay;
  #timer = null;
  #act;

  /** @param {() => void} act called when wishes have settled */
  constructor(act, delay = 300) {
    this.#act = act;
    this.#delay = delay;
  }

  /** @param {Map<string, object>} wishes mid -> want, of all lines that show something */
  update(wishes) {
    let urgent = false;
    for (const [mid, want] of wishes) {
      const known = this.#settled.get(mid);
      if (sameWant(known, want)) {
        this.#waiting.delete(mid);
      } else if (known === undefined || (want.visible && !known.visible)) {
        this.#settled.set(mid, want);
        this.#waiting.delete(mid);
        urgent = true;
      } else if (!sameWant(this.#waiting.get(mid), want)) {
        this.#waiting.set(mid, want);
        clearTimeout(this.#timer);
        this.#timer = null;
      }
    }
    if (this.#waiting.size > 0) this.#timer ??= setTimeout(() => this.#settle(), this.#delay);
    if (urgent) this.#act();
  }

  get(mid) {
    return this.#settled.get(mid);
  }

  clear() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#settled.clear();
    this.#waiting.clear();
  }

  #settle() {
    this.#timer = null;
    for (const [mid, want] of this.#waiting) this.#settled.set(mid, want);
    this.#waiting.clear();
    this.#act();
  }
}
