// A small network whose links can be marked, by mouse or keyboard. Afterwards every link shows the gradient it got.

import { say } from "../../live/dom.js";
import { number } from "../../live/format.js";
import { Card } from "../card.js";
import { verdict } from "../words.js";
import { drawGraph, narrow } from "./graph.js";

const SIZES = [2, 2, 1];
const NAMES = [["x1", "x2"], ["h1", "h2"], ["y"]];

export class View {
  constructor({ ask, labels }, { changed, small }) {
    this.close = narrow(small);
    this.clicks = ask.kind === "click";
    this.sizes = ask.sizes ?? SIZES;
    this.changed = changed;
    this.card = new Card(this.clicks ? "Mark the links without blame" : labels[0][0], "", 12, "wil-lesson-links");
    this.cards = [this.card];
    this.marked = new Set();
    this.draw();
  }

  setup(read) {
    if (this.gradients) return;
    this.numbers = read.numbers ?? this.numbers;
    this.draw();
  }

  draw() {
    if (!this.numbers) return this.card.body.replaceChildren();
    const focused = this.card.body.querySelector(":focus")?.dataset.link;
    const graph = drawGraph(this.sizes, NAMES, (l, i, j) => this.link(l, i, j), this.close);
    this.card.body.replaceChildren(graph);
    if (focused) this.card.body.querySelector(`[data-link="${focused}"]`)?.focus();
    if (this.clicks && !this.gradients) this.card.say(this.marked.size ? `${this.marked.size} marked` : "");
  }

  link(l, i, j) {
    const name = `${l}:${i}:${j}`;
    const weight = this.numbers[`W${l}`][i][j];
    const chosen = this.marked.has(name);
    const words = `The link from ${NAMES[l][i]} to ${NAMES[l + 1][j]}, weight ${number(weight, 2)}`;
    const gradient = this.gradients?.[`W${l}`][i][j];
    const known = gradient !== undefined;
    const right = known && this.clicks && chosen === (gradient === 0);
    const classes = [chosen ? "wil-link-marked" : "", known ? (gradient === 0 ? "wil-link-dead" : "wil-link-blamed") : "", known && this.clicks && !right ? "wil-link-wrong" : ""].join(" ");
    const blame = known && `${this.close ? "" : "blame "}${gradient === 0 ? "0" : number(gradient, 2)}`;
    const label = known ? blame + (this.clicks ? (right ? " ✓" : " ✗") : "") : `${this.close ? "" : "w "}${number(weight, 2)}`;
    const toggle = () => this.toggle(name);
    const attributes = { "data-link": name };
    if (this.clicks) {
      Object.assign(attributes, { role: "checkbox", tabindex: "0", "aria-checked": String(chosen), "aria-label": known ? `${words}, gradient ${number(gradient, 2)}` : words, "aria-disabled": String(Boolean(this.locked)), onclick: toggle });
      attributes.onkeydown = (event) => (event.key === " " || event.key === "Enter") && (event.preventDefault(), toggle());
    }
    return { weight, label, classes, attributes };
  }

  toggle(name) {
    if (this.locked) return;
    if (!this.marked.delete(name)) this.marked.add(name);
    this.draw();
    this.changed();
  }

  get missing() {
    return this.marked.size ? [] : ["the links"];
  }

  value() {
    return [...this.marked].sort();
  }

  put(guess) {
    this.marked = new Set(guess);
    this.draw();
  }

  clear() {
    this.put([]);
  }

  lock(on) {
    this.locked = on;
    this.draw();
  }

  reveal(results, { marks }, guess) {
    const { read } = results[0].runs[0];
    this.numbers = read.numbers;
    this.gradients = read.gradients;
    if (this.clicks) this.marked = new Set(guess);
    this.draw();
    if (this.clicks) this.card.say(marks[0].verdict === "close" ? "close: one link off" : verdict(marks[0]), marks[0].verdict !== "off");
    else say(this.card.mark, "");
  }

  reset() {
    this.gradients = null;
    this.marked.clear();
    this.draw();
  }
}
