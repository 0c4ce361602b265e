// SPDX-License-Identifier: Apache-2.0
// The gallery: which tiles are seen, in which order, and where. It asks the session for the pictures of what is seen, no more. Where
// there are more people than tiles, the server's lines that follow the most recent speakers fill the first page.
import { paginate, seat, updateOrder } from './assignment.mjs';
import { announce, setText } from './dom.mjs';
import { capacity, placeGrid, placeStage, split } from './layout.mjs';
import { explainLayer } from './reasons.mjs';
import { Tile } from './tile.mjs';
import { HIDDEN, wantOf } from './wants.mjs';

/** Small enough for a person to grasp at once, also where the server gives more lines. */
const MAX_TILES = 25;

export class Gallery {
  #root;
  #pager;
  #session = null;
  #local;
  #tiles = new Map();
  #order = [];
  #pinned = new Set();
  #page = 0;
  #pages = 1;
  #pictures = [];
  #strip;
  #scheduled = false;

  /** @param {{list: HTMLElement, pager: {node: HTMLElement, previous: HTMLElement, next: HTMLElement, text: HTMLElement}}} nodes */
  constructor({ list, pager }, local) {
    this.#root = list;
    this.#pager = pager;
    this.#local = local;
    new ResizeObserver(() => this.update()).observe(list);
    pager.previous.onclick = () => this.turn(-1);
    pager.next.onclick = () => this.turn(1);
    local.on('change', () => this.update());
    document.addEventListener('visibilitychange', () => this.update());
  }

  attach(session) {
    this.#session = session;
    for (const type of ['roster', 'lines', 'quality', 'peer', 'speaker']) session.on(type, () => this.update());
  }

  detach() {
    this.#session = null;
    for (const tile of this.#tiles.values()) tile.remove();
    this.#tiles.clear();
    this.#pinned.clear();
    this.#order = [];
    this.#pictures = [];
    this.#strip = undefined;
  }

  turn(step) {
    const before = this.#page;
    this.#page = Math.min(this.#pages - 1, Math.max(0, this.#page + step));
    if (this.#page !== before) announce(`Page ${this.#page + 1} of ${this.#pages} of the gallery`);
    this.update();
  }

  /** Many things change in one turn of the event loop; the tiles are laid out once after them. */
  update() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#session !== null && this.#session.self !== null) this.#render();
    });
  }

  #render() {
    const { width, height } = this.#root.getBoundingClientRect();
    if (width < 40 || height < 40) return this.#askFor(false);
    const { featured, others, follow } = this.#choose(width, height);
    const shown = [...featured, ...others];
    const boxes = featured.length > 0
      ? placeStage(featured.length, others.length, width, height)
      : placeGrid(others.length, width, height);
    const pictures = (keys, from) => keys.map((key, index) => ({ track: this.#trackOf(key), want: this.#wantOf(key, boxes[from + index], from === 0) }))
      .filter(({ track }) => track !== null);
    const seen = pictures(others, featured.length);
    this.#pictures = featured.length > 0 ? pictures(featured, 0) : [];
    this.#strip = follow > 0 ? this.#stripOf(follow, seen, boxes.at(-1)) : undefined;
    if (follow === 0) this.#pictures.push(...seen);
    this.#askFor(!document.hidden);
    this.#reconcile(shown);
    shown.forEach((key, index) => {
      const tile = this.#tiles.get(key);
      tile.update(this.#view(key));
      tile.place(boxes[index]);
      tile.node.classList.toggle('featured', index < featured.length);
    });
    return undefined;
  }

  /** Lines that follow the speakers: whom they show beside `seen` (who is pinned, say) has a tile elsewhere or none. */
  #stripOf(lines, seen, box) {
    const wants = new Map(this.#session.recent().map(({ track }) => [track, HIDDEN]));
    for (const { track, want } of seen) wants.set(track, want);
    return { lines, wants, want: wantOf(box, { ratio: globalThis.devicePixelRatio, pinned: false, featured: false, speaking: true }) };
  }

  /** A tab behind others, or a gallery that a panel covers, keeps its lines and asks for no pictures on them. */
  #askFor(visible) {
    const unseen = (want) => ({ ...want, visible: false });
    const strip = this.#strip;
    if (visible) return this.#session.show(this.#pictures, strip);
    return this.#session.show(this.#pictures.map(({ track, want }) => ({ track, want: unseen(want) })), strip && {
      lines: strip.lines, want: unseen(strip.want), wants: new Map([...strip.wants].map(([track, want]) => [track, unseen(want)])),
    });
  }

  #wantOf(key, box, featured) {
    const { person, screen } = this.#find(key);
    return wantOf(box, {
      ratio: globalThis.devicePixelRatio, pinned: this.#pinned.has(key), featured, speaking: !screen && this.#session.speaker === person.id,
    });
  }

  /** Shared screens and pinned people take the stage; of the others as many as there is room and lines for. */
  #choose(width, height) {
    const { self, receive } = this.#session;
    const keys = this.#keys();
    for (const key of this.#pinned) if (!keys.has(key)) this.#pinned.delete(key);
    const pinned = [...this.#pinned];
    const screens = [...keys].filter((key) => key.startsWith('screen:'));
    const lines = Math.max(1, receive.video || 1);
    const featured = (pinned.length > 0 ? pinned : screens).slice(0, Math.min(4, lines));

    const rest = [...keys].filter((key) => !featured.includes(key) && key !== `person:${self}`);
    this.#order = updateOrder(this.#order, rest);
    const own = featured.includes(`person:${self}`) ? 0 : 1;
    const fits = featured.length > 0 ? split(featured.length, width, height).fits : capacity(width, height, MAX_TILES);
    const size = Math.max(1, Math.min(fits - own, lines - featured.length));
    const recent = this.#session.recent().map(({ participant }) => `person:${participant}`);
    if (this.#page === 0 && recent.length > 0) this.#order = seat(this.#order, recent, size);
    const { page, pages, ids } = paginate(this.#order, this.#page, size);
    this.#showPager(page, pages);
    // Who is pinned may be among the most recent speakers, too: that takes no tile from the others.
    const follow = page === 0 && pages > 1 ? Math.min(size + featured.length, lines - featured.length) : 0;
    // Oneself comes last, where one does not push others away.
    return { featured, others: own === 1 ? [...ids, `person:${self}`] : ids, follow };
  }

  #keys() {
    const keys = new Set();
    for (const person of this.#session.people.values()) {
      for (const track of person.tracks.values()) {
        if (track.source === 'screen' && !track.muted && person.id !== this.#session.self && !this.#session.excluded.has(person.id)) keys.add(`screen:${person.id}`);
      }
    }
    for (const id of this.#session.people.keys()) keys.add(`person:${id}`);
    return keys;
  }

  #showPager(page, pages) {
    this.#page = page;
    this.#pages = pages;
    this.#pager.node.hidden = pages === 1;
    this.#pager.previous.disabled = page === 0;
    this.#pager.next.disabled = page === pages - 1;
    setText(this.#pager.text, `${page + 1} / ${pages}`);
  }

  #find(key) {
    const [kind, ...id] = key.split(':');
    const person = this.#session.people.get(id.join(':'));
    const of = (source) => [...person.tracks.values()].find((track) => track.source === source) ?? null;
    return { person, screen: kind === 'screen', video: of(kind === 'screen' ? 'screen' : 'camera'), audio: of('microphone') };
  }

  /** The id of the track that a tile needs from the server, or null: our own picture and closed cameras need none. */
  #trackOf(key) {
    const { person, video } = this.#find(key);
    const { self, excluded } = this.#session;
    return person.id === self || excluded.has(person.id) || video === null || video.muted ? null : video.id;
  }

  #view(key) {
    const { person, screen, video, audio } = this.#find(key);
    const self = person.id === this.#session.self;
    const view = {
      participant: person.id, name: person.name, self, screen, connected: self || person.connected, seen: person.seen,
      pinned: this.#pinned.has(key), quality: screen || !person.seen ? null : person.quality,
      speaking: !screen && this.#session.speaker === person.id,
      muted: !screen && (self ? this.#local.muted('microphone') : audio === null || audio.muted),
      excluded: this.#session.excluded.has(person.id), off: !self && (video === null || video.muted),
      track: null, playing: false, waiting: false, reason: null,
    };
    if (self) {
      view.track = this.#local.track('camera');
      view.playing = view.track !== null;
    } else if (video !== null && !video.muted && !view.excluded) {
      const line = this.#session.lineOf(video.id);
      view.track = line?.transceiver.receiver.track ?? null;
      view.playing = line?.playing ?? false;
      view.waiting = line !== null && !view.playing;
      view.reason = line === null ? null : explainLayer(line.reason, person.name);
    }
    return view;
  }

  #reconcile(keys) {
    for (const [key, tile] of this.#tiles) {
      if (keys.includes(key)) continue;
      tile.remove();
      this.#tiles.delete(key);
    }
    keys.forEach((key, index) => {
      if (!this.#tiles.has(key)) this.#tiles.set(key, new Tile(key, { onPin: () => this.#togglePin(key), onExclude: () => this.#toggleExcluded(key), onChange: () => this.update() }));
      const { node } = this.#tiles.get(key);
      // Moving a node interrupts its video and takes its focus: only when the order is really another.
      if (this.#root.children[index] !== node) this.#root.insertBefore(node, this.#root.children[index] ?? null);
    });
  }

  #toggleExcluded(key) {
    const { person } = this.#find(key);
    const exclude = !this.#session.excluded.has(person.id);
    this.#session.exclude(person.id, exclude);
    announce(exclude ? `You neither hear nor see ${person.name}` : `You hear and see ${person.name} again`);
  }

  #togglePin(key) {
    const pin = !this.#pinned.delete(key);
    if (pin) this.#pinned.add(key);
    announce(pin ? 'Pinned' : 'Unpinned');
    this.update();
  }
}
