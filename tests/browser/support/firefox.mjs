// SPDX-License-Identifier: Apache-2.0
// The distribution's Firefox, driven over WebDriver BiDi by the same playwright-core that drives Chromium: no second driver is needed.
import { accessSync, constants } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { firefox } from 'playwright-core';
import { drawCamera } from './canvas-camera.mjs';

export const firefoxPath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** Why there can be no test with Firefox here, or false: what node's `skip` wants. */
export const noFirefox = (() => {
  try {
    accessSync(firefoxPath, constants.X_OK);
  } catch {
    return `no Firefox at ${firefoxPath} (FIREFOX names another)`;
  }
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.every(({ internal }) => internal) && 'Firefox sends no media where there is nothing but loopback';
})();

const PREFERENCES = { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true };

/**
 * What Firefox reports as if it were an error of the page: a WebSocket that a test has cut off, and the style that hides the caret in
 * screenshots.
 */
const REMARKS = /Firefox can.t establish a connection to the server|was interrupted while the page was loading|blocked an inline style/;

/** A Firefox whose camera shows `code`; 0: whatever Firefox's own fake camera shows. */
export async function startFirefox(code = 0) {
  const browser = await firefox.launch({
    channel: 'moz-firefox', executablePath: firefoxPath, headless: true, firefoxUserPrefs: PREFERENCES,
  });
  const init = code === 0 ? [] : [`(${drawCamera})(${code})`];
  return { browser, code, init, remarks: REMARKS, close: () => browser.close() };
}
