// B14: two people of one partner, or of one desk, answer at once: one wins, the other is told who, when, and what was not
// sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as desk from '../drivers/desk.js';
import { OAK_STREET, stateOf, toDesk, toPartner, written } from '../drivers/emr.js';
import * as partner from '../drivers/partner.js';
import { visitOf } from '../drivers/visits.js';
import { withPage } from '../support/chromium.js';
import { mainForm, submit } from '../support/forms.js';
import { mouse } from '../support/hand.js';
import { sandbox } from '../support/sandbox.js';
import { heading, link } from '../support/words.js';

test('B14 two answers at once: one counts, the other comes back with its own words', async () => {
  const house = await sandbox();
  const referral = await toPartner(house, OAK_STREET);
  await visitOf(house, OAK_STREET, (first) => visitOf(house, OAK_STREET, async (second) => {
    await partner.linkOf(first, house, OAK_STREET, referral);
    await first.goto(await visitOf.inbox(house, OAK_STREET));
    await partner.open(first, mouse, referral);
    await second.goto(await visitOf.inbox(house, OAK_STREET, 'second'));
    await partner.open(second, mouse, referral);
    await (await link(second, 'partner-decline')).click();
    await heading(second, 'partner-decline-title');
    await second.locator('input[name=because][value=full]').check();
    await second.locator('textarea[name=words]').fill('Full until May');
    await partner.accept(first, mouse);
    const state = await stateOf(house, referral);

    const answer = await submit(second);
    assert.equal(answer.status(), 409);
    await heading(second, 'partner-clash-title');
    const said = await second.locator('main').innerText();
    assert.match(said, /Full until May/, 'the typed words are shown back');
    assert.match(said, /Oak Street Food Bank/, 'the organisation that answered is named');
    assert.ok((await second.locator('main time').count()) > 0, 'when it answered is told');
    assert.deepEqual(await stateOf(house, referral), state, 'the second answer changed nothing');

    // As a note it may still be sent.
    await second.locator('main input[type=radio][value=note]').check();
    assert.equal((await submit(second, mainForm(second))).status(), 303);
    assert.equal((await stateOf(house, referral)).root, state.root);
  }, 'second'));
});
test('B14 two link workers close at once: the second reads who was first, and sends the text as a note', async () => {
  const house = await sandbox();
  const referral = await toDesk(house, OAK_STREET);
  await withPage({}, (first) => withPage({}, async (second) => {
    await desk.signIn(first, house, mouse, 'nadia');
    await desk.signIn(second, house, mouse, 'luc');
    const close = `${house.base}/desk/referrals/${referral.task}/close`;
    for (const page of [first, second]) await page.goto(close);
    await second.locator('input[name=reason][value=declined]').check();
    await second.locator('textarea[name=text]').fill('Lives with her sister now');
    await first.locator('input[name=reason][value=moved]').check();
    assert.equal((await submit(first)).status(), 200);
    await heading(first, 'desk-check-title');
    assert.equal((await submit(first)).status(), 303);
    const state = await stateOf(house, referral);

    const answer = await submit(second);
    assert.equal(answer.status(), 409);
    await heading(second, 'problem-conflict-title');
    assert.match(await second.locator('main').innerText(), /Nadia[\s\S]*Lives with her sister now/);
    await second.locator('button[name=_lang]').click();
    await heading(second, 'problem-conflict-title');
    assert.match(await second.locator('main').innerText(), /Lives with her sister now/, 'the text outlives the language');
    await second.locator('main input[type=radio][value=note]').check();
    assert.equal((await submit(second, mainForm(second))).status(), 303);
    assert.equal(await written(house, referral, 'Lives with her sister now'), 1);
    assert.deepEqual(await stateOf(house, referral), state, 'the first answer stands');
  }));
});
