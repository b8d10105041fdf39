// Starts the demo as a visitor would, reads its addresses from what it prints, and stops it again. With ALMONER_DEMO
// (http://127.0.0.1:8080) it takes one that runs already and leaves it running: quick while a walk is being written.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const LABELS = { start: 'Start here', give: 'Giving form', mailbox: 'Mailbox', clock: 'Clock' };
// Setting up takes half a minute on an idle machine, and several on one that builds something else.
const START_WITHIN = 300_000;
const WORLD = ['--donors', '40', '--years', '3'];

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks `question` until it answers with something, or fails saying `what` did not happen. */
export async function until(what, question, within = 30_000) {
  const end = Date.now() + within;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${within / 1000} s in vain: ${what}`);
    await pause(300);
  }
}

/** A demo of a world of its own: `world` as the command line of `almoner demo` has it. */
export async function startDemo({ world = WORLD } = {}) {
  if (process.env.ALMONER_DEMO) return runningDemo(process.env.ALMONER_DEMO);
  const program = process.env.ALMONER_BIN ?? join(ROOT, 'target/debug/almoner');
  if (!existsSync(program)) throw new Error('the almoner binary is not built: run `cargo build` first, or set ALMONER_BIN');
  const folder = mkdtempSync(join(tmpdir(), 'almoner-walks-'));
  const child = spawn(program, ['demo', '--data', join(folder, 'data'), '--port', '0', ...world], {
    cwd: ROOT,
    env: { RUST_LOG: 'warn', ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let ended = null;
  const gone = new Promise((done) => child.on('close', (code, signal) => done((ended = { code, signal }))));
  child.on('error', (error) => (said += `\n${error.message}`));
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const last = () => said.trimEnd().split('\n').slice(-25).join('\n');

  const stop = async () => {
    if (!ended) child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(killer);
    rmSync(folder, { recursive: true, force: true });
    if (ended.code !== 0) throw new Error(`the demo did not stop cleanly (exit ${ended.code}, signal ${ended.signal}):\n${last()}`);
  };

  const address = (label) => new RegExp(`^\\s*${label}:\\s+(https?://\\S+)`, 'm').exec(said)?.[1];
  try {
    const urls = await until(`the demo printed the lines ${Object.values(LABELS).map((l) => `"${l}: http…"`).join(', ')}`, () => {
      if (ended) throw new Error(`the demo ended at once (exit ${ended.code})`);
      const found = Object.entries(LABELS).map(([name, label]) => [name, address(label)]);
      return found.every(([, url]) => url) && Object.fromEntries(found);
    }, START_WITHIN);
    await until('the demo answered "ready"', () => fetch(new URL('/readyz', urls.give)).then((r) => r.ok, () => false));
    return { urls, stop, last, run: '' };
  } catch (error) {
    await stop().catch(() => {});
    throw new Error(`${error.message}\nThe demo's last words:\n${last()}`);
  }
}

function runningDemo(base) {
  const at = (path) => new URL(path, base).href;
  const urls = { start: at('/demo'), give: at('/give'), mailbox: at('/demo/mail'), clock: at('/demo/clock') };
  // Its mailbox remembers the walks before: this run's addresses are new.
  return { urls, stop: async () => {}, last: () => '', run: Date.now().toString(36) };
}
