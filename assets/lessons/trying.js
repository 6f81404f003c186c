// Something to try out instead of a second question: a slider over values, one run for each that is tried, and a band
// that says what counts.

import { h, inline, say, svg } from "../live/dom.js";
import { number } from "../live/format.js";

const LEFT = 40;
const RIGHT = 24;
const TOP = 10;
const FLOOR = 78;
const RULER = 96;
const HEIGHT = 122;

export class Trying {
  constructor(spec, context) {
    Object.assign(this, { spec, context, wanted: spec.check, found: new Map() });
    const { values, start } = this.wanted;
    this.index = values.indexOf(start);
    this.button = h("button", { class: "wil-button wil-primary", type: "button", onclick: () => this.attempt() });
    this.line = h("p", { class: "wil-try-line", role: "status" });
    this.picture = svg("svg", { class: "wil-axis wil-try-picture", "aria-hidden": "true" });
    this.input = h("input", { class: "wil-try-input", type: "range", min: 0, max: values.length - 1, step: 1, value: this.index, "aria-label": "Learning rate to try", oninput: () => this.aim(Number(this.input.value)) });
    this.frame = h("div", { class: "wil-try-frame" }, this.picture, this.input);
    this.element = h(
      "section",
      { class: "wil-card wil-lesson-check wil-try", style: "--span: 7", "aria-label": "Something to try" },
      h("header", { class: "wil-check-head" }, h("div", {}, h("h2", {}, inline(spec.text.check)), this.line), this.button),
      this.frame,
      (this.reached = h("p", { class: "wil-check-outcome", hidden: true }, inline(spec.text["check reached"]))),
    );
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.frame);
  }

  // What the question's own runs found already.
  begin({ truth }) {
    this.spec.question.ask.parts.forEach(([name, label]) => this.found.set(Number(label), truth[name]));
    this.aim(this.index);
  }

  aim(index) {
    this.index = index;
    this.input.value = index;
    this.draw();
  }

  get value() {
    return this.wanted.values[this.index];
  }

  async attempt() {
    this.running = this.value;
    this.draw();
    const reply = await this.context.ask({ do: "try", value: this.value });
    if (!reply.ok) {
      this.running = null;
      this.draw();
      say(this.line, reply.error);
    }
  }

  heard(news) {
    if (!news.key.endsWith("/try") || this.running == null) return;
    this.share = news.total ? news.done / news.total : 1;
    if (news.error || "value" in news) {
      this.found.set(this.running, news.value ?? null);
      this.running = null;
    }
    this.draw(news.error);
  }

  draw(error = "") {
    const busy = this.running != null;
    this.button.disabled = busy || this.found.has(this.value);
    say(this.button, busy ? `Trying ${number(this.running)} …` : this.found.has(this.value) ? `${number(this.value)} is known` : `Try ${number(this.value)}`);
    this.input.setAttribute("aria-valuetext", `${number(this.value)}${this.found.has(this.value) ? `, ends at ${this.words(this.value)}` : ""}`);
    const learned = [...this.found].filter(([, end]) => end > this.wanted.goal).map(([value]) => value);
    const best = Math.max(...learned);
    const above = this.wanted.values[this.wanted.values.indexOf(best) + 1];
    const settled = above === undefined || this.found.has(above);
    const so = learned.length ? `${number(best)} learns. ` : "";
    const open = this.found.has(this.value) && !busy ? this.elsewhere(best) : "Can you go bigger? ";
    this.line.replaceChildren(h("strong", {}, so), error || (settled ? `${number(above)} does not.` : open), settled ? "" : this.spec.text["check goal"]);
    this.reached.hidden = !settled;
    this.paint();
  }

  // Where to drag the handle to, once the rate below it is known.
  elsewhere(best) {
    const failed = Math.min(...[...this.found.keys()].filter((value) => value > best));
    const bounds = [best > 0 && `above ${number(best)}`, Number.isFinite(failed) && `below ${number(failed)}`].filter(Boolean);
    return `${number(this.value)} is known: drag the handle to a rate ${bounds.join(" and ")}. `;
  }

  words(value) {
    const end = this.found.get(value);
    return Number.isFinite(end) ? String(Math.round(end)) : "broke";
  }

  paint() {
    const width = this.frame.clientWidth;
    if (!width) return;
    const { values, goal } = this.wanted;
    const [low, high] = [Math.log10(values[0]), Math.log10(values.at(-1))];
    const x = (value) => LEFT + ((Math.log10(value) - low) / (high - low)) * (width - LEFT - RIGHT);
    const y = (value) => FLOOR - ((value ?? 0) / 100) * (FLOOR - TOP);
    const nodes = [
      svg("rect", { x: LEFT, y: TOP, width: width - LEFT - RIGHT, height: y(goal) - TOP, class: "wil-try-band" }),
      svg("text", { x: LEFT + 8, y: TOP + 16, class: "wil-axis-text wil-axis-it" }, "learns"),
    ];
    for (const value of [0, 50, 100]) nodes.push(svg("path", { d: `M${LEFT} ${y(value)}H${width - RIGHT}`, class: "wil-axis-grid" }), svg("text", { x: LEFT - 8, y: y(value) + 4.5, class: "wil-axis-text", "text-anchor": "end" }, value));
    nodes.push(svg("path", { d: `M${LEFT} ${RULER}H${width - RIGHT}`, class: "wil-try-rail" }));
    for (const value of values) {
      if (Number.isInteger(Math.log10(value))) nodes.push(svg("path", { d: `M${x(value)} ${RULER - 5}v10`, class: "wil-axis-distance" }), svg("text", { x: x(value), y: HEIGHT - 3, class: "wil-axis-text", "text-anchor": "middle" }, number(value)));
    }
    const known = [...this.found.keys()].sort((a, b) => a - b);
    known.forEach((value, i) => this.point(nodes, value, x(value), y(this.found.get(value)), i > 0 && x(value) - x(known[i - 1]) < 76, width));
    if (!this.found.has(this.value)) nodes.push(svg("path", { d: `M${x(this.value)} ${TOP}V${RULER}`, class: "wil-axis-plumb" }), svg("text", { x: x(this.value) + 8, y: y(38), class: "wil-axis-text wil-axis-it" }, this.running === this.value ? `${Math.round(100 * (this.share ?? 0))} %` : "?"));
    nodes.push(svg("circle", { cx: x(this.value), cy: RULER, r: 9, class: "wil-try-thumb" }));
    this.picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.picture.replaceChildren(...nodes);
  }

  // Close behind another point, a label stands on the other side of its own.
  point(nodes, value, across, down, crowded, width) {
    const words = `${number(value)}: ${this.words(value)}`;
    const left = !crowded && across > width - 90;
    nodes.push(svg("circle", { cx: across, cy: down, r: 5, class: "wil-try-point" }), svg("text", { x: across + (left ? -10 : 10), y: down + (crowded || down < 40 ? 14 : -4), class: "wil-axis-text wil-try-label", "text-anchor": left ? "end" : "start" }, words));
  }

  restyle() {
    this.paint();
  }

  destroy() {
    this.observer.disconnect();
  }
}
