// The big sentence at the top of a page: plain words with live numbers.

import { h, inline, release, say, write } from "./dom.js";
import { count, fixed, number } from "./format.js";

// Numbers that any sentence may name, from the run's scalars and what the worker says of the run. A name that is not
// here is a number that one of the page's probes brought.
const VALUES = {
  seen: ({ seen }) => count(seen),
  step: ({ step }) => count(step),
  epoch: ({ epoch }) => count(epoch + 1),
  loss: ({ loss }) => number(loss),
  heldout_loss: ({ heldout_loss: loss }) => fixed(loss, 2),
  right: ({ heldout_accuracy: share }) => count(Math.round(100 * share)),
  chance: (_, run) => count(Math.round(100 / run.sizes.at(-1))),
};

// Numbers that go up and down while it learns: these keep the room they once took in a run, so that the words after them
// stand still. A number that only grows, or never changes, would leave a hole.
const RESTLESS = new Set(["loss", "heldout_loss", "right", "new_right", "new_error"]);

export class Sentence {
  constructor(text) {
    this.values = [];
    this.plurals = [];
    this.known = h("span", {}, inline(text.sentence, (name) => this.value(name)));
    this.unknown = h("span", {}, inline(text.first ?? text.sentence, (name) => this.value(name)));
    this.unknown.hidden = true;
    this.element = h("p", { class: "wil-sentence" }, this.known, this.unknown);
  }

  // The element of a live number; {name_s} is the s of a plural, which a single one goes without.
  value(name) {
    if (name.endsWith("_s")) {
      const s = h("span", {}, "s");
      this.plurals.push([name.slice(0, -2), s]);
      return s;
    }
    const element = h("span", { class: "wil-number" }, "–");
    this.values.push([name, element]);
    return element;
  }

  // Words of a panel's own in place of the page's.
  replace(words) {
    this.element.replaceChildren(...words);
  }

  draw(scalars, run, probes) {
    if (!run) return;
    const known = Number.isFinite(scalars.heldout_accuracy);
    if (this.known.hidden === known) {
      this.known.hidden = !known;
      this.unknown.hidden = known;
    }
    if (this.run !== run.id) for (const [, element] of this.values) release(element);
    this.run = run.id;
    const told = (name) => (VALUES[name] ? VALUES[name](scalars, run) : brought(probes, name));
    for (const [name, element] of this.values) (RESTLESS.has(name) ? write : say)(element, told(name));
    for (const [name, s] of this.plurals) say(s, told(name) === "1" ? "" : "s");
  }
}

// A number by its name out of all that the probes brought; whole numbers with commas, others with two places.
function brought(probes, name) {
  const found = Object.values(probes).find(({ scalars }) => name in scalars)?.scalars[name];
  return Number.isInteger(found) ? count(found) : fixed(found, 2);
}
