// SPDX-License-Identifier: Apache-2.0
// Parameters of a sender as browsers treat them: each set takes time, and is refused when it does not begin with the newest get.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { addVideoLine, Outgoing } from '../../../examples/conference/web/outgoing.mjs';

class ScriptedSender {
  track = { getSettings: () => ({ width: 1280, height: 720 }) };
  encodings = ['l', 'm', 'h'].map((rid) => ({ rid, active: true }));
  sets = 0;
  busy = false;
  refuse = 0;
  #transaction = 0;

  getParameters() {
    return { transactionId: ++this.#transaction, encodings: structuredClone(this.encodings) };
  }

  async setParameters({ transactionId, encodings }) {
    assert.equal(this.busy, false, 'two changes at once');
    if (this.refuse-- > 0 || transactionId !== this.#transaction) throw new DOMException('stale', 'InvalidStateError');
    this.busy = true;
    await Promise.resolve();
    this.busy = false;
    this.encodings = encodings;
    this.sets++;
  }

  async replaceTrack(track) {
    this.track = track;
  }

  get active() {
    return this.encodings.map((each) => each.active);
  }
}

describe('an outgoing line', () => {
  let sender;
  let transceiver;
  let line;

  beforeEach(() => {
    sender = new ScriptedSender();
    transceiver = { sender, currentDirection: 'sendonly' };
    line = new Outgoing(transceiver, 'camera');
  });

  it('stops what nobody wants and begins again what somebody does', async () => {
    await line.setDemand([1, 0, 0]);
    assert.deepEqual(sender.active, [true, false, false]);
    await line.setDemand([1, 1, 1]);
    assert.deepEqual(sender.active, [true, true, true]);
    await line.setDemand([]);
    assert.deepEqual(sender.active, [false, false, false]);
    await line.setDemand(null);
    assert.deepEqual(sender.active, [true, true, true]);
  });

  it('makes changes one after the other, the last one holds', async () => {
    await Promise.all([[1], [], [1, 1], [0, 0, 1]].map((demand) => line.setDemand(demand)));
    assert.deepEqual(sender.active, [false, false, true]);
  });

  it('says nothing to the browser when nothing changes', async () => {
    await line.setDemand([1, 1]);
    const { sets } = sender;
    await line.setDemand([1, 1, 0]);
    await line.refresh();
    assert.equal(sender.sets, sets);
  });

  it('tries again after the next answer what was refused', async () => {
    sender.refuse = 1;
    await line.setDemand([1]);
    assert.deepEqual(sender.active, [true, true, true]);
    await line.refresh();
    assert.deepEqual(sender.active, [true, false, false]);
  });

  it('undoes what an answer has set back', async () => {
    await line.setDemand([1]);
    for (const encoding of sender.encodings) encoding.active = true;
    await line.refresh();
    assert.deepEqual(sender.active, [true, false, false]);
  });

  it('fits a camera that is smaller than the one before', async () => {
    await line.refresh();
    await line.replaceTrack({ getSettings: () => ({ width: 320, height: 180 }) });
    await line.refresh();
    assert.deepEqual(sender.active, [true, false, false]);
    assert.equal(sender.encodings[0].scaleResolutionDownBy, 1);
  });

  it('keeps what is wanted while the camera is off, and for the next one', async () => {
    const { track } = sender;
    await line.replaceTrack(null);
    await line.setDemand([1]);
    assert.equal(sender.sets, 0);
    await line.replaceTrack(track);
    await line.refresh();
    assert.deepEqual(sender.active, [true, false, false]);
  });

  it('waits until the line is negotiated for sending', async () => {
    transceiver.currentDirection = 'inactive';
    await line.setDemand([1]);
    assert.equal(sender.sets, 0);
    transceiver.currentDirection = 'sendonly';
    await line.refresh();
    assert.deepEqual(sender.active, [true, false, false]);
  });

  it('waits where the browser has no encodings yet', async () => {
    sender.encodings = [];
    await line.setDemand([1]);
    assert.equal(sender.sets, 0);
  });

  it('brings back the spatial layers of a scalable stream that were spared', async () => {
    sender.encodings = [{ active: true, scalabilityMode: 'L3T3_KEY' }];
    await line.setDemand([1]);
    assert.equal(sender.encodings[0].scalabilityMode, 'L1T3');
    await line.setDemand([3]);
    assert.equal(sender.encodings[0].scalabilityMode, 'L3T3_KEY');
    assert.equal(sender.encodings[0].scaleResolutionDownBy, 1);
  });

  it('asks for sharp letters of a screen once, also where the browser does not know that', async () => {
    const screen = new Outgoing(transceiver, 'screen');
    await screen.refresh();
    await screen.refresh();
    assert.equal(sender.sets, 1);
  });
});

describe('a new line', () => {
  const connection = (knows) => ({
    added: [],
    addTransceiver(kind, init) {
      if (init.sendEncodings?.some(({ scalabilityMode }) => scalabilityMode && !knows.includes(scalabilityMode))) {
        throw new DOMException('scalabilityMode', 'OperationError');
      }
      this.added.push(init);
      return { setCodecPreferences: (codecs) => { this.codecs = codecs.map(({ mimeType }) => mimeType); } };
    },
  });

  beforeEach(() => {
    globalThis.RTCRtpSender = { getCapabilities: () => ({ codecs: ['video/VP8', 'video/VP9', 'video/AV1'].map((mimeType) => ({ mimeType })) }) };
  });
  afterEach(() => { delete globalThis.RTCRtpSender; });

  it('has the best layers that the browser knows', () => {
    for (const [knows, mode] of [[['L3T3_KEY', 'L1T3'], 'L3T3_KEY'], [['L1T3'], 'L1T3'], [[], undefined]]) {
      const made = connection(knows);
      addVideoLine(made, 'camera', 'vp9');
      assert.equal(made.added.length, 1);
      assert.equal(made.added[0].sendEncodings[0].scalabilityMode, mode);
      assert.equal(made.added[0].direction, 'inactive');
      assert.deepEqual(made.codecs, ['video/VP9', 'video/VP8', 'video/AV1']);
    }
  });

  it('is there also where the browser wants no encodings or no wishes', () => {
    const made = connection([]);
    made.addTransceiver = (kind, init) => {
      if (init.sendEncodings !== undefined) throw new TypeError('unknown');
      return { setCodecPreferences: () => { throw new DOMException('no', 'InvalidModificationError'); } };
    };
    assert.ok(addVideoLine(made, 'camera', 'vp8'));
  });
});
