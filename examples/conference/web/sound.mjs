// SPDX-License-Identifier: Apache-2.0
// Playing the loudest voices: one <audio> per audio line. And measuring a microphone for its level meter.
import { Emitter } from './emitter.mjs';

/** Events: `blocked` (true: the browser waits for a gesture before it lets sound out). */
export class Sound extends Emitter {
  #elements = [];
  #output = '';

  /** Play these tracks and no others. */
  play(tracks) {
    this.stop();
    this.#elements = tracks.map((track) => {
      const element = new Audio();
      element.srcObject = new MediaStream([track]);
      return element;
    });
    this.setOutput(this.#output);
    this.unblock();
  }

  /** Try to play; to be called again from a click when the browser has blocked it. */
  async unblock() {
    const results = await Promise.allSettled(this.#elements.map((element) => element.play()));
    this.emit('blocked', results.some(({ status, reason }) => status === 'rejected' && reason.name === 'NotAllowedError'));
  }

  setOutput(deviceId) {
    this.#output = deviceId;
    for (const element of this.#elements) element.setSinkId?.(deviceId).catch(() => undefined);  // gone: the default plays on
  }

  stop() {
    for (const element of this.#elements) element.srcObject = null;
    this.#elements = [];
  }
}

/** Show how loud a track is, in a <meter> from 0 to 1. @returns {() => void} end it */
export function meterLevel(track, meter) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 512 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    // -60 dBov is silence, -10 dBov is loud speech.
    meter.value = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 50));
  }, 80);
  return () => {
    clearInterval(timer);
    context.close();
    meter.value = 0;
  };
}
