// Light or dark: the page has one look at a time, and whoever paints with its colours is told when it changes.

const listeners = new Set();

/** Call `listener()` whenever light turns to dark or back, in the order in which the listeners came. */
export const onLook = (listener) => listeners.add(listener);

new MutationObserver(() => {
  for (const listener of listeners) {
    try {
      listener();
    } catch (error) {
      reportError(error); // one view's trouble is not the others'
    }
  }
}).observe(document.body, { attributeFilter: ["class"] });
