// The card in the middle: the four stages with what each came to, the tiles of the one that is on, and the same for a
// whole layer at once, in rows or in columns.

import { h, say } from "../../live/dom.js";
import { count } from "../../live/format.js";
import { m, math } from "./math.js";
import { sig, signed } from "./numbers.js";
import { tilesOf } from "./tiles.js";

const STAGES = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };

export class Stages {
  // `verdict` is the line for hints and judgements; `on` has go(stage, part) and turn(rows).
  constructor(words, verdict, on) {
    this.words = words;
    this.on = on;
    this.heads = Object.entries(STAGES).map(([stage, title], k) => {
      const mark = h("span", { class: "wilu-stage-mark", "aria-hidden": "true" }, String(k + 1));
      const summary = h("span", { class: "wilu-stage-summary" });
      const element = h(
        "button",
        { class: "wilu-stage-head", type: "button", style: `order: ${2 * k}`, onclick: () => on.go(stage, 0) },
        mark,
        h("span", { class: "wilu-stage-title" }, title),
        summary,
      );
      return { stage, k, mark, summary, element };
    });
    this.question = h("p", { class: "wilu-question" });
    this.bug = h("p", { class: "wilu-bug", role: "status" });
    this.tiles = h("div", { class: "wilu-tiles-row" });
    this.verdict = verdict;
    this.wholeName = h("div", { class: "wilu-at-once-name" });
    this.wholeFormula = h("div", { class: "wilu-at-once-formula" });
    this.turn = ["rows", "columns"].map((way) => h("button", { class: "wilu-turn", type: "button", onclick: () => on.turn(way === "rows") }, way));
    this.turnNote = h("p", { class: "wilu-origin" });
    this.whole = h("div", { class: "wilu-at-once" }, this.wholeName, this.wholeFormula, h("div", { class: "wilu-turns", role: "group", "aria-label": "Examples in rows or in columns" }, this.turn));
    this.symbols = h("p", { class: "wilu-origin wilu-symbols" });
    this.content = h("div", { class: "wilu-stage-content", "data-testid": "stage" }, h("div", { class: "wilu-asked" }, this.question, this.bug), this.tiles, this.verdict, this.whole, this.turnNote, this.symbols);
    this.element = h("section", { class: "wil-card wilu-stages", "aria-label": "The stages of the update" }, h("div", { class: "wilu-stage-list" }, this.heads.map(({ element }) => element), this.content));
  }

  show(model, at, { quiz, rows, effect, effectArrays, level }) {
    const { stage, part } = model.stages[at];
    const now = Object.keys(STAGES).indexOf(stage);
    const summaries = this.summaries(model, quiz, part, stage);
    for (const { k, mark, summary, element } of this.heads) {
      element.classList.toggle("wilu-done", k < now);
      element.classList.toggle("wilu-here", k === now);
      if (k === now) element.setAttribute("aria-current", "step");
      else element.removeAttribute("aria-current");
      say(mark, k < now ? "✓" : String(k + 1));
      say(summary, summaries[k]);
    }
    this.content.style.setProperty("--order", 2 * now + 1);
    this.content.dataset.stage = stage;
    this.content.dataset.part = part;
    this.question.replaceChildren(...this.words.nodes(...this.asked(model, stage, part)));
    this.showBug(model, stage);
    this.tiles.className = `wilu-tiles-row wilu-tiles-${stage}`;
    this.tiles.replaceChildren(...tilesOf(model, at, { words: this.words, quiz, rows, effect, effectArrays, go: this.on.go }).filter(Boolean));
    this.showWhole(model, stage, part, rows);
    this.turn.forEach((button, k) => button.setAttribute("aria-pressed", String(rows === (k === 0))));
    say(this.turnNote, this.whole.hidden || level < 1 ? "" : this.words.plain(rows ? "rows" : "columns"));
    this.showSymbols(model, stage, part);
  }

  // Every symbol of the stage with what it means.
  showSymbols(model, stage, part) {
    const used = {
      forward: ["x", "W", ...(model.layers[0].bias ? ["b"] : []), "z", "a", ...(model.layers[0].norm ? ["u"] : [])],
      loss: ["L", "a"],
      backward: ["L", "∂", "a", "z", ...(model.out ? [] : ["f ′", "⊙"]), "⊤", "(2)"],
      update: part ? [] : [...new Set(model.equations.flatMap(({ values }) => Object.keys(values)))],
    }[stage];
    this.symbols.replaceChildren(...used.flatMap((name, k) => [k ? " · " : "", h("span", { class: "wilu-symbol" }, h("strong", {}, pretty(name)), ` ${this.words.plain(`symbol ${name}`)}`)]));
  }

  asked(model, stage, part) {
    if (stage === "forward") {
      const layer = part;
      return layer === model.last && model.layers[layer].activation === "softmax" ? ["question forward out"] : ["question forward", { unit: model.unitName(layer, model.path[layer].unit) }];
    }
    if (stage === "loss") return [model.sure ? "question loss" : "question loss value"];
    if (stage === "backward") return ["question backward", { w: model.symbol }];
    return [part ? "question effect" : "question update"];
  }

  summaries(model, quiz, part, stage) {
    const hidden = quiz.blank !== null && !quiz.solved;
    const { values } = model.equations.at(-1);
    const change = values["w'"] - (model.equations[0].values.w_0 ?? values.w);
    const belief = model.sure ? `belief in ${model.truth}: ${sig(model.belief)}` : `answer ${sig(model.belief)}`;
    const loss = `loss ${sig(model.row_loss, 4)}`;
    const factors = model.factors.length;
    const backward = stage === "backward" && part < factors ? `factor ${part + 1} of ${factors}` : hidden ? `${factors} factors` : `∂L/∂${model.symbol} = ${sig(model.gradient)}`;
    return [belief, loss, backward, hidden ? `${model.symbol}: ?` : `${model.symbol}: ${signed(change)}`];
  }

  showBug(model, stage) {
    this.bug.hidden = !model.bugs.length || stage !== "backward";
    if (this.bug.hidden) return;
    const titles = model.bugs.map(({ title }) => `“${title}”`).join(", ");
    say(this.bug, this.words.plain("bug", { title: titles }));
  }

  showWhole(model, stage, part, rows) {
    this.whole.hidden = stage !== "backward" && stage !== "forward";
    if (this.whole.hidden) return;
    const parts = stage === "backward" ? model.whole(rows) : model.wholeForward(part, rows);
    const size = stage === "backward" ? count(model.size) : count(model.layers[part].fan_in * model.layers[part].fan_out);
    this.wholeName.replaceChildren(h("strong", {}, `All ${size} at once`), h("span", { class: "wilu-origin" }, stage === "backward" ? "the same factors, as arrays" : "the whole layer, as arrays"));
    this.wholeFormula.replaceChildren(
      ...parts.map((one) =>
        typeof one === "string"
          ? h("span", { class: "wilu-at-once-sign" }, m("math", {}, m("mo", { stretchy: "false" }, one)))
          : h("span", { class: "wilu-at-once-part", "data-link": one.link, tabindex: "0" }, math(one.tex), h("span", { class: "wilu-shape" }, one.shape)),
      ),
    );
  }

}

// A symbol's name as it is printed: β_1 as β₁, w' as w′.
function pretty(name) {
  return name.replace("_1", "₁").replace("_2", "₂").replace("_0", "₀").replace("_L", "ʟ").replaceAll("'", "′");
}
