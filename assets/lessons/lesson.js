// One lesson on the screen: predict, run, reveal, then why, and a check. Only one button is filled at a time.

import { h, inline, svg } from "../live/dom.js";
import { reveal } from "../live/reveal.js";
import { Check } from "./check.js";
import { Stage } from "./stage.js";
import { Trying } from "./trying.js";
import { fact } from "./words.js";

const FORGOTTEN = 2000; // ms without news of a run

export class Lesson {
  // `context` is the panel's, with phase(name), recorded(answers), next ({title, go} or undefined) and finish().
  constructor(spec, context) {
    this.spec = spec;
    this.context = context;
    const { text } = spec;
    this.headline = h("h2", { class: "wil-sentence wil-lesson-question" });
    this.sub = h("p", { class: "wil-lesson-sub" });
    this.before = h("p", { class: "wil-lesson-before", hidden: true });
    this.stage = new Stage(spec.question, { theme: context.theme, text, changed: () => this.drawBar() });
    this.advice = h("p", { class: "wil-advice" }, h("strong", {}, "What you see"), " — ", inline(text.see), " ", h("strong", {}, "Try"), " — ", inline(text.try));
    this.lock = h("button", { class: "wil-button wil-primary wil-lock", type: "button", onclick: () => this.commit() }, "Lock my guess and run");
    this.run = h("button", { class: "wil-button wil-locked", type: "button", disabled: true, onclick: () => this.runAgain() }, lockIcon(), "Run");
    this.back = h("button", { class: "wil-button", type: "button", hidden: true, onclick: () => this.goBack() }, "↺ Back to where it started");
    this.clear = h("button", { class: "wil-button wil-clear", type: "button", hidden: true, onclick: () => this.stage.clear() }, "Clear this one");
    this.next = h("button", { class: "wil-button wil-next", type: "button", hidden: true, onclick: () => (context.next ? context.next.go() : context.finish()) }, context.next ? `Next: ${context.next.title} →` : "See your record →");
    this.note = h("p", { class: "wil-lesson-note", role: "status" });
    this.progress = h("progress", { class: "wil-lesson-progress", max: 1, value: 0, hidden: true, "aria-label": "How far the runs are" });
    this.why = h("section", { class: "wil-card wil-lesson-why", style: "--span: 5" }, h("h2", {}, inline(text.belief)), h("p", {}, inline(text.why)));
    this.after = h("div", { class: "wil-pictures wil-lesson-after", hidden: true }, this.why);
    this.foot = h("div", { class: "wil-runbar wil-lesson-foot" }, spec.question.facts.map((words) => h("span", { class: "wil-chip" }, words)), spec.question.stoodIn ? h("span", {}, `${context.texts["stood in"]} ${text["stood in"] ?? ""}`) : null);
    const { ask, exactly } = spec.question;
    this.marking = h("p", { class: "wil-lesson-marking" }, bands(ask));
    this.exactly = h("details", { class: "wil-lesson-exactly" }, h("summary", {}, "Exactly this is run"), h("pre", {}, exactly.map((trial) => JSON.stringify(trial)).join("\n")));
    this.element = h(
      "div",
      { class: "wil-lesson-view" },
      this.headline,
      this.sub,
      this.before,
      h("div", { class: "wil-pictures wil-lesson-stage" }, this.stage.element),
      this.advice,
      this.after,
      h("section", { class: "wil-controls wil-lesson-bar", "aria-label": "Guess and run" }, h("div", { class: "wil-lesson-buttons" }, this.lock, this.run, this.back, this.note, this.clear, this.next), this.progress),
      this.foot,
      this.marking,
      this.exactly,
    );
    this.enter("predict");
  }

  get busy() {
    return this.phase === "run";
  }

  ask(command) {
    return this.context.ask({ cmd: "lesson", name: this.spec.name, ...command });
  }

  // Looks at the worker what there is of this lesson: nothing yet, a run under way, or what came out.
  async open() {
    const reply = await this.ask({ do: "open" });
    if (!reply.ok || this.gone) return this.fail(reply);
    await this.stage.ready;
    if (this.gone) return;
    this.stage.setup(reply.setup);
    const last = reply.answers.at(-1);
    if (reply.revealed && last) {
      this.stage.put(last.guess);
      this.reveal(reply.revealed, last.guess);
    } else if (reply.running && last) {
      this.stage.put(last.guess);
      this.enter("run");
      this.heard(reply.running);
    } else if (this.phase === "run" || (last && !this.stage.touched)) {
      this.enter("predict");
      if (last) this.remember(last);
    }
    this.drawBar();
  }

  // Says what was guessed at an earlier visit; a guess whose truth never came can be run as it is.
  remember(last) {
    const { texts } = this.context;
    if (last.truth === null) {
      this.stage.put(last.guess);
      this.waiting = true;
      this.stage.lock(true);
      return;
    }
    const said = last.marks.map(({ label, guess, truth }) => `${label ? `${label}: ` : ""}you ${words(guess)}, it ${words(truth)}`);
    this.before.hidden = false;
    this.before.replaceChildren(
      `${texts.before} ${last.marks.length > 1 || said.length ? said.join("; ") : ""}. `,
      h("button", { class: "wil-link", type: "button", onclick: () => this.runAgain(last.guess) }, "Show it again"),
    );
  }

  async commit() {
    if (!this.stage.complete) return;
    const guess = this.stage.value();
    this.enter("run");
    const reply = await this.ask({ do: "guess", guess });
    if (!reply.ok) return this.fail(reply, "predict");
    if (reply.note) this.say(reply.note);
  }

  async runAgain(guess = null) {
    if (guess) this.stage.put(guess);
    this.waiting = false;
    this.enter("run");
    const reply = await this.ask({ do: "run" });
    if (!reply.ok) this.fail(reply, "predict");
  }

  async goBack() {
    const reply = await this.ask({ do: "back" });
    if (!reply.ok) return this.fail(reply);
    this.waiting = false;
    this.stage.reset();
    this.stage.setup(reply.setup);
    this.enter("predict");
    this.headline.scrollIntoView({ block: "nearest" });
  }

  // The worker has spoken of something else: if it was started anew meanwhile, it has forgotten what it was running.
  wonder() {
    if (this.busy && performance.now() - this.heardAt > FORGOTTEN) this.open();
  }

  // What the worker tells of an experiment; a part's own key says whose it is.
  heard(news) {
    const [name, part] = (news.key ?? "").split("/");
    if (name !== this.spec.name) return;
    this.heardAt = performance.now();
    if (part !== "question") return this.check?.heard(news);
    if (news.error) return this.fail({ error: news.error }, "predict");
    if (!this.busy && !news.revealed) return;
    this.progress.value = news.total ? news.done / news.total : 1;
    if (news.news) this.stage.news(news.news);
    if (news.record) this.context.recorded(news.record);
    if (!news.revealed) return;
    this.reveal(news.revealed, news.record?.findLast(({ key }) => key === news.key)?.guess ?? this.stage.value());
    reveal(this.headline); // the button that was pressed may be far below the answer
  }

  reveal(revealed, guess) {
    const { text } = this.spec;
    const numbers = (name) => h("span", {}, fact(revealed.facts[name]));
    this.enter("reveal");
    const told = revealed.as_told;
    this.headline.replaceChildren(...inline(told ? text.reveal : this.context.texts.otherwise, numbers));
    this.sub.replaceChildren(...inline(text.after, numbers));
    this.stage.reveal(revealed, guess, told);
    if (!this.check) {
      const Part = this.spec.check.kind === "try" ? Trying : Check;
      this.check = new Part(this.spec, { ...this.context, ask: (command) => this.ask(command) });
      this.after.append(this.check.element);
    }
    this.check.begin?.(revealed);
    this.context.tell(this.headline.textContent);
  }

  enter(phase) {
    this.phase = phase;
    const { text } = this.spec;
    this.context.phase(phase);
    this.element.dataset.phase = phase;
    if (phase !== "reveal") {
      this.headline.replaceChildren(...inline(text.question));
      this.sub.replaceChildren(...inline(text.setup));
    }
    this.before.hidden = true;
    this.after.hidden = phase !== "reveal";
    this.advice.hidden = phase === "reveal";
    this.progress.hidden = phase !== "run";
    if (phase === "run") {
      this.progress.value = 0;
      this.heardAt = performance.now();
    }
    this.stage.lock(phase !== "predict");
    this.drawBar();
  }

  drawBar() {
    const { phase, stage, waiting } = this;
    const { texts } = this.context;
    const predicting = phase === "predict";
    this.lock.hidden = !predicting || waiting;
    this.lock.disabled = !stage.complete;
    this.run.hidden = !predicting;
    this.run.disabled = !(predicting && waiting);
    this.run.classList.toggle("wil-locked", !waiting);
    this.run.classList.toggle("wil-primary", Boolean(waiting));
    this.back.hidden = predicting && !waiting;
    this.back.disabled = false;
    this.clear.hidden = !predicting || waiting || !stage.canClear;
    this.next.hidden = phase !== "reveal";
    const { seconds } = this.spec.question;
    const missing = stage.missing;
    if (phase === "run") this.say("Running …");
    else if (phase === "reveal") this.say(texts.kept);
    else if (waiting) this.say(texts.waiting);
    else if (missing.length && missing.length < stage.count) this.say(`Still open: ${missing.join(", ")}.`);
    else this.say(`${texts.locked} It takes about ${seconds === 1 ? "a second" : `${seconds} seconds`}.`);
  }

  say(words) {
    if (this.note.textContent !== words) this.note.textContent = words;
  }

  fail(reply, phase = null) {
    if (this.gone || !reply.error) return;
    if (phase) this.enter(phase);
    this.say(reply.error);
  }

  restyle() {
    this.stage.restyle();
    this.check?.restyle?.();
  }

  destroy() {
    this.gone = true;
    this.stage.destroy();
    this.check?.destroy?.();
  }
}

function lockIcon() {
  return svg("svg", { class: "wil-lock-icon", viewBox: "0 0 16 18", "aria-hidden": "true" }, svg("rect", { x: 1.5, y: 8, width: 13, height: 8.5, rx: 2 }), svg("path", { d: "M4.5 8V5a3.5 3.5 0 0 1 7 0v3" }));
}

// How a guess is marked, in words.
function bands({ kind, scale, right, close, tie, unit }) {
  const off = (value) => (value ? `within ${value}${scale ? (value === 1 ? " place of the scale" : " places of the scale") : unit ? ` ${unit}` : ""}` : "exactly");
  const how = {
    choose: "right or not",
    click: "right where all links are as they came out, close where one is not",
    rank: `a place is right, too, where the score is within ${tie} of the one that came there`,
    number: `right ${off(right)}, close ${off(close)}`,
    sketch: `by where the curve ends: right ${off(right)}, close ${off(close)}, against the mean of the last ten checks`,
  }[kind];
  return `How it is marked: ${how}.`;
}

function words(value) {
  return typeof value === "number" ? fact(value) : `“${value}”`;
}
