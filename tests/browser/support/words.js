// The words of the pages, from the same Fluent files that the pages use: a test finds a button by its key.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../src/inbound/http/pages/words/', import.meta.url));
const catalogues = { en: read('en-CA'), fr: read('fr-CA') };

/** The words of `key` as a pattern for a whole name; what is filled in or chosen at run time matches anything. */
export function words(key, lang = 'en') {
  const text = catalogues[lang].get(key);
  if (text === undefined) throw new Error(`no words for ${key} in ${lang}`);
  const parts = text.split(/\{[^{}]*\}/).map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
  return new RegExp(`^\\s*${parts.join('[\\s\\S]*')}`);
}

/** All keys, for tests that go through them. */
export const keys = (lang = 'en') => [...catalogues[lang].keys()];

function read(locale) {
  const found = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ftl') && name.includes(locale))) {
    let key;
    for (const line of readFileSync(`${folder}${file}`, 'utf8').split('\n')) {
      const begun = /^([a-z][\w-]*) *= *(.*)$/.exec(line);
      if (begun) {
        key = begun[1];
        found.set(key, begun[2]);
      } else if (key && /^\s+\S/.test(line) && !/^\s+\./.test(line)) {
        found.set(key, `${found.get(key)} ${line.trim()}`.trim());
      } else {
        key = undefined;
      }
    }
  }
  return found;
}
