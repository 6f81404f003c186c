// How much of each class is recognized: a bar a class, with the dashed line that guessing would reach.

import { h, say } from "../live/dom.js";
import { percent } from "../live/format.js";
import { classesOf } from "../live/run.js";

export function mount(element, options, { status }) {
  const list = h("div", { class: "wil-class-bars", role: "img" });
  const words = h("p", { class: "wil-caption" }, "\u00a0");
  element.append(h("div", { class: "wil-class-frame" }, list, words));
  let rows = [];
  let key = "";

  // Rows are built when the classes are others.
  function build(names) {
    if (key === names.join("\n")) return;
    key = names.join("\n");
    rows = names.map((name) => {
      const bar = h("div", { class: "wil-bar-fill" });
      const value = h("span", { class: "wil-bar-value" });
      const guess = h("div", { class: "wil-guess", style: `left: ${100 / names.length}%` });
      const track = h("div", { class: "wil-bar-track wil-class-track" }, bar, guess);
      return { bar, value, element: h("div", { class: "wil-bar-row" }, h("span", { class: "wil-bar-name" }, name), track, value) };
    });
    list.replaceChildren(...rows.map(({ element }) => element));
  }

  function draw(arrays) {
    const shares = arrays.confusion.accuracy;
    const names = classesOf(status());
    if (!shares.length || names.length !== shares.length) return;
    build(names);
    const order = [...shares.keys()].sort((one, other) => shares[one] - shares[other]);
    rows.forEach(({ bar, value }, i) => {
      bar.style.transform = `scaleX(${Math.max(0.004, shares[i])})`;
      say(value, percent(shares[i]));
    });
    const [worst, best] = [order[0], order[order.length - 1]];
    say(words, `best at ${names[best]} · worst at ${names[worst]} · dashed: guessing`);
    list.setAttribute("aria-label", `Right answers by class: ${names.map((name, i) => `${name} ${percent(shares[i])}`).join(", ")}.`);
  }

  return { draw, resize: () => {}, restart: () => rows.forEach(({ bar, value }) => (say(value, "–"), (bar.style.transform = "scaleX(0.004)"))), destroy: () => {} };
}
