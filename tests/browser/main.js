// All browser tests in one process: they share one Chromium and, most of them, one sandbox.
//   node --test-reporter=./support/reporter.js main.js [part of a file's name]…

import { readdirSync } from 'node:fs';
import { after } from 'node:test';

import { closeBrowser } from './support/chromium.js';
import { stopAll } from './support/sandbox.js';

const wanted = process.argv.slice(2);
const files = readdirSync(new URL('tests/', import.meta.url)).filter((name) => name.endsWith('.js')).sort();

for (const file of files) {
  if (wanted.length === 0 || wanted.some((part) => file.includes(part))) await import(`./tests/${file}`);
}

after(async () => {
  await closeBrowser();
  await stopAll();
});

// Whoever stops the run must find nothing of it left.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stopAll();
    await closeBrowser();
    process.exit(130);
  });
}
