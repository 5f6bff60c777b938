// The network that draws: it finishes the drawing while the pen rests, invents digits on an empty sheet, and restores images.

import { mountChoice } from "../controls/choice.js";
import { node, setText } from "../controls/dom.js";
import { titleOf } from "../kept/networks.js";
import { fromBase64 } from "../page/bytes.js";
import { makeLane } from "../page/lane.js";
import { askServer } from "../page/server.js";
import { get } from "../page/state.js";
import { live, onceSeen } from "../page/view.js";
import { accuracy, likeliest } from "../page/words.js";
import { paintImage, paintShared } from "../paint/ink.js";
import { mountBrush } from "./brush.js";
import { imageAt, mountCompletions } from "./completions.js";
import { mountResults } from "./results.js";
import { makeSource, readImages } from "./source.js";
import { mountStages } from "./stages.js";
import { mountWanted } from "./wanted.js";
import { mountWay } from "./way.js";

const PAUSE = 60; // milliseconds that the pen rests before its drawing is finished
const NOTHING = { image: null, keep: null };
const TITLES = { dilated: "Dilated", undilated: "Every dilation 1" };

export function mount({ element, server, props }) {
  const view = element.querySelector(".imagine-view");
  onceSeen(view, async () => {
    const line = view.querySelector(".sentence");
    setText(line, "Loading the network that draws.");
    const told = await askServer(server.describe_generators, null, "load the page again");
    if (told.error) return setText(line, told.error);
    delete view.dataset.state;
    mountDrawing(view, server, props, told);
  });
}

function mountDrawing(view, server, { count, steps, guidance, most }, { generators, compared }) {
  const find = (selector) => view.querySelector(selector);
  const sources = new Map(generators.map(({ name }) => [name, null]));
  let source = null;
  let mode = "finish";
  let seed = 1;
  let sheet = null; // the drawing as it lies on the sheet, Uint8Array (784)
  let seen = null; // as the network that reads sees it
  let drawn = null; // { request, images, trail } of the newest answer
  let readings = null; // { classes, probabilities, of: what was drawn }
  let chosen = 0; // index of one of them
  let running = null; // what calls off the drawing under way
  let resting = null;
  let waits = false; // something has changed while nobody looked

  const wanted = mountWanted(find(".wanted"), generators[0].classes, () => ask());
  const tiles = mountCompletions(find(".six"), count, (index) => { chosen = index; showChosen(); });
  const way = mountWay(find(".way"), showStep);
  const brush = mountBrush(find(".damage"), soon);
  const stages = mountStages(find(".stages"));
  const showResults = mountResults(find(".results"), most);

  // What is asked for ---------------------------------------------------------------------------------------------

  // One request at a time, and the newest waits: as the slider moves, all that can be drawn is shown.
  const lane = makeLane(draw, compose, deliver);

  function compose() {
    const { image, keep } = known();
    return { image, keep, shares: wanted.shares(count, keep !== null, seed), seed, steps, guidance };
  }

  /** The part of an image that is to stay. */
  function known() {
    const image = mode === "repair" ? seen : sheet;
    const keep = mode === "repair" ? brush.keep() : image?.map((ink) => Number(ink > 0));
    return image && keep.some(Boolean) ? { image, keep } : NOTHING;
  }

  /** The pen moves: whatever is under way is called off, and its drawing is finished once it rests. */
  function soon() {
    running?.abort();
    clearTimeout(resting);
    resting = setTimeout(ask, PAUSE);
  }

  function ask() {
    waits = !view.checkVisibility();
    if (waits) return;
    say(sentence());
    const { keep } = known();
    const isWhole = mode === "repair" ? !brush.size() : keep?.every(Boolean);
    if (isWhole || (mode === "repair" && !seen)) return blank();
    lane.send();
  }

  async function draw(request) {
    running = new AbortController();
    try {
      return await source.complete(request, { signal: running.signal });
    } catch (error) {
      return error.name === "AbortError" ? null : { error: error.message };
    }
  }

  function deliver(request, answer) {
    if (!answer) return; // a newer one is on its way
    if (answer.error) return say(answer.error);
    drawn = { request, ...answer };
    way.take(drawn.trail);
    showStep();
    read();
    view.dataset.kept = request.keep?.filter(Boolean).length ?? 0;
    view.dataset.shares = request.shares[0].join();
  }

  /** What the network of the page reads the images as. */
  async function read() {
    if (!drawn) return;
    const own = drawn;
    const { network } = get();
    const found = await readImages(Array.from({ length: count }, (_, index) => imageAt(own.images, index)), network, server);
    if (drawn !== own || network !== get().network) return;
    readings = found.error ? null : { ...found, of: own };
    tiles.name(readings);
    setText(find(".reader"), `Below each: what ${titleOf(network)} reads it as. Choose one to see how it was drawn.`);
    showChosen();
  }

  // What is shown -------------------------------------------------------------------------------------------------

  const say = (text) => setText(find(".sentence"), text);

  function sentence() {
    const label = wanted.label();
    if (mode === "repair") {
      if (!seen) return "Draw a digit, then erase a part of it here: the network restores it.";
      if (!brush.size()) return "Erase a part of the image, or lay noise on it: the network restores it.";
      if (!known().keep) return "Nothing of the image is left, so these are new digits.";
      return `${brush.size()} pixels are gone: six ways to restore them. What the network adds is blue.`;
    }
    if (known().keep?.every(Boolean)) return "Your ink covers the whole sheet, so nothing is left to draw.";
    if (known().keep) return `Six ways to ${label ? `make it a ${label}` : "finish your drawing"}. Your ink stays as it is; what the network adds is blue.`;
    return `Six ${label ? `${label}s` : "digits"} that nobody has written: each began as noise. Draw a part of a digit, and it is finished instead.`;
  }

  function blank() {
    running?.abort();
    drawn = readings = null;
    way.take(null);
    tiles.show(null);
    tiles.name(null);
    showChosen();
  }

  function showStep() {
    if (!drawn) return;
    tiles.show(imagesAt(way.step()), drawn.request.keep);
    showChosen();
  }

  /** All images at a step, with what is kept of them in its place. */
  function imagesAt(step) {
    const { images, trail, request: { image, keep } } = drawn;
    if (step === trail.length - 1) return images;
    const { noisy } = trail[step];
    return keep ? noisy.map((ink, at) => (keep[at % keep.length] ? image[at % keep.length] : ink)) : noisy;
  }

  function showChosen() {
    const step = way.step();
    const image = drawn && imageAt(drawn.images, chosen);
    tiles.choose(chosen);
    paintShared(find(".noisy"), drawn && imageAt(imagesAt(step), chosen), drawn?.request.keep);
    paintImage(find(".answer"), drawn && imageAt(drawn.trail[step].answer, chosen));
    setText(find(".chosen h2"), `Number ${chosen + 1}`);
    showResults(image, drawn && (wanted.label() ?? labelOf(chosen)));
    if (drawn) stages.show(drawn.request, Math.min(step, steps - 1), chosen, image);
    else stages.clear();
  }

  const labelOf = (index) => readings?.of === drawn && likeliest({ classes: readings.classes, probabilities: readings.probabilities[index] });

  // Controls ------------------------------------------------------------------------------------------------------

  mountChoice(view, "mode", (name) => {
    mode = name;
    find(".damage").hidden = mode !== "repair";
    soon();
  });
  find('[data-do="another"]').addEventListener("click", () => { seed += 1; ask(); });

  function useGenerator(name) {
    running?.abort();
    source = sources.get(name) ?? makeSource(name, server);
    sources.set(name, source);
    stages.build(generators.find((each) => each.name === name).stages, source);
    ask();
  }

  if (generators.length > 1) {
    find(".generators").replaceChildren(...generators.map(({ name }, index) => {
      const button = Object.assign(node("button", "", TITLES[name] ?? name), { type: "button", ariaPressed: String(!index) });
      button.dataset.generator = name;
      return button;
    }));
    mountChoice(view, "generator", useGenerator);
    setText(find(".figures"), [...generators.map(figuresOf), compared].join(" ").trim());
  }

  live(view, {
    part: "sheet",
    parameters: () => ({ drawing: get().drawing }),
    show(found) {
      if (found?.error) return;
      const next = found && fromBase64(found.image);
      if (same(next, sheet)) return;
      sheet = next;
      if (mode === "finish") soon();
    },
    image(bytes) {
      seen = bytes && fromBase64(bytes);
      brush.take(seen);
      if (mode === "repair") soon();
    },
    network: read,
    theme: showStep,
    seen: () => waits && soon(),
  });
  useGenerator(generators[0].name);
  blank();
  soon();
}

function same(one, other) {
  return Boolean(one) === Boolean(other) && (!one || one.every((ink, pixel) => ink === other[pixel]));
}

/** A generator's figures in a sentence. */
function figuresOf({ name, parameters, figures: { completed, read_right: right } }) {
  return `${TITLES[name] ?? name}, ${parameters.toLocaleString("en")} parameters: of digits whose upper half was kept, ${accuracy(completed)} ` +
    `were finished as the same digit; of those it invents, ${accuracy(right)} are read as the digit asked for.`;
}
