// One line a test, what went wrong below it, and a closing line that tests/run adds to its sum.

export default async function* report(events) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    // The runner's own counts come as diagnostics of the root.
    if (type === 'test:diagnostic' && !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(data.message)) {
      yield `     ${data.message}\n`;
    }
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A test that holds others is not counted: its parts are.
    if (data.details?.type === 'suite') continue;
    const good = type === 'test:pass' && data.skip === undefined;
    if (good) passed += 1;
    else failed += 1;
    const seconds = ((data.details?.duration_ms ?? 0) / 1000).toFixed(1);
    yield `${good ? 'ok  ' : 'FAIL'} ${data.name}  (${seconds} s)\n`;
    if (!good) yield `${indented(data.details?.error)}\n`;
  }
  yield `${passed} passed, ${failed} failed\n`;
}

function indented(error) {
  const cause = error?.cause ?? error;
  const text = cause?.stack ?? cause?.message ?? 'was skipped: no test may be';
  return String(text).split('\n').slice(0, 60).map((line) => `     ${line}`).join('\n');
}
