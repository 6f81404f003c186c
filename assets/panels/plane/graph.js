// The network as a graph: a picture of the plane for every input and every neuron, and a line for every weight.
//
// Pictures and lines are drawn on one canvas; over each picture lies a button, so that everything can be reached with
// the keyboard and is named for screen readers. Handles above the layers add and take away neurons and layers.

import { Sheet } from "../../live/canvas.js";
import { h, say } from "../../live/dom.js";
import { number } from "../../live/format.js";
import { diverging, Patch, ROOTED, SIGNED, STRONGEST } from "./scales.js";
import { INPUTS, MOST_LAYERS, MOST_NEURONS, Shape } from "./shape.js";

const LABEL = 50; // px left of the inputs, for their names
const HEAD = 92; // px above the pictures, for the handles
const WIDEST = 9; // px, the strongest link
const SIDE = 16; // pixels of a neuron's picture

export class Graph {
  // `on` has hover(place), pin(place), vary(changes) and link(place); a place is {layer, unit} or null.
  constructor(theme, on) {
    this.theme = theme;
    this.on = on;
    this.patches = [];
    this.inputPatches = INPUTS.map(() => new Patch());
    this.mode = "weights";
    this.room = h("div", { class: "wil-graph-room" });
    this.handles = h("div", { class: "wil-steppers" });
    this.buttons = h("div", {});
    this.tip = h("div", { class: "wil-link-tip", role: "status", hidden: true });
    this.sheet = new Sheet(this.room, () => this.place());
    this.room.append(this.handles, this.buttons, this.tip);
    this.element = h("div", { class: "wil-graph" }, this.room);
    this.room.addEventListener("pointermove", (event) => this.pointed(event));
    this.room.addEventListener("pointerleave", () => this.pointed(null));
    this.room.addEventListener("click", (event) => event.target === this.sheet.canvas && this.held && this.on.link(this.held));
  }

  // Takes over what a run is built like, and builds pictures, buttons and handles where that has changed.
  told(run) {
    const shape = new Shape(run);
    const same = shape.like(this.shape);
    this.shape = shape;
    if (same) return;
    this.patches = Array.from({ length: shape.first[shape.hidden.length] }, () => new Patch());
    this.codes = this.before = null;
    this.build();
    this.place();
  }

  build() {
    const { shape } = this;
    this.spots = [];
    // A teacher's link can leave out the choice of inputs: then only those in use are there, to look at.
    const chosen = this.leftOut("inputs");
    this.offered = chosen ? INPUTS.filter(([name]) => shape.inputs.includes(name)) : INPUTS;
    const spot = (layer, unit, label, press, pressed) => {
      const at = { layer, unit };
      const button = h("button", {
        class: layer < 0 ? "wil-net-spot wil-net-spot-input" : "wil-net-spot",
        type: "button",
        "aria-label": label,
        "aria-pressed": pressed,
        onpointerenter: () => layer >= 0 && this.on.hover(at),
        onpointerleave: () => layer >= 0 && this.on.hover(null),
        onfocus: () => layer >= 0 && this.on.hover(at),
        onblur: () => layer >= 0 && this.on.hover(null),
        onclick: () => press(at),
      });
      this.spots.push({ ...at, button });
      return button;
    };
    const inputs = this.offered.map(([name, sign], i) => {
      const on = shape.inputs.includes(name);
      const change = () => this.toggle(name);
      const button = chosen ? spot(-1, i, `Input ${sign}`) : spot(-1, i, `Input ${sign}: ${on ? "on" : "off"}. Switching it starts a new run.`, change, String(on));
      button.disabled = chosen;
      button.append(h("span", { class: "wil-net-spot-name", "aria-hidden": "true" }, sign));
      return button;
    });
    const neurons = shape.sizes.slice(1).flatMap((width, layer) =>
      shape.isOutput(layer) && width === 1
        ? []
        : Array.from({ length: width }, (_, unit) => spot(layer, unit, shape.name(layer, unit), (at) => this.on.pin(at))),
    );
    this.buttons.replaceChildren(...inputs, ...neurons);
    this.buildHandles();
  }

  // Whether a teacher's link leaves something out.
  leftOut(name) {
    return Boolean(this.element.closest(`[data-hide~=${name}]`));
  }

  inputSpot(name) {
    return this.inputSpots[this.offered.findIndex(([one]) => one === name)];
  }

  // Adds or takes away an input; the last one stays.
  toggle(name) {
    const { inputs } = this.shape;
    const names = inputs.includes(name) ? inputs.filter((other) => other !== name) : INPUTS.map(([one]) => one).filter((one) => one === name || inputs.includes(one));
    if (names.length) this.on.vary({ features: names });
  }

  buildHandles() {
    const { hidden } = this.shape;
    const layers = hidden.length;
    const more = layers ? [...hidden, Math.max(2, Math.min(MOST_NEURONS, hidden[layers - 1]))] : [4];
    const words = `${layers || "no"} hidden layer${layers === 1 ? "" : "s"}`;
    const whole = this.handle([words, ""], "a hidden layer", layers > 0 && { hidden: hidden.slice(0, -1) }, layers < MOST_LAYERS && { hidden: more });
    whole.classList.add("wil-stepper-whole");
    const each = hidden.map((width, layer) => {
      const other = (change) => ({ hidden: hidden.map((one, l) => (l === layer ? one + change : one)) });
      return this.handle([String(width), width === 1 ? " neuron" : " neurons"], `a neuron in layer ${layer + 1}`, width > 1 && other(-1), width < MOST_NEURONS && other(1));
    });
    this.handles.replaceChildren(whole, ...each);
    this.steppers = each;
    this.whole = whole;
  }

  handle([words, unit], what, less, more) {
    const button = (sign, verb, changes) =>
      h("button", { class: "wil-stepper-sign", type: "button", disabled: !changes, "aria-label": `${verb} ${what}; this starts a new run`, title: "Starts a new run", onclick: () => this.on.vary(changes) }, sign);
    return h("div", { class: "wil-stepper", role: "group", "aria-label": words + unit }, button("−", "Take away", less), h("span", {}, words, h("span", { class: "wil-stepper-unit" }, unit)), button("+", "Add", more));
  }

  // Where everything stands, for the size that there is.
  place() {
    const { shape, sheet } = this;
    if (!shape || !sheet.width) return;
    const columns = shape.hidden.length + (shape.outputs > 1 ? 1 : 0);
    const low = sheet.height - 8;
    const room = low - HEAD;
    const inputSide = Math.min(46, (room / INPUTS.length) * 0.78);
    const start = LABEL + inputSide;
    const pitch = (sheet.width - start) / (columns + 1);
    const most = Math.max(1, ...shape.hidden, shape.outputs > 1 ? shape.outputs : 1);
    const side = Math.max(14, Math.min(62, pitch * 0.62, (room / most) * 0.8));
    this.widest = Math.max(3, Math.min(WIDEST, side / 7));
    const column = (count, size, x) => {
      const gap = Math.min(room / count, size * 1.5);
      const top = HEAD + room / 2 - (gap * count) / 2;
      return Array.from({ length: count }, (_, i) => ({ x, y: top + gap * (i + 0.5) - size / 2, size }));
    };
    this.inputSpots = column(this.offered.length, inputSide, LABEL);
    this.layerSpots = shape.sizes.slice(1).map((width, layer) => {
      if (shape.isOutput(layer) && width === 1) return [{ x: sheet.width, y: HEAD + room / 2, size: 0 }];
      return column(width, side, start + pitch * (layer + 1) - side / 2 - (pitch - side) * 0.12);
    });
    for (const { layer, unit, button } of this.spots) {
      const { x, y, size } = layer < 0 ? this.inputSpots[unit] : this.layerSpots[layer][unit];
      Object.assign(button.style, { left: `${x}px`, top: `${y}px`, width: `${size}px`, height: `${size}px` });
      if (layer < 0) button.classList.toggle("wil-net-off", !shape.inputs.includes(this.offered[unit][0]));
    }
    this.handles.classList.toggle("wil-net-close", pitch < 132);
    this.handles.classList.toggle("wil-net-tight", pitch < 76);
    const middles = this.layerSpots.slice(0, shape.hidden.length).map(([{ x, size }]) => x + size / 2);
    this.steppers.forEach((element, layer) => (element.style.left = `${middles[layer]}px`));
    this.whole.style.left = `${middles.length ? (middles[0] + middles[middles.length - 1]) / 2 : start + pitch / 2}px`;
    this.middles = middles;
    this.curves = null;
    this.paint();
  }

  // The lines' ends, layer by layer; made once for each arrangement.
  lines() {
    if (this.curves) return this.curves;
    const { shape } = this;
    this.curves = [];
    shape.sizes.slice(1).forEach((width, layer) => {
      const from = layer ? this.layerSpots[layer - 1] : shape.inputs.map((name) => this.inputSpot(name));
      for (let i = 0; i < from.length; i++) {
        for (let j = 0; j < width; j++) {
          const a = from[i];
          const b = this.layerSpots[layer][j];
          this.curves.push({ layer, from: i, unit: j, x0: a.x + a.size + 2, y0: a.y + a.size / 2, x1: b.x - 2, y1: b.y + b.size / 2 });
        }
      }
    });
    return this.curves;
  }

  // New numbers: fields, links, and what else the mode shows.
  draw(arrays) {
    this.arrays = arrays;
    const { fields, inputs, links } = arrays;
    const colours = (this.colours ??= diverging(this.theme, SIGNED));
    this.fillChanged(fields.images ?? [], colours);
    if (inputs.images?.length && this.inputsDrawn !== this.theme.scheme) {
      INPUTS.forEach((_, k) => this.inputPatches[k].fill(SIDE, SIDE, (i) => colours[inputs.images[k * SIDE * SIDE + i]]));
      this.inputsDrawn = this.theme.scheme;
    }
    this.codes = links.code;
    this.switches = links.on;
    this.paint();
  }

  // Colours the pictures whose bytes are others than before.
  fillChanged(images, colours) {
    const size = SIDE * SIDE;
    if (images.length !== this.patches.length * size) return;
    if (this.before?.length !== images.length) this.before = new Uint8Array(images.length);
    for (let unit = 0; unit < this.patches.length; unit++) {
      const [from, to] = [unit * size, (unit + 1) * size];
      let at = from;
      while (at < to && images[at] === this.before[at]) at++;
      if (at < to) this.patches[unit].fill(SIDE, SIDE, (i) => colours[images[from + i]]);
    }
    this.before.set(images);
  }

  // How strong link k is, from -1 to 1, in the mode that is shown.
  strength(curve, k) {
    const { shape, mode, arrays } = this;
    if (mode === "weights") return (Math.sign(ROOTED[this.codes[k]]) * Math.sqrt(Math.abs(ROOTED[this.codes[k]]) * STRONGEST)) / 3.3;
    const values = arrays?.[mode]?.[`W${curve.layer}`];
    if (!values) return 0;
    const value = values[curve.from * shape.sizes[curve.layer + 1] + curve.unit];
    return Math.sign(value) * Math.sqrt(Math.abs(value) / this.largest);
  }

  paint() {
    const { shape, sheet } = this;
    if (!shape || !this.layerSpots || !sheet.width) return;
    const pen = sheet.clear();
    this.brackets(pen);
    const curves = this.lines();
    if (this.codes?.length === curves.length) this.paintLinks(pen, curves);
    shape.sizes.slice(1).forEach((width, layer) => {
      if (shape.isOutput(layer) && width === 1) return;
      this.layerSpots[layer].forEach((spot, unit) => this.tile(pen, spot, shape.isOutput(layer) ? null : this.patches[shape.first[layer] + unit], layer, unit));
    });
    this.inputSpots.forEach((spot, k) => {
      const [name] = this.offered[k];
      const on = shape.inputs.includes(name);
      const patch = this.inputPatches[INPUTS.findIndex(([one]) => one === name)];
      pen.globalAlpha = on ? 1 : 0.25;
      this.clip(pen, spot, () => patch.draw(pen, spot.x, spot.y, spot.size, spot.size));
      pen.globalAlpha = 1;
      this.frame(pen, spot, on ? null : "muted", on ? 1 : 1.25, on ? [] : [3, 3]);
    });
    this.slow?.(pen, this);
  }

  brackets(pen) {
    const xs = this.middles;
    if (!xs?.length || this.leftOut("layers")) return;
    pen.strokeStyle = this.theme.colour("line");
    pen.lineWidth = 1.25;
    pen.beginPath();
    const middle = (xs[0] + xs[xs.length - 1]) / 2;
    pen.moveTo(middle, 34);
    pen.lineTo(middle, 42);
    if (xs.length > 1) {
      pen.moveTo(xs[0], 42);
      pen.lineTo(xs[xs.length - 1], 42);
    }
    for (const x of xs) {
      pen.moveTo(x, 42);
      pen.lineTo(x, 50);
    }
    pen.stroke();
  }

  // Links of one colour and about one width are one stroke, so that hundreds of them cost little.
  paintLinks(pen, curves) {
    const { theme, focus, held } = this;
    if (this.mode !== "weights") this.largest = this.reach();
    const strokes = new Map();
    curves.forEach((curve, k) => {
      const strength = this.strength(curve, k);
      const lit = held ? held === curve : focus ? curve.layer === focus.layer && curve.unit === focus.unit : false;
      const width = 0.5 + Math.round(2 * (this.widest - 0.5) * Math.min(1, Math.abs(strength))) / 2;
      const key = 1000 * lit + 100 * (strength > 0) + width;
      if (!strokes.has(key)) strokes.set(key, { lit, width, colour: theme.colour(strength > 0 ? "positive" : "negative"), path: new Path2D() });
      trace(strokes.get(key).path, curve);
    });
    for (const key of [...strokes.keys()].sort((one, other) => one - other)) {
      const { lit, width, colour, path } = strokes.get(key);
      pen.strokeStyle = colour;
      pen.globalAlpha = lit ? 0.95 : focus || held ? 0.22 : 0.5;
      pen.lineWidth = width;
      pen.stroke(path);
    }
    pen.globalAlpha = 1;
  }

  // The largest gradient or update on any link, rounded up to 1, 2 or 5, so that widths do not tremble.
  reach() {
    let most = 0;
    for (const [name, values] of Object.entries(this.arrays?.[this.mode] ?? {})) if (name[0] === "W") for (const value of values) most = Math.max(most, Math.abs(value));
    if (!(most > 0)) return 1;
    const power = 10 ** Math.floor(Math.log10(most));
    return power * [1, 2, 5, 10].find((digit) => digit * power >= most * (1 - 1e-9));
  }

  tile(pen, spot, patch, layer, unit) {
    const { theme, focus } = this;
    const off = this.switches && this.switches[this.number(layer, unit)] === 0;
    if (patch && !off) this.clip(pen, spot, () => patch.draw(pen, spot.x, spot.y, spot.size, spot.size));
    else if (!patch) {
      pen.fillStyle = theme.colour(this.shape.outputs > 2 ? `class${unit}` : unit ? "positive" : "negative");
      this.clip(pen, spot, () => pen.fillRect(spot.x, spot.y, spot.size, spot.size));
      pen.fillStyle = theme.colour("surface");
      pen.font = theme.font(Math.max(12, Math.min(17, spot.size * 0.5)), 700);
      pen.textAlign = "center";
      pen.fillText((this.shape.classes[unit] ?? "").slice(0, 3), spot.x + spot.size / 2, spot.y + spot.size / 2 + 5.5);
    } else {
      pen.fillStyle = theme.colour("zero");
      this.clip(pen, spot, () => pen.fillRect(spot.x, spot.y, spot.size, spot.size));
    }
    this.frame(pen, spot, off ? "muted" : null, 1, off ? [3, 3] : []);
    if (off) this.cross(pen, spot);
    const mine = (at) => at && at.layer === layer && at.unit === unit;
    if (mine(focus)) {
      pen.strokeStyle = theme.colour("fill");
      pen.lineWidth = 3;
      pen.beginPath();
      pen.roundRect(spot.x - 4, spot.y - 4, spot.size + 8, spot.size + 8, 12);
      pen.stroke();
    }
  }

  // A unit's number, counted through all layers.
  number(layer, unit) {
    return this.shape.sizes.slice(1, layer + 1).reduce((sum, width) => sum + width, unit);
  }

  cross(pen, { x, y, size }) {
    pen.strokeStyle = this.theme.colour("muted");
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x + size * 0.3, y + size * 0.3);
    pen.lineTo(x + size * 0.7, y + size * 0.7);
    pen.moveTo(x + size * 0.7, y + size * 0.3);
    pen.lineTo(x + size * 0.3, y + size * 0.7);
    pen.stroke();
  }

  clip(pen, { x, y, size }, fill) {
    pen.save();
    pen.beginPath();
    pen.roundRect(x, y, size, size, Math.min(9, size * 0.16));
    pen.clip();
    fill();
    pen.restore();
  }

  frame(pen, { x, y, size }, colour, width, dash) {
    pen.strokeStyle = this.theme.colour(colour ?? "baseline");
    pen.globalAlpha = colour ? 1 : 0.5;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.roundRect(x + 0.5, y + 0.5, size - 1, size - 1, Math.min(9, size * 0.16));
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  // Lights up a neuron with all that comes into it; `words` stand below it.
  light(place, words = "") {
    this.focus = place;
    this.paint();
    this.tip.hidden = !words;
    if (!words) return;
    const { x, y, size } = this.layerSpots[place.layer][place.unit];
    this.tip.style.left = `${Math.max(0, Math.min(x + size / 2 - 95, this.sheet.width - 190))}px`;
    this.tip.style.top = `${y + size + 10}px`;
    say(this.tip, words);
  }

  // The link under the pointer, with its weight and its gradient beside it.
  pointed(event) {
    const [x, y] = event ? this.within(event) : [];
    const held = event && event.target === this.sheet.canvas ? this.nearest(x, y) : null;
    if (held !== this.held) {
      this.held = held;
      this.on.linkHeld(Boolean(held));
      this.paint();
    }
    this.sheet.canvas.style.cursor = held ? "pointer" : "";
    if (!event || event.target === this.sheet.canvas) this.tip.hidden = !held;
    if (!held) return;
    this.tip.style.left = `${Math.min(x + 14, this.sheet.width - 190)}px`;
    this.tip.style.top = `${y + 16}px`;
    this.tipTold();
  }

  // Where the pointer is on the sheet, however much the page is enlarged.
  within({ clientX, clientY }) {
    const box = this.sheet.canvas.getBoundingClientRect();
    const scale = this.sheet.width / box.width;
    return [(clientX - box.left) * scale, (clientY - box.top) * scale];
  }

  tipTold() {
    const { held, shape, arrays } = this;
    if (!held || !arrays) return;
    const at = held.from * shape.sizes[held.layer + 1] + held.unit;
    const weight = arrays.numbers?.[`W${held.layer}`]?.[at];
    const gradient = arrays.gradients?.[`W${held.layer}`]?.[at];
    const parts = [`weight ${signed(weight)}`];
    if (gradient !== undefined) parts.push(`gradient ${signed(gradient)}`);
    say(this.tip, `${shape.source(held.layer, held.from)} → ${shape.name(held.layer, held.unit).toLowerCase()}: ${parts.join(", ")}`);
  }

  nearest(x, y) {
    let best = null;
    let least = 7;
    for (const curve of this.lines()) {
      if (x < curve.x0 || x > curve.x1) continue;
      const distance = Math.abs(height(curve, x) - y);
      if (distance < least) [least, best] = [distance, curve];
    }
    return best;
  }

  restyle() {
    this.colours = this.before = null;
    this.inputsDrawn = null;
    if (this.arrays) this.draw(this.arrays);
    else this.paint();
  }

  destroy() {
    this.sheet.destroy();
  }
}

function trace(pen, { x0, y0, x1, y1 }) {
  const bend = (x1 - x0) * 0.5;
  pen.moveTo(x0, y0);
  pen.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
}

// A link's height above place x: the curve's two inner points lie half-way, so its parameter follows from x by halving.
function height({ x0, y0, x1, y1 }, x) {
  const share = (x - x0) / (x1 - x0);
  let [low, high] = [0, 1];
  for (let i = 0; i < 12; i++) {
    const t = (low + high) / 2;
    if (1.5 * t * (1 - t) * (1 - t) + 1.5 * t * t * (1 - t) + t * t * t < share) low = t;
    else high = t;
  }
  const t = (low + high) / 2;
  return y0 + (y1 - y0) * t * t * (3 - 2 * t);
}

// The middle of a link, for a number on it.
export function middleOf({ x0, y0, x1, y1 }, share = 0.5) {
  const x = x0 + (x1 - x0) * share;
  return [x, height({ x0, y0, x1, y1 }, x)];
}

export function signed(value, digits = 3) {
  if (value === undefined) return "–";
  return `${value > 0 ? "+" : ""}${number(value, digits)}`;
}
