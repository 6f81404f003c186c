// The run bar: which run this is and every choice that is not the usual one, so that nothing acts invisibly.

import { h, release, say, write } from "./dom.js";
import { count, number } from "./format.js";

// What deeper levels add, in the order of the bar: least depth, label, and the number from the run's scalars.
const FACTS = [
  [1, "epoch", ({ epoch }) => count(epoch + 1)],
  [1, "loss", ({ loss }) => number(loss)],
  [2, "held-out loss", ({ heldout_loss: loss }) => number(loss)],
  [2, "updates a second", (scalars, rate) => count(rate.of(scalars.step))],
];

export class RunBar {
  // `ask` sends a command.
  constructor(ask) {
    this.ask = ask;
    this.rate = new Rate();
    this.step = h("strong", { class: "wil-number wil-plain" }, "0");
    this.facts = FACTS.map(([least, label, value]) => {
      const number = h("strong", { class: "wil-number wil-plain" }, "–");
      return { least, value, number, element: h("span", { hidden: true }, `${label} `, number) };
    });
    this.dataset = h("span", {});
    this.seed = h("span", {});
    this.chips = h("span", { class: "wil-chips" });
    this.element = h(
      "div",
      { class: "wil-runbar", "aria-label": "This run", role: "group" },
      h("span", {}, "step ", this.step),
      this.facts.map(({ element }) => element),
      this.dataset,
      this.seed,
      this.chips,
    );
  }

  deepen(level) {
    for (const { least, element } of this.facts) element.hidden = level < least;
  }

  show(run) {
    if (!run) return;
    if (this.run !== run.id) for (const number of [this.step, ...this.facts.map((fact) => fact.number)]) release(number);
    this.run = run.id;
    say(this.dataset, run.dataset_label);
    say(this.seed, `seed ${run.seed}`);
    const signature = JSON.stringify(run.chips);
    if (signature === this.signature) return;
    this.signature = signature;
    this.chips.replaceChildren(...run.chips.map((chip) => this.chip(...chip)));
  }

  // A choice; where the running network can drop it, with a cross that does so.
  chip(words, setting, plain) {
    if (plain === null) return h("span", { class: "wil-chip" }, words);
    const drop = () => this.ask({ cmd: "change", values: { [setting]: plain } });
    const cross = h("button", { class: "wil-cross", type: "button", title: "Back to the usual choice", onclick: drop }, "×", h("span", { class: "wil-sr" }, `: ${words}`));
    return h("span", { class: "wil-chip" }, words, cross);
  }

  draw(scalars) {
    write(this.step, count(scalars.step));
    for (const { element, value, number } of this.facts) if (!element.hidden) write(number, value(scalars, this.rate));
  }
}

// Updates a second over about the last second.
class Rate {
  of(step) {
    const now = performance.now();
    if (this.at === undefined || step < this.step) Object.assign(this, { at: now, step, value: NaN });
    else if (now - this.at >= 1000) Object.assign(this, { value: (1000 * (step - this.step)) / (now - this.at), at: now, step });
    return this.value;
  }
}
