// What one unit listens to: its weights, as a picture where they belong to pixels, else as bars around a zero line.
// Here also stands which unit it is, and one can go on to another.

import { ceiling } from "../live/axis.js";
import { Pixels, Sheet } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { number } from "../live/format.js";
import { Tip } from "./marks/tip.js";

export function mount(element, options, { theme, ask, status, tools }) {
  const frame = h("div", { class: "wil-neuron-picture" });
  const pixels = new Pixels(frame);
  const bars = h("div", { class: "wil-neuron-bars" });
  const low = h("span", {});
  const high = h("span", {});
  const legend = h("div", { class: "wil-legend", "aria-hidden": "true" }, low, h("span", { class: "wil-ramp" }), high);
  const facts = h("p", { class: "wil-caption" });
  const box = h("div", { class: "wil-neuron-weights", role: "img" }, frame, bars, legend, facts);
  element.append(box);
  const layer = h("select", { class: "wil-select wil-small", "aria-label": "Layer", onchange: () => pin(Number(layer.value), 0) });
  const name = h("output", { class: "wil-neuron-name" });
  const back = h("button", { class: "wil-button wil-small", type: "button", "aria-label": "Previous unit", onclick: () => go(-1) }, "‹");
  const on = h("button", { class: "wil-button wil-small", type: "button", "aria-label": "Next unit", onclick: () => go(1) }, "›");
  tools.append(layer, back, name, on);
  const sheet = new Sheet(bars, () => paint());
  const tip = new Tip(bars);
  let last = null;
  bars.addEventListener("pointermove", (event) => pointed(event));
  bars.addEventListener("pointerleave", () => tip.hide());

  function pin(l, u) {
    ask({ cmd: "pin", layer: l, unit: u });
  }

  function go(by) {
    if (last) pin(last.layer, (last.unit + by + last.units) % last.units);
  }

  function draw(arrays, scalars) {
    const { weights, bias } = arrays.unit;
    const { height, width } = scalars.unit;
    let most = 0;
    for (const weight of weights) most = Math.max(most, Math.abs(weight));
    last = { ...scalars.unit, weights, scale: ceiling(most) };
    choices();
    const pinned = status()?.pin ? "" : " · not pinned yet";
    say(facts, `${weights.length} weights${Number.isFinite(bias[0]) ? ` · bias ${number(bias[0])}` : ""}${pinned}`);
    say(low, `against  −${number(last.scale)}`);
    say(high, `+${number(last.scale)}  for`);
    frame.hidden = !height;
    bars.hidden = Boolean(height);
    legend.style.visibility = height ? "" : "hidden";
    box.setAttribute("aria-label", `The ${weights.length} weights of unit ${last.unit + 1} of layer ${last.layer + 1}, from ${number(Math.min(...weights))} to ${number(Math.max(...weights))}`);
    if (height) picture(weights, height, width);
    else {
      sheet.fit();
      paint();
    }
  }

  function choices() {
    if (layer.options.length !== last.layers) {
      layer.replaceChildren(...Array.from({ length: last.layers }, (_, l) => h("option", { value: l }, l === last.layers - 1 ? "last layer" : `layer ${l + 1}`)));
    }
    if (document.activeElement !== layer) layer.value = String(last.layer);
    say(name, `unit ${last.unit + 1} of ${last.units}`);
  }

  function picture(weights, height, width) {
    const bytes = new Uint8Array(weights.length);
    for (let i = 0; i < weights.length; i++) bytes[i] = Math.max(1, Math.min(255, Math.round(128 + (127 * weights[i]) / last.scale)));
    pixels.show(bytes, width, height, theme.bytes("negative", "zero", "positive"));
  }

  function paint() {
    const pen = sheet.clear();
    if (!last || last.height || !sheet.width) return;
    const { weights, scale } = last;
    const [left, top, right, bottom] = [46, 8, sheet.width - 4, sheet.height - 26];
    const y = (value) => (top + bottom) / 2 - (value / scale) * ((bottom - top) / 2);
    pen.font = theme.font(12);
    pen.textAlign = "right";
    pen.lineWidth = 1;
    for (const value of [-scale, 0, scale]) {
      pen.strokeStyle = theme.colour(value ? "line" : "baseline");
      pen.beginPath();
      pen.moveTo(left, Math.round(y(value)) + 0.5);
      pen.lineTo(right, Math.round(y(value)) + 0.5);
      pen.stroke();
      pen.fillStyle = theme.colour("muted");
      pen.fillText(value > 0 ? `+${number(value)}` : number(value), left - 7, y(value) + 4);
    }
    const each = (right - left) / weights.length;
    weights.forEach((weight, i) => {
      pen.fillStyle = theme.colour(weight < 0 ? "negative" : "positive");
      pen.fillRect(left + i * each, Math.min(y(0), y(weight)), Math.max(1, each - (each > 4 ? 1.5 : 0.4)), Math.max(1, Math.abs(y(weight) - y(0))));
    });
    pen.fillStyle = theme.colour("muted");
    pen.textAlign = "center";
    pen.fillText(last.layer ? `the ${weights.length} units of layer ${last.layer}` : `the ${weights.length} inputs`, (left + right) / 2, sheet.height - 6);
  }

  function pointed(event) {
    if (!last || last.height) return;
    const x = event.offsetX;
    const i = Math.floor(((x - 46) / (sheet.width - 50)) * last.weights.length);
    if (i < 0 || i >= last.weights.length) return tip.hide();
    tip.show(`from ${last.layer ? `unit ${i + 1} of layer ${last.layer}` : `input ${i + 1}`}: ${number(last.weights[i])}`, x, event.offsetY);
  }

  return {
    draw,
    resize: () => last && (last.height ? picture(last.weights, last.height, last.width) : paint()),
    restart: () => (last = null),
    destroy: () => sheet.destroy(),
  };
}
