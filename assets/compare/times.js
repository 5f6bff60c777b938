// Measured times: one button, one measurement at a time, filled in as they arrive.

import { heading, node } from "../controls/dom.js";
import { follow, waiting } from "../page/job.js";

const UNMEASURED = "\u2013";

/** `show(claims)` is told what the times say of the usual claims. */
export function mountTimes(section, server, { networks }, { runtimes, batches }, show) {
  const button = section.querySelector("button");
  const bar = section.querySelector("progress");
  const status = section.querySelector(".status");
  const cells = new Map(); // "network runtime batch" -> cell
  const total = networks.length * runtimes.length * batches.length;

  function build() {
    const head = node("tr");
    const cases = batches.flatMap((batch) => runtimes.map((runtime) => ({ batch, runtime })));
    head.append(heading("Network", "col"), ...cases.map(({ batch, runtime }) => heading(`${runtime}, ${batch === 1 ? "1 image" : `${batch} at once`}`, "col")));
    section.querySelector("thead").replaceChildren(head);
    section.querySelector("tbody").replaceChildren(...networks.map(({ name, title }) => {
      const row = node("tr");
      row.append(heading(title));
      for (const { batch, runtime } of cases) {
        const cell = node("td", "", UNMEASURED);
        cells.set(`${name} ${runtime} ${batch}`, cell);
        row.append(cell);
      }
      return row;
    }));
  }

  async function measure() {
    button.disabled = true;
    section.querySelector(".scroll").hidden = false;
    let measured = 0;
    status.textContent = "Measuring; other work on this machine makes the times longer.";
    const outcome = await follow(server.start_timing, null, server.job_progress, (told) => {
      if (told.state === "waiting") status.textContent = waiting(told);
      for (const timing of told.news) {
        measured += 1;
        cells.get(`${timing.network} ${timing.runtime} ${timing.batch}`).textContent = timing.microseconds.toFixed(timing.microseconds < 100 ? 1 : 0);
        status.textContent = measured < total ? `${measured} of ${total} measured.` : "All measured; PyTorch is counting the arithmetic.";
      }
      bar.value = measured / total;
    });
    button.disabled = false;
    status.textContent = outcome.error ?? outcome.counted;
    if (outcome.claims?.length) show(outcome.claims);
  }

  build();
  button.addEventListener("click", measure);
}
