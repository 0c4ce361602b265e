// SPDX-License-Identifier: Apache-2.0
// A line on which we send video: its track, and which of its encodings are worth the work.
import { changeEncodings, preferCodec, sendEncodings, shapeEncodings } from './encodings.mjs';

/** Add a line to `connection` for `source`, as good as the browser can. */
export function addVideoLine(connection, source, codec) {
  const init = { direction: 'inactive' };
  for (const encodings of sendEncodings(source, codec)) {
    try {
      return prefer(connection.addTransceiver('video', { ...init, sendEncodings: encodings }), 'video', codec);
    } catch {
      continue;  // this browser does not know the scalability mode
    }
  }
  return prefer(connection.addTransceiver('video', init), 'video', codec);
}

/** Offer `codec` first on a line, where the browser has it and lets us choose. */
export function prefer(line, kind, codec) {
  const codecs = globalThis.RTCRtpSender?.getCapabilities?.(kind)?.codecs ?? [];
  if (codecs.length === 0 || line.setCodecPreferences === undefined) return line;
  try {
    line.setCodecPreferences(preferCodec(codecs, codec));
  } catch {
    // A browser that decodes less than it encodes: its own order is good enough.
  }
  return line;
}

/**
 * Keeps RTCRtpSender's parameters as they should be. A browser takes one change at a time and none while it is busy with another
 * answer, so changes wait for one another, and what was refused is tried again by `refresh`.
 */
export class Outgoing {
  #line;
  #source;
  #demand = null;
  /** Sharp letters were asked for; a browser that does not know such a wish must not be asked for ever. */
  #asked = false;
  /** The scalability mode that the line began with; undefined before it is known. */
  #mode;
  #chain = Promise.resolve();

  constructor(line, source) {
    this.#line = line;
    this.#source = source;
  }

  async replaceTrack(track) {
    await this.#line.sender.replaceTrack(track);
    this.refresh();
  }

  /** @param {number[]|null} demand for each encoding how many of its spatial layers anybody wants; null: all */
  setDemand(demand) {
    this.#demand = demand;
    return this.refresh();
  }

  /** Bring the browser's parameters to what they should be; after each answer, and whenever something has changed. */
  refresh() {
    this.#chain = this.#chain.then(() => this.#apply());
    return this.#chain;
  }

  async #apply() {
    const { sender, currentDirection } = this.#line;
    // Chromium does not finish a change of a line that sends nothing yet, and the answer that lets it send comes before `refresh`.
    if (!sender.track || currentDirection !== 'sendonly') return;
    try {
      const parameters = sender.getParameters();
      const { encodings } = parameters;
      if (!encodings?.length) return;
      this.#mode ??= encodings[0].scalabilityMode ?? null;
      const wished = shapeEncodings(this.#source, sender.track.getSettings(), this.#demand, encodings.length, this.#mode);
      const changed = changeEncodings(encodings, wished);
      const sharpen = this.#source === 'screen' && !this.#asked;
      if (sharpen) parameters.degradationPreference = 'maintain-resolution';  // rather fewer pictures than blurred letters
      if (changed || sharpen) await sender.setParameters(parameters);
      this.#asked = true;
    } catch {
      // Negotiated anew or closed in between: `refresh` follows each answer.
    }
  }
}
