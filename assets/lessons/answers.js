// Ways to answer that stand beside a picture: choosing, setting numbers, putting in an order. Sketching and clicking
// happen in the picture itself; all share the same few methods.

import { h, say } from "../live/dom.js";
import { number } from "../live/format.js";
import { Card } from "./card.js";
import { fact, signed, verdict } from "./words.js";

let groups = 0;

// One of some options.
export class Choose {
  constructor({ options }, { changed, small }) {
    this.changed = changed;
    this.options = options;
    const name = `wil-choice-${++groups}`;
    this.inputs = options.map(([value]) => h("input", { type: "radio", name, value, onchange: () => this.changed() }));
    this.rows = options.map(([, label], i) => h("label", { class: "wil-choice" }, this.inputs[i], h("span", { class: "wil-choice-label" }, label), h("span", { class: "wil-choice-mark" })));
    const list = h("div", { class: "wil-choices", role: "radiogroup", "aria-label": "Your guess" }, this.rows);
    this.card = new Card("Your guess", "", 4, "wil-lesson-choose");
    this.card.body.append(list);
    this.elements = [small ? list : this.card.element];
  }

  get missing() {
    return this.inputs.some(({ checked }) => checked) ? [] : ["your choice"];
  }

  value() {
    return this.inputs.find(({ checked }) => checked)?.value;
  }

  put(guess) {
    for (const input of this.inputs) input.checked = input.value === guess;
  }

  clear() {
    this.put(null);
  }

  lock(on) {
    for (const input of this.inputs) input.disabled = on;
  }

  reveal(marks, { truth }, guess) {
    this.options.forEach(([value], i) => {
      const row = this.rows[i];
      row.classList.toggle("wil-true", value === truth);
      row.classList.toggle("wil-said", value === guess);
      const words = value === truth && value === guess ? "you, and it is so" : value === truth ? "what happened" : value === guess ? "you" : "";
      say(row.lastChild, words);
    });
    this.card.say(verdict(marks[0]), marks[0].verdict !== "off");
  }

  reset() {
    this.clear();
    this.card.say("");
    for (const row of this.rows) {
      row.classList.remove("wil-true", "wil-said");
      say(row.lastChild, "");
    }
  }
}

// A number for each part, by a slider; over powers of ten where the question gives a scale. Where the view has a card
// for each part, the slider stands in it.
export class Numbers {
  constructor(ask, { view, changed }) {
    this.ask = ask;
    this.changed = changed;
    const own = view.cards.length === ask.parts.length ? view.cards : null;
    this.card = own ? null : new Card("Your guess", "", 5, "wil-lesson-numbers");
    this.parts = ask.parts.map(([name, label], i) => new Dial(ask, name, label, own ? own[i] : this.card, Boolean(own), () => changed()));
    if (own) this.parts.forEach((part, i) => own[i].answer.append(part.element));
    else this.card.body.append(...this.parts.map((part) => part.element));
    this.elements = own ? [] : [this.card.element];
  }

  get missing() {
    return this.parts.filter(({ set }) => !set).map(({ label }) => label);
  }

  value() {
    return Object.fromEntries(this.parts.map(({ name, value }) => [name, value]));
  }

  put(guess) {
    for (const part of this.parts) part.put(guess[part.name]);
  }

  clear() {
    for (const part of this.parts) part.reset();
  }

  lock(on) {
    for (const part of this.parts) part.input.disabled = on;
  }

  reveal(marks) {
    this.parts.forEach((part, i) => part.reveal(marks[i]));
    if (this.card) {
      const near = marks.every(({ verdict: how }) => how !== "off");
      this.card.say(marks.every(({ verdict: how }) => how === "right") ? "right" : near ? "close" : "", near);
    }
  }

  reset() {
    for (const part of this.parts) part.reset();
    this.card?.say("");
  }
}

class Dial {
  constructor(ask, name, label, card, solo, changed) {
    Object.assign(this, { ask, name, label, card, solo, set: false });
    const { scale, low, high, step } = ask;
    this.places = scale ?? null;
    const range = scale ? { min: 0, max: scale.length - 1, step: 1 } : { min: low, max: high, step };
    const touch = () => {
      this.set = true;
      this.show();
      changed();
    };
    this.input = h("input", { class: "wil-range", type: "range", ...range, "aria-label": label, oninput: touch, onpointerup: touch });
    this.input.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), touch()));
    this.read = h("output", { class: "wil-dial-value" });
    this.truth = h("span", { class: "wil-dial-truth", hidden: true });
    this.track = h("div", { class: "wil-dial-track" }, this.input, this.truth);
    const ends = scale ? scale.map((value) => h("span", {}, signed(value))) : [h("span", {}, number(low)), h("span", {}, `${number(high)}`)];
    this.element = h(
      "div",
      { class: scale ? "wil-dial wil-dial-scale" : "wil-dial" },
      h("div", { class: "wil-dial-head" }, h("span", { class: "wil-label" }, solo ? "you say" : label), this.read),
      this.track,
      h("div", { class: "wil-dial-ends", "aria-hidden": "true" }, ends),
    );
    this.reset();
  }

  get value() {
    return this.places ? this.places[Number(this.input.value)] : Number(this.input.value);
  }

  words(value) {
    return this.places ? signed(value) : `${fact(value)}${this.ask.unit ? ` ${this.ask.unit}` : ""}`;
  }

  show() {
    const share = (100 * (this.input.value - this.input.min)) / (this.input.max - this.input.min);
    this.input.style.setProperty("--share", this.set && !this.places ? `${share}%` : "0%");
    this.element.classList.toggle("wil-unset", !this.set);
    say(this.read, this.set ? this.words(this.value) : "not set yet");
    this.input.setAttribute("aria-valuetext", this.set ? this.words(this.value) : "not set yet");
  }

  put(value) {
    this.input.value = this.places ? this.places.indexOf(value) : value;
    this.set = true;
    this.show();
  }

  // The truth as a mark on the same track.
  reveal(mark) {
    const { truth } = mark;
    const nearest = this.places ? this.places.reduce((best, value, i) => (Math.abs(value - truth) < Math.abs(this.places[best] - truth) ? i : best), 0) : truth;
    const share = (nearest - this.input.min) / (this.input.max - this.input.min);
    this.truth.hidden = false;
    this.truth.style.setProperty("--at", share);
    say(this.read, `you ${this.words(this.value)} · it ${this.words(truth)}`);
    if (this.solo) this.card.say(this.places ? { right: "right", close: "close", off: "not this time" }[mark.verdict] : verdict(mark), mark.verdict !== "off");
    this.element.dataset.verdict = mark.verdict;
  }

  reset() {
    const { min, max } = this.input;
    this.input.value = this.places ? this.places.indexOf(0) : Math.round((Number(min) + Number(max)) / 2);
    this.set = false;
    this.truth.hidden = true;
    delete this.element.dataset.verdict;
    this.show();
  }
}

// An order, the first on top: rows with buttons up and down, which can be dragged, too.
export class Rank {
  constructor({ parts }, { changed }) {
    this.parts = parts.map(([name, label]) => ({ name, label }));
    this.changed = changed;
    this.list = h("ol", { class: "wil-rank", "aria-label": "Your order, the best first" });
    this.card = new Card("Your order", "best first", 5, "wil-lesson-rank");
    this.card.body.append(this.list);
    this.elements = [this.card.element];
    this.reset();
  }

  get missing() {
    return this.set ? [] : ["your order"];
  }

  value() {
    return [...this.order];
  }

  put(guess) {
    this.order = [...guess];
    this.set = true;
    this.draw();
  }

  clear() {
    this.reset();
  }

  lock(on) {
    this.locked = on;
    this.draw();
  }

  label(name) {
    return this.parts.find((part) => part.name === name).label;
  }

  draw(marks = null) {
    this.list.replaceChildren(
      ...this.order.map((name, place) => {
        const label = this.label(name);
        const move = (by, sign, words) =>
          h("button", { class: "wil-button wil-small", type: "button", "aria-label": `${label}: ${words}`, disabled: this.locked || !this.order[place + by], "data-move": by, onclick: () => this.move(place, by) }, sign);
        const mark = marks && h("span", { class: `wil-rank-mark wil-rank-${marks[place].verdict}` }, marks[place].verdict === "right" ? "✓ right" : `came ${ordinal(marks[place].truth)}`);
        const row = h("li", { class: "wil-rank-row", draggable: !this.locked }, h("span", { class: "wil-rank-place" }, place + 1), h("span", { class: "wil-rank-label" }, label), mark ?? h("span", { class: "wil-rank-moves" }, move(-1, "↑", "up"), move(1, "↓", "down")));
        row.addEventListener("dragstart", () => (this.dragged = place));
        row.addEventListener("dragover", (event) => event.preventDefault());
        row.addEventListener("drop", () => this.dragged !== undefined && this.carry(this.dragged, place));
        return row;
      }),
    );
    if (!marks && !this.locked && !this.set) {
      const keep = h("button", { class: "wil-button wil-small wil-rank-keep", type: "button", onclick: () => this.agree() }, "This order is my guess");
      this.list.after(keep);
      this.keep?.remove();
      this.keep = keep;
    } else this.keep?.remove();
  }

  agree() {
    this.set = true;
    this.draw();
    this.changed();
  }

  move(place, by) {
    this.carry(place, place + by);
    this.list.children[place + by]?.querySelector(`[data-move="${by}"]:enabled, button:enabled`)?.focus();
  }

  carry(from, to) {
    const [name] = this.order.splice(from, 1);
    this.order.splice(to, 0, name);
    this.set = true;
    this.draw();
    this.changed();
  }

  reveal(marks) {
    this.locked = true;
    this.draw(marks);
    const right = marks.filter(({ verdict: how }) => how === "right").length;
    this.card.say(right === marks.length ? "right" : `${right} of ${marks.length} right`, right === marks.length);
  }

  reset() {
    this.order = this.parts.map(({ name }) => name);
    this.set = false;
    this.card.say("");
    this.draw();
  }
}

function ordinal(place) {
  return ["first", "second", "third", "fourth", "fifth", "sixth"][place - 1] ?? `at ${place}`;
}
