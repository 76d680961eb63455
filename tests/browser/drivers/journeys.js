// Whole journeys, each written once and walked by keyboard, by mouse and without script.

import { stateOf, OAK_STREET, toDesk, toPartner } from './emr.js';
import * as desk from './desk.js';
import * as partner from './partner.js';
import { until } from '../support/sandbox.js';

export const JOURNEYS = [
  { name: 'a link worker sends a referral and closes it', walk: sendAndClose },
  { name: 'a partner with a code accepts', walk: acceptWithCode },
  { name: 'a link worker ends the consent', walk: withdraw },
];

/** Worklist, service, preview, sent, closed. */
async function sendAndClose(page, house, hand, check) {
  const referral = await toDesk(house, OAK_STREET);
  await desk.signIn(page, house, hand);
  await desk.findReferral(page, hand, referral);
  await check(page);
  await desk.chooseService(page, hand, OAK_STREET.service);
  await check(page);
  await desk.sendReferral(page, hand, 'Happy to come along the first time.');
  await check(page);
  const sent = await stateOf(house, referral);
  await page.goto(`${house.base}/desk/referrals/${referral.task}`);
  await desk.close(page, hand);
  await check(page);
  return [sent, await stateOf(house, referral)];
}

/** Mail, link, code, list, referral, accepted. */
async function acceptWithCode(page, house, hand, check) {
  const referral = await toPartner(house, OAK_STREET);
  await partner.arrive(page, house, hand, OAK_STREET, referral);
  await check(page);
  await partner.open(page, hand, referral);
  await check(page);
  await partner.accept(page, hand);
  await check(page);
  return [await stateOf(house, referral)];
}

/** Consent ended at the desk after the partner was asked: nothing more leaves. */
async function withdraw(page, house, hand, check) {
  const referral = await toPartner(house, OAK_STREET);
  await until(async () => (await stateOf(house, referral)).root === 'requested');
  await desk.signIn(page, house, hand);
  await desk.findReferral(page, hand, referral);
  await desk.withdrawConsent(page, hand);
  await check(page);
  return [await stateOf(house, referral)];
}
