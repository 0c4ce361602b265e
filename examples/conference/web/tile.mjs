// SPDX-License-Identifier: Apache-2.0
// One tile of the gallery: a person, or a shared screen.
import { element, hue, icon, initials, setText } from './dom.mjs';
import { Lasting } from './reasons.mjs';

const QUALITY = ['bad', 'bad', 'poor', 'fair', 'good', 'very good'];

export class Tile {
  #name = element('span', { class: 'name' });
  #status = element('span', { class: 'visually-hidden' });
  #muted = element('span', { class: 'muted-mark', hidden: true }, icon('mic-off'));
  #quality = element('span', { class: 'quality', role: 'img', hidden: true },
    ...Array.from({ length: 5 }, () => element('i')));
  #avatar = element('span', { class: 'avatar', 'aria-hidden': 'true' });
  #note = element('span', { class: 'note' });
  #pin = element('button', { type: 'button', class: 'pin', 'aria-pressed': 'false' }, icon('pin'));
  #exclude = element('button', { type: 'button', class: 'exclude', 'aria-pressed': 'false' }, icon('exclude'));
  #reason = element('span', { class: 'reason', role: 'img', hidden: true });
  #reasons;
  #shown = null;

  /** @param {string} key @param {{onPin: () => void, onExclude: () => void, onChange: () => void}} act onChange: the tile wants to be updated */
  constructor(key, { onPin, onExclude, onChange }) {
    this.key = key;
    this.#reasons = new Lasting(onChange);
    this.video = element('video', { muted: true, playsInline: true, autoplay: true, disablePictureInPicture: true, 'aria-hidden': 'true' });
    this.video.tabIndex = -1;
    this.video.addEventListener('resize', () => {
      this.node.classList.toggle('upright', this.video.videoHeight > this.video.videoWidth);
    });
    this.node = element('li', { class: 'tile', 'data-key': key }, this.#avatar, this.video, this.#note, this.#reason,
      element('div', { class: 'caption' }, this.#muted, this.#name, this.#status, this.#quality), this.#exclude, this.#pin);
    this.#pin.onclick = onPin;
    this.#exclude.onclick = onExclude;
  }

  /**
   * @param {{name: string, self: boolean, screen: boolean, muted: boolean, speaking: boolean, connected: boolean, seen: boolean, pinned: boolean,
   *   quality: object|null, track: MediaStreamTrack|null, playing: boolean, waiting: boolean, excluded: boolean, off: boolean, reason: object|null}}
   *   view off: there is no camera to see; reason: as explainLayer gives it
   */
  update(view) {
    const { node } = this;
    const label = view.screen ? `${view.name}'s screen` : view.self ? `${view.name} (you)` : view.name;
    setText(this.#name, label);
    setText(this.#avatar, initials(view.name));
    node.style.setProperty('--hue', String(hue(view.name)));
    node.dataset.participant = view.participant;
    node.dataset.kind = view.screen ? 'screen' : 'camera';
    node.classList.toggle('speaking', view.speaking);
    node.classList.toggle('self', view.self && !view.screen);
    const reason = this.#lasting(view.reason);
    const playing = view.playing && reason?.paused !== true;  // rather no picture than one of long ago
    node.classList.toggle('playing', playing);
    node.classList.toggle('paused', reason?.paused === true);
    node.classList.toggle('away', !view.connected && view.seen);
    this.#muted.hidden = !view.muted;
    setText(this.#note, noteWords(view, reason));
    this.#showReason(reason);
    setText(this.#status, statusWords({ ...view, playing }));
    this.#pin.setAttribute('aria-pressed', String(view.pinned));
    this.#pin.setAttribute('aria-label', view.pinned ? `Unpin ${label}` : `Pin ${label}`);
    this.#pin.title = view.pinned ? 'Unpin' : 'Pin';
    const exclude = view.excluded ? `Hear and see ${view.name} again` : `Neither hear nor see ${view.name}`;
    this.#exclude.hidden = view.self || view.screen;
    this.#exclude.setAttribute('aria-pressed', String(view.excluded));
    this.#exclude.setAttribute('aria-label', exclude);
    this.#exclude.title = exclude;
    node.classList.toggle('excluded', view.excluded);
    this.#showQuality(view.quality);
    this.#showTrack(view.track);
  }

  place({ x, y, width, height }) {
    Object.assign(this.node.style, {
      transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)`,
      width: `${Math.floor(width)}px`, height: `${Math.floor(height)}px`,
    });
    this.node.classList.toggle('small', width < 240);
  }

  remove() {
    this.#reasons.end();
    this.video.srcObject = null;
    this.node.remove();
  }

  #showQuality(quality) {
    this.#quality.hidden = quality === null;
    if (quality === null) return;
    const score = Math.min(5, Math.max(0, Math.round(quality.score)));
    this.#quality.dataset.score = String(score);
    const loss = Math.round((quality.uplinkLoss ?? 0) * 100);
    const trip = Math.round((quality.roundTripTime ?? 0) * 1000);
    const text = `Connection ${QUALITY[score]}: ${loss} % loss, ${trip} ms round trip`;
    this.#quality.setAttribute('aria-label', text);
    this.#quality.title = text;
  }

  #lasting(reason) {
    this.#reasons.set(reason);
    return this.#reasons.shown;
  }

  #showReason(reason) {
    this.#reason.hidden = reason === null;
    if (reason === null || this.#reason.title === reason.text) return;
    this.#reason.setAttribute('aria-label', reason.text);
    this.#reason.title = reason.text;
    this.#reason.replaceChildren(icon(reason.icon), element('span', {}, reason.text));
  }

  #showTrack(track) {
    if (this.#shown === track) return;
    this.#shown = track;
    this.video.srcObject = track === null ? null : new MediaStream([track]);
  }
}

function noteWords({ connected, seen, excluded, off, waiting }, reason) {
  if (!connected) return seen ? 'Reconnecting …' : 'Connecting …';
  if (excluded) return 'Not heard, not seen';
  if (off) return 'Camera off';
  return waiting && reason === null ? 'Waiting for the picture …' : '';
}

function statusWords({ muted, speaking, connected, screen, playing }) {
  const words = [];
  if (!connected) words.push('reconnecting');
  if (muted) words.push('muted');
  if (speaking) words.push('speaking');
  if (!screen && !playing) words.push('no picture');
  return words.length === 0 ? '' : `, ${words.join(', ')}`;
}
