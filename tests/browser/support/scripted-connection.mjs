// SPDX-License-Identifier: Apache-2.0
// An RTCPeerConnection without a network, for tests of what the page does with one.

export class ScriptedConnection {
  connectionState = 'new';
  signalingState = 'stable';
  remoteDescription = null;
  offers = [];
  lines = [];

  addTransceiver(kind, { direction, sendEncodings = [{}] }) {
    const encodings = sendEncodings.map((encoding) => ({ active: true, ...encoding }));
    const sender = {
      track: null,
      getParameters: () => ({ encodings: structuredClone(encodings) }),
      setParameters: async (parameters) => Object.assign(encodings, parameters.encodings),
      replaceTrack: async (track) => { sender.track = track; },
    };
    const line = { kind, direction, mid: null, sender, receiver: { track: {} } };
    this.lines.push(line);
    return line;
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
    this.lines.forEach((line, index) => { line.mid = String(index); });
  }

  async setRemoteDescription(description) {
    this.remoteDescription = description;
    for (const line of this.lines) line.currentDirection = line.direction;
  }

  close() {}

  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange();
  }
}
