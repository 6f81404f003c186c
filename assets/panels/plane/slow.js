// One update in slow motion: forward layer by layer, the loss, backward layer by layer, and the change. Numbers appear on
// neurons and links as their stage comes; Back goes the same way in reverse. The last Next makes the update.

import { h, inline, say } from "../../live/dom.js";
import { number } from "../../live/format.js";
import { middleOf, signed } from "./graph.js";

// Where along its line a number may stand, the favourite first.
const SHARES = [0.75, 0.5, 1, 0.62, 0.38, 0.88, 0.25, 0.12, 0];
const THICKET = 24; // lines between two layers

export class SlowMotion {
  // `graph` shows the numbers; `on` has example(number), update() and close().
  constructor(graph, texts, theme, on) {
    Object.assign(this, { graph, texts, theme, on });
    this.at = 0;
    this.example = 0;
    this.left = 0; // numbers on lines for which there is no room
    const button = (words, act, more = "") => h("button", { class: `wil-button wil-small ${more}`, type: "button", onclick: act }, words);
    this.back = button("‹ Back", () => this.go(-1));
    this.next = button("Next ›", () => this.go(1), "wil-primary");
    this.title = h("strong", {});
    this.words = h("span", {});
    this.pick = h("select", { class: "wil-select wil-small", "aria-label": "Example of the batch", onchange: () => this.on.example((this.example = Number(this.pick.value))) });
    this.element = h(
      "div",
      { class: "wil-slow", role: "group", "aria-label": "One update in slow motion" },
      h("div", { class: "wil-buttons" }, this.back, this.next, this.pick, button("Leave slow motion", () => this.on.close())),
      h("p", { class: "wil-slow-words", "aria-live": "polite" }, this.title, " — ", this.words),
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.target === this.pick) return;
      if (event.key === "ArrowRight") this.go(1);
      else if (event.key === "ArrowLeft") this.go(-1);
    });
    graph.slow = (pen) => this.paint(pen);
  }

  // The stages for the present network: inputs, each layer forward, the loss, each layer backward, the change.
  stages() {
    const layers = this.graph.shape.layers;
    const forward = Array.from({ length: layers }, (_, layer) => ({ kind: "forward", layer }));
    const backward = Array.from({ length: layers }, (_, k) => ({ kind: "backward", layer: layers - 1 - k }));
    return [{ kind: "inputs" }, ...forward, { kind: "loss" }, ...backward, { kind: "change" }];
  }

  // Comes to stand above the control bar, which would lie over it, and takes the keys.
  reveal() {
    const bar = document.querySelector(".wil-controls")?.offsetHeight ?? 0;
    this.element.style.scrollMarginBottom = `${bar + 28}px`;
    this.next.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  draw(arrays, scalars) {
    this.arrays = arrays;
    this.scalars = scalars;
    if (scalars?.batch && this.pick.options.length !== scalars.batch) {
      this.pick.replaceChildren(...Array.from({ length: scalars.batch }, (_, i) => h("option", { value: i }, `Example ${i + 1} of ${scalars.batch}`)));
      this.pick.value = String(this.example);
    }
    this.tell();
  }

  async go(way) {
    const last = this.stages().length - 1;
    if (way > 0 && this.at === last) {
      this.at = 0;
      this.example = 0;
      await this.on.update();
    } else this.at = Math.max(0, Math.min(last, this.at + way));
    this.tell();
    this.graph.paint();
  }

  get stage() {
    return this.stages()[this.at] ?? this.stages()[0];
  }

  tell() {
    const { shape } = this.graph;
    const stages = this.stages();
    const { kind, layer } = this.stage;
    this.back.disabled = this.at === 0;
    say(this.next, this.at === stages.length - 1 ? "Make the update" : "Next ›");
    const where = layer === undefined ? "" : shape.isOutput(layer) ? "output" : `layer ${layer + 1}`;
    say(this.title, `${this.at + 1} of ${stages.length} · ${{ inputs: "Inputs", forward: "Forward", loss: "Loss", backward: "Backward", change: "Update" }[kind]}${where ? `, ${where}` : ""}`);
    const { scalars, arrays } = this;
    if (!scalars?.batch) return say(this.words, this.texts["slow-waiting"]);
    const out = arrays[`a${shape.layers - 1}`];
    const values = {
      loss: number(scalars.loss),
      mine: number(scalars.example_loss),
      batch: String(scalars.batch),
      rate: number(scalars.learning_rate),
      answer: [...out].map((one) => number(one)).join(", "),
      target: [...arrays.target].map((one) => number(one)).join(", "),
    };
    const words = this.texts[`slow-${kind}`] + (this.left ? ` ${this.texts["slow-left"]}` : "");
    values.left = String(this.left);
    this.words.replaceChildren(...inline(words, (name) => document.createTextNode(values[name])));
  }

  // The numbers of all stages so far; those of this stage stand out.
  paint(pen) {
    const { graph, arrays, scalars } = this;
    const { shape } = graph;
    if (!scalars?.batch || !arrays?.x || !graph.layerSpots) return;
    const { kind, layer: now } = this.stage;
    pen.font = this.theme.font(12, 600);
    pen.textAlign = "center";
    const plates = [];
    const put = (x, y, text, strong, high = 18) => plates.push({ x, y, text, strong, high, wide: pen.measureText(text).width + 8 });
    const neuron = (layer, unit, text, strong) => {
      const spot = graph.layerSpots[layer][unit];
      if (spot.size) put(spot.x + spot.size / 2, spot.y + spot.size / 2, text, strong);
      else put(spot.x - 34, spot.y + 18, text, strong);
    };
    const wanted = [];
    const links = (layer, name) => {
      const size = shape.sizes[layer + 1];
      for (const line of graph.lines()) {
        if (line.layer === layer) wanted.push({ line, value: arrays[`${name}${layer}`]?.[line.from * size + line.unit] });
      }
    };
    if (kind === "inputs" || kind === "forward") {
      shape.inputs.forEach((name, i) => {
        const spot = graph.inputSpot(name);
        put(spot.x + spot.size / 2, spot.y + spot.size / 2, number(arrays.x[i]), kind === "inputs");
      });
    }
    for (let layer = 0; layer < shape.layers; layer++) {
      const forward = kind === "loss" || (kind === "forward" && layer <= now);
      const backward = kind === "change" || (kind === "backward" && layer >= now);
      const show = backward ? "delta" : forward || (kind === "backward" && layer < now) ? "a" : null;
      if (kind === "change") {
        arrays[`ub${layer}`]?.forEach((value, unit) => neuron(layer, unit, `b ${signed(value, 2)}`, true));
        links(layer, "uW");
      } else if (show) {
        arrays[`${show}${layer}`].forEach((value, unit) => neuron(layer, unit, show === "a" ? number(value) : signed(value), layer === now));
        if (backward && layer === now) links(layer, "dW");
      }
    }
    const left = this.spread(wanted, plates, put);
    for (const one of plates) plate(pen, this.theme, one);
    if (left === this.left) return;
    this.left = left;
    this.tell();
  }

  // Puts numbers on their lines where they lie on no other, the largest first; of the neuron pointed at only its own. In a
  // thicket of lines nobody could tell which is whose, so there only those are shown. Returns how many found no room.
  spread(wanted, plates, put) {
    const { focus } = this.graph;
    const own = focus ? wanted.filter(({ line }) => line.layer === focus.layer && line.unit === focus.unit) : [];
    const { sizes } = this.graph.shape;
    const shown = own.length ? own : wanted.filter(({ line }) => sizes[line.layer] * sizes[line.layer + 1] <= THICKET);
    const size = ({ value }) => Math.abs(value ?? 0);
    shown.sort((one, other) => size(other) - size(one));
    const free = (one) => plates.every((other) => Math.abs(one.x - other.x) >= (one.wide + other.wide) / 2 + 2 || Math.abs(one.y - other.y) >= (one.high + other.high) / 2 + 1);
    let left = own.length ? 0 : wanted.length - shown.length;
    for (const { line, value } of shown) {
      put(0, 0, signed(value, 2), true, 15);
      const one = plates.pop();
      const edge = Math.min(0.5, one.wide / 2 / (line.x1 - line.x0)); // clear of the pictures at both ends
      const found = SHARES.some((share) => {
        [one.x, one.y] = middleOf(line, edge + share * (1 - 2 * edge));
        return free(one);
      });
      if (found) plates.push(one);
      else left += 1;
    }
    return left;
  }

  close() {
    this.graph.slow = null;
    this.element.remove();
    this.graph.paint();
  }
}

// A number on a small plate.
function plate(pen, theme, { x, y, text, strong, wide, high }) {
  pen.fillStyle = theme.colour("surface");
  pen.globalAlpha = strong ? 0.96 : 0.8;
  pen.beginPath();
  pen.roundRect(x - wide / 2, y - high / 2, wide, high, 5);
  pen.fill();
  pen.globalAlpha = 1;
  if (strong) {
    pen.strokeStyle = theme.colour("accent");
    pen.lineWidth = 1.25;
    pen.stroke();
  }
  pen.fillStyle = theme.colour(strong ? "ink" : "muted");
  pen.fillText(text, x, y + 4.2);
}
