// A card of a lesson: what it is about at its head, the picture, and below it what came out.

import { h, inline, say } from "../live/dom.js";
import { fact } from "./words.js";

export class Card {
  // `label` in large type, `note` beside it.
  constructor(label, note = "", span = 4, kind = "") {
    this.mark = h("span", { class: "wil-lesson-mark", "aria-live": "polite" });
    this.body = h("div", { class: "wil-lesson-body" });
    this.answer = h("div", { class: "wil-lesson-answer" });
    this.caption = h("p", { class: "wil-lesson-caption", hidden: true });
    this.element = h(
      "section",
      { class: `wil-card wil-lesson-card ${kind}`, style: `--span: ${span}`, "aria-label": `${label} ${note}`.trim() },
      h("header", { class: "wil-lesson-card-head" }, h("h2", {}, h("strong", {}, label), note ? ` ${note}` : ""), this.mark),
      this.body,
      this.answer,
      this.caption,
    );
  }

  // A word at the head: "drawn", or what the guess was worth.
  say(words, near = false) {
    say(this.mark, words);
    this.mark.classList.toggle("wil-near", near);
  }

  // What the runs say of this card, from the lesson's text.
  tell(text, facts) {
    this.caption.hidden = !text;
    this.caption.replaceChildren(...(text ? inline(text, (name) => fact(facts[name])) : []));
  }
}
