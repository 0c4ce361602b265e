// SPDX-License-Identifier: Apache-2.0
// WHIP in and WHEP out with a browser's plain RTCPeerConnection and fetch: no code of the conference page is loaded.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { finish, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';
import { end, installExchange, publish, watch } from './support/whip.mjs';

const ROOM = 'stage';

describe('WHIP and WHEP', { timeout: 90_000 }, () => {
  let server;
  let browsers;
  let kim;
  let publisher;
  let viewer;

  before(async () => {
    server = await startServer();
    browsers = await Promise.all([0x21, 0x32].map((code) => startBrowser(code)));
    kim = await Person.open(browsers[0], { name: 'Kim' });
    publisher = await Person.open(browsers[1], { name: 'Encoder' });
    viewer = await Person.open(browsers[1], { name: 'Viewer' });
    await kim.come(server.url, ROOM);
    for (const { page } of [publisher, viewer]) {
      await page.goto(`${server.url}healthz`);
      await page.evaluate(installExchange);
    }
  });

  after(async () => {
    await finish([kim, publisher, viewer], browsers ?? [], server);
  });

  it('shows a WHEP viewer whoever is on, and lets him hear it', async () => {
    const answer = await viewer.page.evaluate(watch, `${server.url}whep/${ROOM}`);
    assert.equal(answer.status, 201);
    assert.equal(answer.type, 'application/sdp');
    assert.ok(answer.location);
    const strip = () => viewer.page.evaluate(() => probe.readStrip(document.querySelector('video')));
    await eventually("the viewer sees Kim's camera", async () => (await strip()) >>> 24 === kim.code);
    await eventually('audio packets arrive', async () => Object.values((await viewer.received()).packets).some((count) => count > 10));
    assert.deepEqual(await viewer.page.evaluate(end), [200, 404]);
  });

  it('brings a WHIP publisher into the room', async () => {
    const answer = await publisher.page.evaluate(publish, { endpoint: `${server.url}whip/${ROOM}?name=Encoder` });
    assert.equal(answer.status, 201);
    assert.equal(answer.type, 'application/sdp');
    assert.ok(answer.location);
    await kim.sees(publisher);
    await eventually('Kim hears the publisher', async () => Object.values((await kim.received()).energy).some((energy) => energy > 0));
    assert.deepEqual(await publisher.page.evaluate(end), [200, 404]);
    await eventually('the tile goes', async () => !(await kim.tiles()).includes('Encoder'));
  });

  it('forwards H.264 as well', async (t) => {
    const codec = 'video/H264';
    const can = await publisher.page.evaluate((wanted) => RTCRtpSender.getCapabilities('video').codecs.some(({ mimeType }) => mimeType === wanted), codec);
    if (!can) return t.skip('this Chromium does not encode H.264');
    const answer = await publisher.page.evaluate(publish, { endpoint: `${server.url}whip/${ROOM}?name=Encoder`, codec });
    assert.equal(answer.status, 201);
    await kim.sees(publisher);
    const decoders = await kim.page.evaluate(async () => Object.values(await weir.statistics()).flat().map((line) => line?.codec));
    assert.ok(decoders.includes('H264'), `codecs that Kim receives: ${decoders.filter(Boolean).join(', ')}`);
    assert.deepEqual(await publisher.page.evaluate(end), [200, 404]);
    return undefined;
  });

  it('refuses what is no SDP, in words', async () => {
    const response = await fetch(`${server.address}whip/${ROOM}`, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: 'v=1\r\nnonsense' });
    assert.ok(response.status >= 400 && response.status < 500, `status ${response.status}`);
    assert.match(await response.text(), /line/);
    const wrongType = await fetch(`${server.address}whip/${ROOM}`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'v=0' });
    assert.equal(wrongType.status, 415);
  });
});
