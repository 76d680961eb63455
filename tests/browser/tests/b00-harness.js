// The checks themselves: a page that is bad on purpose, served by this file alone, must be found bad.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { examine } from '../support/axe.js';
import { withPage } from '../support/chromium.js';
import { assertFocusShows } from '../support/keyboard.js';
import { layoutFaults } from '../support/layout.js';
import { strangers, watch } from '../support/watch.js';

const GOOD = `<!doctype html><html lang="en-CA"><head><meta name="viewport" content="width=device-width">
  <title>Good</title><link rel="stylesheet" href="/good.css"></head>
  <body><main><h1>Good</h1><p><a href="/elsewhere">Somewhere</a></p></main></body></html>`;
const BAD = `<!doctype html><html><head><title>Bad</title><link rel="stylesheet" href="/bad.css">
  <script src="http://127.0.0.2:9/off-origin.js"></script></head>
  <body><h3>Bad</h3><img src="/nothing.png"><p class="pale">Pale words</p><p style="color: red">Styled in its line</p>
  <form><input name="nameless"><button class="tiny">x</button></form><div class="wide">wide</div>
  <script>document.title = 'inline';</script></body></html>`;
const CSS = `body { color: #111; background: #fff; font: 1rem sans-serif } a { display: inline-block; padding: 12px; min-width: 24px }
  a:focus { background: #fd0; color: #111; outline: none; box-shadow: 0 4px #111 }`;
const BAD_CSS = `.pale { color: #bbb; background: #fff } .wide { width: 900px } .tiny { width: 9px; height: 9px; padding: 0; border: 0 }
  *:focus { outline: none }`;
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'";

describe('B0 the checks find what they look for', () => {
  let server;
  let base;

  before(async () => {
    const files = { '/good': ['text/html', GOOD], '/bad': ['text/html', BAD], '/good.css': ['text/css', CSS], '/bad.css': ['text/css', BAD_CSS] };
    server = http.createServer((request, response) => {
      const [kind, text] = files[request.url] ?? ['text/plain', ''];
      response.writeHead(kind === 'text/plain' ? 404 : 200, { 'content-type': `${kind}; charset=utf-8`, 'content-security-policy': POLICY });
      response.end(text);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => server.close());

  test('B0 axe finds a bad page bad and a good one good', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${base}/bad`);
      const rules = new Set((await examine(page)).violations.map((line) => line.split(' ')[0]));
      for (const rule of ['html-has-lang', 'image-alt', 'color-contrast', 'label', 'landmark-one-main']) {
        assert.ok(rules.has(rule), `${rule} was not found, only ${[...rules]}`);
      }
      await page.goto(`${base}/good`);
      assert.deepEqual((await examine(page)).violations, []);
    });
  });

  test('B0 the network watch sees strangers and what the policy stopped', async () => {
    await withPage({}, async (page) => {
      const seen = await watch(page);
      await page.goto(`${base}/bad`);
      const { requests, blocked } = await seen.tell();
      assert.equal(strangers([{ url: 'http://127.0.0.2:9/off-origin.js' }], base).length, 1);
      assert.ok(blocked.some((line) => line.includes('style-src')), blocked.join('\n'));
      assert.ok(blocked.some((line) => line.includes('script-src')), blocked.join('\n'));
      assert.ok(requests.length >= 2);
    });
    await withPage({}, async (page) => {
      const seen = await watch(page);
      await page.goto(`${base}/good`);
      const { requests, bodies, blocked } = await seen.tell();
      assert.deepEqual([strangers(requests, base), blocked, bodies.length], [[], [], 2]);
    });
  });

  test('B0 the layout check sees sideways scroll and small targets', async () => {
    await withPage({ viewport: { width: 320, height: 568 } }, async (page) => {
      await page.goto(`${base}/bad`);
      const faults = (await layoutFaults(page, 24)).join('\n');
      assert.match(faults, /scrolls sideways/);
      assert.match(faults, /small target/);
      await page.goto(`${base}/good`);
      assert.deepEqual(await layoutFaults(page, 24), []);
    });
  });

  test('B0 focus that shows is told from focus that does not', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${base}/good`);
      await page.keyboard.press('Tab');
      await assertFocusShows(page);
      await page.goto(`${base}/bad`);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await assert.rejects(assertFocusShows(page), /focus does not show/);
    });
  });
});
