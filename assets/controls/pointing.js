// Cells are pointed at and pinned, by mouse, finger and keyboard.

import { ARROWS, clip } from "./dom.js";

/** Let the visitor select a cell on a strip of maps; it has no `size` while none are shown. */
export function pointOnStrip(strip, selection) {
  const { canvas } = strip;
  canvas.addEventListener("pointermove", (event) => event.pointerType !== "touch" && selection.point(strip.cellAt(event)));
  canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && selection.point(null));
  canvas.addEventListener("click", (event) => { const cell = strip.cellAt(event); if (cell) selection.pin(cell); });
  canvas.addEventListener("keydown", (event) => press(event, strip, selection));
  canvas.addEventListener("blur", () => selection.point(null));
}

/** Let the large map of the selected cell choose another; `stripOf()` is the strip of its layer while it is shown. */
export function pointOnMap(canvas, stripOf, selection) {
  function cellAt(event) {
    const size = stripOf()?.size;
    if (!size) return null;
    const box = canvas.getBoundingClientRect();
    const side = Math.max(...size);
    const y = Math.floor(((event.clientY - box.top) / box.height) * side);
    const x = Math.floor(((event.clientX - box.left) / box.width) * side);
    return y >= 0 && x >= 0 && y < size[0] && x < size[1] ? { ...selection.cell, y, x } : null;
  }

  canvas.addEventListener("pointermove", (event) => {
    const cell = event.pointerType !== "touch" && cellAt(event);
    if (cell) selection.point(cell);
  });
  canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && selection.hasPinned() && selection.point(null));
  canvas.addEventListener("click", (event) => { const cell = cellAt(event); if (cell) selection.pin(cell); });
  canvas.addEventListener("keydown", (event) => { const strip = stripOf(); if (strip) press(event, strip, selection); });
}

/** Arrow keys go from cell to cell, page keys from channel to channel; Enter pins, Escape releases. */
function press(event, strip, selection) {
  if (!strip.size || event.ctrlKey || event.metaKey || event.altKey) return;
  const cell = selection.cell?.layer === strip.layer ? selection.cell : null;
  const [height, width] = strip.size;
  const first = { layer: strip.layer, y: Math.floor(height / 2), x: Math.floor(width / 2), channel: strip.shown[0] };
  const isSingle = height * width === 1;
  if (event.key in ARROWS) {
    const [down, right] = ARROWS[event.key];
    if (!cell) selection.point(first);
    else if (isSingle) turn(down * 8 + right); // pooled features stand eight in a row
    else selection.point({ ...cell, y: clip(cell.y + down, height), x: clip(cell.x + right, width) });
  } else if (event.key === "PageUp" || event.key === "PageDown") {
    if (cell) turn(event.key === "PageDown" ? 1 : -1);
    else selection.point(first);
  } else if (event.key === "Enter" || event.key === " ") selection.pin(cell ?? first);
  else if (event.key === "Escape") selection.letGo();
  else return;
  event.preventDefault();
  event.stopPropagation();

  function turn(by) {
    const { shown } = strip;
    selection.point({ ...cell, channel: shown[clip(shown.indexOf(cell.channel) + by, shown.length)] });
  }
}
