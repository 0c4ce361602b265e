// SPDX-License-Identifier: Apache-2.0
// More people than tiles: the first page follows the most recent speakers, as the server's lines do.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { finish, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const BOTS = 6;

/** Only bots speak. */
const NO_DEVICES = `
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('Requested device not found', 'NotFoundError'); };
  navigator.mediaDevices.enumerateDevices = async () => [];`;

/** Keeps the rules that the page asks its lines to follow, by mid; and the tracks that it asks for by name. */
const WATCH = `
  window.asked = { rules: {}, tracks: [] };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    if (message.type === 'subscribe') {
      delete asked.rules[message.mid];
      if (message.rule) asked.rules[message.mid] = message.rule.kind;
      else if (message.track) asked.tracks.push(message.track);
    }
    send.call(this, text);
  };`;

/** The names on the page in their places, who is said to speak, and whose picture plays. */
const look = (person) => person.page.evaluate(() => ({
  names: [...document.querySelectorAll('.tile:not(.self) .name')].map((name) => name.textContent),
  speaking: document.querySelector('.tile.speaking:not(.self) .name')?.textContent ?? null,
  playing: [...document.querySelectorAll('.tile.playing:not(.self) .name')].map((name) => name.textContent),
}));

describe('more people than tiles', { timeout: 120_000 }, () => {
  let server;
  let browser;
  let ivy;

  before(async () => {
    server = await startServer(['--bots', String(BOTS), '--bot-room', 'lobby']);
    browser = await startBrowser(0x13);
    ivy = await Person.open(browser, { name: 'Ivy', init: [NO_DEVICES, WATCH], context: { viewport: { width: 340, height: 400 } } });
    await ivy.come(server.url, 'lobby', { devices: false });
  });

  after(async () => {
    await finish([ivy], [browser], server);
  });

  it('as many lines follow the speakers as there are tiles', async (t) => {
    await eventually('there is a second page', async () => /^1 \/ [2-9]/.test(await ivy.text('page-text')));
    const places = (await look(ivy)).names.length;
    t.diagnostic(`${places} tiles for ${BOTS} bots`);
    assert.ok(places < BOTS);
    await eventually('lines follow the speakers', () => ivy.page.evaluate((count) => Object.values(asked.rules).join() === Array(count).fill('recent').join(), places));
    await eventually('all tiles play', async () => (await look(ivy)).playing.length === places, { within: 20_000 });
  });

  it('who speaks comes to the first page, one place changes, and nothing is asked for', async (t) => {
    await ivy.page.evaluate(() => { asked.tracks = []; });
    let before = (await look(ivy)).names;
    const first = new Set(before);
    const spoke = new Set();
    let newcomers = 0;
    await eventually('three have spoken, one of whom was not there', async () => {
      const now = await look(ivy);
      const changed = now.names.filter((name, place) => name !== before[place]);
      assert.equal(now.names.length, before.length);
      for (const name of changed) assert.ok(!before.includes(name), `${name} moved from another place: ${before} to ${now.names}`);
      newcomers += changed.length;
      before = now.names;
      if (now.speaking !== null && now.playing.includes(now.speaking)) spoke.add(now.speaking);
      return spoke.size >= 3 && [...spoke].some((name) => !first.has(name));
    }, { within: 60_000, every: 100 });
    t.diagnostic(`${[...spoke].join(', ')} spoke, ${newcomers} came`);
    assert.deepEqual(await ivy.page.evaluate(() => asked.tracks), []);
  });

  it('the next page shows the others by name, and the first one follows the speakers again', async () => {
    const here = (await look(ivy)).names;
    await ivy.page.click('#page-next');
    await eventually('others are seen', async () => {
      const { names, playing } = await look(ivy);
      return playing.length > 0 && names.every((name) => !here.includes(name));
    }, { within: 20_000 });
    await eventually('no line follows the speakers', () => ivy.page.evaluate(() => Object.keys(asked.rules).length === 0));
    assert.ok((await ivy.page.evaluate(() => asked.tracks.length)) > 0);
    await ivy.page.click('#page-previous');
    await eventually('lines follow the speakers again', () => ivy.page.evaluate((count) => Object.keys(asked.rules).length === count, here.length));
    await eventually('all tiles play', async () => (await look(ivy)).playing.length === here.length, { within: 20_000 });
  });

  it('with room for all, every line shows who was asked for', async () => {
    await ivy.page.setViewportSize({ width: 1280, height: 800 });
    await eventually('all bots are seen', async () => (await look(ivy)).playing.length === BOTS, { within: 20_000 });
    assert.deepEqual(await ivy.page.evaluate(() => Object.keys(asked.rules)), []);
  });
});
