// SPDX-License-Identifier: Apache-2.0
// The page itself: keyboard, words for what goes wrong, invitations.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { finish, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { runCommand, startServer } from './support/server.mjs';

describe('the page', { timeout: 120_000 }, () => {
  let server;
  let browser;
  const present = [];

  const open = async (name, options = {}) => {
    const person = await Person.open(browser, { name, ...options });
    present.push(person);
    return person;
  };

  before(async () => {
    server = await startServer();
    browser = await startBrowser(0x61);
  });

  after(async () => {
    await finish(present, [browser], server);
  });

  it('shows a preview before joining', async () => {
    const lea = await open('Lea', { context: { viewport: { width: 1100, height: 640 } } });
    await lea.enterLobby(server.url, 'preview');
    await eventually('her own camera is seen', () => lea.page.evaluate(() => probe.readStrip(document.getElementById('preview')) >>> 24 === 0x61));
    await eventually('the level moves', () => lea.page.evaluate(() => document.getElementById('level').value > 0.1));
    await lea.screenshot('lobby');
    await lea.page.click('summary');
    assert.ok(await lea.page.locator('#lobby-microphones option').count() > 0);
    assert.ok(await lea.page.locator('#lobby-cameras option').count() > 0);
  });

  it('can be used with the keyboard alone', async () => {
    const max = await open('Max');
    const focused = () => max.page.evaluate(() => document.activeElement?.id);
    const tabTo = async (id) => {
      for (let steps = 0; steps < 30; steps++) {
        if ((await focused()) === id) return;
        await max.page.keyboard.press('Tab');
      }
      assert.fail(`Tab does not reach ${id}`);
    };
    await max.page.goto(`${server.url}?room=keys`);
    await eventually('the name has the focus', async () => (await focused()) === 'name');
    await max.page.keyboard.press('Enter');
    await eventually('an empty name is refused in words', async () => /Say your name/.test(await max.text('lobby-error')));
    assert.equal(await max.page.getAttribute('#name', 'aria-invalid'), 'true');
    await max.page.keyboard.type('Max');
    await tabTo('join');
    await max.page.keyboard.press('Enter');
    await eventually('the meeting begins at its first control', async () => (await focused()) === 'mic-button');
    await max.page.keyboard.press('Space');
    await eventually('the microphone is muted', async () => (await max.text('mic-button')) === 'Unmute');
    await max.page.keyboard.press('m');
    await eventually('and not any more', async () => (await max.text('mic-button')) === 'Mute');
    await max.page.keyboard.press('?');
    await eventually('the keys are explained', () => max.page.locator('#help-dialog').isVisible());
    await max.page.keyboard.press('Escape');
    await max.page.keyboard.press('c');
    await eventually('the chat has the focus', async () => (await focused()) === 'chat-input');
    await max.page.keyboard.type('m is a letter here');
    assert.equal(await max.text('mic-button'), 'Mute');
    await max.page.keyboard.press('Escape');
    assert.equal(await focused(), 'chat-button');
    await tabTo('leave-button');
    await max.page.keyboard.press('Enter');
    await eventually('the lobby is back', () => max.page.locator('#lobby').isVisible());
  });

  it('gives every control a name and every change a voice', async () => {
    const nia = await open('Nia');
    await nia.come(server.url, 'names');
    const other = await open('Oda');
    await other.come(server.url, 'names');
    await eventually('a join is announced', async () => (await nia.page.locator('#say').textContent()) === 'Oda joined');
    const nameless = await nia.page.evaluate(() => [...document.querySelectorAll('button, input, select, textarea, [role=img]')]
      .filter((node) => node.offsetParent !== null)
      .filter((node) => !(node.getAttribute('aria-label') || node.textContent.trim() || node.labels?.length))
      .map((node) => node.outerHTML));
    assert.deepEqual(nameless, []);
    await other.page.click('#leave-button');
    await eventually('a leave is announced', async () => (await nia.page.locator('#say').textContent()) === 'Oda left');
  });

  it('names line and reason of an offer that the server cannot use', async () => {
    const pia = await open('Pia', { init: ["probe.changeOffer = (sdp) => sdp.replace(/a=fingerprint:.*/g, 'a=fingerprint:sha-256 nonsense');"] });
    await pia.come(server.url, 'wrong');
    await eventually('the refusal is shown', async () => /The server refused: .*line \d+/.test(await pia.text('notices')));
    await eventually('and spoken', async () => /The server refused/.test(await pia.page.locator('#say-now').textContent()));
  });

  it('explains why there are no devices on a page that is not secure', async () => {
    const quin = await open('Quin', { init: ["Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"] });
    await quin.enterLobby(server.url, 'listeners', { devices: false });
    await eventually('the reason is named', async () => /https:\/\//.test(await quin.text('problem-microphone')));
    await quin.join();
    await eventually('the listener is connected', () => quin.page.evaluate(() => probe.connection()?.connectionState === 'connected'));
    await quin.page.click('#mic-button');
    await eventually('the reason is named again', async () => /https:\/\//.test(await quin.text('notices')));
  });

  it('explains a permission that was refused', async () => {
    const ray = await open('Ray', { init: ["navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };"] });
    await ray.enterLobby(server.url, 'refused', { devices: false });
    await eventually('it is explained', async () => /does not let this page use the camera/.test(await ray.text('problem-camera')));
    await ray.join();
  });

  it('says why a room name is refused', async () => {
    const sue = await open('Sue');
    await sue.enterLobby(server.url, 'x');
    await sue.page.fill('#room', 'no spaces');
    await sue.page.click('#join');
    assert.match(await sue.text('lobby-error'), /1 to 64 letters/);
    assert.equal(await sue.page.getAttribute('#room', 'aria-invalid'), 'true');
  });
});

describe('a server that asks for invitations', { timeout: 60_000 }, () => {
  it('lets in only holders of a token, who may do what it says', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'weir-token-'));
    const key = path.join(folder, 'key');
    await writeFile(key, randomBytes(48).toString('hex'));
    const server = await startServer(['--token-key', key]);
    const browser = await startBrowser(0x71);
    const [tom, uma] = await Promise.all(['Tom', 'Uma'].map((name) => Person.open(browser, { name })));
    try {
      await tom.enterLobby(server.url, 'board');
      assert.equal(await tom.page.locator('#token-field').isHidden(), true);
      await tom.page.click('#join');
      await eventually('he is asked for a token', () => tom.page.locator('#token').isVisible());
      await tom.page.fill('#token', 'nonsense');
      await tom.page.click('#join');
      await eventually('a wrong one is refused', async () => /not valid/.test(await tom.text('lobby-error')));
      await tom.page.fill('#token', await runCommand('token', '--key', key, '--room', 'board', '--name', 'Tom'));
      await tom.join();

      const listener = await runCommand('token', '--key', key, '--room', 'board', '--name', 'Uma', '--may', 'receive-audio,receive-video');
      await uma.page.goto(`${server.url}?room=board#token=${listener}`);
      await uma.page.fill('#name', 'Uma');
      assert.ok(!(await uma.page.evaluate(() => location.href)).includes(listener), 'the token does not stay in the address');
      await uma.join();
      await uma.sees(tom);
      assert.equal(await uma.page.locator('#mic-button').isDisabled(), true);
      assert.equal(await uma.page.locator('#screen-button').isDisabled(), true);
      assert.ok(!server.output().includes(listener), 'no token is in the log');
    } finally {
      await finish([tom, uma], [browser], server);
      await rm(folder, { recursive: true, force: true });
    }
  });
});
