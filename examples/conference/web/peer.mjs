// SPDX-License-Identifier: Apache-2.0
// The one RTCPeerConnection: three send lines, then the receive lines that the server named. This side makes every offer, and
// only for its own doings: a track begun or ended, or ICE restarted. Whoever comes and goes changes nothing here.
import { CHAT_LABEL, ChatChannel } from './chat-channel.mjs';
import { Emitter } from './emitter.mjs';
import { addVideoLine, Outgoing, prefer } from './outgoing.mjs';

export const SOURCES = ['microphone', 'camera', 'screen'];
const DISCONNECTED_PATIENCE_MS = 4_000;
const RESTART_PATIENCE_MS = 12_000;

/**
 * Events: `answered` (the server's answer), `state` (RTCPeerConnection.connectionState), `lost` (media could not be repaired: begin
 * anew), `refused` (SignallingError: the server cannot use the offer).
 */
export class Peer extends Emitter {
  #ask;
  #outgoing;
  #chain = Promise.resolve();
  #queued = false;
  #restart = false;
  #timer = null;
  #closed = false;
  /** True when an offer could not be brought to the server. */
  owesOffer = false;

  /**
   * @param {(offer: {sdp: string, tracks: object[]}) => Promise<object>} ask brings an offer to the server
   * @param {{audio: number, video: number}} receive how many receive lines to offer
   * @param {{data?: boolean, codec?: string}} options data: whether to offer data channels; codec: of the video that we send, one of
   *   encodings.mjs' CODECS
   */
  constructor(ask, receive, { data = true, codec = 'vp8' } = {}) {
    super();
    this.#ask = ask;
    // The server's own candidates come with its answer, and an ICE-lite server learns ours from our checks: no trickle.
    this.connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    const add = (kind, direction) => this.connection.addTransceiver(kind, { direction });
    this.sending = {
      // Redundant copies where the browser makes them; the server takes them off for who does not want them.
      microphone: prefer(add('audio', 'inactive'), 'audio', 'red'),
      camera: addVideoLine(this.connection, 'camera', codec),
      screen: addVideoLine(this.connection, 'screen', codec),
    };
    this.#outgoing = { camera: new Outgoing(this.sending.camera, 'camera'), screen: new Outgoing(this.sending.screen, 'screen') };
    this.receiving = {
      audio: Array.from({ length: receive.audio }, () => add('audio', 'recvonly')),
      video: Array.from({ length: receive.video }, () => add('video', 'recvonly')),
    };
    /** The chat's data channel, or null. */
    this.chat = data ? new ChatChannel(this.connection.createDataChannel(CHAT_LABEL)) : null;
    this.connection.onconnectionstatechange = () => this.#watch();
  }

  /** Send `track` as `source` from now on; null: nothing. A camera that pauses keeps its line, a screen that ends gives it up. */
  async setTrack(source, track) {
    const line = this.sending[source];
    const direction = track !== null ? 'sendonly' : source === 'screen' ? 'inactive' : line.direction;
    if (line.direction !== direction) {
      line.direction = direction;
      this.owesOffer = true;
    }
    await (this.#outgoing[source] ?? line.sender).replaceTrack(track);
  }

  /** What of a source anybody wants, as the server's `demand` says; null: nothing is said. The rest is not encoded. */
  setDemand(source, encodings) {
    return this.#outgoing[source]?.setDemand(encodings);
  }

  /** Offer what has changed. Calls while one waits are one call. */
  negotiate() {
    this.owesOffer = true;
    if (!this.#queued) {
      this.#queued = true;
      this.#chain = this.#chain.then(() => {
        this.#queued = false;
        return this.#closed ? undefined : this.#negotiate();
      });
    }
    return this.#chain;
  }

  /** New ICE credentials, new paths; keys and media lines stay. */
  restartIce() {
    this.#restart = true;
    // Nothing is lost while the old path still carries.
    this.#arm(RESTART_PATIENCE_MS, () => { if (this.connection.connectionState !== 'connected') this.emit('lost'); });
    return this.negotiate();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }

  /** The source whose send line has this mid, or null. */
  sourceOf(mid) {
    return SOURCES.find((source) => this.sending[source].mid === mid) ?? null;
  }

  #tracks() {
    return SOURCES.filter((source) => this.sending[source].direction === 'sendonly')
      .map((source) => ({ mid: this.sending[source].mid, source }));
  }

  async #negotiate() {
    const { connection } = this;
    this.owesOffer = false;
    try {
      await connection.setLocalDescription(await connection.createOffer({ iceRestart: this.#restart }));
      const answer = await this.#ask({ sdp: connection.localDescription.sdp, tracks: this.#tracks() });
      if (this.#closed) return;
      await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
      this.#restart = false;
      // The answer has put the encodings to what they were when we offered.
      for (const line of Object.values(this.#outgoing)) line.refresh();
      this.emit('answered', answer);
    } catch (error) {
      if (this.#closed) return;
      if (connection.signalingState === 'have-local-offer') await connection.setLocalDescription({ type: 'rollback' });
      this.owesOffer = true;
      this.emit('refused', error);
    }
  }

  #arm(milliseconds, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { if (!this.#closed) act(); }, milliseconds);
  }

  #watch() {
    const state = this.connection.connectionState;
    if (state === 'connected') clearTimeout(this.#timer);
    else if (state === 'disconnected') this.#arm(DISCONNECTED_PATIENCE_MS, () => this.restartIce());
    else if (state === 'failed') this.restartIce();
    else if (state === 'connecting') this.#arm(RESTART_PATIENCE_MS, () => this.emit('lost'));
    this.emit('state', state);
  }
}
