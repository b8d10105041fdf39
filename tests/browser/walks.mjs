// The walks, each by a visitor of its own with a mailbox of its own. The sums are those of the demo's charity.
import assert from 'node:assert/strict';
import { MONTHLY_WALKS, MONTHS_LATER } from './monthly.mjs';
import { OFFICE_WALKS } from './office.mjs';
import { TAX_WALKS } from './tax.mjs';
import { PORTAL_WALKS } from './portal.mjs';
import { says } from './says.mjs';

// £25 with the card fee covered: 1.5 % and 20p, rounded up so that the whole £25 arrives.
const WITH_FEE = '£25.59';

async function startAndNotFound(v) {
  await v.page.goto(v.demo.urls.start);
  await v.look('start', { dark: true });
  const answer = await v.page.goto(new URL('/no-such-page', v.demo.urls.give).href);
  assert.equal(answer.status(), 404);
  says(await v.page.locator('h1').innerText(), /could not find/, 'the page that is not there');
  await v.look('not-found');
}

async function giveOnceWithEverything(v) {
  await v.openForm();
  await v.look('give', { dark: true });
  await v.choose('once', 25);
  await v.page.check('#cover_fee');
  await v.introduce();
  await v.declareGiftAid();
  if (v.js) {
    says(await v.page.locator('#give-button').innerText(), new RegExp(WITH_FEE), 'the button');
    await v.look('give-filled-in', { dark: true });
  }
  await v.send();
  await v.atPaymentPage();
  assert.equal(await v.total(), WITH_FEE, 'the sum on the payment page');
  await v.look('pay');
  await v.pay('card-success');
  const thanks = await v.atThanks('Received');
  says(thanks, /Thank you/, 'the thank-you page');
  says(thanks, new RegExp(WITH_FEE), 'the thank-you page');
  await v.look('thanks-received');
  const receipt = await v.onlyReceipt();
  says(receipt.text, new RegExp(WITH_FEE), 'the receipt');
  says(receipt.text, /Gift Aid/, 'the receipt');
  await v.look('mailbox', { page: v.post });
  await v.post.goto(receipt.url);
  await v.look('mail-receipt', { page: v.post });
}

async function declinedThenPaid(v) {
  await v.openForm();
  await v.choose('once', 50);
  await v.introduce();
  await v.sendAndPay('card-declined');
  const alert = v.page.locator('[role=alert]');
  await alert.waitFor();
  says(await alert.innerText(), /declined/i, 'the payment page');
  await v.look('pay-declined');
  await v.pay('card-success');
  await v.atThanks('Received');
  const receipt = await v.onlyReceipt();
  says(receipt.text, /£50\.00/, 'the receipt');
  assert.equal((await v.mails()).length, 1, 'mails after one decline and one gift');
}

async function monthlyAndAMonthLater(v) {
  await v.openForm();
  await v.choose('monthly', 20);
  await v.look('give-monthly');
  await v.introduce();
  await v.sendAndPay('card-success');
  const thanks = await v.atThanks('Received');
  says(thanks, /Every month/, 'the thank-you page');
  await v.look('thanks-monthly');
  const first = await v.onlyReceipt(/Gift 1 of your monthly gift/);
  await v.moveClock(/month/i);
  const second = await v.mailAbout(/Gift 2 of your monthly gift/, 'the second receipt');
  const number = /\b[A-Z0-9]{1,8}-\d{4}-\d{8}\b/.exec(second.text)?.[0];
  assert.ok(number && number !== first.number, `the second receipt needs a number of its own, not ${number}`);
}

async function directDebit(v) {
  await v.openForm();
  await v.choose('once', 100);
  await v.introduce();
  await v.sendAndPay('bacs-success');
  const thanks = await v.atThanks('On its way');
  says(thanks, /with your bank/, 'the thank-you page');
  await v.look('thanks-confirming');
  const here = v.page.url();
  await v.mailAbout(/We have your instruction for £100\.00/, 'the confirmation before the money');
  assert.ok(!(await v.mails()).some((m) => /Receipt number/.test(m.text)), 'a receipt came before the money');
  await v.moveClock(/week/i);
  await v.onlyReceipt();
  await v.page.goto(here);
  await v.atThanks('Received');
}

async function backWithoutPaying(v) {
  await v.openForm();
  await v.choose('once', 25);
  await v.introduce();
  await v.send();
  await v.atPaymentPage();
  const hosted = v.page.url();
  await v.page.getByRole('link', { name: /Back/ }).click();
  const thanks = await v.atThanks('Not completed');
  says(thanks, /Nothing was taken/, 'the thank-you page');
  await v.look('thanks-not-completed');
  await v.page.locator('main form button[type=submit]').click();
  await v.atPaymentPage();
  assert.equal(v.page.url(), hosted, 'trying again leads to the same payment page');
  assert.equal((await v.mails()).length, 0, 'mails when nothing was paid');
}

async function mistakes(v) {
  await v.openForm();
  await v.press('#frequency-once');
  await v.page.fill('#amount_other', '10,00');
  await v.page.check('#cover_fee');
  await v.page.locator('details.more > summary').click();
  await v.page.fill('#note', 'For Grace, who walked with me.');
  await v.page.fill('#given_name', 'Ada');
  await v.page.fill('#email', 'ada at walks');
  await v.send();
  const summary = v.page.locator('#error-summary');
  await summary.waitFor();
  assert.ok(await summary.evaluate((e) => e === document.activeElement), 'the error summary has the focus');
  says(await v.page.title(), /^Another look/, 'the title');
  await v.look('give-mistakes', { dark: true });
  const links = await summary.locator('a').all();
  const targets = [];
  for (const link of links) {
    const id = (await link.getAttribute('href')).slice(1);
    targets.push(id);
    const control = v.page.locator(`[id="${id}"]`);
    assert.equal(await control.count(), 1, `the summary's link #${id} leads to one control`);
    await link.click();
    assert.ok(await control.evaluate((e) => e === document.activeElement), `the summary's link moves the focus to #${id}`);
    assert.equal(await control.getAttribute('aria-invalid'), 'true', `#${id} is marked as wrong`);
  }
  assert.deepEqual(targets, ['amount_other', 'family_name', 'email'], 'what the summary names, in the order of the form');
  const kept = { amount_other: '10,00', note: 'For Grace, who walked with me.', given_name: 'Ada', email: 'ada at walks' };
  for (const [id, value] of Object.entries(kept)) assert.equal(await v.page.inputValue(`#${id}`), value, `#${id} keeps what was typed`);
  assert.ok(await v.page.isChecked('#cover_fee'), 'the tick is kept');
  assert.ok(await v.page.isChecked('#frequency-once'), 'the frequency is kept');
  await v.page.fill('#amount_other', '10.00');
  await v.page.uncheck('#cover_fee');
  await v.introduce();
  await v.send();
  await v.atPaymentPage();
  assert.equal(await v.total(), '£10.00');
}

async function secure(v) {
  await v.openForm();
  await v.choose('once', 25);
  await v.introduce();
  await v.sendAndPay('card-3ds');
  await v.arrive(/\/3ds$/, "the bank's question");
  await v.look('3ds');
  await v.page.getByRole('button', { name: 'Approve' }).click();
  await v.atThanks('Received');
  await v.onlyReceipt();
}

async function keysOnly(v) {
  const keys = v.page.keyboard;
  await v.openForm();
  await keys.press('Tab');
  assert.ok(await v.page.evaluate(() => document.activeElement.matches('.skip')), 'the first stop is the skip link');
  await v.tabTo('[name=frequency]');
  await v.arrowTo('ArrowLeft', '#frequency-once');
  await v.tabTo('[name=amount_once]');
  const values = await v.page.locator('[name=amount_once]').evaluateAll((all) => all.map((i) => i.value));
  await v.arrowTo('ArrowLeft', `[name=amount_once][value="${values.find((x) => Number(x) === 25)}"]`);
  await v.tabTo('#cover_fee');
  await keys.press('Space');
  const typed = { given_name: 'Ada', family_name: 'Walker', email: v.email };
  for (const [id, value] of Object.entries(typed)) {
    await v.tabTo(`#${id}`);
    await keys.type(value);
  }
  await v.tabTo('#gift_aid');
  await keys.press('Space');
  const home = { address_line1: '1 Lantern Yard', city: 'London', postcode: 'SW1A 1AA' };
  for (const [id, value] of Object.entries(home)) {
    await v.tabTo(`#${id}`);
    await keys.type(value);
  }
  await v.tabTo('#give-button');
  await v.patience();
  await keys.press('Enter');
  await v.atPaymentPage();
  assert.equal(await v.total(), WITH_FEE);
}

/** In this order: those that move the clock come last, because all share one demo. */
export const WALKS = [
  { name: 'start and not found', walk: startAndNotFound },
  { name: 'give once', walk: giveOnceWithEverything },
  { name: 'give once without script', walk: giveOnceWithEverything, js: false },
  { name: 'declined then paid', walk: declinedThenPaid },
  { name: 'back without paying', walk: backWithoutPaying },
  { name: 'mistakes on the form', walk: mistakes },
  { name: 'three d secure', walk: secure },
  { name: 'keys only', walk: keysOnly },
  ...PORTAL_WALKS,
  ...MONTHLY_WALKS,
  ...OFFICE_WALKS,
  ...TAX_WALKS,
  { name: 'direct debit and a week', walk: directDebit },
  { name: 'monthly and a month', walk: monthlyAndAMonthLater },
  ...MONTHS_LATER,
];
