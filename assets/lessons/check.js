// The check afterwards: a second question within a card, answered and run like the first.

import { h, inline } from "../live/dom.js";
import { Stage } from "./stage.js";
import { fact } from "./words.js";

export class Check {
  // `context` is the lesson's, with ask(command).
  constructor(spec, context) {
    Object.assign(this, { spec, context });
    this.stage = new Stage(spec.check, { theme: context.theme, text: {}, small: true, changed: () => this.draw() });
    this.button = h("button", { class: "wil-button wil-primary", type: "button", onclick: () => this.commit() }, "Lock and run");
    this.outcome = h("p", { class: "wil-check-outcome", role: "status", hidden: true });
    this.element = h(
      "section",
      { class: "wil-card wil-lesson-check", style: "--span: 7", "aria-label": "Check" },
      h("header", { class: "wil-check-head" }, h("h2", {}, inline(spec.text.check)), this.button),
      this.stage.element,
      this.outcome,
    );
  }

  async begin() {
    const reply = await this.context.ask({ part: "check", do: "open" });
    if (!reply.ok) return;
    await this.stage.ready;
    this.stage.setup(reply.setup);
    const last = reply.answers.at(-1);
    if (last) this.stage.put(last.guess);
    if (reply.revealed) this.reveal(reply.revealed, last.guess);
    else {
      this.stage.reset();
      this.phase = "predict";
      this.stage.lock(false);
      this.outcome.hidden = true;
    }
    this.element.dataset.phase = this.phase;
    this.draw();
  }

  draw() {
    const predicting = (this.phase ?? "predict") === "predict";
    this.button.hidden = this.phase === "reveal";
    this.button.disabled = !predicting || !this.stage?.complete;
  }

  async commit() {
    if (!this.stage.complete) return;
    this.enter("run");
    this.say("Running …");
    const reply = await this.context.ask({ part: "check", do: "guess", guess: this.stage.value() });
    if (!reply.ok) this.fail(reply.error);
  }

  enter(phase) {
    this.phase = phase;
    this.element.dataset.phase = phase;
    this.stage.lock(phase !== "predict");
    this.draw();
  }

  heard(news) {
    if (!news.key.endsWith("/check")) return;
    if (news.error) return this.fail(news.error);
    if (news.news) this.stage.news(news.news);
    if (news.total && !news.revealed) this.say(`Running … ${Math.round((100 * news.done) / news.total)} %`);
    if (news.record) this.context.recorded(news.record);
    if (news.revealed) this.reveal(news.revealed, this.stage.value());
  }

  reveal(revealed, guess) {
    this.enter("reveal");
    this.stage.reveal(revealed, guess, false);
    this.outcome.hidden = false;
    const words = revealed.as_told ? this.spec.text["check reveal"] : this.context.texts.otherwise;
    this.outcome.replaceChildren(h("strong", {}, revealed.right ? "Right. " : "Not this time. "), ...inline(words, (name) => fact(revealed.facts[name])));
  }

  say(words) {
    this.outcome.hidden = false;
    this.outcome.textContent = words;
  }

  fail(error) {
    this.enter("predict");
    if (error) this.say(error);
  }

  restyle() {
    this.stage.restyle();
  }

  destroy() {
    this.stage.destroy();
  }
}
