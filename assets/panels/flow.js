// One example going through the network: its pixels, every hidden layer as dots, and the belief in each class.

import { Sheet } from "../live/canvas.js";
import { h } from "../live/dom.js";
import { classesOf } from "../live/run.js";
import { Bars } from "./marks/bars.js";
import { Chooser } from "./marks/chooser.js";
import { Digit } from "./marks/digit.js";
import { drawDots, grid, layersOf } from "./marks/dots.js";
import { Pad } from "./marks/pad.js";
import { Tip } from "./marks/tip.js";
import { Words } from "./marks/words.js";

const CAPTION = 24; // px above a layer
const LARGEST = 20; // px from dot to dot

// Columns, rows and the room of a dot for layers of so many units: of all ways to fit `width` and `height`, the one whose
// smallest dots are the largest. A layer's usual form is the first way, and stays where others gain nothing.
function roomiest(lengths, width, height) {
  let best = null;
  for (let most = Math.max(...lengths.map((length) => grid(length).columns)); most > 0; most--) {
    const laid = lengths.map((length) => {
      const columns = Math.min(most, grid(length).columns);
      const rows = Math.ceil(length / columns);
      return { columns, rows, cell: Math.max(0, Math.min(LARGEST, height / rows)) };
    });
    const wide = laid.reduce((sum, { cell, columns }) => sum + cell * columns, 0);
    const shrink = Math.max(0, Math.min(1, width / wide));
    for (const layer of laid) layer.cell *= shrink;
    const least = Math.min(...laid.map(({ cell }) => cell));
    if (!best || least > 1.05 * best.least) best = { laid, least };
  }
  return best?.laid ?? [];
}

export function mount(element, options, { theme, ask, status, tools, texts, sentence }) {
  const digit = new Digit(theme);
  const bars = new Bars("its belief · outlined: the truth", "its belief");
  const middle = h("div", { class: "wil-flow-layers", role: "img", "aria-label": "Between pixels and answer: each dot is a unit, the brighter the more active" });
  const pad = new Pad(digit.frame, theme, ask, () => last && draw(last.arrays, last.scalars));
  const chooser = new Chooser(options.choose, ask, () => openPad(!pad.open));
  const words = options.sentence ? new Words(texts, sentence) : null;
  const box = h("div", { class: "wil-flow", style: `--digit: ${options.digit}px; --bar: ${options.bar}px` }, digit.element, middle, bars.element);
  element.append(box);
  tools.append(chooser.element);
  const tip = new Tip(middle);
  let last = null;
  let looked = null; // the row that was looked at when the surface was opened
  let places = [];
  let layout = {};
  const sheet = new Sheet(middle, () => paint());
  middle.addEventListener("pointermove", (event) => pointed(event));
  middle.addEventListener("pointerleave", () => tip.hide());
  middle.addEventListener("click", (event) => pin(event));

  function openPad(on) {
    const { look } = status();
    looked = look?.split === "heldout" ? look.index : null;
    pad.show(on);
    chooser.drawing.setAttribute("aria-pressed", String(on));
  }

  function draw(arrays, scalars) {
    last = { arrays, scalars };
    const names = classesOf(status());
    const { image, probabilities } = arrays.sample;
    const { label, prediction } = scalars.sample;
    box.hidden = chooser.element.hidden = !image;
    if (!image) return words?.tell("image-other", {}); // a run that learns from something else than pictures
    chooser.build(names);
    bars.build(names);
    if (pad.open) pad.preview(image);
    if (awaiting()) {
      digit.wait(image, "draw a digit");
      bars.clear();
      words?.tell("image-empty", {});
    } else {
      digit.show(image, names[label]);
      bars.show(probabilities, label, prediction);
      tell(names, probabilities, label, prediction);
    }
    paint();
  }

  // Whether the surface lies open and nothing drawn on it has come back yet: what is known is of another picture.
  function awaiting() {
    return pad.open && (!pad.strokes.length || last.scalars.sample.label >= 0);
  }

  function tell(names, probabilities, label, prediction) {
    const share = `${Math.round(100 * probabilities[prediction])} %`;
    words?.tell(label < 0 ? "image-drawn" : "image-data", { answer: names[prediction], truth: names[label], share });
  }

  // The unit below the pointer, as {layer, unit, share, x, y}; share is its answer as a part of the layer's scale.
  function under(event) {
    const frame = sheet.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    for (const { layer, left, top, cell, columns, values } of places) {
      const column = Math.floor((x - left) / cell);
      const unit = Math.floor((y - top) / cell) * columns + column;
      if (column >= 0 && column < columns && y >= top && unit < values.length) return { layer, unit, share: values[unit] / 255, x, y };
    }
    return null;
  }

  function pointed(event) {
    const found = under(event);
    middle.style.cursor = found ? "pointer" : "";
    if (found && !awaiting()) tip.show(`unit ${found.unit + 1} of layer ${found.layer + 1}: ${Math.round(100 * found.share)} % of its range · click to pin`, found.x, found.y);
    else tip.hide();
  }

  // A click pins a unit, so that every page shows it; a click on the pinned one lets go of it.
  function pin(event) {
    const found = under(event);
    if (!found) return;
    const { pin: pinned } = status();
    const again = pinned?.layer === found.layer && pinned.unit === found.unit;
    ask(again ? { cmd: "pin" } : { cmd: "pin", layer: found.layer, unit: found.unit });
  }

  function ring(pen, { left, top, cell, columns }, unit) {
    pen.strokeStyle = theme.colour("ink");
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(left + cell * ((unit % columns) + 0.5), top + cell * (Math.floor(unit / columns) + 0.5), cell * 0.36 + 2.5, 0, 2 * Math.PI);
    pen.stroke();
  }

  // The layout is looked for anew only where the layers or the room are others than in the frame before.
  function lay(lengths, width, height) {
    const key = [lengths, width, height].join();
    if (layout.key !== key) layout = { key, laid: roomiest(lengths, width, height) };
    return layout.laid;
  }

  function paint() {
    const pen = sheet.clear();
    if (!last || !sheet.width) return;
    const found = layersOf(last.arrays.activations, last.scalars.activations);
    if (awaiting()) for (const layer of found) layer.values = new Uint8Array(layer.values.length);
    const arrows = found.length + 1;
    const each = sheet.width / arrows; // many layers leave little room: their arrows give way first
    const reach = Math.max(6, Math.min(30, sheet.width * 0.08, each * 0.35));
    const space = sheet.height - CAPTION - 4;
    const laid = lay(found.map(({ values }) => values.length), sheet.width - arrows * (reach + Math.min(10, each * 0.12)), space);
    const layers = found.map((layer, i) => ({ ...layer, ...laid[i] }));
    const gap = (sheet.width - layers.reduce((sum, { cell, columns }) => sum + cell * columns, 0)) / arrows;
    const middleLine = CAPTION + space / 2;
    const colours = theme.css("zero", "fill");
    pen.font = theme.font(13);
    pen.textAlign = "center";
    const pinned = status()?.pin;
    middle.dataset.pinned = pinned ? `${pinned.layer},${pinned.unit}` : "";
    places = [];
    let x = 0;
    for (const { values, columns, rows, cell } of layers) {
      arrow(pen, x + gap / 2, middleLine, reach);
      x += gap;
      const top = middleLine - (cell * rows) / 2;
      drawDots(pen, values, columns, x, top, cell, colours);
      const place = { layer: places.length, left: x, top, cell, columns, values };
      places.push(place);
      if (pinned?.layer === place.layer) ring(pen, place, pinned.unit);
      const marked = pinned?.layer === place.layer ? pinned.unit : -1;
      pen.fillStyle = theme.colour(marked < 0 ? "muted" : "ink");
      if (marked >= 0) pen.fillText(`unit ${marked + 1} pinned`, x + (cell * columns) / 2, top - 9);
      else pen.fillText(cell * columns > 50 || layers.length < 4 ? `${values.length} units` : values.length, x + (cell * columns) / 2, top - 9);
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
    const head = Math.min(8, length * 0.4);
    pen.moveTo(x + length / 2 - head, y - 0.75 * head);
    pen.lineTo(x + length / 2, y);
    pen.lineTo(x + length / 2 - head, y + 0.75 * head);
    pen.stroke();
  }

  return {
    draw,
    resize: () => last && draw(last.arrays, last.scalars),
    told: ({ look, pin: pinned }) => {
      if (look?.split === "heldout") {
        looked ??= look.index;
        if (pad.open && (pad.sent || look.index !== looked)) openPad(false);
      }
      if (last && middle.dataset.pinned !== (pinned ? `${pinned.layer},${pinned.unit}` : "")) paint();
    },
    restart: () => (last = null),
    destroy: () => {
      sheet.destroy();
      pad.destroy();
    },
  };
}
