// SPDX-License-Identifier: Apache-2.0
// Payloads that the browser encrypts end to end: the server forwards what it cannot read, and only holders of the key see a picture.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller, DESCRIPTOR, SIMULCAST } from './support/caller.mjs';
import { finish, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const PICTURE = { width: 960, height: 540, rate: 12, hue: 120 };
const KEY = 'sixteen octets..';
const WRONG_KEY = 'another sixteen!';
const WAYS = [
  { codec: 'VP8', encodings: SIMULCAST },
  { codec: 'VP9', encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }] },
  { codec: 'AV1', encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }] },
];

describe('encrypted payloads', { timeout: 120_000 }, () => {
  let server;
  let browser;

  before(async () => {
    server = await startServer();
    browser = await startBrowser(1);
  });

  after(async () => {
    await finish([], [browser], server);
  });

  for (const { codec, encodings } of WAYS) {
    it(`of ${codec} are seen with the key and not without, and layers switch`, async (t) => {
      const callers = [];
      const open = async (name) => {
        callers.push(await Caller.open(browser, server, { name, room: `sealed-${codec}` }));
        return callers.at(-1);
      };
      try {
        const ann = await open('Ann');
        const ben = await open('Ben');
        const eve = await open('Eve');
        if (!(await ann.do((which) => caller.canSend(which), codec))) {
          t.skip(`this Chromium does not send ${codec}`);
          return;
        }
        const extensions = [DESCRIPTOR];
        const answer = await ann.send({ codec, encodings, extensions, picture: PICTURE, key: KEY });
        assert.match(answer, /dependency-descriptor/);
        for (const [who, key] of [[ben, KEY], [eve, WRONG_KEY]]) {
          await who.receive({ video: 1, extensions, codec, key });
          await who.watch();
        }
        const asked = Date.now();
        await Promise.all([ben.show(ann), eve.show(ann)]);
        const full = await ben.seesWidth(PICTURE.width);
        const smaller = Date.now();
        await ben.do(() => caller.want(0, { width: 240, height: 135 }));
        const small = await ben.seesWidth(240);
        const larger = Date.now();
        await ben.do(() => caller.want(0, {}));
        const large = await ben.seesWidth(PICTURE.width);
        t.diagnostic(`${codec}: full size ${Math.round(full - asked)} ms after asking, smallest layer ${Math.round(small - smaller)} ms `
          + `and largest ${Math.round(large - larger)} ms after wanting it`);
        await eventually('packets reach who has the wrong key', async () => (await eve.latest())?.bytes > 20_000);
        assert.equal((await eve.latest()).frames, 0, 'and none of them is decoded');
        assert.equal((await eve.record()).pictures.length, 0, 'or shown');
      } finally {
        await Promise.all(callers.map((each) => each.close()));
      }
    });
  }
});
