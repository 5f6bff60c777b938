// Export the chosen network as a file, made and checked on the server.

import { saveFile } from "../controls/files.js";
import { language } from "../language/language.js";
import { fromBase64 } from "../page/bytes.js";
import { follow, waiting } from "../page/job.js";
import { get } from "../page/state.js";

export function mount({ element, server }) {
  const buttons = [...element.querySelectorAll("button")];
  const bar = element.querySelector("progress");
  const line = element.querySelector(".sentence");

  async function make(form) {
    for (const button of buttons) button.disabled = true;
    bar.value = 0;
    line.textContent = "Making and checking the file.";
    const { network, drawing } = get();
    const request = form === "page" ? { network, form, drawing, language: language() } : { network, form };
    const outcome = await follow(server.start_export, request, server.job_progress, (told) => {
      if (told.state === "waiting") line.textContent = waiting(told);
      if (told.news.length) bar.value = told.news.at(-1);
    });
    for (const button of buttons) button.disabled = false;
    line.textContent = outcome.error ?? outcome.sentence;
    bar.value = outcome.error ? 0 : 1;
    if (!outcome.error) saveFile(outcome.file, fromBase64(outcome.content), "application/octet-stream");
  }

  for (const button of buttons) button.addEventListener("click", () => make(button.dataset.form));
}
