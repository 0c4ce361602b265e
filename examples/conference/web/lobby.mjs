// SPDX-License-Identifier: Apache-2.0
// Before the meeting: name, room, a look at oneself, and words for whatever stands in the way.
import { $, announce, setText } from './dom.mjs';
import { Emitter } from './emitter.mjs';
import { meterLevel } from './sound.mjs';

const ROOM = /^[A-Za-z0-9._-]{1,64}$/;
const EXPLAIN = {
  token_missing: 'This server lets in only people with an invitation. Paste the token of yours.',
  token_invalid: 'This token is not valid here. Ask for a new invitation.',
  token_expired: 'This token has expired. Ask for a new invitation.',
  token_room: 'This token is for another room.',
  full: 'This room is full. Try again when somebody has left.',
  limit: 'The server has as much to do as it is allowed to. Try again later.',
  rate: 'Too many attempts in a short time. Wait a moment, then try again.',
  shutdown: 'The server is stopping. Try again in a moment.',
  unreachable: 'The server cannot be reached. Check your network, then try again.',
};

/** Events: `join` ({name, room, token}). */
export class Lobby extends Emitter {
  #local;
  #endMeter = null;
  #metered = null;

  constructor(local) {
    super();
    this.#local = local;
    this.#prefill();
    $('lobby-form').onsubmit = (event) => { event.preventDefault(); this.#submit(); };
    $('lobby-mic').onclick = () => this.#toggle('microphone');
    $('lobby-camera').onclick = () => this.#toggle('camera');
    local.on('change', () => this.#show());
    local.on('problem', ({ source, message }) => { if (!$('lobby').hidden) this.#problem(source, message); });
    this.#show();
  }

  open(message = '') {
    $('lobby').hidden = false;
    document.title = 'Weir conference';
    setText($('lobby-message'), message);
    this.setBusy(false);
    this.#show();
    ($('name').value === '' ? $('name') : $('join')).focus();
  }

  close() {
    $('lobby').hidden = true;
    this.#meter(null);
    $('preview').srcObject = null;
  }

  setBusy(busy) {
    $('join').disabled = busy;
    setText($('join'), busy ? 'Joining …' : 'Join');
  }

  /** Say why joining failed, at the field that can change it. */
  fail(error) {
    this.setBusy(false);
    if (error.code?.startsWith('token_')) $('token-field').hidden = false;
    const field = { room_name: 'room', name: 'name', token_room: 'room' }[error.code]
      ?? (error.code?.startsWith('token_') ? 'token' : null);
    const line = error.line ? ` (line ${error.line} of the media description)` : '';
    const text = EXPLAIN[error.code] ?? `Joining failed: ${error.message}${line}`;
    setText($('lobby-error'), text);
    if (field !== null) this.#mark(field);
    else $('join').focus();
  }

  /** An invitation is a link: ?room=ROOM#token=TOKEN. Browsers never send the fragment to a server, so no log sees the token. */
  #prefill() {
    const given = new URLSearchParams(location.search);
    const secret = new URLSearchParams(location.hash.slice(1));
    $('name').value = given.get('name') ?? localStorage.getItem('weir-name') ?? '';
    $('room').value = given.get('room') || 'lobby';
    $('token').value = secret.get('token') ?? '';
    if ($('token').value !== '') this.#showRoom($('room').value);
  }

  #showRoom(room) {
    const codec = new URLSearchParams(location.search).get('codec');
    const kept = codec === null ? '' : `&codec=${encodeURIComponent(codec)}`;
    history.replaceState(null, '', `?room=${encodeURIComponent(room)}${kept}`);
  }

  #submit() {
    for (const id of ['name', 'room', 'token']) $(id).removeAttribute('aria-invalid');
    setText($('lobby-error'), '');
    const name = $('name').value.trim();
    const room = $('room').value.trim();
    if (name === '') return this.#refuse('name', 'Say your name, so that others know who you are.');
    if (!ROOM.test(room)) return this.#refuse('room', 'A room name has 1 to 64 letters, digits, dots, dashes or underscores.');
    localStorage.setItem('weir-name', name);
    this.#showRoom(room);
    const token = $('token').value.trim();
    this.setBusy(true);
    this.emit('join', token === '' ? { name, room } : { name, room, token });
    return undefined;
  }

  #refuse(field, text) {
    setText($('lobby-error'), text);
    this.#mark(field);
  }

  #mark(field) {
    $(field).setAttribute('aria-invalid', 'true');
    $(field).focus();
  }

  async #toggle(source) {
    $(`problem-${source}`).hidden = true;
    const done = await this.#local.toggle(source);
    if (done) announce(`${source === 'camera' ? 'Camera' : 'Microphone'} ${this.#local.muted(source) ? 'off' : 'on'}`);
  }

  #problem(source, message) {
    const node = $(`problem-${source}`);
    node.hidden = false;
    setText(node, message);
  }

  #show() {
    for (const [source, id] of [['microphone', 'lobby-mic'], ['camera', 'lobby-camera']]) {
      const on = !this.#local.muted(source);
      $(id).setAttribute('aria-pressed', String(on));
      $(id).classList.toggle('off', !on);
      if (on) $(`problem-${source}`).hidden = true;
    }
    if ($('lobby').hidden) return;
    const camera = this.#local.track('camera');
    const preview = $('preview');
    if ((preview.srcObject?.getVideoTracks()[0] ?? null) !== camera) {
      preview.srcObject = camera === null ? null : new MediaStream([camera]);
    }
    $('preview-empty').hidden = camera !== null;
    this.#meter(this.#local.muted('microphone') ? null : this.#local.track('microphone'));
  }

  #meter(track) {
    if (this.#metered === track) return;
    this.#endMeter?.();
    this.#metered = track;
    this.#endMeter = track === null ? null : meterLevel(track, $('level'));
  }
}
