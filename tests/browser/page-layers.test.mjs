// SPDX-License-Identifier: Apache-2.0
// What the page sends and asks for, told as a story: every test goes on where the one before it ended.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { finish, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';
import { LARGE } from './support/test-picture.mjs';

const WIDE = { width: 1100, height: 700 };
const PHONE = { width: 390, height: 780 };

/** rid -> frames encoded so far, of the camera. */
const encoded = (person) => person.page.evaluate(async () => Object.fromEntries([...(await probe.connection().getStats()).values()]
  .filter((entry) => entry.type === 'outbound-rtp' && entry.kind === 'video' && entry.rid !== undefined)
  .map((entry) => [entry.rid, entry.framesEncoded])));

/** Wait until the camera encodes `rids` and nothing else. */
async function sendsOnly(person, rids, within = 20_000) {
  let last = null;
  const since = performance.now();
  await eventually(`${person.name} encodes ${rids.join(' ') || 'nothing'}`, async () => {
    const now = await encoded(person);
    // Between two looks each encoding in use makes several pictures.
    const busy = last === null ? null : Object.keys(now).filter((rid) => now[rid] > (last[rid] ?? 0));
    last = now;
    return busy?.sort().join() === [...rids].sort().join() ? 'as wished' : false;
  }, { within, every: 800 });
  return Math.round(performance.now() - since);
}

const shownHeight = (person, of) => person.page.evaluate((name) => probe.tile(name)?.querySelector('video').videoHeight ?? 0, of.name);

describe('layers', { timeout: 170_000 }, () => {
  let server;
  let browsers;
  let ada;
  let bob;

  before(async () => {
    server = await startServer();
    browsers = await Promise.all([startBrowser(0xda, [], LARGE), startBrowser(0xb0)]);
    ada = await Person.open(browsers[0], { name: 'Ada' });
    bob = await Person.open(browsers[1], { name: 'Bob', context: { viewport: WIDE } });
  });

  after(async () => {
    await finish([ada, bob], browsers ?? [], server);
  });

  it('are three encodings of a camera, of which all are sent to begin with', async (t) => {
    await ada.come(server.url, 'layers');
    await bob.come(server.url, 'layers');
    await bob.sees(ada);
    await eventually('three encodings', async () => {
      const frames = await encoded(ada);
      return ['l', 'm', 'h'].every((rid) => frames[rid] > 0);
    }, { within: 20_000 });
    t.diagnostic(JSON.stringify(await encoded(ada)));
  });

  it('are sent only as somebody wants them: the large one for a large tile', async (t) => {
    t.diagnostic(`alone after ${await sendsOnly(ada, ['h'], 30_000)} ms`);
    await eventually('the large picture is shown', async () => (await shownHeight(bob, ada)) === LARGE.height);
  });

  it('follow the size of the tile', async (t) => {
    await bob.page.setViewportSize({ width: 320, height: 300 });
    t.diagnostic(`small after ${await sendsOnly(ada, ['l'], 30_000)} ms`);
    await eventually('the small picture is shown', async () => (await shownHeight(bob, ada)) === LARGE.height / 4);
    await bob.page.setViewportSize(WIDE);
    const since = performance.now();
    await eventually('the large picture is back', async () => (await shownHeight(bob, ada)) === LARGE.height, { within: 20_000 });
    t.diagnostic(`large again after ${Math.round(performance.now() - since)} ms`);
  });

  it('are explained where none arrives', async () => {
    // Her encoder stops, and neither her page nor the server has been told.
    const film = (on) => ada.page.evaluate(async (goesOn) => {
      window.camera ??= probe.connection().getSenders().find(({ track }) => track?.kind === 'video');
      window.film ??= window.camera.track;
      await window.camera.replaceTrack(goesOn ? window.film : null);
    }, on);
    const reason = bob.page.locator('.tile[data-kind=camera]:not(.self) .reason');
    await eventually('nothing needs to be explained', async () => !(await reason.isVisible()));
    await film(false);
    await eventually('the reason is shown', async () => /nothing arrives from Ada/.test(await reason.innerText()), { within: 20_000 });
    assert.equal(await reason.getAttribute('aria-label'), 'Paused: nothing arrives from Ada');
    assert.ok(await bob.page.getByRole('img', { name: 'Paused: nothing arrives from Ada' }).isVisible(), 'a screen reader finds it');
    assert.equal(await bob.page.evaluate(() => probe.tile('Ada').classList.contains('playing')), false, 'no old picture is shown');
    await bob.screenshot('reason');
    await bob.page.setViewportSize(PHONE);
    await bob.screenshot('reason-phone');
    await bob.page.setViewportSize(WIDE);
    await film(true);
    await eventually('the reason goes when pictures come', async () => !(await reason.isVisible()), { within: 20_000 });
    await bob.sees(ada);
  });

  it('are named in the statistics', async () => {
    await bob.page.click('#stats-button');
    await eventually('layer, size and rate are shown', async () => {
      const row = bob.page.locator('#stats-tables tr', { hasText: 'Ada, camera' });
      return /VP8.*layer \d\.\d\.\d.*\s[1-9][\d.]* [kM]bit\/s\s+\d+×\d+ @ \d+/s.test((await row.innerText()));
    });
    assert.match(await bob.text('stats-summary'), /room to receive \d/);
    await bob.screenshot('statistics');
    await bob.page.click('#stats-close');
    await ada.page.click('#stats-button');
    await eventually('our own encodings are', async () => /encoding h/.test(await ada.text('stats-tables')));
    await ada.screenshot('statistics-sending');
    await ada.page.click('#stats-close');
  });

  it('are not sent at all while nobody looks', async (t) => {
    await bob.page.click('#leave-button');
    t.diagnostic(`nothing after ${await sendsOnly(ada, [], 30_000)} ms`);
    await bob.join();
    t.diagnostic(`a picture ${Math.round(await bob.sees(ada))} ms after joining`);
  });
});
