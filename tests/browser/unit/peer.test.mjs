// SPDX-License-Identifier: Apache-2.0
// What the page makes of the states of a connection, with a connection and a clock of the test's own.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Peer } from '../../../examples/conference/web/peer.mjs';

class ScriptedConnection {
  connectionState = 'new';
  signalingState = 'stable';
  offers = [];

  addTransceiver(kind, { direction }) {
    return { kind, direction, mid: null, sender: {}, receiver: {} };
  }

  async createOffer(options) {
    this.offers.push(options);
    return { type: 'offer', sdp: '' };
  }

  async setLocalDescription(description) {
    this.localDescription = description;
  }

  async setRemoteDescription() {}

  close() {}

  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange();
  }
}

describe('a peer', () => {
  let peer;
  let connection;
  let lost;

  beforeEach(() => {
    globalThis.RTCPeerConnection = ScriptedConnection;
    peer = new Peer(async () => ({ sdp: '' }), { audio: 1, video: 1 });
    ({ connection } = peer);
    lost = 0;
    peer.on('lost', () => { lost++; });
  });

  afterEach(() => {
    peer.close();
    delete globalThis.RTCPeerConnection;
  });

  it('looks for another path when one fails, and gives up in time', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    connection.become('failed');
    await peer.negotiate();
    assert.equal(connection.offers[0].iceRestart, true);
    t.mock.timers.tick(60_000);
    assert.equal(lost, 1);
  });

  it('does not give up what is connected', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    await peer.restartIce();
    connection.connectionState = 'connected';
    t.mock.timers.tick(60_000);
    assert.equal(lost, 0);
  });
});
