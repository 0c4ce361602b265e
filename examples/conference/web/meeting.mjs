// SPDX-License-Identifier: Apache-2.0
// The meeting's frame: controls, side panels, shortcuts, and telling people how the connection is.
import { screenAvailable } from './devices.mjs';
import { $, announce, dismiss, icon, notify, setText } from './dom.mjs';
import { Emitter } from './emitter.mjs';

const CONTROLS = {
  microphone: { button: 'mic-button', on: ['mic', 'Mute'], off: ['mic-off', 'Unmute'], said: ['Microphone on', 'Microphone muted'] },
  camera: { button: 'camera-button', on: ['camera', 'Stop camera'], off: ['camera-off', 'Start camera'], said: ['Camera on', 'Camera off'] },
  screen: { button: 'screen-button', on: ['screen-off', 'Stop sharing'], off: ['screen', 'Share screen'], said: ['You share your screen', 'Screen sharing ended'] },
};
const SOURCES = Object.keys(CONTROLS);

/** Events: `leave`, `panel` ({name, open}), `page` (-1 or 1), `retry`. */
export class Meeting extends Emitter {
  #local;
  #session = null;
  #panels = { chat: false, stats: false };
  #media = 'new';
  #signalling = 'open';

  constructor(local) {
    super();
    this.#local = local;
    for (const source of SOURCES) $(CONTROLS[source].button).onclick = () => this.#toggle(source);
    for (const name of ['chat', 'stats']) {
      $(`${name}-button`).onclick = () => this.setPanel(name, !this.#panels[name]);
      $(`${name}-close`).onclick = () => { this.setPanel(name, false); $(`${name}-button`).focus(); };
    }
    for (const name of ['devices', 'help']) {
      $(`${name}-button`).onclick = () => $(`${name}-dialog`).showModal();
    }
    $('leave-button').onclick = () => this.emit('leave');
    $('retry-button').onclick = () => this.emit('retry');
    local.on('change', () => this.#showControls());
    local.on('problem', ({ source, message }) => { if (!$('meeting').hidden) notify(message, { error: true, id: source }); });
    this.#shortcuts();
  }

  open(session) {
    this.#session = session;
    $('meeting').hidden = false;
    document.title = `${session.room} – Weir conference`;
    setText($('room-name'), session.room);
    this.#showControls();
    this.#showPeople();
    session.on('roster', () => this.#showPeople());
    session.on('person', ({ kind, name }) => notify(kind === 'joined' ? `${name} joined` : `${name} left`));
    session.on('connection', (state) => this.#connection(state));
    session.on('media', (state) => { this.#media = state; this.#showConnection(); });
    session.on('refused', (error) => this.#refused(error));
    $('mic-button').focus();
  }

  close() {
    for (const name of ['chat', 'stats']) this.setPanel(name, false);
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    $('notices').replaceChildren();
    $('meeting').hidden = true;
    this.#session = null;
    this.#media = 'new';
  }

  setPanel(name, open) {
    this.#panels[name] = open;
    $(`${name}-panel`).hidden = !open;
    $(`${name}-button`).setAttribute('aria-expanded', String(open));
    $('side').hidden = !this.#panels.chat && !this.#panels.stats;
    this.emit('panel', { name, open });
  }

  setUnread(count) {
    const mark = $('unread');
    mark.hidden = count === 0;
    setText(mark, count > 99 ? '99+' : String(count));
    setText($('unread-words'), count === 0 ? '' : `, ${count} unread`);
  }

  async #toggle(source) {
    if (source === 'screen' && !screenAvailable()) {
      notify('This browser cannot share a screen from here.', { error: true });
      return;
    }
    dismiss(source);
    if (await this.#local.toggle(source)) announce(CONTROLS[source].said[this.#local.muted(source) ? 1 : 0]);
  }

  #showControls() {
    const may = this.#session?.may ?? {};
    for (const source of SOURCES) {
      const { button, on, off } = CONTROLS[source];
      const active = !this.#local.muted(source);
      const [picture, words] = active ? on : off;
      const node = $(button);
      if (node.dataset.shows !== picture) {
        node.dataset.shows = picture;
        node.replaceChildren(icon(picture), Object.assign(document.createElement('span'), { textContent: words }));
      }
      node.classList.toggle('off', !active && source !== 'screen');
      node.classList.toggle('active', active && source === 'screen');
      const allowed = source === 'microphone' ? may.sendAudio !== false : may.sendVideo !== false;
      node.disabled = !allowed;
      node.title = allowed ? '' : 'Your invitation does not allow this';
    }
  }

  #showPeople() {
    const count = this.#session.people.size;
    setText($('people-count'), count === 1 ? 'You are alone here' : `${count} people`);
  }

  #connection({ state, attempt }) {
    const before = this.#signalling;
    this.#signalling = state;
    if (state === 'waiting' && before !== 'waiting' && attempt === 1) announce('Connection to the server lost. Reconnecting.', true);
    if (state === 'open' && before !== 'open') announce('Connected');
    this.#showConnection();
  }

  #showConnection() {
    const media = {
      connected: ['good', 'Connected'], new: ['busy', 'Connecting …'], connecting: ['busy', 'Connecting …'],
      disconnected: ['busy', 'The network falters …'], failed: ['bad', 'Repairing the media connection …'],
      'given-up': ['bad', 'No media gets through. A firewall may block UDP.'],
    }[this.#media] ?? ['busy', 'Connecting …'];
    const [level, text] = this.#signalling === 'open' || this.#media === 'given-up'
      ? media
      : ['busy', this.#media === 'connected' ? 'Reconnecting; sound and pictures go on' : 'Reconnecting …'];
    $('connection').dataset.level = level;
    setText($('connection-text'), text);
    $('retry-button').hidden = this.#media !== 'given-up';
  }

  #refused(error) {
    const line = error.line ? ` (line ${error.line} of the media description)` : '';
    notify(`The server refused: ${error.message}${line}`, { error: true, id: `refused-${error.code}` });
  }

  /** Single keys, unless the person types or has switched them off (WCAG 2.1.4). */
  #shortcuts() {
    const box = $('shortcuts-on');
    box.checked = localStorage.getItem('weir-shortcuts') !== 'off';
    box.onchange = () => localStorage.setItem('weir-shortcuts', box.checked ? 'on' : 'off');
    const keys = {
      m: () => this.#toggle('microphone'), v: () => this.#toggle('camera'), s: () => this.#toggle('screen'),
      c: () => this.setPanel('chat', !this.#panels.chat), i: () => this.setPanel('stats', !this.#panels.stats),
      '[': () => this.emit('page', -1), ']': () => this.emit('page', 1), '?': () => $('help-dialog').showModal(),
    };
    document.addEventListener('keydown', (event) => {
      if ($('meeting').hidden || document.querySelector('dialog[open]') !== null) return;
      if (event.key === 'Escape') return this.#escape();
      const typing = event.target.closest?.('input, textarea, select') !== null;
      if (typing || !box.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const act = keys[event.key.toLowerCase()];
      if (act === undefined) return;
      event.preventDefault();
      act();
    });
  }

  #escape() {
    const name = ['chat', 'stats'].find((panel) => $(`${panel}-panel`).contains(document.activeElement));
    if (name === undefined) return;
    this.setPanel(name, false);
    $(`${name}-button`).focus();
  }
}
