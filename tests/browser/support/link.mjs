// SPDX-License-Identifier: Apache-2.0
// A link between one browser and the server's media port, with a rate, a queue, a delay and a loss that a test changes while it runs.
//
//   browser's socket <-> near port | up, down lanes | far port (one per socket of the browser) <-> media port
//
// The page is told the near port in place of the server's candidates, so nobody else's media comes this way.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const LOOPBACK = '127.0.0.1';
/** Sockets of a browser that are carried: one per local address that it gathers, anew with each ICE restart. */
const MAX_CLIENTS = 64;
const OPEN = { rate: Infinity, queue: 200, delay: 0, loss: 0 };

/** One direction: a serializer of `rate` bits a second behind a drop-tail queue of `queue` ms, then `delay` ms; `loss` is 0 to 1. */
class Lane {
  counters = { packets: 0, bytes: 0, lost: 0, overflowed: 0 };
  #settings = { ...OPEN };
  #waiting = [];
  #freeAt = 0;
  #timer = null;
  #seed;

  constructor(seed) {
    this.#seed = seed;
  }

  /** What is not named stays; packets that wait already keep the time at which they leave. */
  set(settings) {
    for (const name of Object.keys(settings)) if (!(name in OPEN)) throw new Error(`a link has no ${name}`);
    Object.assign(this.#settings, settings);
  }

  push(size, deliver) {
    const { rate, queue, delay, loss } = this.#settings;
    const now = performance.now();
    if (this.#random() < loss) {
      this.counters.lost++;
      return;
    }
    const begin = Math.max(now, this.#freeAt);
    if (begin - now > queue) {
      this.counters.overflowed++;
      return;
    }
    this.#freeAt = begin + (rate === Infinity ? 0 : (size * 8000) / rate);
    this.counters.packets++;
    this.counters.bytes += size;
    // A shorter delay does not let a packet overtake those before it.
    const at = Math.max(this.#freeAt + delay, this.#waiting.at(-1)?.at ?? 0);
    this.#waiting.push({ at, deliver });
    this.#arm(now);
  }

  close() {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #arm(now) {
    if (this.#timer !== null || this.#waiting.length === 0) return;
    const wait = this.#waiting[0].at - now;
    if (wait <= 0) this.#release();
    else this.#timer = setTimeout(() => { this.#timer = null; this.#release(); }, wait);
  }

  #release() {
    const now = performance.now();
    while (this.#waiting.length > 0 && this.#waiting[0].at <= now) this.#waiting.shift().deliver();
    this.#arm(now);
  }

  /** The same losses in every run (a linear congruential generator; Numerical Recipes' constants). */
  #random() {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return this.#seed / 2 ** 32;
  }
}

export class Link {
  up = new Lane(1);
  down = new Lane(2);
  #near = createSocket('udp4');
  #far = new Map();
  #server = null;

  static async open() {
    const link = new Link();
    link.#near.on('message', (data, from) => link.#fromBrowser(data, from));
    link.#near.bind(0, LOOPBACK);
    await once(link.#near, 'listening');
    return link;
  }

  get port() {
    return this.#near.address().port;
  }

  /** An answer in which this link stands where the server's candidates stood. */
  intoAnswer(sdp) {
    const ports = [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host/gim)].map(([, port]) => Number(port));
    if (ports.length === 0) throw new Error(`no loopback candidate in the answer:\n${sdp}`);
    this.#server = ports[0];
    const mine = `a=candidate:1 1 udp 2130706431 ${LOOPBACK} ${this.port} typ host`;
    const lines = sdp.split('\r\n').filter((line) => !line.startsWith('a=candidate:'));
    return lines.flatMap((line) => (line.startsWith('a=ice-pwd:') ? [line, mine] : [line])).join('\r\n');
  }

  close() {
    this.up.close();
    this.down.close();
    this.#near.close();
    for (const far of this.#far.values()) far.close();
  }

  #fromBrowser(data, { address, port }) {
    const key = `${address} ${port}`;
    if (!this.#far.has(key)) {
      if (this.#far.size >= MAX_CLIENTS || this.#server === null) return;
      const far = createSocket('udp4');
      far.bind(0, LOOPBACK);
      far.on('message', (answer) => this.down.push(answer.length, () => this.#near.send(answer, port, address)));
      this.#far.set(key, far);
    }
    const far = this.#far.get(key);
    this.up.push(data.length, () => far.send(data, this.#server, LOOPBACK));
  }
}
