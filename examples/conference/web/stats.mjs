// SPDX-License-Identifier: Apache-2.0
// Numbers about our own connection: from RTCPeerConnection.getStats to one row per media line. Names as in the W3C's webrtc-stats.

/** Turns two successive reports into rates. One per connection. */
export class Statistics {
  #connection;
  #describe;
  #roomToReceive;
  #before = new Map();

  /**
   * @param describe (mid) => {person, source, layer, reason} @param {() => number|null} roomToReceive bit/s that the server can send us
   */
  constructor(connection, describe, roomToReceive = () => null) {
    this.#connection = connection;
    this.#describe = describe;
    this.#roomToReceive = roomToReceive;
  }

  /** @returns {Promise<{transport: object, sending: object[], receiving: object[]}>} rates since the call before this one */
  async collect() {
    const report = await this.#connection.getStats();
    const all = [...report.values()];
    const result = { transport: transport(report, all), sending: [], receiving: [] };
    result.transport.availableIncomingBitrate ??= this.#roomToReceive();
    for (const entry of all) {
      if (entry.type === 'outbound-rtp') result.sending.push(this.#sending(report, entry));
      if (entry.type === 'inbound-rtp') result.receiving.push(this.#receiving(report, entry));
    }
    this.#before = report;
    const byLine = (a, b) => Number(a.mid) - Number(b.mid) || (a.frameHeight ?? 0) - (b.frameHeight ?? 0);
    result.sending.sort(byLine);
    result.receiving.sort(byLine);
    return result;
  }

  #common(report, entry, bytes) {
    const before = this.#before.get(entry.id);
    const seconds = before === undefined ? 0 : (entry.timestamp - before.timestamp) / 1000;
    const rate = (name) => (seconds > 0 ? Math.max(0, (entry[name] - before[name]) / seconds) : 0);
    const mid = entry.mid ?? midOf(this.#connection, entry.trackIdentifier);
    return {
      mid, ...this.#describe(mid), kind: entry.kind, codec: report.get(entry.codecId)?.mimeType?.split('/')[1] ?? '',
      bitrate: rate(bytes) * 8, framesPerSecond: entry.framesPerSecond ?? null,
      frameWidth: entry.frameWidth ?? null, frameHeight: entry.frameHeight ?? null,
      rid: entry.rid ?? null, scalabilityMode: entry.scalabilityMode ?? null,
    };
  }

  #sending(report, entry) {
    const remote = report.get(entry.remoteId) ?? {};
    return {
      ...this.#common(report, entry, 'bytesSent'), packetsSent: entry.packetsSent, framesEncoded: entry.framesEncoded ?? null,
      keyFramesEncoded: entry.keyFramesEncoded ?? null, nackCount: entry.nackCount ?? null, pliCount: entry.pliCount ?? null,
      loss: remote.fractionLost ?? null, jitter: remote.jitter ?? null, roundTripTime: remote.roundTripTime ?? null,
      qualityLimitationReason: entry.qualityLimitationReason ?? null, active: entry.active ?? null,
    };
  }

  #receiving(report, entry) {
    const before = this.#before.get(entry.id) ?? {};
    const lost = Math.max(0, (entry.packetsLost ?? 0) - (before.packetsLost ?? 0));
    const received = Math.max(0, (entry.packetsReceived ?? 0) - (before.packetsReceived ?? 0));
    return {
      ...this.#common(report, entry, 'bytesReceived'), packetsReceived: entry.packetsReceived, packetsLost: entry.packetsLost,
      loss: received + lost > 0 ? lost / (received + lost) : null, jitter: entry.jitter ?? null,
      framesDecoded: entry.framesDecoded ?? null, keyFramesDecoded: entry.keyFramesDecoded ?? null,
      freezeCount: entry.freezeCount ?? null, totalAudioEnergy: entry.totalAudioEnergy ?? null,
      nackCount: entry.nackCount ?? null, pliCount: entry.pliCount ?? null,
    };
  }
}

function midOf(connection, trackId) {
  const has = (line) => line.receiver.track.id === trackId || line.sender.track?.id === trackId;
  return connection.getTransceivers().find(has)?.mid ?? '';
}

function transport(report, all) {
  const entry = all.find(({ type }) => type === 'transport') ?? {};
  const pair = report.get(entry.selectedCandidatePairId)
    ?? all.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded') ?? {};
  const local = report.get(pair.localCandidateId) ?? {};
  const remote = report.get(pair.remoteCandidateId) ?? {};
  return {
    iceState: entry.iceState ?? null, dtlsState: entry.dtlsState ?? null, dtlsRole: entry.dtlsRole ?? null,
    srtpCipher: entry.srtpCipher ?? null, roundTripTime: pair.currentRoundTripTime ?? null,
    availableOutgoingBitrate: pair.availableOutgoingBitrate ?? null,
    availableIncomingBitrate: pair.availableIncomingBitrate ?? null,
    local: `${local.address ?? '?'}:${local.port ?? '?'} ${local.protocol ?? ''}`.trim(),
    remote: `${remote.address ?? '?'}:${remote.port ?? '?'} ${remote.protocol ?? ''}`.trim(),
  };
}
