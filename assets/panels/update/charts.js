// Small pictures of a few numbers, as SVG: signed bars, a curve with a point and its slope, sorted values with a mark.

import { svg } from "../../live/dom.js";
import { sig } from "./numbers.js";

const WIDTH = 112;
const HEIGHT = 54;

function frame(...children) {
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "wilu-mini", "aria-hidden": "true" }, children.flat());
}

// Signed bars; `marks` are places that stand out, `names` what stands under the ends and the largest.
export function bars(values, { marks = [], names = null } = {}) {
  const most = Math.max(...values.map(Math.abs), 1e-30);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const room = HEIGHT - (names ? 16 : 4);
  const scale = room / (high - low || 1);
  const zero = 2 + high * scale;
  const step = WIDTH / values.length;
  const wide = Math.max(0.6, step * (values.length > 40 ? 0.85 : 0.7));
  const drawn = [];
  values.forEach((value, i) => {
    if (!value) return;
    const tall = Math.max(0.8, Math.abs(value) * scale);
    drawn.push(svg("rect", { x: (i + 0.5) * step - wide / 2, y: value > 0 ? zero - tall : zero, width: wide, height: tall, class: value > 0 ? "wilu-plus" : "wilu-minus" }));
  });
  drawn.push(svg("line", { x1: 0, x2: WIDTH, y1: zero, y2: zero, class: "wilu-axis" }));
  for (const i of marks) drawn.push(svg("rect", { x: (i + 0.5) * step - wide / 2 - 1.5, y: 1, width: wide + 3, height: room + 2, class: "wilu-mark" }));
  if (names) {
    const largest = values.reduce((best, value, i) => (Math.abs(value) === most ? i : best), 0);
    for (const i of new Set([0, largest, ...marks])) {
      drawn.push(svg("text", { x: Math.min(WIDTH - 4, Math.max(4, (i + 0.5) * step)), y: HEIGHT - 1, class: i === largest || marks.includes(i) ? "wilu-strong" : "" }, names[i]));
    }
  }
  return frame(drawn);
}

// A curve with a point on it and, where `steepness` is a number, the tangent there.
export function slope(zs, as, z, a, steepness, label) {
  const low = Math.min(...as, a);
  const high = Math.max(...as, a);
  const x = (value) => 2 + ((value - zs[0]) / (zs[zs.length - 1] - zs[0])) * (WIDTH - 4);
  const y = (value) => HEIGHT - 5 - ((value - low) / (high - low || 1)) * (HEIGHT - 10);
  const path = Array.from(zs, (value, i) => `${i ? "L" : "M"}${x(value).toFixed(1)} ${y(as[i]).toFixed(1)}`).join("");
  const dx = x(z + 1) - x(z);
  const dy = y(a + steepness) - y(a);
  const length = Math.hypot(dx, dy) || 1;
  const [tx, ty] = [(26 * dx) / length, (26 * dy) / length];
  return frame(
    svg("path", { d: path, class: "wilu-curve-line" }),
    steepness === null ? null : svg("line", { x1: x(z) - tx, y1: y(a) - ty, x2: x(z) + tx, y2: y(a) + ty, class: "wilu-tangent" }),
    svg("circle", { cx: x(z), cy: y(a), r: 4, class: "wilu-dot" }),
    as[0] <= as[as.length - 1] && x(z) < WIDTH * 0.62
      ? svg("text", { x: WIDTH, y: HEIGHT - 3, style: "text-anchor: end" }, label)
      : svg("text", { x: 0, y: 11, style: "text-anchor: start" }, label),
  );
}

// Values from the most negative to the most positive, and where one of them stands.
export function sorted(quantiles, value) {
  const most = Math.max(...quantiles.map(Math.abs), Math.abs(value), 1e-30);
  const zero = HEIGHT * 0.5;
  const step = WIDTH / quantiles.length;
  let place = quantiles.findIndex((other) => other >= value);
  if (place < 0) place = quantiles.length - 1;
  return frame(
    Array.from(quantiles, (one, i) => {
      const tall = Math.max(0.6, (Math.abs(one) / most) * (HEIGHT / 2 - 3));
      return svg("rect", { x: i * step, y: one > 0 ? zero - tall : zero, width: step * 0.8, height: tall, class: one > 0 ? "wilu-plus" : "wilu-minus" });
    }),
    svg("line", { x1: 0, x2: WIDTH, y1: zero, y2: zero, class: "wilu-axis" }),
    svg("line", { x1: (place + 0.5) * step, x2: (place + 0.5) * step, y1: 8, y2: HEIGHT - 2, class: "wilu-pin" }),
    svg("circle", { cx: (place + 0.5) * step, cy: 7, r: 4, class: "wilu-dot" }),
  );
}

// The layer's inputs from the largest to the smallest, one of them picked out.
export function ranked(values, chosen) {
  const order = Array.from(values.keys()).sort((one, other) => values[other] - values[one]);
  const kept = order.length > 128 ? order.filter((_, i) => i % Math.ceil(order.length / 128) === 0 || order[i] === chosen) : order;
  const most = Math.max(...values.map(Math.abs), 1e-30);
  const negative = values.some((value) => value < 0);
  const zero = negative ? HEIGHT / 2 : HEIGHT - 2;
  const room = negative ? HEIGHT / 2 - 3 : HEIGHT - 8;
  const step = WIDTH / kept.length;
  return frame(
    kept.map((i, k) => {
      const tall = Math.max(0.5, (Math.abs(values[i]) / most) * room);
      return svg("rect", { x: k * step, y: values[i] >= 0 ? zero - tall : zero, width: Math.max(0.7, step * 0.85), height: tall, class: i === chosen ? "wilu-chosen" : "wilu-much" });
    }),
    svg("line", { x1: 0, x2: WIDTH, y1: zero, y2: zero, class: "wilu-axis" }),
    kept.includes(chosen) ? svg("circle", { cx: (kept.indexOf(chosen) + 0.5) * step, cy: 5, r: 3.5, class: "wilu-dot" }) : null,
  );
}

// The loss on the way from the old parameters to the new ones, and the straight line that its slope at the start promised.
export function along(losses, promised) {
  const [wide, tall, left, foot] = [430, 190, 56, 30];
  const end = losses[0] + promised;
  const low = Math.min(...losses, end);
  const high = Math.max(...losses, end);
  const x = (share) => left + share * (wide - left - 112);
  const y = (loss) => 14 + ((high - loss) / (high - low || 1)) * (tall - 14 - foot);
  const path = Array.from(losses, (loss, i) => `${i ? "L" : "M"}${x(i / (losses.length - 1)).toFixed(1)} ${y(loss).toFixed(1)}`).join("");
  const last = losses[losses.length - 1];
  const apart = Math.abs(y(end) - y(last)) < 15 ? (y(end) > y(last) ? 8 : -8) : 0;
  const text = (at, height, anchor, words, kind = "") => svg("text", { x: at, y: height, class: kind, style: `text-anchor: ${anchor}` }, words);
  return svg(
    "svg",
    { viewBox: `0 0 ${wide} ${tall}`, class: "wilu-mini wilu-along", "aria-hidden": "true" },
    svg("line", { x1: x(0), x2: x(1), y1: tall - foot + 8, y2: tall - foot + 8, class: "wilu-axis" }),
    svg("line", { x1: x(0), x2: x(1), y1: y(losses[0]), y2: y(end), class: "wilu-promise-line" }),
    svg("path", { d: path, class: "wilu-loss-line" }),
    svg("circle", { cx: x(0), cy: y(losses[0]), r: 5, class: "wilu-dot" }),
    svg("circle", { cx: x(1), cy: y(last), r: 5, class: "wilu-dot" }),
    text(x(0) - 10, y(losses[0]) + 4, "end", sig(losses[0]), "wilu-strong"),
    text(x(1) + 10, y(last) + 4 - apart, "start", `actual ${sig(last)}`, "wilu-strong"),
    text(x(1) + 10, y(end) + 4 + apart, "start", `promised ${sig(end)}`),
    text(x(0), tall - 6, "middle", "old weights"),
    text(x(1), tall - 6, "middle", "new weights"),
  );
}

// A loss over what the network believes, with the point where it is.
export function lossCurve(belief, loss) {
  const top = Math.max(3, loss * 1.15);
  const x = (p) => 4 + p * (WIDTH - 8);
  const y = (value) => HEIGHT - 4 - (Math.min(value, top) / top) * (HEIGHT - 8);
  const points = Array.from({ length: 60 }, (_, i) => Math.max(Math.exp(-top), (i + 0.2) / 59.4));
  const path = points.map((p, i) => `${i ? "L" : "M"}${x(Math.min(1, p)).toFixed(1)} ${y(-Math.log(Math.min(1, p))).toFixed(1)}`).join("");
  return frame(svg("line", { x1: 0, x2: WIDTH, y1: y(0), y2: y(0), class: "wilu-axis" }), svg("path", { d: path, class: "wilu-curve-line" }), svg("circle", { cx: x(belief), cy: y(loss), r: 4.5, class: "wilu-dot" }));
}
