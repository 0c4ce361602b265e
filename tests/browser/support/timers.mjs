// SPDX-License-Identifier: Apache-2.0

/** Timers that fire when the test says so. (Node 18's mock timers take other arguments than Node 20's.) */
export class ScriptedTimers {
  #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  #waiting = new Map();
  #next = 1;

  constructor() {
    globalThis.setTimeout = (callback) => {
      this.#waiting.set(this.#next, callback);
      return this.#next++;
    };
    globalThis.clearTimeout = (id) => this.#waiting.delete(id);
  }

  get ids() {
    return [...this.#waiting.keys()];
  }

  get count() {
    return this.#waiting.size;
  }

  fireAll() {
    const due = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const callback of due) callback();
  }

  restore() {
    Object.assign(globalThis, this.#real);
  }
}
