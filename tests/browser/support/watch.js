// What a page asks the network for, how much of it comes, and what the page's own policy stopped.

import { gzipSync } from 'node:zlib';

/** Begins to watch; `tell()` says what was seen since the last time. Nothing comes from the browser's cache. */
export async function watch(page) {
  let requests = [];
  let bodies = [];
  let blocked = [];
  const debug = await page.context().newCDPSession(page);
  await debug.send('Network.enable');
  await debug.send('Network.setCacheDisabled', { cacheDisabled: true });
  page.on('request', (request) => requests.push({ url: request.url(), kind: request.resourceType() }));
  page.on('response', (response) => bodies.push(sizes(response)));
  page.on('console', (message) => {
    if (/Content Security Policy|violates the following/i.test(message.text())) blocked.push(message.text());
  });
  page.on('pageerror', (error) => blocked.push(`the page's script failed: ${error.message}`));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.warn(`Content Security Policy: ${event.violatedDirective} stopped ${event.blockedURI}`));
  });
  return {
    async tell() {
      const told = { requests, bodies: (await Promise.all(bodies)).filter(Boolean), blocked };
      [requests, bodies, blocked] = [[], [], []];
      return told;
    },
  };
}

/** Requests that left the origin; `data:` and `blob:` do not leave the page. */
export function strangers(requests, origin) {
  return requests.map(({ url }) => url).filter((url) => /^(https?|wss?):/.test(url) && new URL(url).origin !== origin);
}

async function sizes(response) {
  if (response.status() >= 300 && response.status() < 400) return null;
  const body = await response.body().catch(() => null);
  if (!body) return null;
  const kind = response.request().resourceType();
  return { url: response.url(), kind, raw: body.length, gz: gzipSync(body, { level: 9 }).length, headers: response.headers() };
}
