// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assignLines, paginate, seat, updateOrder } from '../../../examples/conference/web/assignment.mjs';

describe('assignLines', () => {
  const lines = ['5', '6', '7'];

  it('gives each wanted track one line', () => {
    assert.deepEqual([...assignLines(lines, ['a', 'b'], new Map())], [['5', 'a'], ['6', 'b'], ['7', null]]);
  });

  it('leaves a track where it is, whatever its new rank', () => {
    const previous = new Map([['5', 'a'], ['6', 'b'], ['7', 'c']]);
    assert.deepEqual([...assignLines(lines, ['c', 'b', 'a'], previous)], [...previous]);
  });

  it('puts a newcomer on the line of who is not wanted any more', () => {
    const previous = new Map([['5', 'a'], ['6', 'b'], ['7', 'c']]);
    assert.deepEqual([...assignLines(lines, ['a', 'd', 'c'], previous)], [['5', 'a'], ['6', 'd'], ['7', 'c']]);
  });

  it('serves the most important when there are more than lines', () => {
    const result = assignLines(lines, ['a', 'b', 'c', 'd'], new Map([['5', 'd']]));
    assert.deepEqual(new Set(result.values()), new Set(['a', 'b', 'c']));
  });

  it('never shows one track twice', () => {
    const result = assignLines(lines, ['a'], new Map([['5', 'a'], ['6', 'a']]));
    assert.deepEqual([...result], [['5', 'a'], ['6', null], ['7', null]]);
  });

  it('gives who comes back the line of before, unless somebody else has it', () => {
    const last = new Map([['5', 'a'], ['6', 'b'], ['7', 'c']]);
    const empty = new Map(lines.map((mid) => [mid, null]));
    assert.deepEqual([...assignLines(lines, ['c', 'd', 'a'], empty, last)], [['5', 'a'], ['6', 'd'], ['7', 'c']]);
    const other = new Map([['5', null], ['6', null], ['7', 'd']]);
    assert.deepEqual([...assignLines(lines, ['d', 'c'], other, last)], [['5', 'c'], ['6', null], ['7', 'd']]);
    const twice = new Map([['5', 'a'], ['6', 'a']]);
    assert.deepEqual([...assignLines(lines, ['a'], empty, twice)], [['5', 'a'], ['6', null], ['7', null]]);
  });

  it('has nothing to give without lines', () => {
    assert.equal(assignLines([], ['a'], new Map()).size, 0);
  });
});

describe('the order of people', () => {
  it('keeps its places when people come and go', () => {
    assert.deepEqual(updateOrder(['a', 'b', 'c'], ['c', 'd', 'a']), ['a', 'c', 'd']);
  });

  it('brings those whom the server shows forward, in place of others, and moves nobody else', () => {
    assert.deepEqual(seat(['a', 'b', 'c', 'd', 'e'], ['e', 'a', 'c'], 3), ['a', 'e', 'c', 'd', 'b']);
    assert.deepEqual(seat(['a', 'b', 'c', 'd', 'e'], ['d', 'e'], 3), ['a', 'e', 'd', 'c', 'b']);
    assert.deepEqual(seat(['a', 'b', 'c', 'd'], ['c', 'd'], 2), ['d', 'c', 'b', 'a']);
  });

  it('leaves alone who is on the first page, or not there at all', () => {
    const order = ['a', 'b', 'c'];
    assert.deepEqual(seat(order, ['a', 'b'], 2), order);
    assert.deepEqual(seat(order, ['x'], 2), order);
    assert.deepEqual(seat(order, [], 2), order);
    assert.deepEqual(seat(order, ['c'], 0), order);
  });

  it('has no more places than there are', () => {
    assert.deepEqual(seat(['a', 'b', 'c', 'd'], ['c', 'd', 'b', 'a'], 2), ['d', 'c', 'b', 'a']);
  });
});

describe('pages', () => {
  const order = ['a', 'b', 'c', 'd', 'e'];

  it('cut the order', () => {
    assert.deepEqual(paginate(order, 0, 2), { page: 0, pages: 3, ids: ['a', 'b'] });
    assert.deepEqual(paginate(order, 2, 2), { page: 2, pages: 3, ids: ['e'] });
  });

  it('end at the last and begin at the first', () => {
    assert.equal(paginate(order, 9, 2).page, 2);
    assert.equal(paginate(order, -1, 2).page, 0);
    assert.deepEqual(paginate([], 3, 4), { page: 0, pages: 1, ids: [] });
    assert.equal(paginate(order, 0, 0).pages, 5);
  });
});
