// SPDX-License-Identifier: Apache-2.0
// A worker for encoded transforms: AES-GCM over each frame, as an application that encrypts end to end does it.
//
//   VP8, VP9:  plain head | ciphertext | tag (16) | nonce (12)     the head is what Chromium's own depacketizer reads
//   AV1:       each OBU by itself: header | size | ciphertext | tag | nonce, because its RTP format carries OBUs, not frames
//
// A frame that does not open is dropped, as a receiver without the key must.
const NONCE = 12;
const TAG = 16;
const TEMPORAL_DELIMITER = 2;

/** Octets that stay plain: VP8's frame header (RFC 6386 section 9.1), nothing of VP9. */
const plainHead = (codec, type) => (codec === 'VP8' ? (type === 'key' ? 10 : 3) : 0);

const concat = (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
  return whole;
};

const seal = async (key, head, body) => {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: head }, key, body);
  return concat(new Uint8Array(sealed), iv);
};

const open = async (key, head, body) => {
  if (body.length < TAG + NONCE) throw new Error('too short to be sealed');
  const iv = body.subarray(body.length - NONCE);
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: head }, key, body.subarray(0, body.length - NONCE));
  return new Uint8Array(plain);
};

const leb128 = (value) => {
  const octets = [];
  do {
    octets.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return Uint8Array.from(octets);
};

/** The OBUs of a temporal unit (AV1 specification section 5.3): `[header, payload]` each. */
function obusOf(data) {
  const obus = [];
  for (let at = 0; at < data.length;) {
    const header = data.subarray(at, at + ((data[at] & 4) !== 0 ? 2 : 1));
    at += header.length;
    let size = data.length - at;
    if ((header[0] & 2) !== 0) {
      size = 0;
      for (let shift = 0, more = true; more; shift += 7) {
        size += (data[at] & 0x7f) << shift;
        more = (data[at++] & 0x80) !== 0;
      }
    }
    obus.push([header, data.subarray(at, at + size)]);
    at += size;
  }
  return obus;
}

async function change(apply, codec, type, key, data) {
  if (codec !== 'AV1') {
    const head = data.subarray(0, plainHead(codec, type));
    return concat(head, await apply(key, head, data.subarray(head.length)));
  }
  const parts = [];
  for (const [header, payload] of obusOf(data)) {
    if (((header[0] >> 3) & 15) === TEMPORAL_DELIMITER) continue;
    const sized = Uint8Array.from(header);
    sized[0] |= 2;
    const changed = await apply(key, new Uint8Array(0), payload);
    parts.push(sized, leb128(changed.length), changed);
  }
  return concat(...parts);
}

self.onrtctransform = ({ transformer }) => {
  const { way, codec, key: secret } = transformer.options;
  const importing = crypto.subtle.importKey('raw', new TextEncoder().encode(secret), 'AES-GCM', false, ['encrypt', 'decrypt']);
  const transform = async (frame, controller) => {
    try {
      frame.data = (await change(way === 'seal' ? seal : open, codec, frame.type, await importing, new Uint8Array(frame.data))).buffer;
    } catch {
      return;
    }
    controller.enqueue(frame);
  };
  transformer.readable.pipeThrough(new TransformStream({ transform })).pipeTo(transformer.writable);
};
