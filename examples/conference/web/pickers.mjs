// SPDX-License-Identifier: Apache-2.0
// Lists of cameras, microphones and loudspeakers to choose from; the same in the lobby and in the meeting.
import { list, onDevicesChanged } from './devices.mjs';
import { element } from './dom.mjs';

export class Pickers {
  #selects;
  #local;

  /** @param {{microphone: HTMLSelectElement, camera: HTMLSelectElement, speaker: HTMLSelectElement}} selects */
  constructor(selects, local, sound) {
    this.#selects = selects;
    this.#local = local;
    for (const source of ['microphone', 'camera']) {
      selects[source].onchange = () => local.choose(source, selects[source].value);
    }
    selects.speaker.onchange = () => sound.setOutput(selects.speaker.value);
    local.on('change', () => this.refresh());
    onDevicesChanged(() => this.refresh());
    this.refresh();
  }

  async refresh() {
    const found = await list();
    for (const [source, select] of Object.entries(this.#selects)) {
      const chosen = source === 'speaker' ? select.value : this.#local.device(source);
      const options = found[source].map(({ id, label }) => element('option', { value: id }, label));
      if (options.length === 0) options.push(element('option', { value: '' }, source === 'speaker' ? 'The usual one' : 'None found yet'));
      select.replaceChildren(...options);
      if (chosen !== '' && found[source].some(({ id }) => id === chosen)) select.value = chosen;
      select.disabled = found[source].length === 0;
    }
    const label = this.#selects.speaker.closest('label');
    if (label !== null) label.hidden = !('setSinkId' in HTMLMediaElement.prototype);
  }
}
