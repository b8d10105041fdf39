// Writes the pictures of the README into docs/images: `node readme.mjs`. The demo is the one a newcomer gets.
//   CHROMIUM, ALMONER_BIN, ALMONER_DEMO as for run.mjs
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openBrowser } from './browser.mjs';
import { startDemo } from './demo.mjs';
import { Visitor } from './visitor.mjs';

const FOLDER = resolve(import.meta.dirname, '../../docs/images');
const AT_MOST = 250_000;
const DESK = 1280;
const PHONE = 390;
const MUCH = 'ada.marsh@donors.example';
const PASSWORD = 'paper boats at noon';

/** The page from its top to a little below `last`. */
async function picture(page, name, last, { width = DESK, below = 24 } = {}) {
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate(() => document.fonts.ready);
  const end = await page.locator(last).first().evaluate((e) => e.getBoundingClientRect().bottom + window.scrollY);
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height: Math.ceil(end) + below } });
  const { size } = statSync(path);
  assert.ok(size < AT_MOST, `${path} has ${size} bytes`);
  console.log(`docs/images/${name}.png  ${Math.round(size / 1000)} kB`);
}

async function pictures(v) {
  const { page } = v;
  await v.openForm();
  await picture(page, 'giving-form', '.fee');
  await v.signIn(MUCH, PASSWORD);
  await v.open('/portal');
  await picture(page, 'overview', 'main > .acts');
  await picture(page, 'overview-phone', '.gift:nth-child(3)', { width: PHONE, below: 0 });
  await v.open('/portal/gifts');
  await picture(page, 'gifts', '.gift:nth-child(8)', { below: 0 });
  await v.open('/portal/gifts?kind=monthly');
  await v.page.locator('.gift-open').first().click();
  await picture(page, 'gift', '.timeline');
  await v.link('See the receipt');
  await picture(page, 'receipt', '.letter');
  const mail = await v.letter(/^Receipt for your gift/, { to: MUCH });
  await v.post.goto(mail.url, { waitUntil: 'networkidle' });
  await picture(v.post, 'mail', '.mail-frame');
}

mkdirSync(FOLDER, { recursive: true });
const demo = await startDemo({ world: [] });
const browser = await openBrowser();
const visitor = new Visitor(browser, demo, 'readme');
try {
  await visitor.enter();
  await pictures(visitor);
} finally {
  await browser.close();
  await demo.stop();
}
