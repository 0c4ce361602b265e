// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  changeEncodings, chosenCodec, CODECS, preferCodec, sendEncodings, shapeEncodings,
} from '../../../examples/conference/web/encodings.mjs';

const shape = (size, demand = null) => shapeEncodings('camera', size, demand, 3);
const active = (encodings) => encodings.map((each) => each.active);
const scales = (encodings) => encodings.map((each) => each.scaleResolutionDownBy);

describe('the encodings of a new line', () => {
  it('are a ladder of three for a camera, each half as high as the next', () => {
    for (const codec of ['vp8', 'h264']) {
      for (const encodings of sendEncodings('camera', codec)) {
        assert.deepEqual(encodings.map(({ rid }) => rid), ['l', 'm', 'h']);
        assert.deepEqual(scales(encodings), [4, 2, 1]);
      }
    }
  });

  it('are one scalable stream where the codec is made for it, and plain where the browser is not', () => {
    const modes = (source, codec) => sendEncodings(source, codec).map((encodings) => {
      assert.equal(encodings.length, 1);
      return encodings[0].scalabilityMode;
    });
    assert.deepEqual(modes('camera', 'vp9'), ['L3T3_KEY', 'L1T3', undefined]);
    assert.deepEqual(modes('camera', 'av1'), ['L3T3', 'L1T3', undefined]);
    assert.deepEqual(modes('screen', 'av1'), ['L1T3', undefined]);
  });

  it('show a screen at five pictures a second at least, the larger one with all its pixels', () => {
    const [encodings] = sendEncodings('screen', 'vp8');
    assert.deepEqual(encodings.map(({ maxFramerate }) => maxFramerate), [5, 15]);
    assert.equal(encodings.at(-1).scaleResolutionDownBy, 1);
  });
});

describe('the encodings of a camera', () => {
  it('are fewer for a small one, and the smallest still shows a face', () => {
    assert.deepEqual(active(shape({ width: 1280, height: 720 })), [true, true, true]);
    assert.deepEqual(scales(shape({ width: 1280, height: 720 })), [4, 2, 1]);
    assert.deepEqual(active(shape({ width: 640, height: 360 })), [true, true, false]);
    assert.deepEqual(scales(shape({ width: 640, height: 360 })).slice(0, 2), [2, 1]);
    assert.deepEqual(active(shape({ width: 320, height: 180 })), [true, false, false]);
    assert.equal(shape({ width: 320, height: 180 })[0].scaleResolutionDownBy, 1);
    for (let height = 90; height <= 2160; height++) {
      const lowest = shape({ width: (height * 16) / 9, height })[0];
      assert.ok(height / lowest.scaleResolutionDownBy >= Math.min(height, 135), `${height}`);
    }
  });

  it('do not depend on how a telephone is held', () => {
    assert.deepEqual(shape({ width: 720, height: 1280 }), shape({ width: 1280, height: 720 }));
  });

  it('have a rate that grows with their size', () => {
    const rates = shape({ width: 1280, height: 720 }).map(({ maxBitrate }) => maxBitrate);
    assert.deepEqual([...rates].sort((a, b) => a - b), rates);
    assert.ok(rates[0] >= 100_000 && rates[2] <= 3_500_000);
  });

  it('are right for a camera that does not tell its size', () => {
    assert.deepEqual(shape({}), shape({ width: 1280, height: 720 }));
  });

  it('follow what is wanted, also what lies beyond the end of the list', () => {
    const size = { width: 1280, height: 720 };
    assert.deepEqual(active(shape(size, [1, 0, 1])), [true, false, true]);
    assert.deepEqual(active(shape(size, [1])), [true, false, false]);
    assert.deepEqual(active(shape(size, [])), [false, false, false]);
    assert.deepEqual(active(shape(size, [8, 8, 8, 8])), [true, true, true]);
    assert.deepEqual(active(shape({ width: 320, height: 180 }, [1, 1, 1])), [true, false, false]);
  });

  it('of a scalable stream are one, without the spatial layers that nobody wants; what stays keeps its size', () => {
    const one = (demand, mode) => {
      const [encoding, ...rest] = shapeEncodings('camera', { width: 1280, height: 720 }, demand, 1, mode);
      assert.deepEqual(rest, []);
      return [encoding.active, encoding.scalabilityMode, encoding.scaleResolutionDownBy];
    };
    assert.deepEqual(one(null, 'L3T3_KEY'), [true, 'L3T3_KEY', 1]);
    assert.deepEqual(one([3], 'L3T3_KEY'), [true, 'L3T3_KEY', 1]);
    assert.deepEqual(one([8], 'L3T3_KEY'), [true, 'L3T3_KEY', 1]);
    assert.deepEqual(one([2], 'L3T3_KEY'), [true, 'L2T3_KEY', 2]);
    assert.deepEqual(one([1], 'L3T3_KEY'), [true, 'L1T3', 4]);
    assert.deepEqual(one([1], 'L3T3'), [true, 'L1T3', 4]);
    assert.equal(one([0], 'L3T3')[0], false);
    assert.deepEqual(shapeEncodings('camera', {}, [1], 1, 'L1T3'), [{ active: true }]);
    assert.deepEqual(shapeEncodings('camera', {}, [], 1), [{ active: false }]);
  });

  it('of a scalable stream cost less without a layer', () => {
    const rate = (demand) => shapeEncodings('camera', { width: 1280, height: 720 }, demand, 1, 'L3T3')[0].maxBitrate;
    assert.ok(rate([1]) < rate([2]) && rate([2]) < rate([3]));
  });

  it('of a screen do not depend on its size', () => {
    assert.deepEqual(shapeEncodings('screen', { width: 100, height: 100 }, [0, 1], 2), [{ active: false }, { active: true }]);
  });
});

describe('a change of encodings', () => {
  it('is one only when something differs', () => {
    const encodings = [{ rid: 'l', active: true }, { rid: 'h', active: true, maxBitrate: 5 }];
    assert.equal(changeEncodings(encodings, [{ active: true }, { active: true }]), false);
    assert.equal(changeEncodings(encodings, [{ active: true }, { active: false }]), true);
    assert.deepEqual(encodings[1], { rid: 'h', active: false, maxBitrate: 5 });
  });

  it('leaves out what the browser has not', () => {
    const encodings = [{ active: true }];
    assert.equal(changeEncodings(encodings, [{ active: true }, { active: false }]), false);
    assert.equal(encodings.length, 1);
  });
});

describe('the codec', () => {
  const codecs = ['video/VP8', 'video/rtx', 'video/H264', 'video/VP9', 'video/H264'].map((mimeType, index) => ({ mimeType, index }));

  it('that is wished comes first, all its profiles; the others stay in their order', () => {
    assert.deepEqual(preferCodec(codecs, 'h264').map(({ index }) => index), [2, 4, 0, 1, 3]);
    assert.deepEqual(preferCodec(codecs, 'av1'), codecs);
  });

  it('is chosen in the address, and VP8 where that says nothing of use', () => {
    for (const codec of CODECS) assert.equal(chosenCodec(`?room=a&codec=${codec.toUpperCase()}`), codec);
    for (const search of ['', '?codec=', '?codec=theora', '?codec=__proto__']) assert.equal(chosenCodec(search), 'vp8');
  });
});
