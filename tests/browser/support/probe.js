// SPDX-License-Identifier: Apache-2.0
// Runs in every tested page before the page's own code: lets a test see connections and sockets, and disturb them.
window.probe = (() => {
  const probe = { connections: [], sockets: [], blocked: false, changeOffer: null };

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      probe.connections.push(this);
    }
  };

  const NativeWebSocket = window.WebSocket;
  window.WebSocket = class extends NativeWebSocket {
    constructor(url) {
      // A path that the server does not know: what a page sees while the network is away. (Another port would break the page's
      // policy, which Firefox answers with an exception.)
      super(probe.blocked ? new URL('/away', url) : url);
      probe.sockets.push(this);
    }

    send(text) {
      const message = JSON.parse(text);
      if (message.type === 'offer' && probe.changeOffer !== null) message.sdp = probe.changeOffer(message.sdp);
      super.send(JSON.stringify(message));
    }
  };

  probe.connection = () => probe.connections.filter((each) => each.connectionState !== 'closed').at(-1);

  /** Let the page believe that its media path has failed. (An event that a page dispatches does not reach Firefox's handler.) */
  probe.failMedia = () => {
    const connection = probe.connection();
    Object.defineProperty(connection, 'connectionState', { configurable: true, get: () => 'failed' });
    connection.onconnectionstatechange();
    delete connection.connectionState;
  };

  /** Close the WebSocket under the page, and let no new one through until `restoreSignalling`. */
  probe.loseSignalling = () => {
    probe.blocked = true;
    for (const socket of probe.sockets) socket.close();
  };
  probe.restoreSignalling = () => { probe.blocked = false; };

  /** The number in the clock strip of what a <video> shows, or null when there is no readable strip. */
  probe.readStrip = (video) => {
    const { videoWidth: width, videoHeight: height } = video ?? {};
    if (!width || !height) return null;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0);
    const pixels = context.getImageData(0, 0, width, height).data;
    const bright = (x, y) => {
      const at = (Math.floor(y) * width + Math.floor(x)) * 4;
      return 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2] > 128 ? 1 : 0;
    };
    let value = 0;
    let complement = 0;
    for (let bit = 0; bit < 32; bit++) {
      const x = ((bit + 0.5) * width) / 32;
      value = value * 2 + bright(x, height - (1.5 * height) / 16);
      complement = complement * 2 + bright(x, height - (0.5 * height) / 16);
    }
    return value + complement === 0xffffffff ? value : null;
  };

  probe.tile = (name, kind = 'camera') => [...document.querySelectorAll(`.tile[data-kind=${kind}]`)]
    .find((tile) => tile.querySelector('.name').textContent.startsWith(name)) ?? null;

  /** The strip that somebody's tile shows, or null: also when the tile hides its picture. */
  probe.stripOf = (name, kind) => {
    const tile = probe.tile(name, kind);
    return tile?.classList.contains('playing') ? probe.readStrip(tile.querySelector('video')) : null;
  };

  /** Sums over what is received: frames decoded per video line, energy per audio line. */
  probe.received = async () => {
    const report = await probe.connection().getStats();
    const inbound = [...report.values()].filter((entry) => entry.type === 'inbound-rtp');
    const of = (kind, field) => Object.fromEntries(inbound.filter((entry) => entry.kind === kind).map((entry) => [entry.mid, entry[field] ?? 0]));
    return { frames: of('video', 'framesDecoded'), energy: of('audio', 'totalAudioEnergy'), packets: of('audio', 'packetsReceived') };
  };

  return probe;
})();
