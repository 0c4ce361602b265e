// SPDX-License-Identifier: Apache-2.0
// The page's end of the WebSocket against a scripted server in the same process.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Signalling } from '../../../examples/conference/web/signalling.mjs';

/** Servers that answer as a test says: `script` maps a request's type to a function from request to reply (null: no reply). */
let script;
let sockets;

class ScriptedSocket {
  static OPEN = 1;
  readyState = 0;
  sent = [];

  constructor(url) {
    this.url = url;
    sockets.push(this);
    queueMicrotask(() => {
      if (script.unreachable) return this.close();
      this.readyState = 1;
      return this.onopen();
    });
  }

  send(text) {
    const request = JSON.parse(text);
    this.sent.push(request);
    const reply = script[request.type]?.(request) ?? null;
    if (reply !== null) queueMicrotask(() => this.say({ id: request.id, ...reply }));
  }

  say(message) {
    if (this.readyState === 1) this.onmessage({ data: JSON.stringify(message) });
  }

  close() {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose());
  }
}

const joined = (fields = {}) => ({ type: 'joined', self: '7', session: 'secret', resumed: false, ...fields });
const credentials = { room: 'weekly', name: 'Ada' };

/** The next event of a type; the states are the page's only sign of some changes. */
const next = (signalling, type, fits = () => true) => new Promise((resolve) => {
  const end = signalling.on(type, (detail) => {
    if (!fits(detail)) return;
    end();
    resolve(detail);
  });
});

describe('signalling', () => {
  let signalling;

  beforeEach(() => {
    sockets = [];
    script = { join: () => joined(), resume: () => joined({ resumed: true }), leave: () => ({ type: 'ok' }) };
    globalThis.WebSocket = ScriptedSocket;
    signalling = new Signalling('ws://server/ws');
  });

  afterEach(async () => {
    await signalling.leave();
    delete globalThis.WebSocket;
  });

  it('joins and tells what the server answered', async () => {
    const answer = next(signalling, 'joined');
    await signalling.join(credentials);
    assert.equal((await answer).self, '7');
    assert.equal(signalling.state, 'open');
    assert.deepEqual(sockets[0].sent, [{ type: 'join', id: 1, ...credentials }]);
  });

  it('gives a refusal to who asked to join, and does not try again', async () => {
    script.join = () => ({ type: 'error', code: 'token_missing', message: 'A token is needed.' });
    await assert.rejects(signalling.join(credentials), { code: 'token_missing', message: 'A token is needed.' });
    assert.equal(signalling.state, 'closed');
    assert.equal(sockets.length, 1);
  });

  it('says so when the server cannot be reached', async () => {
    script.unreachable = true;
    await assert.rejects(signalling.join(credentials), { code: 'unreachable' });
  });

  it('gives each reply to its request, in whatever order they come', async () => {
    await signalling.join(credentials);
    const first = signalling.request('chat', { text: 'a' });
    const second = signalling.request('chat', { text: 'b' });
    const [a, b] = sockets[0].sent.slice(-2);
    sockets[0].say({ type: 'ok', id: b.id, of: 'b' });
    sockets[0].say({ type: 'error', id: a.id, code: 'sdp', message: 'No.', line: 12 });
    assert.equal((await second).of, 'b');
    await assert.rejects(first, { code: 'sdp', line: 12 });
  });

  it('passes on what the server says by itself', async () => {
    await signalling.join(credentials);
    const message = next(signalling, 'message');
    sockets[0].say({ type: 'speaker', participant: '9' });
    assert.equal((await message).participant, '9');
  });

  it('resumes its session after a loss, and fails what was under way', async () => {
    await signalling.join(credentials);
    const lost = assert.rejects(signalling.request('chat', { text: 'a' }), { code: 'lost' });
    const again = next(signalling, 'joined');
    sockets[0].close();
    await lost;
    await assert.rejects(signalling.request('chat', { text: 'b' }), { code: 'lost' });
    assert.equal((await again).resumed, true);
    assert.deepEqual(sockets[1].sent, [{ type: 'resume', id: 3, session: 'secret' }]);
    assert.equal(signalling.state, 'open');
  });

  it('joins anew on the same socket when the session is gone', async () => {
    await signalling.join(credentials);
    script.resume = () => ({ type: 'error', code: 'session_unknown', message: 'Join again.' });
    script.join = () => joined({ session: 'another' });
    const again = next(signalling, 'joined');
    sockets[0].close();
    assert.equal((await again).session, 'another');
    assert.deepEqual(sockets[1].sent.map(({ type }) => type), ['resume', 'join']);
  });

  it('tries again, later each time, while the server is away', async () => {
    await signalling.join(credentials);
    script.unreachable = true;
    const first = next(signalling, 'state', ({ state, attempt }) => state === 'waiting' && attempt === 1);
    const second = next(signalling, 'state', ({ state, attempt }) => state === 'waiting' && attempt === 2);
    sockets[0].close();
    assert.equal((await first).seconds, 0);
    assert.ok((await second).seconds >= 1);
    script.unreachable = false;
    const again = next(signalling, 'joined');
    signalling.retryNow();
    assert.equal((await again).resumed, true);
  });

  it('ends when another window took the session, and stays away', async () => {
    await signalling.join(credentials);
    const ended = next(signalling, 'ended');
    sockets[0].say({ type: 'closing', reason: 'replaced', retry: null });
    assert.deepEqual(await ended, { reason: 'replaced', error: null });
    assert.equal(signalling.state, 'closed');
    assert.equal(sockets.length, 1);
  });

  it('comes back when a stopping server says after how long', async () => {
    await signalling.join(credentials);
    const waiting = next(signalling, 'state', ({ state }) => state === 'waiting');
    sockets[0].say({ type: 'closing', reason: 'shutdown', retry: 5 });
    sockets[0].close();
    assert.equal((await waiting).seconds, 5);
  });

  it('ends when coming back is refused for good', async () => {
    await signalling.join(credentials);
    script.resume = () => ({ type: 'error', code: 'session_unknown', message: '' });
    script.join = () => ({ type: 'error', code: 'token_expired', message: 'Expired.' });
    const ended = next(signalling, 'ended');
    sockets[0].close();
    assert.equal((await ended).error.code, 'token_expired');
  });

  it('begins a new session when asked to, and leaves the old one', async () => {
    await signalling.join(credentials);
    const again = next(signalling, 'joined');
    signalling.rejoin();
    await again;
    assert.deepEqual(sockets.map(({ sent }) => sent.map(({ type }) => type)), [['join', 'leave'], ['join']]);
  });
});
