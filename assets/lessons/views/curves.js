// Curves to sketch: an axis a trial, all with the same ranges before and after. Sketching forgives: a curve starts at
// the dot, can be drawn over, and runs level where the pen stops; arrow keys draw, too.

import { h, say, svg } from "../../live/dom.js";
import { count } from "../../live/format.js";
import { Card } from "../card.js";
import { verdict } from "../words.js";

const POINTS = 101;
const STRIDE = 2; // places that an arrow key goes on
const LEFT = 34;
const RIGHT = 84;
const TOP = 26;
const BOTTOM = 34;

export class View {
  constructor({ ask, labels, options }, { changed, theme }) {
    this.sheets = ask.parts.map(([name, label], i) => new Axis(name, label, labels[i], ask, options, theme, { draws: () => this.draw(i), changed }));
    this.cards = this.sheets.map(({ card }) => card);
    this.changed = changed;
    this.buildTabs(labels);
    this.at = 0;
    this.choose(0);
  }

  // On a phone one axis is shown at a time.
  buildTabs(labels) {
    this.tabs = this.sheets.map((sheet, i) =>
      h("button", { class: "wil-curve-tab", type: "button", role: "tab", onclick: () => this.draw(i) }, h("strong", {}, labels[i][0]), (sheet.tabNote = h("span", {}, "to draw"))),
    );
    const first = this.sheets[0].card.element;
    this.bar = h("div", { class: "wil-curve-tabs", role: "tablist", "aria-label": "Curves" }, this.tabs);
    queueMicrotask(() => first.parentElement?.prepend(this.bar));
  }

  choose(i) {
    this.at = i;
    this.sheets.forEach((sheet, k) => sheet.card.element.classList.toggle("wil-curve-tab-shown", k === i));
    this.tabs.forEach((tab, k) => tab.setAttribute("aria-selected", String(k === i)));
  }

  draw(i) {
    this.at = i;
    this.sheets.forEach((sheet, k) => sheet.card.element.classList.toggle("wil-lesson-active", k === i));
    this.choose(i);
    this.changed();
  }

  get missing() {
    return this.sheets.filter(({ drawn }) => !drawn).map(({ label }) => label);
  }

  get canClear() {
    return this.sheets[this.at].drawn > 0;
  }

  clear() {
    this.sheets[this.at].reset();
  }

  value() {
    return Object.fromEntries(this.sheets.map((sheet) => [sheet.name, sheet.curve()]));
  }

  put(guess) {
    for (const sheet of this.sheets) sheet.put(guess[sheet.name]);
  }

  lock(on) {
    for (const sheet of this.sheets) sheet.lock(on);
  }

  news(entries) {
    for (const { trial, read } of entries) if (read.curve) this.sheets[trial].follow(read.curve);
  }

  reveal(results, { truth, marks }, guess) {
    if (guess) this.put(guess);
    this.sheets.forEach((sheet, i) => {
      sheet.follow(results[i].runs[0].read.curve);
      sheet.compare(truth?.[sheet.name], marks[i]);
    });
  }

  reset() {
    for (const sheet of this.sheets) sheet.reset();
    this.draw(0);
  }

  restyle() {
    for (const sheet of this.sheets) sheet.paint();
  }

  destroy() {
    for (const sheet of this.sheets) sheet.destroy();
  }
}

class Axis {
  constructor(name, label, [large, note], ask, options, theme, on) {
    Object.assign(this, { name, label, ask, options, theme, on });
    this.card = new Card(large, note, 4, "wil-lesson-curve");
    this.picture = svg("svg", { class: "wil-axis", role: "img", "aria-label": `${large}: the axis` });
    this.pad = h("div", {
      class: "wil-axis-pad",
      role: "slider",
      tabindex: "0",
      "aria-label": `Draw the curve for ${large}. Right arrow draws on, up and down change the height, left goes back.`,
      "aria-valuemin": ask.low,
      "aria-valuemax": ask.high,
      onpointerdown: (event) => this.press(event),
      onpointermove: (event) => this.drag(event),
      onpointerup: () => this.release(),
      onpointercancel: () => this.release(),
      onkeydown: (event) => this.key(event),
      onfocus: () => !this.locked && this.on.draws(),
      onblur: () => {
        this.keyed = false;
        this.paint();
      },
    });
    this.pad.append(this.picture);
    this.card.body.append(this.pad);
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.pad);
    this.reset();
  }

  reset() {
    this.heights = new Array(POINTS).fill(this.ask.start);
    this.drawn = 0; // the furthest place that the pen has reached
    this.pen = 0;
    this.truth = null;
    this.end = null;
    this.mark = null;
    this.note("");
    this.spoken();
    this.paint();
  }

  put(curve) {
    this.heights = Array.from({ length: POINTS }, (_, i) => {
      const place = (i / (POINTS - 1)) * (curve.length - 1);
      const low = Math.floor(place);
      return curve[low] + (place - low) * ((curve[low + 1] ?? curve[low]) - curve[low]);
    });
    this.drawn = POINTS - 1;
    this.note("drawn ✓");
    this.paint();
  }

  curve() {
    return this.heights.map((y, i) => Math.round(100 * (i <= this.drawn ? y : this.heights[this.drawn])) / 100);
  }

  lock(on) {
    this.locked = on;
    this.pad.setAttribute("aria-disabled", String(on));
    this.pad.classList.toggle("wil-axis-locked", on);
    this.paint();
  }

  // --- drawing by hand -----------------------------------------------------------------------------------------------

  press(event) {
    if (this.locked || event.button > 0) return;
    this.pad.setPointerCapture(event.pointerId);
    this.pad.focus({ preventScroll: true });
    this.pressed = true;
    this.keyed = false;
    this.last = null;
    this.drag(event);
  }

  drag(event) {
    if (!this.pressed || this.locked) return;
    const box = this.pad.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (this.width - LEFT - RIGHT);
    const height = 1 - (event.clientY - box.top - TOP) / (this.height - TOP - BOTTOM);
    const { low, high } = this.ask;
    const place = Math.max(0, Math.min(POINTS - 1, Math.round(share * (POINTS - 1))));
    this.draw(place, low + Math.max(0, Math.min(1, height)) * (high - low));
  }

  // Draws from where the pen was last (or from where the curve ends) to here.
  draw(place, height) {
    const from = this.last ?? Math.min(this.drawn, place);
    const start = this.heights[from];
    for (let i = from; i !== place; i += Math.sign(place - from)) this.set(i, start + ((height - start) * (i - from)) / (place - from));
    this.set(place, height);
    this.last = this.pen = place;
    this.drawn = Math.max(this.drawn, place);
    this.note(this.pressed ? "drawing…" : "drawn ✓", true);
    this.spoken();
    this.paint();
    this.on.draws();
  }

  set(place, height) {
    if (place > 0) this.heights[place] = height;
  }

  release() {
    if (!this.pressed) return;
    this.pressed = false;
    this.note(this.drawn ? "drawn ✓" : "");
    this.paint();
    this.on.changed();
  }

  key(event) {
    const way = { ArrowRight: [STRIDE, 0], ArrowLeft: [-STRIDE, 0], ArrowUp: [0, 2], ArrowDown: [0, -2], PageUp: [0, 10], PageDown: [0, -10], End: [POINTS, 0], Home: [-POINTS, 0] }[event.key];
    if (!way || this.locked) return;
    event.preventDefault();
    const [across, up] = way;
    this.keyed = true;
    const { low, high } = this.ask;
    const height = Math.max(low, Math.min(high, this.heights[this.pen] + up));
    this.last = this.pen;
    if (across < 0) {
      this.pen = Math.max(0, this.pen + across);
      this.spoken();
      return this.paint();
    }
    // At the dot there is nothing to lift: the first arrow up or down takes a stride as well.
    const place = Math.min(POINTS - 1, this.pen + across + (up && this.pen === 0 ? STRIDE : 0));
    if (across) this.draw(place, place <= this.drawn ? this.heights[place] : height);
    else this.draw(place, height);
  }

  note(words, active = false) {
    this.card.say(words, active);
    if (this.tabNote) say(this.tabNote, words || "to draw");
  }

  spoken() {
    const height = Math.round(this.heights[this.pen]);
    this.pad.setAttribute("aria-valuenow", height);
    this.pad.setAttribute("aria-valuetext", `${height} after ${count(this.stepAt(this.pen))} ${this.options.along.split(" ")[0]}`);
  }

  stepAt(place) {
    return Math.round((this.options.steps * place) / (POINTS - 1));
  }

  // --- what came out -------------------------------------------------------------------------------------------------

  follow({ step, heldout_accuracy: share }) {
    this.truth = step.map((at, i) => [at / this.options.steps, 100 * share[i]]).filter(([at, y]) => Number.isFinite(y) && at <= 1);
    this.paint();
  }

  compare(end, mark) {
    this.end = end;
    this.mark = mark;
    this.card.say(verdict(mark), mark.verdict !== "off");
    if (this.tabNote) say(this.tabNote, verdict(mark));
    this.paint();
  }

  paint() {
    const { clientWidth: width, clientHeight: height } = this.pad;
    if (!width || !height) return;
    Object.assign(this, { width, height });
    const { low, high } = this.ask;
    const bottom = height - BOTTOM;
    const right = width - RIGHT;
    const x = (share) => LEFT + share * (right - LEFT);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - TOP);
    const place = (i) => x(i / (POINTS - 1));
    const nodes = [];
    const text = (words, at, down, classes = "", anchor = "start") => nodes.push(svg("text", { x: at, y: down, class: `wil-axis-text ${classes}`, "text-anchor": anchor }, words));
    const line = (points, classes) => points.length > 1 && nodes.push(svg("path", { d: `M${points.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}`, class: classes }));
    text(this.options.unit, LEFT, 12);
    for (let value = low; value <= high; value += (high - low) / 4) {
      line([[LEFT, y(value)], [right, y(value)]], "wil-axis-grid");
      text(count(value), LEFT - 8, y(value) + 4.5, "", "end");
    }
    const { luck } = this.options;
    line([[LEFT, y(luck)], [right, y(luck)]], "wil-axis-luck");
    text("0", LEFT, height - 10);
    text(`${count(this.options.steps)} ${this.options.along}`, right, height - 10, "", "end");
    const curve = this.curve().map((value, i) => [place(i), y(value)]);
    const truth = this.truth?.map(([share, value]) => [x(share), y(value)]);
    const you = this.heights[this.drawn];
    if (this.mark && truth) {
      const area = [...curve, ...[...truth].reverse()];
      nodes.push(svg("path", { d: `M${area.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}Z`, class: "wil-axis-gap" }));
    }
    text(`pure luck: ${luck}`, right - 4, y(luck) + (this.mark && this.end < luck - 3 ? -6 : 16), "", "end");
    if (this.drawn) {
      line(curve.slice(0, this.drawn + 1), `wil-axis-guess ${this.mark ? "wil-axis-old" : ""}`);
      if (this.drawn < POINTS - 1) line([curve[this.drawn], curve[POINTS - 1]], this.pressed ? "wil-axis-ahead" : `wil-axis-guess ${this.mark ? "wil-axis-old" : ""}`);
    }
    if (truth) line(truth, "wil-axis-truth");
    if (this.keyed && !this.locked) nodes.push(svg("circle", { cx: place(this.pen), cy: y(this.heights[this.pen]), r: 7, class: "wil-axis-cursor" }));
    nodes.push(svg("circle", { cx: LEFT, cy: y(this.ask.start), r: 5.5, class: "wil-axis-start" }));
    if (this.mark) this.drawDistance(nodes, y, right, you);
    else if (this.drawn) nodes.push(svg("text", { x: right + 10, y: y(you) + 4.5, class: "wil-axis-text wil-axis-you" }, "you ", svg("tspan", {}, Math.round(you))));
    if (this.pressed) this.drawPen(nodes, place(this.pen), y(this.heights[this.pen]), right, bottom);
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.replaceChildren(...nodes);
  }

  // In the margin: you, it, and between them the distance.
  drawDistance(nodes, y, right, you) {
    const from = y(you);
    const to = y(this.end);
    const far = Math.abs(from - to) > 46;
    const at = right + 8;
    const label = (words, value, down, classes) => nodes.push(svg("text", { x: at + 10, y: down + 4.5, class: `wil-axis-text ${classes}` }, `${words} `, svg("tspan", {}, Math.round(value))));
    if (Math.abs(from - to) > 3) nodes.push(svg("path", { d: `M${at - 3} ${from}h6M${at} ${from}V${to}M${at - 3} ${to}h6`, class: "wil-axis-distance" }));
    const apart = Math.max(0, 17 - Math.abs(from - to)) / 2;
    const up = from < to ? -apart : apart;
    label("you", you, from + up, "wil-axis-you");
    label("it", this.end, to - up, "wil-axis-it");
    if (far) nodes.push(svg("text", { x: at + 10, y: (from + to) / 2 + 6, class: "wil-axis-text wil-axis-off" }, Math.round(Math.abs(you - this.end))));
  }

  // The pencil with its live read-out.
  drawPen(nodes, across, down, right, bottom) {
    const words = `${Math.round(this.heights[this.pen])} after ${count(this.stepAt(this.pen))}`;
    const wide = words.length * 7.4 + 20;
    const left = Math.max(2, Math.min(across - wide / 2, this.width - wide - 2));
    const top = down + 96 < bottom ? down + 66 : down - 46;
    nodes.push(
      svg("path", { d: `M${across} ${down}V${bottom}`, class: "wil-axis-plumb" }),
      svg(
        "g",
        { transform: `translate(${across} ${down}) rotate(42) scale(1.25)` },
        svg("path", { d: "M0 0l9-5v10z", class: "wil-pencil-wood" }),
        svg("path", { d: "M0 0l3.6-2v4z", class: "wil-pencil-lead" }),
        svg("path", { d: "M9-5h40v10H9z", class: "wil-pencil-body" }),
        svg("path", { d: "M52-5h6a3 3 0 0 1 3 3v4a3 3 0 0 1-3 3h-6z", class: "wil-pencil-body" }),
      ),
      svg("rect", { x: left, y: top, width: wide, height: 25, rx: 10, class: "wil-axis-bubble" }),
      svg("text", { x: left + wide / 2, y: top + 17, class: "wil-axis-text wil-axis-read", "text-anchor": "middle" }, words),
    );
  }

  destroy() {
    this.observer.disconnect();
  }
}
