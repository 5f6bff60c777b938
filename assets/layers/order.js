// The order of the channels: by index, or the most active first. They are sorted once the pen rests, so that none moves
// while somebody draws, and only then is it asked how active they are.

import { mountChoice } from "../controls/choice.js";
import { floatsFromBase64 } from "../page/bytes.js";
import { ask } from "../page/reader.js";
import { get } from "../page/state.js";

const REST = 300; // milliseconds without an answer

/**
 * `strips()` are those of the view; `moved()` is called when channels have changed places. Returns { asks, heed, forget }:
 * whether the next request asks for activity, what to call with the activity of a new answer or undefined, and with that
 * other strips are shown.
 */
export function mountOrder(view, strips, moved) {
  let isByActivity = true;
  let sorted = null; // the drawing for which they were sorted last
  let asking = false;
  let resting = null;

  function heed(activity) {
    if (!isByActivity) return;
    if (activity && sorted !== get().drawing) sort(activity);
    clearTimeout(resting);
    if (sorted !== get().drawing) resting = setTimeout(rest, REST);
  }

  function rest() {
    if (!isByActivity || !get().drawing.length) return;
    asking = true;
    ask();
  }

  function sort(activity) {
    asking = false;
    sorted = get().drawing;
    const changed = [...strips()].filter(([layer, strip]) => strip.sort(floatsFromBase64(activity[layer])));
    if (changed.length) moved();
  }

  function forget() {
    sorted = null;
    asking = false;
  }

  mountChoice(view, "order", (value) => {
    isByActivity = value === "activity";
    clearTimeout(resting);
    forget();
    if (isByActivity) return ask();
    for (const [, strip] of strips()) strip.sort(null);
    moved();
  });

  return { asks: () => asking, heed, forget };
}
