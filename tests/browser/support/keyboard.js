// A person who has only a keyboard. Nothing here clicks.

import assert from 'node:assert/strict';

import { visiblyChanged } from './pixels.js';

/** Tab stops of one page that are tried before the wanted one counts as out of reach. */
const STOPS = 150;

/** Presses Tab until `wanted` (a locator) has focus. At each stop focus must be on something, at the end it must show. */
export async function tabTo(page, wanted, { back = false } = {}) {
  await wanted.waitFor();
  for (let stop = 0; stop < STOPS; stop += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      await assertFocusShows(page);
      return;
    }
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  assert.fail(`${wanted} is not reached by Tab`);
}

/** Tabs to a link or a button and presses Enter; waits for the page that follows. */
export async function press(page, wanted, key = 'Enter') {
  await tabTo(page, wanted);
  await page.keyboard.press(key);
  await page.waitForLoadState();
}

/** Tabs to a field and types. */
export async function fill(page, wanted, text) {
  await tabTo(page, wanted);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
}

/** Chooses one of a group: Tab enters the group, arrows move in it, Space takes what is not taken yet. */
export async function choose(page, group, wanted) {
  const entry = group.locator('input[type=radio]:checked');
  const first = (await entry.count()) > 0 ? entry : group.locator('input[type=radio]').first();
  await tabTo(page, first);
  for (let step = 0; step < 30; step += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press('ArrowDown');
  }
  if (!(await wanted.isChecked())) await page.keyboard.press('Space');
  assert.ok(await wanted.isChecked(), `${wanted} cannot be chosen with arrows and Space`);
}

/** Focus is not on the body: after a swap or an error a person with a keyboard would start from nothing. */
export async function assertFocusSomewhere(page) {
  const at = await page.evaluate(() => document.activeElement?.tagName ?? 'nothing');
  assert.notEqual(at, 'BODY', 'focus fell on the body');
}

/** What has focus looks different from when it has not, by a contrast of 3:1 over its length twice. */
export async function assertFocusShows(page) {
  const box = await page.evaluate(() => {
    const element = document.activeElement;
    element.scrollIntoView({ block: 'center' });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height, what: `${element.tagName} ${(element.innerText || element.name || '').slice(0, 40)}` };
  });
  const { width, height } = page.viewportSize();
  const x = Math.max(0, box.x - 8);
  const y = Math.max(0, box.y - 8);
  const clip = { x, y, width: Math.min(width - x, box.width + 16), height: Math.min(height - y, box.height + 16) };
  const focused = await page.screenshot({ clip, caret: 'hide' });
  await page.evaluate(() => {
    window.__focused = document.activeElement;
    document.activeElement.blur();
  });
  const plain = await page.screenshot({ clip, caret: 'hide' });
  await page.evaluate(() => window.__focused.focus({ preventScroll: true }));
  const changed = visiblyChanged(plain, focused);
  const needed = 2 * Math.min(box.width, clip.width);
  assert.ok(changed >= needed, `focus does not show on ${box.what}: ${changed} pixels of ${needed.toFixed(0)}`);
}
