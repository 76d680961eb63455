// B12: each form wrong, then right.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as desk from '../drivers/desk.js';
import { OAK_STREET, QUIET_CLUB, toDesk, toPartner } from '../drivers/emr.js';
import * as partner from '../drivers/partner.js';
import { withPage } from '../support/chromium.js';
import { assertCameBack, mainForm, submit, typed } from '../support/forms.js';
import { mouse } from '../support/hand.js';
import { sandbox } from '../support/sandbox.js';
import { button, heading } from '../support/words.js';

const TEXT = 'Uses a walker; « ça va » & <b>bold</b>';
const field = (page, name) => page.locator(`[name="${name}"]`).first();
const tick = (page, name, value) => page.locator(`[name="${name}"][value="${value}"]`).check();
const write = (page, name, text = TEXT) => field(page, name).fill(text);

/** A date in its three fields; years are far enough from any sandbox's own day. */
async function date(page, name, year) {
  await write(page, name, '15');
  await write(page, `${name}-month`, '4');
  await write(page, `${name}-year`, year);
}

/** Forms about a referral at the desk: where, what is wrong at first, what makes it right, and what must be there before. */
const DESK = [
  { at: 'note', wrong: async () => {}, right: (page) => write(page, 'text') },
  { at: 'ask', wrong: async () => {}, right: (page) => write(page, 'text') },
  {
    at: 'follow-up',
    wrong: async (page) => {
      await tick(page, 'result', 'reached');
      await write(page, 'minutes', 'a while');
      await date(page, 'on', '2099');
      await write(page, 'text');
    },
    right: async (page) => {
      await tick(page, 'how', 'phone');
      await write(page, 'minutes', '15');
      for (const part of ['on', 'on-month', 'on-year']) await write(page, part, '');
    },
  },
  {
    at: 'consent',
    wrong: async (page) => {
      await write(page, 'purpose');
      await date(page, 'until', '1999');
    },
    right: async (page) => {
      await field(page, 'partner').selectOption(QUIET_CLUB.slug);
      await tick(page, 'agrees', 'yes');
      await tick(page, 'given', 'spoken');
      await date(page, 'until', '2099');
    },
  },
  {
    at: 'hold',
    before: 'take',
    wrong: async (page) => date(page, 'until', '1999'),
    right: async (page) => {
      await write(page, 'text');
      await date(page, 'until', '2027');
    },
  },
  {
    at: 'close',
    wrong: async (page) => {
      await tick(page, 'reason', 'other');
      await write(page, 'outcome', 'Joined the weekly hamper');
    },
    // What the chart would read is looked at first.
    right: async (page) => {
      await write(page, 'text');
      assert.equal((await submit(page)).status(), 200);
      await heading(page, 'desk-check-title');
    },
  },
  {
    at: 'by-hand',
    wrong: async (page) => {
      await write(page, 'text');
      await date(page, 'ask', '1999');
    },
    right: async (page) => {
      await write(page, 'whom', 'Lunch club');
      await page.locator('input[name=agreed]').check();
      await date(page, 'ask', '2027');
    },
  },
  { at: 'information', wrong: async () => {}, right: (page) => write(page, 'text') },
];

for (const { at, before, wrong, right } of DESK) {
  test(`B12 the desk's form "${at}" comes back whole, and leads on when it is right`, async () => {
    const house = await sandbox();
    const referral = await toDesk(house, OAK_STREET);
    await withPage({}, async (page) => {
      await desk.signIn(page, house, mouse);
      await page.goto(`${house.base}/desk/referrals/${referral.task}`);
      if (before) {
        await page.locator(`form[action$="/${before}"] button`).first().click();
        await heading(page, 'desk-referral-title');
      }
      await page.goto(`${house.base}/desk/referrals/${referral.task}/${at}`);
      await wrongThenRight(page, wrong, right);
    });
  });
}

/** A partner's forms, in an order in which each is there: where, what is wrong, what is right. */
const PARTNER = [
  { at: 'ask', wrong: async () => {}, right: (page) => write(page, 'text') },
  {
    at: 'uptake',
    accepted: true,
    wrong: async (page) => {
      await date(page, 'on', '2099');
      await write(page, 'words');
    },
    right: async (page) => {
      await tick(page, 'came', 'not-yet');
      for (const part of ['on', 'on-month', 'on-year']) await write(page, part, '');
    },
  },
  { at: 'outcome', accepted: true, wrong: (page) => write(page, 'line'), right: (page) => tick(page, 'what', 'still-going') },
  { at: 'stop', accepted: true, wrong: async () => {}, right: (page) => write(page, 'text') },
  {
    at: 'decline',
    wrong: async (page) => {
      await date(page, 'until', '1999');
      await write(page, 'words');
      await tick(page, 'listing', 'yes');
      await write(page, 'instead', 'The neighbours');
    },
    right: async (page) => {
      await tick(page, 'because', 'full');
      await date(page, 'until', '2099');
    },
  },
];

test("B12 a partner's forms come back whole, and lead on when they are right", async (t) => {
  const house = await sandbox();
  const [first, second] = [await toPartner(house, QUIET_CLUB), await toPartner(house, QUIET_CLUB)];
  await withPage({}, async (page) => {
    await page.goto(await partner.linkOf(page, house, QUIET_CLUB, first));
    const before = await withPage({}, (other) => partner.codeMails(other, house, QUIET_CLUB));
    await (await button(page, 'partner-arrival-send')).click();
    await heading(page, 'partner-code-title');
    const code = await partner.codeOf(page.context(), house, QUIET_CLUB, before);
    await t.test('B12 the code', () => wrongThenRight(page, async () => write(page, 'code', '000 00'), async () => write(page, 'code', code)));
    await heading(page, 'partner-inbox-title');
    const inbox = page.url();
    for (const { at, accepted, wrong, right } of PARTNER) {
      await t.test(`B12 the partner's form "${at}"`, async () => {
        const { reference } = accepted ? first : second;
        if (at === 'uptake') {
          await page.goto(inbox);
          await partner.open(page, mouse, first);
          await partner.accept(page, mouse);
        }
        await page.goto(inbox);
        await page.getByRole('link', { name: new RegExp(reference) }).first().click();
        await page.waitForURL(/\/referrals\//);
        await page.locator(`a[href$="/${at}"]`).first().click();
        await page.waitForLoadState();
        await wrongThenRight(page, wrong, right);
      });
    }
  });
});

test('B12 nobody is found without words, and nobody signs in without a password', async () => {
  const house = await sandbox();
  await withPage({}, async (page) => {
    await page.goto(`${house.base}/sign-in`);
    await write(page, 'name', 'nadia');
    const before = await typed(mainForm(page));
    await assertCameBack(page, mainForm(page), before, await submit(page));
    await desk.signIn(page, house, mouse);
    const find = page.locator('form[action="/desk/find"]');
    const empty = await typed(find);
    await assertCameBack(page, find, empty, await submit(page, find));
    await write(page, 'sought', 'LR-0000-00');
    assert.ok((await submit(page, find)).status() === 303);
  });
});

async function wrongThenRight(page, wrong, right) {
  await wrong(page);
  const before = await typed(mainForm(page));
  await assertCameBack(page, mainForm(page), before, await submit(page));
  await right(page);
  const sent = await submit(page);
  assert.equal(sent.status(), 303, `the right form is answered with ${sent.status()}: ${await page.locator('main').innerText()}`);
  assert.equal(await page.locator('.errors').count(), 0);
}
