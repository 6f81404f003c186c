// The missing number: on a second visit one factor is left blank. The learner fills it in, asks for a hint or, unless a
// teacher's link keeps the answers back, has it shown.

import { h, say } from "../../live/dom.js";
import { agrees, sig, typed } from "./numbers.js";

const VISITS = "wil-update-visits";

// Counts this visit; how many there were before it.
export function countVisit() {
  try {
    const before = Number(localStorage.getItem(VISITS)) || 0;
    localStorage.setItem(VISITS, before + 1);
    return before;
  } catch {
    return 0;
  }
}

export class Quiz {
  // `visits` before this one, `withheld` whether answers are kept back, `solved` is called when the number is found.
  constructor({ visits, withheld, words, tell, onSolved }) {
    Object.assign(this, { visits, withheld, words, tell, onSolved });
    this.on = visits > 0 || withheld;
    this.blank = null;
    this.solved = false;
    this.input = h("input", { class: "wilu-input", type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": "The missing number", placeholder: "?" });
    this.verdict = h("p", { class: "wilu-verdict", role: "status" });
    this.element = h(
      "form",
      { class: "wilu-quiz", onsubmit: (event) => this.submit(event) },
      h("span", { class: "wilu-quiz-row" }, this.input, h("button", { class: "wil-button wil-small", type: "submit" }, "Check")),
      h(
        "span",
        { class: "wilu-quiz-row" },
        h("button", { class: "wil-link", type: "button", onclick: () => this.hint() }, "Hint"),
        withheld ? null : h("button", { class: "wil-link", type: "button", onclick: () => this.reveal() }, "Show"),
      ),
    );
  }

  // Another parameter: another number is missing.
  turnTo(model) {
    this.model = model;
    this.solved = false;
    this.input.value = "";
    say(this.verdict, "");
    const askable = model.factors.flatMap(({ what, value }, k) => (["one", "norm", "bug"].includes(what) || !Number.isFinite(value) || value === 0 ? [] : [k]));
    this.blank = this.on && askable.length ? askable[(Math.max(1, this.visits) - 1) % askable.length] : null;
  }

  get factor() {
    return this.blank === null ? null : this.model.factors[this.blank];
  }

  submit(event) {
    event.preventDefault();
    const guess = typed(this.input.value);
    const { value } = this.factor;
    if (Number.isNaN(guess)) return this.judge("quiz no number");
    if (agrees(value, guess)) return this.finish();
    this.judge(agrees(value, -guess) ? "quiz sign" : "quiz wrong", { size: magnitude(value) });
  }

  judge(name, values = {}) {
    this.input.setAttribute("aria-invalid", "true");
    say(this.verdict, this.words.plain(name, values));
  }

  finish() {
    this.solved = true;
    this.tell(this.words.plain("quiz right"));
    this.onSolved();
  }

  reveal() {
    this.input.value = sig(this.factor.value, this.model.digits);
    this.finish();
  }

  hint() {
    const { model, factor } = this;
    const { parts } = model.arrays;
    const joined = factor.what === "dz" && !parts ? " joined" : factor.what === "da" && model.out ? " out" : "";
    const { layer } = model.chosen;
    const products = parts ? largest(Array.from(parts)).map((value) => sig(value, model.digits)).join(", ") : "";
    const text = this.words.plain(`hint ${factor.what}${joined}`, {
      products,
      belief: sig(model.belief, 4),
      formula: model.layerOf.derivative,
      z: sig(model.path[layer].z, 4),
      a: sig(model.path[layer].active, 4),
      y: sig(model.target ? model.target[model.chosen.j] : Number(model.label === model.chosen.j)),
      gradient: model.loss_gradient,
      n: String(model.n),
      from: model.from,
    });
    say(this.verdict, text);
  }
}

function magnitude(value) {
  const power = 10 ** Math.floor(Math.log10(Math.abs(value)));
  return `${sig(power, 1)} to ${sig(power * 10, 1)}`;
}

// All of a few products, or the largest of many.
function largest(values) {
  return values.length <= 10 ? values : [...values].sort((one, other) => Math.abs(other) - Math.abs(one)).slice(0, 8);
}
