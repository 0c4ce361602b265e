// SPDX-License-Identifier: Apache-2.0
// A camera for tests: a Y4M film whose pictures carry the clock strip of include/weir/media.h. Two rows of 32 blocks along the lower
// edge; the upper row is a number, the lower one its complement. Here the number is a person's code (8 bits) and a frame count (24).
import { writeFile } from 'node:fs/promises';

export const WIDTH = 320;
export const HEIGHT = 180;
const BITS = 32;
const FRAMES = 60;
const RATE = 15;

function drawRow(luma, value, top, height) {
  for (let bit = 0; bit < BITS; bit++) {
    const white = (value >>> (BITS - 1 - bit)) & 1;
    const left = Math.floor((bit * WIDTH) / BITS);
    const right = Math.floor(((bit + 1) * WIDTH) / BITS);
    for (let y = top; y < top + height; y++) luma.fill(white ? 235 : 16, y * WIDTH + left, y * WIDTH + right);
  }
}

function picture(code, frame) {
  const luma = Buffer.alloc(WIDTH * HEIGHT, 90);
  const block = Math.floor(HEIGHT / 16);
  const x = (frame * 5) % (WIDTH - 40);
  for (let y = 40; y < 100; y++) luma.fill(190, y * WIDTH + x, y * WIDTH + x + 40);
  const value = ((code << 24) | frame) >>> 0;
  drawRow(luma, value, HEIGHT - 2 * block, block);
  drawRow(luma, ~value >>> 0, HEIGHT - block, block);
  const chroma = (WIDTH / 2) * (HEIGHT / 2);
  return [luma, Buffer.alloc(chroma, 90 + (code % 7) * 12), Buffer.alloc(chroma, 160 - (code % 5) * 14)];
}

/** Write a film of four seconds (Chromium repeats it). @param {number} code of the person, 1 to 255 */
export async function writeFilm(file, code) {
  const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${RATE}:1 Ip A1:1 C420mpeg2\n`)];
  for (let frame = 0; frame < FRAMES; frame++) parts.push(Buffer.from('FRAME\n'), ...picture(code, frame));
  await writeFile(file, Buffer.concat(parts));
}
