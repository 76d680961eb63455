// What somebody at a partner does, who has nothing but mail.

import assert from 'node:assert/strict';

import { until } from '../support/sandbox.js';
import { button, heading } from '../support/words.js';

/** Opens the newest mail to `partner` whose subject has `words`, in the sandbox's mailbox. */
export async function openMail(page, house, partner, words) {
  const row = page.getByRole('row').filter({ hasText: partner.address }).filter({ hasText: words });
  await until(async () => {
    await page.goto(`${house.base}/sandbox/mail`);
    return (await row.count()) > 0;
  });
  await row.first().getByRole('link').click();
  await heading(page, 'sandbox-mail-one');
}

/** The link of the mail about a referral. */
export async function linkOf(page, house, partner, { reference }) {
  await openMail(page, house, partner, reference);
  return page.locator(`a[href^="${house.base}/p/"]`).first().getAttribute('href');
}

/** The code in the newest code mail; `after` is how many there were before it was asked for. */
export async function codeOf(context, house, partner, after) {
  const page = await context.newPage();
  try {
    await until(async () => (await codeMails(page, house, partner)) > after);
    await codeRows(page, partner).first().getByRole('link').click();
    await heading(page, 'sandbox-mail-one');
    const code = /\b\d{6}\b/.exec((await page.locator('main').innerText()));
    assert.ok(code, 'the mail holds a code of six digits');
    return code[0];
  } finally {
    await page.close();
  }
}

/** How many code mails a partner has had. */
export async function codeMails(page, house, partner) {
  await page.goto(`${house.base}/sandbox/mail`);
  return codeRows(page, partner).count();
}

/** From the link in a mail over the code to the list of referrals. */
export async function arrive(page, house, hand, partner, referral) {
  const context = page.context();
  const address = await linkOf(page, house, partner, referral);
  const before = await codeMails(page, house, partner);
  await page.goto(address);
  await heading(page, 'partner-arrival-heading');
  await hand.press(page, await button(page, 'partner-arrival-send'));
  await heading(page, 'partner-code-title');
  const code = await codeOf(context, house, partner, before);
  await hand.fill(page, page.locator('input[name=code]'), code);
  await hand.press(page, await button(page, 'partner-code-continue'));
  await heading(page, 'partner-inbox-title');
}

/** Opens a referral from the list. */
export async function open(page, hand, { reference }) {
  await hand.press(page, page.getByRole('link', { name: new RegExp(reference) }).first());
  await heading(page, 'partner-question');
}

/** Accepts the referral that is open. */
export async function accept(page, hand) {
  await hand.press(page, await button(page, 'partner-accept'));
  await heading(page, 'partner-sent-title');
}

const CODE_SUBJECT = /Your code is in this message|Votre code/;
const codeRows = (page, partner) =>
  page.getByRole('row').filter({ hasText: partner.address }).filter({ hasText: CODE_SUBJECT });
