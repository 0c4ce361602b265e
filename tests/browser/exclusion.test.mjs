// SPDX-License-Identifier: Apache-2.0
// Whom somebody neither hears nor sees, why a tile has no picture, and lines that share the most recent speakers.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller } from './support/caller.mjs';
import { finish, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const PHONE = { width: 320, height: 640 };

describe('one person for another', { timeout: 120_000 }, () => {
  let server;
  let browsers;
  let ada;
  let bob;

  const note = (person, of) => person.page.evaluate((name) => probe.tile(name)?.querySelector('.note').textContent ?? '', of.name);
  const press = (person, of) => person.page.evaluate((name) => probe.tile(name).querySelector('.exclude').click(), of.name);
  /** Packets of sound and of pictures that came so far. */
  const arrived = (person) => person.page.evaluate(async () => {
    const count = { audio: 0, video: 0 };
    for (const entry of (await probe.connection().getStats()).values()) {
      if (entry.type === 'inbound-rtp') count[entry.kind] += entry.packetsReceived;
    }
    return count;
  });
  const grows = async (person, kind) => {
    const { [kind]: start } = await arrived(person);
    return eventually(`${kind} comes to ${person.name}`, async () => (await arrived(person))[kind] > start + 20, { within: 20_000 });
  };
  const rests = async (person) => {
    await eventually(`nothing comes to ${person.name}`, async () => {
      const first = await arrived(person);
      await person.page.waitForTimeout(500);
      const second = await arrived(person);
      return first.audio === second.audio && first.video === second.video;
    }, { within: 20_000 });
  };

  before(async () => {
    server = await startServer();
    browsers = await Promise.all([startBrowser(0xea), startBrowser(0xeb)]);
    ada = await Person.open(browsers[0], { name: 'Ada', context: { viewport: { width: 1280, height: 720 } } });
    bob = await Person.open(browsers[1], { name: 'Bob' });
    await ada.come(server.url, 'apart');
    await bob.come(server.url, 'apart');
    await ada.sees(bob);
    await grows(ada, 'audio');
  });

  after(async () => {
    await finish([ada, bob], browsers ?? [], server);
  });

  it('is neither heard nor seen once excluded, and does not learn of it', async () => {
    await press(ada, bob);
    await eventually('the tile says so', async () => (await note(ada, bob)) === 'Not heard, not seen');
    await rests(ada);
    await grows(bob, 'video');
    assert.equal(await note(bob, ada), '');
    await ada.screenshot('excluded-1280');
  });

  it('stays so over a lost WebSocket, and is heard and seen again when wanted', async () => {
    await ada.page.evaluate(() => { probe.loseSignalling(); probe.restoreSignalling(); });
    await eventually('Ada is connected again', () => ada.page.evaluate(() => document.getElementById('connection-text').textContent === 'Connected'), { within: 20_000 });
    await rests(ada);
    await press(ada, bob);
    await ada.sees(bob);
    await grows(ada, 'audio');
    assert.equal(await note(ada, bob), '');
  });

  it('has a tile that says that the camera is off', async () => {
    await bob.page.click('#camera-button');
    await eventually('the tile says so', async () => (await note(ada, bob)) === 'Camera off');
    await ada.screenshot('camera-off-1280');
    await bob.page.click('#camera-button');
    await ada.sees(bob);
    assert.equal(await note(ada, bob), '');
  });

  it('is looked at on a telephone, statistics to their last column', async () => {
    await ada.page.setViewportSize(PHONE);
    await ada.screenshot('tile-320');
    await ada.page.click('#stats-button');
    await eventually('both tables are there', () => ada.page.evaluate(() => document.querySelectorAll('#stats-tables table').length === 2));
    await ada.screenshot('statistics-320');
    const wide = await ada.page.evaluate(() => [...document.querySelectorAll('#stats-tables, #stats-tables table')].map((node) => [node.scrollWidth, document.getElementById('stats-tables').clientWidth]));
    for (const [content, room] of wide) assert.ok(content <= room, `${content} of ${room} px`);
  });
});

describe('lines that share the most recent speakers', { timeout: 60_000 }, () => {
  let server;
  let browser;
  const callers = [];

  before(async () => {
    server = await startServer();
    browser = await startBrowser(0xec);
  });

  after(async () => {
    await Promise.allSettled(callers.map((caller) => caller.close()));
    await finish([], [browser], server);
  });

  it('show each of them once, and pass over who is excluded', async () => {
    for (const name of ['Ann', 'Bea', 'Cem']) callers.push(await Caller.open(browser, server, { name, room: 'recent' }));
    const [ann, bea, cem] = callers;
    for (const caller of [ann, bea]) await caller.send({ picture: { width: 320, height: 180, hue: 0 } });
    await cem.receive({ video: 2 });
    const mids = await cem.do(() => caller.connection.getTransceivers().filter(({ direction }) => direction === 'recvonly').map(({ mid }) => mid));
    for (const mid of mids) await cem.do((line) => caller.request('subscribe', { mid: line, rule: { kind: 'recent' } }), mid);
    const shown = () => cem.do((lines) => lines.map((mid) => caller.shown.get(mid)?.participant ?? null).sort(), mids);
    const ids = [await ann.id(), await bea.id()].sort();
    await eventually('both are shown', async () => JSON.stringify(await shown()) === JSON.stringify(ids));
    await cem.do((id) => caller.request('exclude', { participants: [id] }), ids[0]);
    await eventually('one is shown', async () => JSON.stringify((await shown()).filter((id) => id !== null)) === JSON.stringify([ids[1]]));
    await assert.rejects(cem.do(() => caller.request('exclude', { participants: ['12'] })), /not_found/);
  });
});
