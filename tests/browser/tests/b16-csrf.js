// B16: a form counts only when it comes from a page of ours, drawn for this very session. What was typed is kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as desk from '../drivers/desk.js';
import { OAK_STREET, QUIET_CLUB, stateOf, toDesk, toPartner, written } from '../drivers/emr.js';
import * as partner from '../drivers/partner.js';
import { visitOf } from '../drivers/visits.js';
import { withPage } from '../support/chromium.js';
import { mainForm } from '../support/forms.js';
import { mouse } from '../support/hand.js';
import { actionOf, cookieOf, fieldsOf, post } from '../support/requests.js';
import { sandbox } from '../support/sandbox.js';

const OURS = { 'sec-fetch-site': 'same-origin' };

/** Requests that are refused: what the browser says of where they come from. */
const FROM_ELSEWHERE = [
  ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'http://elsewhere.example' }],
  ['from a neighbour', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }],
  ['from nowhere', { 'sec-fetch-site': 'none' }],
  ['by an old browser from another site', { origin: 'http://elsewhere.example' }],
  ['by an old browser from nowhere', { origin: 'null' }],
  ['without any of it', {}],
];

test("B16 a note of the desk counts from the desk's own page alone, and nothing typed is lost", async () => {
  const house = await sandbox();
  const referral = await toDesk(house, OAK_STREET);
  await withPage({}, async (page, context) => {
    await desk.signIn(page, house, mouse);
    await page.goto(`${house.base}/desk/referrals/${referral.task}/note`);
    const fields = new Map(await fieldsOf(mainForm(page)));
    const cookie = await cookieOf(context, house.base);
    const foreign = await withPage({}, async (other) => {
      await desk.signIn(other, house, mouse);
      await other.goto(page.url());
      return new Map(await fieldsOf(mainForm(other))).get('_token');
    });
    const other = await context.newPage();
    await other.goto(`${house.base}/desk`);
    const elsewhere = new Map(await fieldsOf(other.locator('form[action="/desk/find"]'))).get('_token');
    const send = async (how, changes, headers) => {
      const text = `Forged ${how}`;
      const answer = await post(await actionOf(mainForm(page)), [...new Map([...fields, ['text', text], ...changes])], { cookie, headers });
      assert.notEqual(answer.status, 303, `a note ${how} was taken`);
      assert.ok(answer.status < 500, `a note ${how} is answered with ${answer.status}`);
      assert.equal(await written(house, referral, text), 0, `a note ${how} was written`);
      return answer;
    };
    for (const [how, headers] of FROM_ELSEWHERE) await send(how, [], headers);
    // The same person with a token that does not fit gets the form back as it was.
    for (const [how, token] of [['without a token', ''], ["with another session's token", foreign], ['with the token of another form', elsewhere], ['with a token of nothing', 'x.y']]) {
      const answer = await send(how, [['_token', token]], OURS);
      assert.ok(answer.text.includes(`Forged ${how}`.replace("'", '&#39;')), `what was typed ${how} is lost`);
    }
    const right = await post(await actionOf(mainForm(page)), [...new Map([...fields, ['text', 'Honest']])], { cookie, headers: OURS });
    assert.equal(right.status, 303);
    assert.equal(await written(house, referral, 'Honest'), 1);
  });
});

test("B16 a partner's acceptance counts from the partner's own page alone", async () => {
  const house = await sandbox();
  const referral = await toPartner(house, QUIET_CLUB);
  await visitOf(house, QUIET_CLUB, async (page, context) => {
    await partner.linkOf(page, house, QUIET_CLUB, referral);
    await page.goto(await visitOf.inbox(house, QUIET_CLUB));
    await partner.open(page, mouse, referral);
    const form = page.locator('form[action$="/accept"]');
    const [fields, action, cookie] = [await fieldsOf(form), await actionOf(form), await cookieOf(context, page.url())];
    const before = await stateOf(house, referral);
    const refused = async (how, changes, options) => {
      const answer = await post(action, [...new Map([...fields, ...changes])], options);
      assert.ok(answer.status < 500, `${how}: ${answer.status}`);
      assert.deepEqual(await stateOf(house, referral), before, `accepted ${how}`);
    };
    for (const [how, headers] of FROM_ELSEWHERE) await refused(how, [], { cookie, headers });
    await refused('without a token', [['_token', '']], { cookie, headers: OURS });
    await refused('without the cookie', [], { headers: OURS });
    // An old browser that names our own origin is let in.
    const right = await post(action, fields, { cookie, headers: { origin: house.base } });
    assert.equal(right.status, 303);
    assert.notDeepEqual(await stateOf(house, referral), before);
  });
});
