// The control bar. What it shows comes from the worker's status alone, so a second tab, a stop or a reload find it true;
// a slider in the learner's hand is left alone until the worker has answered.

import { h, say } from "./dom.js";
import { number } from "./format.js";

const SPEEDS = [
  ["1", "1 / s", "1 update a second"],
  ["5", "5 / s", "5 updates a second"],
  ["30", "30 / s", "30 updates a second"],
  ["300", "300 / s", "300 updates a second"],
  ["full", "full", "as fast as it can"],
];

// Ten round rates to each power of ten, from 0.0001 to 10.
const RATES = [-4, -3, -2, -1, 0]
  .flatMap((power) => [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8].map((mantissa) => Number(`${mantissa}e${power}`)))
  .concat(10);

const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, "full"];

const nearest = (rate) =>
  RATES.reduce((best, value, i) => (Math.abs(Math.log(value / rate)) < Math.abs(Math.log(RATES[best] / rate)) ? i : best), 0);

const icons = {
  play: "M5 3.2v11.6a.8.8 0 0 0 1.2.7l9.3-5.8a.8.8 0 0 0 0-1.4L6.2 2.5A.8.8 0 0 0 5 3.2z",
  pause: "M4.5 3h3v12h-3zM10.5 3h3v12h-3z",
};

function icon(name) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 18 18");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", icons[name]);
  picture.append(path);
  return picture;
}

export class Controls {
  // `ask` sends a command and promises the reply; `more` says whether the choices below the bar are shown, and `onMore`
  // shows or hides them.
  constructor({ presets, more, ask, onMore }) {
    this.ask = async (command) => this.complain(await ask(command));
    this.presets = presets;
    this.playIcon = h("span", { class: "wil-icon" }, icon("play"));
    this.playLabel = h("span", {}, "Play");
    this.play = h("button", { class: "wil-button wil-primary", type: "button", onclick: () => this.toggle() }, this.playIcon, this.playLabel);
    this.step = button("Step", () => this.ask({ cmd: "step", n: 1 }));
    this.reset = button("Reset", () => this.ask({ cmd: "reset" }));
    this.reset.classList.add("wil-rest");

    this.speed = new Slider("Speed", SPEEDS.length, (i) => SPEEDS[i][1], (i) => SPEEDS[i][2]);
    this.speed.send = (i) => this.ask({ cmd: "speed", value: SPEEDS[i][0] });
    this.rate = new Slider("Learning rate", RATES.length, (i) => number(RATES[i]), (i) => number(RATES[i]));
    this.rate.element.classList.add("wil-rest");
    this.rate.send = (i) => this.ask({ cmd: "change", values: { learning_rate: RATES[i] } });

    this.preset = h("select", { class: "wil-select", "aria-label": "Preset", onchange: () => this.choosePreset() });
    this.preset.append(
      h("option", { value: "", hidden: true }, "Own choices"),
      h("optgroup", { label: "Starts a new run" }, presets.map(({ name, title }) => h("option", { value: name }, title))),
    );
    this.batch = h("select", { class: "wil-select", "aria-label": "Batch size", onchange: () => this.chooseBatch() });
    this.moreButton = h(
      "button",
      { class: "wil-link wil-more", type: "button", onclick: () => onMore(!this.open) },
      h("span", { class: "wil-caret", "aria-hidden": "true" }, "▸"),
      "More choices",
    );
    this.dots = h("button", { class: "wil-button wil-dots", type: "button", "aria-label": "More controls", onclick: () => this.sheet() }, "⋯");
    this.now = h(
      "div",
      { class: "wil-now" },
      h("span", { class: "wil-now-title" }, "At once, on this run"),
      h("span", { class: "wil-field" }, h("span", { class: "wil-label", "aria-hidden": "true" }, "Batch size"), this.batch),
    );
    const named = { step: this.step, reset: this.reset, speed: this.speed.element, rate: this.rate.element, preset: this.preset, more: this.moreButton };
    for (const [name, element] of Object.entries(named)) element.dataset.control = name;
    this.problem = h("p", { class: "wil-problem", role: "alert" });
    this.element = h(
      "section",
      { class: "wil-controls", "aria-label": "Controls" },
      h(
        "div",
        { class: "wil-bar" },
        h("div", { class: "wil-buttons" }, this.play, this.step, this.reset),
        this.speed.element,
        this.rate.element,
        h("span", { class: "wil-preset wil-rest" }, this.preset),
        h("span", { class: "wil-rest" }, this.moreButton),
        this.dots,
      ),
      this.now,
      this.problem,
    );
    this.onKey = (event) => event.key === "Escape" && this.sheet(false);
    this.element.addEventListener("keydown", this.onKey);
    this.expand(more);
    this.enable(false);
  }

  // What the worker says is in force.
  show(status, run) {
    this.enable(true);
    Object.assign(this, { status, run });
    const name = status.playing ? "Pause" : "Play";
    if (this.playLabel.textContent !== name) {
      say(this.playLabel, name);
      this.playIcon.replaceChildren(icon(name.toLowerCase()));
    }
    if (status.speed) this.speed.set(SPEEDS.findIndex(([value]) => value === status.speed));
    if (!run) return;
    this.rate.set(nearest(run.settings.learning_rate), number(run.settings.learning_rate));
    this.showBatch(run.settings.batch_size);
    this.preset.value = this.presets.some(({ name }) => name === run.preset) ? run.preset : "";
  }

  showBatch(size) {
    if (document.activeElement === this.batch && this.choosing) return;
    const sizes = BATCHES.includes(size) ? BATCHES : [...BATCHES.filter((other) => other < size), size, ...BATCHES.filter((other) => !(other < size))];
    if (this.sizes !== String(sizes)) {
      this.sizes = String(sizes);
      this.batch.replaceChildren(...sizes.map((value) => h("option", { value }, value === "full" ? "all at once" : value === 1 ? "1 example" : `${value} examples`)));
    }
    this.batch.value = String(size);
  }

  enable(on) {
    for (const control of [this.play, this.step, this.reset, this.speed.input, this.rate.input, this.preset, this.batch]) control.disabled = !on;
  }

  async toggle() {
    await this.ask({ cmd: this.status.playing ? "pause" : "play" });
  }

  async choosePreset() {
    await this.ask({ cmd: "new", preset: this.preset.value });
    this.show(this.status, this.run); // where its data is brought first, the present run is still the one in force
  }

  async chooseBatch() {
    const value = this.batch.value === "full" ? "full" : Number(this.batch.value);
    this.choosing = true;
    await this.ask({ cmd: "change", values: { batch_size: value } });
    this.choosing = false;
  }

  // Shows the sentence of a refused command until the next one is accepted.
  complain(reply) {
    say(this.problem, reply?.ok === false ? reply.error : "");
    return reply;
  }

  expand(open) {
    this.open = open;
    this.moreButton.setAttribute("aria-expanded", String(open));
    this.element.classList.toggle("wil-expanded", open);
  }

  // On a phone: the sheet with the rest of the controls.
  sheet(open = !this.element.classList.contains("wil-sheet-open")) {
    this.element.classList.toggle("wil-sheet-open", open);
    this.dots.setAttribute("aria-expanded", String(open));
  }
}

function button(name, act) {
  return h("button", { class: "wil-button", type: "button", onclick: act }, name);
}

// A slider over a list; while it is dragged it sends the newest value whenever the last one was answered.
class Slider {
  constructor(name, length, label, spoken) {
    this.label = label;
    this.spoken = spoken;
    this.input = h("input", { class: "wil-range", type: "range", min: 0, max: length - 1, step: 1, "aria-label": name, oninput: () => this.moved() });
    this.output = h("output", { class: "wil-value" });
    this.element = h("div", { class: "wil-slider" }, h("div", { class: "wil-slider-head", "aria-hidden": "true" }, h("span", { class: "wil-label" }, name), this.output), this.input);
    for (const event of ["pointerdown", "keydown"]) this.input.addEventListener(event, () => (this.held = event === "pointerdown"));
    for (const event of ["pointerup", "pointercancel", "blur"]) this.input.addEventListener(event, () => this.release());
  }

  // The value in force; its text may be another than the slider's nearest place.
  set(place, text = this.label(place)) {
    this.inForce = [place, text];
    if (!this.held && !this.busy) this.draw(place, text);
  }

  draw(place, text) {
    this.input.value = place;
    this.input.style.setProperty("--share", `${(100 * place) / this.input.max}%`);
    this.input.setAttribute("aria-valuetext", this.spoken(place) === this.label(place) ? text : this.spoken(place));
    say(this.output, text);
  }

  async moved() {
    const place = Number(this.input.value);
    this.draw(place, this.label(place));
    this.wanted = place;
    if (this.busy) return;
    this.busy = true;
    while (this.wanted !== null) {
      const next = this.wanted;
      this.wanted = null;
      const reply = await this.send(next);
      if (reply.ok) this.inForce = [next, this.label(next)];
    }
    this.busy = false;
    if (!this.held) this.release();
  }

  release() {
    this.held = false;
    if (!this.busy && this.inForce) this.draw(...this.inForce);
  }
}
