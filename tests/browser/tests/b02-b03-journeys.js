// B2 and B3: every journey with a keyboard alone, and without script; both end in the same state.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JOURNEYS } from '../drivers/journeys.js';
import { withPage } from '../support/chromium.js';
import { keyboard, mouse } from '../support/hand.js';
import { assertFocusSomewhere } from '../support/keyboard.js';
import { sandbox } from '../support/sandbox.js';

for (const { name, walk } of JOURNEYS) {
  let byKeyboard;

  test(`B2 ${name}, with a keyboard alone`, async () => {
    const house = await sandbox();
    byKeyboard = await withPage({}, (page) => walk(page, house, keyboard, assertNoLostFocus));
  });

  test(`B3 ${name}, without script and in French, to the same end`, async () => {
    const house = await sandbox();
    const told = await withPage({ script: false, lang: 'fr' }, (page) => walk(page, house, mouse, assertNothingRan));
    assert.deepEqual(states(told), states(byKeyboard ?? told));
  });
}

/** Versions count the steps, which may differ by a look. */
const states = (told) => told.map(({ root, children }) => ({ root, children }));

/** The first Tab of a page leads into it. */
async function assertNoLostFocus(page) {
  await page.keyboard.press('Tab');
  await assertFocusSomewhere(page);
}

/** Without script nothing of the page says that script is needed. */
async function assertNothingRan(page) {
  assert.equal(await page.locator('noscript').count(), 0);
  assert.ok(await page.locator('h1').isVisible());
}
