// The walks of a donor with repeating gifts: what is coming, each small change, stopping and beginning again, another
// card, a gift that did not come through. The people are those the demo prints; what a walk changes it changes back,
// unless it says otherwise. `keys`: everything is done with the keyboard alone.
import assert from 'node:assert/strict';
import { until } from './demo.mjs';
import { says } from './says.mjs';

const PASSWORD = 'paper boats at noon';
const ADA = 'ada.marsh@donors.example';
const MINA = 'mina.okoro@donors.example';
const SUM = /£[\d,]+\.\d\d/;
const NEVER = /subscri|member(?:s|ship)?\b|\bsubmit|\binvalid/i;
const cookies = new Map();

// ── One pair of hands, or ten fingers on a keyboard ─────────────────────────────────────────────────────────────

const go = (v, selector) => (v.keys ? v.enterAt(selector) : v.page.locator(selector).first().click());

async function write(v, selector, text) {
  if (!v.keys) return v.page.fill(selector, text);
  await v.tabTo(selector);
  await v.page.keyboard.press('ControlOrMeta+a');
  return v.page.keyboard.type(text);
}

async function tick(v, selector) {
  if (!v.keys) return v.page.locator(`label:has(${selector}), ${selector}`).first().click();
  await v.tabTo(selector);
  return v.page.keyboard.press('Space');
}

async function pick(v, name, value) {
  const wanted = `input[name=${name}][value="${value}"]`;
  if (!v.keys) return v.press(wanted);
  await v.tabTo(`input[name=${name}]`);
  return v.arrowTo('ArrowDown', wanted);
}

async function select(v, selector, label) {
  if (!v.keys) return v.page.selectOption(selector, { label });
  await v.tabTo(selector);
  await v.page.keyboard.type(label);
  assert.equal(await v.page.locator(`${selector} option:checked`).innerText(), label, `${selector}, by the keyboard`);
}

/** A day, as `2027-05-31`; the parts of the field stand in the order of the browser's own language. */
async function writeDay(v, selector, day) {
  if (!v.keys) return v.page.fill(selector, day);
  const [year, month, date] = day.split('-');
  const order = new Intl.DateTimeFormat(v.page.language ?? 'en-US').formatToParts(new Date(2001, 1, 3)).map((p) => p.type);
  const parts = { year, month, day: date };
  await v.tabTo(selector);
  await v.page.keyboard.type(order.filter((type) => parts[type]).map((type) => parts[type]).join(''));
  assert.equal(await v.page.inputValue(selector), day, 'the day, by the keyboard');
}

// ── What is checked on every page ───────────────────────────────────────────────────────────────────────────────

/** Pictures, accessibility, and no word that belongs to an office rather than to a giver. */
async function see(v, name, options = {}) {
  const page = options.page ?? v.page;
  const words = await page.evaluate(() => {
    const spoken = ['aria-label', 'title', 'alt', 'placeholder'];
    const said = [...document.querySelectorAll(spoken.map((a) => `[${a}]`).join())].flatMap((e) => spoken.map((a) => e.getAttribute(a)));
    return [document.title, document.body.innerText, ...said].filter(Boolean).join('\n');
  });
  const found = NEVER.exec(words)?.[0];
  assert.ok(!found, `${name} says "${found}":\n${words.slice(0, 600)}`);
  assert.equal(await page.locator('h1').count(), 1, `one h1 on ${name}`);
  await v.look(name, options);
}

async function newestAbout(v, subject, to) {
  const page = (v.post ??= await v.newPage());
  await page.goto(v.demo.urls.mailbox);
  const row = page.locator('.mails li').filter({ has: page.locator('a', { hasText: subject }), hasText: to }).locator('a').first();
  return (await row.count()) > 0 ? { url: new URL(await row.getAttribute('href'), page.url()).href } : undefined;
}

/** Where the button of a mail leads. */
const linkIn = (mail) => /https?:\/\/[^\s/]+\/monthly\/\S+/.exec(mail.text)?.[0];

/** Does something, and reads the mail about it. */
async function withMail(v, to, subject, name, act) {
  const than = await newestAbout(v, subject, to);
  await act();
  const mail = await v.letter(subject, { to, than });
  await see(v, name, { page: v.post });
  const found = NEVER.exec(mail.text.replaceAll(/https?:\/\/\S+/g, ''))?.[0];
  assert.ok(!found, `the mail ${name} says "${found}":\n${mail.text}`);
  return { ...mail, link: linkIn(mail) };
}

/** Signed in: each of them once in all the walks, as often as a mailbox may not. */
async function enterAs(v, email, { keys = false } = {}) {
  v.keys = keys;
  if (cookies.has(email)) await v.context.addCookies(cookies.get(email));
  await v.open('/portal/monthly');
  if (!v.page.url().includes('/sign-in')) return;
  await v.signIn(email, PASSWORD);
  cookies.set(email, await v.context.cookies());
  await v.open('/portal/monthly');
}

const panelOf = (v, amount) => v.page.locator('.one-plan', { has: v.page.locator('.plan-amount .figure', { hasText: new RegExp(`^${amount}$`) }) }).first();

/** A running gift of this amount: its number, its state, where its acts are. */
async function plan(v, amount) {
  await v.open('/portal/monthly');
  const panel = amount ? panelOf(v, amount) : v.page.locator('.one-plan').first();
  assert.ok((await panel.count()) > 0, `no running gift of ${amount}:\n${(await v.main()).slice(0, 600)}`);
  const id = await panel.getAttribute('id');
  return { id, panel, chip: await panel.locator('.plan-head .chip').innerText(), act: (act) => `a[href="/portal/monthly/${id}/${act}"]` };
}

/** From the plan's page through what will happen to the confirmed change; `fill` fills in the form, if there is one. */
async function change(v, gift, act, { fill, says: words, name }) {
  await go(v, gift.act(act));
  await v.arrive(new RegExp(`/portal/monthly/${gift.id}/${act}`), `the page ${act}`);
  if (fill) {
    await see(v, `monthly-${name}`);
    await fill();
    await go(v, 'form.edit button[type=submit]');
    await v.arrive(/look=yes[^#]*#what-will-happen$/, 'what will happen');
  }
  says(await v.page.locator('.confirm').innerText(), words, `what will happen (${act})`);
  await see(v, `monthly-${name}-look`);
  await go(v, '.confirm form.act button');
  await v.arrive(/\/portal\/monthly\?done=plan$/, 'the gifts, after a change');
  says(await v.notice(), /Your change is confirmed/, 'the notice');
  await see(v, 'monthly-changed', { dark: true });
}

// ── What is coming ──────────────────────────────────────────────────────────────────────────────────────────────

async function twelveComing(v) {
  await enterAs(v, ADA, { keys: true });
  await v.open('/portal');
  await v.enterAt('.plan-act a');
  await v.arrive(/\/portal\/monthly/, 'the monthly gift');
  assert.equal(await v.page.locator('.one-plan').count(), 1, 'one running gift');
  await see(v, 'monthly', { dark: true });
  await v.lookEnlarged('monthly');
  await v.enterAt('.one-plan details.more summary');
  const coming = v.page.locator('.one-plan .schedule li');
  assert.equal(await coming.count(), 12, 'coming gifts');
  const days = await coming.locator('time').evaluateAll((all) => all.map((t) => t.getAttribute('datetime')));
  assert.ok(days.every((day, i) => i === 0 || days[i - 1] < day), `the days come in order: ${days}`);
  assert.equal(new Set(days.map((day) => day.slice(0, 7))).size, 12, `one a month: ${days}`);
  assert.ok(await coming.last().isVisible(), 'the twelfth is seen once it is unfolded');
  await see(v, 'monthly-unfolded');
}

async function everyState(v) {
  await enterAs(v, MINA);
  const chips = await v.page.locator('.one-plan .plan-head .chip').allInnerTexts();
  for (const word of ['Not collected', 'Skipping one', 'Paused', 'Ending']) assert.ok(chips.includes(word), `${word} among ${chips}`);
  says(await v.page.locator('.ended').innerText(), /£5\.00[^]*as you asked/, 'what was stopped');
  await see(v, 'monthly-states', { dark: true });
  await v.lookEnlarged('monthly-states');
  for (const amount of ['£10.00', '£12.00', '£15.00']) {
    const given = panelOf(v, amount).locator('.schedule li:not(.skipped)');
    assert.equal(await given.count(), 12, `coming gifts of ${amount}, without those left out`);
  }
  const left = panelOf(v, '£10.00').locator('.schedule li.skipped');
  assert.equal(await left.count(), 1, 'one is left out');
  says(await left.innerText(), /Left out/, 'the one left out');
  says(await panelOf(v, '£20.00').innerText(), /The last one is on/, 'the one that ends');
}

// ── Changes ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function amountAndBack(v) {
  await enterAs(v, ADA, { keys: v.walk.includes('keys') });
  const gift = await plan(v);
  const before = SUM.exec(await gift.panel.locator('.plan-amount').innerText())[0];
  await go(v, gift.act('amount'));
  await v.arrive(/\/amount$/, 'the page that changes the amount');
  await see(v, 'monthly-amount', { dark: true });
  await v.lookEnlarged('monthly-amount');
  await write(v, '#amount', 'a lot');
  await go(v, 'form.edit button[type=submit]');
  await v.page.locator('#error-summary').waitFor();
  says(await v.page.title(), /^Another look/, 'the title of a page with a mistake');
  assert.equal(await v.page.inputValue('#amount'), 'a lot', 'what was typed is kept');
  assert.equal(await v.page.locator('.confirm').count(), 0, 'nothing can be done yet');
  await see(v, 'monthly-amount-mistake', { dark: true });
  await write(v, '#amount', '41');
  await go(v, 'form.edit button[type=submit]');
  await v.arrive(/amount=41[^#]*#what-will-happen$/, 'what will happen');
  const happens = await v.page.locator('.confirm').innerText();
  says(happens, new RegExp(`instead of ${before}`), 'what will happen');
  says(happens, /Nothing is charged today/, 'what will happen');
  await see(v, 'monthly-amount-look', { dark: true });
  const mail = await withMail(v, ADA, /You changed your monthly gift from/, 'mail-plan-changed', async () => {
    await go(v, '.confirm form.act button');
    await v.arrive(/\?done=plan$/, 'the gifts, after a change');
    says(await v.notice(), /Your change is confirmed/, 'the notice');
  });
  await see(v, 'monthly-amount-done');
  says(await (await plan(v, gift.amount)).panel.innerText(), /£41\.00/, 'the new amount');
  says(mail.text, new RegExp(`from ${before}`), 'the mail');

  const other = await v.elsewhere();
  other.keys = v.keys;
  await other.page.goto(mail.link);
  says(await other.heading(), /Take the change back/, 'the page of the link');
  says(await other.main(), new RegExp(`${before}[^]*instead of`), 'the page of the link');
  await see(other, 'link-undo', { dark: true });
  await withMail(v, ADA, /You changed your monthly gift from/, 'mail-plan-taken-back', async () => {
    await go(other, '.confirm form.act button');
    await other.arrive(/done=changed$/, 'the page of the link, afterwards');
    says(await other.notice(), /Your change is confirmed/, 'the notice');
    says(await other.heading(), /It is as it was before/, 'the page of the link, afterwards');
    await see(other, 'link-undo-done', { dark: true });
  });
  await other.page.goto(mail.link);
  says(await other.heading(), /can no longer be taken back/, 'the link once more');
  await see(other, 'link-undo-again', { dark: true });
  await plan(v);
  says(await v.page.locator('.one-plan .plan-amount').innerText(), new RegExp(before), 'the amount is back');
}

async function theOtherSettings(v) {
  const { page } = v;
  await enterAs(v, ADA, { keys: v.walk.includes('keys') });
  const value = (label) => page.locator('.one-plan .details > div', { has: page.locator('dt', { hasText: label }) }).first().locator('dd').first();
  let gift = await plan(v);
  const day = await value('Day').innerText();
  const wanted = day.includes('5th') ? '12th' : '5th';
  await withMail(v, ADA, /moves to another day/, 'mail-plan-day', () =>
    change(v, gift, 'day', { name: 'day', says: new RegExp(`The ${wanted} of the month`), fill: () => select(v, '#day', wanted) }));
  says(await value('Day').innerText(), new RegExp(wanted), 'the day');

  gift = await plan(v);
  const fund = await value('Goes to').innerText();
  await go(v, gift.act('fund'));
  await v.arrive(/\/fund$/, 'the page that changes the fund');
  const funds = page.locator('input[name=fund]');
  const others = await funds.evaluateAll((all) => all.map((i) => ({ value: i.value, words: i.closest('label').innerText.trim(), checked: i.checked })));
  const was = others.find((f) => f.checked);
  assert.ok(was && fund.startsWith(was.words), `${fund} is chosen among ${JSON.stringify(others)}`);
  const next = others[(others.indexOf(was) + 1) % others.length];
  gift = await plan(v);
  await withMail(v, ADA, /now goes to/, 'mail-plan-fund', () =>
    change(v, gift, 'fund', { name: 'fund', says: new RegExp(next.words), fill: () => pick(v, 'fund', next.value) }));
  says(await value('Goes to').innerText(), new RegExp(next.words), 'where it goes');

  for (const [frequency, words] of [['quarterly', 'Every three months'], ['monthly', 'Every month']]) {
    gift = await plan(v);
    await withMail(v, ADA, new RegExp(`You now give £[\\d.]+ ${words.toLowerCase()}`), 'mail-plan-often', () =>
      change(v, gift, 'frequency', { name: 'often', says: new RegExp(words), fill: () => pick(v, 'frequency', frequency) }));
    says(await value('How often').innerText(), new RegExp(words), 'how often');
  }

  for (const turn of [1, 2]) {
    gift = await plan(v);
    const covered = !/Not covered/.test(await value('Card fee').innerText());
    await change(v, gift, 'fee', { name: 'fee', says: /instead of/, fill: () => tick(v, '#cover_fee') });
    assert.equal(/Not covered/.test(await value('Card fee').innerText()), covered, `the fee, after turn ${turn}`);
  }
}

async function skipPauseAndLastDay(v) {
  await enterAs(v, MINA, { keys: v.walk.includes('keys') });
  let gift = await plan(v, '£10.00');
  assert.equal(gift.chip, 'Skipping one');
  await change(v, gift, 'resume', { name: 'resume', says: /Nothing any more/ });
  gift = await plan(v, '£10.00');
  assert.equal(gift.chip, 'Active', 'the gift that was skipped is given after all');
  await withMail(v, MINA, /is left out/, 'mail-plan-skipped', () => change(v, gift, 'skip', { name: 'skip', says: /Left out/ }));
  assert.equal((await plan(v, '£10.00')).chip, 'Skipping one');

  gift = await plan(v, '£15.00');
  assert.equal(gift.chip, 'Paused');
  await withMail(v, MINA, /goes on from/, 'mail-plan-resumed', () => change(v, gift, 'resume', { name: 'resume-paused', says: /Next gift/ }));
  gift = await plan(v, '£15.00');
  assert.equal(gift.chip, 'Active', 'the gift that was paused goes on');
  await withMail(v, MINA, /is paused; it goes on from/, 'mail-plan-paused', () =>
    change(v, gift, 'pause', { name: 'pause', says: /Left out/, fill: () => select(v, '#months', '3 months') }));
  gift = await plan(v, '£15.00');
  assert.equal(gift.chip, 'Paused');
  assert.ok((await gift.panel.locator('.schedule li.skipped').count()) >= 2, 'those left out are shown');

  gift = await plan(v, '£20.00');
  assert.equal(gift.chip, 'Ending');
  const last = await gift.panel.locator('.schedule li time').last().getAttribute('datetime');
  await withMail(v, MINA, /goes on until you stop it/, 'mail-plan-no-end', () =>
    change(v, gift, 'until', {
      name: 'until', says: /it goes on until you stop it/, fill: async () => {
        assert.equal(await v.page.inputValue('#date'), last, 'the last day is filled in');
        if (!v.keys) return v.page.fill('#date', '');
        // Each part of the field is emptied for itself.
        await v.tabTo('#date');
        for (const key of ['Backspace', 'ArrowRight', 'Backspace', 'ArrowRight', 'Backspace']) await v.page.keyboard.press(key);
        assert.equal(await v.page.inputValue('#date'), '', 'the day is taken away, by the keyboard');
      },
    }));
  gift = await plan(v, '£20.00');
  assert.equal(gift.chip, 'Active', 'the one that was to end goes on');
  await change(v, gift, 'until', { name: 'until-set', says: /Last gift/, fill: () => writeDay(v, '#date', last) });
  assert.equal((await plan(v, '£20.00')).chip, 'Ending');
}

// ── Stopping, and beginning again ───────────────────────────────────────────────────────────────────────────────

async function stopAndBeginAgain(v) {
  await enterAs(v, MINA, { keys: v.walk.includes('keys') });
  const amount = v.js ? '£10.00' : '£20.00';
  const gift = await plan(v, amount);
  let presses = 0;
  const press = (selector) => ((presses += 1), go(v, selector));
  const proof = await withMail(v, MINA, /Your monthly gift is stopped/, 'mail-plan-stopped', async () => {
    await press(gift.act('stop'));
    await v.arrive(/\/stop$/, 'the page that stops');
    says(await v.main(), /Nothing more is taken[^]*Or instead[^]*Pause[^]*Give less/, 'the page that stops');
    await see(v, 'monthly-stop', { dark: true });
    await v.lookEnlarged('monthly-stop');
    await press('.confirm form.act button');
    await v.arrive(/\/stopped$/, 'the page afterwards');
  });
  assert.equal(presses, 2, 'presses from the gift to the page that says it is stopped');
  says(await v.heading(), /^Your gift is stopped$/, 'the page afterwards');
  says(await v.main(), /Nothing more will be taken/, 'the page afterwards');
  await see(v, 'monthly-stopped', { dark: true });
  says(proof.text, new RegExp(`nothing more will be taken[^]*${amount}[^]*Stopped on`), 'the proof');
  if (v.js) await pick(v, 'reason', 'money');
  await write(v, '#words', 'Perhaps again in spring.');
  await go(v, 'form.edit button[type=submit]');
  await v.page.locator('.notice.success').waitFor();
  says(await v.main(), /Thank you for telling us/, 'the page after the reason');
  await see(v, 'monthly-stopped-thanked', { dark: true });

  await go(v, `a[href="/portal/monthly/${gift.id}/restart"]`);
  await v.arrive(/\/restart$/, 'the page that begins again');
  says(await v.main(), new RegExp(`${amount}[^]*First gift[^]*Nothing is charged today`), 'the page that begins again');
  await see(v, 'monthly-restart', { dark: true });
  await withMail(v, MINA, /Your monthly gift goes on$/, 'mail-plan-restarted', async () => {
    await go(v, '.confirm form.act button');
    await v.arrive(/done=plan_restart$/, 'the gifts again');
  });
  says(await v.notice(), /Your gift goes on/, 'the notice');
  await see(v, 'monthly-restarted');
  assert.equal((await plan(v, amount)).chip, 'Active', 'the gift that was begun again');

  // The link of the proof has nothing left to do.
  const other = await v.elsewhere();
  await other.page.goto(proof.link);
  assert.equal(await other.page.locator('.confirm').count(), 0, 'a gift is begun again once only, so the link offers it no more');
  await see(other, 'link-restart-again');
}

// ── Another card, and a gift that did not come through ──────────────────────────────────────────────────────────

async function payWith(v, method) {
  await v.atPaymentPage();
  if (!v.keys) return v.pay(method);
  await pick(v, 'method', method);
  return v.enterAt('form button[type=submit]');
}

async function anotherCard(v) {
  await enterAs(v, ADA, { keys: v.walk.includes('keys') });
  const gift = await plan(v);
  const paidWith = () => v.page.locator('.one-plan .details > div', { hasText: 'Paid with' }).locator('dd').first().innerText();
  const before = await paidWith();
  await go(v, gift.act('fix'));
  await v.arrive(/\/monthly\/[^/]+$/, 'the page for another card');
  says(await v.heading(), /Use another card or account/, 'the page for another card');
  await see(v, 'link-method', { dark: true });
  await go(v, 'form.act button');
  await v.atPaymentPage();
  says(await v.page.locator('body').innerText(), /Nothing is taken today/, 'the payment page');
  await v.look('pay-setup');
  await go(v, '.acts a');
  await v.arrive(/\/monthly\/.+back=/, 'back without a card');
  says(await v.notice(), /You left the page without a new card or account[^]*Nothing was changed/, 'the notice');
  await see(v, 'link-method-left', { dark: true });
  await plan(v);
  assert.equal(await paidWith(), before, 'the card is the one of before');

  const method = before.includes('3220') ? 'card-success' : 'card-3ds';
  await go(v, gift.act('fix'));
  await v.arrive(/\/monthly\/[^/]+$/, 'the page for another card');
  await withMail(v, ADA, /is now paid with/, 'mail-plan-method', async () => {
    await go(v, 'form.act button');
    await payWith(v, method);
    if (method === 'card-3ds') {
      await v.arrive(/\/3ds$/, "the bank's question");
      await go(v, 'button[value=approve]');
    }
    await v.arrive(/\/monthly\/.+back=/, 'back with a card');
    says(await v.notice(), /Your new card or account is in use/, 'the notice');
  });
  await see(v, 'link-method-done', { dark: true });
  await plan(v);
  says(await paidWith(), method === 'card-3ds' ? /3220/ : /4242/, 'the new card');
}

/** Mina's gift of £12, from the link of its mail, by somebody who is not signed in. It is put right for good. */
async function putRight(v) {
  v.keys = true;
  const mail = await v.letter(/Your gift of £12\.00 (still has|did) not come through/, { to: MINA });
  await see(v, 'mail-plan-failed', { page: v.post });
  await v.page.goto(linkIn(mail));
  says(await v.heading(), /Your gift did not come through/, 'the page of the link');
  says(await v.main(), /not enough money[^]*Nothing was taken[^]*£12\.00/, 'the page of the link');
  await see(v, 'link-fix', { dark: true });
  await v.lookEnlarged('link-fix');
  await v.enterAt('form.act:has(input[value=retry]) button');
  await v.arrive(/done=not_paid$/, 'the page of the link, after the same card');
  says(await v.notice(), /Your bank said no again[^]*Nothing was taken/, 'the notice');
  await see(v, 'link-fix-refused', { dark: true });
  await v.enterAt('form.act:has(input[value=method]) button');
  await payWith(v, 'card-success');
  await v.arrive(/back=/, 'the page of the link, after another card');
  says(await v.notice(), /Your new card or account is in use/, 'the notice');
  says(await v.heading(), /Your gift (goes on|is being collected)/, 'the page of the link, after another card');
  await see(v, 'link-fix-done', { dark: true });
  await v.letter(/Receipt for your gift of £12\.00/, { to: MINA });
  await enterAs(v, MINA, { keys: true });
  await until('the gift of £12 is active again', async () => (await plan(v, '£12.00')).chip === 'Active');
  assert.equal(await panelOf(v, '£12.00').locator('.todo').count(), 0, 'nothing is left to do');
  await see(v, 'monthly-put-right', { dark: true });
}

// ── Months later ────────────────────────────────────────────────────────────────────────────────────────────────

/** Links in mails get old. */
async function oldLink(v) {
  await enterAs(v, ADA);
  const gift = await plan(v);
  const mail = await withMail(v, ADA, /is left out/, 'mail-plan-skipped', () => change(v, gift, 'skip', { name: 'skip', says: /Left out/ }));
  await v.moveClock('month');
  await v.page.goto(mail.link);
  says(await v.heading(), /This link is too old/, 'a link of a month ago');
  await see(v, 'link-expired', { dark: true });
}

/** Mina wants to hear of ways to help, so after a year of giving she is asked whether she can give a little more. */
async function raise(v) {
  await enterAs(v, MINA);
  await v.open('/portal/preferences');
  await v.page.check('#updates_help');
  await v.button('Save my choices');
  const subject = /what a little more would do/;
  for (let month = 0; month < 12 && !(await newestAbout(v, subject, MINA)); month += 1) await v.moveClock('month');
  const mail = await v.letter(subject, { to: MINA });
  await see(v, 'mail-plan-raise', { page: v.post });
  const other = await v.elsewhere();
  await other.page.goto(linkIn(mail));
  says(await other.heading(), /Give a little more/, 'the page of the link');
  await see(other, 'link-raise', { dark: true });
  await other.lookEnlarged('link-raise');
  await other.press('input[name=add][value=own]');
  await other.page.fill('#own', '2');
  await other.button('Give more');
  says(await other.page.locator('#error-summary').innerText(), /Enter more than/, 'the errors');
  await see(other, 'link-raise-mistake', { dark: true });
  await other.press('input[name=add][value="5"]');
  await withMail(v, MINA, /You changed your monthly gift from/, 'mail-plan-raised', async () => {
    await other.button('Give more');
    await other.arrive(/done=changed$/, 'the page of the link, afterwards');
  });
  says(await other.notice(), /Your change is confirmed/, 'the notice');
  await see(other, 'link-raise-done', { dark: true });
}

export const MONTHLY_WALKS = [
  { name: 'monthly coming with keys only', walk: twelveComing },
  { name: 'monthly in every state', walk: everyState },
  { name: 'monthly amount with keys only', walk: amountAndBack },
  { name: 'monthly amount without script', walk: amountAndBack, js: false },
  { name: 'monthly settings', walk: theOtherSettings },
  { name: 'monthly settings with keys and without script', walk: theOtherSettings, js: false },
  { name: 'monthly skip and pause with keys only', walk: skipPauseAndLastDay },
  { name: 'monthly skip and pause without script', walk: skipPauseAndLastDay, js: false },
  { name: 'monthly stop with keys only', walk: stopAndBeginAgain },
  { name: 'monthly stop without script', walk: stopAndBeginAgain, js: false },
  { name: 'monthly another card with keys only', walk: anotherCard },
  { name: 'monthly another card without script', walk: anotherCard, js: false },
  { name: 'monthly put right with keys only', walk: putRight },
];

/** They move the clock by months. */
export const MONTHS_LATER = [
  { name: 'monthly old link', walk: oldLink },
  { name: 'monthly raise', walk: raise },
];
