// SPDX-License-Identifier: Apache-2.0
// The chat's data channel: the same requests, replies and lines as on the WebSocket.
import { Emitter } from './emitter.mjs';

export const CHAT_LABEL = 'host/chat';
const REPLY_PATIENCE_MS = 10_000;

/** Events: `message` (a chat line of the server). */
export class ChatChannel extends Emitter {
  #channel;
  #waiting = new Map();
  #next = 1;
  #greeted = false;

  /** @param {RTCDataChannel} channel */
  constructor(channel) {
    super();
    this.#channel = channel;
    // The server sends lines here once it has heard from us here.
    channel.onopen = () => this.#ask('ping', {}).then(() => { this.#greeted = true; }, () => undefined);
    channel.onmessage = ({ data }) => this.#receive(data);
    channel.onclose = () => this.#close();
  }

  /** Both sides know that it works. */
  get open() {
    return this.#greeted && this.#channel.readyState === 'open';
  }

  send(text) {
    return this.#ask('chat', { text });
  }

  #ask(type, fields) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const fail = (code, message) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        reject(Object.assign(new Error(message), { code }));
      };
      const timer = setTimeout(() => fail('timeout', 'The server did not answer.'), REPLY_PATIENCE_MS);
      this.#waiting.set(id, { resolve: () => { clearTimeout(timer); this.#waiting.delete(id); resolve(); }, fail });
      try {
        this.#channel.send(JSON.stringify({ type, id, ...fields }));
      } catch (error) {
        fail('lost', error.message);
      }
    });
  }

  #receive(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    const request = this.#waiting.get(message.id);
    if (message.type === 'chat') this.emit('message', message);
    else if (message.type === 'ok') request?.resolve();
    else if (message.type === 'error') request?.fail(message.code, message.message);
  }

  #close() {
    this.#greeted = false;
    for (const { fail } of [...this.#waiting.values()]) fail('lost', 'The connection is gone.');
  }
}
