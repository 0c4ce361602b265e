// SPDX-License-Identifier: Apache-2.0
// Firefox and Chromium in one room, told as a story: every test goes on where the one before it ended.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { noFirefox, startFirefox } from './support/firefox.mjs';
import { finish, grows, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';
import { end, installExchange, publish, watch } from './support/whip.mjs';

const ROOM = 'mixed';

// A skipped test is counted, a skipped suite is not.
if (noFirefox) it('Firefox shares a room with Chromium', { skip: noFirefox });

describe('Firefox', { skip: noFirefox, timeout: 150_000 }, () => {
  let server;
  let browsers;
  let ada;
  let fox;
  const others = [];

  const open = async (browser, options) => {
    const person = await Person.open(browser, options);
    others.push(person);
    return person;
  };

  before(async () => {
    server = await startServer(['--bots', '3', '--bot-room', 'lobby']);
    browsers = await Promise.all([startBrowser(0xa1), startFirefox(0xf0)]);
    ada = await Person.open(browsers[0], { name: 'Ada' });
    fox = await Person.open(browsers[1], { name: 'Fox' });
  });

  after(async () => {
    await finish([ada, fox, ...others], browsers ?? [], server);
  });

  it('shows and plays a room of bots', async () => {
    await fox.come(server.url, 'lobby');
    const clocks = () => fox.page.evaluate(() => [...document.querySelectorAll('.tile.playing:not(.self) video')]
      .filter((video) => probe.readStrip(video) !== null).length);
    await eventually('three clocks can be read', async () => (await clocks()) === 3);
    await grows(fox, 'energy', await fox.received(), 1);
    await eventually('somebody is highlighted', async () => (await fox.page.locator('.tile.speaking').count()) === 1, { within: 20_000 });
    await fox.screenshot('gallery-firefox');
    await fox.page.click('#leave-button');
    await eventually('the lobby is back', async () => /You have left/.test(await fox.text('lobby-message')));
  });

  it('sees and hears Chromium, and the other way round', async (t) => {
    await ada.come(server.url, ROOM);
    await fox.come(server.url, ROOM);
    t.diagnostic(`join to first picture: ${Math.round(await fox.sees(ada))} ms`);
    await ada.sees(fox);
    for (const field of ['frames', 'energy']) {
      await Promise.all([ada, fox].map(async (person) => grows(person, field, await person.received(), 1)));
    }
  });

  it('chats and mutes', async () => {
    const muted = () => ada.page.evaluate(() => !probe.tile('Fox').querySelector('.muted-mark').hidden);
    await fox.page.click('#mic-button');
    await eventually('Ada sees that Fox is muted', muted);
    await fox.page.click('#mic-button');
    await eventually('and that he is not any more', async () => !(await muted()));
    await fox.page.click('#chat-button');
    await fox.page.fill('#chat-input', 'Good morning from Firefox');
    await fox.page.keyboard.press('Enter');
    await eventually('Ada has a message', async () => (await ada.text('unread')) === '1');
    await fox.page.click('#chat-close');
  });

  it('switches its camera off and on, and shares a screen beside it', async () => {
    const playing = (kind) => ada.page.evaluate((of) => probe.tile('Fox', of)?.classList.contains('playing') ?? false, kind);
    await fox.page.click('#camera-button');
    await eventually('the camera is off', async () => !(await playing('camera')));
    await fox.page.click('#camera-button');
    await fox.page.click('#screen-button');
    await Promise.all([ada.sees(fox), ada.sees(fox, { kind: 'screen' })]);
    await fox.page.click('#screen-button');
    await eventually('the screen goes', async () => !(await ada.tiles()).some((name) => name.includes('screen')));
    await ada.sees(fox);
  });

  it('goes on without the WebSocket and resumes the session', async () => {
    await fox.page.evaluate(() => probe.loseSignalling());
    await eventually('Fox is told', async () => (await fox.text('connection-text')).includes('sound and pictures go on'));
    await Promise.all([ada, fox].map(async (person) => grows(person, 'frames', await person.received(), 1)));
    await fox.page.evaluate(() => { probe.restoreSignalling(); dispatchEvent(new Event('online')); });
    await eventually('Fox is connected again', async () => (await fox.text('connection-text')) === 'Connected', { within: 20_000 });
  });

  it('restarts ICE', async () => {
    const fragment = () => fox.page.evaluate(() => /a=ice-ufrag:(\S+)/.exec(probe.connection().currentLocalDescription.sdp)[1]);
    const old = await fragment();
    await fox.page.evaluate(() => probe.failMedia());
    await eventually('new ICE credentials are agreed on', async () => (await fragment()) !== old);
    await Promise.all([ada, fox].map(async (person) => grows(person, 'frames', await person.received(), 1)));
    assert.equal(await fox.page.evaluate(() => probe.connection().connectionState), 'connected');
  });

  it('is DTLS server where the other side must be client', async () => {
    const init = ["probe.changeOffer = (sdp) => sdp.replaceAll('a=setup:actpass', 'a=setup:passive');"];
    const gil = await open(browsers[1], { name: 'Gil', init });
    await gil.come(server.url, ROOM);
    await Promise.all([gil.sees(ada), ada.sees(gil)]);
    assert.equal((await gil.page.evaluate(() => weir.statistics())).transport.dtlsRole, 'server');
    await gil.page.click('#leave-button');
    await eventually('his tile goes', async () => !(await fox.tiles()).includes('Gil'));
  });

  it('publishes with WHIP and watches with WHEP', async () => {
    const stock = { ...browsers[1], init: [] };  // what Firefox itself makes of a camera
    const [publisher, viewer] = await Promise.all(['Encoder', 'Viewer'].map((name) => open(stock, { name })));
    for (const { page } of [publisher, viewer]) {
      await page.goto(`${server.url}healthz`);
      await page.evaluate(installExchange);
    }
    assert.equal((await viewer.page.evaluate(watch, `${server.url}whep/${ROOM}`)).status, 201);
    await eventually('the viewer gets pictures and sound', async () => {
      const { frames, packets } = await viewer.received();
      return [frames, packets].every((lines) => Object.values(lines).some((count) => count > 10));
    });
    assert.equal((await publisher.page.evaluate(publish, { endpoint: `${server.url}whip/${ROOM}?name=Encoder` })).status, 201);
    const shown = () => ada.page.evaluate(() => {
      const tile = probe.tile('Encoder');
      return tile?.classList.contains('playing') ? tile.querySelector('video').videoWidth : 0;
    });
    await eventually('Ada sees the publisher', async () => (await shown()) > 0);
    for (const { page } of [publisher, viewer]) assert.deepEqual(await page.evaluate(end), [200, 404]);
  });

  it('leaves', async () => {
    await fox.page.click('#leave-button');
    await eventually('Ada is alone', async () => (await ada.tiles()).join() === 'Ada (you)');
  });
});
