// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aspectFor, capacity, GAP, grid, placeGrid, placeStage, split } from '../../../examples/conference/web/layout.mjs';

const SCREENS = [[320, 480], [390, 844], [844, 390], [768, 1024], [1280, 720], [1600, 900], [2560, 1080], [900, 900]];

function assertApart(boxes, width, height) {
  boxes.forEach((a, i) => {
    assert.ok(a.x >= -0.01 && a.y >= -0.01 && a.x + a.width <= width + 0.01 && a.y + a.height <= height + 0.01, `${JSON.stringify(a)} in ${width}x${height}`);
    for (const b of boxes.slice(i + 1)) {
      const apart = a.x + a.width <= b.x + 0.01 || b.x + b.width <= a.x + 0.01 || a.y + a.height <= b.y + 0.01 || b.y + b.height <= a.y + 0.01;
      assert.ok(apart, `${JSON.stringify(a)} apart from ${JSON.stringify(b)}`);
    }
  });
}

describe('grid', () => {
  it('knows the well-known shapes', () => {
    const shape = (count, width, height) => { const { columns, rows } = grid(count, width, height); return [columns, rows]; };
    assert.deepEqual(shape(1, 1280, 720), [1, 1]);
    assert.deepEqual(shape(2, 1280, 720), [2, 1]);
    assert.deepEqual(shape(4, 1280, 720), [2, 2]);
    assert.deepEqual(shape(9, 1280, 720), [3, 3]);
    assert.deepEqual(shape(2, 390, 700), [1, 2]);
    assert.deepEqual(shape(6, 390, 700), [2, 3]);
  });

  it('has nothing to place for nobody, and nothing where there is no room', () => {
    assert.equal(grid(0, 1280, 720).columns, 0);
    assert.deepEqual(placeGrid(0, 1280, 720), []);
    assert.deepEqual(placeGrid(4, 0, 0), []);
  });

  it('places any number on any screen without overlap, within the shapes allowed', () => {
    for (const [width, height] of SCREENS) {
      const { min, max } = aspectFor(width, height);
      for (let count = 1; count <= 25; count++) {
        const boxes = placeGrid(count, width, height);
        assert.equal(boxes.length, count);
        assertApart(boxes, width, height);
        for (const box of boxes) {
          assert.ok(box.width / box.height >= min - 1e-6 && box.width / box.height <= max + 1e-6);
        }
      }
    }
  });

  it('finds tiles as large as any other number of columns would give', () => {
    for (const [width, height] of SCREENS) {
      for (let count = 1; count <= 25; count++) {
        const chosen = grid(count, width, height);
        for (let columns = 1; columns <= count; columns++) {
          const rows = Math.ceil(count / columns);
          const { min, max } = aspectFor(width, height);
          const w = (width - GAP * (columns - 1)) / columns;
          const h = (height - GAP * (rows - 1)) / rows;
          if (w <= 0 || h <= 0) continue;
          const best = Math.min(w, h * max) * Math.min(h, w / min);
          // Fewer holes may win against up to 2 % of area for each hole.
          assert.ok(chosen.width * chosen.height >= best * (1 - 0.02 * columns * rows), `${count} on ${width}x${height}: ${columns} columns are better`);
        }
      }
    }
  });

  it('uses at least half of every screen', () => {
    for (const [width, height] of SCREENS) {
      for (let count = 2; count <= 25; count++) {
        const used = placeGrid(count, width, height).reduce((sum, box) => sum + box.width * box.height, 0);
        assert.ok(used >= 0.5 * width * height, `${count} people use ${Math.round((100 * used) / width / height)} % of ${width}x${height}`);
      }
    }
  });

  it('centres a last row that is not full', () => {
    const boxes = placeGrid(5, 1280, 720);
    const last = boxes.slice(3);
    const middle = (last[0].x + last.at(-1).x + last.at(-1).width) / 2;
    assert.ok(Math.abs(middle - 640) < 0.01);
  });
});

describe('the stage', () => {
  it('keeps every tile on the screen and apart', () => {
    for (const [width, height] of SCREENS) {
      for (let featured = 1; featured <= 4; featured++) {
        const { fits } = split(featured, width, height);
        for (let others = 0; others <= Math.min(fits, 9); others++) {
          const boxes = placeStage(featured, others, width, height);
          assert.equal(boxes.length, featured + others);
          assertApart(boxes, width, height);
        }
      }
    }
  });

  it('gives what is featured more room than the rest', () => {
    for (const [width, height] of SCREENS) {
      const [stage, other] = placeStage(1, 3, width, height);
      assert.ok(stage.width * stage.height > other.width * other.height);
    }
  });
});

describe('capacity', () => {
  it('grows with the screen, never beyond its limit, never below one', () => {
    assert.equal(capacity(50, 50, 25), 1);
    assert.equal(capacity(4000, 3000, 25), 25);
    assert.ok(capacity(390, 700, 25) >= 6);
    assert.ok(capacity(390, 700, 25) <= capacity(1280, 700, 25));
    assert.equal(capacity(1280, 720, 1), 1);
  });
});
