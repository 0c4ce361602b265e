// SPDX-License-Identifier: Apache-2.0
// Ties the parts together: lobby -> session -> meeting -> lobby.
import { Chat } from './chat.mjs';
import { $ } from './dom.mjs';
import { chosenCodec } from './encodings.mjs';
import { Gallery } from './gallery.mjs';
import { Lobby } from './lobby.mjs';
import { LocalMedia } from './local-media.mjs';
import { Meeting } from './meeting.mjs';
import { Pickers } from './pickers.mjs';
import { Session } from './session.mjs';
import { Signalling } from './signalling.mjs';
import { Sound } from './sound.mjs';
import { Statistics } from './stats.mjs';
import { StatsPanel } from './stats-panel.mjs';

const ENDED = {
  replaced: 'This meeting goes on in another tab or window.',
  'room-closed': 'The room was closed.',
  shutdown: 'The server has stopped.',
};

// Joining shows the room in the address: what else stands there is read before.
const codec = chosenCodec(location.search);
const local = new LocalMedia();
const sound = new Sound();
const lobby = new Lobby(local);
const meeting = new Meeting(local);
const chat = new Chat({ log: $('chat-log'), list: $('chat-list'), form: $('chat-form'), input: $('chat-input'), error: $('chat-error') });
const statsPanel = new StatsPanel({ summary: $('stats-summary'), tables: $('stats-tables'), copy: $('stats-copy') });
const gallery = new Gallery({
  list: $('gallery'),
  pager: { node: $('pager'), previous: $('page-previous'), next: $('page-next'), text: $('page-text') },
}, local);
for (const place of ['lobby', 'devices']) {
  new Pickers({ microphone: $(`${place}-microphones`), camera: $(`${place}-cameras`), speaker: $(`${place}-speakers`) }, local, sound);
}

let current = null;
let statistics = null;

lobby.on('join', async (credentials) => {
  const url = new URL('ws', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.hash = '';
  const signalling = new Signalling(url);
  const session = new Session(signalling, local, { codec });
  session.on('peer', (peer) => connectPeer(session, peer));
  gallery.attach(session);
  chat.attach(session);
  try {
    await session.join(credentials);
  } catch (error) {
    gallery.detach();
    lobby.fail(error);
    return;
  }
  current = { session, signalling };
  session.on('ended', ({ reason, error }) => end(ENDED[reason] ?? 'The meeting has ended.', error));
  lobby.close();
  meeting.open(session);
  gallery.update();
});

function connectPeer(session, peer) {
  const describe = (mid) => session.describe(mid);
  const roomToReceive = () => session.people.get(session.self)?.quality?.available ?? null;
  statistics = new Statistics(peer.connection, describe, roomToReceive);
  statsPanel.attach(new Statistics(peer.connection, describe, roomToReceive));
  sound.play(peer.receiving.audio.map((line) => line.receiver.track));
}

function end(message, error = null) {
  if (current === null) return;
  current = null;
  statistics = null;
  sound.stop();
  gallery.detach();
  meeting.close();
  local.closeAll();
  lobby.open(message);
  if (error !== null) lobby.fail(error);
}

meeting.on('leave', async () => {
  const leaving = current?.session.leave();
  end('You have left the meeting.');
  await leaving;
});
meeting.on('retry', () => current?.signalling.rejoin());
meeting.on('page', (step) => gallery.turn(step));
meeting.on('panel', ({ name, open }) => {
  if (name === 'chat') chat.setOpen(open);
  else statsPanel.setOpen(open);
});
chat.on('unread', (count) => meeting.setUnread(count));
sound.on('blocked', (blocked) => { $('sound-blocked').hidden = !blocked; });
$('sound-button').onclick = () => sound.unblock();

window.addEventListener('online', () => current?.signalling.retryNow());
document.addEventListener('visibilitychange', () => { if (!document.hidden) current?.signalling.retryNow(); });
// Closing the tab: others need not wait for the grace time to see us go.
window.addEventListener('pagehide', () => { current?.session.leave(); });

/** For people at the browser's console: `await weir.statistics()`. */
window.weir = { statistics: async () => (statistics === null ? null : statistics.collect()) };

lobby.open();
local.begin();
