// The timeline below every live view: the curve in small, a handle that winds the run to any of its updates, marks where
// something was changed, bookmarks, and the way into another future.
//
// While the handle is dragged, only the newest place is asked for once the last one has been answered; every picture of
// the page then shows the network as it was there.

import { GrowingEnd } from "./axis.js";
import { Sheet, words } from "./canvas.js";
import { h, inline, release, say, svg, write } from "./dom.js";
import { ForkForm } from "./fork.js";
import { count, number } from "./format.js";
import { reveal } from "./reveal.js";
import { onPlane } from "./run.js";
import { Tree } from "./tree.js";

const SIDE = 12; // px beside the track, so that the handle has room at both ends
const TOP = 18; // px for the names of marks
const TRACK = 26; // px from the bottom to the track: the handle, and below it the names of the axis
const NEAR = 7; // px at which a mark is pointed at
const GAP = 10; // px at least between two names

export class Timeline {
  // `ask` sends a command, `theme` has the colours, `text` the sentences by name, `tables` the choices of a fork.
  constructor({ theme, ask, text, tables, tell }) {
    Object.assign(this, { theme, ask, text, tell });
    this.end = new GrowingEnd(300);
    this.top = new GrowingEnd(0.1);
    this.what = h("span", { class: "wil-timeline-what" }, "");
    this.room = h("div", { class: "wil-timeline-room" });
    this.sheet = new Sheet(this.room, () => this.paint());
    this.handle = h("div", { class: "wil-handle", role: "slider", tabindex: "0", "aria-label": "Timeline", "aria-valuemin": 0, "aria-valuemax": 0, "aria-valuenow": 0 });
    this.room.append(this.handle);
    this.nowName = h("span", { class: "wil-now-name" }, "now");
    this.now = h("strong", { class: "wil-number wil-plain" }, "0");
    this.back = button("‹ Back", "Back one update", "Step back: one update", () => this.ask({ cmd: "back" }));
    this.bookmark = button(flag(), "Bookmark", text["bookmark-title"], () => this.mark());
    this.bookmark.setAttribute("aria-pressed", "false");
    this.forkButton = button("Fork here", null, text["fork-title"], () => this.form.toggle());
    this.forkButton.setAttribute("aria-expanded", "false");
    this.name = h("input", { class: "wil-field-input", type: "text", maxlength: 60, placeholder: text["bookmark-name"], "aria-label": "Bookmark's name", onchange: () => this.rename() });
    this.naming = h("div", { class: "wil-naming", hidden: true }, this.name);
    this.origin = h("p", { class: "wil-origin", hidden: true });
    this.form = new ForkForm({ ask, text, tables, onOpen: (open) => this.forkButton.setAttribute("aria-expanded", String(open)) });
    this.tree = new Tree({ ask, theme, title: text["tree"] });
    this.explanation = h("p", { class: "wil-explain", hidden: true }, inline(text.timeline));
    this.element = h(
      "section",
      { class: "wil-timeline", "aria-label": "Timeline of this run" },
      h("div", { class: "wil-timeline-head" }, h("h2", { class: "wil-timeline-title" }, "Timeline"), this.what),
      this.room,
      h("div", { class: "wil-timeline-now" }, this.nowName, this.now),
      h("div", { class: "wil-timeline-tools" }, this.back, this.bookmark, this.forkButton),
      h("div", { class: "wil-timeline-rest" }, this.naming, this.origin, this.form.element, this.tree.element, this.explanation),
    );
    this.listen();
  }

  listen() {
    this.room.addEventListener("pointerdown", (event) => this.grab(event));
    this.room.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) this.room.addEventListener(name, () => this.release());
    this.room.addEventListener("pointerleave", () => this.point(null));
    this.handle.addEventListener("keydown", (event) => this.key(event));
    this.handle.addEventListener("blur", () => this.busy || this.release());
  }

  deepen(level) {
    this.explanation.hidden = level < 1;
    this.tree.deepen(level);
  }

  told(status, run) {
    const other = this.run?.id !== run?.id;
    Object.assign(this, { status, run });
    if (other) this.restart();
    const still = !status.playing && Boolean(run?.config);
    for (const tool of [this.bookmark, this.forkButton]) tool.classList.toggle("wil-out", !still);
    this.form.told(status, run);
    this.tree.told(status, run);
    this.tellOrigin();
    this.tellBookmark();
    this.paint();
  }

  restart() {
    release(this.now);
    this.end.restart();
    this.top = new GrowingEnd(0.1);
    this.scalars = null; // the last run's head would stretch the new one's axis
    this.curve = null;
    this.target = null;
  }

  // `state` is what is known of the shown run, `others` the states of all runs by id.
  draw(state, others) {
    this.scalars = state.scalars;
    this.curve = state.probes.curve?.arrays ?? null;
    this.others = others;
    this.tellBookmark();
    this.paint();
  }

  get step() {
    return this.target ?? this.scalars?.step ?? this.run?.step ?? 0;
  }

  get head() {
    return Math.max(this.scalars?.head ?? 0, this.run?.head ?? 0);
  }

  // --- going to an update --------------------------------------------------------------------------------------------

  grab(event) {
    if (event.button || !this.run?.config) return;
    this.held = true;
    this.room.setPointerCapture(event.pointerId);
    this.handle.focus({ preventScroll: true });
    event.preventDefault();
    const mark = this.near(event);
    this.want(mark ? mark.step : this.stepAt(event));
  }

  move(event) {
    if (this.held) this.want(this.stepAt(event));
    else this.point(this.near(event));
  }

  release() {
    this.held = false;
    if (!this.busy) this.target = null;
    this.paint();
  }

  key(event) {
    const { key, shiftKey, ctrlKey, altKey, metaKey } = event;
    if (altKey || metaKey || !this.run?.config) return;
    const sense = { ArrowLeft: -1, ArrowDown: -1, PageDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 1 }[key];
    let to = { Home: 0, End: this.head }[key];
    if (sense && ctrlKey) to = this.stop(sense);
    else if (sense) to = this.step + sense * (key.startsWith("Page") ? 10 : shiftKey ? this.epoch() : 1);
    if (to === undefined) return;
    event.preventDefault();
    this.want(to);
  }

  // Updates in one pass over the data.
  epoch() {
    const { n_train: rows, settings } = this.run;
    return settings.batch_size === "full" ? 1 : Math.max(1, Math.ceil(rows / settings.batch_size));
  }

  // The next mark or bookmark in one direction.
  stop(sense) {
    const stops = [...this.run.marks, ...this.run.bookmarks].map(([step]) => step).sort((a, b) => sense * (a - b));
    return stops.find((step) => sense * (step - this.step) > 0) ?? (sense > 0 ? this.head : 0);
  }

  // Goes to an update; while one is on its way, the newest wish waits for it.
  async want(step) {
    this.target = Math.max(0, Math.min(this.head, Math.round(step)));
    this.paint();
    if (this.busy) return;
    this.busy = true;
    let asked = null;
    while (this.target !== null && asked !== this.target) {
      asked = this.target;
      const reply = await this.ask({ cmd: "goto", step: asked });
      if (!reply?.ok) break;
    }
    this.busy = false;
    if (!this.held) this.target = null;
    this.paint();
  }

  // --- marks and bookmarks -------------------------------------------------------------------------------------------

  async mark() {
    this.marking = !this.bookmarkHere();
    await this.ask({ cmd: "bookmark", on: this.marking });
  }

  async rename() {
    const here = this.bookmarkHere();
    if (here) await this.ask({ cmd: "bookmark", step: here[0], ...(this.name.value.trim() ? { name: this.name.value.trim() } : {}) });
  }

  bookmarkHere() {
    return this.run?.bookmarks?.find(([step]) => step === (this.scalars?.step ?? this.run.step));
  }

  tellBookmark() {
    const here = this.status?.playing ? null : this.bookmarkHere();
    this.bookmark.setAttribute("aria-pressed", String(Boolean(here)));
    this.naming.hidden = !here;
    if (here && document.activeElement !== this.name && this.named !== here.join()) {
      this.named = here.join();
      this.name.value = here[1];
    }
    if (!here) this.named = null;
    if (!here || !this.marking) return;
    this.marking = false; // a bookmark that was just set shows where its name goes; one that is passed moves nothing
    reveal(this.naming);
  }

  // Where this future began, and the ways to the other one; the old one leads on to the newest that began from it.
  tellOrigin() {
    const { run, status } = this;
    const forked = run?.parent && run.parent_step > 0;
    const beside = forked && status.runs.some(({ id }) => id === run.parent);
    const later = run && status.runs.findLast(({ parent, parent_step: step }) => parent === run.id && step > 0);
    const signature = forked || later ? `${run.id} ${beside} ${later?.id}` : "";
    if (signature === this.signature) return;
    this.signature = signature;
    this.origin.hidden = !signature;
    if (!signature) return;
    const way = (label, ...commands) => h("button", { class: "wil-link", type: "button", onclick: () => this.carryOut(commands) }, label);
    const old = { cmd: "show", run: run.parent };
    const ways = [];
    if (beside) ways.push(way("Show the old one", old));
    else if (forked) ways.push(way("Show both futures", { ...old, beside: true }, { cmd: "show", run: run.id }), way("Back to the old one", old));
    if (later) ways.push(way("Show the new one", { cmd: "show", run: later.id }));
    const words = forked ? this.text.forked : this.text["forked-later"];
    const step = forked ? run.parent_step : later.parent_step;
    this.origin.replaceChildren(...inline(words, () => h("strong", {}, count(step))), " ", ...ways);
  }

  // Commands one after the other, as long as each is accepted.
  async carryOut(commands) {
    for (const command of commands) if (!(await this.ask(command))?.ok) return;
  }

  point(mark) {
    if (mark?.step === this.pointed?.step) return;
    this.pointed = mark;
    this.room.title = mark ? `${mark.label} (update ${count(mark.step)})` : "";
    this.paint();
  }

  near(event) {
    const x = event.clientX - this.room.getBoundingClientRect().left;
    const found = this.stops().filter((mark) => Math.abs(this.x(mark.step) - x) <= NEAR);
    return found.sort((a, b) => Math.abs(this.x(a.step) - x) - Math.abs(this.x(b.step) - x))[0] ?? null;
  }

  // Every mark and bookmark as {step, label, kind}. The label lists all that is at its update.
  stops() {
    const { marks = [], bookmarks = [] } = this.run ?? {};
    const told = new Map();
    const tell = (step, words) => told.set(step, [...(told.get(step) ?? []), words]);
    for (const [step, name] of bookmarks) tell(step, name || "bookmark");
    for (const [step, what, before, after] of marks) tell(step, before ? `${what} ${before} → ${after}` : `${what}: ${after}`);
    const stop = (step, kind) => ({ step, kind, label: told.get(step).join("; ") });
    return [...new Set(marks.map(([step]) => step))].map((step) => stop(step, "mark")).concat(bookmarks.map(([step]) => stop(step, "bookmark")));
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  x(step) {
    return SIDE + (step / this.end.end) * (this.sheet.width - 2 * SIDE);
  }

  stepAt(event) {
    const { left } = this.room.getBoundingClientRect();
    const share = (event.clientX - left - SIDE) / (this.sheet.width - 2 * SIDE);
    return Math.max(0, Math.min(this.head, Math.round(share * this.end.end)));
  }

  paint() {
    const pen = this.sheet.clear();
    const { width, height } = this.sheet;
    if (!width || !this.run) return;
    this.end.reach(Math.max(this.head, ...this.status.runs.map(({ head }) => head ?? 0))); // the others stand behind it
    this.element.dataset.end = this.end.end;
    const now = this.step;
    const track = height - TRACK;
    this.tellNow(now);
    const at = this.x(now);
    const baseline = this.paintCurve(pen, at, track - 8);
    pen.lineWidth = 4;
    pen.lineCap = "round";
    this.stroke(pen, this.theme.colour("line"), [SIDE, track], [width - SIDE, track]);
    pen.globalAlpha = 0.35;
    this.stroke(pen, this.theme.colour("fill"), [SIDE, track], [this.x(this.head), track]);
    pen.globalAlpha = 1;
    this.stroke(pen, this.theme.colour("fill"), [SIDE, track], [at, track]);
    pen.font = this.theme.font(12);
    pen.fillStyle = this.theme.colour("muted");
    pen.textAlign = "left";
    pen.fillText("0", SIDE - 4, height - 4);
    pen.textAlign = "right";
    pen.fillText(`${count(this.end.end)} updates`, width - 2, height - 4);
    this.paintStops(pen, track, now);
    if (baseline) this.nameGuess(pen, baseline);
    this.handle.style.transform = `translate(${at}px, ${track}px)`;
  }

  tellNow(now) {
    const { head } = this;
    const past = now < head;
    say(this.nowName, past ? "looking back" : "now");
    this.element.classList.toggle("wil-past", past);
    write(this.now, count(now));
    const spoken = `update ${count(now)} of ${count(head)}`;
    if (this.handle.getAttribute("aria-valuenow") === String(now) && this.handle.getAttribute("aria-valuemax") === String(head)) return;
    this.handle.setAttribute("aria-valuemax", head);
    this.handle.setAttribute("aria-valuenow", now);
    this.handle.setAttribute("aria-valuetext", spoken);
  }

  // The loss on unseen rows; what lies after the handle fades. Other runs of the workbench stand behind it. Returns where
  // the line that guessing would draw is, or null.
  paintCurve(pen, at, bottom) {
    const { step: steps, heldout_loss: unseen, loss: seen } = this.curve ?? {};
    if (!steps) return null;
    const values = unseen.some((value) => Number.isFinite(value)) ? unseen : seen;
    const [fresh, known] = onPlane(this.run) ? ["new dots", "training dots"] : ["unseen examples", "training examples"];
    say(this.what, `loss, ${values === unseen ? fresh : known}`);
    const guess = this.run.config.loss === "cross_entropy" ? Math.log(this.run.sizes.at(-1)) : 0;
    this.top.reach(1.15 * guess);
    for (const value of values) if (Number.isFinite(value)) this.top.reach(Math.min(value, 4 * (guess || Infinity)));
    const y = (value) => bottom - (Math.min(value, this.top.end) / this.top.end) * (bottom - TOP);
    if (guess) {
      pen.setLineDash([5, 4]);
      pen.lineWidth = 1;
      this.stroke(pen, this.theme.colour("baseline"), [SIDE, y(guess)], [this.sheet.width - SIDE, y(guess)]);
      pen.setLineDash([]);
    }
    for (const run of this.status.runs) {
      const curve = run.id !== this.run.id && this.others?.get(run.id)?.probes.curve?.arrays;
      if (curve) this.trace(pen, curve.step, values === unseen ? curve.heldout_loss : curve.loss, y, "baseline", 1.25);
    }
    pen.save();
    this.clip(pen, 0, at);
    this.trace(pen, steps, values, y, "fill", 1.75);
    pen.restore();
    pen.save();
    this.clip(pen, at, this.sheet.width);
    pen.globalAlpha = 0.3;
    this.trace(pen, steps, values, y, "fill", 1.75);
    pen.restore();
    return guess ? { guess, at: y(guess), below: bottom } : null;
  }

  // What the dashed line stands for, below it, since the names of marks are above; over everything that is drawn there.
  nameGuess(pen, { guess, at, below }) {
    pen.font = this.theme.font(12);
    pen.fillStyle = this.theme.colour("muted");
    pen.textAlign = "right";
    words(pen, this.theme, `guessing: ${number(guess)}`, this.sheet.width - SIDE, at + 14 > below ? at - 5 : at + 14);
  }

  trace(pen, steps, values, y, colour, width) {
    pen.strokeStyle = this.theme.colour(colour);
    pen.lineWidth = width;
    pen.lineJoin = "round";
    pen.beginPath();
    let last = -1;
    for (let i = 0; i < steps.length; i++) {
      const x = this.x(steps[i]);
      if (!Number.isFinite(values[i]) || (x - last < 0.7 && i < steps.length - 1)) continue;
      last = x;
      pen.lineTo(x, y(values[i]));
    }
    pen.stroke();
  }

  clip(pen, from, to) {
    pen.beginPath();
    pen.rect(from, 0, to - from, this.sheet.height);
    pen.clip();
  }

  // Diamonds for changes and flags for bookmarks, with as many names as find room; the one pointed at always does.
  paintStops(pen, track, now) {
    const stops = this.stops().sort((a, b) => a.step - b.step);
    pen.font = this.theme.font(12);
    const taken = [];
    const free = (from, to) => taken.every(([a, b]) => to < a || from > b);
    const first = this.pointed ? stops.filter(({ step }) => step === this.pointed.step) : [];
    for (const stop of [...first, ...stops.filter((other) => !first.includes(other)).reverse()]) {
      const x = this.x(stop.step);
      const width = pen.measureText(stop.label).width;
      const left = x + 8 + width > this.sheet.width - 2 ? x - 8 - width : x + 8;
      const named = left > 0 && free(Math.min(x, left) - GAP, Math.max(x, left + width) + GAP);
      pen.globalAlpha = stop.step > now ? 0.45 : 1;
      if (named) {
        taken.push([Math.min(x, left), Math.max(x, left + width)]);
        pen.fillStyle = this.theme.colour("ink");
        pen.textAlign = "left";
        pen.fillText(stop.label, left, 11);
        pen.setLineDash([2, 3]);
        pen.lineWidth = 1;
        this.stroke(pen, this.theme.colour("muted"), [Math.round(x) + 0.5, 2], [Math.round(x) + 0.5, track - 6]);
        pen.setLineDash([]);
      }
      pen.fillStyle = this.theme.colour("ink");
      pen.beginPath();
      if (stop.kind === "mark") shape(pen, x, track, [[0, -6], [6, 0], [0, 6], [-6, 0]]);
      else shape(pen, x, track, [[-1, 2], [-1, -13], [10, -9], [1, -5], [1, 2]]);
      pen.fill();
      pen.lineWidth = 1.5;
      pen.strokeStyle = this.theme.colour("surface");
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  stroke(pen, colour, from, to) {
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  }

  restyle() {
    this.paint();
    this.tree.paint();
  }

  destroy() {
    this.sheet.destroy();
  }
}

function shape(pen, x, y, points) {
  points.forEach(([dx, dy], i) => (i ? pen.lineTo(x + dx, y + dy) : pen.moveTo(x + dx, y + dy)));
  pen.closePath();
}

function flag() {
  return svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: "M3 1.5v13M3 2.2h9.5l-3 3 3 3H3", class: "wil-flag" }));
}

function button(label, spoken, title, act) {
  return h("button", { class: "wil-button wil-small", type: "button", title, "aria-label": spoken, onclick: act }, label);
}
