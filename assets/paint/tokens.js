// The visual constants of assets/style/, for what is painted on a canvas.

import { onTheme } from "../page/theme.js";

const known = new Map([[document.body, new Map()], [document.documentElement, new Map()]]); // values by name
onTheme(() => known.get(document.body).clear());

/**
 * Value of a CSS variable of the page; with the document's root, its value in the light theme. Remembered until the theme
 * changes, because asking the browser in the middle of a change makes it recompute all styles.
 */
export function token(name, root = document.body) {
  const values = known.get(root);
  if (!values.get(name)) values.set(name, getComputedStyle(root).getPropertyValue(name).trim());
  return values.get(name);
}
