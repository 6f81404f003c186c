// A surface to draw a digit on, with mouse, finger, pen or keys. It lies over the digit's frame while it is open; what
// the network makes of the drawing, scaled and centred, is shown small in its corner.

import { Pixels, Sheet } from "../../live/canvas.js";
import { h } from "../../live/dom.js";

const SIDE = 1000; // the surface in the worker's units
const LEAST = 9; // units between two points of a stroke
const MOST = 2900; // points in all
const STROKES = 60;
const EVERY = 110; // ms between two drawings sent
const PEN = 0.085; // of the surface
const HOP = 40; // units that an arrow key moves the pen

export class Pad {
  // `turned` is called when the surface is opened or shut, and when it is empty or no longer so.
  constructor(frame, theme, ask, turned) {
    Object.assign(this, { theme, ask, turned, strokes: [], sent: false, at: [SIDE / 2, SIDE / 2], down: false });
    this.element = h("div", {
      class: "wil-pad",
      tabindex: "0",
      role: "application",
      "aria-label": "Draw a digit here. With keys: arrows move the pen, space puts it down or lifts it, backspace takes the last stroke away.",
      hidden: true,
    });
    this.sheet = new Sheet(this.element, () => this.paint());
    this.hint = h("span", { class: "wil-pad-hint", "aria-hidden": "true" }, "draw a digit here");
    this.corner = h("div", { class: "wil-pad-corner", "aria-hidden": "true", title: "As the network gets it" });
    this.pixels = new Pixels(this.corner);
    this.clearing = h("button", { class: "wil-button wil-small wil-pad-clear", type: "button", onclick: () => this.clear() }, "Clear");
    this.element.append(this.hint, this.corner, this.clearing);
    frame.append(this.element);
    this.element.addEventListener("pointerdown", (event) => this.begin(event));
    this.element.addEventListener("pointermove", (event) => this.go(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) this.element.addEventListener(end, () => this.lift());
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  get open() {
    return !this.element.hidden;
  }

  show(on) {
    if (on === this.open) return;
    this.element.hidden = !on;
    if (on) {
      this.strokes = [];
      this.sent = false;
      this.sheet.fit();
      this.paint();
      this.element.focus({ preventScroll: true });
    } else clearTimeout(this.timer);
    this.turned();
  }

  // The picture that the network gets, in the corner.
  preview(image) {
    const [height, width] = image.shape;
    this.pixels.show(image, width, height, this.theme.bytes("zero", "ink"));
    this.corner.hidden = !this.sent;
  }

  clear() {
    this.strokes = [];
    this.paint();
    this.tell();
    this.element.focus({ preventScroll: true });
  }

  place(event) {
    const frame = this.element.getBoundingClientRect();
    const unit = (at, from, size) => Math.max(0, Math.min(SIDE, Math.round(((at - from) / size) * SIDE)));
    return [unit(event.clientX, frame.left, frame.width), unit(event.clientY, frame.top, frame.height)];
  }

  begin(event) {
    if (event.button || event.target === this.clearing || this.strokes.length >= STROKES) return;
    event.preventDefault();
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    this.stroke = [...this.place(event)];
    this.strokes.push(this.stroke);
    this.changed();
  }

  go(event) {
    if (!this.stroke) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) this.add(this.place(one));
  }

  add([x, y]) {
    const { stroke } = this;
    const points = this.strokes.reduce((sum, one) => sum + one.length / 2, 0);
    if (points >= MOST || Math.hypot(x - stroke.at(-2), y - stroke.at(-1)) < LEAST) return;
    stroke.push(x, y);
    this.changed();
  }

  lift() {
    this.stroke = null;
  }

  key(event) {
    const hops = { ArrowLeft: [-HOP, 0], ArrowRight: [HOP, 0], ArrowUp: [0, -HOP], ArrowDown: [0, HOP] };
    if (event.target !== this.element) return;
    if (event.key in hops) {
      this.keyed = true;
      this.at = this.at.map((value, i) => Math.max(0, Math.min(SIDE, value + hops[event.key][i])));
      if (this.down) this.add(this.at);
    } else if (event.key === " ") {
      this.keyed = true;
      this.down = !this.down && this.strokes.length < STROKES;
      if (this.down) this.strokes.push((this.stroke = [...this.at]));
      else this.stroke = null;
      if (this.down) this.changed();
    } else if (event.key === "Backspace") {
      this.strokes.pop();
      this.changed();
    } else return;
    event.preventDefault();
    this.paint();
  }

  changed() {
    this.paint();
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.tell();
    }, EVERY);
  }

  async tell() {
    const reply = await this.ask({ cmd: "draw", strokes: this.strokes });
    if (reply?.ok) this.sent = this.strokes.length > 0;
  }

  paint() {
    const pen = this.sheet.clear();
    const side = this.sheet.width;
    if (this.hint.hidden === !this.strokes.length) this.turned();
    this.hint.hidden = this.strokes.length > 0;
    this.clearing.hidden = this.strokes.length === 0;
    if (!side) return;
    pen.strokeStyle = pen.fillStyle = this.theme.colour("ink");
    pen.lineWidth = PEN * side;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of this.strokes) {
      pen.beginPath();
      for (let i = 0; i < stroke.length; i += 2) pen.lineTo((stroke[i] / SIDE) * side, (stroke[i + 1] / SIDE) * side);
      if (stroke.length === 2) pen.lineTo((stroke[0] / SIDE) * side + 0.01, (stroke[1] / SIDE) * side);
      pen.stroke();
    }
    if (!this.keyed) return;
    pen.lineWidth = 2;
    pen.strokeStyle = this.theme.colour("accent");
    pen.beginPath();
    pen.arc((this.at[0] / SIDE) * side, (this.at[1] / SIDE) * side, (PEN * side) / 2 + 3, 0, 2 * Math.PI);
    if (this.down) pen.fill();
    pen.stroke();
  }

  destroy() {
    clearTimeout(this.timer);
    this.sheet.destroy();
  }
}
