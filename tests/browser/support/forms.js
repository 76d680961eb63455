// What holds for every form: wrong, it comes back whole; right, it leads on.

import assert from 'node:assert/strict';

import { actionOf } from './requests.js';
import { begins, langOf } from './words.js';

/** The form of the page that asks for something. */
export const mainForm = (page) => page.locator('form#form');

/** Values as a person sees them: hidden fields are the page's own. */
export function typed(form) {
  return form.evaluate((element) => {
    const seen = [...element.elements].filter((field) => field.name && !['hidden', 'password', 'submit'].includes(field.type));
    return seen.map((field) => [field.name, field.type, ['radio', 'checkbox'].includes(field.type) ? field.checked : field.value]);
  });
}

/** The main button of a form, else its last. */
async function ownButton(form) {
  const main = form.locator('button.btn-primary');
  return (await main.count()) > 0 ? main : form.locator('button[type=submit]').last();
}

/** Sends the form by its own button and says what came back. */
export async function submit(page, form = mainForm(page)) {
  const action = await actionOf(form);
  const [response] = await Promise.all([
    // Drafts are posted too, meanwhile.
    page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url() === action),
    ownButton(form).then((button) => button.click()),
  ]);
  await page.waitForLoadState();
  return response;
}

/** The form was wrong: summary, title, focus, links to fields, and everything as it was typed. */
export async function assertCameBack(page, form, before, response) {
  assert.equal(response.status(), 422, `a wrong form is answered with ${response.status()} at ${page.url()}`);
  const lang = await langOf(page);
  assert.match(await page.title(), begins('frame-error-prefix', lang));
  const summary = page.locator('.errors');
  await summary.waitFor();
  assert.equal(await page.locator('.banner').count(), 0, 'a banner stands beside the summary');
  assert.ok(await summary.evaluate((element) => element.contains(document.activeElement)), 'focus is not in the summary');
  assert.deepEqual(await typed(form), before, 'what was typed is not as it was');
  const links = await summary.locator('a').all();
  assert.ok(links.length > 0, 'the summary leads nowhere');
  for (const link of links) {
    const words = (await link.innerText()).trim();
    await summary.focus();
    await link.click();
    await page.waitForFunction(() => /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName), null, { timeout: 3_000 })
      .catch(() => assert.fail(`"${words}" leads to no field`));
    const field = await page.evaluate(() => {
      const active = document.activeElement;
      const said = (active.getAttribute('aria-describedby') ?? active.closest('fieldset')?.getAttribute('aria-describedby') ?? '');
      return { said: said.split(' ').map((id) => document.getElementById(id)?.innerText ?? '').join(' ') };
    });
    assert.ok(field.said.replace(/\s+/g, ' ').includes(words.replace(/\s+/g, ' ')), `"${words}" does not stand at its field: "${field.said}"`);
  }
}
