// SPDX-License-Identifier: Apache-2.0
// One WebSocket to the server, as docs/signalling.md describes it: requests with replies, pings, and coming back after a loss.
import { Emitter } from './emitter.mjs';

const RETRY_SECONDS = [0, 1, 2, 4, 8, 10];
const REQUEST_TIMEOUT_MS = 15_000;
const PING_AFTER_MS = 15_000;
const PING_TIMEOUT_MS = 8_000;
const OPEN_TIMEOUT_MS = 10_000;
/** Errors of a join that time may heal; all others need a person. */
const PASSING = new Set(['shutdown', 'rate', 'internal', 'full', 'limit', 'timeout', 'lost']);

/** What the server (or the way to it) refused. `code` is one of docs/signalling.md, or `lost`, `timeout`, `unreachable`. */
export class SignallingError extends Error {
  constructor(code, message, line) {
    super(message);
    this.name = 'SignallingError';
    this.code = code;
    this.line = line ?? null;
  }
}

/**
 * Events: `state` (`connecting`, `open`, `waiting`, `closed`), `joined` (first, resumed or anew), `message` (what the server says by
 * itself), `ended` ({reason, error}).
 */
export class Signalling extends Emitter {
  #url;
  #socket = null;
  #credentials = null;
  #session = null;
  #nextId = 1;
  #pending = new Map();
  #attempt = 0;
  #retryTimer = null;
  #pingTimer = null;
  #lastSent = 0;
  #retryAfter = null;
  state = 'closed';

  constructor(url) {
    super();
    this.#url = url;
  }

  /** Join a room. The promise is about this first time; losses after it are repaired without a word but `state` and `joined`. */
  async join(credentials) {
    this.#credentials = credentials;
    this.#session = null;
    try {
      await this.#open();
      await this.#enter();
    } catch (error) {
      this.#drop();
      this.#setState('closed');
      throw error;
    }
  }

  /** Forget the session and join again with the same credentials: the last resort when media cannot be repaired. */
  rejoin() {
    if (this.#credentials === null) return;
    // Else the room sees us twice until the grace time of the old session is over.
    if (this.state === 'open') this.request('leave').catch(() => undefined);
    this.#session = null;
    this.#drop();
    this.#attempt = 0;
    this.#scheduleRetry();
  }

  /** Say goodbye, as far as the connection lets us. */
  async leave() {
    const saying = this.state === 'open' ? this.request('leave').catch(() => undefined) : Promise.resolve();
    this.#credentials = null;
    clearTimeout(this.#retryTimer);
    await Promise.race([saying, new Promise((resolve) => setTimeout(resolve, 500))]);
    this.#drop();
    this.#setState('closed');
  }

  /** The network is back, or the page came to the front: no need to wait out the delay. */
  retryNow() {
    if (this.state !== 'waiting') return;
    clearTimeout(this.#retryTimer);
    this.#retry();
  }

  /** Ask the server. Fails with a SignallingError; with code `lost` when the connection ends before the reply. */
  request(type, fields = {}, timeout = REQUEST_TIMEOUT_MS) {
    if (this.#socket?.readyState !== WebSocket.OPEN) {
      return Promise.reject(new SignallingError('lost', 'There is no connection to the server.'));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new SignallingError('timeout', 'The server did not answer in time.'));
      }, timeout);
      this.#pending.set(id, { resolve, reject, timer });
      this.#lastSent = performance.now();
      this.#socket.send(JSON.stringify({ type, id, ...fields }));
    });
  }

  #setState(state, detail = {}) {
    this.state = state;
    this.emit('state', { state, ...detail });
  }

  #open() {
    this.#setState('connecting');
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url);
      this.#socket = socket;
      const unreachable = () => reject(new SignallingError('unreachable', 'The server cannot be reached.'));
      const timer = setTimeout(() => { unreachable(); socket.close(); }, OPEN_TIMEOUT_MS);
      socket.onopen = () => { clearTimeout(timer); resolve(); };
      socket.onmessage = (event) => { if (socket === this.#socket) this.#receive(event.data); };
      socket.onclose = () => {
        clearTimeout(timer);
        unreachable();
        if (socket === this.#socket) this.#lost();
      };
    });
  }

  /** On an open socket: resume the session we have, or join. */
  async #enter() {
    let joined = null;
    if (this.#session !== null) {
      try {
        joined = await this.request('resume', { session: this.#session });
      } catch (error) {
        if (error.code !== 'session_unknown') throw error;
      }
    }
    joined ??= await this.request('join', this.#credentials);
    this.#session = joined.session;
    this.#attempt = 0;
    this.#setState('open');
    this.#watch();
    this.emit('joined', joined);
  }

  #receive(text) {
    const message = JSON.parse(text);
    const waiting = this.#pending.get(message.id);
    if (waiting !== undefined) {
      this.#pending.delete(message.id);
      clearTimeout(waiting.timer);
      if (message.type === 'error') waiting.reject(new SignallingError(message.code, message.message, message.line));
      else waiting.resolve(message);
    } else if (message.type === 'closing') {
      this.#closing(message);
    } else {
      this.emit('message', message);
    }
  }

  #closing({ reason, retry }) {
    if (typeof retry === 'number') {
      this.#retryAfter = retry;
      return;
    }
    this.#end(reason);
  }

  #end(reason, error = null) {
    this.#credentials = null;
    this.#drop();
    this.#setState('closed');
    this.emit('ended', { reason, error });
  }

  #drop() {
    clearInterval(this.#pingTimer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new SignallingError('lost', 'The connection to the server was lost.'));
    }
    this.#pending.clear();
  }

  #lost() {
    const wasOpen = this.state === 'open';
    this.#drop();
    // While (re)connecting whoever awaits #open or #enter deals with it.
    if (wasOpen && this.#credentials !== null) this.#scheduleRetry();
  }

  #scheduleRetry() {
    const step = RETRY_SECONDS[Math.min(this.#attempt, RETRY_SECONDS.length - 1)];
    // Up to a quarter more, so that a thousand pages do not come back in the same instant.
    const seconds = this.#retryAfter ?? step * (1 + Math.random() / 4);
    this.#retryAfter = null;
    this.#attempt++;
    clearTimeout(this.#retryTimer);
    this.#setState('waiting', { seconds, attempt: this.#attempt });
    this.#retryTimer = setTimeout(() => this.#retry(), seconds * 1000);
  }

  async #retry() {
    try {
      await this.#open();
      await this.#enter();
    } catch (error) {
      if (this.#credentials === null) return;
      this.#drop();
      if (error.code === 'unreachable' || PASSING.has(error.code)) this.#scheduleRetry();
      else this.#end('refused', error);
    }
  }

  #watch() {
    clearInterval(this.#pingTimer);
    const socket = this.#socket;
    this.#pingTimer = setInterval(() => {
      if (performance.now() - this.#lastSent < PING_AFTER_MS) return;
      this.request('ping', {}, PING_TIMEOUT_MS).catch((error) => {
        // A socket over a dead network stays "open" for minutes: do not wait for it.
        if (error.code === 'timeout' && socket === this.#socket) this.#lost();
      });
    }, 1000);
  }
}
