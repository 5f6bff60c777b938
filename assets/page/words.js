// The text of an element.

/** Only changes cost a layout, and only changes are read out. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
