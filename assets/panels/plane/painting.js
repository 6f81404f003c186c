// Painting one's own dots on the plane, with the mouse, a finger or the arrow keys. Nothing is learned from them before
// the learner says so; then they begin a new run.

import { h, say } from "../../live/dom.js";
import { count } from "../../live/format.js";
import { dotColours, EXTENT } from "./scales.js";

const LETTERS = "ABCDEFGHIJ";
const MOST = 2000;
const FEWEST = 4;
const APART = 0.42; // between the dots of a stroke, on the plane
const STEP = 0.25; // of the arrow keys

export class Painting {
  // `output` is where one paints; `done(points)` gets [[x1, x2, class], ...] or null where nothing came of it.
  constructor(output, { start, labels, theme, tell, done }) {
    Object.assign(this, { output, theme, tell, done });
    this.points = start.map((point) => [...point]);
    this.classes = Math.max(2, labels.length);
    this.brush = 0;
    this.cursor = [0, 0];
    this.count = h("span", { class: "wil-paint-count" });
    this.learn = h("button", { class: "wil-button wil-small wil-primary", type: "button", onclick: () => this.finish() }, "Learn these dots");
    this.picks = h("div", { class: "wil-paint-picks", role: "group", "aria-label": "Paint class" });
    const button = (words, act) => h("button", { class: "wil-button wil-small", type: "button", onclick: act }, words);
    this.element = h(
      "div",
      { class: "wil-paint", role: "group", "aria-label": "Paint your own dots" },
      this.picks,
      this.count,
      h("div", { class: "wil-buttons" }, this.learn, button("Clear", () => this.clear()), button("Cancel", () => this.close(null))),
    );
    this.listeners = { pointerdown: (event) => this.down(event), pointermove: (event) => this.move(event), pointerup: () => (this.last = null), pointercancel: () => (this.last = null), keydown: (event) => this.key(event) };
    const square = output.square;
    for (const [name, act] of Object.entries(this.listeners)) square.addEventListener(name, act);
    square.tabIndex = 0;
    square.setAttribute("role", "application");
    square.setAttribute("aria-label", "The plane to paint on. Arrow keys move, Space paints a dot, Delete takes one away, digits choose the class.");
    square.classList.add("wil-painted");
    output.painting = this;
    this.build();
    output.paintDots();
    output.paintMarks();
    square.focus({ preventScroll: true });
  }

  build() {
    const colours = this.colours();
    const pick = (i) => {
      const name = i < 0 ? "Eraser: takes dots away" : LETTERS[i];
      const mark = i < 0 ? "⌫" : h("i", { style: `background: ${colours[i]}` });
      return h("button", { class: "wil-paint-pick", type: "button", "aria-pressed": String(i === this.brush), "aria-label": i < 0 ? name : `Class ${name}`, title: i < 0 ? name : null, onclick: () => this.choose(i) }, mark, i < 0 ? "" : name);
    };
    const more = this.classes < LETTERS.length ? h("button", { class: "wil-paint-pick", type: "button", "aria-label": "One class more", title: "One class more", onclick: () => this.choose(this.classes++) }, "+") : null;
    this.picks.replaceChildren(...Array.from({ length: this.classes }, (_, i) => pick(i)), ...(more ? [more] : []), pick(-1));
    this.counted();
  }

  colours() {
    return dotColours(this.theme, this.classes);
  }

  choose(brush) {
    this.brush = brush;
    this.build();
    this.output.paintMarks();
  }

  counted() {
    const used = new Set(this.points.map(([, , one]) => one));
    const ready = this.points.length >= FEWEST && used.size > 1;
    this.learn.disabled = !ready;
    say(this.count, ready ? `${count(this.points.length)} dots` : this.points.length < FEWEST ? "Paint at least four dots of two classes." : "Paint a second class, too.");
  }

  down(event) {
    event.preventDefault();
    this.output.square.setPointerCapture(event.pointerId);
    this.last = null;
    this.move(event, true);
  }

  move(event, first = false) {
    const box = this.output.square.getBoundingClientRect();
    const scale = this.output.top.width / box.width;
    const at = this.output.place((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    if (!first && !this.last) return;
    if (first || Math.hypot(at[0] - this.last[0], at[1] - this.last[1]) >= APART || this.brush < 0) {
      this.last = at;
      this.put(at);
    }
  }

  // Puts a dot of the brush's class at a place, or takes away those near it.
  put([x1, x2]) {
    if (this.brush < 0) this.points = this.points.filter(([a, b]) => Math.hypot(a - x1, b - x2) > APART);
    else if (this.points.length < MOST) this.points.push([bounded(x1), bounded(x2), this.brush]);
    this.counted();
    this.output.paintMarks();
  }

  key(event) {
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    const move = moves[event.key];
    if (move) this.cursor = this.cursor.map((value, i) => bounded(value + move[i] * (event.shiftKey ? 4 : 1)));
    else if (event.key === " " || event.key === "Enter") this.put(this.cursor);
    else if (event.key === "Delete" || event.key === "Backspace") this.points = this.points.filter(([a, b]) => Math.hypot(a - this.cursor[0], b - this.cursor[1]) > APART);
    else if (event.key >= "1" && event.key <= String(this.classes)) this.choose(Number(event.key) - 1);
    else if (event.key === "Escape") return this.close(null);
    else return;
    event.preventDefault();
    this.keyed = true;
    this.tell(`${this.cursor.map((value) => value.toFixed(2)).join(", ")}. ${this.points.length} dots.`);
    this.counted();
    this.output.paintMarks();
  }

  clear() {
    this.points = [];
    this.counted();
    this.output.paintMarks();
  }

  paint(pen) {
    const colours = this.colours();
    for (const [x1, x2, one] of this.points) this.output.dot(pen, ...this.output.spot(x1, x2), 4.2, colours[one], false);
    if (!this.keyed) return;
    const [x, y] = this.output.spot(...this.cursor);
    pen.strokeStyle = this.theme.colour("ink");
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x - 12, y);
    pen.lineTo(x + 12, y);
    pen.moveTo(x, y - 12);
    pen.lineTo(x, y + 12);
    pen.stroke();
  }

  // Classes that nobody used leave no gap.
  finish() {
    const used = [...new Set(this.points.map(([, , one]) => one))].sort();
    this.close(this.points.map(([x1, x2, one]) => [x1, x2, used.indexOf(one)]));
  }

  close(points) {
    const { square } = this.output;
    for (const [name, act] of Object.entries(this.listeners)) square.removeEventListener(name, act);
    square.removeAttribute("tabindex");
    square.removeAttribute("role");
    square.removeAttribute("aria-label");
    square.classList.remove("wil-painted");
    this.output.painting = null;
    this.element.remove();
    this.output.paintDots();
    this.output.paintMarks();
    this.done(points);
  }
}

const bounded = (value) => Math.round(1000 * Math.max(-EXTENT, Math.min(EXTENT, value))) / 1000;
