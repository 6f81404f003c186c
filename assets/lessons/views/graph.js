// A small network as a picture: units as circles, links as lines whose width is the weight, with a number on each.
// Used by the lessons that look at single links.

import { svg } from "../../live/dom.js";

const HEIGHT = 330;

// Whether a picture has to do with little room: on a phone, or within a card.
export function narrow(small) {
  return small || matchMedia("(max-width: 759px)").matches;
}

// Draws the network into a new SVG. `link(l, i, j)` gives what to say of a link: {weight, label, classes, attributes}.
export function drawGraph(sizes, names, link, close) {
  const width = close ? 400 : 620;
  const margin = close ? 32 : 80;
  const at = sizes.map((units, l) => {
    const x = margin + (l * (width - 2 * margin)) / (sizes.length - 1);
    return Array.from({ length: units }, (_, i) => [x, HEIGHT / 2 + (i - (units - 1) / 2) * 170]);
  });
  const lines = [];
  const labels = [];
  sizes.slice(1).forEach((units, l) => {
    for (let i = 0; i < sizes[l]; i++)
      for (let j = 0; j < units; j++) {
        const [[x1, y1], [x2, y2]] = [at[l][i], at[l + 1][j]];
        const { weight, label, classes = "", attributes = {} } = link(l, i, j);
        const sign = weight > 0 ? "wil-link-plus" : weight < 0 ? "wil-link-minus" : "wil-link-zero";
        const share = i === j || sizes[l] === 1 || units === 1 ? 0.5 : 0.27;
        const [x, y] = [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share];
        const path = `M${x1 + 27} ${y1}L${x2 - 27} ${y2}`;
        lines.push(
          svg(
            "g",
            { class: `wil-net-link ${sign} ${classes}`, ...attributes },
            svg("path", { d: path, class: "wil-net-reach" }),
            svg("path", { d: path, class: "wil-net-ring" }),
            svg("path", { d: path, class: "wil-net-line", "stroke-width": 1.5 + 7 * Math.min(1, Math.abs(weight)) }),
            plate(label, x, y),
          ),
        );
      }
  });
  at.forEach((layer, l) =>
    layer.forEach(([x, y], i) => {
      labels.push(svg("circle", { cx: x, cy: y, r: 26, class: "wil-net-unit" }), svg("text", { x, y: y + 5, class: "wil-net-name", "text-anchor": "middle" }, names[l][i]));
    }),
  );
  return svg("svg", { class: "wil-net", viewBox: `0 0 ${width} ${HEIGHT}` }, lines, labels);
}

function plate(words, x, y) {
  const wide = words.length * 8 + 14;
  return svg(
    "g",
    { class: "wil-net-plate" },
    svg("rect", { x: x - wide / 2, y: y - 12, width: wide, height: 24, rx: 8 }),
    svg("text", { x, y: y + 5, "text-anchor": "middle" }, words),
  );
}
