// The unseen examples that excite one unit most, and those that excite it least; a click looks at one of them.

import { Pixels } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { number } from "../live/format.js";
import { classesOf } from "../live/run.js";

export function mount(element, options, { theme, ask, status, light }) {
  const rows = ["most", "least"].map((name) => {
    const tiles = h("div", { class: "wil-example-tiles" });
    return { name, tiles, made: [], element: h("div", { class: "wil-examples-row" }, h("span", { class: "wil-examples-name" }, name), tiles) };
  });
  element.append(h("div", { class: "wil-examples" }, rows.map((row) => row.element)));
  let last = null;
  const unfollow = light.follow(() => dim());

  function draw(arrays, scalars) {
    const { most } = scalars.examples;
    last = { ...arrays.examples, most };
    const total = last.rows.length;
    fill(rows[0], 0, most);
    fill(rows[1], most, total);
    dim();
  }

  function fill(row, from, to) {
    while (row.made.length > to - from) row.made.pop().element.remove();
    while (row.made.length < to - from) row.made.push(tile(row));
    const names = classesOf(status());
    const { images, answers, labels } = last;
    for (let i = from; i < to; i++) {
      const made = row.made[i - from];
      made.at = i;
      if (images) {
        const [, height, width] = images.shape;
        made.pixels.show(images.subarray(i * height * width, (i + 1) * height * width), width, height, theme.bytes("zero", "ink"));
      }
      const label = labels.length ? names[labels[i]] : "";
      say(made.caption, number(answers[i], 2));
      made.element.setAttribute("aria-label", `Unseen example ${last.rows[i] + 1}${label ? `, a ${label}` : ""}: its answer is ${number(answers[i], 2)}. Look at it.`);
      if (!images) say(made.frame, label || `${last.rows[i] + 1}`);
    }
  }

  function tile(row) {
    const made = { frame: h("span", { class: "wil-example-frame" }), caption: h("span", { class: "wil-example-answer" }) };
    made.pixels = last.images ? new Pixels(made.frame) : null;
    made.element = h("button", {
      class: "wil-example",
      type: "button",
      onclick: () => ask({ cmd: "look", how: "index", value: last.rows[made.at] }),
      onpointerenter: () => light.set({ sample: last.rows[made.at], class: last.labels.length ? last.labels[made.at] : undefined }),
      onpointerleave: () => light.set({}),
    }, made.frame, made.caption);
    row.tiles.append(made.element);
    return made;
  }

  function dim() {
    if (!last) return;
    const { class: lit } = light.on;
    for (const { made } of rows) {
      for (const one of made) one.element.classList.toggle("wil-dim", lit !== undefined && last.labels.length > 0 && last.labels[one.at] !== lit);
    }
  }

  return {
    draw,
    resize: () => last && (fill(rows[0], 0, last.most), fill(rows[1], last.most, last.rows.length)),
    restart: () => (last = null),
    destroy: unfollow,
  };
}
