// SPDX-License-Identifier: Apache-2.0
// Why a picture is small or paused, in words; only what lasts. Tested by tests/browser/unit/reasons.test.mjs.

/** A picture that is only as large as its tile, or was not looked for, needs no explanation. */
const WORDS = {
  reduced_bandwidth: () => ['slow', 'Smaller picture: your connection is slow'],
  reduced_hysteresis: () => ['slow', 'Smaller picture until your connection is steady'],
  paused_bandwidth: () => ['paused', 'Paused: your connection is too slow'],
  paused_publisher: (name) => ['paused', `Paused: nothing arrives from ${name}`],
  paused_limit: () => ['paused', 'Paused: as many pictures as allowed are shown'],
};

/** @returns {{icon: string, text: string, paused: boolean}|null} */
export function explainLayer(reason, name) {
  const words = WORDS[reason]?.(name);
  return words === undefined ? null : { icon: words[0], text: words[1], paused: words[0] === 'paused' };
}

/**
 * Shows an explanation only once it has stood for a while; null at once. Layers change often for a moment, when somebody joins or a window
 * is moved, and a flicker of explanations would explain nothing.
 */
export class Lasting {
  #value = null;
  #shown = null;
  #timer = null;
  #act;
  #delay;

  /** @param {() => void} act called when `shown` changes by itself */
  constructor(act, delay = 1_000) {
    this.#act = act;
    this.#delay = delay;
  }

  get shown() {
    return this.#shown;
  }

  set(value) {
    if (value?.text === this.#value?.text) return;
    this.#value = value;
    clearTimeout(this.#timer);
    this.#timer = null;
    if (value === null) this.#shown = null;
    else this.#timer = setTimeout(() => { this.#shown = value; this.#act(); }, this.#delay);
  }

  end() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}
