// SPDX-License-Identifier: Apache-2.0
// People in front of browsers: each Chromium has one camera (a film with its owner's code) and a microphone that beeps.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { eventually } from './poll.mjs';
import { repository } from './server.mjs';
import { SMALL, writeFilm } from './test-picture.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  '--allow-loopback-in-peer-connection', '--autoplay-policy=user-gesture-required'];
/** With these the ClientHello fits one datagram; without them it comes in two fragments. */
export const SMALL_CLIENT_HELLO = '--disable-features=WebRtcPqcForDtls,PostQuantumKyber';
const PROBE = path.join(repository, 'tests/browser/support/probe.js');

/** A Chromium whose camera shows `code`, in pictures of `size`. */
export async function startBrowser(code, flags = [], size = SMALL) {
  const folder = await mkdtemp(path.join(tmpdir(), 'weir-browser-'));
  const film = path.join(folder, 'camera.y4m');
  await writeFilm(film, code, size);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
    args: [...FLAGS, `--use-file-for-fake-video-capture=${film}`, ...flags],
  });
  return {
    browser, code,
    async close() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One page of one person. Errors of the page are collected: `leaveBrowser` fails with them. */
export class Person {
  errors = [];

  static async open({ browser, code, init: camera = [], remarks = null }, { name, context = {}, init = [] }) {
    const person = new Person();
    Object.assign(person, { name, code, context: await browser.newContext({ viewport: { width: 960, height: 600 }, ...context }) });
    person.page = await person.context.newPage();
    person.page.on('pageerror', (error) => {
      if (!remarks?.test(error.message)) person.errors.push(error.stack ?? String(error));
    });
    person.page.setDefaultTimeout(15_000);
    await person.page.addInitScript({ path: PROBE });
    for (const script of [...camera, ...init]) await person.page.addInitScript(script);
    return person;
  }

  /** Open the lobby. `device`: wait until the camera's preview runs. */
  async enterLobby(url, room, { devices = true } = {}) {
    await this.page.goto(`${url}?room=${room}`);
    await this.page.fill('#name', this.name);
    if (devices) await this.page.waitForFunction(() => document.getElementById('preview').videoWidth > 0);
  }

  /** Press Join and wait for the meeting. @returns {Promise<void>} */
  async join() {
    await this.page.evaluate(() => { probe.joinedAt = performance.now(); });
    await this.page.click('#join');
    await this.page.waitForSelector('#meeting:not([hidden])');
  }

  async come(url, room, options) {
    await this.enterLobby(url, room, options);
    await this.join();
    return this;
  }

  /** Wait for somebody's picture, known by the code in its strip. @returns {Promise<number>} ms since Join was pressed */
  async sees(other, { within = 10_000, kind = 'camera', code = other.code } = {}) {
    const look = ({ name, wanted, kind: of }) => {
      const strip = probe.stripOf(name, of);
      return strip !== null && strip >>> 24 === wanted ? performance.now() - probe.joinedAt : false;
    };
    const found = await this.page.waitForFunction(look, { name: other.name, wanted: code, kind }, { timeout: within, polling: 'raf' })
      .catch(async (error) => { throw new Error(`${this.name} does not see ${other.name}: ${error.message}\n${await this.describe()}`); });
    return found.jsonValue();
  }

  received() {
    return this.page.evaluate(() => probe.received());
  }

  tiles() {
    return this.page.$$eval('.tile .name', (names) => names.map((name) => name.textContent));
  }

  text(id) {
    return this.page.locator(`#${id}`).innerText();
  }

  /** What a failed test wants to know. */
  describe() {
    return this.page.evaluate(async () => JSON.stringify({
      tiles: [...document.querySelectorAll('.tile')].map((tile) => ({
        name: tile.querySelector('.name').textContent, classes: tile.className, note: tile.querySelector('.note').textContent,
        reason: tile.querySelector('.reason:not([hidden])')?.title,
        size: `${tile.querySelector('video').videoWidth}x${tile.querySelector('video').videoHeight}`,
      })),
      connection: probe.connection()?.connectionState, status: document.getElementById('connection-text').textContent,
      notices: document.getElementById('notices').textContent, lobby: document.getElementById('lobby-error').textContent,
      received: probe.connection() ? await probe.received() : null,
    }, null, 1));
  }

  async screenshot(name) {
    const folder = path.join(repository, 'build/screenshots');
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
  }

  async leaveBrowser() {
    await this.context.close();
    if (this.errors.length > 0) throw new Error(`errors in ${this.name}'s page:\n${this.errors.join('\n')}`);
  }
}

/** Close everything, whatever fails on the way; then fail for errors in a page and for a server that did not end cleanly. */
export async function finish(people, browsers, server) {
  const closing = await Promise.allSettled(people.map((person) => person?.leaveBrowser()));
  await Promise.allSettled(browsers.map((browser) => browser?.close()));
  const code = await server?.stop();
  for (const { reason } of closing.filter(({ status }) => status === 'rejected')) throw reason;
  assert.equal(code ?? 0, 0, server?.output());
}

/** True once `field` of at least `lines` receive lines has grown since `before`. */
export function grows(person, field, before, lines) {
  return eventually(`${field} of ${lines} lines of ${person.name} grows beyond ${JSON.stringify(before[field])}`, async () => {
    const now = await person.received();
    return Object.entries(now[field]).filter(([mid, value]) => value > (before[field][mid] ?? 0)).length >= lines;
  });
}
