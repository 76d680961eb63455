// What the reference evaluator (npm fhirpath) says: reads {expressions, cases: [{resource, expressions: [index]}]} and
// writes, for each case, an array of "true", "false", "empty" or "error". Called by tests/it/fhirpath/judge.rs.
'use strict';

const fhirpath = require('fhirpath');
const r4 = require('fhirpath/fhir-context/r4');

const { expressions, cases } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const silent = () => {};
console.log = silent;
const compiled = expressions.map((text) => {
  try {
    return fhirpath.compile(text, r4, { traceFn: silent });
  } catch {
    return null;
  }
});

function verdict(evaluate, resource) {
  if (evaluate === null) return 'error';
  try {
    const found = evaluate(resource, { resource, rootResource: resource });
    return found.length === 0 ? 'empty' : String(found[0]);
  } catch {
    return 'error';
  }
}

const verdicts = cases.map(({ resource, expressions: wanted }) =>
  wanted.map((index) => verdict(compiled[index], resource)));
process.stdout.write(JSON.stringify(verdicts));
