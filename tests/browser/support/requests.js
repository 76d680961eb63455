// Requests as a program makes them, header by header: scanners, other sites, forged forms. A browser would not send them.

import http from 'node:http';

/** Sends one request and follows nothing. */
export function ask(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : Buffer.from(body);
    const request = http.request(url, {
      method,
      agent: false,
      headers: text === undefined ? headers : { 'content-length': text.length, ...headers },
    }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({
        status: response.statusCode,
        headers: response.headers,
        text: Buffer.concat(parts).toString('utf8'),
      }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.setTimeout(20_000, () => request.destroy(new Error(`no answer from ${url}`)));
    request.end(text);
  });
}

/** Posts the fields of a form, by default with the headers that a page of our own would send. */
export function post(url, fields, { cookie, headers = { 'sec-fetch-site': 'same-origin' } } = {}) {
  return ask(url, {
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...(cookie ? { cookie } : {}), ...headers },
  });
}

/** The cookies of a browser as a header. */
export async function cookieOf(context, url) {
  return (await context.cookies(url)).map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** What a browser would send of a form, as pairs. Buttons are not in it. */
export function fieldsOf(form) {
  return form.evaluate((element) =>
    [...new FormData(element)].filter(([, value]) => typeof value === 'string').map(([name, value]) => [name, value]));
}

/** The address that a form posts to. */
export function actionOf(form) {
  return form.evaluate((element) => new URL(element.getAttribute('action') ?? '', location.href).href);
}
