// SPDX-License-Identifier: Apache-2.0
// One meeting of three people with a Chromium each, told as a story: every test goes on where the one before it ended.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { finish, grows, Person, startBrowser } from './support/people.mjs';
import { eventually } from './support/poll.mjs';
import { startServer } from './support/server.mjs';

const ROOM = 'weekly';
/** From pressing Join to somebody's picture: the aim is 2 s; a loaded machine gets five times that. */
const FIRST_PICTURE_MS = 10_000;

describe('a meeting', { timeout: 180_000 }, () => {
  let server;
  let browsers;
  let ada;
  let bob;
  let cy;

  before(async () => {
    server = await startServer();
    browsers = await Promise.all([0xa1, 0xb2, 0xc3].map((code) => startBrowser(code)));
    [ada, bob, cy] = await Promise.all(['Ada', 'Bob', 'Cy'].map((name, index) => Person.open(browsers[index], { name })));
  });

  after(async () => {
    await finish([ada, bob, cy], browsers ?? [], server);
  });

  it('lets three people see one another', async (t) => {
    await ada.come(server.url, ROOM);
    await bob.come(server.url, ROOM);
    const bobSeesAda = await bob.sees(ada, { within: FIRST_PICTURE_MS });
    await cy.come(server.url, ROOM);
    const cySees = await Promise.all([cy.sees(ada, { within: FIRST_PICTURE_MS }), cy.sees(bob, { within: FIRST_PICTURE_MS })]);
    await Promise.all([ada.sees(bob), ada.sees(cy), bob.sees(cy)]);
    t.diagnostic(`join to first picture: ${Math.round(bobSeesAda)} ms (second person), ${Math.round(Math.max(...cySees))} ms (third, both pictures)`);
    await Promise.all([ada, bob, cy].map(async (person) => grows(person, 'frames', await person.received(), 2)));
  });

  it('lets three people hear one another', async () => {
    await Promise.all([ada, bob, cy].map(async (person) => grows(person, 'energy', await person.received(), 2)));
  });

  it('carries chat, with a mark for what is unread', async () => {
    await ada.page.click('#chat-button');
    await ada.page.fill('#chat-input', 'Good morning <b>everybody</b>');
    await ada.page.keyboard.press('Enter');
    await eventually("Bob's chat button shows one unread message", async () => (await bob.text('unread')) === '1');
    await bob.page.click('#chat-button');
    await eventually('Bob reads it, as text', async () => (await bob.text('chat-list')).includes('Good morning <b>everybody</b>'));
    assert.equal(await bob.page.locator('#unread').isHidden(), true);
    await bob.page.keyboard.type('Good morning, Ada');
    await bob.page.keyboard.press('Enter');
    await eventually('Ada reads the reply', async () => (await ada.text('chat-list')).includes('Good morning, Ada'));
    await Promise.all([ada, bob].map((person) => person.page.click('#chat-close')));
  });

  const mutedFor = (person, other) => person.page.evaluate((name) => !probe.tile(name).querySelector('.muted-mark').hidden, other.name);

  it('mutes and unmutes', async () => {
    await ada.page.click('#mic-button');
    await Promise.all([bob, cy].map((person) => eventually(`${person.name} sees that Ada is muted`, () => mutedFor(person, ada))));
    await ada.page.click('#mic-button');
    await Promise.all([bob, cy].map((person) => eventually(`${person.name} sees that Ada speaks`, async () => !(await mutedFor(person, ada)))));
    await grows(bob, 'energy', await bob.received(), 2);
  });

  it('switches a camera off and on', async () => {
    const picture = () => bob.page.evaluate(() => probe.tile('Ada').classList.contains('playing'));
    await ada.page.click('#camera-button');
    await eventually("Bob sees Ada's initials", async () => !(await picture()));
    await ada.page.click('#camera-button');
    await bob.sees(ada);
  });

  it('shares a screen beside the camera', async () => {
    await ada.page.click('#screen-button');
    await bob.page.waitForFunction(() => probe.tile('Ada', 'screen')?.classList.contains('playing'));
    const shown = () => bob.page.evaluate(() => probe.tile('Ada', 'screen').querySelector('video').videoWidth);
    await eventually("Bob sees Ada's screen", async () => (await shown()) > 0);
    await bob.sees(ada);
    const before = await bob.received();
    await grows(bob, 'frames', before, 3);
    await bob.screenshot('screen-share');
    await ada.page.click('#screen-button');
    await eventually('the screen goes', async () => !(await bob.tiles()).some((name) => name.includes('screen')));
    await bob.sees(ada);
  });

  it('goes on without the WebSocket and resumes the session', async () => {
    const idOf = () => ada.page.evaluate(() => probe.tile('Bob').dataset.participant);
    const id = await idOf();
    await bob.page.evaluate(() => probe.loseSignalling());
    await eventually('Bob is told', async () => (await bob.text('connection-text')).includes('sound and pictures go on'));
    await ada.page.click('#mic-button');
    await grows(bob, 'frames', await bob.received(), 2);
    await grows(ada, 'frames', await ada.received(), 2);
    await grows(bob, 'frames', await bob.received(), 2);
    await bob.page.evaluate(() => probe.restoreSignalling());
    await bob.page.evaluate(() => dispatchEvent(new Event('online')));  // as the browser says when a network is back
    await eventually('Bob is connected again', async () => (await bob.text('connection-text')) === 'Connected', { within: 20_000 });
    await eventually('Bob learns what he missed', () => mutedFor(bob, ada));
    await ada.page.click('#mic-button');
    await eventually('Bob hears news again', async () => !(await mutedFor(bob, ada)));
    assert.equal(await idOf(), id, 'Bob is still the same participant');
    assert.equal(await bob.page.evaluate(() => probe.connections.length), 1, 'and on the same connection');
    const metrics = await (await fetch(`${server.address}metrics`)).text();
    assert.match(metrics, /^weir_resumes_total 1$/m);
  });

  it('restarts ICE when the connection fails', async () => {
    const fragment = () => cy.page.evaluate(() => /a=ice-ufrag:(\S+)/.exec(probe.connection().currentLocalDescription.sdp)[1]);
    const before = await fragment();
    await cy.page.evaluate(() => probe.failMedia());
    await eventually('new ICE credentials are agreed on', async () => (await fragment()) !== before);
    await grows(cy, 'frames', await cy.received(), 2);
    await grows(ada, 'frames', await ada.received(), 2);
    assert.equal(await cy.page.evaluate(() => probe.connections.length), 1);
  });

  it('takes the tile of who leaves, and shows the lobby to him', async () => {
    await cy.page.click('#leave-button');
    await Promise.all([ada, bob].map((person) => eventually(`Cy is gone for ${person.name}`, async () => !(await person.tiles()).includes('Cy'))));
    assert.match(await cy.text('lobby-message'), /You have left/);
    assert.equal(await cy.page.locator('#meeting').isHidden(), true);
  });

  it('shows pictures at once to who comes late', async (t) => {
    await cy.enterLobby(server.url, ROOM);
    await cy.join();
    const times = await Promise.all([cy.sees(ada, { within: FIRST_PICTURE_MS }), cy.sees(bob, { within: FIRST_PICTURE_MS })]);
    await ada.sees(cy);
    t.diagnostic(`late join to both pictures: ${Math.round(Math.max(...times))} ms`);
  });
});

describe('a server that dies', { timeout: 60_000 }, () => {
  it('is joined anew when it is back', async () => {
    let server = await startServer();
    const browser = await startBrowser(0xd4);
    const [eve, fay] = await Promise.all(['Eve', 'Fay'].map((name) => Person.open(browser, { name })));
    try {
      await eve.come(server.url, ROOM);
      await fay.come(server.url, ROOM);
      await fay.sees(eve);
      await server.kill();
      await eventually('Eve is told', async () => (await eve.text('connection-text')).includes('Reconnecting'));
      server = await startServer([], Number(new URL(server.url).port));
      await Promise.all([eve, fay].map((person) => person.page.waitForFunction(() => probe.connections.length > 1
        && probe.connection()?.connectionState === 'connected', undefined, { timeout: 30_000 })));
      await Promise.all([eve.sees(fay), fay.sees(eve)]);
    } finally {
      await finish([eve, fay], [browser], server);
    }
  });
});
