// What a narrow or a magnified page may not do: scroll sideways, cut text, offer targets that a finger misses.

/** One line for each fault of the page as it stands. `target` is the least side of a target in CSS pixels. */
export async function layoutFaults(page, target) {
  return page.evaluate((least) => {
    const faults = [];
    const name = (element) => {
      const words = (element.innerText || element.getAttribute('aria-label') || element.name || '').trim().slice(0, 40);
      return `<${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ''}> "${words}"`;
    };
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > wide) {
      faults.push(`scrolls sideways: ${document.documentElement.scrollWidth} px wide in ${wide}`);
    }
    const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    const hidden = (element, style) =>
      style.clipPath !== 'none' || style.clip !== 'auto' || element.getBoundingClientRect().width <= 1;
    for (const element of document.querySelectorAll('body *')) {
      if (element.closest('.scroll, svg') || !shown(element)) continue;
      const style = getComputedStyle(element);
      if (hidden(element, style) || element.parentElement.closest('[class*=hidden]')) continue;
      const box = element.getBoundingClientRect();
      // What lies wholly to the left or above is kept away until it has focus, like the skip link.
      if (box.bottom > 0 && box.right > 0 && (box.right > wide + 1 || box.left < -1)) {
        faults.push(`stands out of the page: ${name(element)} from ${box.left} to ${box.right}`);
      }
      // A long value scrolls within its field.
      if (element.matches('input, textarea, select')) continue;
      const cuts = ['hidden', 'clip'].includes(style.overflowX) || style.textOverflow === 'ellipsis';
      if (cuts && element.scrollWidth > element.clientWidth + 1) faults.push(`cuts its text: ${name(element)}`);
    }
    const targets = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
    for (const element of document.querySelectorAll(targets)) {
      if (!shown(element) || element.disabled) continue;
      const style = getComputedStyle(element);
      const around = element.tagName === 'A' && style.display === 'inline' ? element.parentElement : null;
      // A link within a sentence is as high as its line (WCAG 2.5.8, exception "inline").
      if (around && around.innerText.trim().length > element.innerText.trim().length) continue;
      let boxes = [element.getBoundingClientRect()];
      for (const label of element.labels ?? []) boxes.push(label.getBoundingClientRect());
      if (boxes.every((box) => box.bottom <= 0 || box.right <= 0)) continue;
      if (hidden(element, style)) boxes = boxes.slice(1);
      if (boxes.length === 0) continue;
      const width = Math.max(...boxes.map((box) => box.right)) - Math.min(...boxes.map((box) => box.left));
      const height = Math.max(...boxes.map((box) => box.bottom)) - Math.min(...boxes.map((box) => box.top));
      if (width < least - 0.5 || height < least - 0.5) {
        faults.push(`is a small target: ${name(element)} ${width.toFixed(0)} x ${height.toFixed(0)}, needs ${least}`);
      }
    }
    return faults;
  }, target);
}
