// One bar a trial, a dot a run: a share in 100, with the line of pure luck. With the option "check", a tag that says
// whether the gradient check passes.

import { h, say } from "../../live/dom.js";
import { Card } from "../card.js";

export class View {
  constructor({ labels, options, ask }, { small }) {
    this.options = options;
    this.card = new Card("Right, of 100 unseen", "", small ? 12 : ask.kind === "rank" ? 7 : 8, "wil-lesson-bars");
    this.rows = labels.map(([label, note]) => {
      const fill = h("div", { class: "wil-result-fill" });
      const dots = h("div", { class: "wil-result-dots" });
      const track = h("div", { class: "wil-result-track" }, fill, dots);
      const value = h("span", { class: "wil-result-value" }, "?");
      const tag = h("span", { class: "wil-result-tag" });
      const element = h("div", { class: "wil-result-row" }, h("span", { class: "wil-result-name" }, h("span", {}, label), note ? h("span", { class: "wil-label" }, note) : null), track, value, options.check ? tag : null);
      return { element, fill, dots, value, tag, shares: [] };
    });
    const luck = options.luck ? h("div", { class: "wil-result-luck", style: `--at: ${options.luck / 100}`, "aria-hidden": "true" }, h("span", {}, `pure luck: ${options.luck}`)) : null;
    this.card.body.append(h("div", { class: options.check ? "wil-results wil-results-checked" : "wil-results" }, this.rows.map(({ element }) => element), luck));
    this.cards = [this.card];
  }

  news(entries) {
    for (const entry of entries) if (entry.ended) this.add(this.rows[entry.trial], entry);
  }

  add(row, { read }) {
    const value = this.options.path.split(".").reduce((part, name) => part?.[name], read);
    if (!Number.isFinite(value)) return;
    row.shares.push(value);
    const mean = row.shares.reduce((sum, share) => sum + share, 0) / row.shares.length;
    row.fill.style.transform = `scaleX(${Math.max(0.004, mean)})`;
    row.dots.append(h("i", { style: `--at: ${value}` }));
    say(row.value, String(Math.round(100 * mean)));
    if (this.options.check) {
      const agrees = this.options.check.split(".").reduce((part, name) => part?.[name], read);
      row.tag.className = `wil-result-tag ${agrees ? "wil-tag-right" : "wil-tag-wrong"}`;
      say(row.tag, agrees ? "check: green ✓" : "check: red ✗");
    }
  }

  reveal(results) {
    this.reset();
    results.forEach(({ runs }, i) => runs.forEach((run) => this.add(this.rows[i], run)));
    const best = Math.max(...this.rows.map(({ shares }) => shares.reduce((sum, share) => sum + share, 0)));
    for (const { element, shares } of this.rows) element.classList.toggle("wil-result-best", shares.reduce((sum, share) => sum + share, 0) === best);
  }

  reset() {
    for (const row of this.rows) {
      row.shares = [];
      row.fill.style.transform = "";
      row.dots.replaceChildren();
      row.element.classList.remove("wil-result-best");
      say(row.value, "?");
      say(row.tag, "");
      row.tag.className = "wil-result-tag";
    }
  }
}
