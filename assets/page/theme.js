// Light or dark: tells whoever paints with the page's colours when they change.

const listeners = new Set();

/** Call `listener()` whenever light turns to dark or back, in the order in which the listeners came. */
export const onTheme = (listener) => listeners.add(listener);

new MutationObserver(() => {
  for (const listener of listeners) {
    try {
      listener();
    } catch (error) {
      reportError(error); // an error in one view must not stop the others
    }
  }
}).observe(document.body, { attributeFilter: ["class"] });
