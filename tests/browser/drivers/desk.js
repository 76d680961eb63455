// What a link worker does at the desk, step by step, with either hand.

import { button, heading, langOf, link, whole } from '../support/words.js';

/** Signs in from the sandbox's own page. */
export async function signIn(page, house, hand, name = 'nadia') {
  await page.goto(`${house.base}/sandbox`);
  await hand.press(page, page.locator(`form[action="/sandbox/sign-in/${name}"] button`));
  await heading(page, 'desk-title');
}

/** Finds a referral by what people call it and opens it. */
export async function findReferral(page, hand, { reference }) {
  const sought = page.locator('input[name=sought]');
  await hand.fill(page, sought, reference);
  await hand.press(page, await button(page, 'desk-find-button'));
  await heading(page, 'desk-found-title');
  await hand.press(page, page.getByRole('link', { name: new RegExp(reference) }).first());
  await heading(page, 'desk-referral-title');
}

/** From a referral to the services and on to the page that shows what will leave. */
export async function chooseService(page, hand, service) {
  await hand.press(page, await link(page, 'desk-way-service'));
  await heading(page, 'desk-service-title');
  const card = page.getByRole('article').filter({ has: page.getByRole('heading', { name: service }) });
  await hand.press(page, card.getByRole('link').first());
  await heading(page, 'desk-send-title');
}

/** Sends what is shown. */
export async function sendReferral(page, hand, message) {
  if (message) await hand.fill(page, page.locator('textarea[name=text]'), message);
  await hand.press(page, await button(page, 'desk-send-button'));
  await heading(page, 'desk-sent-title');
}

/** Closes the referral that is open. */
export async function close(page, hand, reason = 'no-longer-needed') {
  await hand.press(page, await link(page, 'desk-way-close'));
  await heading(page, 'desk-close-title');
  await hand.choose(page, groupOf(page, 'reason'), page.locator(`input[name=reason][value=${reason}]`));
  await hand.press(page, await button(page, 'desk-close-button'));
  await heading(page, 'desk-check-title');
  await hand.press(page, await button(page, 'desk-check-button'));
  await heading(page, 'desk-referral-title');
}

/** Ends the consent that covers a partner. */
export async function withdrawConsent(page, hand) {
  await hand.press(page, await link(page, 'desk-consent-withdraw'));
  await heading(page, 'desk-withdraw-title');
  await hand.press(page, await button(page, 'desk-withdraw-button'));
  await heading(page, 'desk-referral-title');
  await page.getByText(whole('desk-done-withdraw', await langOf(page))).first().waitFor();
}

/** The group of choices of this name. */
export const groupOf = (page, name) => page.locator(`fieldset:has(input[name=${name}])`);
