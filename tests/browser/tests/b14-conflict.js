// B14: two people of one partner answer at once: one wins, the other is told who, when, and what was not sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { OAK_STREET, stateOf, toPartner } from '../drivers/emr.js';
import * as partner from '../drivers/partner.js';
import { visitOf } from '../drivers/visits.js';
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
