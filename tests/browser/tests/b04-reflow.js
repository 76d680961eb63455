// B4: a small telephone, and 400 % zoom on a desktop (which is 320 CSS pixels of width, and fewer of height).

import { test } from 'node:test';

import { assertNone, pagesOf } from '../support/catalogue.js';
import { withPage } from '../support/chromium.js';
import { layoutFaults } from '../support/layout.js';
import { sandbox } from '../support/sandbox.js';

/** CSS pixels: everywhere (WCAG 2.5.8), and on pages for partners and the public, which are used by thumb (PAGES 2). */
const TARGET = 24;
const LARGE_TARGET = 44;

const SCREENS = [
  ['320 x 568', { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true }],
  ['1280 x 1024 at 400 %', { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 }],
];

/** Widths between a telephone and a desktop, CSS pixels: tables stop being stacked, and columns stand beside each other. */
const BETWEEN = [480, 640, 700, 760, 840, 1024];

test('B4 nothing scrolls sideways at the widths between', async () => {
  const { base } = await sandbox();
  const wrong = [];
  for (const lang of ['en', 'fr']) {
    await withPage({ lang }, async (page) => {
      for (const path of await pagesOf(base, lang)) {
        await page.goto(base + path);
        for (const width of BETWEEN) {
          await page.setViewportSize({ width, height: 800 });
          const whole = await page.evaluate(() => document.documentElement.scrollWidth);
          if (whole > width) wrong.push([`${path} ${width}`, `scrolls sideways`]);
        }
      }
    });
  }
  assertNone(wrong, 'faults');
});

for (const [name, screen] of SCREENS) {
  test(`B4 nothing scrolls sideways, is cut or too small at ${name}`, async () => {
    const { base } = await sandbox();
    const wrong = [];
    for (const lang of ['en', 'fr']) {
      await withPage({ lang, ...screen }, async (page) => {
        for (const path of await pagesOf(base, lang)) {
          await page.goto(base + path);
          const large = (await page.locator('body.large').count()) > 0;
          const faults = await layoutFaults(page, large ? LARGE_TARGET : TARGET);
          wrong.push(...faults.map((fault) => [path, fault]));
        }
      });
    }
    assertNone(wrong, 'faults');
  });
}
