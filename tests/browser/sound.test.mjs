// SPDX-License-Identifier: Apache-2.0
// Sound beyond plain Opus: redundancy for who wants it, tones of a telephone, and the loudest of many voices.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller } from './support/caller.mjs';
import { finish, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const BOTS = 20;
const VOICES = 3;

describe('sound', { timeout: 120_000 }, () => {
  let server;
  let browser;
  let callers = [];

  const open = async (name, room, linked = false) => {
    callers.push(await Caller.open(browser, server, { name, room, linked }));
    return callers.at(-1);
  };
  const sendAudio = (who, options) => who.negotiate((what) => caller.sendAudio(what), options);
  const heard = (who, index = 0) => who.do((line) => caller.heard(line), index);
  const hears = (who, format, count) => eventually(`${who.name} gets ${count} packets of ${format}`,
    async () => ((await heard(who)).formats[format] ?? 0) >= count)
    .catch(async (error) => { throw new Error(`${error.message}\n${JSON.stringify(await heard(who))}`); });

  before(async () => {
    server = await startServer(['--bots', String(BOTS), '--bot-room', 'crowd']);
    browser = await startBrowser(1, ['--autoplay-policy=no-user-gesture-required']);
  });

  after(async () => {
    await finish([], [browser], server);
  });

  const leave = async () => {
    const leaving = callers;
    callers = [];
    await Promise.all(leaving.map((each) => each.close()));
  };

  it('with RED reaches who offers RED as it is, and others without', async (t) => {
    try {
      const [ann, ben, cem] = [await open('Ann', 'red'), await open('Ben', 'red'), await open('Cem', 'red')];
      const answer = await sendAudio(ann, { codecs: ['red', 'opus'] });
      assert.match(answer, /a=rtpmap:\d+ red\/48000\/2/);
      await ben.receive({ audio: 1, audioCodecs: ['opus', 'red'] });
      await cem.receive({ audio: 1, audioCodecs: ['opus'] });
      await Promise.all([ben, cem].map((who) => who.show(ann, { source: 'microphone' })));
      await Promise.all([hears(ben, 'audio/red', 50), hears(cem, 'audio/opus', 50)]);
      const [with_, without] = [await heard(ben), await heard(cem)];
      assert.equal(without.formats['audio/red'], undefined);
      await Promise.all([ben, cem].map((who) => eventually(`${who.name} hears Ann`, async () => (await heard(who)).energy > 0)));
      t.diagnostic(`Ben got ${JSON.stringify(with_.formats)}, Cem ${JSON.stringify(without.formats)}`);
    } finally {
      await leave();
    }
  });

  it('gets RED from the server where the path loses packets', async (t) => {
    try {
      const [ann, ben, cem] = [await open('Ann', 'lossy'), await open('Ben', 'lossy', true), await open('Cem', 'lossy', true)];
      await sendAudio(ann, { codecs: ['opus'] });
      for (const who of [ben, cem]) {
        await who.receive({ audio: 1, audioCodecs: ['opus', 'red'] });
        await who.show(ann, { source: 'microphone' });
        await hears(who, 'audio/opus', 20);
      }
      const lossy = Date.now();
      ben.link.down.set({ loss: 0.15 });
      await eventually('Ben gets redundancy', async () => ((await heard(ben)).formats['audio/red'] ?? 0) > 20, { within: 20_000 });
      t.diagnostic(`RED ${Date.now() - lossy} ms after 15 % of loss began`);
      assert.equal((await heard(cem)).formats['audio/red'], undefined, 'and who loses nothing gets none');
    } finally {
      await leave();
    }
  });

  it('of telephone keys is heard by others', async (t) => {
    try {
      const [ann, ben] = [await open('Ann', 'keys'), await open('Ben', 'keys')];
      await sendAudio(ann, { silent: true });
      await ben.receive({ audio: 1 });
      await ben.show(ann, { source: 'microphone' });
      await eventually('Ben is sent silence', async () => (await heard(ben)).packets > 20);
      const silent = (await heard(ben)).energy;
      const pressed = Date.now();
      await ann.do(() => {
        const [sender] = caller.connection.getSenders().filter(({ track }) => track?.kind === 'audio');
        sender.dtmf.insertDTMF('159', 400, 50);
      });
      await eventually('Ben hears the keys', async () => (await heard(ben)).energy > silent + 1e-4)
        .catch(async (error) => { throw new Error(`${error.message}\n${JSON.stringify(await heard(ben))}`); });
      assert.ok((await heard(ben)).formats['audio/telephone-event'] > 0, 'as telephone events, not as sound');
      t.diagnostic(`keys heard ${Date.now() - pressed} ms after they were pressed; ${JSON.stringify((await heard(ben)).formats)}`);
    } finally {
      await leave();
    }
  });

  it(`of ${BOTS} bots comes as the loudest ${VOICES}`, async (t) => {
    try {
      const ann = await open('Ann', 'crowd');
      await ann.receive({ audio: VOICES });
      const voices = () => Promise.all(Array.from({ length: VOICES }, (_, index) => heard(ann, index)));
      await eventually('voices are heard', async () => (await voices()).some(({ energy }) => energy > 0), { within: 15_000 });
      const seen = new Set();
      await eventually('who speaks is among the voices, and the speaker changes', async () => {
        const now = (await voices()).map(({ participant }) => participant).filter((id) => id !== null);
        assert.equal(new Set(now).size, now.length, 'nobody comes on two lines');
        const speaker = await ann.do(() => caller.speaker);
        if (speaker !== null && now.includes(speaker)) seen.add(speaker);
        return seen.size >= 2;
      }, { within: 30_000 });
      const lines = await voices();
      t.diagnostic(`${lines.length} lines with ${lines.map(({ packets }) => packets).join(', ')} packets for ${BOTS} voices; ${seen.size} speakers seen`);
    } finally {
      await leave();
    }
  });
});
