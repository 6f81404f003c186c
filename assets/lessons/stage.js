// The stage of one question: the view that shows its trials, and the way to answer. The view is a module of its own,
// loaded by the name that the lesson gives.

import { h } from "../live/dom.js";
import { Choose, Numbers, Rank } from "./answers.js";

const ANSWERS = { choose: Choose, number: Numbers, rank: Rank };

export class Stage {
  // `context` has theme, text (the lesson's), changed(), and small for a stage within a card.
  constructor(question, context) {
    this.question = question;
    this.context = context;
    this.element = h("div", { class: context.small ? "wil-lesson-small" : "wil-lesson-grid" });
    this.ready = this.load();
  }

  async load() {
    const { View } = await import(`./views/${this.question.view}.js`);
    if (this.gone) return;
    this.view = new View(this.question, { ...this.context, changed: () => this.touch() });
    const Answer = ANSWERS[this.question.ask.kind];
    this.answer = Answer ? new Answer(this.question.ask, { view: this.view, changed: () => this.touch(), small: this.context.small }) : this.view;
    const cards = this.view.cards.map((card) => card.element);
    if (this.context.small) this.element.append(...(Answer ? this.answer.elements : []), ...cards);
    else this.element.append(...cards, ...(Answer ? this.answer.elements : []));
    this.answer.lock(Boolean(this.locked));
    this.context.changed();
  }

  touch() {
    this.touched = true;
    this.context.changed();
  }

  get complete() {
    return Boolean(this.answer) && this.answer.missing.length === 0;
  }

  // The parts that still need an answer, by their labels, and how many parts there are.
  get missing() {
    return this.answer?.missing ?? [];
  }

  get count() {
    return this.question.ask.parts?.length ?? 1;
  }

  get canClear() {
    return Boolean(this.answer?.canClear);
  }

  value() {
    return this.answer.value();
  }

  // Shows a guess that was given before.
  put(guess) {
    this.answer.put(guess);
  }

  clear() {
    this.answer.clear();
    this.context.changed();
  }

  lock(on) {
    this.locked = on;
    this.answer?.lock(on);
  }

  setup(read) {
    this.view?.setup?.(read);
  }

  // Runs that ended or are under way: {trial, seed, step, ended, read}.
  news(entries) {
    this.view?.news?.(entries);
  }

  reveal(revealed, guess, told) {
    const { facts, marks, results } = revealed;
    this.view.reveal(results, revealed, guess);
    if (this.answer !== this.view) this.answer.reveal(marks, revealed, guess);
    this.view.cards.forEach((card, i) => card.tell(told ? this.context.text[`trial ${i + 1}`] : "", facts));
  }

  // As it was before anything was guessed.
  reset() {
    this.touched = false;
    for (const card of this.view.cards) {
      card.tell("", {});
      card.say("");
    }
    this.view.reset();
    if (this.answer !== this.view) this.answer.reset();
    this.context.changed();
  }

  restyle() {
    this.view?.restyle?.();
  }

  destroy() {
    this.gone = true;
    this.view?.destroy?.();
  }
}
