// SPDX-License-Identifier: Apache-2.0
// What the page makes of the states of a connection, with a connection and a clock of the test's own.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Peer } from '../../../examples/conference/web/peer.mjs';
import { ScriptedConnection } from '../support/scripted-connection.mjs';
import { ScriptedTimers } from '../support/timers.mjs';

describe('a peer', () => {
  let timers;
  let peer;
  let connection;
  let lost;

  beforeEach(() => {
    globalThis.RTCPeerConnection = ScriptedConnection;
    timers = new ScriptedTimers();
    peer = new Peer(async () => ({ sdp: '' }), { audio: 1, video: 1 });
    ({ connection } = peer);
    lost = 0;
    peer.on('lost', () => { lost++; });
  });

  afterEach(() => {
    peer.close();
    timers.restore();
    delete globalThis.RTCPeerConnection;
  });

  it('looks for another path when one fails, and gives up in time', async () => {
    connection.become('failed');
    await peer.negotiate();
    assert.equal(connection.offers[0].iceRestart, true);
    timers.fireAll();
    assert.equal(lost, 1);
  });

  it('does not give up what is connected', async () => {
    await peer.restartIce();
    connection.connectionState = 'connected';
    timers.fireAll();
    assert.equal(lost, 0);
  });
});
