// SPDX-License-Identifier: Apache-2.0
// Both DTLS roles, each with a ClientHello in two fragments (Chromium's own, with a post-quantum key share) and in one datagram.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { finish, grows, Person, SMALL_CLIENT_HELLO, startBrowser } from './support/people.mjs';
import { startServer } from './support/server.mjs';

for (const [size, flags] of [['fragmented', []], ['unfragmented', [SMALL_CLIENT_HELLO]]]) {
  describe(`a Chromium with a ${size} ClientHello`, { timeout: 90_000 }, () => {
    let server;
    let browser;

    before(async () => {
      server = await startServer();
      browser = await startBrowser(0x5a, flags);
    });

    after(async () => {
      await finish([], [browser], server);
    });

    for (const [setup, role] of [['active', 'client'], ['passive', 'server'], ['actpass', null]]) {
      it(`sends and receives when it offers a=setup:${setup}`, async (t) => {
        const init = [`probe.changeOffer = (sdp) => sdp.replaceAll('a=setup:actpass', 'a=setup:${setup}');`];
        const people = await Promise.all(['Gil', 'Hal'].map((name) => Person.open(browser, { name, init })));
        try {
          const [gil, hal] = people;
          await Promise.all(people.map((person) => person.come(server.url, `${size}-${setup}`)));
          await Promise.all([gil.sees(hal), hal.sees(gil)]);
          await Promise.all(people.map(async (person) => grows(person, 'energy', await person.received(), 1)));
          const { transport } = await gil.page.evaluate(() => weir.statistics());
          assert.equal(transport.dtlsState, 'connected');
          if (role !== null) assert.equal(transport.dtlsRole, role);
          else t.diagnostic(`actpass, ${size}: Chromium is DTLS ${transport.dtlsRole}`);
        } finally {
          await finish(people, [], null);
        }
      });
    }
  });
}
