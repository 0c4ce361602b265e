// SPDX-License-Identifier: Apache-2.0
// A camera for browsers that cannot film from a file.

/**
 * In the page: cameras and screens show a canvas like the films of test-picture.mjs, with `code` in the strip. Microphones stay as
 * they are.
 */
export function drawCamera(code) {
  const [width, height, rate, bits] = [320, 180, 15, 32];

  const paint = (context, frame) => {
    const block = Math.floor(height / 16);
    context.fillStyle = `hsl(${(code * 47) % 360} 40% 35%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#ccc';
    context.fillRect((frame * 5) % (width - 40), 40, 40, 60);
    const value = ((code << 24) | (frame & 0xffffff)) >>> 0;
    [value, ~value >>> 0].forEach((row, index) => {
      for (let bit = 0; bit < bits; bit++) {
        context.fillStyle = (row >>> (bits - 1 - bit)) & 1 ? 'white' : 'black';
        context.fillRect((bit * width) / bits, height - (2 - index) * block, width / bits, block);
      }
    });
  };

  const film = () => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d');
    let frame = 0;
    paint(context, frame);
    const [track] = canvas.captureStream(rate).getVideoTracks();
    const timer = setInterval(() => {
      if (track.readyState === 'ended') clearInterval(timer);
      else paint(context, ++frame);
    }, 1000 / rate);
    return track;
  };

  const { mediaDevices } = navigator;
  if (mediaDevices === undefined) return;  // about:blank is no secure context
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async ({ audio = false, video = false }) => {
    const stream = audio ? await getUserMedia({ audio }) : new MediaStream();
    if (video) stream.addTrack(film());
    return stream;
  };
  mediaDevices.getDisplayMedia = async () => new MediaStream([film()]);
}
