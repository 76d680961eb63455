// B13: double click, Back and send again, two tabs, twenty at once: one effect, one confirmation.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as desk from '../drivers/desk.js';
import { OAK_STREET, QUIET_CLUB, read, stateOf, toDesk, toPartner, written } from '../drivers/emr.js';
import * as partner from '../drivers/partner.js';
import { visitOf } from '../drivers/visits.js';
import { withPage } from '../support/chromium.js';
import { mainForm, submit } from '../support/forms.js';
import { mouse } from '../support/hand.js';
import { actionOf, cookieOf, fieldsOf, post } from '../support/requests.js';
import { sandbox } from '../support/sandbox.js';
import { button, heading } from '../support/words.js';

for (const script of [true, false]) {
  test(`B13 a note is written once by a double click ${script ? 'with' : 'without'} script`, async () => {
    await atNote({ script }, async (page, house, referral) => {
      await page.locator('textarea[name=text]').fill('Clicked twice');
      await mainForm(page).locator('button[type=submit]').last().dblclick();
      await heading(page, 'desk-referral-title');
      assert.equal(await written(house, referral, 'Clicked twice'), 1);
    });
  });
}

test('B13 Back and send again leads to the same confirmation and writes nothing more', async () => {
  await atNote({}, async (page, house, referral) => {
    await page.locator('textarea[name=text]').fill('Sent and sent again');
    const fields = await fieldsOf(mainForm(page));
    const action = await actionOf(mainForm(page));
    const first = await submit(page);
    await page.goBack();
    await page.waitForLoadState();
    // A page that may not be kept is drawn anew by Back, with a new key: the old one is sent as a browser would that kept it.
    const again = await post(action, fields, { cookie: await cookieOf(page.context(), house.base) });
    assert.deepEqual([first.status(), again.status, again.headers.location], [303, 303, first.headers().location]);
    assert.equal(await written(house, referral, 'Sent and sent again'), 1);
  });
});

test('B13 twenty parallel sends of one key have one effect and one answer', async () => {
  await atNote({}, async (page, house, referral) => {
    await page.locator('textarea[name=text]').fill('Sent twenty times');
    const fields = await fieldsOf(mainForm(page));
    const action = await actionOf(mainForm(page));
    const cookie = await cookieOf(page.context(), house.base);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(action, fields, { cookie })));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [303]);
    assert.equal(new Set(answers.map(({ headers }) => headers.location)).size, 1);
    assert.equal(await written(house, referral, 'Sent twenty times'), 1);
  });
});

test('B13 a referral is sent once, however often and from however many tabs', async () => {
  const house = await sandbox();
  const referral = await toDesk(house, OAK_STREET);
  await withPage({}, async (page, context) => {
    await desk.signIn(page, house, mouse);
    await desk.findReferral(page, mouse, referral);
    await desk.chooseService(page, mouse, OAK_STREET.service);
    const other = await context.newPage();
    await other.goto(page.url());
    const fields = await fieldsOf(mainForm(page));
    const action = await actionOf(mainForm(page));
    const cookie = await cookieOf(context, house.base);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(action, fields, { cookie })));
    assert.deepEqual([...new Set(answers.map(({ status, headers }) => `${status} ${headers.location}`))].length, 1);
    assert.equal(answers[0].status, 303);
    assert.equal((await stateOf(house, referral)).children.length, 1);
    // The second tab was drawn before: it is told, and nothing goes out again unseen.
    const second = await submit(other);
    assert.ok([303, 409].includes(second.status()), `the second tab is answered with ${second.status()}`);
    assert.equal((await stateOf(house, referral)).children.length, 1);
  });
});

test('B13 a partner who accepts twenty times has accepted once', async () => {
  const house = await sandbox();
  const referral = await toPartner(house, QUIET_CLUB);
  await visitOf(house, QUIET_CLUB, async (page, context) => {
    await partner.linkOf(page, house, QUIET_CLUB, referral);
    await page.goto(await visitOf.inbox(house, QUIET_CLUB));
    await partner.open(page, mouse, referral);
    const tab = await context.newPage();
    await tab.goto(page.url());
    const form = page.locator('form[action$="/accept"]');
    const [fields, action] = [await fieldsOf(form), await actionOf(form)];
    const cookie = await cookieOf(context, page.url());
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(action, fields, { cookie })));
    assert.deepEqual([...new Set(answers.map(({ status, headers }) => `${status} ${headers.location}`))].length, 1);
    assert.equal(answers[0].status, 303);
    const version = (await read(house, `/fhir/Task/${referral.task}`)).meta.versionId;
    // The same answer from the other tab is no conflict.
    await (await button(tab, 'partner-accept')).click();
    await heading(tab, 'partner-sent-title');
    assert.equal((await read(house, `/fhir/Task/${referral.task}`)).meta.versionId, version);
  });
});

async function atNote(options, act) {
  const house = await sandbox();
  const referral = await toDesk(house, OAK_STREET);
  await withPage(options, async (page) => {
    await desk.signIn(page, house, mouse);
    await page.goto(`${house.base}/desk/referrals/${referral.task}/note`);
    await act(page, house, referral);
  });
}
