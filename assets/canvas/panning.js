// Two fingers move a sheet that is wider than the screen; one finger draws.

/** Let two fingers on `sheet` scroll `room`, which holds it. `begins()` is called when the second finger comes down. */
export function mountPanning(sheet, room, begins) {
  const fingers = new Map(); // pointer id -> where it is, CSS pixels from the left
  let pans = false;

  sheet.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size < 2 || room.scrollWidth <= room.clientWidth) return;
    event.stopImmediatePropagation(); // this finger does not draw
    if (pans) return;
    pans = true;
    begins();
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    if (pans) room.scrollLeft -= (event.clientX - fingers.get(event.pointerId)) / fingers.size;
    fingers.set(event.pointerId, event.clientX);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      if (!fingers.size) pans = false;
    });
  }
}
