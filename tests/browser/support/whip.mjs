// SPDX-License-Identifier: Apache-2.0
// A WHIP and WHEP client of a few lines: functions that a test hands to page.evaluate, `installExchange` first.

/** In the page: publish camera and microphone by WHIP (RFC 9725). @returns what the server answered */
export async function publish({ endpoint, codec }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const connection = new RTCPeerConnection();
  for (const track of stream.getTracks()) {
    const transceiver = connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    if (track.kind !== 'video' || !codec) continue;
    const { codecs } = RTCRtpSender.getCapabilities('video');
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => [codec, 'video/rtx'].includes(mimeType)));
  }
  return window.exchange(connection, endpoint);
}

/** In the page: watch by WHEP. */
export async function watch(endpoint) {
  const connection = new RTCPeerConnection();
  const video = document.body.appendChild(document.createElement('video'));
  video.muted = true;
  video.autoplay = true;
  video.srcObject = new MediaStream();
  connection.ontrack = ({ track }) => video.srcObject.addTrack(track);
  for (const kind of ['audio', 'video']) connection.addTransceiver(kind, { direction: 'recvonly' });
  return window.exchange(connection, endpoint);
}

/** Offer in, answer out. */
export function installExchange() {
  window.exchange = async (connection, endpoint) => {
    await connection.setLocalDescription();
    const headers = { 'content-type': 'application/sdp' };
    const response = await fetch(endpoint, { method: 'POST', headers, body: connection.localDescription.sdp });
    const answer = await response.text();
    if (response.status === 201) await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    window.location_ = new URL(response.headers.get('location') ?? '', response.url).href;
    return { status: response.status, type: response.headers.get('content-type'), location: response.headers.get('location') };
  };
}

/** In the page: end the session. */
export async function end() {
  const { status } = await fetch(window.location_, { method: 'DELETE' });
  const again = await fetch(window.location_, { method: 'DELETE' });
  return [status, again.status];
}
