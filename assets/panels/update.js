// One update, every number: the network's map, the stages with their tiles, the code that did it, what came of it. One
// state for all of them: which update, row and parameter, which part is on, and what is lit.
//
// A symbol, its number and its line of code share a name (data-link); pointing at one lights all three.

import { h } from "../live/dom.js";
import { percent } from "../live/format.js";
import { Bar } from "./update/bar.js";
import { Below } from "./update/below.js";
import { Code } from "./update/code.js";
import { Effects } from "./update/effects.js";
import { Model } from "./update/model.js";
import { sig } from "./update/numbers.js";
import { Path } from "./update/path.js";
import { countVisit, Quiz } from "./update/quiz.js";
import { Stages } from "./update/stages.js";
import { names } from "./update/tiles.js";
import { Words } from "./update/words.js";

const PART_TIME = 2600; // ms that slow motion stays with one part
const CHAIN = ["da", "truth", "dz", "slope", "answer"]; // what one line of code computes at the output layer
const WITHIN = { x: "z", W: "z", b: "z", bug: "product" }; // symbols that one line of code takes together

export function mount(element, options, context) {
  return new Update(element, options, context);
}

class Update {
  constructor(element, options, context) {
    Object.assign(this, { element, options, context });
    this.words = new Words(context.texts);
    this.asked = {};
    this.at = 0;
    this.rows = true;
    this.level = 0;
    this.playing = null;
    this.hovered = null;
    this.standing = null; // the step at which the run stands; null while it plays
    const { theme, tell } = context;
    const choose = (chosen) => this.choose(chosen);
    this.quiz = new Quiz({ visits: countVisit(), withheld: options.withheld, words: this.words, tell, onSolved: () => this.show() });
    this.path = new Path(theme, choose);
    this.stages = new Stages(this.words, this.quiz.verdict, { go: (stage, part) => this.go(this.model.at(stage) + part), turn: (rows) => this.turn(rows) });
    this.code = new Code(this.words);
    this.effects = new Effects(theme, this.words);
    this.below = new Below(theme, this.words, choose);
    this.bar = new Bar(
      {
        back: () => this.go(this.at - 1),
        next: () => this.go(this.at + 1),
        toggle: () => (this.playing ? this.hold() : this.play()),
        go: (at) => this.go(at),
        choose,
        update: (step) => this.ask({ ...this.chosen(), step: Math.max(0, step), row: 0 }),
        newest: () => this.ask({ ...this.chosen(), step: undefined, row: 0 }),
        row: (row) => this.ask({ ...this.chosen(), step: this.asked.step, row: Math.max(0, Math.min(this.model.n - 1, row)) }),
        find: (label) => this.find(label),
        link: (withheld) => this.copy(withheld),
        quiz: () => this.leaveOut(),
      },
      options.withheld,
    );
    this.root = h(
      "div",
      { class: "wilu-update", "data-testid": "update", role: "group", "aria-label": "One update, every number" },
      h("div", { class: "wilu-update-cards" }, this.path.element, this.stages.element, this.code.element, this.effects.element),
      this.bar.element,
      this.below.element,
    );
    element.append(this.root);
    for (const name of ["pointerover", "focusin"]) this.root.addEventListener(name, (event) => this.point(event.target));
    for (const name of ["pointerleave", "focusout"]) this.root.addEventListener(name, () => this.point(null));
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  // --- which update, row and parameter ------------------------------------------------------------------------------------

  told(status, run) {
    if (!run) return;
    const same = run.id === this.run?.id;
    const stood = same ? this.standing : null;
    const first = !this.run;
    this.run = run;
    this.standing = status.playing ? null : run.step;
    if (same) return void this.follow(stood);
    this.model = null;
    this.hold();
    const kept = first ? { ...this.remembered(), ...this.options.link } : {};
    this.ask(kept);
  }

  // A run that was moved from one standstill to another, by Step or along its timeline, brings the page to the update that
  // led there; while it plays, the page stays with its update.
  follow(stood) {
    const { standing } = this;
    if (stood === null || standing === null || standing === stood) return;
    this.ask({ ...this.chosen(), step: Math.max(0, standing - 1), row: 0 });
  }

  // Asks for an update, row and parameter; what is left out the probe chooses.
  ask(wanted) {
    const asked = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    this.asked = asked;
    const { step, row } = asked;
    const where = step === undefined ? {} : { step };
    this.context.aim({ step: asked, nudge: asked, code: asked, check: where, effect: row === undefined ? where : { ...where, row }, find: null });
  }

  choose(chosen) {
    this.ask({ step: this.asked.step, row: this.asked.row, ...chosen });
  }

  // The parameter on the page, to go on with in another update.
  chosen() {
    if (!this.model) return {};
    const { layer, array, i, j } = this.model.chosen;
    return array === "b" ? { layer, array, j } : { layer, array, i, j };
  }

  find(label) {
    this.context.aim({ find: { step: this.model.update, label } });
    this.looking = { label, from: this.model.update };
  }

  found(answer) {
    if (!this.looking || answer.label !== this.looking.label || answer.step !== this.looking.from) return;
    this.looking = null;
    const name = this.model.names[answer.label];
    this.bar.found.textContent = answer.found < 0 ? this.words.plain("not found", { name }) : "";
    if (answer.found >= 0) this.ask({ ...this.chosen(), step: answer.found, row: answer.row });
  }

  // What the browser's tab remembers, so that a reload comes back to the same number.
  remember() {
    try {
      sessionStorage.setItem(`wil-update-${this.run.id}`, JSON.stringify({ step: this.model.update, row: this.model.row, ...this.chosen() }));
    } catch {
      // without storage a reload begins with the newest update
    }
  }

  remembered() {
    try {
      return JSON.parse(sessionStorage.getItem(`wil-update-${this.run.id}`)) ?? {};
    } catch {
      return {};
    }
  }

  // A link that makes this run again, in a workbench of whoever opens it, and shows the same number of it.
  async copy(withheld) {
    const reply = await this.context.ask({ cmd: "share" });
    if (!reply?.ok || reply.link === null) return void (this.bar.copied.textContent = reply?.note ?? "");
    const { layer, i, j } = this.model.chosen;
    const url = new URL(location.origin + location.pathname);
    const place = { update: this.model.update, row: this.model.row, weight: (this.model.bias ? [layer, j] : [layer, i, j]).join(".") };
    const rest = withheld || this.options.withheld ? { answers: "withheld" } : {};
    url.search = new URLSearchParams({ ...place, ...rest, share: reply.link });
    try {
      await navigator.clipboard.writeText(url.href);
      this.bar.copied.textContent = this.words.plain("copied");
    } catch {
      this.bar.copied.textContent = url.href;
    }
  }

  leaveOut() {
    this.quiz.on = true;
    this.quiz.visits += 1;
    this.quiz.turnTo(this.model);
    this.bar.shut();
    this.go(this.model.at("backward") + (this.quiz.blank ?? 0));
  }

  // --- what has come ------------------------------------------------------------------------------------------------------

  draw(arrays, scalars) {
    this.scalars = scalars;
    const names = this.run?.classes ?? [];
    const text = scalars.step.about;
    if (this.text !== text || !this.model) {
      const about = JSON.parse(text);
      if (!this.answers(about)) return;
      const other = !this.model || ["update", "row"].some((name) => this.model[name] !== about[name]) || JSON.stringify(this.model.chosen) !== JSON.stringify(about.chosen);
      const stage = this.model?.stages[this.at];
      this.text = text;
      this.model = new Model(about, arrays.step, names);
      if (other) this.quiz.turnTo(this.model);
      this.at = this.place(stage);
      if (this.asked.step !== about.update) this.ask({ ...this.asked, step: about.update });
      this.remember();
      this.fresh = true;
    }
    this.code.take(scalars.code.text);
    if (scalars.find) this.found(scalars.find);
    this.effect = scalars.effect.update === this.model.update ? scalars.effect : null;
    if (this.effect && this.effectSeen !== this.effect.update + this.text) {
      this.effectSeen = this.effect.update + this.text;
      this.effectArrays = arrays.effect;
      this.effects.show(this.effect, arrays.effect, this.model);
      this.fresh = true;
    }
    this.showChecks(arrays.check, scalars);
    if (this.fresh) this.show();
    this.bar.show(this.model, this.at, Boolean(this.playing), scalars.run.head);
  }

  // Whether what came answers what was asked for last.
  answers({ asked }) {
    const usual = { step: -1, row: 0, layer: -1, array: "W", i: -1, j: -1 };
    return Object.entries(usual).every(([name, value]) => asked[name] === (this.asked[name] ?? value));
  }

  // The part to go on with: the same one, as far as there is one; a first showing begins at the backward pass' first factor.
  place(stage) {
    if (!stage) return this.model.at("backward");
    const same = this.model.stages.findIndex((one) => one.stage === stage.stage && one.part === stage.part);
    return same < 0 ? this.model.at(stage.stage) : same;
  }

  showChecks(pieces, scalars) {
    const { nudge, check } = scalars;
    const { layer, array, i, j } = this.model.chosen;
    const hidden = this.missing && this.quiz.withheld;
    if (nudge.of === JSON.stringify([this.model.update, layer, array, i, j])) this.code.check.one(nudge, this.model, hidden);
    if (check.update !== this.model.update) return;
    const found = JSON.parse(check.names).map(([layer, name, checked, size]) => ({ layer, name: `${name} of layer ${layer + 1}`, array: name, whole: size, checked: 0, planned: checked, sums: [0, 0, 0] }));
    const { place, count, difference, analytic, numeric } = pieces;
    for (let k = 0; k < place.length; k++) {
      const entry = found[place[k]];
      entry.checked += count[k];
      entry.sums[0] += difference[k];
      entry.sums[1] += analytic[k];
      entry.sums[2] += numeric[k];
    }
    for (const entry of found) {
      const shape = this.model.layers[entry.layer];
      entry.done = entry.checked >= entry.planned;
      entry.size = entry.whole;
      entry.shape = entry.array === "W" ? `${shape.fan_in} × ${shape.fan_out}` : String(shape.fan_out);
      entry.error = relative(entry.sums, entry.checked, check.noise, check.limit);
    }
    const outcome = { done: place.length, total: check.total, arrays: found, limit: check.limit };
    this.code.check.many(outcome);
    this.below.check(outcome);
    this.root.dataset.check = this.code.check.element.dataset.all;
  }

  get missing() {
    return this.quiz.blank !== null && !this.quiz.solved;
  }

  // --- showing --------------------------------------------------------------------------------------------------------------

  show() {
    const { model } = this;
    if (!model) return;
    this.fresh = false;
    const { stage, part, link } = model.stages[this.at];
    const layer = stage === "forward" ? part : model.chosen.layer;
    const badges = {};
    if (stage === "backward") {
      model.factors.forEach(({ what }, k) => (badges[what] = k + 1));
      if (model.out) badges.chain = model.factors.length > 2 ? "1 2" : "1";
      badges.product = "=";
    }
    const blank = [];
    if (this.missing) {
      const { what } = this.quiz.factor;
      blank.push(what, ...(model.out && CHAIN.includes(what) ? ["chain"] : []), ...(what === "da" ? ["slope"] : []));
      if (this.quiz.withheld) blank.push("product");
    }
    this.showSentence();
    this.path.show(model);
    this.stages.show(model, this.at, { quiz: this.quiz, rows: this.rows, effect: this.effect, effectArrays: this.effectArrays, level: this.level });
    this.code.show(model, stage, layer, model.notes(layer), badges, blank);
    this.effects.step(model, this.missing && this.quiz.withheld);
    this.below.show(model, this.rows);
    this.bar.show(model, this.at, Boolean(this.playing), this.scalars.run.head);
    Object.assign(this.root.dataset, { update: model.update, row: model.row, layer: model.chosen.layer, array: model.chosen.array, i: model.chosen.i, j: model.chosen.j, stage, part });
    this.stageLink = stage === "forward" ? "a" : link;
    this.light();
    this.code.reveal(this.codeLink(this.stageLink));
  }

  showSentence() {
    const { model } = this;
    const classes = model.sure;
    const name = !classes ? "value" : model.guess === model.label ? "right" : "wrong";
    const places = [0, 1, 2, 3, 4].find((places) => shares(model.belief, places) !== shares(model.beliefAfter, places)) ?? 0;
    const belief = (value) => (classes ? shares(value, places) : sig(value));
    const picture = model.arrays.image ? [this.path.thumb] : [];
    this.context.sentence([
      ...picture,
      ...this.words.nodes(name, {
        truth: model.truth,
        guess: classes ? model.names[model.guess] : "",
        before: belief(model.belief),
        after: belief(model.beliefAfter),
        parameter: names(model).parameter,
      }),
    ]);
  }

  go(at) {
    if (!this.model) return;
    this.at = Math.max(0, Math.min(this.model.stages.length - 1, at));
    this.show();
    const { stage, part, of } = this.model.stages[this.at];
    if (!this.playing) this.context.tell(`${stage}, part ${part + 1} of ${of}.`);
  }

  turn(rows) {
    this.rows = rows;
    this.show();
  }

  play() {
    if (this.at === this.model.stages.length - 1) this.at = -1;
    this.playing = setInterval(() => (this.at < this.model.stages.length - 1 ? this.go(this.at + 1) : this.hold()), PART_TIME);
    this.go(this.at + 1);
  }

  hold() {
    clearInterval(this.playing);
    this.playing = null;
    if (this.model) this.bar.show(this.model, this.at, false, this.scalars.run.head);
  }

  key(event) {
    if (event.target.closest("input, select, [role=application], .wilu-listing")) return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      event.preventDefault();
      this.go(this.at + (event.key === "ArrowRight" ? 1 : -1));
    }
  }

  // --- what is lit ----------------------------------------------------------------------------------------------------------

  point(target) {
    const link = target?.closest?.("[data-link]")?.dataset.link.split(" ").at(-1) || null;
    if (link === this.hovered) return;
    this.hovered = link;
    this.light();
    if (link && !target.closest(".wilu-listing")) this.code.reveal(this.codeLink(link));
  }

  // The name that the code has for a symbol.
  codeLink(link) {
    if (this.model.out && CHAIN.includes(link)) return "chain";
    return WITHIN[link] ?? link;
  }

  light() {
    const lit = this.hovered ?? this.stageLink;
    if (!this.model) return;
    const inCode = this.codeLink(lit);
    for (const one of this.root.querySelectorAll("[data-link]")) {
      const links = one.dataset.link.split(" ");
      const on = links.includes(lit) || links.includes(inCode) || (lit === "chain" && links.some((link) => CHAIN.includes(link)));
      one.classList.toggle("wilu-lit", on);
    }
    for (const note of this.root.querySelectorAll(".wilu-note")) note.classList.toggle("wilu-lit", note.dataset.of === lit || note.dataset.of === inCode);
  }

  // --- the view's own calls ---------------------------------------------------------------------------------------------------

  deepen(level) {
    this.level = level;
    if (level > 0 && !this.below.element.open) this.below.element.open = true;
    this.show();
  }

  resize() {
    if (!this.model) return;
    this.path.show(this.model);
    this.effects.paint();
    this.below.paint();
  }

  restart() {
    this.text = null;
  }

  destroy() {
    this.hold();
    this.bar.destroy();
    for (const one of [this.path, this.effects, this.below]) one.destroy();
  }
}

// A share in percent, with places after the point.
function shares(share, places) {
  return places ? `${(100 * share).toFixed(places)} %` : percent(share);
}

// |a − n| / (|a| + |n|) from the sums of squares; 0 where rounding alone explains the difference.
function relative([difference, analytic, numeric], count, noise, limit) {
  const off = Math.sqrt(difference);
  const total = Math.sqrt(analytic) + Math.sqrt(numeric);
  if (off === 0 || (off > limit * total && off <= noise * Math.sqrt(count))) return 0;
  return off / total;
}
