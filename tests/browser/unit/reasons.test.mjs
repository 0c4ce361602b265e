// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainLayer, Lasting } from '../../../examples/conference/web/reasons.mjs';
import { ScriptedTimers } from '../support/timers.mjs';

describe('the reason of a layer', () => {
  it('is explained where a picture is worse than its tile deserves', () => {
    assert.match(explainLayer('reduced_bandwidth', 'Ada').text, /connection is slow/);
    assert.equal(explainLayer('reduced_bandwidth', 'Ada').paused, false);
    assert.equal(explainLayer('paused_bandwidth', 'Ada').paused, true);
    assert.match(explainLayer('paused_publisher', 'Ada').text, /Ada/);
    assert.ok(explainLayer('paused_limit', 'Ada').paused);
  });

  it('is nobody\'s concern where the picture is as it should be', () => {
    for (const reason of ['full', 'reduced_size', 'paused_layout', 'undecided', 'of another version', null, undefined]) {
      assert.equal(explainLayer(reason, 'Ada'), null);
    }
  });
});

describe('an explanation', () => {
  const slow = () => explainLayer('reduced_bandwidth', 'Ada');
  const paused = () => explainLayer('paused_bandwidth', 'Ada');

  const during = (act) => {
    const timers = new ScriptedTimers();
    let changes = 0;
    try {
      act(new Lasting(() => { changes++; }), timers, () => changes);
    } finally {
      timers.restore();
    }
  };

  it('is shown when it lasts, and goes at once', () => during((reason, timers, changes) => {
    reason.set(slow());
    assert.equal(reason.shown, null);
    timers.fireAll();
    assert.deepEqual(reason.shown, slow());
    assert.equal(changes(), 1);
    reason.set(null);
    assert.equal(reason.shown, null);
  }));

  it('that comes and goes is not shown', () => during((reason, timers, changes) => {
    reason.set(slow());
    reason.set(null);
    timers.fireAll();
    assert.equal(reason.shown, null);
    assert.equal(changes(), 0);
  }));

  it('is not delayed by being said again', () => during((reason, timers) => {
    reason.set(slow());
    assert.equal(timers.count, 1);
    const [first] = timers.ids;
    reason.set(slow());
    assert.deepEqual(timers.ids, [first]);
  }));

  it('gives way to another only when that lasts, too', () => during((reason, timers) => {
    reason.set(slow());
    timers.fireAll();
    reason.set(paused());
    assert.equal(reason.shown.paused, false);
    timers.fireAll();
    assert.equal(reason.shown.paused, true);
  }));

  it('of a tile that is gone fires no more', () => during((reason, timers, changes) => {
    reason.set(slow());
    reason.end();
    timers.fireAll();
    assert.equal(changes(), 0);
  }));
});
