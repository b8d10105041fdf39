// The browser on this machine.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const BROWSERS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = BROWSERS.find((path) => path && existsSync(path));
if (!executablePath) {
  console.error('No Chromium found: install it, or name it in CHROMIUM.');
  process.exit(2);
}
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'];

/** `more` arguments: `LARGE_TEXT` is what somebody has chosen whose letters are to be twice as large everywhere. */
export const openBrowser = (more = []) => chromium.launch({ executablePath, args: [...ARGS, ...more] });
export const LARGE_TEXT = ['--blink-settings=defaultFontSize=32'];
