// Whom an update helps: one stroke a row that it did not learn from, up where its loss falls, down where it rises; rows
// are grouped by class, that of the example learned from first. With the option "raised", every update of a series.

import { Pixels, Sheet } from "../../live/canvas.js";
import { h } from "../../live/dom.js";
import { Card } from "../card.js";

export class View {
  constructor({ labels, options }, { theme, small }) {
    Object.assign(this, { options, theme });
    this.strokes = labels.map(([label, note], i) => {
      const card = new Card(label, note, small ? 12 : 6, "wil-lesson-others");
      const strokes = options.raised ? new Series(card.body, theme, options) : new Strokes(card.body, theme);
      if (options.raised && i === 0) card.element.hidden = true;
      return { card, strokes };
    });
    this.cards = this.strokes.map(({ card }) => card);
  }

  news(entries) {
    for (const { trial, read, ended } of entries) if (ended) this.strokes[trial].strokes.show(read.helped);
  }

  reveal(results) {
    this.strokes.forEach(({ strokes }, i) => strokes.show(results[i].runs[0].read.helped));
  }

  reset() {
    for (const { strokes } of this.strokes) strokes.hide();
  }

  restyle() {
    for (const { strokes } of this.strokes) strokes.paint();
  }

  destroy() {
    for (const { strokes } of this.strokes) strokes.destroy();
  }
}

class Strokes {
  constructor(parent, theme) {
    this.theme = theme;
    this.taught = h("div", { class: "wil-taught", hidden: true });
    this.pixels = new Pixels(this.taught);
    this.name = h("span", {});
    this.taught.append(this.name);
    this.frame = h("div", { class: "wil-strokes", role: "img", "aria-label": "Not known yet" });
    this.sheet = new Sheet(this.frame, () => this.paint());
    parent.append(this.taught, this.frame);
  }

  show(read) {
    this.read = read;
    this.frame.setAttribute("aria-label", `Of ${read.rows} other digits the first of these updates helped ${read.helped[0]}.`);
    if (read.image) {
      this.taught.hidden = false;
      this.name.textContent = `learned from this ${read.taught}`;
    }
    this.paint();
  }

  hide() {
    this.read = null;
    this.taught.hidden = true;
    this.frame.setAttribute("aria-label", "Not known yet");
    this.paint();
  }

  paint() {
    const pen = this.sheet.clear();
    const { width, height } = this.sheet;
    if (!width) return;
    const middle = height / 2 - 8;
    const rows = this.read ? this.order() : Array.from({ length: 200 }, () => ({ change: 0 }));
    if (this.read?.image) this.pixels.show(this.read.image.flat(), this.read.image[0].length, this.read.image.length, this.theme.bytes("zero", "ink"));
    const largest = Math.max(...rows.map(({ change }) => Math.abs(change)), 1e-12);
    const gaps = this.read ? new Set(rows.map(({ label }) => label)).size - 1 : 0;
    const cell = (width - 4 - gaps * 6) / rows.length;
    pen.font = this.theme.font(13);
    pen.textAlign = "center";
    let x = 2;
    let begun = x;
    rows.forEach(({ change, label }, i) => {
      if (i && label !== rows[i - 1].label) x += 6;
      if (!i || label !== rows[i - 1].label) begun = x;
      const length = change ? Math.max(2, Math.sqrt(Math.abs(change) / largest) * (middle - 18)) : 1;
      pen.fillStyle = this.theme.colour(!change ? "baseline" : change < 0 ? "fill" : "muted");
      if (change < 0) pen.fillRect(x, middle - length, Math.max(1, cell - 0.8), length);
      else pen.fillRect(x, middle, Math.max(1, cell - 0.8), length);
      x += cell;
      if (this.read && (i === rows.length - 1 || rows[i + 1].label !== label)) {
        pen.fillStyle = this.theme.colour(label === this.read.taught ? "ink" : "muted");
        pen.fillText(`${label}`, (begun + x) / 2, height - 4);
      }
    });
    pen.fillStyle = this.theme.colour("line");
    pen.fillRect(0, middle - 0.5, width, 1);
    pen.textAlign = "left";
    pen.fillStyle = this.theme.colour("muted");
    pen.fillText("helped ↑", 2, 13);
    pen.fillText("harmed ↓", 2, height - 22);
  }

  // The rows with their own class first, then the others in order.
  order() {
    const { change, labels, taught } = this.read;
    const rows = change.map((value, i) => ({ change: value, label: labels?.[i] ?? 0 }));
    const rank = (label) => (label === taught ? -1 : label);
    return rows.sort((a, b) => rank(a.label) - rank(b.label) || a.change - b.change);
  }

  destroy() {
    this.sheet.destroy();
  }
}

// A series of updates: how many rows each helps, and the line of half of them.
class Series {
  constructor(parent, theme, { others }) {
    Object.assign(this, { theme, others });
    this.frame = h("div", { class: "wil-strokes", role: "img", "aria-label": "Not known yet" });
    this.sheet = new Sheet(this.frame, () => this.paint());
    parent.append(this.frame);
  }

  show(read) {
    this.read = read;
    this.frame.setAttribute("aria-label", `${read.raised} of ${read.helped.length} updates raised the mean loss.`);
    this.paint();
  }

  hide() {
    this.read = null;
    this.paint();
  }

  paint() {
    const pen = this.sheet.clear();
    const { width, height } = this.sheet;
    if (!width || !this.read) return;
    const { helped } = this.read;
    const y = (value) => height - 20 - (value / this.others) * (height - 36);
    const cell = width / helped.length;
    pen.font = this.theme.font(13);
    helped.forEach((value, i) => {
      pen.fillStyle = this.theme.colour(value >= this.others / 2 ? "fill" : "baseline");
      pen.fillRect(i * cell + 1, y(value), Math.max(2, cell - 2), height - 20 - y(value));
    });
    pen.strokeStyle = this.theme.colour("ink");
    pen.setLineDash([5, 4]);
    pen.beginPath();
    pen.moveTo(0, y(this.others / 2));
    pen.lineTo(width, y(this.others / 2));
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = this.theme.colour("muted");
    pen.fillText(`${helped.length} updates in a row: how many of ${this.others} each helped; dashed: half`, 2, height - 4);
  }

  destroy() {
    this.sheet.destroy();
  }
}
