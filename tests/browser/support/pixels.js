// How much of a picture changes so that it can be seen: for judging whether focus shows.

import { inflateSync } from 'node:zlib';

/** Pixels whose contrast between the two pictures is at least 3:1 (WCAG 2.4.11's measure of a change that shows). */
export function visiblyChanged(before, after) {
  const one = decode(before);
  const two = decode(after);
  if (one.width !== two.width || one.height !== two.height) throw new Error('the two pictures differ in size');
  let changed = 0;
  for (let at = 0; at < one.width * one.height; at += 1) {
    if (contrast(luminance(one, at), luminance(two, at)) >= 3) changed += 1;
  }
  return changed;
}

const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

function luminance({ pixels, channels }, at) {
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const first = at * channels;
  return 0.2126 * linear(pixels[first]) + 0.7152 * linear(pixels[first + 1]) + 0.0722 * linear(pixels[first + 2]);
}

/** A PNG as Chromium writes screenshots: 8 bits a channel, RGB or RGBA, not interlaced. */
function decode(png) {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  if (png[24] !== 8 || ![2, 6].includes(png[25]) || png[28] !== 0) throw new Error('not a picture that Chromium takes');
  const channels = png[25] === 6 ? 4 : 3;
  const parts = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const packed = inflateSync(Buffer.concat(parts));
  const row = width * channels;
  const pixels = Buffer.alloc(row * height);
  for (let y = 0; y < height; y += 1) {
    const filter = packed[y * (row + 1)];
    for (let x = 0; x < row; x += 1) {
      const left = x >= channels ? pixels[y * row + x - channels] : 0;
      const up = y > 0 ? pixels[(y - 1) * row + x] : 0;
      const corner = x >= channels && y > 0 ? pixels[(y - 1) * row + x - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      pixels[y * row + x] = (packed[y * (row + 1) + 1 + x] + guess) & 255;
    }
  }
  return { width, height, channels, pixels };
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
