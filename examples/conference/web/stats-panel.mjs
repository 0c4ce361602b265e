// SPDX-License-Identifier: Apache-2.0
// Shows Statistics as tables, once a second while the panel is open.
import { element, setText } from './dom.mjs';

const PERIOD_MS = 1_000;
const COLUMNS = ['Line', 'Bitrate', 'Picture', 'Loss', 'Jitter'];
const SENDING = [...COLUMNS, 'Trip'];
const LABEL = { microphone: 'voice', camera: 'camera', screen: 'screen' };
const OTHER = { audio: 'loudest voices', video: 'video' };

export class StatsPanel {
  #nodes;
  #statistics = null;
  #timer = null;

  /** @param {{summary: HTMLElement, tables: HTMLElement, copy: HTMLElement}} nodes */
  constructor(nodes) {
    this.#nodes = nodes;
    nodes.copy.onclick = () => this.#copy();
  }

  attach(statistics) {
    this.#statistics = statistics;
  }

  setOpen(open) {
    clearInterval(this.#timer);
    if (!open) return;
    this.#show();
    this.#timer = setInterval(() => this.#show(), PERIOD_MS);
  }

  async #show() {
    if (this.#statistics === null) return;
    const { transport, sending, receiving } = await this.#statistics.collect();
    setText(this.#nodes.summary, [
      `ICE ${transport.iceState ?? '?'}`, `DTLS ${transport.dtlsState ?? '?'} as ${transport.dtlsRole ?? '?'}`,
      transport.srtpCipher ?? '', `round trip ${seconds(transport.roundTripTime)}`,
      transport.availableOutgoingBitrate === null ? '' : `room to send ${bits(transport.availableOutgoingBitrate)}`,
      transport.availableIncomingBitrate === null ? '' : `room to receive ${bits(transport.availableIncomingBitrate)}`,
      `${transport.local} → ${transport.remote}`,
    ].filter((part) => part !== '').join(' · '));
    this.#nodes.tables.replaceChildren(table('Sending', SENDING, sending.filter((row) => row.packetsSent > 0)),
      table('Receiving', COLUMNS, receiving.filter((row) => row.packetsReceived > 0)));
  }

  async #copy() {
    const text = JSON.stringify(await this.#statistics.collect(), null, 2);
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    setText(this.#nodes.copy, done === true ? 'Copied' : 'Not possible here');
    setTimeout(() => setText(this.#nodes.copy, 'Copy as JSON'), 2_000);
  }
}

function table(caption, columns, rows) {
  if (rows.length === 0) return element('p', { class: 'hint' }, `${caption}: nothing yet.`);
  const head = element('tr', {}, ...columns.map((name) => element('th', { scope: 'col' }, name)));
  return element('table', {}, element('caption', {}, caption), element('thead', {}, head),
    element('tbody', {}, ...rows.map((row) => line(row, columns))));
}

function line(row, columns) {
  const name = [row.person, LABEL[row.source] ?? OTHER[row.kind]].filter(Boolean).join(', ');
  const picture = row.frameWidth === null ? '–' : `${row.frameWidth}×${row.frameHeight} @ ${Math.round(row.framesPerSecond ?? 0)}`;
  const cells = [bits(row.bitrate), picture, percent(row.loss), seconds(row.jitter), seconds(row.roundTripTime)]
    .slice(0, columns.length - 1);
  return element('tr', {}, element('th', { scope: 'row' }, name, element('small', {}, ` ${[row.codec, ...layerWords(row)].join(' · ')}`)), ...cells.map((text) => element('td', {}, text)));
}

/** Which of the encodings this is, or which layer is received, and why not a better one. Layers count from 0, the lowest. */
export function layerWords({ rid, scalabilityMode, active, layer, reason }) {
  const words = [];
  if (rid) words.push(`encoding ${rid}`);
  if (scalabilityMode) words.push(scalabilityMode);
  if (active === false) words.push('not wanted');
  if (layer) words.push(`layer ${layer.encoding}.${layer.spatial}.${layer.temporal}`);
  if (reason && reason !== 'undecided') words.push(reason.replace('_', ' by '));
  return words;
}

const percent = (value) => (value === null ? '–' : `${(value * 100).toFixed(1)} %`);
const seconds = (value) => (value === null || value === undefined ? '–' : `${Math.round(value * 1000)} ms`);
const bits = (value) => (value >= 1e6 ? `${(value / 1e6).toFixed(1)} Mbit/s` : `${Math.round(value / 1000)} kbit/s`);
