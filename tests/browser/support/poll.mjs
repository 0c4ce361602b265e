// SPDX-License-Identifier: Apache-2.0
// Waiting for conditions, with a deadline; no test sleeps and hopes.
import { setTimeout as pause } from 'node:timers/promises';

/** Ask `question` until it answers with something true. @returns what it answered */
export async function eventually(what, question, { within = 10_000, every = 60 } = {}) {
  const deadline = performance.now() + within;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`within ${within} ms: ${what}; last answer: ${JSON.stringify(answer)}`);
    await pause(every);
  }
}
