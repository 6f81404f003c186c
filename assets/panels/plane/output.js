// The output over the plane, large: the network's answer at every place, the edge between yes and no, and the dots.
// Training dots are filled, new ones rings, wrong ones outlined. On it one can also paint dots of one's own.

import { Sheet } from "../../live/canvas.js";
import { h, say } from "../../live/dom.js";
import { classColours, dotColours, EXTENT, OutputPatch, zeroEdge } from "./scales.js";

export class Output {
  constructor(theme) {
    this.theme = theme;
    this.patch = new OutputPatch();
    this.options = { discrete: false, wrong: true, fresh: true };
    this.square = h("div", { class: "wil-output-square" });
    this.ground = new Sheet(this.square, () => this.paint());
    this.top = new Sheet(this.square, () => this.paintDots());
    this.marks = new Sheet(this.square, () => this.paintMarks());
    const end = (text, side) => h("span", { class: `wil-output-end wil-output-${side}`, "aria-hidden": "true" }, text);
    this.element = h(
      "div",
      { class: "wil-output", role: "img" },
      this.square,
      [["6", "up"], ["x₂", "beside"], ["−6", "low"], ["−6", "left"], ["x₁", "below"], ["6", "right"]].map(([text, side]) => end(text, side)),
    );
  }

  told(shape) {
    this.shape = shape;
    this.paintDots();
  }

  draw(arrays) {
    this.arrays = arrays;
    this.patch.show(arrays.output, this.theme, this.options);
    this.paint();
    if (this.dots !== arrays.dots.x1) {
      this.dots = arrays.dots.x1;
      this.paintDots();
    }
    this.paintMarks();
  }

  paint() {
    const pen = this.ground.clear();
    const { width, height } = this.ground;
    if (!this.arrays || !width) return;
    this.patch.draw(pen, 0, 0, width, height);
    const { field } = this.arrays.output;
    if (!field?.length || this.shape?.regression) return;
    pen.strokeStyle = this.theme.colour("ink");
    pen.lineWidth = 1.75;
    pen.lineCap = "round";
    pen.beginPath();
    zeroEdge(field, (x0, y0, x1, y1) => {
      pen.moveTo(x0 * width, y0 * height);
      pen.lineTo(x1 * width, y1 * height);
    });
    pen.stroke();
  }

  // Where a place of the plane lies on the sheet, and back.
  spot(x1, x2) {
    return [((x1 + EXTENT) / (2 * EXTENT)) * this.top.width, ((EXTENT - x2) / (2 * EXTENT)) * this.top.height];
  }

  place(x, y) {
    return [(x / this.top.width) * 2 * EXTENT - EXTENT, EXTENT - (y / this.top.height) * 2 * EXTENT];
  }

  // A dot's colour: its class's, or its value's.
  colourOf(target) {
    if (!this.shape?.regression) return (this.palette ??= dotColours(this.theme, this.shape?.classes.length ?? 2))[target];
    this.values ??= this.theme.css("negative", "zero", "positive");
    return this.values[Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, target)))];
  }

  paintDots() {
    const pen = this.top.clear();
    if (!this.shape || !this.top.width || this.painting) return;
    const { x1, x2, target, new: fresh } = this.arrays?.dots ?? {};
    if (!x1) return;
    const radius = (x1.length > 1500 ? 2.2 : 3.4) * Math.max(0.85, this.top.width / 360);
    for (let i = 0; i < x1.length; i++) {
      if (fresh[i] && !this.options.fresh) continue;
      this.dot(pen, ...this.spot(x1[i], x2[i]), radius, this.colourOf(target[i]), fresh[i]);
    }
  }

  // A disc with a thin halo, or a ring: its rim of the colour, empty inside and with the same halo.
  dot(pen, x, y, radius, colour, ring) {
    const disc = (size, fill) => {
      pen.fillStyle = fill;
      pen.beginPath();
      pen.arc(x, y, size, 0, 2 * Math.PI);
      pen.fill();
    };
    const empty = this.theme.colour("surface");
    disc(radius + (ring ? 1.4 : 0.7), empty);
    disc(radius + (ring ? 0.7 : 0), colour);
    if (ring) disc(radius - 1.2, empty);
  }

  // What changes with every update: outlines around wrong dots; and the dot looked at.
  paintMarks() {
    const pen = this.marks.clear();
    if (!this.shape || !this.marks.width) return;
    if (this.painting) return this.painting.paint(pen);
    const { x1, x2, new: fresh } = this.arrays?.dots ?? {};
    const { wrong } = this.arrays?.outcome ?? {};
    if (x1 && wrong?.length && this.options.wrong) {
      pen.strokeStyle = this.theme.colour("ink");
      pen.lineWidth = 1.25;
      const radius = (x1.length > 1500 ? 4.5 : 6.5) * Math.max(0.85, this.marks.width / 360);
      pen.beginPath();
      for (let i = 0; i < x1.length; i++) {
        if (!(wrong[i >> 3] & (128 >> (i & 7))) || !fresh[i] || !this.options.fresh) continue;
        const [x, y] = this.spot(x1[i], x2[i]);
        pen.moveTo(x + radius, y);
        pen.arc(x, y, radius, 0, 2 * Math.PI);
      }
      pen.stroke();
    }
    if (this.looked) {
      const [x, y] = this.spot(...this.looked);
      pen.strokeStyle = this.theme.colour("fill");
      pen.lineWidth = 3;
      pen.beginPath();
      pen.arc(x, y, 11, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  set(name, value) {
    this.options[name] = value;
    if (this.arrays) this.draw(this.arrays);
    this.paintDots();
    this.paintMarks();
  }

  describe(words) {
    if (this.words === words) return;
    this.words = words;
    this.element.setAttribute("aria-label", words);
  }

  restart() {
    this.arrays = this.dots = this.palette = null;
    for (const sheet of [this.ground, this.top, this.marks]) sheet.clear();
  }

  restyle() {
    this.palette = this.values = null;
    if (this.arrays) this.draw(this.arrays);
    this.paintDots();
    this.paintMarks();
  }

  destroy() {
    for (const sheet of [this.ground, this.top, this.marks]) sheet.destroy();
  }
}

// The scale beside the picture: what its colours mean.
export class Scale {
  constructor(theme) {
    this.theme = theme;
    this.low = h("span", {});
    this.high = h("span", {});
    this.ramp = h("span", { class: "wil-ramp" });
    this.element = h("div", { class: "wil-legend wil-net-scale", "aria-hidden": "true" });
  }

  told(shape) {
    if (shape.classes.length > 2) {
      const colours = classColours(this.theme, shape.classes.length);
      this.element.replaceChildren(...shape.classes.map((name, i) => h("span", { class: "wil-net-class" }, h("i", { style: `background: ${colours[i]}` }), name)));
      return;
    }
    const names = shape.regression ? ["answer −1", "+1"] : [`${shape.classes[0]}  −1`, `+1  ${shape.classes[1]}`];
    say(this.low, names[0]);
    say(this.high, names[1]);
    this.element.replaceChildren(this.low, this.ramp, this.high);
  }
}

