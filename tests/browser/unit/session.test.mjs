// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Emitter } from '../../../examples/conference/web/emitter.mjs';
import { Session } from '../../../examples/conference/web/session.mjs';
import { ScriptedConnection } from '../support/scripted-connection.mjs';

describe('a session', () => {
  it('forgets the quality of a connection that ends or begins', () => {
    const signalling = new Emitter();
    const session = new Session(signalling, new Emitter());
    const say = (message) => signalling.emit('message', message);
    const measure = (score) => say({ type: 'quality', participants: { 7: { uplinkLoss: 0, roundTripTime: 0, score } } });
    say({ type: 'participant-joined', participant: { id: '7', name: 'Fox', connected: false, bot: false, tracks: [] } });
    measure(0);
    say({ type: 'participant-connection', participant: '7', connected: true });
    assert.equal(session.people.get('7').quality, null);
    measure(5);
    say({ type: 'participant-connection', participant: '7', connected: true });
    assert.equal(session.people.get('7').quality.score, 5);
    say({ type: 'participant-connection', participant: '7', connected: false });
    assert.equal(session.people.get('7').quality, null);
  });

  it('keeps lines of chat in the order of their numbers, each once, whatever way they come', () => {
    const signalling = new Emitter();
    const session = new Session(signalling, new Emitter());
    const events = [];
    session.on('chat', ({ number }) => events.push(number));
    session.on('history', () => events.push('all'));
    for (const number of [1, 3, 2, 3, 1, 4]) signalling.emit('message', { type: 'chat', number, text: '' });
    assert.deepEqual(session.messages.map(({ number }) => number), [1, 2, 3, 4]);
    assert.deepEqual(events, [1, 3, 'all', 4]);
  });
});

describe('a session with a connection', () => {
  const CAMERA = { getSettings: () => ({ width: 1280, height: 720 }) };
  const want = (height, visible = true) => ({ width: (height * 16) / 9, height, priority: 1, pinned: false, visible });
  let asked;
  let session;
  let say;
  let trackId;

  /** Until everything that was asked for has been answered. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(async () => {
    globalThis.RTCPeerConnection = ScriptedConnection;
    asked = [];
    trackId = '70';
    const signalling = new Emitter();
    signalling.request = async (type, fields) => {
      asked.push({ type, ...fields });
      return type === 'offer' ? { sdp: '', tracks: fields.tracks.map(({ mid }) => ({ mid, track: trackId })) } : {};
    };
    const local = new Emitter();
    local.track = (source) => (source === 'camera' ? CAMERA : null);
    local.muted = () => false;
    session = new Session(signalling, local);
    say = (message) => signalling.emit('message', message);
    signalling.emit('joined', { self: '1', room: 'r', resumed: false, receive: { audio: 1, video: 2 }, participants: [], speaker: null });
    await settle();
  });

  afterEach(() => {
    session.peer.close();
    delete globalThis.RTCPeerConnection;
  });

  const lineRequests = () => asked.filter(({ type }) => type === 'wants' || type === 'subscribe');
  const active = () => session.peer.sending.camera.sender.getParameters().encodings.map((each) => each.active);

  it('says at which size a picture is shown before it asks for it', async () => {
    session.show([{ track: '9', want: want(180) }]);
    await settle();
    const [wants, subscribe, ...rest] = lineRequests();
    assert.deepEqual(rest, []);
    assert.deepEqual(wants, { type: 'wants', mid: subscribe.mid, ...want(180) });
    assert.deepEqual(subscribe, { type: 'subscribe', mid: wants.mid, track: '9' });
  });

  it('says nothing twice, and on the line of another picture only what differs', async () => {
    session.show([{ track: '9', want: want(180) }]);
    await settle();
    session.show([{ track: '9', want: want(180) }]);
    session.show([{ track: '10', want: want(180) }]);
    await settle();
    assert.deepEqual(lineRequests().slice(2).map(({ type, track }) => [type, track]), [['subscribe', '10']]);
  });

  it('lets lines follow the most recent speakers, and knows whom they show', async () => {
    const strip = { lines: 1, wants: new Map([['9', want(90)]]), want: want(180) };
    session.show([{ track: '5', want: want(360) }], strip);
    await settle();
    const requests = lineRequests();
    const { mid: pinned } = requests.find(({ track }) => track === '5');
    const { mid, rule } = requests.find((request) => request.rule !== undefined);
    assert.notEqual(mid, pinned);
    assert.deepEqual(rule, { kind: 'recent', rank: 0 });
    assert.deepEqual(session.recent(), []);
    assert.equal(session.lineOf('9'), null);
    assert.deepEqual(requests.find((request) => request.type === 'wants' && request.mid === mid), { type: 'wants', mid, ...want(180) });

    say({ type: 'source', mid, track: '9', participant: '2', idle: null });
    assert.deepEqual(session.recent().map(({ participant, track }) => [participant, track]), [['2', '9']]);
    assert.equal(session.lineOf('9').playing, true);
    session.show([{ track: '5', want: want(360) }], strip);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.deepEqual(asked.at(-1), { type: 'wants', mid, ...want(90) }, 'as small as its tile');

    // Another speaker on the same line: the server says so, and nothing is asked for but the size.
    say({ type: 'source', mid, track: '10', participant: '3', idle: null });
    assert.equal(session.lineOf('9'), null);
    assert.equal(session.lineOf('10').mid, mid);
    session.show([{ track: '5', want: want(360) }, { track: '10', want: want(180) }]);
    await settle();
    assert.deepEqual(asked.at(-1), { type: 'subscribe', mid, track: '10' }, 'no strip any more');
    assert.deepEqual(session.recent(), []);
  });

  it('knows why a line carries no more', async () => {
    session.show([{ track: '9', want: want(180) }]);
    await settle();
    const { mid } = session.lineOf('9');
    say({ type: 'source', mid, track: '9', participant: '2', idle: null });
    say({ type: 'layer', mid, layer: null, width: 0, height: 0, reason: 'paused_bandwidth' });
    assert.equal(session.lineOf('9').reason, 'paused_bandwidth');
    assert.equal(session.describe(mid).reason, 'paused_bandwidth');
  });

  it('encodes what is wanted of its camera, and of the next one everything', async () => {
    say({ type: 'demand', track: '70', mid: '1', encodings: [1] });
    await settle();
    assert.deepEqual(active(), [true, false, false]);
    say({ type: 'demand', track: '71', mid: '1', encodings: [] });
    await settle();
    assert.deepEqual(active(), [true, false, false], 'a demand for a track that is not ours');
    await session.peer.negotiate();
    await settle();
    assert.deepEqual(active(), [true, false, false], 'another answer for the same track');
    trackId = '72';
    await session.peer.negotiate();
    await settle();
    assert.deepEqual(active(), [true, true, true]);
  });

  it('hears of demand also before the answer that names the track', async () => {
    trackId = '73';
    const offered = session.peer.negotiate();
    say({ type: 'demand', track: '73', mid: '1', encodings: [0, 1] });
    await offered;
    await settle();
    assert.deepEqual(active(), [false, true, false]);
  });
});

describe('a session that excludes somebody', () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it('says the whole list, says it again after a resume, and forgets who has left', async () => {
    globalThis.RTCPeerConnection = ScriptedConnection;
    const asked = [];
    const signalling = new Emitter();
    signalling.request = async (type, fields) => {
      if (type === 'exclude') asked.push(fields.participants);
      return type === 'offer' ? { sdp: '', tracks: [] } : {};
    };
    const local = new Emitter();
    local.track = () => null;
    local.muted = () => false;
    const session = new Session(signalling, local);
    const person = (id) => ({ id, name: id, connected: true, bot: false, tracks: [] });
    const joined = { self: '1', room: 'r', receive: { audio: 1, video: 1 }, participants: ['1', '2', '3'].map(person) };
    signalling.emit('joined', { ...joined, resumed: false });
    await settle();
    assert.deepEqual(asked, []);
    session.exclude('3', true);
    session.exclude('2', true);
    await settle();
    assert.deepEqual(asked.at(-1), ['2', '3']);
    asked.length = 0;
    signalling.emit('joined', { ...joined, resumed: true });
    await settle();
    assert.deepEqual(asked, [['2', '3']]);
    signalling.emit('message', { type: 'participant-left', participant: '3', reason: 'left' });
    await settle();
    assert.deepEqual(asked.at(-1), ['2']);
    session.exclude('2', false);
    await settle();
    assert.deepEqual(asked.at(-1), []);
    assert.equal(session.excluded.size, 0);
  });
});
