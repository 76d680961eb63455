// B15: mail scanners and browsers that read ahead follow every link and run every script. Nothing may come of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as desk from '../drivers/desk.js';
import { OAK_STREET, QUIET_CLUB, stateOf, toDesk, toPartner } from '../drivers/emr.js';
import * as partner from '../drivers/partner.js';
import { withPage } from '../support/chromium.js';
import { mouse } from '../support/hand.js';
import { ask, cookieOf } from '../support/requests.js';
import { sandbox } from '../support/sandbox.js';
import { button, heading } from '../support/words.js';

const TIMES = 5;
const AHEAD = { 'sec-purpose': 'prefetch', purpose: 'prefetch' };

test('B15 a link in a mail may be followed by machines as often as they like', async () => {
  const house = await sandbox();
  const referral = await toPartner(house, QUIET_CLUB);
  await withPage({}, async (page, context) => {
    const address = await partner.linkOf(page, house, QUIET_CLUB, referral);
    const before = [await stateOf(house, referral), await partner.codeMails(page, house, QUIET_CLUB)];
    for (let time = 0; time < TIMES; time += 1) {
      for (const method of ['GET', 'HEAD']) {
        for (const headers of [{}, AHEAD]) assert.ok((await ask(address, { method, headers })).status < 400);
      }
    }
    // A scanner with a browser: it runs the page's script, opens every link, and types nothing.
    await page.goto(address);
    await heading(page, 'partner-arrival-heading');
    const arrival = page.url();
    const [cookie, found] = [await cookieOf(context, arrival), await addresses(page)];
    for (const url of found) await many(url, cookie);
    assert.deepEqual([await stateOf(house, referral), await partner.codeMails(page, house, QUIET_CLUB)], before);

    // Its person comes afterwards: the code is asked for, scanned again, and still good.
    await page.goto(arrival);
    const codes = before[1];
    await (await button(page, 'partner-arrival-send')).click();
    await heading(page, 'partner-code-title');
    const code = await partner.codeOf(context, house, QUIET_CLUB, codes);
    for (const url of await addresses(page)) await many(url, cookie);
    // What a scanner posts without a code is not let in.
    const enter = page.locator('form#form');
    await enter.locator('input[name=code]').fill('');
    await page.locator('input[name=code]').fill(code);
    await (await button(page, 'partner-code-continue')).click();
    await heading(page, 'partner-inbox-title');
    assert.deepEqual(await stateOf(house, referral), before[0]);
  });
});

test('B15 pages of the desk change nothing when they are only read', async () => {
  const house = await sandbox();
  const referral = await toDesk(house, OAK_STREET);
  await withPage({}, async (page, context) => {
    await desk.signIn(page, house, mouse);
    await page.goto(`${house.base}/desk/referrals/${referral.task}`);
    const timeline = await page.locator('.timeline > li').count();
    const before = await stateOf(house, referral);
    const cookie = await cookieOf(context, house.base);
    for (const url of await addresses(page)) await many(url, cookie);
    await page.reload();
    assert.deepEqual(await stateOf(house, referral), before);
    assert.equal(await page.locator('.timeline > li').count(), timeline);
  });
});

/** Where links lead and forms go, on this server. */
async function addresses(page) {
  const found = await page.evaluate(() => [
    ...[...document.querySelectorAll('a[href]')].map((link) => link.href),
    ...[...document.querySelectorAll('form[action]')].map((form) => new URL(form.getAttribute('action'), location.href).href),
  ]);
  const own = new URL(page.url()).origin;
  return [...new Set(found)].filter((url) => url.startsWith(own) && !url.includes('#'));
}

async function many(url, cookie) {
  for (let time = 0; time < TIMES; time += 1) {
    for (const method of ['GET', 'HEAD']) {
      const { status } = await ask(url, { method, headers: { cookie, accept: 'text/html', ...AHEAD } });
      assert.ok(status < 500, `${method} ${url} answers ${status}`);
    }
  }
}
