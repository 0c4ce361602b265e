// SPDX-License-Identifier: Apache-2.0
// Starts weir-conference on ports that the system chooses, and stops that very process.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from './poll.mjs';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const binary = process.env.WEIR_CONFERENCE ?? path.join(repository, 'build/release/bin/weir-conference');
const STOP_MS = 8_000;

/** @param {string[]} options of weir-conference @param {number} port 0: the system chooses */
export async function startServer(options = [], port = 0) {
  if (!existsSync(binary)) throw new Error(`${binary} is not built (WEIR_CONFERENCE names another)`);
  const child = spawn(binary, ['--port', String(port), '--loopback', '--max-joins-per-minute', '10000', ...options]);
  let output = '';
  child.stdout.on('data', (data) => { output += data; });
  child.stderr.on('data', (data) => { output += data; });
  const exited = once(child, 'exit');
  exited.catch(() => undefined);
  const address = () => /open (https?:\/\/\S+?\/)\?/.exec(output)?.[1] ?? (child.exitCode !== null ? 'exited' : null);
  const url = await eventually('the server prints its address', address);
  if (url === 'exited') throw new Error(`weir-conference ended at once:\n${output}`);
  return {
    url,
    /** The same without a name, for requests of the test itself: a bare root may not know "localhost". */
    address: url.replace('localhost', '127.0.0.1'),
    pid: child.pid,
    output: () => output,
    /** End it as a power cut would. */
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    /** End it as a service manager would. @returns {Promise<number|null>} the exit code */
    async stop() {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      const [code] = await exited;
      clearTimeout(killer);
      return code;
    },
  };
}

/** Run a command of weir-conference. @returns {Promise<string>} what it printed */
export async function runCommand(...options) {
  const { stdout } = await promisify(execFile)(binary, options);
  return stdout.trim();
}
