// SPDX-License-Identifier: Apache-2.0
// A stay in a room: who is there, what we send, which receive line shows what. It keeps wishes (mute, subscriptions) apart from what
// the server has confirmed, so that after any loss the difference can be sent again. Knows nothing of the DOM.
import { assignLines } from './assignment.mjs';
import { Emitter } from './emitter.mjs';
import { Peer, SOURCES } from './peer.mjs';
import { followers, follows, NO_STRIP, subscription } from './strip.mjs';
import { sameWant, SettledWants } from './wants.mjs';

const MAX_LOSSES = 4;
const RETRY_MS = 1_000;
const KEPT_MESSAGES = 500;

/**
 * Events: `roster` (people or tracks changed), `person` ({kind: joined|left, name, reason}), `speaker`, `lines` (a receive line shows
 * something else), `peer` (a new Peer), `media` (state of the media path), `chat` (message), `history` (messages are others
 * now), `quality`, `refused` (an Error that people should
 * see), `connection` (state of signalling), `ended` ({reason, error}).
 */
export class Session extends Emitter {
  #signalling;
  #local;
  #codec;
  #detach;
  #wanted = [];
  #strip = NO_STRIP;
  #subscriptions = new Map();
  #confirmed = new Map();
  #lastLines = new Map();
  #wants = new SettledWants(() => this.#sync());
  #wantsSent = new Map();
  #demands = new Map();
  #mutesSent = new Map();
  #excludedSent = '';
  #ownTracks = new Map();
  #syncing = false;
  #losses = 0;
  #closed = false;
  peer = null;
  self = null;
  name = '';
  room = '';
  may = {};
  receive = { audio: 0, video: 0 };
  /** id -> {id, name, connected, bot, tracks: Map, quality, seen (connected at some time)} in the order of joining; ourselves among them. */
  people = new Map();
  /** Ids of those whom we want neither to hear nor to see. */
  excluded = new Set();
  speaker = null;
  messages = [];
  /** mid of a video line -> {track, participant, idle}: what it shows, as the server says. */
  lines = new Map();
  /** mid of a video line -> {layer, width, height, reason}: which layer it carries and why not a better one, as the server says. */
  layers = new Map();

  /** @param signalling a Signalling @param local a LocalMedia @param {{codec?: string}} options the codec of the video that we send */
  constructor(signalling, local, { codec = 'vp8' } = {}) {
    super();
    this.#signalling = signalling;
    this.#local = local;
    this.#codec = codec;
    signalling.on('state', (state) => this.emit('connection', state));
    signalling.on('joined', (joined) => this.#joined(joined));
    signalling.on('message', (message) => this.#message(message));
    signalling.on('ended', (end) => { this.emit('ended', end); this.#close(); });
    this.#detach = local.on('change', (source) => this.#localChanged(source));
  }

  /** Who has left hears no more of the room, also when the server still talks. */
  emit(type, detail) {
    if (!this.#closed) super.emit(type, detail);
  }

  async join(credentials) {
    this.name = credentials.name;
    try {
      await this.#signalling.join(credentials);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  async leave() {
    this.#close();
    await this.#signalling.leave();
  }

  /** From now on somebody is neither heard nor seen here, or is again. The others are not told. */
  exclude(id, yes) {
    if (yes) this.excluded.add(id);
    else this.excluded.delete(id);
    this.emit('roster');
    this.#sync();
  }

  /** By data channel where there is one, else by WebSocket. */
  sendChat(text) {
    const { peer } = this;
    if (peer?.chat?.open && peer.connection.connectionState === 'connected') return peer.chat.send(text);
    return this.#signalling.request('chat', { text });
  }

  /**
   * @param {{track: string, want: object}[]} pictures that should be seen, the most important first; `want` as wants.mjs makes it
   * @param {{lines: number, wants: Map<string, object>, want: object}} strip so many more lines follow the speakers (strip.mjs)
   */
  show(pictures, strip = NO_STRIP) {
    this.#wanted = pictures;
    this.#strip = strip;
    this.#assign();
  }

  /** The receive line that is to show `track`: {mid, transceiver, playing, reason}, or null. */
  lineOf(track) {
    for (const transceiver of this.peer?.receiving.video ?? []) {
      const { mid } = transceiver;
      if (mid === null || this.#trackOn(mid) !== track) continue;
      const source = this.lines.get(mid);
      const playing = source !== undefined && source.track === track && source.idle === null;
      return { mid, transceiver, playing, reason: this.layers.get(mid)?.reason ?? null };
    }
    return null;
  }

  /** Those whom the lines that follow the most recent speakers show: [{participant, track}]. */
  recent() {
    const mids = [...this.#subscriptions].filter(([, track]) => follows(track)).map(([mid]) => mid);
    return mids.map((mid) => this.lines.get(mid)).filter((line) => (line?.track ?? null) !== null);
  }

  /** Whom and what a line of the connection is about, for statistics. */
  describe(mid) {
    const own = this.peer?.sourceOf(mid) ?? null;
    if (own !== null) return { person: 'You', source: own };
    const line = this.lines.get(mid);
    const person = this.people.get(line?.participant);
    return {
      person: person?.name ?? '', source: person?.tracks.get(line.track)?.source ?? '', ...this.layers.get(mid),
    };
  }

  #joined(joined) {
    this.self = joined.self;
    this.room = joined.room;
    this.may = joined.may ?? {};
    this.receive = joined.receive;
    this.speaker = joined.speaker ?? null;
    const before = this.people;
    this.people = new Map(joined.participants.map((participant) => [participant.id, this.#person(participant, before)]));
    if (!this.people.has(this.self)) {
      const self = { id: this.self, name: this.name, connected: true, bot: false, tracks: [] };
      this.people.set(this.self, this.#person(self, before));
    }
    if (!joined.resumed) this.messages = [];
    for (const message of joined.history ?? []) this.#keepChat(message);
    this.emit('history');
    if (!joined.resumed || this.peer === null) this.#begin();
    else this.#resume();
    this.emit('roster');
    this.emit('speaker', this.speaker);
  }

  #person({ id, name, connected, bot, tracks }, before) {
    return {
      id, name, connected, bot,
      tracks: new Map(tracks.map((track) => [track.id, { ...track }])),
      quality: before?.get(id)?.quality ?? null,
      seen: connected || (before?.get(id)?.seen ?? false),
    };
  }

  /** A new session: a new connection, and everything that was confirmed is void. */
  #begin() {
    this.peer?.close();
    for (const map of [this.#subscriptions, this.#confirmed, this.#lastLines, this.#wants, this.#wantsSent, this.#mutesSent,
      this.#ownTracks, this.#demands, this.lines, this.layers]) map.clear();
    this.#excludedSent = '';
    const data = this.may.sendData !== false && this.may.receiveData !== false;
    const peer = new Peer((offer) => this.#signalling.request('offer', offer), this.receive, { data, codec: this.#codec });
    this.peer = peer;
    peer.chat?.on('message', (message) => this.#message(message));
    peer.on('answered', (answer) => this.#answered(answer));
    peer.on('state', (state) => {
      if (state === 'connected') this.#losses = 0;
      this.emit('media', state);
    });
    peer.on('lost', () => this.#mediaLost());
    peer.on('refused', (error) => this.#offerRefused(error));
    this.emit('peer', peer);
    this.#sendLocal(SOURCES);
  }

  /** The same session on another WebSocket. Replies may have been lost with the old one: say everything again. */
  #resume() {
    for (const map of [this.#confirmed, this.#wantsSent, this.#mutesSent, this.layers]) map.clear();
    this.#excludedSent = null;
    const state = this.peer.connection.connectionState;
    if (state === 'failed' || state === 'disconnected') this.peer.restartIce();
    else if (this.peer.owesOffer) this.peer.negotiate();
    this.#assign();
    this.#sync();
  }

  async #sendLocal(sources) {
    const { peer } = this;
    for (const source of sources) {
      const allowed = source === 'microphone' ? this.may.sendAudio : this.may.sendVideo;
      await peer.setTrack(source, allowed === false ? null : this.#local.track(source));
    }
    if (peer.owesOffer || peer.connection.remoteDescription === null) await peer.negotiate();
    this.#sync();
  }

  #localChanged(source) {
    if (this.peer !== null) this.#sendLocal([source]).catch((error) => this.emit('refused', error));
  }

  #answered(answer) {
    this.#ownTracks.clear();
    for (const { mid, track } of answer.tracks ?? []) {
      const source = this.peer.sourceOf(mid);
      if (source !== null) this.#ownTracks.set(source, track);
    }
    // A demand was about a track, and ends with it; also when the next track takes over its line.
    const own = new Set(this.#ownTracks.values());
    for (const track of this.#demands.keys()) if (!own.has(track)) this.#demands.delete(track);
    for (const source of SOURCES) this.peer.setDemand(source, this.#demands.get(this.#ownTracks.get(source)) ?? null);
    this.#mutesSent.clear();
    this.#assign();
    this.#sync();
  }

  #offerRefused(error) {
    if (error.code === 'lost') return;  // offered again after the resume
    if (error.code === 'rate' || error.code === 'timeout') setTimeout(() => this.peer?.negotiate(), RETRY_MS);
    else this.emit('refused', error);
  }

  #mediaLost() {
    if (this.#signalling.state !== 'open') return;  // the network as a whole is away: the resume restarts ICE
    if (++this.#losses > MAX_LOSSES) this.emit('media', 'given-up');
    else this.#signalling.rejoin();
  }

  /** What a line is to show; of one that follows the speakers the server says it. */
  #trackOn(mid) {
    const track = this.#subscriptions.get(mid) ?? null;
    return follows(track) ? this.lines.get(mid)?.track ?? null : track;
  }

  #assign() {
    const mids = (this.peer?.receiving.video ?? []).map((line) => line.mid).filter((mid) => mid !== null);
    if (this.peer?.connection.remoteDescription == null) return;
    const before = this.#subscriptions;
    this.#subscriptions = assignLines(mids, [...this.#wanted.map(({ track }) => track), ...followers(this.#strip)], before, this.#lastLines);
    const wants = new Map(this.#wanted.map(({ track, want }) => [track, want]));
    const shown = [...this.#subscriptions].filter(([, track]) => track !== null);
    for (const [mid, track] of shown) this.#lastLines.set(mid, track);
    const wantOn = (mid, track) => (follows(track) ? this.#strip.wants.get(this.#trackOn(mid)) ?? this.#strip.want : wants.get(track));
    this.#wants.update(new Map(shown.map(([mid, track]) => [mid, wantOn(mid, track)])));
    if (mids.every((mid) => before.get(mid) === this.#subscriptions.get(mid))) return;
    this.emit('lines');
    this.#sync();
  }

  /** Send what differs between our wishes and what the server confirmed; one request at a time. */
  async #sync() {
    if (this.#syncing) return;
    this.#syncing = true;
    try {
      for (let next = this.#difference(); next !== null; next = this.#difference()) {
        const { type, fields, done } = next;
        await this.#signalling.request(type, fields).catch((error) => {
          // A track that has just gone: `track-removed` is on its way and will change the wish.
          if (error.code !== 'not_found' && error.code !== 'not_allowed') throw error;
        });
        done();
      }
    } catch (error) {
      if (error.code === 'rate' || error.code === 'timeout') setTimeout(() => this.#sync(), RETRY_MS);
      else if (error.code !== 'lost') this.emit('refused', error);
    } finally {
      this.#syncing = false;
    }
  }

  #difference() {
    for (const [source, track] of this.#ownTracks) {
      const muted = this.#local.muted(source);
      if (this.#mutesSent.get(track) === muted) continue;
      return { type: 'mute', fields: { track, muted }, done: () => this.#mutesSent.set(track, muted) };
    }
    const excluded = [...this.excluded].filter((id) => this.people.has(id)).sort();
    if (excluded.join() !== this.#excludedSent) {
      return { type: 'exclude', fields: { participants: excluded }, done: () => { this.#excludedSent = excluded.join(); } };
    }
    // Before what they are about, so that a picture begins at its size.
    for (const [mid, track] of this.#subscriptions) {
      const want = this.#wants.get(mid);
      if (track === null || want === undefined || sameWant(this.#wantsSent.get(mid), want)) continue;
      return { type: 'wants', fields: { mid, ...want }, done: () => this.#wantsSent.set(mid, want) };
    }
    for (const [mid, track] of this.#subscriptions) {
      if ((this.#confirmed.get(mid) ?? null) === track && this.#confirmed.has(mid)) continue;
      if (track === null && !this.#confirmed.has(mid)) continue;  // lines begin with nothing
      return { type: 'subscribe', fields: subscription(mid, track), done: () => this.#confirmed.set(mid, track) };
    }
    return null;
  }

  #message(message) {
    const handler = this.#handlers[message.type];
    if (handler !== undefined) handler(message);
  }

  #handlers = {
    'participant-joined': ({ participant }) => {
      this.people.set(participant.id, this.#person(participant, this.people));
      if (participant.id !== this.self) this.emit('person', { kind: 'joined', name: participant.name });
      this.#peopleChanged();
    },
    'participant-left': ({ participant, reason }) => {
      const person = this.people.get(participant);
      this.people.delete(participant);
      if (this.excluded.delete(participant)) this.#sync();
      if (person !== undefined) this.emit('person', { kind: 'left', name: person.name, reason });
      this.#peopleChanged();
    },
    'participant-connection': ({ participant, connected }) => this.#change(participant, (person) => {
      // A mark from before tells of no connection, or of another one.
      if (connected !== person.connected) person.quality = null;
      person.connected = connected;
      person.seen ||= connected;
    }),
    'track-added': ({ participant, track }) => this.#change(participant, (person) => person.tracks.set(track.id, { ...track })),
    'track-removed': ({ participant, track }) => this.#change(participant, (person) => person.tracks.delete(track)),
    'track-muted': ({ participant, track, muted }) => this.#change(participant, (person) => {
      if (person.tracks.has(track)) person.tracks.get(track).muted = muted;
    }),
    source: ({ mid, track, participant, idle }) => {
      this.lines.set(mid, { track, participant, idle });
      this.emit('lines');
    },
    layer: ({ mid, layer, width, height, reason }) => {
      this.layers.set(mid, { layer, width, height, reason });
      this.emit('lines');
    },
    demand: ({ track, encodings }) => {
      this.#demands.set(track, encodings);
      const source = SOURCES.find((each) => this.#ownTracks.get(each) === track);
      if (source !== undefined) this.peer?.setDemand(source, encodings);
    },
    speaker: ({ participant }) => {
      this.speaker = participant;
      this.emit('speaker', participant);
    },
    chat: (message) => {
      if (!this.#keepChat(message)) return;
      // A line that another way has overtaken goes to its place.
      if (message === this.messages.at(-1)) this.emit('chat', message);
      else this.emit('history');
    },
    quality: ({ participants }) => {
      for (const [id, quality] of Object.entries(participants)) {
        if (this.people.has(id)) this.people.get(id).quality = quality;
      }
      this.emit('quality');
    },
    error: ({ code, message }) => this.emit('refused', Object.assign(new Error(message), { code })),
  };

  #peopleChanged() {
    this.emit('roster');
  }

  #change(participant, act) {
    const person = this.people.get(participant);
    if (person === undefined) return;
    act(person);
    this.emit('roster');
  }

  /** @returns {boolean} whether the message is new: lines come again after a resume, and when a data channel ends */
  #keepChat(message) {
    const after = this.messages.findIndex(({ number }) => number >= message.number);
    if (after !== -1 && this.messages[after].number === message.number) return false;
    this.messages.splice(after === -1 ? this.messages.length : after, 0, message);
    if (this.messages.length > KEPT_MESSAGES) this.messages.shift();
    return true;
  }

  #close() {
    this.#closed = true;
    this.#detach();
    this.#wants.clear();
    this.peer?.close();
    this.peer = null;
  }
}
