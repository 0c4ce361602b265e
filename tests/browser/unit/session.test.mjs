// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Emitter } from '../../../examples/conference/web/emitter.mjs';
import { Session } from '../../../examples/conference/web/session.mjs';

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
