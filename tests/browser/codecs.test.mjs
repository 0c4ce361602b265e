// SPDX-License-Identifier: Apache-2.0
// Simulcast and SVC of every codec that Chromium sends: what arrives decodes, in full size.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller, DESCRIPTOR, longestGap, SIMULCAST } from './support/caller.mjs';
import { finish, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const SIZE = { width: 960, height: 540, rate: 12 };
/** Sizes asked for one after the other, where layers are stepped through. A receiver whose decoder waits in vain asks after 3 s. */
const STEPS = [4, 2, 1, 2, 4, 2].map((part) => ({ width: SIZE.width / part, height: Math.floor(SIZE.height / part) }));
const STALL_MS = 2_500;
const WAYS = [
  { name: 'VP8, three simulcast layers', codec: 'VP8', encodings: SIMULCAST },
  { name: 'VP8, three simulcast layers with L1T3 and the dependency descriptor', codec: 'VP8', extensions: [DESCRIPTOR],
    encodings: SIMULCAST.map((each) => ({ ...each, scalabilityMode: 'L1T3' })) },
  { name: 'H264, three simulcast layers', codec: 'H264', encodings: SIMULCAST },
  { name: 'VP9, L3T3_KEY', codec: 'VP9', encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }] },
  { name: 'VP9, L3T3_KEY with the dependency descriptor', codec: 'VP9', extensions: [DESCRIPTOR], steps: true,
    encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }] },
  { name: 'VP9, L3T3 with the dependency descriptor', codec: 'VP9', extensions: [DESCRIPTOR], steps: true,
    encodings: [{ scalabilityMode: 'L3T3', maxBitrate: 1_500_000 }] },
  { name: 'AV1, L1T3', codec: 'AV1', extensions: [DESCRIPTOR], encodings: [{ scalabilityMode: 'L1T3', maxBitrate: 1_000_000 }] },
  { name: 'AV1, L3T3_KEY', codec: 'AV1', extensions: [DESCRIPTOR], encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }] },
];

describe('layers of a codec', { timeout: 240_000 }, () => {
  let server;
  let browser;

  before(async () => {
    server = await startServer();
    browser = await startBrowser(1);
  });

  after(async () => {
    await finish([], [browser], server);
  });

  for (const { name, codec, encodings, extensions = [], steps = false } of WAYS) {
    it(`${name}: decode in full size`, async (t) => {
      const room = `codec-${WAYS.findIndex((way) => way.name === name)}`;
      const ann = await Caller.open(browser, server, { name: 'Ann', room });
      const ben = await Caller.open(browser, server, { name: 'Ben', room });
      try {
        if (!(await ann.do((which) => caller.canSend(which), codec))) {
          t.skip(`this Chromium does not send ${codec}`);
          return;
        }
        await ann.send({ codec, encodings, extensions, picture: { ...SIZE, hue: 200 } });
        await ben.receive({ video: 1, extensions });
        await ben.watch();
        const asked = Date.now();
        await ben.show(ann);
        await eventually('the first picture', async () => (await ben.record()).pictures.length > 0, { within: 15_000 })
          .catch(async (error) => { throw new Error(`${error.message}\n${await ben.describe()}`); });
        const full = await ben.seesWidth(SIZE.width, { within: 20_000 });
        const before = await eventually('the first count', () => ben.latest());
        await eventually('every encoding is sent', async () => {
          const sent = await ann.do(() => caller.sending());
          return sent.length === encodings.length && sent.every(({ frames }) => frames > 0) && sent;
        });
        await eventually('twenty more pictures are decoded', async () => (await ben.latest()).frames >= before.frames + 20);
        const now = await ben.latest();
        assert.equal(now.codec.toLowerCase(), `video/${codec.toLowerCase()}`);
        const record = await ben.record();
        t.diagnostic(`${name}: first picture after ${Math.round(record.pictures[0].at - asked)} ms, full size after ${Math.round(full - asked)} ms, `
          + `longest gap ${Math.round(longestGap(record, record.pictures[0].at, now.at))} ms, ${now.freezes} freezes, ${now.keyFrames} key frames`);
        if (steps) {
          const stepped = Date.now();
          for (const size of STEPS) {
            await ben.do((want) => caller.want(0, want), size);
            await ben.seesWidth(size.width);
            const { frames } = await ben.latest();
            await eventually('eight more pictures', async () => (await ben.latest()).frames >= frames + 8);
          }
          const gap = longestGap(await ben.record(), stepped, Date.now());
          t.diagnostic(`${name}: ${STEPS.length} changes of the layer, longest gap ${Math.round(gap)} ms`);
          assert.ok(gap < STALL_MS, `no picture for ${Math.round(gap)} ms`);
        }
      } finally {
        await Promise.all([ann, ben].map((each) => each.close()));
      }
    });
  }
});
