// B23: the first five minutes, with nothing but what the terminal says.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { OAK_STREET } from '../drivers/emr.js';
import * as desk from '../drivers/desk.js';
import * as partner from '../drivers/partner.js';
import { withPage } from '../support/chromium.js';
import { mouse } from '../support/hand.js';
import { ask } from '../support/requests.js';
import { start, until } from '../support/sandbox.js';
import { button, heading, link } from '../support/words.js';

/** Milliseconds (PAGES 10), without the build. */
const FIVE_MINUTES = 5 * 60 * 1000;

test('B23 from the first line of the terminal to a closed loop in five minutes', async () => {
  const begun = Date.now();
  const house = await start();
  try {
    const said = await until(() => /Stop: Ctrl-C/.test(house.printed()) && house.printed());
    const urls = [...new Set(said.match(/http:\/\/127\.0\.0\.1:\d+\S*/g))].filter((url) => !said.includes(`curl -sS ${url}`));
    assert.ok(urls.length >= 4, `the terminal names ${urls}`);
    for (const url of urls) {
      assert.equal(await landing(url), 200, `${url} does not answer`);
    }
    await withPage({}, async (page) => {
      await page.goto(urls.find((url) => url.endsWith('/sandbox')));
      await heading(page, 'sandbox-title');
      const done = () => page.locator('.steps .tag').count();
      assert.equal(await done(), 0, 'nothing is done yet');
      await (await button(page, 'sandbox-do-send')).click();
      await steps(page, house, 1);

      await desk.signIn(page, house, mouse);
      await page.goto(`${house.base}/sandbox`);
      await (await link(page, 'sandbox-open-referral')).click();
      await heading(page, 'desk-referral-title');
      const reference = /LR-[0-9A-Z]{4}-[0-9A-Z]{2}/.exec(await page.locator('h1').innerText())[0];
      await desk.chooseService(page, mouse, OAK_STREET.service);
      await desk.sendReferral(page, mouse);
      await steps(page, house, 2);

      await partner.arrive(page, house, mouse, OAK_STREET, { reference });
      await partner.open(page, mouse, { reference });
      await partner.accept(page, mouse);
      await steps(page, house, 4);
      assert.match(await page.locator('main').innerText(), /You closed a loop in \d+ min \d+ s/);
    });
    assert.ok(Date.now() - begun < FIVE_MINUTES, `it took ${Date.now() - begun} ms`);
  } finally {
    await house.stop();
  }
});

/** Waits until as many steps of the story are ticked. */
async function steps(page, house, wanted) {
  await until(async () => {
    await page.goto(`${house.base}/sandbox`);
    return (await page.locator('.steps .tag').count()) >= wanted;
  });
}

/** The status at the end of redirects. */
async function landing(url) {
  let at = url;
  for (let hop = 0; hop < 5; hop += 1) {
    const { status, headers } = await ask(at, { headers: { accept: 'text/html,*/*' } });
    if (status < 300 || status >= 400) return status;
    at = new URL(headers.location, at).href;
  }
  return 310;
}
