// SPDX-License-Identifier: Apache-2.0
// Receive lines that show the most recent speakers, as the server chooses them: who has one keeps it while being among them.
import { HIDDEN } from './wants.mjs';

/** {number of lines, what is wanted of each track that they show, and of one that is new} */
export const NO_STRIP = { lines: 0, wants: new Map(), want: HIDDEN };

/** What stands for a track on such a line. */
export const followers = ({ lines }) => Array.from({ length: lines }, (_, number) => `recent/${number}`);
export const follows = (track) => track?.startsWith('recent/') ?? false;

/** The fields of `subscribe`. */
export const subscription = (mid, track) => (follows(track) ? { mid, rule: { kind: 'recent', rank: 0 } } : { mid, track });
