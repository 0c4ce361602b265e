// SPDX-License-Identifier: Apache-2.0
// Cameras, microphones and screens: opening them, listing them, and saying in plain words why one cannot be had.

const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Whether this page may ask for devices at all. Browsers give them to secure origins only. */
export function devicesAvailable() {
  return navigator.mediaDevices?.getUserMedia !== undefined;
}

export function screenAvailable() {
  return navigator.mediaDevices?.getDisplayMedia !== undefined;
}

export const INSECURE = 'Browsers give camera and microphone only to pages opened with https:// or from localhost. '
  + 'This page was opened in another way, so you can watch, listen and write, but not speak or be seen.';

const NAMES = { microphone: 'microphone', camera: 'camera', screen: 'screen' };

/** A sentence for people about what getUserMedia or getDisplayMedia threw, and what they can do. */
export function explain(error, source) {
  const device = NAMES[source];
  switch (error.name) {
    case 'NotAllowedError':
      return source === 'screen'
        ? 'Your screen is not shared: nothing was chosen, or the browser does not allow it.'
        : `The browser does not let this page use the ${device}. Allow it in the browser's address bar, then switch it on again.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      if (source === 'screen') return 'There is no screen or window here that could be shared.';
      return `No ${device} was found. Plug one in, then switch it on again.`;
    case 'NotReadableError':
    case 'AbortError':
      return `The ${device} cannot be opened. Another program may be using it.`;
    default:
      return `The ${device} cannot be used: ${error.message || error.name}`;
  }
}

/**
 * Open a microphone or camera.
 * @param {'microphone'|'camera'} source @param {string} deviceId '' for whichever the browser prefers
 * @returns {Promise<MediaStreamTrack>} fails with a DOMException; `explain` puts it into words
 */
export async function open(source, deviceId = '') {
  if (!devicesAvailable()) throw Object.assign(new Error(INSECURE), { name: 'InsecureError' });
  const chosen = deviceId === '' ? {} : { deviceId: { ideal: deviceId } };
  const constraints = source === 'camera' ? { video: { ...VIDEO, ...chosen } } : { audio: { ...AUDIO, ...chosen } };
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  return stream.getTracks()[0];
}

/** Open a microphone and a camera with one question to the person. Fails when either cannot be had. */
export async function openBoth() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: VIDEO, audio: AUDIO });
  return { microphone: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0] };
}

/** Let the person choose a screen, a window or a tab. */
export async function openScreen() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
  const track = stream.getVideoTracks()[0];
  if ('contentHint' in track) track.contentHint = 'detail';  // sharp letters matter more than smooth motion
  return track;
}

/** Devices by what they are for. Their labels are empty until the person has allowed one of the kind. */
export async function list() {
  const found = { microphone: [], camera: [], speaker: [] };
  if (!devicesAvailable()) return found;
  const kinds = { audioinput: 'microphone', videoinput: 'camera', audiooutput: 'speaker' };
  for (const { kind, deviceId, label } of await navigator.mediaDevices.enumerateDevices()) {
    const source = kinds[kind];
    if (source !== undefined && deviceId !== '') found[source].push({ id: deviceId, label: label || `A ${source}` });
  }
  return found;
}

/** Call `act` whenever a device is plugged in or out. */
export function onDevicesChanged(act) {
  navigator.mediaDevices?.addEventListener?.('devicechange', act);
}
