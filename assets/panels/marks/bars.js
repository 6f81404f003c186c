// One bar a class: how strongly the network believes in it. The truth is outlined, and told apart by its bold name, too.

import { h, say } from "../../live/dom.js";

const SPOKEN_EVERY = 1000; // ms between two updates of the description for screen readers

export class Bars {
  // `untold` is the caption where there is no truth to outline.
  constructor(caption, untold = caption) {
    Object.assign(this, { caption, untold });
    this.rows = [];
    this.list = h("div", { class: "wil-bars", "aria-hidden": "true" });
    this.element = h("div", { class: "wil-belief", role: "img" }, this.list, (this.words = h("p", { class: "wil-caption" }, caption)));
  }

  // `names` are the classes' labels; asked at every drawing, built when they change.
  build(names) {
    const key = names.join("\n");
    if (key === this.key) return;
    this.key = key;
    this.names = names;
    this.rows = names.map((name) => {
      const bar = h("div", { class: "wil-bar-fill" });
      const value = h("span", { class: "wil-bar-value" });
      const element = h("div", { class: "wil-bar-row" }, h("span", { class: "wil-bar-name" }, name), h("div", { class: "wil-bar-track" }, bar), value);
      return { element, bar, value };
    });
    this.list.replaceChildren(...this.rows.map(({ element }) => element));
  }

  // There is no picture yet to believe anything of.
  clear() {
    for (const { element, bar, value } of this.rows) {
      bar.style.transform = "scaleX(0)";
      say(value, "");
      element.classList.remove("wil-truth", "wil-winner");
    }
    say(this.words, this.untold);
    this.element.setAttribute("aria-label", "Its belief: nothing is drawn yet.");
    this.spoken = undefined;
  }

  // `shares` are probabilities, one a class; `truth` and `prediction` are places in that list.
  show(shares, truth, prediction) {
    this.rows.forEach(({ element, bar, value }, i) => {
      bar.style.transform = `scaleX(${Math.max(0.012, Math.min(1, shares[i]))})`;
      say(value, `${Math.round(100 * shares[i])} %`);
      element.classList.toggle("wil-truth", i === truth);
      element.classList.toggle("wil-winner", i === prediction);
    });
    say(this.words, truth in this.names ? this.caption : this.untold);
    const now = performance.now();
    if (!(now - this.spoken < SPOKEN_EVERY)) {
      this.spoken = now;
      const share = `${Math.round(100 * shares[prediction])} %`;
      this.element.setAttribute("aria-label", `Its belief: most in ${this.names[prediction]}, ${share}. ${truth in this.names ? `The truth is ${this.names[truth]}.` : "It is your own drawing."}`);
    }
  }
}
