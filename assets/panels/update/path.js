// The network as a map: the picture on the left, every unit a dot, and on it the path of the chosen weight. A click on a
// unit follows it; a click on one of the layer before (or a pixel) chooses what it listens to.

import { Pixels, Sheet } from "../../live/canvas.js";
import { h, say } from "../../live/dom.js";
import { count } from "../../live/format.js";
import { grid } from "../marks/dots.js";

const TOP = 26;
const FOOT = 26;

export class Path {
  // `choose(chosen)` takes {layer, array, i, j}; what is left out is for the probe to choose.
  constructor(theme, choose) {
    this.theme = theme;
    this.choose = choose;
    this.title = h("h2", { class: "wil-card-title" }, "The path of w");
    this.room = h("div", { class: "wilu-path-room", tabindex: "0", role: "application", "aria-label": "The network. Left and right: another layer. Up and down: another unit." });
    this.pixels = new Pixels(h("div"));
    this.thumb = this.pixels.canvas;
    this.thumb.classList.add("wilu-thumb");
    this.note = h("p", { class: "wilu-origin" });
    this.element = h("section", { class: "wil-card wilu-path", "aria-label": "The path of the chosen weight through the network" }, this.title, this.room, this.note);
    this.sheet = new Sheet(this.room, () => this.paint());
    this.room.addEventListener("click", (event) => this.clicked(event));
    this.room.addEventListener("pointermove", (event) => this.hovered(event));
    this.room.addEventListener("pointerleave", () => this.point(null));
    this.room.addEventListener("keydown", (event) => this.key(event));
  }

  show(model) {
    this.model = model;
    const { layer } = model.chosen;
    this.title.replaceChildren(h("strong", {}, `The path of ${model.symbol}: `), `${model.from} → ${model.to}`);
    const text = layer < model.last ? `Orange, blue: what each unit above sends back to ${model.to}.` : `${model.to} hears of its error at once.`;
    say(this.note, text);
    if (model.arrays.image) {
      const [height, width] = model.arrays.image.shape;
      this.pixels.show(model.arrays.image, width, height, this.theme.bytes("zero", "ink"));
    }
    this.paint();
  }

  // Where everything stands: the picture and the layers, as {x, y, cell, columns, rows, units}.
  layout() {
    const { width, height } = this.sheet;
    const { layers } = this.model;
    const space = height - TOP - FOOT;
    const spread = layers.map(({ fan_out: units }, l) => {
      const { columns, rows } = l === this.model.last ? { columns: Math.ceil(units / 16), rows: Math.min(units, 16) } : tall(units);
      return { units, columns, rows, cell: Math.min(l === this.model.last ? 30 : 16, space / rows) };
    });
    const picture = Math.min(62, width * 0.2);
    const named = this.model.perClass ? 18 : 6;
    const wide = spread.reduce((sum, { cell, columns }) => sum + cell * columns, 0);
    const free = width - picture - named - 4;
    const shrink = Math.min(1, (free - 26 * layers.length) / wide);
    const gap = (free - wide * Math.min(1, shrink)) / layers.length;
    let x = picture;
    for (const layer of spread) {
      layer.cell *= Math.min(1, shrink);
      x += gap;
      layer.x = x;
      layer.y = TOP + (space - layer.cell * layer.rows) / 2;
      x += layer.cell * layer.columns;
    }
    return { picture: { x: 0, y: TOP + (space - picture) / 2, side: picture }, layers: spread };
  }

  centre(layer, unit) {
    const { x, y, cell, columns } = this.places.layers[layer];
    return [x + cell * ((unit % columns) + 0.5), y + cell * (Math.floor(unit / columns) + 0.5)];
  }

  pixel(i) {
    const { picture } = this.places;
    const [height, width] = this.model.arrays.image?.shape ?? [this.model.layers[0].fan_in, 1];
    const side = Math.min(18, picture.side / Math.max(width, height));
    if (!this.model.arrays.image) return [picture.x + picture.side / 2, picture.y + picture.side / 2 + (i + 0.5 - height / 2) * 18, 18];
    return [picture.x + ((i % width) + 0.5) * side, picture.y + (Math.floor(i / width) + 0.5) * side, side];
  }

  paint() {
    const pen = this.sheet.clear();
    if (!this.model || !this.sheet.width) return;
    this.places = this.layout();
    const { theme, model } = this;
    const { layer, j, i } = model.chosen;
    pen.font = theme.font(13);
    pen.textAlign = "center";
    this.paintPicture(pen);
    this.paintLinks(pen);
    this.places.layers.forEach((place, l) => this.paintLayer(pen, place, l));
    const to = this.centre(layer, j);
    const from = model.bias ? [to[0], to[1] + 34] : layer ? this.centre(layer - 1, i) : this.pixel(i);
    pen.strokeStyle = theme.colour("ink");
    pen.lineWidth = 2.5;
    stroke(pen, from, to);
    this.ring(pen, to, 8, true);
    if (!model.bias) layer ? this.ring(pen, from, 7) : square(pen, this.pixel(i));
    pen.fillStyle = theme.colour("ink");
    pen.font = theme.font(13, 600);
    this.label(pen, model.to.replace("output ", "→ "), to, layer === model.last ? 0 : 18);
    this.label(pen, model.bias ? "bias" : layer ? model.from : "", from, model.bias ? 14 : -12);
    if (this.over) {
      pen.strokeStyle = theme.colour("accent");
      pen.lineWidth = 2;
      circle(pen, this.over.at, 8);
      pen.stroke();
    }
  }

  paintPicture(pen) {
    const { picture } = this.places;
    const { image, x } = this.model.arrays;
    const [height, width] = image?.shape ?? [x.length, 1];
    pen.fillStyle = this.theme.colour("muted");
    pen.fillText(image ? `${width} × ${height}` : `${x.length} in`, picture.x + picture.side / 2, 14);
    pen.imageSmoothingEnabled = false;
    if (image) return void pen.drawImage(this.pixels.canvas, picture.x, picture.y, picture.side, picture.side);
    const colours = this.theme.css("zero", "ink");
    const most = Math.max(...x.map(Math.abs), 1e-9);
    x.forEach((value, i) => {
      pen.fillStyle = colours[Math.round((255 * Math.abs(value)) / most)];
      const [left, top, side] = this.pixel(i);
      circle(pen, [left, top], Math.min(7, side * 0.36));
      pen.fill();
    });
  }

  // What listens to the same as the chosen weight does, faintly; and what comes back to its unit, by sign and size.
  paintLinks(pen) {
    const { theme, model } = this;
    const { layer, j } = model.chosen;
    const to = this.centre(layer, j);
    pen.lineWidth = 0.6;
    pen.strokeStyle = theme.colour("baseline");
    if (layer === 0) {
      const { x, y, side } = this.places.picture;
      pen.globalAlpha = 0.25;
      pen.fillStyle = theme.colour("baseline");
      pen.beginPath();
      pen.moveTo(x + side, y);
      pen.lineTo(...to);
      pen.lineTo(x + side, y + side);
      pen.fill();
    } else {
      pen.globalAlpha = 0.35;
      for (let unit = 0; unit < this.places.layers[layer - 1].units; unit++) stroke(pen, this.centre(layer - 1, unit), to);
    }
    pen.globalAlpha = 1;
    const { parts } = model.arrays;
    if (layer >= model.last || !parts) return;
    const most = Math.max(...parts.map(Math.abs), 1e-30);
    parts.forEach((value, unit) => {
      if (Math.abs(value) < 0.03 * most) return;
      pen.strokeStyle = theme.colour(value > 0 ? "positive" : "negative");
      pen.lineWidth = 0.7 + (4 * Math.abs(value)) / most;
      stroke(pen, to, this.centre(layer + 1, unit));
    });
  }

  paintLayer(pen, place, l) {
    const { theme, model } = this;
    const values = model.arrays[`a${l}`];
    const colours = theme.css("zero", "fill");
    const low = Math.min(0, ...values);
    const high = Math.max(1e-9, ...values, model.layers[l].activation === "sigmoid" ? 1 : 0);
    const radius = Math.min(9, place.cell * 0.36);
    values.forEach((value, unit) => {
      pen.fillStyle = colours[Math.round((255 * (value - low)) / (high - low))] ?? colours[0];
      circle(pen, this.centre(l, unit), radius);
      pen.fill();
    });
    pen.fillStyle = theme.colour("muted");
    pen.font = theme.font(13);
    pen.textAlign = "center";
    pen.fillText(count(place.units), place.x + (place.cell * place.columns) / 2, 14);
    if (l !== model.last || !model.perClass) return;
    pen.textAlign = "left";
    model.names.forEach((name, unit) => {
      const [x, y] = this.centre(l, unit);
      pen.fillStyle = theme.colour(unit === model.label ? "ink" : "muted");
      pen.font = theme.font(14, unit === model.label ? 700 : 400);
      pen.fillText(name, x + radius + 6, y + 5);
    });
    pen.textAlign = "center";
  }

  ring(pen, at, radius, strong = false) {
    pen.strokeStyle = this.theme.colour("ink");
    pen.lineWidth = 2;
    circle(pen, at, radius);
    pen.stroke();
    if (!strong) return;
    pen.strokeStyle = this.theme.colour("accent");
    circle(pen, at, radius + 3);
    pen.stroke();
  }

  // A name beside a place, within the picture and on paper, so that lines do not run through it.
  label(pen, text, [x, y], away) {
    if (!text || !away) return;
    const half = pen.measureText(text).width / 2 + 3;
    const middle = Math.max(half, Math.min(this.sheet.width - half, x));
    pen.fillStyle = this.theme.colour("surface");
    pen.globalAlpha = 0.85;
    pen.fillRect(middle - half, y + away - 8, 2 * half, 17);
    pen.globalAlpha = 1;
    pen.fillStyle = this.theme.colour("ink");
    pen.textAlign = "center";
    pen.fillText(text, middle, y + away + 5);
  }

  // --- choosing -----------------------------------------------------------------------------------------------------------

  // The unit or pixel under the pointer: {layer, unit, at}; layer -1 is the picture, unit -1 a layer's caption.
  hit(event) {
    if (!this.places) return null;
    const box = this.room.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { picture, layers } = this.places;
    for (const [l, place] of layers.entries()) {
      if (x < place.x - 6 || x > place.x + place.cell * place.columns + (l === layers.length - 1 ? 26 : 6)) continue;
      if (y < TOP - 4) return { layer: l, unit: -1, at: [place.x + (place.cell * place.columns) / 2, 10] };
      const column = Math.max(0, Math.min(place.columns - 1, Math.floor((x - place.x) / place.cell)));
      const unit = Math.floor((y - place.y) / place.cell) * place.columns + column;
      if (unit >= 0 && unit < place.units && y >= place.y) return { layer: l, unit, at: this.centre(l, unit) };
    }
    const [height, width] = this.model.arrays.image?.shape ?? [0, 0];
    if (width && x >= picture.x && x < picture.x + picture.side && y >= picture.y && y < picture.y + picture.side) {
      const unit = Math.floor(((y - picture.y) / picture.side) * height) * width + Math.floor(((x - picture.x) / picture.side) * width);
      return { layer: -1, unit, at: this.pixel(unit).slice(0, 2) };
    }
    return null;
  }

  clicked(event) {
    const found = this.hit(event);
    if (!found) return;
    const { layer, j } = this.model.chosen;
    if (found.unit < 0) this.choose({ layer: found.layer });
    else if (found.layer === layer - 1) this.choose({ layer, array: "W", i: found.unit, j });
    else if (found.layer === layer && found.unit === j && this.model.layerOf.bias && !this.model.bias) this.choose({ layer, array: "b", j });
    else if (found.layer >= 0) this.choose({ layer: found.layer, j: found.unit });
    else this.choose({ layer: 0, array: "W", i: found.unit, ...(layer === 0 ? { j } : {}) });
  }

  hovered(event) {
    this.point(this.hit(event));
  }

  point(found) {
    if (found?.layer === this.over?.layer && found?.unit === this.over?.unit) return;
    this.over = found;
    this.room.style.cursor = found ? "pointer" : "";
    this.room.title = found ? (found.unit < 0 ? `layer ${found.layer + 1}: its steepest weight` : found.layer < 0 ? `input ${found.unit}` : this.model.unitName(found.layer, found.unit)) : "";
    this.paint();
  }

  key(event) {
    const { layer, j } = this.model?.chosen ?? {};
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!moves || layer === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(this.model.last, layer + moves[0]));
    const units = this.model.layers[next].fan_out;
    if (next !== layer) this.choose({ layer: next });
    else if (moves[1]) this.choose({ layer, j: (j + moves[1] + units) % units });
  }

  destroy() {
    this.sheet.destroy();
  }
}

// A hidden layer stands upright here: few columns, many rows.
function tall(units) {
  const { rows } = grid(units);
  const columns = units <= 40 ? Math.ceil(units / 20) : units <= 64 ? 2 : units <= 128 ? 4 : Math.ceil(units / rows);
  return { columns, rows: Math.ceil(units / columns) };
}

function circle(pen, [x, y], radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

function square(pen, [x, y, side]) {
  const half = Math.max(3, side);
  pen.strokeRect(x - half, y - half, 2 * half, 2 * half);
}

function stroke(pen, from, to) {
  pen.beginPath();
  pen.moveTo(from[0], from[1]);
  pen.lineTo(to[0], to[1]);
  pen.stroke();
}
