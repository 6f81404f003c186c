// What the update did: the step of the one number, the loss as promised and as it came, and the ripple on unseen examples.

import { Sheet } from "../../live/canvas.js";
import { h, say } from "../../live/dom.js";
import { count } from "../../live/format.js";
import { plain, sig, signed, telling } from "./numbers.js";

export class Effects {
  constructor(theme, words) {
    this.theme = theme;
    this.words = words;
    this.sum = h("div", { class: "wilu-descent" });
    this.track = h("div", { class: "wilu-track" });
    this.promise = h("div", { class: "wilu-promise" });
    this.kept = h("p", { class: "wilu-caption-left" });
    this.title = h("h2", { class: "wil-card-title" }, h("strong", {}, "The ripple "));
    this.waves = h("div", { class: "wilu-waves", role: "img" });
    this.sheet = new Sheet(this.waves, () => this.paint());
    this.element = h(
      "section",
      { class: "wil-card wilu-effects", "aria-label": "What the update did" },
      h("div", { class: "wilu-effect", "data-link": "w" }, h("h2", { class: "wil-card-title" }, h("strong", {}, "Update "), "a step against the slope"), this.sum, this.track),
      h("div", { class: "wilu-effect", "data-link": "effect" }, h("h2", { class: "wil-card-title" }, h("strong", {}, "Did the loss fall as promised?")), this.promise, this.kept),
      h("div", { class: "wilu-effect wilu-ripple", "data-link": "ripple" }, this.title, this.waves),
    );
  }

  // The one number's step. `hidden` keeps the gradient back while a factor is to be found.
  step(model, hidden) {
    const { values } = model.equations.at(-1);
    const before = model.equations[0].values.w_0 ?? values.w;
    const after = values["w'"];
    const change = after - before;
    const simple = model.optimizer === "sgd";
    const item = (value, what) => h("span", { class: "wilu-term" }, h("span", { class: "wilu-big" }, value), h("span", { class: "wilu-origin" }, what));
    const sign = (text) => h("span", { class: "wilu-operator" }, text);
    const gradient = hidden ? "?" : sig(simple ? values.g : model.gradient);
    const digits = telling(after, change);
    this.sum.classList.toggle("wilu-long", digits > 5);
    this.sum.replaceChildren(
      item(sig(before, digits), `old ${model.symbol}`),
      sign(simple ? "−" : change < 0 ? "−" : "+"),
      simple ? item(`${plain(model.learning_rate)} × ${!hidden && values.g < 0 ? `(${gradient})` : gradient}`, "rate × gradient") : item(hidden ? "?" : sig(Math.abs(change)), `${model.optimizer}’s step`),
      sign("="),
      item(hidden ? "?" : sig(after, digits), `new ${model.symbol}`),
    );
    this.track.hidden = hidden;
    this.track.replaceChildren(...line(before, after, change));
  }

  show({ promised, before, after, helped, hurt, rows }, arrays, model) {
    const actual = after - before;
    const most = Math.max(Math.abs(promised), Math.abs(actual), 1e-30);
    const row = (name, value, kind) =>
      h(
        "div",
        { class: "wilu-promise-row" },
        h("span", {}, name),
        h("strong", {}, signed(value, 4)),
        h("span", { class: "wilu-promise-track" }, h("span", { class: `${kind} ${value > 0 ? "wilu-rose" : ""}`, style: `width: ${(100 * Math.abs(value)) / most}%` })),
      );
    this.promise.replaceChildren(row("promised", promised, "wilu-promised"), row("actual", actual, "wilu-actual"), h("p", { class: "wilu-origin wilu-apart" }, h("span", {}, `after: ${sig(after, 4)}`), h("span", {}, `loss before: ${sig(before, 4)}`)));
    say(this.kept, this.verdict(promised, actual, model) + (rows < model.n ? ` (On ${count(rows)} of ${count(model.n)} rows.)` : ""));
    this.helped = { helped, hurt };
    this.arrays = arrays;
    this.names = model.names;
    const classes = this.classes();
    const words = this.words.nodes("ripple", { count: count(arrays.change.length), helped: count(helped), hurt: count(hurt) });
    this.title.replaceChildren(h("strong", {}, "The ripple "), ...words, ` ${classes}`);
    this.waves.setAttribute("aria-label", `Of ${arrays.change.length} unseen examples the update helped ${helped} and hurt ${hurt}. ${classes}`);
    this.paint();
  }

  verdict(promised, actual, model) {
    if (promised === 0) return this.words.plain("promise none");
    const share = actual / promised;
    const kept = { share: `${Math.round(100 * share)} %` };
    if (model.bugs.length) return this.words.plain("promise bug", kept);
    if (share < 0) return this.words.plain("promise broken");
    if (Math.abs(share - 1) < 0.02) return this.words.plain("promise kept");
    return this.words.plain(share < 1 ? "promise part" : "promise more", kept);
  }

  // Which classes gained and paid most on the mean, where that is clear.
  classes() {
    const { change, label } = this.arrays;
    if (this.names.length < 3) return "";
    const means = this.names.map((_, k) => {
      const own = Array.from(change).filter((_, i) => label[i] === k);
      return own.length ? own.reduce((sum, value) => sum + value, 0) / own.length : 0;
    });
    const gains = means.indexOf(Math.min(...means));
    const pays = means.indexOf(Math.max(...means));
    if (!(means[gains] < 0 && means[pays] > 0)) return "";
    return this.words.plain("ripple classes", { gains: this.names[gains], pays: this.names[pays] });
  }

  // Every unseen example a stroke: up where its loss fell. By class, best first.
  paint() {
    const pen = this.sheet.clear();
    const { width, height } = this.sheet;
    if (!this.arrays || !width) return;
    const { theme } = this;
    const { change, label } = this.arrays;
    const bottom = height - 20;
    const most = Math.max(...Array.from(change, Math.abs), 1e-12);
    const middle = bottom / 2 + 2;
    pen.font = theme.font(13);
    const scale = [`fell by ${sig(most, 2)}`, "unchanged", `rose by ${sig(most, 2)}`];
    const left = 12 + Math.max(...scale.map((text) => pen.measureText(text).width));
    const groups = [...new Set(label)];
    const step = (width - left) / (change.length + 2 * groups.length);
    pen.textAlign = "right";
    for (const [y, text] of [[10, scale[0]], [middle, scale[1]], [bottom - 4, scale[2]]]) {
      pen.fillStyle = theme.colour("line");
      pen.fillRect(left, Math.round(y), width - left, 1);
      pen.fillStyle = theme.colour("muted");
      pen.fillText(text, left - 8, y + 4.5);
    }
    let x = left + step;
    groups.forEach((group) => {
      const start = x;
      for (let k = 0; k < change.length; k++) {
        if (label[k] !== group) continue;
        const tall = (Math.abs(change[k]) / most) * (middle - 10);
        pen.fillStyle = theme.colour(change[k] < 0 ? "fill" : "baseline");
        pen.fillRect(x, change[k] < 0 ? middle - tall : middle, Math.max(1, step * 0.8), Math.max(0.5, tall));
        x += step;
      }
      pen.textAlign = "center";
      pen.fillStyle = theme.colour("muted");
      if (group >= 0) pen.fillText(this.names[group] ?? group, (start + x) / 2, height - 4);
      x += 2 * step;
    });
  }

  destroy() {
    this.sheet.destroy();
  }
}

// The number on its line, before and after.
function line(before, after, change) {
  if (!change) return [h("p", { class: "wilu-origin" }, "It does not move.")];
  const middle = (before + after) / 2;
  const reach = Math.abs(change) * 1.25;
  const place = (value) => 50 + (50 * (value - middle)) / reach;
  const [from, to] = [place(before), place(after)];
  return [
    h("span", { class: "wilu-track-line" }),
    h("span", { class: `wilu-track-step ${change < 0 ? "wilu-back" : ""}`, style: `left: ${Math.min(from, to)}%; width: ${Math.abs(to - from)}%` }),
    h("span", { class: "wilu-track-old", style: `left: ${from}%` }),
    h("span", { class: "wilu-track-new", style: `left: ${to}%` }),
    h("span", { class: "wilu-track-label", style: `left: ${(from + to) / 2}%` }, signed(change)),
  ];
}
