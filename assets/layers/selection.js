// The cell that is looked at: the one under the pointer, or that the arrow keys went to, before the one that is pinned.

import { ask } from "../page/reader.js";
import { get, set } from "../page/state.js";
import { sameCell } from "./structure.js";

/** `changed()` is called when another cell is looked at. */
export function makeSelection(changed) {
  let pointed = null;
  let notice = null; // what is to be said instead of the usual sentence, until a cell is selected

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

    /** Select a cell for good; the one that is pinned already is let go. */
    pin(cell) {
      const release = sameCell(cell, get().cell);
      pointed = notice = null;
      set({ cell: release ? null : cell }); // asks, too
      changed();
    },

    /** Look at no cell; `why` is said instead of the usual sentence. */
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
