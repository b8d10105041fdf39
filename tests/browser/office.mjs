// The walks of the charity's staff: password and code, a passkey, what each role sees and does.
import assert from 'node:assert/strict';
import { until } from './demo.mjs';
import { says } from './says.mjs';

const PASSWORD = 'paper boats at noon';
export const FINANCE = 'fiona.hale@lantern.example';
const SUPPORT = 'sol.ferris@lantern.example';
const ADMIN = 'amara.diaz@lantern.example';

/** The code that works now, and was not used before, from the page that stands in for the telephones. */
async function codeOf(v, email) {
  v.used ??= new Set();
  const at = new URL('/demo/codes', v.demo.urls.give).href;
  return until(`a new code of ${email}`, async () => {
    const page = await (await fetch(at)).text();
    const card = page.split('<li>').find((part) => part.includes(email));
    const code = /id="code-\d">(\d{6})</.exec(card ?? '')?.[1];
    return code && !v.used.has(code) && v.used.add(code) && code;
  }, 70_000);
}

async function withCode(v, email) {
  await v.page.fill('#code', await codeOf(v, email));
  await v.page.locator('form:has(#code) button').click();
}

// Passwords are tried five times, then one in three minutes: who is inside in one walk is so in the next.
const inside = new Map();

/** Comes into the office: as in the walk before, or by a sign-in. A code that another walk has just used is waited out. */
export async function enterOffice(v, email) {
  if (inside.has(email)) {
    await v.context.addCookies(inside.get(email));
    await v.open('/staff');
    if (/\/staff$/.test(v.page.url())) return;
  }
  await v.open('/staff/sign-in');
  await v.page.fill('#email', email);
  await v.page.fill('#password', PASSWORD);
  await v.button('Go on');
  for (let tries = 0; tries < 3; tries += 1) {
    await withCode(v, email);
    await v.page.waitForLoadState();
    if (!v.page.url().includes('/second-factor')) break;
  }
  await v.arrive(/\/staff$/, 'the first page of the office');
  inside.set(email, (await v.context.cookies()).filter((c) => c.name === 'almoner-staff'));
}

async function proveIfAsked(v, email) {
  for (let tries = 0; tries < 3 && v.page.url().includes('/staff/prove'); tries += 1) {
    await withCode(v, email);
    await v.page.waitForLoadState();
  }
}

async function intoTheOffice(v) {
  await v.open('/staff');
  await v.arrive(/\/staff\/sign-in\?/, 'the sign-in page of the office');
  says(await v.notice(), /Sign in to see this page/, 'the notice');
  await v.look('office-sign-in', { dark: true });
  await v.page.fill('#email', FINANCE);
  await v.page.fill('#password', 'not the right one');
  await v.button('Go on');
  says(await v.page.locator('#error-summary').innerText(), /do not belong together/, 'the error');
  await v.page.fill('#password', PASSWORD);
  await v.button('Go on');
  await v.arrive(/second-factor/, 'the second factor');
  await v.look('office-second-factor');
  await v.page.fill('#code', '000000');
  await v.page.locator('form:has(#code) button').click();
  says(await v.page.locator('#error-summary').innerText(), /does not fit/, 'the error');
  await enterOffice(v, FINANCE);
  says(await v.heading(), /^Today$/, 'the first page');
  await v.look('office-today', { dark: true });
  await v.open('/demo/codes');
  await v.look('office-codes');
  await v.open('/staff/audit');
  says(await v.main(), /staff\.signed_in/, 'the audit');
  await v.look('office-audit', { dark: true });
  const answer = await v.page.goto(new URL('/staff/people', v.demo.urls.give).href);
  assert.equal(answer.status(), 403, 'finance does not manage staff');
  await v.open('/staff');
  await v.menu('Sign out');
  await v.arrive(/\/staff\/sign-in\?why=out/, 'the sign-in page of the office');
}

async function people(v) {
  await enterOffice(v, ADMIN);
  await v.look('office-today-admin');
  await v.open('/staff/people');
  await v.look('office-people');
  await v.link('Invite somebody');
  await proveIfAsked(v, ADMIN);
  await v.look('office-invite');
  await v.button('Make the link');
  says(await v.page.locator('#error-summary').innerText(), /Choose one role/, 'the errors');
  await v.look('office-invite-wrong');
  const email = `new.${Date.now().toString(36)}@lantern.example`;
  await v.page.fill('#email', email);
  await v.page.check('#support');
  await v.button('Make the link');
  const link = (await v.page.locator('.copy code').innerText()).trim();
  await v.look('office-invitation');
  await v.open('/staff/settings');
  await v.look('office-settings', { dark: true });
  await v.page.getByRole('link', { name: 'Set days' }).first().click();
  await v.look('office-days');
  return { email, link };
}

/** An authenticator inside the browser: it answers as a telephone would whose owner has touched it. */
async function virtualAuthenticator(v) {
  const client = await v.context.newCDPSession(v.page);
  await client.send('WebAuthn.enable');
  await client.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
}

async function invitedByPasskey(v) {
  const { email, link } = await people(v);
  const other = await v.elsewhere();
  await virtualAuthenticator(other);
  await other.page.goto(link);
  await other.look('office-welcome', { dark: true });
  await other.link('Use a passkey instead');
  await other.look('office-welcome-passkey');
  await other.page.fill('#name', 'Nell Marlow');
  await other.page.fill('#password', 'seven kettles hum softly');
  await other.button('Make the passkey and go on');
  await other.page.locator('h1', { hasText: 'You are set up' }).waitFor();
  await other.look('office-recovery-codes');
  await other.link('Go to the office');
  await other.open('/staff/you');
  says(await other.main(), /Passkeys/, 'the page about oneself');
  await other.look('office-you', { dark: true });
  await other.menu('Sign out');
  await other.page.fill('#email', email);
  await other.page.fill('#password', 'seven kettles hum softly');
  await other.button('Go on');
  await other.look('office-second-factor-passkey');
  await other.button('Use the passkey');
  await other.arrive(/\/staff$/, 'the office, by passkey');
  await other.page.goto(link);
  says(await other.heading(), /no longer works/, 'the invitation, used');
  await other.look('office-invitation-used');
}

async function supportSeesItsPart(v) {
  await enterOffice(v, SUPPORT);
  const menu = await v.page.locator('.site-nav').first().innerText();
  assert.ok(!/Exports|Settings|Staff|Enter gifts/.test(menu), `support's menu has no more than its part:\n${menu}`);
  await v.look('office-today-support');
}

// ── Finding, and a record ───────────────────────────────────────────────────────────────────────────────────────

async function find(v, words) {
  await v.open('/staff');
  await v.page.fill('#q', words);
  await v.button('Find');
  await v.page.waitForLoadState();
}

async function findAndLook(v) {
  await enterOffice(v, FINANCE);
  await find(v, 'marsh');
  await v.look('office-found', { dark: true });
  await find(v, 'ada.marsh@donors.example');
  await v.arrive(/\/staff\/donors\/dnr_/, 'the donor of a mailbox');
  says(await v.heading(), /Ada Marsh/, 'the donor');
  await v.look('office-donor', { dark: true });
  for (const [tab, name] of [['Monthly', 'monthly'], ['Details', 'details'], ['Mail', 'mail'], ['Notes', 'notes'], ['History', 'history']]) {
    await v.page.locator('.tabs').getByRole('link', { name: tab }).click();
    await v.page.waitForLoadState();
    await v.look(`office-donor-${name}`);
  }
  await v.open('/staff/donors');
  await v.look('office-donors', { dark: true });
  await v.open('/staff/gifts');
  await v.look('office-gifts', { dark: true });
  await v.page.locator('.data tbody a').first().click();
  await v.arrive(/\/staff\/gifts\/gift_/, 'a gift');
  await v.look('office-gift', { dark: true });
  await find(v, 'nobody of this name');
  await v.look('office-found-nothing');
  await v.open('/staff/disputes');
  await v.look('office-disputes');
  await payouts(v);
}

/** From the list to a payout, to the lines of one kind, to a gift and back to its payout; the month's balance. */
async function payouts(v) {
  await v.open('/staff/payouts');
  await v.look('office-payouts', { dark: true });
  await v.page.locator('.data tbody a').first().click();
  await v.arrive(/\/staff\/payouts\//, 'a payout');
  says(await v.page.locator('main').innerText(), /It is made of/, 'what it is made of');
  await v.look('office-payout', { dark: true });
  await v.page.getByRole('link', { name: 'Gifts', exact: true }).last().click();
  await v.arrive(/of=charge/, 'its gifts');
  await v.page.locator('.data').last().locator('tbody a').first().click();
  await v.arrive(/\/staff\/gifts\/gift_/, 'a gift it carried');
  await v.page.getByRole('link', { name: /^po_/ }).click();
  await v.arrive(/\/staff\/payouts\//, 'its payout again');
  await v.open('/staff/balance');
  await v.look('office-balance', { dark: true });
}

/** What came in, by month and by fund; from a fund to its months, to the movements of a figure. */
async function reports(v) {
  await v.open('/staff/reports?entity=uk');
  says(await v.main(), /Given by month/, 'the chart');
  await v.look('office-report', { dark: true });
  await v.open('/staff/reports?entity=uk&by=fund');
  await v.look('office-report-funds', { dark: true });
  await v.page.locator('.data tbody a').first().click();
  await v.arrive(/fund=/, 'the months of a fund');
  await v.page.locator('.data tbody a[href*="share=gross"]').first().click();
  await v.arrive(/\/entries\?.*share=gross/, 'what a figure is made of');
  await v.open('/staff/reports?by=entity');
  await v.look('office-report-entities');
}

/** The other reports: each figure leads to what it is made of. */
async function moreReports(v) {
  await enterOffice(v, FINANCE);
  await v.open('/staff/reports/programme');
  says(await v.main(), /Month by month/, 'the months of the programme');
  await v.look('office-programme', { dark: true });
  await savedAsPicture(v);
  await v.page.locator('.data tbody td a').first().click();
  await v.arrive(/\/programme\/plans\?/, 'the plans behind a figure');
  await v.look('office-programme-plans');
  await v.open('/staff/reports/gift-aid');
  await v.look('office-report-gift-aid', { dark: true });
  await v.page.locator('.data tbody td a').first().click();
  await v.arrive(/\/gift-aid\/gifts\?/, 'the gifts of a deadline');
  await v.open('/staff/reports/receipts');
  await v.look('office-report-receipts', { dark: true });
}

/** The picture that a chart can be saved as is one. */
async function savedAsPicture(v) {
  const picture = await v.page.getByRole('link', { name: /Save the chart as a picture/ }).first().getAttribute('href');
  const sheet = await v.context.newPage();
  await sheet.setContent(`<img src="${picture}" alt="">`);
  const width = await sheet.locator('img').evaluate(async (img) => (await img.decode(), img.naturalWidth));
  if (width !== 960) throw new Error(`the picture is ${width} wide`);
  await sheet.screenshot({ path: new URL('shots/office-chart.png', import.meta.url).pathname });
  await sheet.close();
}

/** A file of another system is looked at, brought in and taken back. */
async function fromElsewhere(v) {
  await enterOffice(v, FINANCE);
  await v.open('/staff/imports');
  await v.look('office-imports', { dark: true });
  const stamp = Date.now().toString(36);
  // Of the month that goes on: older ones are closed by the walk before.
  const first = `${new Date().toISOString().slice(0, 7)}-01`;
  const rows = ['external_id,received_on,amount,email,given_name,family_name', `${stamp}-1,${first},25.00,una@walks.example,Una,Reed`,
    `${stamp}-2,${first},12.50,una@walks.example,Una,Reed`, `${stamp}-3,2024-06-31,12.50,una@walks.example,Una,Reed`];
  await v.page.selectOption('#to', 'uk:GBP');
  await v.page.selectOption('#fund', { index: 1 });
  await v.page.selectOption('#dates', '%Y-%m-%d');
  await v.page.setInputFiles('#file', { name: 'history.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
  await v.page.locator('main form button[type=submit]').first().click();
  await v.arrive(/\/staff\/imports\/imp_/, 'the file');
  says(await v.main(), /Bring 2 gifts in/, 'two rows are good');
  says(await v.main(), /is no day/, 'and one is not');
  await v.look('office-import', { dark: true });
  const file = v.page.url().split('?')[0];
  await v.page.getByRole('button', { name: /Bring 2 gifts in/ }).click();
  await v.page.waitForLoadState();
  await proveIfAsked(v, FINANCE);
  await until('the file is in the books', async () => {
    await v.page.goto(file);
    return /No difference/.test(await v.main());
  });
  await v.look('office-import-done');
  await v.page.fill('#why', 'The wrong file');
  await v.page.getByRole('button', { name: 'Take it back' }).click();
  await v.page.waitForLoadState();
  await until('the file is taken back', async () => {
    await v.page.goto(file);
    return /Taken back/.test(await v.main());
  });
  await declarationsFromElsewhere(v, stamp);
}

async function declarationsFromElsewhere(v, stamp) {
  await v.open('/staff/imports/declarations');
  await v.look('office-import-declarations', { dark: true });
  const rows = ['external_id,declared_on,covers,made_by,evidence,given_name,family_name,email,address_line1,city,postcode,country',
    `${stamp}-d,2024-05-01,future,paper,Binder 12,Una,Reed,una@walks.example,1 Lantern Lane,Exampleton,EX1 1AA,GB`,
    `${stamp}-e,2024-05-01,future,web,,Una,Reed,una@walks.example,1 Lantern Lane,Exampleton,EX1 1AA,GB`];
  await v.page.setInputFiles('#file', { name: 'declared.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
  await v.page.locator('main form button[type=submit]').first().click();
  await v.arrive(/\/staff\/imports\/imp_/, 'the file of declarations');
  says(await v.main(), /Bring 1 declaration in/, 'one row is good');
  says(await v.main(), /a row in a file is none/, 'and one lacks its evidence');
  await v.look('office-import-declared');
}

/** Two records become one and two again; somebody is forgotten. */
async function mergeAndForget(v) {
  await enterOffice(v, FINANCE);
  await aGift(v);
  await aGift(v);
  await v.open('/staff/duplicates');
  says(await v.main(), /Look at both/, 'two of one name');
  await v.look('office-duplicates', { dark: true });
  await v.page.goBack();
  await v.page.locator('main a[href^="/staff/donors/dnr_"]').first().click();
  await v.arrive(/\/staff\/donors\/dnr_/, 'the donor');
  const donor = new URL(v.page.url()).pathname;
  await v.link(/^Merge$/);
  await proveIfAsked(v, FINANCE);
  await v.look('office-merge');
  await v.page.fill('#q', 'marsh');
  await v.page.locator('main form button[type=submit]').first().click();
  await v.page.waitForLoadState();
  await v.page.locator('.data tbody a').first().click();
  await v.arrive(/merge\?donor=/, 'the two side by side');
  if (await v.page.getByRole('link', { name: 'Begin from the other one' }).count()) {
    await v.link(/Begin from the other one/);
  }
  await v.look('office-merge-pair', { dark: true });
  await v.page.locator('main form button[type=submit]').first().click();
  await v.page.waitForLoadState();
  says(await v.main(), /Say why/, 'a reason is asked for');
  await v.page.fill('#why', 'They told us by telephone');
  await v.page.locator('main form button[type=submit]').first().click();
  await v.arrive(/done=merged/, 'the donor again');
  says(await v.notice(), /The two are one/, 'the notice');
  await v.link(/^Merge$/);
  await v.look('office-merge-before');
  await v.link(/Make them two again/);
  await v.page.fill('#why', 'They are mother and daughter');
  await v.look('office-merge-undo');
  await v.page.getByRole('button', { name: 'Make them two again' }).click();
  await v.arrive(/done=unmerged/, 'the one that was merged');
  await v.open(`${donor}/rights`);
  await v.look('office-rights', { dark: true });
  await v.page.fill('#why', 'By letter of 3 May');
  await v.page.check('#sure');
  await v.page.getByRole('button', { name: 'Forget this donor' }).click();
  await v.arrive(/done=forgetting/, 'it is written down');
  await until('they are forgotten', async () => {
    await v.open(`${donor}/rights`);
    return /Kept for the law/.test(await v.main());
  });
  await v.look('office-rights-done');
}

/** A month is closed by its page: the one after the last closed, or the fifth from the end when none is. */
async function closeAMonth(v) {
  await enterOffice(v, FINANCE);
  await reports(v);
  await v.open('/staff/months');
  await v.look('office-months', { dark: true });
  const states = await v.page.locator('.data tbody tr').allInnerTexts();
  const closed = states.findIndex((row) => /Closed/.test(row));
  const wanted = closed > 0 ? closed - 1 : 4;
  await v.page.locator('.data tbody tr').nth(wanted).locator('a').first().click();
  await v.arrive(/\/staff\/months\/uk\/\d{4}-\d{2}/, 'a month');
  const open = await v.main();
  says(open, /In order/, 'the checklist');
  await v.look('office-month-open', { dark: true });
  await v.page.getByRole('button', { name: /^Close / }).click();
  await v.arrive(/done=closed/, 'the month again');
  says(await v.notice(), /is closed/, 'the notice');
  await v.look('office-month-closed', { dark: true });
  await v.page.locator('.data tfoot a').first().click();
  await v.arrive(/\/entries/, 'what a figure is made of');
  await v.look('office-month-entries');
  await v.page.locator('.data tbody a').first().click();
  await v.arrive(/\/staff\/gifts\/gift_/, 'a gift of the month');
  await v.page.goBack();
  await v.page.goBack();
  await v.page.getByRole('link', { name: 'Journal' }).click();
  await v.arrive(/\/journal$/, 'its journal');
  says(await v.main(), /Batch [0-9a-f]{12}/, 'the batch');
  await v.look('office-journal', { dark: true });
}

// ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The page of a gift that a visitor has just given by card. */
async function aGift(v) {
  const donor = await v.elsewhere();
  donor.email = `${v.walk.replaceAll(' ', '-')}.${Date.now().toString(36)}@walks.example`;
  await donor.openForm();
  await donor.choose('once', 50);
  await donor.introduce();
  await donor.sendAndPay('card-success');
  await donor.atThanks('Received');
  const receipt = await donor.onlyReceipt();
  await find(v, receipt.number);
  await v.arrive(/\/staff\/gifts\/gift_/, 'the gift of a receipt');
}

async function giveBackAndCorrect(v) {
  await enterOffice(v, FINANCE);
  await aGift(v);
  const gift = v.page.url();
  await v.link(/Give back/);
  await v.arrive(/\/refund/, 'the page of a refund');
  await v.look('office-refund');
  await v.page.fill('#amount', '20');
  await v.page.locator('input[name=reason]').first().check();
  await v.page.fill('#why', 'Meant to give thirty');
  await v.page.locator('main form button[type=submit]').first().click();
  await v.page.waitForLoadState();
  await proveIfAsked(v, FINANCE);
  says(await v.main(), /£30\.00/, 'what remains');
  await v.look('office-refund-preview', { dark: true });
  await v.page.locator('.confirm button').click();
  await v.arrive(/\/staff\/(gifts|refunds)/, 'what came of it');
  await until('the refund was booked', async () => {
    await v.page.goto(gift);
    return /£30\.00/.test(await v.main());
  });
  await v.look('office-gift-refunded');
  await v.link(/Correct/);
  await v.look('office-correct');
}

// ── By hand ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function byHand(v) {
  await enterOffice(v, FINANCE);
  await v.open('/staff/offline');
  await v.look('office-offline', { dark: true });
  await v.open('/staff/offline/new');
  await v.look('office-offline-new');
  await v.open('/staff/offline/batches/new');
  await v.look('office-batch-new');
  await v.open('/staff/offline');
  await v.page.getByRole('link', { name: /carol service/ }).first().click();
  await v.look('office-batch');
  await v.open('/staff/offline/bank');
  await v.look('office-bank');
}

async function takeOut(v) {
  await enterOffice(v, FINANCE);
  await v.open('/staff/exports');
  await v.look('office-exports', { dark: true });
}

export const OFFICE_WALKS = [
  { name: 'into the office', walk: intoTheOffice },
  { name: 'invited to the office by passkey', walk: invitedByPasskey },
  { name: 'support sees its part', walk: supportSeesItsPart },
  { name: 'the office finds and looks', walk: findAndLook },
  { name: 'the office closes a month', walk: closeAMonth },
  { name: 'the office reads its reports', walk: moreReports },
  { name: 'the office merges and forgets', walk: mergeAndForget },
  { name: 'the office brings in from elsewhere', walk: fromElsewhere },
  { name: 'the office gives back and corrects', walk: giveBackAndCorrect },
  { name: 'the office enters by hand', walk: byHand },
  { name: 'the office takes out', walk: takeOut },
  { name: 'into the office without script', walk: (v) => enterOffice(v, SUPPORT), js: false },
];
