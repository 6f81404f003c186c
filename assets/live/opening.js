// A run that somebody shared, on its way: how far it has been computed again, and how it compares once it is here.

import { h, inline, say } from "./dom.js";
import { count } from "./format.js";

export class Opening {
  constructor(ask, text) {
    this.text = text;
    this.step = h("strong", {}, "0");
    this.of = h("span", {}, "0");
    this.bar = h("div", { class: "wil-progress-fill" });
    this.progress = h("div", { class: "wil-progress", role: "progressbar", "aria-label": "How far it is", "aria-valuemin": 0, "aria-valuemax": 100 }, this.bar);
    const words = inline(text.opening, (name) => ({ step: this.step, of: this.of })[name]);
    const stop = h("button", { class: "wil-button", type: "button", onclick: () => ask({ cmd: "cancel" }) }, "Stop");
    this.element = h("div", { class: "wil-notice wil-calm", role: "status", hidden: true }, h("p", {}, words), h("div", { class: "wil-measure" }, this.progress), h("div", { class: "wil-buttons" }, stop));
    this.verdict = h("p", { class: "wil-verdict", role: "status", hidden: true });
  }

  show({ opening, opened }) {
    this.element.hidden = !opening;
    if (opening) {
      say(this.step, count(opening.step));
      say(this.of, count(opening.of));
      const share = opening.of ? opening.step / opening.of : 1;
      this.bar.style.transform = `scaleX(${share})`;
      this.progress.setAttribute("aria-valuenow", Math.round(100 * share));
    }
    const words = opened ? this.text[`opened-${opened}`] : "";
    this.verdict.hidden = !words;
    if (words && this.said !== words) this.verdict.replaceChildren(...inline(words));
    this.said = words;
  }
}
