// Starts the sandbox that the pages come from, and stops what it started.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { ask } from './requests.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const binary = process.env.LARIAT_BIN ?? `${root}${process.env.CARGO_TARGET_DIR ?? 'target'}/debug/lariat`;

/** How long a sandbox may take until it answers, in milliseconds: a debug build on a busy machine. */
const PATIENCE = 60_000;

const running = new Set();
let shared;

/** The sandbox that most tests use: a fixed seed, and a clock that goes as fast as ours. */
export function sandbox() {
  shared ??= start(['--seed', '7', '--speed', '1', '--empty']);
  return shared;
}

/** A sandbox of its own, with these arguments. */
export async function start(args = []) {
  const port = await freePort();
  const child = spawn(binary, ['sandbox', '--port', String(port), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  running.add(child);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => said.push(text));
  }
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => {
    running.delete(child);
    resolve(code ?? signal);
  }));
  const base = `http://127.0.0.1:${port}`;
  const house = {
    base,
    /** All that it has printed so far. */
    printed: () => said.join(''),
    async stop() {
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const how = await ended;
      clearTimeout(hard);
      return how;
    },
  };
  const begun = Date.now();
  for (;;) {
    const healthy = await ask(`${base}/health`).then(({ status }) => status === 200, () => false);
    if (healthy) return house;
    const over = await Promise.race([ended.then((how) => `ended with ${how}`), pause(50)]);
    if (over || Date.now() - begun > PATIENCE) {
      await house.stop();
      throw new Error(`the sandbox does not answer: ${over ?? 'too slow'}\n${house.printed()}`);
    }
  }
}

/** Stops every sandbox that still runs. */
export async function stopAll() {
  for (const child of running) child.kill('SIGTERM');
  const begun = Date.now();
  while (running.size > 0) {
    if (Date.now() - begun > 10_000) for (const child of running) child.kill('SIGKILL');
    await pause(50);
  }
}

/** For polling something that another process does; never to let time pass. */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks again until `what` gives something true. */
export async function until(what, limit = 15_000) {
  const begun = Date.now();
  for (;;) {
    const answer = await what();
    if (answer) return answer;
    if (Date.now() - begun > limit) throw new Error(`waited ${limit} ms in vain for ${what}`);
    await pause(100);
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
