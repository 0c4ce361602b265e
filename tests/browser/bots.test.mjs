// SPDX-License-Identifier: Apache-2.0
// Somebody alone, without camera or microphone, in a room of synthetic people.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { finish, grows, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const NO_DEVICES = `
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('Requested device not found', 'NotFoundError'); };
  navigator.mediaDevices.enumerateDevices = async () => [];`;

/** Boxes of the tiles and of the gallery around them, in CSS pixels. */
const boxes = (person) => person.page.evaluate(() => {
  const box = (node) => { const { left, top, right, bottom } = node.getBoundingClientRect(); return { left, top, right, bottom }; };
  return { gallery: box(document.getElementById('gallery')), tiles: [...document.querySelectorAll('.tile')].map(box) };
});

const area = ({ left, top, right, bottom }) => (right - left) * (bottom - top);

/** Tiles lie inside the gallery, apart from one another, and use at least `share` of it. */
function assertGoodUse({ gallery, tiles }, share) {
  for (const tile of tiles) {
    assert.ok(tile.left >= gallery.left - 1 && tile.right <= gallery.right + 1, `${JSON.stringify(tile)} is inside`);
    assert.ok(tile.top >= gallery.top - 1 && tile.bottom <= gallery.bottom + 1, `${JSON.stringify(tile)} is inside`);
    for (const other of tiles) {
      const apart = tile === other || tile.right <= other.left || other.right <= tile.left || tile.bottom <= other.top || other.bottom <= tile.top;
      assert.ok(apart, `${JSON.stringify(tile)} and ${JSON.stringify(other)} lie apart`);
    }
  }
  const used = tiles.reduce((sum, tile) => sum + area(tile), 0) / area(gallery);
  assert.ok(used >= share, `${Math.round(used * 100)} % of the gallery is used`);
}

/** Numbers in the strips of all tiles that play, by name. */
const clocks = (person) => person.page.evaluate(() => Object.fromEntries([...document.querySelectorAll('.tile.playing')]
  .map((tile) => [tile.querySelector('.name').textContent, probe.readStrip(tile.querySelector('video'))])));

describe('a room of bots', { timeout: 120_000 }, () => {
  let server;
  let browser;
  let ivy;

  before(async () => {
    server = await startServer(['--bots', '3', '--bot-room', 'lobby']);
    browser = await startBrowser(0x11);
    ivy = await Person.open(browser, { name: 'Ivy', init: [NO_DEVICES], context: { viewport: { width: 1280, height: 720 }, colorScheme: 'dark' } });
  });

  after(async () => {
    await finish([ivy], [browser], server);
  });

  const readable = async (count) => {
    const read = await clocks(ivy);
    return Object.values(read).filter((value) => value !== null).length >= count ? read : null;
  };

  it('tells who has no devices, and lets him in', async () => {
    await ivy.enterLobby(server.url, 'lobby', { devices: false });
    await eventually('both problems are named', async () => /No microphone was found/.test(await ivy.text('problem-microphone'))
      && /No camera was found/.test(await ivy.text('problem-camera')));
    await ivy.screenshot('lobby-without-devices');
    await ivy.join();
  });

  it('shows three moving pictures with running clocks', async (t) => {
    const first = await eventually('three clocks can be read', () => readable(3));
    t.diagnostic(`three bots seen ${Math.round(await ivy.page.evaluate(() => performance.now() - probe.joinedAt))} ms after Join`);
    const started = performance.now();
    const later = await eventually('every clock has run for a second', async () => {
      const now = await readable(3);
      return now !== null && Object.keys(first).every((name) => ((now[name] - first[name]) >>> 0) >= 1000) ? now : null;
    });
    const elapsed = performance.now() - started;
    for (const name of Object.keys(first)) {
      const ran = (later[name] - first[name]) >>> 0;
      assert.ok(ran < elapsed + 1500, `the clock of ${name} ran ${ran} ms in ${Math.round(elapsed)} ms`);
    }
    assert.equal(new Set(Object.keys(first)).size, 3);
  });

  it('lets voices be heard and marks who speaks', async () => {
    await grows(ivy, 'energy', await ivy.received(), 1);
    await eventually('somebody is highlighted', async () => (await ivy.page.locator('.tile.speaking').count()) === 1, { within: 20_000 });
  });

  it('uses a desktop well, with a quality mark on every bot', async () => {
    await eventually('quality is shown', async () => (await ivy.page.locator('.tile:not(.self) .quality:not([hidden])').count()) === 3);
    const label = await ivy.page.locator('.tile:not(.self) .quality').first().getAttribute('aria-label');
    assert.match(label, /^Connection (bad|poor|fair|good|very good): \d+ % loss, \d+ ms round trip$/);
    assertGoodUse(await boxes(ivy), 0.7);
    await ivy.screenshot('gallery-desktop');
  });

  it('shows chat and statistics beside the gallery', async () => {
    await ivy.page.keyboard.press('i');
    await ivy.page.waitForFunction(() => {
      const cells = [...document.querySelectorAll('#stats-tables td')].map((cell) => cell.textContent);
      return cells.some((text) => /^[1-9]\d* kbit\/s$/.test(text)) && cells.some((text) => /^\d+×\d+ @ [1-9]/.test(text));
    });
    await ivy.page.click('#chat-button');
    await ivy.page.fill('#chat-input', 'Is anybody real here?');
    await ivy.page.keyboard.press('Enter');
    await eventually('the message is in the log', async () => (await ivy.text('chat-list')).includes('anybody real'));
    assertGoodUse(await boxes(ivy), 0.6);
    await ivy.screenshot('chat-and-statistics');
    await ivy.page.keyboard.press('Escape');
    assert.equal(await ivy.page.locator('#chat-panel').isHidden(), true);
    await ivy.page.click('#stats-close');
  });

  it('uses a phone well, upright and on its side', async () => {
    for (const [name, width, height] of [['gallery-phone', 390, 780], ['gallery-phone-wide', 780, 390]]) {
      await ivy.page.setViewportSize({ width, height });
      await eventually(`the tiles follow to ${width} x ${height}`, async () => {
        const { gallery, tiles } = await boxes(ivy);
        return gallery.right <= width && tiles.every((tile) => tile.right <= gallery.right + 1 && tile.bottom <= gallery.bottom + 1);
      });
      await ivy.page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.playState === 'running' && each.effect.getTiming().iterations === 1 ? each.finished : null)));
      assertGoodUse(await boxes(ivy), 0.6);
      for (const control of await ivy.page.locator('.control').all()) {
        const { x, width: wide } = await control.boundingBox();
        assert.ok(x >= 0 && x + wide <= width, 'every control is on the screen');
      }
      await ivy.screenshot(name);
    }
  });
});

describe('more people than receive lines', { timeout: 60_000 }, () => {
  it('are seen page by page', async () => {
    const server = await startServer(['--bots', '11', '--bot-room', 'crowd']);
    const browser = await startBrowser(0x12);
    const jo = await Person.open(browser, { name: 'Jo', init: [NO_DEVICES], context: { viewport: { width: 1600, height: 900 }, colorScheme: 'dark' } });
    try {
      await jo.come(server.url, 'crowd', { devices: false });
      const seen = new Set();
      const playing = async (count) => {
        const names = Object.entries(await clocks(jo)).filter(([, value]) => value !== null).map(([name]) => name);
        for (const name of names) seen.add(name);
        return names.length >= count;
      };
      await eventually('nine pictures on the first page', () => playing(9), { within: 20_000 });
      await jo.screenshot('gallery-crowd');
      await jo.page.click('#page-next');
      await eventually('two on the second, and all eleven seen', async () => (await playing(2)) && seen.size === 11, { within: 20_000 });
      assert.equal(await jo.text('page-text'), '2 / 2');
    } finally {
      await finish([jo], [browser], server);
    }
  });
});
