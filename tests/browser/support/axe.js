// axe-core in a page: WCAG 2.0 to 2.2, levels A and AA, and best practice.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

/**
 * What axe finds wrong in the page as it stands (`violations`) and what a person must look at (`incomplete`):
 * by all rules of those tags, or by the named `rules` alone.
 */
export async function examine(page, rules) {
  const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: TAGS };
  // By the debugger and not by a script element: the pages' own policy forbids scripts that are not theirs.
  const debug = await page.context().newCDPSession(page);
  try {
    await debug.send('Runtime.evaluate', { expression: `${source};0`, allowUnsafeEvalBlockedByCSP: true });
    const { result, exceptionDetails } = await debug.send('Runtime.evaluate', {
      expression: `axe.run(document, ${JSON.stringify({
        runOnly,
        resultTypes: ['violations', 'incomplete'],
      })}).then(({ violations, incomplete }) => JSON.stringify({ violations, incomplete }))`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(`axe did not run: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    const found = JSON.parse(result.value);
    return { violations: found.violations.flatMap(told), incomplete: found.incomplete.flatMap(told) };
  } finally {
    await debug.detach();
  }
}

/** One line for each place. */
function told(rule) {
  return rule.nodes.map((node) => {
    const why = [...node.any, ...node.all, ...node.none].map((check) => check.message).join('; ');
    return `${rule.id} (${rule.impact}) at ${node.target.join(' ')}: ${why || rule.help}`;
  });
}
