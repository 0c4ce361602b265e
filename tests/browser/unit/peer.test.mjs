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

  createDataChannel(label) {
    return { label, readyState: 'connecting' };
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

/** Timers that fire when the test says so. (Node 18's mock timers take other arguments than Node 20's.) */
class ScriptedTimers {
  #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  #waiting = new Map();
  #next = 1;

  constructor() {
    globalThis.setTimeout = (callback) => {
      this.#waiting.set(this.#next, callback);
      return this.#next++;
    };
    globalThis.clearTimeout = (id) => this.#waiting.delete(id);
  }

  fireAll() {
    const due = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const callback of due) callback();
  }

  restore() {
    Object.assign(globalThis, this.#real);
  }
}

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
