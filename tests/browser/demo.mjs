// Starts the demo as a visitor would, reads its addresses from what it prints, and stops it again.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const LABELS = { start: 'Start here', give: 'Giving form', mailbox: 'Mailbox', clock: 'Clock' };
const START_WITHIN = 90_000;

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

export async function startDemo() {
  const program = process.env.ALMONER_BIN ?? join(ROOT, 'target/debug/almoner');
  if (!existsSync(program)) throw new Error('the almoner binary is not built: run `cargo build` first, or set ALMONER_BIN');
  const folder = mkdtempSync(join(tmpdir(), 'almoner-walks-'));
  const child = spawn(program, ['demo', '--data', join(folder, 'data'), '--port', '0'], {
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
    return { urls, stop, last };
  } catch (error) {
    await stop().catch(() => {});
    throw new Error(`${error.message}\nThe demo's last words:\n${last()}`);
  }
}
