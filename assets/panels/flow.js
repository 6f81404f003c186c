// One example going through the network: its pixels, every hidden layer as dots, and the belief in each class.

import { Sheet } from "../live/canvas.js";
import { h } from "../live/dom.js";
import { classesOf } from "../live/run.js";
import { Bars } from "./marks/bars.js";
import { Chooser } from "./marks/chooser.js";
import { Digit } from "./marks/digit.js";
import { drawDots, grid, layersOf } from "./marks/dots.js";

const CAPTION = 24; // px above a layer

export function mount(element, options, { theme, ask, status, tools }) {
  const digit = new Digit(theme);
  const bars = new Bars("its belief · outlined: the truth");
  const middle = h("div", { class: "wil-flow-layers", role: "img", "aria-label": "Between pixels and answer: each dot is a unit, the brighter the more active" });
  const chooser = new Chooser(options.choose, ask);
  element.append(h("div", { class: "wil-flow", style: `--digit: ${options.digit}px; --bar: ${options.bar}px` }, digit.element, middle, bars.element));
  tools.append(chooser.element);
  let last = null;
  const sheet = new Sheet(middle, () => paint());

  function draw(arrays, scalars) {
    last = { arrays, scalars };
    const names = classesOf(status());
    const { image, probabilities } = arrays.sample;
    const { label, prediction } = scalars.sample;
    chooser.build(names);
    digit.show(image, names[label]);
    bars.build(names);
    bars.show(probabilities, label, prediction);
    paint();
  }

  function paint() {
    const pen = sheet.clear();
    if (!last || !sheet.width) return;
    const layers = layersOf(last.arrays.activations, last.scalars.activations).map((layer) => ({ ...layer, ...grid(layer.values.length) }));
    const arrows = layers.length + 1;
    const reach = Math.max(12, Math.min(30, sheet.width * 0.08));
    const space = sheet.height - CAPTION - 4;
    for (const layer of layers) layer.cell = Math.min(20, space / layer.rows);
    const wide = layers.reduce((sum, { cell, columns }) => sum + cell * columns, 0);
    const shrink = Math.min(1, (sheet.width - arrows * (reach + 10)) / wide);
    for (const layer of layers) layer.cell *= shrink;
    const gap = (sheet.width - wide * shrink) / arrows;
    const middleLine = CAPTION + space / 2;
    const colours = theme.css("zero", "fill");
    pen.font = theme.font(13);
    pen.textAlign = "center";
    let x = 0;
    for (const { values, columns, rows, cell } of layers) {
      arrow(pen, x + gap / 2, middleLine, reach);
      x += gap;
      const top = middleLine - (cell * rows) / 2;
      drawDots(pen, values, columns, x, top, cell, colours);
      pen.fillStyle = theme.colour("muted");
      pen.fillText(cell * columns > 50 || layers.length < 4 ? `${values.length} units` : values.length, x + (cell * columns) / 2, top - 9);
      x += cell * columns;
    }
    arrow(pen, x + gap / 2, middleLine, reach);
  }

  function arrow(pen, x, y, length) {
    pen.strokeStyle = theme.colour("line");
    pen.lineWidth = 2;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(x - length / 2, y);
    pen.lineTo(x + length / 2, y);
    pen.moveTo(x + length / 2 - 8, y - 6);
    pen.lineTo(x + length / 2, y);
    pen.lineTo(x + length / 2 - 8, y + 6);
    pen.stroke();
  }

  return {
    draw,
    resize: () => last && draw(last.arrays, last.scalars),
    restart: () => (last = null),
    destroy: () => sheet.destroy(),
  };
}
