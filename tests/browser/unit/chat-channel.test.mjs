// SPDX-License-Identifier: Apache-2.0
// The chat's requests over a data channel of the test's own.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChatChannel } from '../../../examples/conference/web/chat-channel.mjs';

class ScriptedChannel {
  readyState = 'connecting';
  sent = [];

  send(text) {
    if (this.readyState !== 'open') throw new Error('not open');
    this.sent.push(JSON.parse(text));
  }

  say(message) {
    this.onmessage({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }

  become(state) {
    this.readyState = state;
    if (state === 'open') this.onopen();
    if (state === 'closed') this.onclose();
  }
}

/** An open chat whose greeting was answered. */
async function openChat() {
  const channel = new ScriptedChannel();
  const chat = new ChatChannel(channel);
  channel.become('open');
  channel.say({ type: 'ok', id: channel.sent[0].id });
  await Promise.resolve();
  await Promise.resolve();
  return { channel, chat };
}

describe('the chat channel', () => {
  it('is open once the server has answered on it', async () => {
    const channel = new ScriptedChannel();
    const chat = new ChatChannel(channel);
    assert.equal(chat.open, false);
    channel.become('open');
    assert.equal(channel.sent[0].type, 'ping');
    assert.equal(chat.open, false);
    channel.say({ type: 'ok', id: channel.sent[0].id });
    await new Promise((resolve) => { setImmediate(resolve); });
    assert.equal(chat.open, true);
    channel.become('closed');
    assert.equal(chat.open, false);
  });

  it('sends a line, and tells how it went', async () => {
    const { channel, chat } = await openChat();
    const first = chat.send('a');
    const second = chat.send('b');
    assert.deepEqual(channel.sent.slice(1).map(({ type, text }) => [type, text]), [['chat', 'a'], ['chat', 'b']]);
    channel.say({ type: 'error', id: channel.sent[2].id, code: 'rate', message: 'slowly' });
    channel.say({ type: 'ok', id: channel.sent[1].id });
    await first;
    await assert.rejects(second, { code: 'rate', message: 'slowly' });
  });

  it('gives the lines of the server, and passes over what is none', async () => {
    const { channel, chat } = await openChat();
    const lines = [];
    chat.on('message', (line) => lines.push(line.text));
    for (const message of ['no JSON', { type: 'future' }, { type: 'ok', id: 99 }, { type: 'chat', text: 'hello', number: 1 }]) channel.say(message);
    assert.deepEqual(lines, ['hello']);
  });

  it('fails what waits when the channel closes, and what comes after', async () => {
    const { channel, chat } = await openChat();
    const waiting = assert.rejects(chat.send('a'), { code: 'lost' });
    channel.become('closed');
    await waiting;
    await assert.rejects(chat.send('b'), { code: 'lost' });
  });
});
