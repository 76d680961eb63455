// B1: axe on every page, state and language, light and dark.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { examine } from '../support/axe.js';
import { assertNone, pagesOf } from '../support/catalogue.js';
import { withPage } from '../support/chromium.js';
import { sandbox } from '../support/sandbox.js';

for (const lang of ['en', 'fr']) {
  test(`B1 axe finds nothing on any page, ${lang}, light and dark`, async (t) => {
    const { base } = await sandbox();
    const wrong = [];
    const unsure = new Map();
    await withPage({ lang }, async (page) => {
      for (const path of await pagesOf(base, lang)) {
        await page.emulateMedia({ colorScheme: 'light' });
        await page.goto(base + path);
        assert.equal(await page.locator('html').getAttribute('lang'), `${lang}-CA`);
        const light = await examine(page);
        // What is not colour does not change with the scheme.
        await page.emulateMedia({ colorScheme: 'dark' });
        const dark = await examine(page, ['color-contrast', 'link-in-text-block']);
        for (const [scheme, found] of [['light', light], ['dark', dark]]) {
          wrong.push(...found.violations.map((line) => [`${path} ${scheme}`, line]));
          for (const line of found.incomplete) {
            const rule = line.split(' ')[0];
            unsure.set(rule, [...(unsure.get(rule) ?? []), `${path} ${scheme}: ${line}`]);
          }
        }
      }
    });
    for (const [rule, lines] of unsure) {
      t.diagnostic(`axe cannot judge ${rule} at ${lines.length} places, the first: ${lines[0]}`);
    }
    assertNone(wrong, 'violations');
  });
}

test('B1 axe finds nothing on the pages of a running sandbox, nor on a telephone on any page', async () => {
  const { base } = await sandbox();
  const wrong = [];
  await withPage({ viewport: { width: 320, height: 568 } }, async (page) => {
    const note = (path, { violations }) => wrong.push(...violations.map((line) => [path, line]));
    for (const path of ['/sandbox', '/sandbox/mail', '/sandbox/chart', '/refer/riverbend']) {
      await page.goto(base + path);
      note(path, await examine(page));
    }
    for (const lang of ['en', 'fr']) {
      for (const path of await pagesOf(base, lang)) {
        await page.goto(base + path);
        note(path, await examine(page, ['target-size', 'region']));
      }
    }
    await page.goto(`${base}/sandbox`);
    await page.locator('form[action="/sandbox/do/bad"] button').click();
    await page.waitForSelector('.banner');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'banner', 'the answer has the focus');
    note('/sandbox/do/bad', await examine(page));
  });
  assertNone(wrong, 'violations');
});
