// The pretend EMR: sends referrals and reads what became of them, by the doors that an EMR uses.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { ask } from '../support/requests.js';

/** Keys of the sandbox, fixed words. The second EMR's referrals go straight to the partner. */
const DESK_KEY = 'sandbox-emr';
const DIRECT_KEY = 'sandbox-emr-direct';

/** Partners with nothing but mail. */
export const OAK_STREET = { slug: 'oak-street', address: 'referrals@oak-street.example', service: 'Weekly hamper' };
export const QUIET_CLUB = { slug: 'quiet-club', address: 'hello@quiet-club.example', service: 'Reading circle' };

/** A marker in the made-up person's name: pages before the code, titles and URLs must not hold it. */
export const FAMILY = 'Windvane';

/** Sends a referral to the link workers, with consent to tell `partner` when one is given: its reference, its Task's id. */
export function toDesk(house, partner) {
  return send(house, DESK_KEY, record(partner && consent(partner)));
}

/** Sends a referral straight to a partner, with consent. */
export function toPartner(house, partner) {
  return send(house, DIRECT_KEY, { ...record(consent(partner)), partner: { slug: partner.slug } });
}

/** The state of a referral and of what came of it, without ids and times: two journeys can be compared. */
export async function stateOf(house, { task }) {
  const root = await read(house, `/fhir/Task/${task}`);
  const found = await read(house, `/fhir/Task?part-of=Task/${task}`);
  const children = (found.entry ?? []).map(({ resource }) => resource.status).sort();
  return { root: root.status, children, version: root.meta.versionId };
}

/** How many Communications about the referral hold this text. */
export async function written(house, { task }, text) {
  const found = await read(house, `/fhir/Communication?about=Task/${task}&_count=100`);
  return (found.entry ?? []).filter(({ resource }) => JSON.stringify(resource.payload ?? []).includes(text)).length;
}

export async function read(house, path) {
  const { status, text } = await ask(house.base + path, { headers: { authorization: `Bearer ${DIRECT_KEY}` } });
  assert.equal(status, 200, `${path} answers ${status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

async function send(house, key, referral) {
  const { status, text } = await ask(`${house.base}/json/referrals`, {
    method: 'POST',
    body: JSON.stringify(referral),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
  });
  assert.equal(status, 201, `the referral was not taken: ${status} ${text.slice(0, 800)}`);
  const { reference, task } = JSON.parse(text);
  return { reference, task: task.split('/').at(-1) };
}

const consent = ({ slug }) => ({
  consent: {
    given: true, recorded_by: 'Amal Haddad, NP', recorded_on: '2026-03-01', form: 'spoken', recipient: { slug },
  },
});

function record(more = {}) {
  const number = randomUUID();
  return {
    referral_id: `B-${number}`,
    source_system: 'https://riverbend.example/ids/referral',
    authored_at: '2026-03-01T14:42:00Z',
    client: {
      id: `C-${number.slice(0, 8)}`,
      name: { given: 'Aline', family: FAMILY },
      birth_date: '1948-01-02',
      gender: 'female',
      language: 'en-CA',
      contact: [{ system: 'phone', value: '+1 519 555 0142', use: 'home' }],
    },
    referrer: {
      id: 'U-31',
      name: { given: 'Amal', family: 'Haddad' },
      role: 'Nurse practitioner',
      cno_number: '00123456',
      phone: '+1 519 555 0117',
    },
    need: 'making-ends-meet',
    activity: 'food',
    urgency: 'routine',
    support_level: 'medium',
    ...more,
  };
}
