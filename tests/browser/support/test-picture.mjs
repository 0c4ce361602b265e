// SPDX-License-Identifier: Apache-2.0
// A camera for tests: a Y4M film whose pictures carry the clock strip of include/weir/media.h. Two rows of 32 blocks along the lower
// edge; the upper row is a number, the lower one its complement. Here the number is a person's code (8 bits) and a frame count (24).
import { writeFile } from 'node:fs/promises';

export const SMALL = { width: 320, height: 180, frames: 60 };
/** Large enough for three encodings. */
export const LARGE = { width: 960, height: 540, frames: 15 };
const BITS = 32;
const RATE = 15;

function drawRow(luma, width, value, top, height) {
  for (let bit = 0; bit < BITS; bit++) {
    const white = (value >>> (BITS - 1 - bit)) & 1;
    const left = Math.floor((bit * width) / BITS);
    const right = Math.floor(((bit + 1) * width) / BITS);
    for (let y = top; y < top + height; y++) luma.fill(white ? 235 : 16, y * width + left, y * width + right);
  }
}

function picture(code, frame, { width, height }) {
  const luma = Buffer.alloc(width * height, 90);
  const block = Math.floor(height / 16);
  const x = (frame * 5) % (width - 40);
  for (let y = 40; y < 100; y++) luma.fill(190, y * width + x, y * width + x + 40);
  const value = ((code << 24) | frame) >>> 0;
  drawRow(luma, width, value, height - 2 * block, block);
  drawRow(luma, width, ~value >>> 0, height - block, block);
  const chroma = (width / 2) * (height / 2);
  return [luma, Buffer.alloc(chroma, 90 + (code % 7) * 12), Buffer.alloc(chroma, 160 - (code % 5) * 14)];
}

/** Write a film (Chromium repeats it). @param {number} code of the person, 1 to 255 */
export async function writeFilm(file, code, size = SMALL) {
  const parts = [Buffer.from(`YUV4MPEG2 W${size.width} H${size.height} F${RATE}:1 Ip A1:1 C420mpeg2\n`)];
  for (let frame = 0; frame < size.frames; frame++) parts.push(Buffer.from('FRAME\n'), ...picture(code, frame, size));
  await writeFile(file, Buffer.concat(parts));
}
