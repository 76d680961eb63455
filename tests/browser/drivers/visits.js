// A partner's visit behind the code, kept for several tests: a partner gets five codes an hour and no more.

import { person } from '../support/chromium.js';
import { mouse } from '../support/hand.js';
import { toPartner } from './emr.js';
import * as partner from './partner.js';

const visits = new Map();

/** Runs `act` with a page of somebody at `partner` who has typed a code. `who` tells two of them apart. */
export async function visitOf(house, at, act, who = 'first') {
  const { context } = await visit(house, at, who);
  const page = await context.newPage();
  try {
    return await act(page, context);
  } finally {
    await page.close();
  }
}

/** The address of that person's list. */
visitOf.inbox = async (house, at, who = 'first') => (await visit(house, at, who)).inbox;

function visit(house, at, who) {
  const key = `${house.base} ${at.slug} ${who}`;
  if (!visits.has(key)) visits.set(key, begin(house, at));
  return visits.get(key);
}

async function begin(house, at) {
  const context = await person();
  const page = await context.newPage();
  await partner.arrive(page, house, mouse, at, await toPartner(house, at));
  const inbox = page.url();
  await page.close();
  return { context, inbox };
}
