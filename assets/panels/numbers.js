// The layers in numbers: a table, one row a layer, of what the pictures show and what they leave out.

import { h, say } from "../live/dom.js";
import { count, number, percent } from "../live/format.js";

const COLUMNS = [
  ["mean of z", "mean of the sums"],
  ["spread of z", "standard deviation of the sums"],
  ["mean of a", "mean of the answers"],
  ["spread of a", "standard deviation of the answers"],
  ["saturated", "share of answers where the slope is nearly gone"],
  ["|dL/dz|", "gradient at the sums, middle of the examples"],
  ["|dL/dW|", "gradient of the weights"],
  ["change ÷ weights", "update to weight ratio"],
];

export function mount(element) {
  const body = h("tbody", {});
  const head = h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "layer"), COLUMNS.map(([name, title]) => h("th", { scope: "col", title }, name))));
  element.append(h("div", { class: "wil-numbers-room" }, h("table", { class: "wil-numbers-table" }, head, body)));
  let lines = [];

  function draw(arrays, scalars) {
    const { moments, saturated, felt, gradient, ratio, widths } = arrays.layers;
    const activations = scalars.layers.activations.split(",");
    if (lines.length !== widths.length) {
      lines = Array.from(widths, () => ({ name: h("th", { scope: "row" }), cells: COLUMNS.map(() => h("td", {})) }));
      body.replaceChildren(...lines.map(({ name, cells }) => h("tr", {}, name, cells)));
    }
    lines.forEach(({ name, cells }, l) => {
      say(name, `${l + 1} · ${widths[l]} ${activations[l].replace("_", " ")}`);
      const speed = ratio[3 * l + 1];
      const values = [
        ...Array.from(moments.subarray(4 * l, 4 * l + 4), (value) => number(value)),
        Number.isFinite(saturated[l]) ? percent(saturated[l]) : "–",
        number(felt[3 * l + 1]),
        number(gradient[l]),
        speed > 0 ? `1 in ${count(Number((1 / speed).toPrecision(2)))}` : Number.isFinite(speed) ? "0" : "–",
      ];
      values.forEach((value, i) => say(cells[i], value));
    });
  }

  return { draw, resize() {}, destroy() {} };
}
