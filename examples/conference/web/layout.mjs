// SPDX-License-Identifier: Apache-2.0
// Where tiles go. Pure functions of numbers, without a DOM, tested by tests/browser/unit/layout.test.mjs.

/** Space between tiles, in CSS pixels. */
export const GAP = 8;

/**
 * How narrow and how wide a tile may be: cropping a picture a little beats leaving a third of the screen empty. 14:9, at which
 * television once cut, takes 6 % off either side; on a phone held upright the middle square has to do.
 */
export function aspectFor(width, height) {
  return { min: height > width ? 1 : 14 / 9, max: 16 / 9 };
}

/** A stage shows screens, which are never cropped: what their tile has to spare does no harm. */
const STAGE_ASPECT = { min: 4 / 3, max: 21 / 9 };

/** The largest box within `width` x `height` whose sides relate as `aspect` allows. */
function fit(width, height, aspect) {
  const ratio = width / height;
  if (ratio > aspect.max) return { width: height * aspect.max, height };
  if (ratio < aspect.min) return { width, height: width / aspect.min };
  return { width, height };
}

/**
 * Rows and columns that make `count` equal tiles as large as possible.
 * @returns {{columns: number, rows: number, width: number, height: number}} width and height of one tile
 */
export function grid(count, width, height, { gap = GAP, aspect = aspectFor(width, height) } = {}) {
  let best = { columns: 0, rows: 0, width: 0, height: 0 };
  let bestScore = 0;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    if (Math.ceil(count / rows) !== columns) continue;  // a column would stay empty
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const tile = fit(cellWidth, cellHeight, aspect);
    // Of two grids that are about as good, the one with fewer holes looks calmer.
    const score = tile.width * tile.height * (1 - 0.02 * (columns * rows - count));
    if (score > bestScore) {
      best = { columns, rows, ...tile };
      bestScore = score;
    }
  }
  return best;
}

/** Boxes of `count` equal tiles, centred as a whole, a last row that is not full centred by itself. */
export function placeGrid(count, width, height, options = {}) {
  const gap = options.gap ?? GAP;
  const { columns, rows, width: w, height: h } = grid(count, width, height, options);
  if (columns === 0) return [];
  const top = (height - rows * h - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - columns * (rows - 1) : columns;
    const left = (width - inRow * w - (inRow - 1) * gap) / 2;
    return { x: left + (index % columns) * (w + gap), y: top + row * (h + gap), width: w, height: h };
  });
}

/**
 * How a stage shares its space with the small tiles: beside it on a wide screen, below it on a tall one.
 * @returns {{stage: object, rest: object, fits: number}} two boxes, and how many small tiles the second one holds
 */
export function split(featured, width, height, gap = GAP) {
  if (width >= 1.2 * height) {
    const side = Math.min(280, Math.max(140, width * 0.2));
    const each = (side * 9) / 16;
    return {
      stage: { x: 0, y: 0, width: width - side - gap, height },
      rest: { x: width - side, y: 0, width: side, height },
      fits: Math.max(1, Math.floor((height + gap) / (each + gap))),
    };
  }
  const wanted = grid(featured, width, height, { gap, aspect: STAGE_ASPECT });
  const above = Math.min(height * 0.6, wanted.rows * wanted.height + (wanted.rows - 1) * gap);
  const rest = { x: 0, y: above + gap, width, height: height - above - gap };
  return { stage: { x: 0, y: 0, width, height: above }, rest, fits: capacity(rest.width, rest.height, 12, 110) };
}

/**
 * A stage for what matters most (shared screens, pinned people), and the rest smaller.
 * @returns boxes: first those of the `featured` tiles, then those of the `others`
 */
export function placeStage(featured, others, width, height, gap = GAP) {
  const wide = { gap, aspect: STAGE_ASPECT };
  if (others === 0) return placeGrid(featured, width, height, wide);
  const { stage, rest } = split(featured, width, height, gap);
  const inside = (area, boxes) => boxes.map((box) => ({ ...box, x: box.x + area.x, y: box.y + area.y }));
  return inside(stage, placeGrid(featured, stage.width, stage.height, wide))
    .concat(inside(rest, placeGrid(others, rest.width, rest.height, { gap })));
}

/** How many tiles a gallery can hold before they get smaller than a face needs. At least 1, at most `limit`. */
export function capacity(width, height, limit, minimum = 132) {
  let fits = 1;
  for (let count = 2; count <= limit; count++) {
    if (grid(count, width, height).width >= minimum) fits = count;
  }
  return Math.min(fits, Math.max(1, limit));
}
