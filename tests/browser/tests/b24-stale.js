// What changed since a page was drawn is said and not done: nothing that is read or typed is replaced (PAGES 2, stale).

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as desk from '../drivers/desk.js';
import { OAK_STREET, toDesk } from '../drivers/emr.js';
import { withPage } from '../support/chromium.js';
import { submit } from '../support/forms.js';
import { mouse } from '../support/hand.js';
import { sandbox } from '../support/sandbox.js';
import { heading, link } from '../support/words.js';

const LOOK_MS = 15_000;
const STOP_MS = 300_000;

/** Two link workers, each in a browser of their own; the clock of the first is moved by hand. */
async function two(act) {
  const house = await sandbox();
  const referral = await toDesk(house, OAK_STREET);
  await withPage({}, (first) => withPage({}, async (second) => {
    await first.clock.install();
    await desk.signIn(first, house, mouse, 'nadia');
    await desk.signIn(second, house, mouse, 'luc');
    await act(house, `${house.base}/desk/referrals/${referral.task}`, first, second);
  }));
}

async function take(page, address) {
  await page.goto(address);
  assert.equal((await submit(page, page.locator('form[action$="/take"]'))).status(), 303);
}

/** Lets the script look once, and waits for its answer. */
async function looks(page) {
  const answered = page.waitForResponse((response) => response.url().includes('/changes?'));
  await page.clock.runFor(LOOK_MS);
  await (await answered).finished();
}

test('Stale: an open referral says that it changed, and shows it when asked', () => two(async (house, address, first, second) => {
  await first.goto(address);
  await looks(first);
  assert.equal(await first.locator('#fresh').innerText(), '');
  await take(second, address);
  await looks(first);
  const said = first.locator('#fresh a');
  await said.waitFor();
  assert.equal(await first.locator('form[action$="/take"]').count(), 1, 'the page is as it was drawn');
  await said.click();
  await heading(first, 'desk-referral-title');
  assert.equal(await first.locator('form[action$="/take"]').count(), 0);
}));

test('Stale: who types is told, and keeps text and focus', () => two(async (house, address, first, second) => {
  await first.goto(`${address}/note`);
  const text = first.locator('textarea[name=text]');
  await text.fill('She likes chess');
  await take(second, address);
  await looks(first);
  await first.locator('#fresh a').waitFor();
  assert.equal(await text.inputValue(), 'She likes chess');
  assert.ok(await text.evaluate((field) => field === document.activeElement), 'focus stays in the field');
}));

test('Stale: the worklist looks until it is paused, and no longer than five minutes', () => two(async (house, address, first) => {
  await first.goto(`${house.base}/desk`);
  const button = first.locator('[data-pause=fresh]');
  const [pause, resume] = [await button.innerText(), await button.getAttribute('data-resume')];
  let looked = 0;
  first.on('request', (request) => { looked += request.url().includes('/changes?') ? 1 : 0; });
  await toDesk(house, OAK_STREET);
  await looks(first);
  await first.locator('#fresh a').waitFor();
  await button.click();
  assert.equal(await button.innerText(), resume);
  await first.clock.runFor(2 * LOOK_MS);
  assert.equal(looked, 1, 'nothing is asked while it is paused');
  await button.click();
  assert.equal(await button.innerText(), pause);
  await first.clock.fastForward(STOP_MS);
  await first.clock.runFor(LOOK_MS);
  assert.equal(await button.innerText(), resume, 'it has stopped by itself');
}));

test('Stale: without script a link looks', async () => {
  const house = await sandbox();
  const referral = await toDesk(house, OAK_STREET);
  await withPage({ script: false }, async (page) => {
    await desk.signIn(page, house, mouse);
    await page.goto(`${house.base}/desk/referrals/${referral.task}`);
    assert.equal(await page.locator('[data-pause=fresh]').isVisible(), false);
    await (await link(page, 'desk-fresh-look')).click();
    await heading(page, 'desk-changes-title');
  });
});

test('The facts of a referral stand beside its timeline where there is room', async () => {
  const house = await sandbox();
  const referral = await toDesk(house, OAK_STREET);
  for (const [width, beside] of [[1280, true], [900, false]]) {
    await withPage({ viewport: { width, height: 900 } }, async (page) => {
      await desk.signIn(page, house, mouse);
      await page.goto(`${house.base}/desk/referrals/${referral.task}`);
      const [left, right] = await page.locator('main article > section').all();
      const [one, other] = [await left.boundingBox(), await right.boundingBox()];
      assert.equal(other.x >= one.x + one.width && other.y < one.y + one.height, beside, `${width} px`);
    });
  }
});
