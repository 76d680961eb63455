// B10: what a first view of a page costs, where it asks, and whether its own policy stops anything of it.

import { test } from 'node:test';

import { assertNone, pagesOf } from '../support/catalogue.js';
import { withPage } from '../support/chromium.js';
import { sandbox } from '../support/sandbox.js';
import { strangers, watch } from '../support/watch.js';

/** PAGES 7. Bytes after gzip unless said otherwise. */
const KB = 1024;
const REQUESTS = 3;
const HTML = { large: 8 * KB, worklist: 20 * KB, other: 25 * KB };
const STYLE_AND_SCRIPT = 14 * KB;
const STYLE = { raw: 40 * KB, gz: 9 * KB };
const SCRIPT = { raw: 12 * KB, gz: 4 * KB };

const POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
  "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"].join('; ');

for (const lang of ['en', 'fr']) {
  test(`B10 a first view asks only its own server, little and within its policy, ${lang}`, async () => {
    const { base } = await sandbox();
    const wrong = [];
    await withPage({ lang }, async (page) => {
      const seen = await watch(page);
      for (const path of await pagesOf(base, lang)) {
        await page.goto(base + path, { waitUntil: 'load' });
        const large = (await page.locator('body.large').count()) > 0;
        const limit = large ? HTML.large : path.includes('worklist') ? HTML.worklist : HTML.other;
        wrong.push(...faults(await seen.tell(), base, limit).map((fault) => [path, fault]));
      }
    });
    assertNone(wrong, 'faults');
  });
}

function faults({ requests, bodies, blocked }, base, htmlLimit) {
  const found = [...strangers(requests, base).map((url) => `asks ${url}`), ...blocked];
  // The icon is the browser's own wish, asked once for all pages.
  const page = requests.filter(({ url }) => !url.endsWith('/favicon.svg'));
  if (page.length > REQUESTS) found.push(`makes ${page.length} requests: ${page.map(({ url }) => url).join(' ')}`);
  const size = (kind, measure) => bodies.filter((body) => body.kind === kind).reduce((sum, body) => sum + body[measure], 0);
  const over = (what, bytes, limit) => bytes > limit && found.push(`${what} has ${bytes} bytes, may have ${limit}`);
  over('its HTML', size('document', 'gz'), htmlLimit);
  over('style and script', size('stylesheet', 'gz') + size('script', 'gz'), STYLE_AND_SCRIPT);
  for (const [kind, limits] of [['stylesheet', STYLE], ['script', SCRIPT]]) {
    for (const measure of ['raw', 'gz']) over(`${kind}, ${measure},`, size(kind, measure), limits[measure]);
  }
  for (const { url, kind, headers } of bodies) {
    if (kind === 'document') {
      if (headers['content-security-policy'] !== POLICY) found.push(`policy is ${headers['content-security-policy']}`);
      if (headers['cache-control'] !== 'no-store') found.push(`may be kept: ${headers['cache-control']}`);
    } else {
      if (!/immutable/.test(headers['cache-control'] ?? '')) found.push(`${url} is not immutable`);
      if (headers['content-encoding'] !== 'gzip') found.push(`${url} comes unpacked`);
    }
  }
  return found;
}
