// The network in full view, and beside it what it answers over the whole plane.
//
// The graph and the output have files of their own (plane/). This one hands them what the probes bring, lets the other
// pictures of the page know which neuron is looked at, and carries the tools: what the links show, the output's options,
// slow motion, and painting.

import { h, say } from "../live/dom.js";
import { count, number } from "../live/format.js";
import { Graph } from "./plane/graph.js";
import { Output, Scale } from "./plane/output.js";
import { Painting } from "./plane/painting.js";
import { renewed, Shape } from "./plane/shape.js";
import { SlowMotion } from "./plane/slow.js";

// What the links can show: the name on the button, and what blue, orange and thick mean then.
const MODES = [
  ["weights", "Weights", ["adds", "subtracts", "larger weight"]],
  ["gradients", "Gradients", ["more would raise the loss", "more would lower it", "larger gradient"]],
  ["updates", "Last update", ["went up", "went down", "larger change"]],
];

const cardBelow = matchMedia("(max-width: 1180px) and (hover: hover)"); // one neuron's card may be out of sight

export function mount(element, options, context) {
  const { theme, ask, status, tools, texts, tell, aim, bus, explain } = context;
  let shape = null;
  let run = null;
  let pinned = null;
  let last = null;
  let slow = null;
  let mode = "weights";
  let level = 0;
  let gradients = false;

  const graph = new Graph(theme, {
    hover: (place) => look(place),
    pin: (place) => pin(place),
    vary: (changes) => vary(changes),
    link: (held) => pin({ layer: held.layer, unit: held.unit, from: held.from }),
    linkHeld: (held) => held && wantGradients(),
  });
  const output = new Output(theme);
  const scale = new Scale(theme);
  const modes = h(
    "div",
    { class: "wil-net-segments", role: "group", "aria-label": "The links show" },
    MODES.map(([name, words]) => h("button", { class: "wil-net-segment", type: "button", "aria-pressed": String(name === mode), "data-mode": name, onclick: () => show(name) }, words)),
  );
  const slowButton = h("button", { class: "wil-button wil-small", type: "button", "data-control": "slow", onclick: () => (slow ? leave() : enter()) }, "Slow motion");
  const paintButton = h("button", { class: "wil-button wil-small", type: "button", "data-control": "paint", onclick: () => paint() }, "Paint your own dots");
  tools.append(modes, paintButton, slowButton);

  const key = h(
    "div",
    { class: "wil-legend wil-links-key", "aria-hidden": "true" },
    ["plus", "minus", "wide"].flatMap((name, i) => [h("span", { class: `wil-net-key wil-net-key-${name}` }), h("span", {}, MODES[0][2][i])]),
  );
  const price = h("p", { class: "wil-net-cost" });
  const check = (words, name, on) => h("label", { class: "wil-check" }, h("input", { type: "checkbox", checked: on, onchange: (event) => output.set(name, event.target.checked) }), words);
  const wrong = h("span", { class: "wil-net-wrong-count" }, "wrong");
  const dotsKey = h(
    "div",
    { class: "wil-legend wil-dots-key", "aria-hidden": "true" },
    h("i", { class: "wil-net-dot" }),
    "training",
    h("i", { class: "wil-net-dot wil-net-ring" }),
    "new",
    h("span", { class: "wil-net-key-wrong" }, h("i", { class: "wil-net-dot wil-net-ring wil-net-wrong" }), wrong),
  );
  const outlines = check("Outline wrong ones", "wrong", true);
  const sharp = check("Yes or no only", "discrete", false);
  const switches = h("div", { class: "wil-output-tools" }, check("New dots", "fresh", true), outlines, sharp);
  const outputSide = h("div", { class: "wil-output-side" }, h("div", { class: "wil-output-head" }, h("h3", {}, "Output"), dotsKey), output.element, scale.element, switches);
  const stage = h("div", { class: "wil-network" }, h("div", { class: "wil-graph-side" }, graph.element, key, price), outputSide);
  const below = h("div", {});
  element.append(stage, below);
  aim({ gradients: null, updates: null, stages: null });

  // --- looking at a neuron ---------------------------------------------------------------------------------------

  function look(place) {
    if (pinned && place === null) place = pinned;
    else if (pinned) return;
    graph.light(place, place && !pinned && cardBelow.matches ? texts["neuron-below"] : "");
    bus.dispatchEvent(new CustomEvent("unit", { detail: place && { ...place, pinned: Boolean(pinned) } }));
  }

  function pin(place) {
    const same = pinned && pinned.layer === place.layer && pinned.unit === place.unit && place.from === undefined;
    pinned = same ? null : place;
    graph.light(place);
    bus.dispatchEvent(new CustomEvent("unit", { detail: { ...place, pinned: Boolean(pinned) } }));
    if (shape) tell(pinned ? `${shape.name(place.layer, place.unit)} pinned.` : "Nothing pinned.");
  }

  bus.addEventListener("unpin", () => {
    pinned = null;
    look(null);
  });
  bus.addEventListener("paint", () => paint());

  // --- changes that start a new run ------------------------------------------------------------------------------

  async function vary({ hidden, features, ...rest }) {
    const changes = { ...rest };
    if (hidden) changes.hidden = hidden;
    if (features) changes.dataset_args = { ...run.config.dataset_args, features };
    const playing = status().playing;
    const reply = await ask(renewed(status(), changes));
    if (reply?.ok && playing) await ask({ cmd: "play" });
  }

  function paint() {
    if (output.painting) return;
    const { x1, x2, target } = last?.arrays.dots ?? {};
    const mine = x1 && !shape.regression && run.config.dataset === "points";
    const start = mine ? Array.from(x1, (value, i) => [Math.round(value * 1000) / 1000, Math.round(x2[i] * 1000) / 1000, target[i]]) : [];
    paintButton.hidden = true;
    // What is said of the network is about the dots that are painted over, so it waits.
    const playing = status().playing;
    if (playing) ask({ cmd: "pause" });
    const painting = new Painting(output, {
      start,
      labels: mine ? shape.classes : ["A", "B"],
      theme,
      tell,
      done: async (points) => {
        paintButton.hidden = false;
        if (!points) {
          if (playing) await ask({ cmd: "play" });
          return;
        }
        const { features, seed } = run.config.dataset_args;
        const args = { points, ...(features && { features }), ...(seed && { seed }) };
        const reply = await ask(renewed(status(), { dataset: "points", dataset_args: args }));
        if (reply?.ok) await ask({ cmd: "play" });
      },
    });
    outputSide.append(painting.element);
  }

  // --- what the links show, and slow motion ----------------------------------------------------------------------

  function wantGradients() {
    if (gradients) return;
    gradients = true;
    aim({ gradients: {} });
  }

  function show(name) {
    mode = name;
    for (const button of modes.children) button.setAttribute("aria-pressed", String(button.dataset.mode === name));
    if (name === "gradients") wantGradients();
    aim({ updates: name === "updates" ? {} : null });
    graph.mode = name;
    const [, , meanings] = MODES.find(([one]) => one === name);
    meanings.forEach((words, i) => say(key.children[2 * i + 1], words));
    explain(texts[name === "weights" ? "network" : `network-${name}`]);
    graph.paint();
  }

  async function enter() {
    if (status()?.playing) await ask({ cmd: "pause" });
    slow = new SlowMotion(graph, texts, theme, {
      example: (example) => aim({ stages: { example } }),
      update: () => ask({ cmd: "step", n: 1 }),
      close: () => leave(),
    });
    below.replaceChildren(slow.element);
    slowButton.setAttribute("aria-pressed", "true");
    aim({ stages: { example: 0 } });
    slow.tell();
    slow.reveal();
  }

  function leave() {
    slow?.close();
    slow = null;
    output.looked = null;
    slowButton.setAttribute("aria-pressed", "false");
    aim({ stages: null });
    output.paintMarks();
  }

  // --- drawing ---------------------------------------------------------------------------------------------------

  function told(news, shown) {
    if (!shown?.config || shown.config.dataset_args === undefined) return;
    run = shown;
    shape = new Shape(shown);
    if (slow && news.playing) leave();
    graph.told(shown);
    output.told(shape);
    scale.told(shape);
    for (const one of [wrong.parentNode, outlines, sharp]) one.hidden = shape.regression;
    paintButton.title = "Starts a new run with your dots";
    if (pinned && !(pinned.layer < shape.layers && pinned.unit < shape.sizes[pinned.layer + 1])) pin(pinned);
  }

  function draw(arrays, scalars) {
    last = { arrays, scalars };
    if (!shape) return;
    graph.draw(arrays);
    output.draw(arrays);
    const { new_dots: dots, new_right: right, new_error: error } = scalars.outcome;
    say(wrong, `wrong (${count(dots - right)})`);
    wrong.dataset.most = `wrong (${count(dots)})`; // the room it keeps
    const words = shape.regression
      ? `The network's answer at every place of the plane. At ${dots} new dots it is off by ${number(error, 2)}.`
      : `The network's answer at every place of the plane. ${right} of ${dots} new dots are on the right side.`;
    if (!(performance.now() - described < 1000)) {
      described = performance.now();
      output.describe(words);
      graph.tipTold();
    }
    const { multiplications, seconds } = scalars.cost ?? {};
    if (multiplications !== undefined) say(price, `${count(multiplications)} multiplications so far, ${number(seconds, 2)} seconds of computing`);
    if (slow) {
      slow.draw(arrays.stages ?? {}, scalars.stages);
      output.looked = slow.stage.kind === "change" || scalars.stages?.x1 === undefined ? null : [scalars.stages.x1, scalars.stages.x2];
      output.paintMarks();
      graph.paint();
    }
  }
  let described = 0;

  function deepen(now) {
    level = now;
    modes.hidden = level < 1;
    switches.hidden = level < 1;
    price.hidden = level < 1;
    if (level < 1 && mode !== "weights") show("weights");
  }

  return {
    draw,
    told,
    deepen,
    resize: () => {
      graph.restyle();
      output.restyle();
    },
    restart: () => {
      last = null;
      output.restart();
    },
    destroy: () => {
      graph.destroy();
      output.destroy();
    },
  };
}
