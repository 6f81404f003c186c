// How much of each class it gets right: one bar a class, and in words which goes best and which worst.

import { h, say } from "../live/dom.js";
import { classesOf } from "../live/run.js";

const SPOKEN_EVERY = 1000; // ms between two updates of the description for screen readers

export function mount(element, options, { status }) {
  const list = h("div", { class: "wil-bars", "aria-hidden": "true", style: "--bar: 14px" });
  const caption = h("p", { class: "wil-caption" }, "\u00a0");
  const box = h("div", { class: "wil-belief", role: "img" }, list, caption);
  element.append(box);
  let rows = [];
  let built = "";
  let spoken = -SPOKEN_EVERY;

  function build(names) {
    if (names.join("\n") === built) return;
    built = names.join("\n");
    rows = names.map((name) => {
      const bar = h("div", { class: "wil-bar-fill" });
      const value = h("span", { class: "wil-bar-value" });
      return { bar, value, element: h("div", { class: "wil-bar-row wil-winner" }, h("span", { class: "wil-bar-name" }, name), h("div", { class: "wil-bar-track" }, bar), value) };
    });
    list.replaceChildren(...rows.map((row) => row.element));
  }

  function draw(arrays) {
    const { accuracy } = arrays.confusion;
    if (!accuracy.length) return;
    const names = classesOf(status());
    build(names);
    let best = 0;
    let worst = 0;
    rows.forEach(({ bar, value }, i) => {
      if (accuracy[i] > accuracy[best]) best = i;
      if (accuracy[i] < accuracy[worst]) worst = i;
      bar.style.transform = `scaleX(${Math.max(0.012, accuracy[i])})`;
      say(value, `${Math.round(100 * accuracy[i])} %`);
    });
    say(caption, `best at ${names[best]}, worst at ${names[worst]}`);
    const now = performance.now();
    if (now - spoken < SPOKEN_EVERY) return;
    spoken = now;
    box.setAttribute("aria-label", `Right answers by class: ${names.map((name, i) => `${name} ${Math.round(100 * accuracy[i])} %`).join(", ")}`);
  }

  return { draw, resize() {}, destroy() {} };
}
