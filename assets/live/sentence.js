// The big sentence at the top of a page: plain words with live numbers, which keep the room they once took.

import { h, inline, write } from "./dom.js";
import { count, fixed, number } from "./format.js";

// Every number that a sentence may name, from the run's scalars and what the worker says of the run.
const VALUES = {
  seen: ({ seen }) => count(seen),
  step: ({ step }) => count(step),
  epoch: ({ epoch }) => count(epoch + 1),
  loss: ({ loss }) => number(loss),
  heldout_loss: ({ heldout_loss: loss }) => fixed(loss, 2),
  right: ({ heldout_accuracy: share }) => count(Math.round(100 * share)),
  chance: (_, run) => count(Math.round(100 / run.sizes.at(-1))),
};

export class Sentence {
  constructor(text) {
    this.values = [];
    this.known = h("span", {}, inline(text.sentence, (name) => this.value(name)));
    this.unknown = h("span", {}, inline(text.first ?? text.sentence, (name) => this.value(name)));
    this.unknown.hidden = true;
    this.element = h("p", { class: "wil-sentence" }, this.known, this.unknown);
  }

  value(name) {
    const element = h("span", { class: "wil-number" }, "–");
    this.values.push([name, element]);
    return element;
  }

  draw(scalars, run) {
    if (!run) return;
    const known = Number.isFinite(scalars.heldout_accuracy);
    if (this.known.hidden === known) {
      this.known.hidden = !known;
      this.unknown.hidden = known;
    }
    for (const [name, element] of this.values) {
      const text = VALUES[name](scalars, run);
      write(element, text);
    }
  }
}
