// Curves that grow while something is learned: a line for each quantity, over the steps.

/** Draw on the polylines of a figure: `lines` are arrays of values 0..`top`, `share` is how far the last one has come. */
export function drawCurves(figure, lines, top, share) {
  const { width, height } = figure.querySelector("svg").viewBox.baseVal;
  [...figure.querySelectorAll("polyline")].forEach((polyline, index) => {
    const values = lines[index];
    const x = (at) => (width * share * (at + 1)) / values.length;
    const y = (value) => height * (1 - Math.min(1, Math.max(0, value / top)));
    polyline.setAttribute("points", values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
  });
}
