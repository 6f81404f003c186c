// Fork here: choose the one thing in which a second future differs. Both go on from identical weights with identical data
// in identical order, side by side.

import { h, inline } from "./dom.js";
import { reveal } from "./reveal.js";
import { onPlane } from "./run.js";

export class ForkForm {
  // `tables` holds what there is to choose from: {optimizers, bugs}, each a list of [name, title].
  constructor({ ask, text, tables, onOpen }) {
    Object.assign(this, { ask, tables, onOpen });
    this.kinds = KINDS(tables);
    this.kind = h("select", { class: "wil-select", "aria-label": "What is different", onchange: () => this.choose() });
    this.kind.append(...Object.entries(this.kinds).map(([name, { title }]) => h("option", { value: name }, title)));
    this.fields = h("span", { class: "wil-fork-fields" });
    this.start = h("button", { class: "wil-button wil-primary", type: "submit" }, "Start the fork");
    this.close = h("button", { class: "wil-button", type: "button", onclick: () => this.toggle(false) }, "Cancel");
    this.words = h("p", { class: "wil-fork-words" }, inline(text.fork));
    this.element = h("form", { class: "wil-fork", hidden: true, "aria-label": "Fork here" }, this.words, h("span", { class: "wil-fork-row" }, this.kind, this.fields, this.start, this.close));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
  }

  told(status, run) {
    Object.assign(this, { status, run });
    if (status.playing) this.toggle(false);
  }

  toggle(open = this.element.hidden) {
    if (open === !this.element.hidden) return;
    this.element.hidden = !open;
    this.onOpen(open);
    if (!open || !this.run) return;
    const noun = nounOf(this.run);
    this.kind.querySelector("[value=unit]").textContent = `A ${noun} switched off`;
    this.choose();
    this.kind.focus({ preventScroll: true }); // the browser's own scrolling would leave it behind the control bar
    reveal(this.element);
  }

  choose() {
    this.inputs = this.kinds[this.kind.value].inputs(this.run);
    this.fields.replaceChildren(...this.inputs.map(([label, input]) => h("label", { class: "wil-field" }, h("span", { class: "wil-label" }, label), input)));
  }

  async submit() {
    const values = this.inputs.map(([, input]) => input.value);
    const { changes = {}, then } = this.kinds[this.kind.value].order(values);
    const reply = await this.ask({ cmd: "fork", changes, beside: true });
    if (!reply?.ok) return;
    this.toggle(false);
    if (then) await this.ask({ ...then, run: reply.run });
  }
}

// What may differ: a title, the inputs with their present values, and what they ask for.
const KINDS = ({ optimizers, bugs }) => ({
  learning_rate: {
    title: "Learning rate",
    inputs: ({ settings }) => [["from now on", amount(Number((settings.learning_rate / 10).toPrecision(3)), 0, 1000, "any")]],
    order: ([rate]) => ({ changes: { learning_rate: Number(rate) } }),
  },
  batch_size: {
    title: "Batch size",
    inputs: ({ settings }) => [["examples an update", amount(settings.batch_size === 1 ? 10 : 1, 1, 1e6, 1)]],
    order: ([rows]) => ({ changes: { batch_size: Number(rows) } }),
  },
  optimizer: {
    title: "Optimizer",
    inputs: ({ settings }) => [["from now on", menu(optimizers.filter(([name]) => name !== settings.optimizer))]],
    order: ([optimizer]) => ({ changes: { optimizer } }),
  },
  l2: {
    title: "L2 penalty",
    inputs: ({ settings }) => [["strength", amount(settings.l2 ? 0 : 0.001, 0, 100, "any")]],
    order: ([l2]) => ({ changes: { l2: Number(l2) } }),
  },
  l1: {
    title: "L1 penalty",
    inputs: ({ settings }) => [["strength", amount(settings.l1 ? 0 : 0.0001, 0, 100, "any")]],
    order: ([l1]) => ({ changes: { l1: Number(l1) } }),
  },
  dropout: {
    title: "Dropout",
    inputs: ({ settings }) => [["share switched off", amount(settings.dropout ? 0 : 0.3, 0, 0.95, "any")]],
    order: ([dropout]) => ({ changes: { dropout: Number(dropout) } }),
  },
  bug: {
    title: "A bug",
    inputs: ({ settings }) => [["from now on", menu([...(settings.bug.length ? [["", "none: mended"]] : []), ...bugs.filter(([name]) => !settings.bug.includes(name))])]],
    order: ([bug]) => ({ changes: { bug: bug ? [bug] : [] } }),
  },
  weight: {
    title: "One weight",
    inputs: ({ sizes }) => [
      ["layer", amount(sizes.length - 1, 1, sizes.length - 1, 1)],
      ["from", amount(1, 1, Math.max(...sizes), 1)],
      ["to", amount(1, 1, Math.max(...sizes), 1)],
      ["value", amount(0, -1e6, 1e6, "any")],
    ],
    order: ([layer, from, to, value]) => ({ then: { cmd: "parameter", layer: layer - 1, array: "W", index: [from - 1, to - 1], value: Number(value) } }),
  },
  unit: {
    title: "A unit switched off",
    inputs: (run) => [
      ["layer", amount(1, 1, Math.max(1, run.sizes.length - 2), 1)],
      [nounOf(run), amount(1, 1, Math.max(...run.sizes.slice(1)), 1)],
    ],
    order: ([layer, unit]) => ({ then: { cmd: "unit", layer: layer - 1, index: unit - 1, on: false } }),
  },
  nothing: { title: "Nothing: they stay identical", inputs: () => [], order: () => ({}) },
});

function nounOf(run) {
  return onPlane(run) ? "neuron" : "unit";
}

function amount(value, min, max, step) {
  return h("input", { class: "wil-field-input wil-amount", type: "number", value, min, max, step, required: true });
}

function menu(options) {
  return h("select", { class: "wil-select" }, options.map(([value, title]) => h("option", { value }, title)));
}
