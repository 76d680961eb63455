// One Chromium for all tests. It can reach loopback and nothing else, and starts with an empty profile.

import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-default-apps', '--disable-domain-reliability',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

let running;

/** The browser, started at the first call. */
export function browser() {
  running ??= chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
  return running;
}

export async function closeBrowser() {
  if (running) await (await running).close();
  running = undefined;
}

/** Somebody at a browser of their own: own cookies, own history. English and light unless told otherwise. */
export async function person({ lang = 'en', colorScheme = 'light', script = true, viewport, ...more } = {}) {
  return (await browser()).newContext({
    locale: lang === 'fr' ? 'fr-CA' : 'en-CA',
    colorScheme,
    javaScriptEnabled: script,
    viewport: viewport ?? { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...more,
  });
}

/** Runs `act` with a page of a new person, and sends the person away whatever happens. */
export async function withPage(options, act) {
  const context = await person(options);
  try {
    return await act(await context.newPage(), context);
  } finally {
    await context.close();
  }
}
