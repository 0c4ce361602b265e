// SPDX-License-Identifier: Apache-2.0
// What this person gives: microphone, camera, screen; each open or not, muted or not.
import { devicesAvailable, explain, INSECURE, open, openBoth, openScreen } from './devices.mjs';
import { Emitter } from './emitter.mjs';

/**
 * Events: `change` (source): its track or its mute changed. `problem` ({source, message}): it could not be opened, or it ended.
 * Muting the microphone keeps it open (unmuting is instant); switching the camera off closes it, so that its light goes out.
 */
export class LocalMedia extends Emitter {
  #tracks = { microphone: null, camera: null, screen: null };
  #on = { microphone: false, camera: false, screen: false };
  #devices = { microphone: '', camera: '' };

  track(source) {
    return this.#tracks[source];
  }

  muted(source) {
    return !this.#on[source];
  }

  device(source) {
    return this.#tracks[source]?.getSettings().deviceId ?? this.#devices[source];
  }

  /** @returns {Promise<boolean>} whether the source is as wished */
  async set(source, on) {
    if (on && this.#tracks[source] === null && !(await this.#open(source))) return false;
    this.#on[source] = on;
    if (!on && source !== 'microphone') this.#close(source);
    if (this.#tracks[source] !== null) this.#tracks[source].enabled = on;
    this.emit('change', source);
    return true;
  }

  toggle(source) {
    return this.set(source, this.muted(source));
  }

  /** Open microphone and camera; where not both can be had, what can. */
  async begin() {
    if (!devicesAvailable()) {
      this.emit('problem', { source: 'microphone', message: INSECURE });
      return;
    }
    try {
      for (const [source, track] of Object.entries(await openBoth())) this.#adopt(source, track);
    } catch {
      await this.set('microphone', true);
      await this.set('camera', true);
      return;
    }
    for (const source of ['microphone', 'camera']) {
      this.#on[source] = true;
      this.emit('change', source);
    }
  }

  /** Use another device from now on. */
  async choose(source, deviceId) {
    this.#devices[source] = deviceId;
    if (this.#tracks[source] === null) return;
    this.#close(source);
    if (!(await this.#open(source))) this.#on[source] = false;
    if (this.#tracks[source] !== null) this.#tracks[source].enabled = this.#on[source];
    this.emit('change', source);
  }

  closeAll() {
    for (const source of Object.keys(this.#tracks)) {
      this.#on[source] = false;
      this.#close(source);
      this.emit('change', source);
    }
  }

  async #open(source) {
    let track;
    try {
      track = await (source === 'screen' ? openScreen() : open(source, this.#devices[source]));
    } catch (error) {
      this.emit('problem', { source, message: error.name === 'InsecureError' ? INSECURE : explain(error, source) });
      return false;
    }
    this.#adopt(source, track);
    return true;
  }

  #adopt(source, track) {
    this.#close(source);
    this.#tracks[source] = track;
    // Fired when the device is pulled out, permission is withdrawn or sharing ends from the browser's own bar; not by our stop().
    track.onended = () => this.#ended(source, track);
  }

  #close(source) {
    const track = this.#tracks[source];
    if (track === null) return;
    this.#tracks[source] = null;
    track.onended = null;
    track.stop();
  }

  #ended(source, track) {
    if (this.#tracks[source] !== track) return;
    this.#tracks[source] = null;
    this.#on[source] = false;
    if (source !== 'screen') this.emit('problem', { source, message: `The ${source} has stopped: unplugged, or no longer allowed.` });
    this.emit('change', source);
  }
}
