// Which maps are inside the window; only those are requested.

import { ask } from "../page/reader.js";

/**
 * `strips()` are those of the view. Returns { maps, forget, askAgain }: `maps()` gives the channels inside the window by
 * layer, or false where nothing is. That asks for the layout, and so not at every movement: what is in view stays there
 * until the page moves or `forget` is called.
 */
export function watchInView(view, strips) {
  let found = null; // null until the next look
  let scrolled = 0;

  function isOnScreen() {
    if (!view.checkVisibility()) return false;
    const { top, bottom } = view.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  }

  function visible() {
    const maps = {};
    for (const [layer, strip] of strips()) {
      const channels = strip.visible();
      if (channels.length) maps[layer] = channels;
    }
    return maps;
  }

  const forget = () => { found = null; };

  function askAgain() {
    forget();
    scrolled ||= requestAnimationFrame(() => { scrolled = 0; if (isOnScreen()) ask(); });
  }

  addEventListener("scroll", askAgain, { passive: true, capture: true });
  addEventListener("resize", askAgain, { passive: true });
  new ResizeObserver(askAgain).observe(document.body); // what stands above may have grown

  return { maps: () => (found ??= isOnScreen() && visible()), forget, askAgain };
}
