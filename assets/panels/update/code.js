// The core's own lines that did it, with the numbers that they computed for the chosen parameter; and the gradient check.

import { h, say } from "../../live/dom.js";
import { count } from "../../live/format.js";
import { minus, sig } from "./numbers.js";

const LARGEST_BATCH = 1024; // rows; larger ones are worked through in pieces by the plain engine

export class Code {
  constructor(words) {
    this.words = words;
    this.file = h("span", { class: "wilu-file" });
    this.where = h("span", { class: "wilu-where" });
    this.listing = h("div", { class: "wilu-listing", tabindex: "0", role: "region", "aria-label": "The code that does it" });
    this.engine = h("p", { class: "wilu-origin" });
    this.check = new Check(words);
    this.element = h(
      "section",
      { class: "wil-card wilu-code", "aria-label": "The code, and the gradient check" },
      h("header", { class: "wil-card-head" }, h("h2", { class: "wil-card-title" }, h("strong", {}, "The code "), this.file), this.where),
      this.listing,
      this.engine,
      this.check.element,
    );
  }

  take(text) {
    if (text === this.text) return;
    this.text = text;
    this.excerpts = JSON.parse(text);
    this.drawn = "";
  }

  // The code of a stage. `notes` are {link: [numbers, shapes]}, `badges` {link: mark}, `blank` links that keep quiet.
  show(model, stage, layer, notes, badges, blank) {
    if (!this.excerpts) return;
    const here = this.excerpts.filter((excerpt) => excerpt.stage === stage);
    const signature = JSON.stringify([this.text.length, stage, layer, notes, badges, blank]);
    if (signature === this.drawn) return;
    this.drawn = signature;
    say(this.file, here[0]?.file ?? "");
    say(this.where, `layer ${layer + 1}`);
    this.engine.hidden = model.optimizer !== "sgd" || model.n > LARGEST_BATCH;
    say(this.engine, this.words.plain(model.n === 1 ? "engine" : "engine of batches"));
    this.listing.replaceChildren(...here.flatMap((excerpt, k) => this.excerpt(excerpt, k && excerpt.file !== here[k - 1].file, notes, badges, blank)));
  }

  excerpt({ file, lines, marks, bug, name }, another, notes, badges, blank) {
    const links = new Map();
    for (const [line, link] of marks) links.set(line, [...(links.get(line) ?? []), link]);
    const title = another || bug ? h("p", { class: "wilu-file" }, bug ? `${file}: a bug, ${name}` : file) : null;
    const body = lines.map((line, k) => {
      const here = links.get(k) ?? [];
      const shown = here.filter((link) => badges[link]);
      return h(
        "div",
        { class: `wilu-line ${here.length ? "" : "wilu-aside"} ${bug && here.length ? "wilu-bug-line" : ""}`, "data-link": here.join(" ") || null, tabindex: here.length ? "0" : null },
        h("span", { class: "wilu-gutter", "aria-hidden": "true" }, shown.map((link) => h("span", { class: "wilu-badge" }, badges[link]))),
        h("code", { style: `--indent: ${(line.length - line.trimStart().length) / 4}` }, line.trim() || " "),
        here.map((link) => (blank.includes(link) ? h("p", { class: "wilu-note", "data-of": link }, "?") : notes[link] && h("p", { class: "wilu-note", "data-of": link }, h("span", {}, notes[link][0]), h("span", { class: "wilu-shape" }, notes[link][1])))),
      );
    });
    return [title, h("div", { class: "wilu-excerpt" }, body)].filter(Boolean);
  }

  // Brings the lit line into sight without moving the page.
  reveal(link) {
    const line = [...this.listing.querySelectorAll("[data-link]")].find((one) => one.dataset.link.split(" ").includes(link));
    if (!line) return;
    const { listing } = this;
    const top = line.offsetTop;
    if (top < listing.scrollTop + 20 || top + line.offsetHeight > listing.scrollTop + listing.clientHeight - 10) {
      listing.scrollTop = Math.max(0, top - listing.clientHeight / 3);
    }
  }
}

// Nudge a number, measure the loss, compare: one weight now, all of them as they come in.
export class Check {
  constructor(words) {
    this.words = words;
    this.method = h("span", { class: "wilu-origin" });
    this.backward = h("span", { class: "wilu-figures" });
    this.nudged = h("span", { class: "wilu-figures" });
    this.error = h("span", { class: "wilu-figures" });
    this.verdict = h("strong", { class: "wilu-agreement" });
    this.all = h("p", { class: "wilu-all", role: "status" });
    this.element = h(
      "div",
      { class: "wilu-check-box", "data-testid": "check" },
      h("h2", { class: "wil-card-title" }, h("strong", {}, "Check it "), this.method),
      h("dl", {}, h("dt", {}, "backward says"), h("dd", {}, this.backward), h("dt", {}, "nudging measures"), h("dd", {}, this.nudged), h("dt", {}, "relative error"), h("dd", {}, this.error, this.verdict)),
      this.all,
    );
  }

  // One number's outcome; `hidden` keeps it back while a factor is to be found.
  one({ analytic, numeric, error, limit, rows }, model, hidden) {
    const text = this.words.plain("nudge", { w: model.symbol });
    say(this.method, rows < model.n ? `${text}, ${this.words.plain("nudge rows", { rows: count(rows), n: count(model.n) })}` : text);
    const [a, b] = [decimals(Number(analytic)), decimals(Number(numeric))];
    const same = common(a, b);
    for (const [element, digits] of [[this.backward, a], [this.nudged, b]]) {
      if (hidden) say(element, "?");
      else element.replaceChildren(digits.slice(0, same), h("span", { class: "wilu-rest-digits" }, digits.slice(same)));
    }
    say(this.error, error === 0 ? "0 " : `${sig(error, 2)} `);
    const wrong = !(error <= limit);
    say(this.verdict, wrong ? "✗ disagrees" : "✓ agrees");
    this.element.dataset.one = wrong ? "wrong" : "right";
  }

  // All arrays: {done, total, arrays: [{name, error, checked, size}], limit}.
  many({ done, total, arrays, limit }) {
    const checked = arrays.reduce((sum, { checked }) => sum + checked, 0);
    const wrong = arrays.filter(({ error }) => error > limit);
    const ready = done >= total;
    this.element.dataset.all = wrong.length ? "wrong" : ready ? "right" : "checking";
    const numbers = count(checked);
    const where = wrong.length === arrays.length ? "every array" : wrong.map(({ name }) => name).join(", ");
    if (wrong.length) say(this.all, `✗ ${where}: backward and nudging disagree${ready ? "" : " (checking on)"}`);
    else say(this.all, ready ? `✓ all ${numbers} numbers agree` : `checking all numbers: ${Math.floor((100 * done) / total)} %`);
  }
}

// Enough decimals to see where two numbers part.
function decimals(value) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)));
  return power < -6 || power > 6 ? minus(value.toExponential(12)).replace("e−", " × 10^−").replace("e+", " × 10^") : minus(value.toFixed(Math.min(18, 12 - power)));
}

function common(one, other) {
  let k = 0;
  while (k < one.length && one[k] === other[k]) k++;
  return k;
}
