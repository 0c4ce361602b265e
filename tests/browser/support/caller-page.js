// SPDX-License-Identifier: Apache-2.0
// Runs in an empty page of the server's origin: a participant of docs/signalling.md with plain WebRTC calls and nothing of the
// example's page, so that a test decides what is sent and sees exactly what arrives.
window.caller = (() => {
  const caller = { connection: new RTCPeerConnection(), tracks: new Map(), shown: new Map(), layers: new Map(), quality: {}, speaker: null };
  const waiting = new Map();
  const sources = new Map();  // what each send line carries, by transceiver
  let socket = null;
  let requests = 0;

  const learn = (participant, track) => caller.tracks.set(track.id, { ...track, participant });

  const take = (message) => {
    if (message.id !== undefined && message.id !== null && waiting.has(message.id)) {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === 'error') reject(new Error(`${message.code}: ${message.message}`));
      else resolve(message);
    } else if (message.type === 'track-added') {
      learn(message.participant, message.track);
    } else if (message.type === 'participant-joined') {
      for (const track of message.participant.tracks) learn(message.participant.id, track);
    } else if (message.type === 'track-removed') {
      caller.tracks.delete(message.track);
    } else if (message.type === 'source') {
      caller.shown.set(message.mid, message);
    } else if (message.type === 'layer') {
      caller.layers.set(message.mid, message);
    } else if (message.type === 'quality') {
      caller.quality = message.participants;
    } else if (message.type === 'speaker') {
      caller.speaker = message.participant;
    }
  };

  caller.request = (type, fields = {}) => new Promise((resolve, reject) => {
    const id = ++requests;
    waiting.set(id, { resolve, reject });
    socket.send(JSON.stringify({ type, id, ...fields }));
  });

  caller.join = async ({ room, name }) => {
    socket = new WebSocket(new URL('/ws', location.href.replace(/^http/, 'ws')));
    socket.onmessage = ({ data }) => take(JSON.parse(data));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error('no WebSocket'));
    });
    const joined = await caller.request('join', { room, name });
    caller.self = joined.self;
    for (const participant of joined.participants) {
      for (const track of participant.tracks) learn(participant.id, track);
    }
  };

  /** A picture that costs bits: noise that jumps about, in one hue so that colour tells whose it is. */
  caller.camera = ({ width = 1280, height = 720, rate = 15, hue = 0 } = {}) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    const noise = new OffscreenCanvas(width, height);
    const grain = noise.getContext('2d');
    const step = Math.ceil(width / 30);
    for (let y = 0; y < height; y += step) {
      for (let x = 0; x < width; x += step) {
        grain.fillStyle = `hsl(${hue} 100% ${35 + Math.random() * 30}%)`;
        grain.fillRect(x, y, step, step);
      }
    }
    let frame = 0;
    const paint = () => {
      const [x, y] = [(++frame * 7) % width, (frame * 3) % height];
      for (const [dx, dy] of [[0, 0], [-width, 0], [0, -height], [-width, -height]]) context.drawImage(noise, x + dx, y + dy);
    };
    paint();
    const [track] = canvas.captureStream(rate).getVideoTracks();
    setInterval(paint, 1000 / rate);
    return track;
  };

  /** A microphone without a sound, of which every sound that arrives is somebody else's. */
  caller.silence = () => {
    const context = new AudioContext();
    const silent = new GainNode(context, { gain: 0 });
    new ConstantSourceNode(context).connect(silent);
    const output = context.createMediaStreamDestination();
    silent.connect(output);
    return output.stream.getAudioTracks()[0];
  };

  const preferred = (kind, codec) => {
    const { codecs } = RTCRtpSender.getCapabilities(kind);
    const matches = ({ mimeType, sdpFmtpLine = '' }) => mimeType.toLowerCase() === `${kind}/${codec.toLowerCase()}`
      && !/profile-id=[1-9]|profile=[1-9]|packetization-mode=0/.test(sdpFmtpLine);
    return codecs.filter((each) => matches(each) || each.mimeType.toLowerCase() === `${kind}/rtx`);
  };

  /** Codecs that this Chromium can send, in lower case. */
  caller.canSend = (codec) => RTCRtpSender.getCapabilities('video').codecs
    .some(({ mimeType }) => mimeType.toLowerCase() === `video/${codec.toLowerCase()}`);

  const advertise = (transceiver, extensions) => {
    const offered = transceiver.getHeaderExtensionsToNegotiate();
    for (const each of offered) {
      if (extensions.some((name) => each.uri.includes(name))) each.direction = 'sendrecv';
    }
    transceiver.setHeaderExtensionsToNegotiate(offered);
  };

  /** Counts what a line receives by payload: statistics tell the decoder's codec, not what the codec came in. */
  const countFormats = (receiver) => {
    const script = `self.onrtctransform = ({ transformer: { readable, writable } }) => readable.pipeThrough(new TransformStream({
      transform(frame, controller) { self.postMessage(frame.getMetadata().mimeType); controller.enqueue(frame); },
    })).pipeTo(writable);`;
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    receiver.formats = {};
    worker.onmessage = ({ data }) => { receiver.formats[data] = (receiver.formats[data] ?? 0) + 1; };
    receiver.transform = new RTCRtpScriptTransform(worker);
  };

  /** An encoded transform of frame-cipher.js, as applications encrypt end to end. */
  const seal = (end, way, codec, key) => {
    const worker = new Worker(caller.cipher);
    end.transform = new RTCRtpScriptTransform(worker, { way, codec, key });
  };

  caller.sendVideo = ({ codec = 'VP8', encodings = [{}], picture = {}, extensions = [], source = 'camera', key = null } = {}) => {
    const transceiver = caller.connection.addTransceiver(caller.camera(picture), { direction: 'sendonly', sendEncodings: encodings });
    transceiver.setCodecPreferences(preferred('video', codec));
    advertise(transceiver, extensions);
    if (key !== null) seal(transceiver.sender, 'seal', codec, key);
    sources.set(transceiver, source);
    // A loaded machine may cost pictures, not their size: that is what the tests look at.
    const parameters = transceiver.sender.getParameters();
    return transceiver.sender.setParameters({ ...parameters, degradationPreference: 'maintain-resolution' });
  };

  /** @param {string[]|null} codecs names in the order of preference; null: as the browser likes */
  caller.sendAudio = async ({ silent = false, codecs = null } = {}) => {
    const track = silent ? caller.silence() : (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0];
    const transceiver = caller.connection.addTransceiver(track, { direction: 'sendonly' });
    if (codecs !== null) transceiver.setCodecPreferences(codecs.flatMap((codec) => preferred('audio', codec)));
    sources.set(transceiver, 'microphone');
  };

  /** Lines on which others' media comes. A <video> each, as large as it comes. */
  caller.receive = ({ audio = 0, video = 0, extensions = [], audioCodecs = null, codec = null, key = null } = {}) => {
    for (const [kind, count] of [['audio', audio], ['video', video]]) {
      for (let index = 0; index < count; index++) {
        const transceiver = caller.connection.addTransceiver(kind, { direction: 'recvonly' });
        if (kind === 'audio' && audioCodecs !== null) {
          transceiver.setCodecPreferences(audioCodecs.flatMap((name) => preferred('audio', name)));
        }
        if (kind === 'audio') {
          countFormats(transceiver.receiver);
          const element = Object.assign(new Audio(), { autoplay: true, srcObject: new MediaStream([transceiver.receiver.track]) });
          transceiver.receiver.element = element;
          continue;
        }
        advertise(transceiver, extensions);
        if (key !== null) seal(transceiver.receiver, 'open', codec, key);
        const element = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
        element.srcObject = new MediaStream([transceiver.receiver.track]);
        element.style.width = '240px';
        document.body.append(element);
        transceiver.receiver.element = element;
      }
    }
  };

  /** One offer for everything that was prepared. `link` maps the answer. @returns the answer */
  caller.negotiate = async (link) => {
    const { connection } = caller;
    await connection.setLocalDescription();
    const tracks = connection.getTransceivers().filter((each) => sources.has(each))
      .map((each) => ({ mid: each.mid, source: sources.get(each) }));
    const answer = await caller.request('offer', { sdp: connection.localDescription.sdp, tracks });
    await connection.setRemoteDescription({ type: 'answer', sdp: link ? await link(answer.sdp) : answer.sdp });
    return answer.sdp;
  };

  const lines = (kind) => caller.connection.getTransceivers()
    .filter(({ receiver, direction }) => direction === 'recvonly' && receiver.track.kind === kind);
  caller.line = (kind, index) => lines(kind)[index];

  /** Let line `index` of its kind carry somebody's track. */
  caller.show = async (index, { participant, source = 'camera' }) => {
    const [id] = [...caller.tracks].find(([, track]) => track.participant === participant && track.source === source) ?? [null];
    if (id === null) return false;
    const kind = source === 'microphone' ? 'audio' : 'video';
    await caller.request('subscribe', { mid: lines(kind)[index].mid, track: id });
    return true;
  };

  /** Tell which size of video line `index` is useful, and the like. */
  caller.want = (index, wants) => caller.request('wants', { mid: lines('video')[index].mid, ...wants });

  /** What video line `index` shows from now on: each picture, and the statistics every 100 ms. Times are those of Date. */
  caller.watch = (index) => {
    const { receiver } = lines('video')[index];
    const record = { pictures: [], samples: [] };
    const clock = () => performance.timeOrigin + performance.now();
    const onPicture = (_, { width, height, presentedFrames }) => {
      record.pictures.push({ at: clock(), width, height, presented: presentedFrames });
      receiver.element.requestVideoFrameCallback(onPicture);
    };
    receiver.element.requestVideoFrameCallback(onPicture);
    const sample = async () => {
      const report = await receiver.getStats();
      const inbound = [...report.values()].find(({ type }) => type === 'inbound-rtp');
      if (inbound === undefined) return;
      record.samples.push({
        at: clock(), codec: report.get(inbound.codecId)?.mimeType, frames: inbound.framesDecoded ?? 0, width: inbound.frameWidth ?? 0,
        height: inbound.frameHeight ?? 0, keyFrames: inbound.keyFramesDecoded ?? 0, freezes: inbound.freezeCount ?? 0,
        frozen: inbound.totalFreezesDuration ?? 0, bytes: inbound.bytesReceived, lost: inbound.packetsLost, nacks: inbound.nackCount ?? 0,
        plis: inbound.pliCount ?? 0, delay: inbound.jitterBufferDelay ?? 0, emitted: inbound.jitterBufferEmittedCount ?? 0,
      });
    };
    setInterval(sample, 100);
    receiver.record = record;
  };
  caller.record = (index) => lines('video')[index].receiver.record;

  /** Ask for somebody's camera and wait until the picture has his hue. @returns ms from asking to the first such picture */
  caller.switchTo = async (index, { participant, hue, within = 10_000 }) => {
    const { element } = lines('video')[index].receiver;
    const asked = performance.now();
    const seen = new Promise((resolve, reject) => {
      const look = () => {
        const apart = Math.abs(((caller.hue(index) - hue + 540) % 360) - 180);
        if (apart < 30) resolve(performance.now() - asked);
        else if (performance.now() - asked > within) reject(new Error(`hue ${caller.hue(index)} instead of ${hue} after ${within} ms`));
        else element.requestVideoFrameCallback(look);
      };
      element.requestVideoFrameCallback(look);
    });
    if (!(await caller.show(index, { participant }))) throw new Error(`no camera of ${participant}`);
    return seen;
  };

  /** Mean hue (0 to 360) of what video line `index` shows, or null before the first picture. */
  caller.hue = (index) => {
    const { element } = lines('video')[index].receiver;
    if (!element.videoWidth) return null;
    const context = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
    context.drawImage(element, 0, 0, 8, 8);
    const { data } = context.getImageData(0, 0, 8, 8);
    const [red, green, blue] = [0, 1, 2].map((channel) => data.reduce((sum, value, at) => (at % 4 === channel ? sum + value : sum), 0));
    const turn = Math.atan2(Math.sqrt(3) * (green - blue), 2 * red - green - blue) * (180 / Math.PI);
    return Math.round((turn + 360) % 360);
  };

  /** What is sent of each encoding now. */
  caller.sending = async () => (await caller.stats('outbound-rtp', 'video')).map((each) => ({
    rid: each.rid, mode: each.scalabilityMode, width: each.frameWidth ?? 0, frames: each.framesEncoded ?? 0, active: each.active,
    target: each.targetBitrate, limit: each.qualityLimitationReason,
  }));

  /** What audio line `index` has heard so far. */
  caller.heard = async (index) => {
    const { receiver, mid } = lines('audio')[index];
    const inbound = [...(await receiver.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
    return { packets: inbound?.packetsReceived ?? 0, energy: inbound?.totalAudioEnergy ?? 0, formats: receiver.formats,
      participant: caller.shown.get(mid)?.participant ?? null };
  };

  caller.stats = async (type, kind) => [...(await caller.connection.getStats()).values()]
    .filter((entry) => entry.type === type && (kind === undefined || entry.kind === kind));

  return caller;
})();
