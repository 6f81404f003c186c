// Quick choices for networks on the plane. What needs a new network starts a new run at once, and says so; what the running
// network can take on is an event of the run.

import { h, say } from "../live/dom.js";
import { renewed } from "./plane/shape.js";

const STOPS = [
  ["", "never"],
  ["step", "after updates"],
  ["loss", "at loss on new dots"],
  ["accuracy", "at new dots right (%)"],
];
const PENALTIES = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const DROPS = [0, 0.1, 0.2, 0.3, 0.5];

export function mount(element, { datasets, tables }, { ask, status, tell, bus }) {
  let run = null;
  let level = 0;
  const select = (name, entries, act) => {
    const box = h("select", { class: "wil-select wil-small", "aria-label": name, onchange: () => act(box.value) }, entries.map(([value, words]) => h("option", { value }, words)));
    return box;
  };
  const field = (name, control, ...more) => h("label", { class: "wil-plane-choice" }, h("span", {}, name), control, ...more);
  const dataset = select("Dataset", datasets.map(({ name, title }) => [name, title]), (name) => renew({ dataset: name }));
  const ranges = {};
  const range = (name, label, low, high, step) => {
    const output = h("output", {});
    const input = h("input", {
      class: "wil-range",
      type: "range",
      min: low,
      max: high,
      step,
      "aria-label": label,
      oninput: () => told_(input, output),
      onchange: () => withArgs({ [name]: Number(input.value) }),
    });
    ranges[name] = { input, output };
    return field(label, input, output);
  };
  const redraw = h("button", { class: "wil-button wil-small", type: "button", onclick: () => withArgs({ seed: (args().seed ?? 0) + 1 }) }, "New dots");
  const drawn = h("span", { class: "wil-plane-note" });
  const own = h("button", { class: "wil-button wil-small", type: "button", "data-control": "paint", onclick: () => paint() }, "Paint your own");
  const activation = select("Activation of the hidden layers", [...tables.activations, ["mixed", "mixed"]], (name) => name !== "mixed" && renew({ hidden_activations: name }));
  const loss = select("Loss", tables.losses, (name) => renew({ loss: name }));
  const init = select("First weights", tables.initializers, (name) => renew({ init: name, init_args: {} }));
  const biases = select("First biases", [["0.1", "0.1"], ["zeros", "0"], ["uniform", "random"]], (name) => renew({ bias_init: name === "0.1" ? 0.1 : name }));
  const optimizer = select("Optimizer", tables.optimizers, (name) => change({ optimizer: name }));
  const penalty = (name) => select(name.toUpperCase(), PENALTIES.map((value) => [String(value), String(value)]), (value) => change({ [name]: Number(value) }));
  const l1 = penalty("l1");
  const l2 = penalty("l2");
  const dropout = select("Dropout", DROPS.map((value) => [String(value), `${100 * value} %`]), (value) => change({ dropout: Number(value) }));
  const stop = select("Stop", STOPS, () => stopped());
  const limit = h("input", { class: "wil-weight", type: "number", min: 0, step: "any", "aria-label": "Stop at", onchange: () => stopped() });
  const layers = h("div", { class: "wil-plane-row" });

  element.append(
    h("h3", {}, "Data"),
    h("p", { class: "wil-plane-note" }, "Each of these starts a new run; the one before is kept."),
    h(
      "div",
      { class: "wil-plane-row" },
      field("Data", dataset),
      range("noise", "Noise in %", 0, 50, 5),
      range("n", "Dots", 20, 2000, 20),
      range("train_share", "Training share in %", 10, 90, 10),
      h("span", { class: "wil-plane-choice" }, redraw, drawn),
      h("span", { class: "wil-plane-choice" }, own),
    ),
    h("h3", {}, "Network"),
    h("p", { class: "wil-plane-note" }, "A new run, too."),
    h("div", { class: "wil-plane-row" }, field("Activation", activation), field("Loss", loss), field("First weights", init), field("First biases", biases)),
    layers,
    h("h3", {}, "At once"),
    h("div", { class: "wil-plane-row" }, field("Optimizer", optimizer), field("L1", l1), field("L2", l2), field("Dropout", dropout), field("Stop", stop, limit)),
  );

  function told_(input, output) {
    say(output, input.value);
    input.style.setProperty("--share", `${(100 * (input.value - input.min)) / (input.max - input.min)}%`);
  }

  const args = () => run?.config.dataset_args ?? {};

  // A new run with these changes; it goes on playing where the one before did.
  async function renew(changes) {
    const playing = status().playing;
    const reply = await ask(renewed(status(), changes));
    if (reply?.ok && playing) await ask({ cmd: "play" });
    if (!reply?.ok) show();
  }

  const withArgs = (changes) => renew({ dataset_args: { ...args(), ...changes } });

  async function change(values) {
    const reply = await ask({ cmd: "change", values });
    if (reply?.ok) tell("The run goes on with it.");
    else show();
  }

  function stopped() {
    limit.hidden = stop.value === "";
    const value = Number(limit.value) / (stop.value === "accuracy" ? 100 : 1);
    if (stop.value === "") change({ stop: {} });
    else if (limit.value.trim() !== "" && Number.isFinite(value)) change({ stop: { [stop.value]: value } });
    else limit.focus();
  }

  function paint() {
    bus.dispatchEvent(new Event("paint"));
    document.querySelector(".wil-output-square")?.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  function told(_, shown) {
    run = shown;
    show();
  }

  function choose(box, value) {
    const text = String(value);
    if (document.activeElement === box && box.value !== text && box === stop) return;
    if (![...box.options].some((option) => option.value === text)) box.append(h("option", { value: text }, text));
    box.value = text;
  }

  function show() {
    if (!run?.config) return;
    const { config, settings } = run;
    const known = datasets.find(({ name }) => name === config.dataset);
    choose(dataset, config.dataset);
    for (const [name, { input, output }] of Object.entries(ranges)) {
      const usual = known?.arguments[name];
      input.closest("label").hidden = usual === undefined;
      if (usual === undefined || document.activeElement === input) continue;
      input.value = args()[name] ?? usual;
      told_(input, output);
    }
    redraw.hidden = config.dataset === "points" || !known;
    say(drawn, redraw.hidden ? "" : `drawn with seed ${args().seed ?? 0}`);
    const hidden = config.activations.slice(0, -1);
    choose(activation, new Set(hidden).size > 1 ? "mixed" : (hidden[0] ?? "tanh"));
    choose(loss, config.loss);
    choose(init, config.init);
    choose(biases, config.bias_init);
    choose(optimizer, settings.optimizer);
    choose(l1, settings.l1);
    choose(l2, settings.l2);
    choose(dropout, Array.isArray(settings.dropout) ? Math.max(0, ...settings.dropout) : settings.dropout);
    const [rule] = Object.keys(settings.stop);
    if (document.activeElement !== stop && document.activeElement !== limit) {
      choose(stop, rule ?? "");
      limit.hidden = !rule;
      if (rule) limit.value = settings.stop[rule] * (rule === "accuracy" ? 100 : 1);
    }
    const key = JSON.stringify([hidden, level]);
    if (key !== layers.dataset.key) buildLayers(hidden, key);
  }

  // One activation a layer, where everything is shown.
  function buildLayers(hidden, key) {
    layers.dataset.key = key;
    layers.hidden = level < 2 || hidden.length < 2;
    layers.replaceChildren(
      ...hidden.map((now, layer) => {
        const box = select(`Activation of layer ${layer + 1}`, tables.activations, (name) => renew({ hidden_activations: hidden.map((one, l) => (l === layer ? name : one)) }));
        box.value = now;
        return field(`Layer ${layer + 1}`, box);
      }),
    );
  }

  return {
    draw: () => {},
    told,
    deepen: (now) => {
      level = now;
      show();
    },
    resize: () => {},
    destroy: () => {},
  };
}
