// The engine on the page: it answers before the server does. The address says ?engine=off where the server is to answer,
// and ?engine=on where nobody else is.

import { setText } from "../controls/dom.js";
import { lastLine } from "../page/lines.js";
import { answerFirst, ask, onAnswer } from "../page/reader.js";
import { get, subscribe } from "../page/state.js";

const PATIENCE = 2000; // milliseconds that a page without a first reading is waited for

export async function mount({ element, server, props }) {
  const line = element.querySelector(".note");
  const forced = new URLSearchParams(location.search).get("engine");
  if (forced === "off") return;
  await firstReading(); // it comes no later for the engine's sake
  const engine = await makeEngine(server);
  if (!engine) return;
  engine.onReady = () => {
    ask();
    engine.fetchParts();
    fetchViews(props.scripts);
  };
  subscribe(({ network }, changed) => changed.includes("network") && network && engine.prepare([network]));
  if (get().network) engine.prepare([get().network]);
  answerFirst(forced === "on" ? engine.readAlone : engine.read, engine.foresee, engine.readImages);
  onAnswer(({ took }) => {
    const isHere = took !== undefined && (!get().line || lastLine()?.answer.took !== undefined);
    setText(line, isHere ? "While you draw, nothing leaves this computer." : "");
  });
  readLines(engine);
}

/** Have lines read here, too, once the sheet is one. */
function readLines(engine) {
  const begin = () => import("./lines.js").then(({ mountLines }) => mountLines(engine.kernels)).catch((error) => console.info("The server reads lines:", error.message));
  if (get().line) return begin();
  const stop = subscribe(({ line }) => {
    if (!line) return;
    stop();
    begin();
  });
}

function firstReading() {
  return new Promise((resolve) => {
    onAnswer(resolve);
    setTimeout(resolve, PATIENCE);
  });
}

/** Have the views at hand that are not looked at yet, so that they open where the server has stopped meanwhile. */
const fetchViews = (scripts) => {
  for (const script of scripts) import(new URL(`../${script}`, import.meta.url));
};

/** The engine; null where a browser has no SIMD, no room, or forbids WebAssembly: the server goes on answering. */
async function makeEngine(server) {
  try {
    const [{ Engine }, file] = await Promise.all([import("./source.js"), fetch(new URL("kernels.wasm", import.meta.url))]);
    return new Engine(await WebAssembly.compile(await file.arrayBuffer()), server.network_file);
  } catch (error) {
    console.info("The server reads:", error.message);
    return null;
  }
}
