// The walks of a donor with an account: signing in and up, the gifts, the receipts, the details, the choices.
// The people are those the demo prints; whoever changes something of theirs is a new one, so that each walk finds the
// world as the demo made it.
import assert from 'node:assert/strict';
import { says } from './says.mjs';

const PASSWORD = 'paper boats at noon';
const MUCH = 'ada.marsh@donors.example';
const ONE = 'jonah.reed@donors.example';
const NUMBER = /\b[A-Z0-9]{1,8}-\d{4}-\d{8}\b/;
const SUM = /£[\d,]+\.\d\d/;

// ── Signing in ──────────────────────────────────────────────────────────────────────────────────────────────────

async function signInWithKeys(v) {
  const keys = v.page.keyboard;
  await v.open('/portal/gifts');
  await v.arrive(/\/sign-in\?/, 'the sign-in page');
  says(await v.notice(), /Sign in to see this page/, 'the notice');
  await v.look('sign-in', { dark: true });
  await v.tabTo('#email');
  await keys.type(MUCH);
  await v.tabTo('#password');
  await keys.type('paper planes at noon');
  await keys.press('Enter');
  const summary = v.page.locator('#error-summary');
  await summary.waitFor();
  says(await summary.innerText(), /do not belong together/, 'the error');
  assert.equal(await v.page.inputValue('#email'), MUCH, 'the address is kept');
  assert.equal(await v.page.inputValue('#password'), '', 'the password is not');
  await v.look('sign-in-wrong', { dark: true });
  await v.tabTo('#password');
  await keys.type(PASSWORD);
  await keys.press('Enter');
  await v.arrive(/\/portal\/gifts$/, 'the page that was asked for');
  says(await v.heading(), /Your giving/, 'the page that was asked for');
  await v.open('/portal');
  await v.enterAt('a[href="/portal/gifts"]:not(nav *)');
  await v.arrive(/\/portal\/gifts$/, 'the list, by the keyboard');
  await v.enterAt('.gift-open');
  await v.arrive(/\/portal\/gifts\/[^/]+$/, 'a gift, by the keyboard');
  await v.enterAt('.menu > summary');
  await v.enterAt('.menu form button');
  await v.arrive(/\/sign-in\?why=out/, 'the sign-in page');
}

async function signInAndLookRound(v) {
  await v.signIn(MUCH, PASSWORD);
  says(await v.heading(), /^Good (morning|afternoon|evening), Ada$/, 'the heading');
  const main = await v.main();
  for (const words of [/Given this tax year/, /Your monthly gift/, /Active/, /Next gift/, /Latest gifts/]) says(main, words, 'the overview');
  await v.look('overview', { dark: true });

  await v.link('See all your giving');
  await v.arrive(/\/portal\/gifts$/, 'the list of gifts');
  const all = await shownOf(v);
  assert.ok(all > 25, `the donor with much has more than one page of gifts, not ${all}`);
  assert.equal(await v.page.locator('.gift').count(), 25, 'gifts on the first page');
  await v.look('gifts', { dark: true });
  await filters(v);
  await pages(v, all);
  await spreadsheet(v, all);
  await givenBack(v);
  await oneGiftAndItsReceipt(v);

  await v.menu('Sign out');
  await v.arrive(/\/sign-in\?why=out/, 'the sign-in page');
  says(await v.notice(), /You are signed out/, 'the notice');
  await v.page.goBack();
  await v.page.waitForLoadState();
  const shown = await v.page.locator('body').innerText();
  assert.ok(!/Ada|£\d/.test(shown), `after signing out the back button shows a page of the donor:\n${shown.slice(0, 500)}`);
}

async function shownOf(v) {
  const words = await v.page.locator('.pager p').innerText();
  return Number(/of ([\d,]+)$/.exec(words)?.[1].replace(',', ''));
}

async function filters(v) {
  const { page } = v;
  const years = await page.locator('#filter-year option').evaluateAll((all) => all.map((o) => o.value));
  const year = years[2];
  await page.selectOption('#filter-year', year);
  await v.button('Show');
  await v.arrive(/year=/, 'the list of a year');
  says(await page.locator('.totals').innerText(), new RegExp(`^${year.replace('-', '–')}\\s`), 'the sum');
  const days = await page.locator('.gift time').evaluateAll((all) => all.map((t) => t.getAttribute('datetime')));
  const first = `${year.slice(0, 4)}-04-06`;
  const last = `${Number(year.slice(0, 4)) + 1}-04-05`;
  assert.ok(days.length > 0 && days.every((d) => first <= d && d <= last), `days of ${year}: ${days}`);
  await page.selectOption('#filter-year', '');
  const fund = await page.locator('#filter-fund option').last().innerText();
  await page.selectOption('#filter-fund', { label: fund });
  await v.button('Show');
  await v.arrive(/fund=/, 'the list of a fund');
  const funds = await page.locator('.gift-for p:first-child').allInnerTexts();
  assert.ok(funds.length > 0 && funds.every((f) => f.startsWith(fund)), `gifts to ${fund}: ${funds}`);
  await v.look('gifts-filtered');
  await page.selectOption('#filter-kind', 'quarterly');
  await v.button('Show');
  says(await v.main(), /No gift matches/, 'a list without gifts');
  await v.look('gifts-none');
  await v.link('Show everything');
  await v.arrive(/\/portal\/gifts$/, 'the whole list');
}

async function pages(v, all) {
  const newest = await v.page.locator('.gift-open').first().getAttribute('href');
  await v.link(/Older/);
  says(await v.page.locator('.pager').innerText(), new RegExp(`Showing 26–\\d+ of ${all}`), 'the second page');
  assert.notEqual(await v.page.locator('.gift-open').first().getAttribute('href'), newest);
  await v.look('gifts-older');
  await v.link(/Newer/);
  assert.equal(await v.page.locator('.gift-open').first().getAttribute('href'), newest);
}

async function spreadsheet(v, all) {
  const link = v.page.getByRole('link', { name: /Download as a spreadsheet/ });
  const [download] = await Promise.all([v.page.waitForEvent('download'), link.click()]);
  assert.equal(download.suggestedFilename(), 'my-giving.csv');
  const answer = await v.context.request.get(v.at(await link.getAttribute('href')));
  assert.equal(answer.headers()['content-type'], 'text/csv; charset=utf-8');
  const lines = (await answer.text()).replace(/^\ufeff/, '').trimEnd().split('\r\n');
  says(lines[0], /^Date,Kind,Fund,Campaign,Given to,Currency,Amount,/, 'the first line of the spreadsheet');
  assert.equal(lines.length, all + 1, 'lines of the spreadsheet');
}

async function givenBack(v) {
  const row = v.page.locator('.gift', { hasText: /Refunded|Part refunded/i }).first();
  while ((await row.count()) === 0) await v.link(/Older/);
  await row.locator('.gift-open').click();
  says(await v.main(), /went back to you/, 'a gift that was given back');
  says(await v.page.locator('.timeline').innerText(), /refunded[^]*Received/i, 'what happened');
  await v.look('gift-refunded');
  await v.link('Your giving');
}

async function oneGiftAndItsReceipt(v) {
  const row = v.page.locator('.gift').first();
  const amount = SUM.exec(await row.innerText())[0];
  await row.click();
  await v.arrive(/\/portal\/gifts\/[^/?]+$/, 'the gift');
  const gift = v.page.url();
  says(await v.heading(), new RegExp(`^${amount}`), 'the heading of a gift');
  says(await v.page.locator('.timeline').innerText(), /Received/, 'what happened');
  await v.look('gift', { dark: true });
  await v.link('See the receipt');
  await v.arrive(/\/receipt$/, 'the receipt');
  const number = NUMBER.exec(await v.main())?.[0];
  assert.ok(number, `the receipt has a number: ${await v.main()}`);
  says(await v.main(), new RegExp(amount), 'the receipt');
  await v.look('receipt', { dark: true });
  const printed = await v.page.pdf({ format: 'A4' });
  v.keep('receipt.pdf', printed);
  assert.equal(printed.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length, 1, 'sheets of paper for one receipt');
  await v.link('Back to the gift');
  const before = await v.letter(/./, { to: MUCH });
  await v.button('E-mail me a copy');
  await v.arrive(/\?done=copy$/, 'the gift again');
  says(await v.notice(), /A copy of the receipt is on its way/, 'the notice');
  await v.look('gift-copy-sent');
  const mail = await v.letter(/./, { to: MUCH, than: before });
  says(mail.text, new RegExp(number), 'the copy');
  says(mail.text, /\bcopy\b/i, 'the copy');
  await v.look('mail-receipt-copy', { page: v.post });
  await v.page.goto(gift);
}

async function signInByLink(v) {
  await v.open('/sign-in');
  await v.page.fill('#email', ONE);
  await v.button('E-mail me a sign-in link');
  await v.arrive(/\/sign-in\/link$/, 'the page that waits');
  says(await v.main(), /Check your e-mail[^]*jonah\.reed@donors\.example/, 'the page that waits');
  await v.look('check-mail', { dark: true });
  const mail = await v.letter(/Your sign-in link/, { to: ONE });
  says(mail.text, /works once, for 10 minutes/, 'the mail');
  await v.look('mail-sign-in', { page: v.post });
  await v.page.goto(mail.link);
  says(await v.main(), /Your link works[^]*j•+@donors\.example/, 'the page of the link');
  await v.look('open-link', { dark: true });
  await v.button('Sign in');
  await v.arrive(/\/portal(\?|$)/, 'the overview');
  says(await v.heading(), /Jonah/, 'the heading');
  says(await v.main(), /in one gift|Latest gifts/, 'the overview of one gift');
  await v.look('overview-one-gift', { dark: true });

  // A second question, answered at another browser.
  await v.menu('Sign out');
  await v.arrive(/\/sign-in\?why=out/, 'the sign-in page');
  await v.page.fill('#email', ONE);
  await v.button('E-mail me a sign-in link');
  await v.arrive(/\/sign-in\/link/, 'the page that waits');
  const second = await v.letter(/Your sign-in link/, { to: ONE, than: mail });
  const other = await v.elsewhere();
  await other.page.goto(second.link);
  says(await other.main(), /Type the code from your e-mail/, 'the link at another browser');
  await other.look('open-link-elsewhere', { dark: true });
  await other.page.fill('#code', '0000 0000' === second.code ? '1111 1111' : '0000 0000');
  await other.button('Sign in');
  says(await other.main(), /That is not the code[^]*4 more tries/, 'a wrong code');
  await other.look('open-link-wrong-code');
  await other.answerWithCode(second);
  await other.arrive(/\/portal(\?|$)/, 'the overview at the other browser');
  says(await other.heading(), /Jonah/, 'the heading');
  await v.page.goto(second.link);
  says(await v.heading(), /This link no longer works/, 'a link that was used');
  await v.look('link-used', { dark: true });
}

// ── An account of one's own ─────────────────────────────────────────────────────────────────────────────────────

async function signUpAndChangeDetails(v) {
  const { page } = v;
  await v.open('/sign-up');
  await v.look('sign-up', { dark: true });
  await page.fill('#given_name', 'Grace');
  await page.fill('#email', v.email);
  await page.fill('#password', 'too short');
  await v.button('Create an account');
  const summary = page.locator('#error-summary');
  says(await summary.innerText(), /2 things[^]*last name[^]*longer: 15/, 'the errors');
  await v.look('sign-up-mistakes');
  await page.fill('#family_name', 'Walker');
  await page.fill('#password', 'lanterns over calm water');
  await v.button('Create an account');
  await v.arrive(/\/sign-in\/link$/, 'the page that waits');
  says(await v.heading(), /confirm your address/, 'the page that waits');
  await v.look('sign-up-check-mail');
  const mail = await v.letter(/Confirm your address/);
  await v.look('mail-confirm', { page: v.post });
  await v.answerWithCode(mail);
  await v.arrive(/\/portal\?done=opened$/, 'the overview');
  says(await v.notice(), /Your account is open/, 'the notice');
  says(await v.main(), /Your giving will be shown here/, 'an overview without gifts');
  await v.look('overview-empty', { dark: true });
  await v.menu('Giving');
  says(await v.main(), /No gifts yet/, 'a list without gifts');
  await v.look('gifts-empty');
  await changeDetails(v);
  await emailChoices(v);
  await language(v);
}

async function changeDetails(v) {
  const { page } = v;
  await v.menu('Details');
  says(await v.main(), /Grace Walker[^]*Not given/, 'the details');
  await v.look('profile', { dark: true });
  await v.link(/Change Name/);
  await page.fill('#given_name', '');
  await v.button('Save');
  says(await page.locator('#error-summary').innerText(), /first name/, 'the errors');
  await v.look('profile-name-mistake');
  await page.fill('#given_name', 'Gracie');
  await v.button('Save');
  says(await v.notice(), /Your name is saved/, 'the notice');

  await v.link(/Add Telephone/);
  await page.fill('#telephone', 'ring me');
  await v.button('Save');
  says(await page.locator('#error-summary').innerText(), /telephone number in figures/, 'the errors');
  await v.look('profile-contact-mistake');
  await page.fill('#telephone', '020 7946 0000');
  await v.button('Save');
  says(await v.main(), /Gracie Walker[^]*020 7946 0000/, 'the details');

  await v.link(/Add Address/);
  await v.look('profile-address');
  assert.equal(await page.inputValue('#country'), 'GB', 'the country of a British charity');
  await page.fill('#line1', '1 Lantern Yard');
  await page.fill('#city', 'London');
  await v.button('Save');
  says(await page.locator('#error-summary').innerText(), /postcode/i, 'an address without postcode');
  assert.equal(await page.inputValue('#line1'), '1 Lantern Yard', 'what was typed is kept');
  await v.look('profile-address-mistake', { dark: true });
  await page.fill('#postcode', 'sw1a 1aa');
  await v.button('Save');
  says(await v.notice(), /Your address is saved/, 'the notice');
  says(await v.main(), /1 Lantern Yard[^]*SW1A 1AA/, 'the details');
  assert.equal(await page.locator('details.more').count(), 0, 'no earlier address yet');
  await v.link(/Change Address/);
  await page.fill('#line1', '2 Harbour Row');
  await v.button('Save');
  await page.locator('main details.more > summary').click();
  const past = await page.locator('main details.more').innerText();
  says(past, /Until [^]*1 Lantern Yard/, 'the earlier addresses');
  assert.ok(!past.includes('2 Harbour Row'), 'the present address is not among the earlier ones');
  await v.look('profile-filled-in', { dark: true });
}

async function emailChoices(v) {
  const { page } = v;
  await v.menu('E-mail choices');
  await page.check('#updates_stories');
  await page.check('#updates_help');
  await v.look('preferences', { dark: true });
  await v.button('Save my choices');
  says(await v.notice(), /Your choices are saved/, 'the notice');
  await v.open('/portal/preferences');
  const ticked = () => page.locator('.ticks input:checked').evaluateAll((all) => all.map((i) => i.id));
  assert.deepEqual(await ticked(), ['updates_stories', 'updates_help']);
  says(await v.main(), /You last changed this on \d{1,2} \w+ \d{4}/, 'the choices');
  await v.button('Stop all of these');
  says(await v.notice(), /Your choices are saved/, 'the notice');
  assert.deepEqual(await ticked(), []);
  await v.look('preferences-stopped');
}

async function language(v) {
  await v.open('/portal/profile/contact');
  await v.page.selectOption('#language', 'en-US');
  await v.button('Save');
  says(await v.main(), /English \(United States/, 'the details');
  await v.open('/portal/preferences');
  says(await v.main(), /You last changed this on \w+ \d{1,2}, \d{4}/, 'a date as Americans write it');
}

async function forgottenPassword(v) {
  const { page } = v;
  await v.signUp('Femi', 'Walker', 'lanterns over calm water');
  const other = await v.elsewhere();
  await other.signIn(v.email, 'lanterns over calm water');
  says((await v.letter(/A new browser signed in/)).text, /If it was you/, 'the notice of a new browser');
  await v.look('mail-new-browser', { page: v.post });
  await v.menu('Sign out');
  await v.arrive(/\/sign-in\?why=out/, 'the sign-in page');
  await v.link('Forgot your password?');
  await v.look('forgot');
  await page.fill('#email', v.email);
  await v.button('E-mail me the link');
  await v.arrive(/\/sign-in\/link/, 'the page that waits');
  const mail = await v.letter(/Choose a new password/);
  await page.goto(mail.link);
  says(await v.heading(), /Choose a new password/, 'the page of the link');
  await v.button('Go on');
  await v.arrive(/\/password\/new$/, 'the form for the new password');
  await page.fill('#password', 'Lantern Freedom Trust');
  await v.button('Save the password');
  says(await page.locator('#error-summary').innerText(), /easy to guess/, 'a password anybody would try');
  await v.look('new-password-mistake', { dark: true });
  await page.fill('#password', 'tall ships in morning fog');
  await v.button('Save the password');
  await v.arrive(/\/portal\/security\?done=password$/, 'the page about signing in');
  says(await v.notice(), /Your new password is set/, 'the notice');
  assert.equal(await page.locator('.browsers li').count(), 1, 'browsers that are signed in');
  await v.look('security', { dark: true });
  await v.letter(/Your password was changed/);
  await other.open('/portal');
  await other.arrive(/\/sign-in\?/, 'the sign-in page, at the browser that was signed in');
  await other.page.fill('#email', v.email);
  await other.page.fill('#password', 'lanterns over calm water');
  await other.button('Sign in with password');
  says(await other.main(), /do not belong together/, 'the old password');
  await other.signIn(v.email, 'tall ships in morning fog');
  await signedInElsewhere(v, other);
  await changeAddress(v);
}

async function signedInElsewhere(v, other) {
  await v.open('/portal/security');
  assert.equal(await v.page.locator('.browsers li').count(), 2, 'browsers that are signed in');
  await v.look('security-two-browsers');
  await v.button('Sign out everywhere else');
  says(await v.notice(), /signed out everywhere else/, 'the notice');
  await other.open('/portal');
  await other.arrive(/\/sign-in\?/, 'the sign-in page');
}

async function changeAddress(v) {
  const { page } = v;
  const fresh = v.email.replace('@', '.new@');
  await v.open('/portal/security');
  await v.link(/Change e-mail/);
  await v.look('security-email');
  await page.fill('#new_email', v.email);
  await v.button('Send the link');
  says(await page.locator('#error-summary').innerText(), /present address/, 'the present address as the new one');
  await page.fill('#new_email', fresh);
  if (await page.locator('#current_password').count()) await page.fill('#current_password', 'tall ships in morning fog');
  await v.button('Send the link');
  await v.arrive(/\/sign-in\/link/, 'the page that waits');
  says(await v.heading(), /Confirm your new address/, 'the page that waits');
  await v.look('security-email-check-mail');
  await v.open('/portal/security');
  says(await v.main(), /We have sent a link to/, 'the page about signing in');
  await v.look('security-email-pending');
  const mail = await v.letter(/Confirm your new address/, { to: fresh });
  await page.goto(mail.link);
  await v.button('Confirm this address');
  await v.arrive(/\/portal\/security\?done=email$/, 'the page about signing in');
  says(await v.notice(), /Your new address is confirmed/, 'the notice');
  says(await v.main(), new RegExp(fresh.replaceAll('.', '\\.')), 'the page about signing in');
  const told = await v.letter(/Your e-mail address was changed/);
  assert.ok(!told.text.includes(fresh), 'the old mailbox is told the new address only in part');
  await v.look('mail-address-changed', { page: v.post });
}

// ── From a gift to an account, and from an account to a gift ─────────────────────────────────────────────────

async function guestToAccount(v) {
  await v.openForm();
  await v.choose('once', 25);
  await v.introduce();
  await v.sendAndPay('card-success');
  const thanks = await v.atThanks('Received');
  says(thanks, /Keep your giving in one place/, 'the thank-you page');
  await v.look('thanks-guest', { dark: true });
  await v.button('E-mail me the link');
  await v.arrive(/\/sign-in\/link$/, 'the page that waits');
  assert.ok(!(await v.main()).includes(v.email), 'the page shows the address only in part');
  await v.look('check-mail-after-gift');
  await v.answerWithCode(await v.letter(/sign-in link|Confirm your address/));
  await v.arrive(/\/portal\?done=/, 'the overview');
  says(await v.notice(), /Your account is open|You are signed in/, 'the notice');
  says(await v.main(), /£25\.00[^]*One-off gift/, 'the overview');
  await v.look('overview-after-first-gift', { dark: true });
  await v.link('See all your giving');
  assert.equal(await v.page.locator('.gift').count(), 1, 'gifts in the list');
}

async function giveAgain(v) {
  await v.signIn(MUCH, PASSWORD);
  const { page } = v;
  const chosen = page.locator('label:has(input[name=method]:checked)');
  const sum = await pressAgain(v);
  // What was paid before there was an account is nobody's to use again: then a card is kept now.
  if (!/saved/i.test(await chosen.innerText())) {
    const keep = page.locator('input[name=save]');
    if ((await keep.count()) && !(await keep.isChecked())) await keep.check();
    await v.look('pay-signed-in');
    await v.pay('card-success');
    await v.atThanks('Received');
    assert.equal(await pressAgain(v), sum, 'the sum of the gift that was given again');
  }
  says(await chosen.innerText(), /saved/i, 'the way to pay that is chosen already');
  await v.look('pay-again');
  await page.locator('form button[type=submit]').click();
  const thanks = await v.atThanks('Received');
  says(thanks, new RegExp(sum), 'the thank-you page');
  await v.look('thanks-signed-in');
  await v.link('See your giving');
  await v.arrive(/\/portal/, "the donor's area");
  await v.open('/portal/gifts');
  says(await page.locator('.gift').first().innerText(), new RegExp(`One-off gift[^]*${sum}`), 'the newest gift in the list');
}

/** From the page of the newest single gift to the payment page of the same once more. */
async function pressAgain(v) {
  await v.open('/portal/gifts?kind=once');
  await v.page.locator('.gift-open').first().click();
  const again = v.page.locator('main').getByRole('button', { name: /^Give £[\d,.]+ again/ });
  const sum = SUM.exec(await again.innerText())[0];
  await again.click();
  await v.atPaymentPage();
  assert.equal(await v.total(), sum, 'the sum on the payment page');
  says(await v.page.locator('body').innerText(), new RegExp(MUCH.replaceAll('.', '\\.')), 'the payment page');
  return sum;
}

// ── Every page, for every eye ───────────────────────────────────────────────────────────────────────────────────

async function everyPage(v) {
  // The walks before have signed in as often as one mailbox may in a quarter of an hour.
  await v.moveClock('day');
  await v.signIn(MUCH, PASSWORD);
  await v.lookWith('overview-forced-colors', { forcedColors: 'active', reducedMotion: 'reduce' });
  await v.lookWith('overview-forced-colors-dark', { forcedColors: 'active', colorScheme: 'dark', reducedMotion: 'reduce' });
  await v.lookEnlarged('overview');
  await v.open('/portal/gifts');
  const gift = await v.page.locator('.gift-open').first().getAttribute('href');
  const places = {
    gifts: '/portal/gifts',
    gift,
    receipt: `${gift}/receipt`,
    'profile-much': '/portal/profile',
    'profile-name': '/portal/profile/name',
    'profile-contact': '/portal/profile/contact',
    'profile-address-much': '/portal/profile/address',
    'preferences-much': '/portal/preferences',
    'security-much': '/portal/security',
    'security-password': '/portal/security/password',
    'security-email-much': '/portal/security/email',
    styleguide: '/styleguide',
  };
  for (const [name, path] of Object.entries(places)) {
    assert.equal((await v.open(path)).status(), 200, path);
    assert.equal(await v.page.locator('h1').count(), 1, `one h1 on ${path}`);
    await v.look(name, { dark: true });
    await v.lookEnlarged(name);
  }
  await v.open('/portal');
  await v.page.locator('.menu > summary').click();
  await v.look('menu-open', { dark: true });
  for (const path of ['/portal/gifts/nothing', '/portal/gifts/nothing/receipt', '/portal/profile/nothing']) {
    assert.equal((await v.open(path)).status(), 404, path);
    says(await v.heading(), /could not find/, path);
  }
  await v.look('portal-not-found', { dark: true });
  await v.lookEnlarged('portal-not-found');
}

async function doorsEnlarged(v) {
  for (const [name, path] of Object.entries({ 'sign-in': '/sign-in', 'sign-up': '/sign-up', forgot: '/password/forgot' })) {
    assert.equal((await v.open(path)).status(), 200, path);
    await v.look(name, { dark: true });
    await v.lookEnlarged(name);
  }
}

export const PORTAL_WALKS = [
  { name: 'sign in with keys only', walk: signInWithKeys },
  { name: 'a donor with much', walk: signInAndLookRound },
  { name: 'sign in by link', walk: signInByLink },
  { name: 'sign in by link without script', walk: signInByLink, js: false },
  { name: 'sign up and details', walk: signUpAndChangeDetails },
  { name: 'sign up and details without script', walk: signUpAndChangeDetails, js: false },
  { name: 'forgotten password', walk: forgottenPassword },
  { name: 'guest to account', walk: guestToAccount },
  { name: 'give again', walk: giveAgain },
  { name: 'give again without script', walk: giveAgain, js: false },
  { name: 'doors enlarged', walk: doorsEnlarged },
  { name: 'every page for every eye', walk: everyPage },
];
