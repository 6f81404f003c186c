// One picture a run, side by side at one update: what each believes of the same digit, or what each answers over the
// plane. A click on its name shows a run on every page.

import { Sheet } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { count } from "../live/format.js";
import { OutputPatch } from "./plane/scales.js";

const ROW = 17; // px from one class to the next

export function mount(element, options, { theme, ask, status, runs }) {
  element.classList.add("wil-faces");
  const faces = new Map();

  function paint() {
    const told = status();
    if (!told) return;
    const ids = told.runs.map(({ id }) => id);
    for (const [id, face] of faces) if (!ids.includes(id)) faces.delete(id) && face.destroy();
    for (const id of ids) if (!faces.has(id)) faces.set(id, new Face(id, theme, ask));
    const wanted = ids.map((id) => faces.get(id).element);
    if (wanted.some((one, i) => element.children[i] !== one) || element.children.length !== wanted.length) element.replaceChildren(...wanted);
    for (const run of told.runs) faces.get(run.id).show(run, runs.get(run.id), told);
  }

  return {
    draw: paint,
    told: paint,
    resize: paint,
    restart: () => {},
    destroy: () => faces.forEach((face) => face.destroy()),
  };
}

class Face {
  constructor(id, theme, ask) {
    this.theme = theme;
    this.patch = new OutputPatch();
    this.name = h("button", { class: "wil-link wil-face-name", type: "button", onclick: () => ask({ cmd: "show", run: id }) });
    this.value = h("span", { class: "wil-face-value" });
    this.room = h("div", { class: "wil-face-room", role: "img" });
    this.element = h("div", { class: "wil-face" }, h("div", { class: "wil-face-head" }, this.name, this.value), this.room);
    this.sheet = new Sheet(this.room, () => this.paint());
  }

  show(run, state, told) {
    Object.assign(this, { run, state });
    const shown = run.id === told.shown;
    say(this.name, told.comparison?.labels[run.id] || run.name || run.title || "A run whose data is missing");
    this.name.toggleAttribute("aria-current", shown);
    this.element.classList.toggle("wil-face-shown", shown);
    const share = state?.scalars.heldout_accuracy;
    say(this.value, run.problem || run.stopped ? "stopped" : Number.isFinite(share) ? `${count(Math.round(100 * share))} of 100 right` : "");
    this.paint();
  }

  paint() {
    const pen = this.sheet.clear();
    const { sample, run_field: plane } = this.state?.probes ?? {};
    if (!this.sheet.width || !this.run?.config) return;
    const over = plane?.arrays;
    if (over && (over.winner?.length || over.field?.length)) this.paintField(pen, over);
    else if (sample?.arrays.probabilities) this.paintBars(pen, sample);
  }

  paintField(pen, arrays) {
    const { width, height } = this.sheet;
    const side = Math.min(width, height);
    this.patch.show(arrays, this.theme, {});
    this.patch.draw(pen, (width - side) / 2, (height - side) / 2, side, side);
    this.room.setAttribute("aria-label", "What it answers over the plane");
  }

  // A bar a class; the truth is outlined.
  paintBars(pen, { arrays, scalars }) {
    const { width, height } = this.sheet;
    const shares = arrays.probabilities;
    const row = Math.min(ROW, height / shares.length);
    const names = this.run.classes;
    const left = 10 + 8 * Math.max(1, ...names.map((name) => name.length));
    const right = width - 44;
    pen.font = this.theme.font(13);
    shares.forEach((share, i) => {
      const y = row * i;
      const truth = i === scalars.label;
      pen.fillStyle = this.theme.colour(truth ? "ink" : "muted");
      pen.textAlign = "right";
      pen.fillText(names[i] ?? String(i), left - 6, y + row - 4);
      pen.fillText(`${Math.round(100 * share)} %`, width - 4, y + row - 4);
      pen.fillStyle = this.theme.colour("zero");
      pen.fillRect(left, y + 2, right - left, row - 4);
      pen.globalAlpha = i === scalars.prediction ? 1 : 0.55;
      pen.fillStyle = this.theme.colour("fill");
      pen.fillRect(left, y + 2, Math.max(2, (right - left) * Math.max(0, Math.min(1, share))), row - 4);
      pen.globalAlpha = 1;
      if (!truth) return;
      pen.lineWidth = 1.5;
      pen.strokeStyle = this.theme.colour("ink");
      pen.strokeRect(left - 1.5, y + 0.5, right - left + 3, row - 1);
    });
    const words = `It believes most in ${names[scalars.prediction]}, ${Math.round(100 * shares[scalars.prediction])} %. The truth is ${names[scalars.label] ?? "not known"}.`;
    if (words !== this.words) this.room.setAttribute("aria-label", (this.words = words));
  }

  destroy() {
    this.sheet.destroy();
    this.element.remove();
  }
}
