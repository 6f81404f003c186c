// Pictures of the plane: what a neuron answers at every place, with the dots that it learns from and the line at which
// it changes its mind; or, with the option "units", one small picture for each hidden unit.

import { Pixels, Sheet } from "../../live/canvas.js";
import { h } from "../../live/dom.js";
import { Card } from "../card.js";

const EXTENT = 6;

export class View {
  constructor({ labels, options, ask }, { theme, small, text }) {
    Object.assign(this, { options, theme, text });
    const span = options.units || small ? 4 : 4;
    this.planes = labels.map(([label, note]) => {
      const card = new Card(label, note, span, "wil-lesson-plane");
      const plane = options.units ? new Units(card.body, options.units, theme) : new Plane(card.body, theme);
      return { card, plane };
    });
    this.cards = this.planes.map(({ card }) => card);
    this.asks = ask.kind;
  }

  // Before the guess only the first picture is known.
  setup(read) {
    if (this.known) return;
    this.start = read;
    if (read.field) this.planes[0].plane.show(read);
  }

  news(entries) {
    for (const { trial, read, ended } of entries) if (ended && (read.field || read.fields)) this.planes[trial].plane.show(read);
  }

  reveal(results) {
    this.known = true;
    this.planes.forEach(({ plane }, i) => plane.show(results[i].runs[0].read));
  }

  reset() {
    this.known = false;
    for (const { plane } of this.planes) plane.hide();
    if (this.start) this.setup(this.start);
  }

  restyle() {
    for (const { plane } of this.planes) plane.restyle();
  }

  destroy() {
    for (const { plane } of this.planes) plane.destroy();
  }
}

class Plane {
  constructor(parent, theme) {
    this.theme = theme;
    this.frame = h("div", { class: "wil-sky", role: "img", "aria-label": "Not known yet" });
    this.pixels = new Pixels(this.frame, "wil-sky-pixels");
    this.sheet = new Sheet(this.frame, () => this.paint());
    this.veil = h("span", { class: "wil-sky-veil", "aria-hidden": "true" }, "?");
    this.frame.append(this.veil);
    parent.append(this.frame);
  }

  show(read) {
    this.read = read;
    this.veil.hidden = true;
    const { angle, distance } = read.line ?? {};
    if (angle !== undefined) this.frame.setAttribute("aria-label", `The plane. The line lies at ${Math.round(angle)} degrees, ${Math.abs(distance).toFixed(1)} from the middle.`);
    this.paint();
  }

  hide() {
    this.read = null;
    this.veil.hidden = false;
    this.frame.setAttribute("aria-label", "Not known yet");
    this.pixels.pen.clearRect(0, 0, 999, 999);
    this.paint();
  }

  paint() {
    const pen = this.sheet.clear();
    const { width, height } = this.sheet;
    if (!this.read || !width) return;
    const { field } = this.read.field;
    this.pixels.show(field.flat(), field[0].length, field.length, this.theme.bytes("negative", "zero", "positive"));
    const x = (value) => ((value + EXTENT) / (2 * EXTENT)) * width;
    const y = (value) => ((EXTENT - value) / (2 * EXTENT)) * height;
    if (this.read.dots) this.dots(pen, this.read.dots, x, y);
    if (this.read.line?.angle != null) this.line(pen, this.read.line, x, y);
  }

  dots(pen, { x1, x2, target, new: fresh }, x, y) {
    pen.lineWidth = 1.2;
    for (let i = 0; i < x1.length; i++) {
      if (fresh[i]) continue;
      pen.beginPath();
      pen.arc(x(x1[i]), y(x2[i]), 2.6, 0, 2 * Math.PI);
      pen.fillStyle = this.theme.colour(target[i] > 0 ? "positive" : "negative");
      pen.strokeStyle = this.theme.colour("surface");
      pen.fill();
      pen.stroke();
    }
  }

  line(pen, { angle, distance }, x, y) {
    const turn = (angle * Math.PI) / 180;
    const [across, up] = [Math.cos(turn), Math.sin(turn)];
    const [nx, ny] = [up, -across];
    const far = 3 * EXTENT;
    pen.strokeStyle = this.theme.colour("ink");
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.moveTo(x(nx * distance - across * far), y(ny * distance - up * far));
    pen.lineTo(x(nx * distance + across * far), y(ny * distance + up * far));
    pen.stroke();
  }

  restyle() {
    this.paint();
  }

  destroy() {
    this.sheet.destroy();
  }
}

class Units {
  constructor(parent, count, theme) {
    this.theme = theme;
    this.tiles = Array.from({ length: count }, (_, i) => {
      const element = h("div", { class: "wil-unit-tile", role: "img", "aria-label": `Unit ${i + 1}: not known yet` });
      const pixels = new Pixels(element, "wil-sky-pixels");
      const veil = h("span", { class: "wil-sky-veil", "aria-hidden": "true" }, "?");
      element.append(veil);
      return { element, pixels, veil };
    });
    parent.append(h("div", { class: "wil-unit-tiles" }, this.tiles.map(({ element }) => element)));
  }

  show(read) {
    this.read = read;
    read.fields.images.forEach((image, i) => {
      const { element, pixels, veil } = this.tiles[i];
      veil.hidden = true;
      const flat = image.flat();
      const blank = flat.every((value) => Math.abs(value - 128) <= 2);
      pixels.show(flat, image[0].length, image.length, this.theme.bytes("negative", "zero", "positive"));
      element.classList.toggle("wil-unit-blank", blank);
      element.setAttribute("aria-label", `Unit ${i + 1}: ${blank ? "blank" : "a picture"}`);
    });
  }

  hide() {
    this.read = null;
    for (const { element, pixels, veil } of this.tiles) {
      pixels.pen.clearRect(0, 0, 99, 99);
      element.classList.remove("wil-unit-blank");
      veil.hidden = false;
    }
  }

  restyle() {
    if (this.read) this.show(this.read);
  }

  destroy() {}
}
