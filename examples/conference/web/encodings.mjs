// SPDX-License-Identifier: Apache-2.0
// How a source is encoded: which simulcast encodings or scalable layers, how large each, at which rate, and in which codec.
// Pure functions, tested by tests/browser/unit/encodings.test.mjs.

export const CODECS = ['vp8', 'vp9', 'av1', 'h264'];

/** From the lowest to the highest, as browsers want them. The server counts encodings in this order. */
const CAMERA_RIDS = ['l', 'm', 'h'];
const SCREEN_RIDS = ['l', 'h'];
const SCALABLE = { vp9: ['L3T3_KEY', 'L1T3'], av1: ['L3T3', 'L1T3'] };
/** A scalable stream for its largest picture, against a plain one. */
const SCALABLE_SURPLUS = 1.3;
const SCREEN_MAX_BITRATE = 2_500_000;
/** A page of letters has to stay readable: fewer pictures a second before fewer pixels. */
const SCREEN = [
  { scaleResolutionDownBy: 2, maxBitrate: 400_000, maxFramerate: 5 },
  { scaleResolutionDownBy: 1, maxBitrate: SCREEN_MAX_BITRATE, maxFramerate: 15 },
];
/** Bit/s that a camera is worth at a height (of its shorter side), about what libwebrtc gives each layer of simulcast. */
const CAMERA_BITRATES = [[1080, 3_500_000], [720, 2_000_000], [540, 1_200_000], [360, 600_000], [270, 400_000], [180, 200_000], [0, 120_000]];
/** So many encodings make sense from this height on: each is half as high as the next, and the lowest still shows a face. */
const CAMERA_COUNTS = [[540, 3], [300, 2], [0, 1]];

const from = (table, height) => table.find(([least]) => height >= least)[1];

/**
 * The `sendEncodings` of a new line, whatever its track will be: candidates, the most wished first. A browser that does not know a
 * scalability mode refuses it, then the next one is tried.
 * @param {'camera'|'screen'} source @param {string} codec one of CODECS
 * @returns {object[][]}
 */
export function sendEncodings(source, codec) {
  const scalable = SCALABLE[codec];
  if (scalable !== undefined) {
    // One encoding. With more, and without scalability modes, Chromium would make one stream of these codecs all the same.
    const modes = source === 'screen' ? ['L1T3'] : scalable;
    const maxBitrate = source === 'screen' ? SCREEN_MAX_BITRATE : from(CAMERA_BITRATES, 720) * SCALABLE_SURPLUS;
    return [...modes.map((scalabilityMode) => [{ scalabilityMode, maxBitrate }]), [{ maxBitrate }]];
  }
  const plain = source === 'screen'
    ? SCREEN_RIDS.map((rid, index) => ({ rid, ...SCREEN[index] }))
    : CAMERA_RIDS.map((rid, index) => ({ rid, scaleResolutionDownBy: 2 ** (CAMERA_RIDS.length - 1 - index) }));
  return [plain.map((encoding) => ({ ...encoding, scalabilityMode: 'L1T3' })), plain];
}

/** The spatial layers of a mode such as `L3T3_KEY`; 1 without. */
function spatialLayers(mode) {
  return Number(/^L(\d)T\d/.exec(mode ?? '')?.[1] ?? 1);
}

/**
 * A scalable stream without its highest `spare` spatial layers. Of fewer layers the highest is as large as the track, so the
 * track is made smaller to match: what stays keeps its size.
 */
function withoutSpare(mode, spare) {
  const spatial = spatialLayers(mode) - spare;
  const rest = mode.slice(2).replace(spatial === 1 ? '_KEY' : '', '');
  return { scalabilityMode: `L${spatial}${rest}`, scaleResolutionDownBy: 2 ** spare };
}

/**
 * What each encoding of a line should be now. A small camera has fewer; those that are left out are the last ones.
 * @param {'camera'|'screen'} source @param {{width?: number, height?: number}} size of the track, as its settings say
 * @param {number[]|null} demand how many spatial layers of each encoding anybody wants; null: nobody has said
 * @param {number} count how many encodings the line has
 * @param {string|null} mode the scalability mode that the line began with
 * @returns {object[]} parts of RTCRtpEncodingParameters
 */
export function shapeEncodings(source, size, demand, count, mode = null) {
  const wanted = (index) => demand === null || (demand[index] ?? 0) > 0;
  // A telephone held upright films 720x1280.
  const height = Math.min(size.width ?? Infinity, size.height ?? Infinity);
  const known = Number.isFinite(height) ? height : 720;
  if (count === 1 && spatialLayers(mode) > 1) {
    const layers = spatialLayers(mode);
    const spare = wanted(0) ? layers - Math.min(layers, demand?.[0] ?? layers) : 0;
    const shape = withoutSpare(mode, spare);
    const maxBitrate = Math.round(from(CAMERA_BITRATES, known / shape.scaleResolutionDownBy) * SCALABLE_SURPLUS);
    return [{ active: wanted(0), ...shape, maxBitrate }];
  }
  if (source === 'screen' || count === 1) {
    return Array.from({ length: count }, (_, index) => ({ active: wanted(index) }));
  }
  const used = Math.min(count, from(CAMERA_COUNTS, known));
  return Array.from({ length: count }, (_, index) => {
    const scaleResolutionDownBy = index < used ? 2 ** (used - 1 - index) : 1;
    const maxBitrate = from(CAMERA_BITRATES, known / scaleResolutionDownBy);
    return { active: index < used && wanted(index), scaleResolutionDownBy, maxBitrate };
  });
}

/** Whether `parameters.encodings` says anything else than `wished`; if so it is changed to it. */
export function changeEncodings(encodings, wished) {
  let changed = false;
  wished.slice(0, encodings.length).forEach((wish, index) => {
    for (const [name, value] of Object.entries(wish)) {
      if (encodings[index][name] === value) continue;
      encodings[index][name] = value;
      changed = true;
    }
  });
  return changed;
}

/**
 * The codecs of a browser with `name` first. The others stay, in their order: who cannot decode the first still finds one.
 * @param {{mimeType: string}[]} codecs as RTCRtpSender.getCapabilities lists them @param {string} name such as `vp8` or `red`
 */
export function preferCodec(codecs, name) {
  const is = ({ mimeType }) => mimeType.split('/')[1].toLowerCase() === name;
  return [...codecs.filter(is), ...codecs.filter((codec) => !is(codec))];
}

/** The codec that a page's address asks for, or VP8: every browser has it, and its encoders make simulcast. */
export function chosenCodec(search) {
  const asked = new URLSearchParams(search).get('codec')?.toLowerCase() ?? '';
  return CODECS.includes(asked) ? asked : 'vp8';
}
