// SPDX-License-Identifier: Apache-2.0
// What people are told when a device cannot be had.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explain } from '../../../examples/conference/web/devices.mjs';

describe('explaining', () => {
  const words = (name, source) => explain(Object.assign(new Error('nothing'), { name }), source);

  it('asks to plug in what can be plugged in', () => {
    for (const source of ['microphone', 'camera']) assert.match(words('NotFoundError', source), new RegExp(`No ${source} was found. Plug one in`));
    assert.doesNotMatch(words('NotFoundError', 'screen'), /Plug/);
  });

  it('tells a refusal from a choice of nothing', () => {
    assert.match(words('NotAllowedError', 'camera'), /does not let this page use the camera/);
    assert.match(words('NotAllowedError', 'screen'), /nothing was chosen/);
  });

  it('falls back to the words of the browser', () => {
    assert.match(words('SomethingNew', 'camera'), /cannot be used: nothing/);
  });
});
