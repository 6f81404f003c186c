// One neuron: its answer over the plane, large, and the sum behind it with the numbers that it has now. Pinned, its weights
// can be edited and it can be switched off while the network learns.

import { Sheet } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { fixed, number } from "../live/format.js";
import { reveal } from "../live/reveal.js";
import { diverging, Patch, SIGNED } from "./plane/scales.js";
import { INPUTS, Shape } from "./plane/shape.js";

const ROOM = 4; // lines for inputs; of more of them the strongest are shown, or all where it is pinned
const SIDE = 16;
const NARROW = matchMedia("(max-width: 1180px)"); // where the card stands below the network (30-dots.css)

export function mount(element, options, { theme, ask, tools, aim, bus, texts, tell }) {
  let shape = null;
  let run = null;
  let at = null;
  let last = null;
  let built = "";
  let rows = [];

  const hint = h("span", { class: "wil-net-hint" });
  const empty = h("div", { class: "wil-neuron-empty" }, h("div", { class: "wil-neuron-frame" }), h("p", {}, texts["neuron-empty"]));
  const name = h("h3", {});
  const square = h("div", { class: "wil-neuron-field" });
  const patch = new Patch();
  const sheet = new Sheet(square, () => paint());
  const formula = h("span", {});
  const over = h("span", { class: "wil-neuron-over" });
  const list = h("div", { class: "wil-sum-terms" });
  const constant = h("div", {});
  const rest = h("p", { class: "wil-sum-rest" });
  const off = h("button", { class: "wil-button wil-small", type: "button", onclick: () => turn() });
  const close = h("button", { class: "wil-button wil-small", type: "button", onclick: () => bus.dispatchEvent(new Event("unpin")) }, "Unpin");
  tools.append(hint, off, close);
  const full = h("div", { class: "wil-neuron" }, h("div", {}, square), h("div", { class: "wil-neuron-sum" }, name, h("p", { class: "wil-neuron-formula" }, formula, over), list, constant, rest));
  element.append(empty, full);
  show(null);
  aim({ field: null });

  bus.addEventListener("unit", (event) => show(event.detail));

  function show(place) {
    at = place;
    empty.hidden = Boolean(place);
    full.hidden = !place;
    full.parentNode.classList.toggle("wil-neuron-unpinned", !place?.pinned);
    say(hint, place && !place.pinned ? "click to pin and edit" : "");
    off.hidden = close.hidden = !place?.pinned;
    if (!place) {
      aim({ field: null });
      return;
    }
    aim({ field: { layer: place.layer, unit: place.unit } });
    if (last) draw(...last);
    if (!place.pinned) return;
    if (NARROW.matches) reveal(element.closest(".wil-card"));
    if (place.from !== undefined) list.querySelector(`[data-from="${place.from}"]`)?.focus({ preventScroll: NARROW.matches });
  }

  function told(status, shown) {
    if (!shown?.config) return;
    run = shown;
    shape = new Shape(shown);
    built = "";
    if (at && !(at.layer < shape.layers && at.unit < shape.sizes[at.layer + 1])) show(null);
  }

  function draw(arrays, scalars) {
    last = [arrays, scalars];
    if (!at || !shape) return;
    const { layer, unit } = at;
    const W = arrays.numbers[`W${layer}`];
    if (!W || W.shape[0] !== shape.sizes[layer] || W.shape[1] !== shape.sizes[layer + 1]) return;
    const fan = W.shape[0];
    const weights = Array.from({ length: fan }, (_, i) => W[i * W.shape[1] + unit]);
    const bias = arrays.numbers[`b${layer}`]?.[unit];
    const strongest = weights.map((_, i) => i).sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]));
    const most = at.pinned || fan <= ROOM ? fan : ROOM - 1;
    const shown = strongest.slice(0, most).sort((a, b) => a - b);
    if (built !== signature(shown)) build(shown, fan, bias);
    rows.forEach(({ from, value, bar, input, tile }) => {
      const weight = from < 0 ? bias : weights[from];
      if (value) say(value, two(weight));
      if (input && document.activeElement !== input) input.value = plain(weight);
      if (bar) {
        bar.style.height = `${Math.max(1, Math.min(9, 0.5 + 2.6 * Math.sqrt(Math.abs(weight))))}px`;
        bar.classList.toggle("wil-net-minus", weight < 0);
      }
      if (tile) paintTile(tile, layer, from, arrays);
    });
    const on = arrays.links.on?.[before(layer) + unit] !== 0;
    say(off, on ? "Switch off" : "Switch on");
    off.hidden = !at.pinned || shape.isOutput(layer);
    say(name, shape.name(layer, unit));
    const activation = run.config.activations[layer].replaceAll("_", " ");
    say(formula, on ? `= ${activation} of the sum` : "Switched off: it answers 0.");
    say(over, on ? ` over ${layer ? `layer ${layer}` : "the inputs"}` : "");
    full.classList.toggle("wil-neuron-is-off", !on);
    const { field } = arrays;
    if (field?.field?.length && scalars.field.layer === layer && scalars.field.unit === unit) {
      const colours = diverging(theme, SIGNED);
      patch.fill(64, 64, (i) => colours[field.field[i]]);
      square.setAttribute("aria-label", `${shape.name(layer, unit)}: its answer over the plane, from ${fixed(-scalars.field.scale, 0)} to ${fixed(scalars.field.scale, 0)}`);
      square.setAttribute("role", "img");
      paint();
    }
  }

  function signature(shown) {
    return JSON.stringify([at.layer, at.unit, at.pinned, run.id, shown]);
  }

  // The rows of the sum: for each input shown its weight (a field to edit it where pinned), picture and line.
  function build(shown, fan, bias) {
    built = signature(shown);
    const { layer, unit } = at;
    const row = (from, label) => {
      const one = { from };
      const cells = [];
      if (at.pinned) {
        one.input = h("input", { class: "wil-weight", type: "number", step: "0.1", "data-from": from, "aria-label": `${from < 0 ? "Bias" : `Weight from ${label}`}`, onchange: () => edit(one) });
        cells.push(one.input);
      } else cells.push((one.value = h("span", { class: "wil-sum-term-value" })));
      if (from < 0) cells.push(h("span", { class: "wil-sum-term-bias" }, "bias"));
      else {
        one.tile = h("canvas", { class: "wil-sum-term-tile", width: SIDE, height: SIDE, "aria-hidden": "true" });
        one.bar = h("span", { class: "wil-sum-term-bar" });
        cells.push(h("span", { "aria-hidden": "true" }, "×"), one.tile, at.pinned ? h("span", { class: "wil-sum-term-name" }, layer ? `neuron ${from + 1}` : label) : one.bar);
      }
      return [one, h("div", { class: "wil-sum-term" }, cells)];
    };
    const made = shown.map((from) => row(from, shape.source(layer, from)));
    list.replaceChildren(...made.map(([, line]) => line));
    const own = bias === undefined ? [] : [row(-1, "bias")];
    constant.replaceChildren(...own.map(([, line]) => line));
    rows = [...made, ...own].map(([one]) => one);
    if (shown.length < fan) say(rest, `and ${fan - shown.length} more, weaker ones`);
    else say(rest, fan > ROOM ? `scroll to see all ${fan}` : "");
  }

  async function edit({ from, input }) {
    const value = Number(input.value);
    if (input.value.trim() === "" || !Number.isFinite(value)) return;
    const { layer, unit } = at;
    await ask({ cmd: "parameter", layer, array: from < 0 ? "b" : "W", index: from < 0 ? unit : [from, unit], value });
    tell(`${from < 0 ? "The bias" : `The weight from ${shape.source(layer, from)}`} is ${number(value)}.`);
  }

  async function turn() {
    const on = last?.[0].links.on?.[before(at.layer) + at.unit] === 0;
    const reply = await ask({ cmd: "unit", layer: at.layer, index: at.unit, on });
    if (reply?.ok) tell(`${shape.name(at.layer, at.unit)} is ${on ? "on" : "off"}.`);
  }

  function before(layer) {
    return shape.sizes.slice(1, layer + 1).reduce((sum, width) => sum + width, 0);
  }

  // The picture of what comes in: an input of the plane, or a neuron of the layer before.
  function paintTile(canvas, layer, from, arrays) {
    const images = layer ? arrays.fields.images : arrays.inputs.images;
    const place = layer ? shape.first[layer - 1] + from : INPUTS.findIndex(([one]) => one === shape.inputs[from]);
    if (!images || images.length < (place + 1) * SIDE * SIDE) return;
    const colours = diverging(theme, SIGNED);
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(SIDE, SIDE);
    const packed = new Uint32Array(image.data.buffer);
    for (let i = 0; i < packed.length; i++) packed[i] = colours[images[place * SIDE * SIDE + i]];
    pen.putImageData(image, 0, 0);
  }

  function paint() {
    const pen = sheet.clear();
    if (sheet.width) patch.draw(pen, 0, 0, sheet.width, sheet.height);
  }

  return {
    draw,
    told,
    resize: () => last && draw(...last),
    restart: () => {
      last = null;
      built = "";
    },
    destroy: () => sheet.destroy(),
  };
}

// A weight with two places and its sign.
function two(value) {
  const text = plain(value);
  return `${text < 0 ? "" : "+"}${text.replace("-", "−")}`;
}

// The same as a field for numbers takes it, with a hyphen; never "-0.00".
function plain(value) {
  const text = value.toFixed(2);
  return Number(text) === 0 ? "0.00" : text;
}
