// A row of buttons of which one is pressed.

/** The buttons of `view` with a data-`name`: `chosen(value)` hears of the one that is pressed. */
export function mountChoice(view, name, chosen) {
  const buttons = [...view.querySelectorAll(`[data-${name}]`)];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.ariaPressed = String(other === button);
      chosen(button.dataset[name]);
    });
  }
}
