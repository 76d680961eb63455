// The words of the pages, from the same Fluent files that the pages use: a test finds a button by its key.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../src/inbound/http/pages/words/', import.meta.url));
const catalogues = { en: read('en-CA'), fr: read('fr-CA') };

/** A pattern for names that begin with the words of `key`; hidden words may stand behind them. */
export function begins(key, lang = 'en') {
  return new RegExp(`^\\s*${pattern(key, lang)}`);
}

/** A pattern for names that are the words of `key` and nothing else. */
export function whole(key, lang = 'en') {
  return new RegExp(`^\\s*${pattern(key, lang)}\\s*$`);
}

/** The language of the page as it stands. */
export async function langOf(page) {
  return (await page.locator('html').getAttribute('lang')).slice(0, 2);
}

/** The link with these words, in the language of the page. */
export const link = (page, key) => named(page, 'link', key);

/** The button with these words. */
export const button = (page, key) => named(page, 'button', key);

/** Waits until the page has this h1. */
export async function heading(page, key) {
  await page.waitForLoadState();
  const h1 = page.getByRole('heading', { level: 1 });
  await page.waitForFunction(
    ([english, french]) => {
      const text = document.querySelector('h1')?.textContent ?? '';
      return new RegExp(document.documentElement.lang.startsWith('fr') ? french : english).test(text);
    },
    [begins(key, 'en').source, begins(key, 'fr').source],
    { timeout: 15_000 },
  ).catch(async () => {
    throw new Error(`the page is "${await h1.textContent()}" at ${page.url()}, not ${key}`);
  });
}

async function named(page, role, key) {
  const lang = await langOf(page);
  const exact = page.getByRole(role, { name: whole(key, lang) });
  return ((await exact.count()) > 0 ? exact : page.getByRole(role, { name: begins(key, lang) })).first();
}

/** What is filled in or chosen at run time matches anything. */
function pattern(key, lang) {
  const text = catalogues[lang].get(key);
  if (text === undefined) throw new Error(`no words for ${key} in ${lang}`);
  const parts = text.split(/\{[^{}]*\}/);
  return parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+')).join('[\\s\\S]*');
}

function read(locale) {
  const found = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ftl') && name.includes(locale))) {
    let key;
    for (const line of readFileSync(`${folder}${file}`, 'utf8').split('\n')) {
      const begun = /^([a-z][\w-]*) *= *(.*)$/.exec(line);
      if (begun) {
        key = begun[1];
        found.set(key, begun[2]);
      } else if (key && /^\s+\S/.test(line)) {
        found.set(key, `${found.get(key)} ${line.trim()}`.trim());
      } else {
        key = undefined;
      }
    }
  }
  return found;
}
