// The contract of a live view: it says what it shows, and is told when. It cannot tell who answered.

import { ask, onAnswer, want } from "./reader.js";
import { get, subscribe } from "./state.js";
import { onTheme } from "./theme.js";

let image = null; // of the newest answer, bytes or base64; null while the sheet is empty
const images = new Set(); // called with each new one

onAnswer((answer) => !answer.error && setImage(answer.image));
subscribe((state, changed) => changed.includes("drawing") && !state.drawing.length && setImage(null));

function setImage(next) {
  image = next;
  for (const tell of images) tell();
}

/**
 * Keep `element` alive. Everything is optional:
 *
 * part, parameters()   the name of its part of an answer, and what is asked of it with every request while the element is
 *                      on screen; null asks for nothing
 * show(found, answer)  that part of a new answer, perhaps { error }; show(null) at first and when the sheet is emptied
 * answer(answer)       every new answer, perhaps { sequence, error }; answer(null) at first and when the sheet is emptied
 * image(bytes)         the 28 x 28 image of the newest answer, or null; told while the element is on screen,
 *                      and made up for when it comes there
 * network(name)        another network reads
 * theme()              light turned to dark or back
 * size({ width })      the element has another size, CSS pixels
 * seen()               the element has come on screen
 *
 * Nothing here measures or waits for a frame: a movement of the pen costs what the view itself does.
 */
export function live(element, view) {
  let onScreen = false;
  let painted; // the image that the view was told of last

  function tellImage() {
    if (!onScreen || painted === image) return;
    painted = image;
    view.image(image);
  }

  if (view.part) {
    onAnswer((answer) => answer.parts?.[view.part] && view.show(answer.parts[view.part], answer));
    onEmptied(() => view.show(null));
    view.show(null);
    want(view.part, () => (onScreen && element.checkVisibility() ? view.parameters() : null));
  }
  if (view.answer) {
    onAnswer(view.answer);
    onEmptied(() => view.answer(null));
    if (!get().drawing.length) view.answer(null);
  }
  if (view.image) images.add(tellImage);
  if (view.network) subscribe((state, changed) => changed.includes("network") && view.network(state.network));
  if (view.theme) onTheme(() => view.theme());
  if (view.size) new ResizeObserver(([{ contentRect }]) => view.size(contentRect)).observe(element);
  if (view.part || view.image || view.seen) {
    new IntersectionObserver((entries) => {
      onScreen = entries.at(-1).isIntersecting;
      if (!onScreen) return;
      if (view.image) tellImage();
      view.seen?.();
      if (view.part) ask();
    }).observe(element);
  }
}

/** Call `begin()` once, when an element is first on screen: a visitor who never looks there asks the server nothing. */
export function onceSeen(element, begin) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.at(-1).isIntersecting) return;
    watch.disconnect();
    begin();
  });
  watch.observe(element);
}

const onEmptied = (listener) => subscribe((state, changed) => changed.includes("drawing") && !state.drawing.length && listener());
