// SPDX-License-Identifier: Apache-2.0
// Data channels of real browsers, told as a story: two Chromiums and a Firefox (or a third Chromium) in one room.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller } from './support/caller.mjs';
import { noFirefox, startFirefox } from './support/firefox.mjs';
import { finish, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const ROOM = 'data';

/** Runs in the page: who we are, and which lines of chat came by WebSocket. */
const listen = () => {
  probe.chats = [];
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(url) {
      super(url);
      this.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === 'joined') probe.self = message.self;
        if (message.type === 'chat') probe.chats.push(message.text);
      });
    }
  };
};

/** Runs in the page: a browser without data channels, as some stacks are. */
const forgetDataChannels = () => {
  RTCPeerConnection.prototype.createDataChannel = () => ({ readyState: 'connecting' });
};

/** Runs in the page: open a channel and keep what comes on it. */
const openChannel = ({ label, options }) => new Promise((resolve) => {
  probe.channels ??= {};
  const channel = probe.connection().createDataChannel(label, options);
  channel.binaryType = 'arraybuffer';
  channel.received = [];
  channel.onmessage = ({ data }) => channel.received.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
  channel.onopen = () => resolve();
  probe.channels[label] = channel;
});

/** Runs in the page: keep channels that the node opens. */
const awaitChannels = () => {
  probe.channels ??= {};
  probe.connection().ondatachannel = ({ channel }) => {
    channel.received = [];
    channel.onmessage = ({ data }) => channel.received.push(data);
    probe.channels[channel.label] = channel;
  };
};

const received = (person, label) => person.page.evaluate((name) => probe.channels?.[name]?.received ?? [], label);
const send = (person, label, text) => person.page.evaluate(({ name, data }) => probe.channels[name].send(data), { name: label, data: text });

/** Runs in the page of a caller: offer a data channel and nothing else. */
const channelAlone = ({ label }) => {
  caller.channel = caller.connection.createDataChannel(label);
  caller.received = [];
  caller.channel.onmessage = ({ data }) => caller.received.push(data);
};

describe('a connection of data channels alone', { timeout: 60_000 }, () => {
  let server;
  let browser;
  const callers = [];

  before(async () => {
    server = await startServer();
    browser = await startBrowser(0xd4);
  });

  after(async () => {
    await Promise.allSettled(callers.map((caller) => caller.close()));
    await finish([], [browser], server);
  });

  it('takes part in the room without a line of media', async () => {
    for (const name of ['Ida', 'Jon']) {
      const caller = await Caller.open(browser, server, { name, room: 'bare' });
      callers.push(caller);
      const answer = await caller.negotiate(channelAlone, { label: 'room/bare' });
      assert.match(answer, /^m=application [1-9]/m);
      assert.doesNotMatch(answer, /^m=(audio|video)/m);
      await eventually(`${name}'s channel is open`, () => caller.do(() => caller.channel.readyState === 'open'));
    }
    const [ida, jon] = callers;
    await ida.do(() => caller.channel.send('no camera here'));
    await eventually('Jon reads it', () => jon.do(() => caller.received.includes('no camera here')));
    await jon.do(() => caller.channel.send('nor here'));
    await eventually('Ida reads the answer', () => ida.do(() => caller.received.includes('nor here')));
  });
});

describe('data channels', { timeout: 150_000 }, () => {
  let server;
  let browsers;
  let ada;
  let bob;
  let fox;
  let old;
  const self = (person) => person.page.evaluate(() => probe.self);

  before(async () => {
    server = await startServer();
    browsers = await Promise.all([startBrowser(0xa1), startBrowser(0xb2), noFirefox ? startBrowser(0xf0) : startFirefox(0xf0)]);
    [ada, bob, fox] = await Promise.all(['Ada', 'Bob', 'Fox'].map((name, index) => Person.open(browsers[index], { name, init: [listen] })));
    old = await Person.open(browsers[0], { name: 'Old', init: [listen, forgetDataChannels] });
    for (const person of [ada, bob, fox]) await person.come(server.url, ROOM);
    await Promise.all([ada, bob, fox].map((person) => eventually(`${person.name} is connected`,
      () => person.page.evaluate(() => probe.connection()?.connectionState === 'connected'))));
  });

  after(async () => {
    await finish([ada, bob, fox, old], browsers ?? [], server);
  });

  it('carry the chat, and the WebSocket that of a browser without them', async () => {
    const chatChannel = (person) => person.page.evaluate(async () => {
      const reports = [...(await probe.connection().getStats()).values()];
      const { state, messagesSent, messagesReceived } = reports.find(({ type, label }) => type === 'data-channel' && label === 'host/chat') ?? {};
      return { state, messagesSent, messagesReceived };
    });
    for (const person of [ada, bob, fox]) {
      await eventually(`${person.name}'s chat channel was answered`, async () => (await chatChannel(person)).messagesReceived >= 1);
    }
    await old.come(server.url, ROOM);
    const say = async (person, text) => {
      if (await person.page.locator('#chat-panel').isHidden()) await person.page.click('#chat-button');
      await person.page.fill('#chat-input', text);
      await person.page.keyboard.press('Enter');
      for (const each of [ada, bob, fox, old]) {
        await eventually(`${each.name} reads ${text}`, async () => (await each.page.locator('#chat-list').textContent()).includes(text));
      }
    };
    await say(ada, 'From a new browser');
    await say(old, 'From an old one');
    await say(fox, 'From another');
    for (const person of [ada, bob, fox]) assert.deepEqual(await person.page.evaluate(() => probe.chats), [], person.name);
    assert.equal(await old.page.evaluate(() => probe.chats.length), 3);
    assert.ok((await chatChannel(ada)).messagesSent >= 2);
  });

  it('carry messages to the room, reliable and in order, or neither', async () => {
    const loose = { ordered: false, maxRetransmits: 0 };
    for (const person of [ada, bob, fox]) {
      await person.page.evaluate(openChannel, { label: 'room/firm', options: {} });
      await person.page.evaluate(openChannel, { label: 'room/loose', options: loose });
    }
    const numbers = Array.from({ length: 200 }, (_, index) => String(index));
    await ada.page.evaluate(({ all }) => {
      for (const number of all) {
        probe.channels['room/firm'].send(number);
        probe.channels['room/loose'].send(number);
      }
      probe.channels['room/firm'].send(new Uint8Array([0, 255]));
      probe.channels['room/firm'].send('');
    }, { all: numbers });
    for (const person of [bob, fox]) {
      await eventually(`${person.name} has all`, async () => (await received(person, 'room/firm')).length === 202);
      assert.deepEqual(await received(person, 'room/firm'), [...numbers, [0, 255], '']);
      // Nothing is lost on the way inside one machine, but order is not promised.
      await eventually(`${person.name} has most of the others`, async () => (await received(person, 'room/loose')).length > 150);
    }
    assert.deepEqual(await received(ada, 'room/firm'), []);
  });

  it('carry a large message', async () => {
    const size = 200_000;
    await bob.page.evaluate(({ length }) => probe.channels['room/firm'].send('x'.repeat(length)), { length: size });
    for (const person of [ada, fox]) {
      await eventually(`${person.name} has it`, async () => (await received(person, 'room/firm')).at(-1)?.length === size);
    }
  });

  it('carry messages to one participant, and the answer', async () => {
    const [a, f] = [await self(ada), await self(fox)];
    await fox.page.evaluate(awaitChannels);
    const options = { ordered: false, maxPacketLifeTime: 500 };
    await ada.page.evaluate(openChannel, { label: `participant/${f}/note`, options });
    await send(ada, `participant/${f}/note`, 'psst');
    await eventually('Fox has it', async () => (await received(fox, `participant/${a}/note`)).includes('psst'));
    const terms = await fox.page.evaluate((label) => {
      const { ordered, maxPacketLifeTime } = probe.channels[label];
      return { ordered, maxPacketLifeTime };
    }, `participant/${a}/note`);
    assert.deepEqual(terms, options);
    await send(fox, `participant/${a}/note`, 'what?');
    await eventually('Ada has the answer', async () => (await received(ada, `participant/${f}/note`)).includes('what?'));
    assert.equal(await bob.page.evaluate(() => Object.keys(probe.channels).some((label) => label.startsWith('participant/'))), false);
  });

  it('are closed when their label leads nowhere, and can be opened again when closed', async () => {
    await ada.page.evaluate(() => {
      probe.stray = probe.connection().createDataChannel('nowhere');
    });
    await eventually('the stray is closed', () => ada.page.evaluate(() => probe.stray.readyState === 'closed'));
    for (let round = 0; round < 3; ++round) {
      await bob.page.evaluate(() => new Promise((resolve) => {
        probe.channels['room/firm'].onclose = resolve;
        probe.channels['room/firm'].close();
      }));
      await bob.page.evaluate(openChannel, { label: 'room/firm', options: {} });
      await send(ada, 'room/firm', `round ${round}`);
      await eventually('Bob hears Ada', async () => (await received(bob, 'room/firm')).includes(`round ${round}`));
    }
  });
});
