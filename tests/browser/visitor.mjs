// What a visitor can do in the demo, and what is checked on every page they see.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LARGE_TEXT, openBrowser } from './browser.mjs';
import { pause, until } from './demo.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = join(import.meta.dirname, 'shots');
const WIDTHS = [390, 1280];
const NARROWEST = 320;
// No person fills in the form faster, so the form does not take it: the walks wait as a person would.
const PATIENCE = 2_200;
// Decoration drawn over a text keeps axe from measuring that text's contrast.
const UNDECORATED = ':is(.give,.slip,.card-choice span,.pill span,.mark,summary)::before{content:none!important}';
const seen = new Set();
mkdirSync(SHOTS, { recursive: true });

export class Visitor {
  constructor(browser, demo, walk, options = {}) {
    Object.assign(this, { browser, demo, walk, js: options.js ?? true, complaints: [], letters: new Map(), others: [] });
    this.email = `${walk.replaceAll(' ', '-')}${demo.run && `.${demo.run}`}@walks.example`;
  }

  async enter(storageState) {
    this.context = await this.browser.newContext({
      storageState, javaScriptEnabled: this.js, viewport: { width: 390, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce',
    });
    this.context.setDefaultTimeout(15_000);
    this.context.on('request', (request) => {
      const url = new URL(request.url());
      const local = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
      if (!local && url.protocol.startsWith('http')) this.complaints.push(`asked another site for ${url.origin}`);
    });
    this.page = await this.newPage();
  }

  async newPage() {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.complaints.push(`script error on ${page.url()}: ${error.message}`));
    page.on('console', (line) => {
      if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) this.complaints.push(`console on ${page.url()}: ${line.text()}`);
    });
    return page;
  }

  async leave() {
    for (const other of this.others) await other.leave();
    await this.context?.close();
    await this.large?.browser.close();
  }

  /** The same person at another browser: nothing of this one's cookies is there. */
  async elsewhere(options = {}) {
    const other = new Visitor(this.browser, this.demo, this.walk, { js: this.js, ...options });
    Object.assign(other, { email: this.email, complaints: this.complaints });
    this.others.push(other);
    await other.enter();
    return other;
  }

  async failed() {
    await this.page?.screenshot({ path: join(SHOTS, `failed-${this.walk.replaceAll(' ', '-')}.png`), fullPage: true }).catch(() => {});
    return this.page?.url() ?? 'no page';
  }

  /** Pictures of a page at both widths, and the accessibility check at each; on the narrowest phone it fits, too. */
  async look(name, { dark = false, page = this.page } = {}) {
    if (seen.has(name)) return;
    seen.add(name);
    for (const scheme of dark ? ['light', 'dark'] : ['light']) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.screenshot({ path: join(SHOTS, `${name}-${width}-${scheme}.png`), fullPage: true });
        if (this.js) await this.checkAccess(page, `${name} at ${width} pixels, ${scheme}`);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: NARROWEST, height: 900 });
    await this.fits(page, `${name} at ${NARROWEST} pixels`).catch((error) => this.complaints.push(error.message));
    await page.setViewportSize({ width: WIDTHS[0], height: 900 });
  }

  async fits(page, where) {
    const over = await page.evaluate(() => {
      const wide = document.documentElement.scrollWidth - window.innerWidth;
      const out = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1);
      return { wide, who: out.slice(-2).map((e) => e.outerHTML.slice(0, 120)) };
    });
    assert.ok(over.wide <= 0, `${where}: the page scrolls sideways by ${over.wide} pixels, because of\n${over.who.join('\n')}`);
  }

  /** The page as a browser shows it whose letters are set to 200 %; whoever is signed in here is so there. */
  async lookEnlarged(name, page = this.page) {
    if (!this.large) {
      this.large = new Visitor(await openBrowser(LARGE_TEXT), this.demo, this.walk, { js: this.js });
      this.large.complaints = this.complaints;
      await this.large.enter(await this.context.storageState());
    }
    await this.large.page.goto(page.url());
    await this.large.page.screenshot({ path: join(SHOTS, `${name}-390-enlarged.png`), fullPage: true });
    await this.fits(this.large.page, `${name} with text at 200 %`).catch((error) => this.complaints.push(error.message));
  }

  keep(name, content) {
    writeFileSync(join(SHOTS, name), content);
  }

  /** Only a picture, with what the visitor's system asks for. */
  async lookWith(name, media, page = this.page) {
    await page.emulateMedia(media);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: join(SHOTS, `${name}-${width}.png`), fullPage: true });
    }
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none', reducedMotion: 'reduce' });
    await page.setViewportSize({ width: WIDTHS[0], height: 900 });
  }

  async checkAccess(page, where) {
    await this.fits(page, where);
    await page.evaluate((css) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets = [sheet];
    }, UNDECORATED);
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], iframes: false }));
    await page.evaluate(() => (document.adoptedStyleSheets = []));
    const lines = violations.map((v) => `  ${v.id} (${v.impact}): ${v.help}\n${v.nodes.slice(0, 3).map((n) => `    ${n.html.slice(0, 160)}\n      ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''}`).join('\n')}`);
    assert.equal(violations.length, 0, `${where}: accessibility\n${lines.join('\n')}`);
  }

  // ── The giving form ─────────────────────────────────────────────────────────────────────────────────────

  async openForm(query = '') {
    await this.page.goto(this.demo.urls.give + query);
    this.opened = Date.now();
    assert.equal(await this.page.locator('h1').count(), 1, 'the form has one h1');
  }

  /** Cards and pills are labels round a hidden radio button: pressed where a person presses. */
  async press(input) {
    await this.page.locator(`label:has(${input})`).click();
    assert.ok(await this.page.locator(input).isChecked(), `${input} is not chosen after a press on its label`);
  }

  async choose(frequency, amount) {
    await this.press(`#frequency-${frequency}`);
    const radio = this.page.locator(`[name=amount_${frequency}]`);
    const values = await radio.evaluateAll((all) => all.map((i) => i.value)).catch(() => null);
    const value = (values ?? [String(amount), `${amount}.00`]).find((v) => Number(v) === amount);
    assert.ok(value, `the form offers no ${frequency} amount of ${amount} (it has ${values})`);
    await this.press(`[name=amount_${frequency}][value="${value}"]`);
  }

  async introduce() {
    await this.page.fill('#given_name', 'Ada');
    await this.page.fill('#family_name', 'Walker');
    await this.page.fill('#email', this.email);
  }

  async declareGiftAid() {
    await this.page.check('#gift_aid');
    await this.page.locator('#address_line1').waitFor({ state: 'visible' });
    await this.page.fill('#address_line1', '1 Lantern Yard');
    await this.page.fill('#city', 'London');
    await this.page.fill('#postcode', 'sw1a 1aa');
  }

  async patience() {
    await pause(Math.max(0, this.opened + PATIENCE - Date.now()));
  }

  async send() {
    await this.patience();
    await this.page.click('#give-button');
  }

  async sendAndPay(method) {
    await this.send();
    await this.atPaymentPage();
    await this.pay(method);
  }

  // ── The hosted page ─────────────────────────────────────────────────────────────────────────────────────

  async atPaymentPage() {
    await this.arrive(/\/pay\/cs_[^/]+$/, 'the payment page');
    assert.match(await this.page.locator('h1').innerText(), /Test payment page/);
  }

  async pay(method) {
    await this.page.locator(`label:has(input[name=method][value="${method}"])`).click();
    await this.page.locator('form button[type=submit]').click();
  }

  /** What the hosted page asks for, as `£25.59`. */
  async total() {
    const text = await this.page.locator('.total').innerText();
    return /£[\d,]+\.\d\d/.exec(text)?.[0] ?? text;
  }

  async arrive(url, what) {
    try {
      await this.page.waitForURL(url, { timeout: 15_000 });
    } catch {
      const shown = (await this.page.locator('body').innerText()).slice(0, 700);
      assert.fail(`did not arrive at ${what}, but at ${this.page.url()}, which says:\n${shown}`);
    }
  }

  async atThanks(word) {
    await this.arrive(/\/give\/thanks\//, 'the thank-you page');
    const main = await this.page.locator('main').innerText();
    assert.equal(await this.page.locator('.chip').innerText(), word, `the state on the thank-you page; it says:\n${main}`);
    return main;
  }

  // ── The donor's area ────────────────────────────────────────────────────────────────────────────────────────

  at(path) {
    return new URL(path, this.demo.urls.give).href;
  }

  async open(path) {
    return this.page.goto(this.at(path));
  }

  async main() {
    return this.page.locator('main').innerText();
  }

  async heading() {
    assert.equal(await this.page.locator('h1').count(), 1, `one h1 on ${this.page.url()}`);
    return this.page.locator('h1').innerText();
  }

  /** The one notice that says what has just happened. */
  async notice() {
    return this.page.locator('main > .notice, .door > .notice').first().innerText();
  }

  async button(name) {
    await this.page.locator('main').getByRole('button', { name }).click();
  }

  async link(name) {
    await this.page.locator('main').getByRole('link', { name }).first().click();
  }

  /** A link or the button of the header, which folds on a small screen. */
  async menu(name) {
    const head = this.page.locator('.site-head');
    await head.locator('summary').click();
    await head.locator('.menu').getByRole(name === 'Sign out' ? 'button' : 'link', { name, exact: true }).click();
  }

  async signIn(email, password) {
    await this.open('/sign-in');
    await this.page.fill('#email', email);
    await this.page.fill('#password', password);
    await this.button('Sign in with password');
    await this.arrive(/\/portal(\?|$)/, 'the overview');
  }

  /** Opens an account with a password, and answers its mail with the code. */
  async signUp(given, family, password) {
    await this.open('/sign-up');
    await this.page.fill('#given_name', given);
    await this.page.fill('#family_name', family);
    await this.page.fill('#email', this.email);
    await this.page.fill('#password', password);
    await this.button('Create an account');
    await this.arrive(/\/sign-in\/link$/, 'the page that waits for the answer');
    await this.answerWithCode(await this.letter(/Confirm your address/));
    await this.arrive(/\/portal\?done=opened/, 'the overview of a new account');
  }

  async answerWithCode(letter) {
    await this.page.fill('#code', letter.code);
    await this.page.locator('form:has(#code) button[type=submit]').click();
  }

  /** Comes to the portal by a press of Tab: `selector` is where the focus is to go, and Enter is pressed there. */
  async enterAt(selector) {
    await this.tabTo(selector);
    await this.page.keyboard.press('Enter');
  }

  // ── Mailbox and clock ───────────────────────────────────────────────────────────────────────────────────

  /** Every mail to this visitor, as text. */
  async mails() {
    const page = (this.post ??= await this.newPage());
    await page.goto(this.demo.urls.mailbox);
    const box = new URL(this.demo.urls.mailbox).pathname.replace(/\/$/, '');
    const links = page.locator('main a[href]');
    for (const link of await links.all()) {
      const row = link.locator('xpath=ancestor-or-self::*[self::li or self::tr or self::article or self::a][last()]');
      const about = await row.first().innerText().catch(() => '');
      if (about.includes('@') && !about.includes(this.email)) continue;
      const url = new URL(await link.getAttribute('href'), page.url());
      if (!url.pathname.startsWith(`${box}/`) && !(url.pathname === box && url.search)) continue;
      const key = url.pathname.slice(box.length + 1).split('/')[0] + url.search;
      if (!this.letters.has(key)) this.letters.set(key, { url: url.href });
    }
    for (const letter of this.letters.values()) letter.text ??= await this.readLetter(letter.url);
    await page.goto(this.demo.urls.mailbox);
    return [...this.letters.values()].filter((l) => l.text.includes(this.email));
  }

  /** A message page with what its frames show. */
  async readLetter(url) {
    const page = this.post;
    await page.goto(url);
    let text = await page.locator('body').innerText();
    for (const frame of await page.locator('iframe').all()) {
      const inline = await frame.getAttribute('srcdoc');
      const source = await frame.getAttribute('src');
      if (inline) text += `\n${plain(inline)}`;
      else if (source) text += `\n${plain(await (await this.context.request.get(new URL(source, page.url()).href)).text())}`;
    }
    return text;
  }

  /**
   * The newest mail with this subject to `to`, with the link and the code in it. It is another one than `than`.
   * Unlike `mails`, it reads only that one: a donor of the demo's world has a mailbox of years.
   */
  async letter(subject, { to = this.email, than } = {}) {
    const page = (this.post ??= await this.newPage());
    const row = page.locator('.mails li').filter({ has: page.locator('a', { hasText: subject }), hasText: to }).locator('a').first();
    const url = await until(`a mail to ${to} about ${subject}`, async () => {
      await page.goto(this.demo.urls.mailbox);
      const found = (await row.count()) > 0 && new URL(await row.getAttribute('href'), page.url()).href;
      return found !== than?.url && found;
    });
    await page.goto(url);
    const text = await page.locator('pre').innerText();
    const link = /https?:\/\/\S+\/sign-in\/link\/\S+/.exec(text)?.[0];
    const code = /^ {4}(\d{4} \d{4})$/m.exec(text)?.[1];
    return { url, text: text.replace(/\s+/g, ' '), link, code };
  }

  async mailAbout(words, what) {
    return until(`a mail to ${this.email} that says ${words} (${what})`, async () => (await this.mails()).find((m) => words.test(m.text)));
  }

  /** Waits for the receipt, waits a little longer for a second one that must not come, and reads its number. */
  async onlyReceipt(words = /Receipt number/) {
    const receipt = await this.mailAbout(words, 'the receipt');
    await pause(1_500);
    const receipts = (await this.mails()).filter((m) => /Receipt number/.test(m.text));
    assert.equal(receipts.length, 1, `receipts to ${this.email}`);
    const number = /\b[A-Z0-9]{1,8}-\d{4}-\d{8}\b/.exec(receipt.text)?.[0];
    assert.ok(number, `the receipt has no receipt number:\n${receipt.text.slice(0, 900)}`);
    return { ...receipt, number };
  }

  async moveClock(step) {
    await this.page.goto(this.demo.urls.clock);
    await this.look('clock');
    const button = this.page.getByRole('button', { name: step });
    assert.ok((await button.count()) > 0, `the clock page has no button ${step}`);
    await button.first().click();
    await this.page.waitForLoadState();
  }

  // ── Keys only ───────────────────────────────────────────────────────────────────────────────────────────

  async tabTo(selector) {
    for (let presses = 0; presses < 60; presses += 1) {
      await this.page.keyboard.press('Tab');
      const at = await this.page.evaluate((wanted) => {
        const e = document.activeElement;
        const box = (e.closest('label') ?? e).getBoundingClientRect();
        return { there: e.matches(wanted), seen: box.width > 0 && box.height > 0, html: e.outerHTML.slice(0, 100) };
      }, selector);
      assert.ok(at.seen, `the focus is on something that cannot be seen: ${at.html}`);
      if (at.there) return;
    }
    assert.fail(`60 presses of Tab did not lead to ${selector}`);
  }

  async arrowTo(key, selector) {
    for (let presses = 0; presses < 8; presses += 1) {
      if (await this.page.locator(selector).first().evaluate((e) => e.checked && e === document.activeElement)) return;
      await this.page.keyboard.press(key);
    }
    assert.fail(`${key} did not lead to ${selector}`);
  }
}

function plain(html) {
  const entities = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', pound: '£', '#39': "'", '#163': '£', '#x27': "'" };
  return html
    .replace(/<(style|head|script)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&([#\w]+);/g, (all, name) => entities[name] ?? all)
    .replace(/\s+/g, ' ');
}
