// The walks about tax: statements, receipts, Gift Aid, as a donor and in the office.
import assert from 'node:assert/strict';
import { FINANCE, enterOffice } from './office.mjs';
import { says } from './says.mjs';

const MUCH = 'ada.marsh@donors.example';
const PASSWORD = 'paper boats at noon';

async function donorsTax(v) {
  await v.signIn(MUCH, PASSWORD);
  await v.open('/portal/statements');
  says(await v.page.locator('h1').innerText(), /Tax statements/, 'the heading');
  await v.look('statements', { dark: true });
  await v.page.getByRole('link', { name: /^See 20/ }).last().click();
  await v.look('statement-year', { dark: true });
  await v.open('/portal/statements');
  const pdf = await v.page.getByRole('link', { name: /Download statement/ }).first().getAttribute('href');
  const answer = await v.page.request.get(new URL(pdf, v.page.url()).href);
  assert.equal(answer.headers()['content-type'], 'application/pdf');
  assert.equal((await answer.body()).subarray(0, 5).toString(), '%PDF-');
  await v.open('/portal/gift-aid');
  await v.look('gift-aid', { dark: true });
  await v.open('/portal/gift-aid/sign/uk');
  await v.look('gift-aid-sign');
  await v.button('Make the declaration').catch(() => v.page.locator('main form button').last().click());
  assert.equal(await v.page.locator('#error-summary').count() > 0, true, 'a declaration without a tick is refused');
  await v.look('gift-aid-sign-wrong');
}

async function anybodyChecks(v) {
  await v.open('/check');
  await v.look('check');
  await v.page.fill('#code', '0000-0000-0000-0000-0000');
  await v.button('Check it');
  says(await v.page.locator('main').innerText(), /We know of no document with this code/, 'the answer');
  await v.look('check-unknown');
}

async function officesTax(v) {
  await enterOffice(v, FINANCE);
  for (const [path, name] of [['/staff/statements', 'office-statements'], ['/staff/receipts', 'office-receipts'], ['/staff/gift-aid', 'office-gift-aid']]) {
    await v.open(path);
    await v.look(name, { dark: true });
  }
  await v.open('/staff/statements');
  await v.page.locator('main table a').first().click();
  await v.look('office-statement-run');
  await v.open('/staff/gifts');
  await v.page.locator('main table a').first().click();
  const gift = v.page.url();
  await v.open(`${new URL(gift).pathname}/benefit`);
  await v.look('office-benefit');
}

async function officePutsRight(v) {
  await enterOffice(v, FINANCE);
  await v.look('office-today-all', { dark: true });
  await v.open('/staff/health');
  says(await v.page.locator('h1').innerText(), /Health/, 'the heading');
  await v.look('office-health', { dark: true });
  await v.open('/staff/gifts');
  await v.page.locator('main table a').first().click();
  const gift = new URL(v.page.url()).pathname;
  await v.open(`${gift}/gift-aid`);
  await v.look('office-gift-gift-aid');
  await v.open(gift);
  await v.page.locator('main a[href^="/staff/donors/dnr_"]').first().click();
  const donor = new URL(v.page.url()).pathname;
  await v.open(`${donor}/put-right`);
  await v.page.fill('#family_name', '');
  await v.button('Save');
  assert.equal(await v.page.locator('#error-summary').count() > 0, true, 'a name and a reason are wanted');
  await v.look('office-put-right-wrong');
  await v.page.fill('#family_name', 'Fairweather');
  await v.page.fill('#why', 'By letter of 3 May');
  await v.button('Save');
  says(await v.page.locator('main').innerText(), /The details are put right/, 'the notice');
  await v.look('office-put-right-done');
}

export const TAX_WALKS = [
  { name: 'the office puts details right and looks at the house', walk: officePutsRight },
  { name: 'tax as a donor sees it', walk: donorsTax },
  { name: 'tax papers are checked by anybody', walk: anybodyChecks },
  { name: 'tax in the office', walk: officesTax },
];
