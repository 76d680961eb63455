// Two ways to use a page. A journey is written once and walked with either.

import { choose, fill, press } from './keyboard.js';

/** Somebody with a keyboard alone. */
export const keyboard = { press, fill, choose };

/** Somebody with a mouse or a finger. */
export const mouse = {
  press: (page, wanted) => wanted.click(),
  fill: (page, wanted, text) => wanted.fill(text),
  choose: (page, group, wanted) => wanted.check(),
};
