// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sameWant, SettledWants, wantOf } from '../../../examples/conference/web/wants.mjs';
import { ScriptedTimers } from '../support/timers.mjs';

const plain = { ratio: 1, pinned: false, featured: false, speaking: false };
const heightOf = (width, height, shown = {}) => wantOf({ width, height }, { ...plain, ...shown }).height;

describe('what a tile wants', () => {
  it('is the next step that fills it, and the same for all sizes up to that', () => {
    assert.equal(heightOf(320, 180), 180);
    assert.equal(heightOf(323, 182), 180);  // rounding of a layout
    assert.equal(heightOf(330, 186), 270);
    const steps = new Set();
    for (let height = 60; height <= 1080; height++) steps.add(heightOf((height * 16) / 9, height));
    assert.deepEqual([...steps], [90, 135, 180, 270, 360, 540, 720, 1080]);
    assert.equal(heightOf(20_000, 9_000), 4320);
  });

  it('is in pixels of the screen, not of the style sheet', () => {
    assert.equal(heightOf(320, 180, { ratio: 2 }), 360);
    assert.equal(heightOf(320, 180, { ratio: 1.5 }), 270);
  });

  it('fills a tile of any shape', () => {
    assert.equal(heightOf(180, 320), 360);
    assert.equal(heightOf(640, 100), 360);
    const { width, height } = wantOf({ width: 180, height: 320 }, plain);
    assert.equal(width, (height * 16) / 9);
  });

  it('weighs the stage above a speaker, and a speaker above others', () => {
    const priority = (shown) => wantOf({ width: 9, height: 9 }, { ...plain, ...shown }).priority;
    assert.ok(priority({ featured: true, speaking: true }) > priority({ speaking: true }));
    assert.ok(priority({ speaking: true }) > priority({}));
    assert.equal(wantOf({ width: 9, height: 9 }, { ...plain, pinned: true }).pinned, true);
  });
});

describe('wishes', () => {
  const want = (height, visible = true) => ({ ...wantOf({ width: 1, height }, plain), visible });

  /** @param {(wants: SettledWants, timers: ScriptedTimers, told: () => number) => void} act */
  const during = (act) => {
    const timers = new ScriptedTimers();
    let told = 0;
    try {
      act(new SettledWants(() => { told++; }), timers, () => told);
    } finally {
      timers.restore();
    }
  };

  it('of a new line and of one that is seen again do not wait', () => during((wants, timers, told) => {
    wants.update(new Map([['5', want(180)]]));
    assert.equal(told(), 1);
    wants.update(new Map([['5', want(180, false)]]));
    assert.equal(told(), 1);
    timers.fireAll();
    assert.equal(told(), 2);
    wants.update(new Map([['5', want(180)]]));
    assert.equal(told(), 3);
    assert.equal(wants.get('5').visible, true);
  }));

  it('that still change are held back', () => during((wants, timers, told) => {
    wants.update(new Map([['5', want(180)]]));
    for (const height of [270, 360, 540, 540]) wants.update(new Map([['5', want(height)]]));
    assert.equal(wants.get('5').height, 180);
    assert.equal(timers.count, 1);
    timers.fireAll();
    assert.equal(wants.get('5').height, 540);
    assert.equal(told(), 2);
  }));

  it('that return to what they were say nothing', () => during((wants, timers, told) => {
    wants.update(new Map([['5', want(180)]]));
    wants.update(new Map([['5', want(720)]]));
    wants.update(new Map([['5', want(180)]]));
    timers.fireAll();
    assert.equal(wants.get('5').height, 180);
  }));

  it('end with their connection', () => during((wants, timers, told) => {
    wants.update(new Map([['5', want(180)]]));
    wants.update(new Map([['5', want(720)]]));
    wants.clear();
    timers.fireAll();
    assert.equal(wants.get('5'), undefined);
    assert.equal(told(), 1);
  }));

  it('are the same when all fields are', () => {
    assert.ok(sameWant(want(180), want(180)));
    assert.ok(!sameWant(want(180), want(270)));
    assert.ok(!sameWant(undefined, want(180)));
    assert.ok(sameWant(undefined, undefined));
  });
});
