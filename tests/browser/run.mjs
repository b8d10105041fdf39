// Walks through the demo in a real browser: `node run.mjs [part of a walk's name]`.
//   CHROMIUM     the browser, when it is not /usr/bin/chromium
//   ALMONER_BIN  the program, when it is not target/debug/almoner
//   ALMONER_DEMO the address of a demo that runs already; it is neither started nor stopped
import { openBrowser } from './browser.mjs';
import { startDemo } from './demo.mjs';
import { Visitor } from './visitor.mjs';
import { WALKS } from './walks.mjs';

const wanted = WALKS.filter((w) => w.name.includes(process.argv[2] ?? ''));
const walks = wanted.length ? wanted : WALKS;
let passed = 0;
let failed = 0;

async function step(name, work) {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  try {
    await work();
    passed += 1;
    console.log(`ok      ${name} (${seconds()})`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name} (${seconds()})\n${String(error.message).replace(/^/gm, '        ')}`);
    const at = /(?:walks|portal|monthly|office|tax)\.mjs:\d+/.exec(error.stack ?? '')?.[0];
    if (at) console.log(`        at tests/browser/${at}`);
  }
}

let demo;
let browser;
let stopping = false;
async function close() {
  if (stopping) return;
  stopping = true;
  await browser?.close().catch(() => {});
  if (demo) await step('the demo stops when asked', () => demo.stop());
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => close().finally(() => process.exit(130)));

try {
  demo = await startDemo();
  console.log(`demo at ${demo.urls.give}`);
  browser = await openBrowser();
  for (const { name, walk, js = true } of walks) {
    await step(name, async () => {
      const visitor = new Visitor(browser, demo, name, { js });
      try {
        await visitor.enter();
        await walk(visitor);
        if (visitor.complaints.length) throw new Error('The walk came to its end, but:');
      } catch (error) {
        const complaints = [...new Set(visitor.complaints)].map((c) => `\n${c}`).join('');
        error.message += `${complaints}\nat ${await visitor.failed()}`;
        throw error;
      } finally {
        await visitor.leave();
      }
    });
  }
} catch (error) {
  failed += 1;
  console.error(error.message);
} finally {
  await close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
