// SPDX-License-Identifier: Apache-2.0
// Drives caller-page.js from the test: participants without the example's page, each behind a link of its own where a test wants one.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Link } from './link.mjs';
import { eventually } from './poll.mjs';
import { repository } from './server.mjs';

const SUPPORT = path.join(repository, 'tests/browser/support');

/** Three layers of 720p, as the example's page sends them. */
export const SIMULCAST = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_200_000 },
];
export const DESCRIPTOR = 'dependency-descriptor';

export class Caller {
  errors = [];
  link = null;

  /** @param {{linked: boolean}} options linked: the media goes through `this.link` */
  static async open({ browser }, server, { name, room, linked = false }) {
    const caller = new Caller();
    caller.name = name;
    caller.context = await browser.newContext();
    caller.page = await caller.context.newPage();
    caller.page.setDefaultTimeout(20_000);
    caller.page.on('pageerror', (error) => caller.errors.push(error.stack ?? String(error)));
    // Of all documents of the origin the one with the least in it and no content policy, which would forbid workers of a test.
    await caller.page.goto(`${server.url}healthz`);
    await caller.page.addScriptTag({ path: path.join(SUPPORT, 'caller-page.js') });
    const cipher = await readFile(path.join(SUPPORT, 'frame-cipher.js'), 'utf8');
    await caller.do((text) => { window.caller.cipher = URL.createObjectURL(new Blob([text], { type: 'text/javascript' })); }, cipher);
    if (linked) {
      caller.link = await Link.open();
      await caller.page.exposeFunction('throughLink', (sdp) => caller.link.intoAnswer(sdp));
    }
    await caller.do(({ room: into, name: as }) => window.caller.join({ room: into, name: as }), { room, name });
    return caller;
  }

  do(script, argument) {
    return this.page.evaluate(script, argument);
  }

  id() {
    return this.do(() => caller.self);
  }

  /** Offer what `prepare` adds to the connection. @returns the answer's SDP */
  async negotiate(prepare, argument) {
    await this.do(prepare, argument);
    const sdp = await this.do(() => caller.negotiate(window.throughLink));
    await eventually(`${this.name} is connected`, () => this.do(() => caller.connection.connectionState === 'connected'), { within: 20_000 });
    return sdp;
  }

  send(options) {
    return this.negotiate((what) => caller.sendVideo(what), options);
  }

  receive(options) {
    return this.negotiate((what) => { caller.receive(what); }, options);
  }

  /** Show somebody on video line `index`, and write down what is seen. */
  async show(other, { index = 0, source = 'camera' } = {}) {
    const participant = await other.id();
    const wanted = { line: index, whom: { participant, source } };
    await eventually(`${this.name} learns of ${other.name}'s ${source}`, () => this.do(({ line, whom }) => caller.show(line, whom), wanted));
  }

  watch(index = 0) {
    return this.do((line) => caller.watch(line), index);
  }

  /** @returns {Promise<number>} ms until the first picture with the hue of `other` */
  async switchTo(other, hue, index = 0) {
    const participant = await other.id();
    return this.do(({ line, ...rest }) => caller.switchTo(line, rest), { line: index, participant, hue });
  }

  record(index = 0) {
    return this.do((line) => caller.record(line), index);
  }

  async latest(index = 0) {
    return (await this.do((line) => caller.record(line).samples.at(-1), index)) ?? null;
  }

  /** Wait until pictures are `width` wide. @returns {Promise<number>} when the first of them was seen (Date's ms) */
  async seesWidth(width, { within = 20_000, index = 0 } = {}) {
    return eventually(`${this.name} sees pictures ${width} wide`, async () => {
      const { pictures } = await this.record(index);
      const first = pictures.findLastIndex((picture) => picture.width !== width) + 1;
      return pictures.length - first >= 3 && pictures[first].at;
    }, { within }).catch(async (error) => { throw new Error(`${error.message}\n${await this.describe(index)}`); });
  }

  async describe(index = 0) {
    const { pictures, samples } = await this.record(index);
    const sizes = [];
    for (const { width, height } of pictures) if (sizes.at(-1) !== `${width}x${height}`) sizes.push(`${width}x${height}`);
    const layers = await this.do(() => [...caller.layers.values()]);
    return `${this.name}: ${pictures.length} pictures, sizes ${sizes.join(' ')}, last sample ${JSON.stringify(samples.at(-1) ?? null)}, told ${JSON.stringify(layers)}`;
  }

  async close() {
    await this.context.close();
    this.link?.close();
    if (this.errors.length > 0) throw new Error(`errors in ${this.name}'s page:\n${this.errors.join('\n')}`);
  }
}

/** Longest time between two pictures within [from, to], in ms. */
export function longestGap({ pictures }, from, to) {
  const times = [from, ...pictures.map(({ at }) => at).filter((at) => at > from && at < to), to];
  return Math.max(...times.slice(1).map((at, index) => at - times[index]));
}
