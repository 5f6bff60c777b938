// The selected cell: the one under the pointer or reached by the arrow keys; otherwise the pinned one.

import { ask } from "../page/reader.js";
import { get, set } from "../page/state.js";
import { sameCell } from "./structure.js";

/** `changed(walks)` is called when another cell is selected: by the walking kernel, or by the visitor. */
export function makeSelection(changed) {
  let pointed = null;
  let notice = null; // shown instead of the usual sentence until a cell is selected

  return {
    get cell() { return pointed ?? get().cell; },
    get notice() { return notice; },

    hasPinned: () => get().cell !== null,
    isPinned: (cell) => get().cell !== null && sameCell(cell, get().cell),

    point(cell) {
      if (sameCell(cell, pointed)) return;
      pointed = cell;
      if (cell) notice = null;
      changed();
      ask();
    },

    /** The kernel walks on to a cell; null ends its walk. */
    walk(cell) {
      pointed = cell;
      changed(true);
      ask();
    },

    /** Pin a cell; pinning it again releases it. */
    pin(cell) {
      const release = sameCell(cell, get().cell);
      pointed = notice = null;
      set({ cell: release ? null : cell }); // asks, too
      changed();
    },

    /** Select no cell; `why` is shown instead of the usual sentence. */
    letGo(why = null) {
      pointed = null;
      notice = why;
      set({ cell: null });
      changed();
    },

    /** Another network: nothing of it is pointed at yet. */
    begin() { pointed = notice = null; },
  };
}
