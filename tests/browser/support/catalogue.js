// The catalogue of pages in the sandbox: every template in every state and language.

import assert from 'node:assert/strict';

import { ask } from './requests.js';

/** Addresses of all pages in one language. */
export async function pagesOf(base, lang) {
  const { status, text } = await ask(`${base}/sandbox/pages`);
  assert.equal(status, 200, 'the sandbox has a catalogue of pages');
  const found = [...text.matchAll(/href="(\/sandbox\/pages\/(\w\w)\/[^"]+)"/g)];
  const paths = found.filter(([, , of]) => of === lang).map(([, path]) => path);
  assert.ok(paths.length >= 10, `the catalogue lists ${paths.length} pages in ${lang}`);
  return paths;
}

/** Fails with all faults at once, each with the pages that have it, so that one run tells all that there is to mend. */
export function assertNone(faults, what) {
  const pages = new Map();
  for (const [page, fault] of faults) pages.set(fault, [...(pages.get(fault) ?? []), page]);
  const lines = [...pages].map(([fault, on]) => `${fault}\n    on ${on.length} pages: ${on.slice(0, 6).join(' ')}`);
  assert.ok(lines.length === 0, `${faults.length} ${what}:\n${lines.join('\n')}`);
}
