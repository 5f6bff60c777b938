// Which old digits a lesson would rehearse, and MNIST fetched where it is missing.

import { setText } from "../controls/dom.js";
import { follow, waiting } from "../page/job.js";
import { askServer } from "../page/server.js";
import { live } from "../page/view.js";

/** Words for where old digits come from, by the name that the server gives it. */
const SOURCES = {
  MNIST: "Old digits are rehearsed from MNIST: people\u2019s digits.",
  "generated digits": "The old digits that it rehearses were drawn by a network, in the ways people write. With MNIST, the proof that none are forgotten is stronger.",
  "embedded drawings": "Old digits are rehearsed from a few drawings, varied. Other people\u2019s digits may be forgotten without this showing; fetch MNIST to prevent that.",
};

export function mountDigits(row, server) {
  const line = row.querySelector(".note");
  const button = row.querySelector("button");
  let asked = false;

  function show({ source, error }) {
    setText(line, error ?? SOURCES[source] ?? "");
    button.hidden = source === "MNIST";
  }

  async function ask() {
    if (asked) return;
    asked = true;
    show(await askServer(server.old_digits, {}, "open the page again"));
  }

  button.addEventListener("click", async () => {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    setText(line, "Fetching MNIST, 11 MB, from the internet.");
    show(await follow(server.fetch_digits, {}, server.job_progress, (told) => told.state === "waiting" && setText(line, waiting(told))));
    button.ariaDisabled = "false";
  });
  live(row, { seen: ask });
}
