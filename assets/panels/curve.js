// A small live curve: one share over the updates so far, with the line that guessing would draw.

import { Sheet } from "../live/canvas.js";
import { GrowingEnd } from "../live/axis.js";
import { count } from "../live/format.js";
import { classesOf } from "../live/run.js";

const LEFT = 38;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 30;

export function mount(element, options, { theme, status }) {
  element.classList.add("wil-curve");
  element.setAttribute("role", "img");
  const end = new GrowingEnd(300);
  let last = null;
  const sheet = new Sheet(element, () => paint());

  function draw(arrays, scalars) {
    last = { steps: arrays.curve.step, values: arrays.curve[options.series], scalars };
    paint();
  }

  function paint() {
    const pen = sheet.clear();
    if (!sheet.width) return;
    const { width, height } = sheet;
    const bottom = height - BOTTOM;
    const y = (share) => bottom - share * (bottom - TOP);
    pen.font = theme.font(13);
    pen.lineWidth = 1;
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      pen.strokeStyle = theme.colour("line");
      line(pen, LEFT, Math.round(y(share)) + 0.5, width - RIGHT);
      pen.fillStyle = theme.colour("muted");
      pen.textAlign = "right";
      pen.fillText(100 * share, LEFT - 10, y(share) + 4.5);
    }
    const chance = status() ? 1 / classesOf(status()).length : 0.1;
    pen.strokeStyle = theme.colour("baseline");
    pen.setLineDash([5, 4]);
    pen.lineWidth = 1.25;
    line(pen, LEFT, Math.round(y(chance)) + 0.5, width - RIGHT);
    pen.setLineDash([]);
    if (!last) return;
    const { steps, values, scalars } = last;
    const now = scalars.run.step;
    const limit = end.reach(Math.max(now, scalars.run.head));
    const x = (step) => LEFT + (step / limit) * (width - LEFT - RIGHT);
    pen.fillStyle = theme.colour("muted");
    pen.textAlign = "left";
    pen.fillText("0", LEFT, height - 8);
    pen.textAlign = "right";
    pen.fillText(`${count(limit)} ${scalars.run.batch_size === 1 ? "digits seen" : "updates"}`, width - RIGHT, height - 8);
    const past = steps.findLastIndex((step, i) => step <= now && values[i] >= 0) + 1;
    pen.globalAlpha = 0.25;
    trace(pen, steps, values, Math.max(0, past - 1), steps.length, x, y);
    pen.globalAlpha = 1;
    const { heldout_step: at, [options.series]: share } = scalars.run; // at a standstill it is measured where it stands
    const more = past > 0 && share >= 0 && (at > steps[past - 1] || Math.abs(share - values[past - 1]) > 1e-6);
    const point = more ? trace(pen, [...steps.slice(0, past), at], [...values.slice(0, past), share], 0, past + 1, x, y) : trace(pen, steps, values, 0, past, x, y);
    if (point) dot(pen, point);
    label(pen, more ? [share] : values.slice(0, past), y, chance, width);
  }

  // The curve from one point up to another, at most one a pixel column; gives where it ends. What the run has learned
  // beyond the present update, after it was wound back, is drawn faintly.
  function trace(pen, steps, values, from, to, x, y) {
    pen.strokeStyle = pen.fillStyle = theme.colour("fill");
    pen.lineWidth = 2.25;
    pen.lineJoin = "round";
    pen.beginPath();
    let at = -1;
    let point = null;
    for (let i = from; i < to; i++) {
      if (!(values[i] >= 0)) continue;
      point = [x(steps[i]), y(values[i])];
      if (point[0] - at < 0.7 && i < to - 1) continue;
      at = point[0];
      pen.lineTo(...point);
    }
    pen.stroke();
    return point;
  }

  function dot(pen, point) {
    pen.beginPath();
    pen.arc(point[0], point[1], 5, 0, 2 * Math.PI);
    pen.fill();
  }

  // What the dashed line is, below it, where the curve seldom goes.
  function label(pen, values, y, chance, width) {
    pen.fillStyle = theme.colour("muted");
    pen.textAlign = "right";
    pen.fillText(options.baseline, width - RIGHT, y(chance) + 14);
    const best = values.length ? Math.round(100 * values[values.length - 1]) : null;
    if (best !== null) element.setAttribute("aria-label", `${options.spoken}: ${best} now. Guessing gets ${Math.round(100 * chance)}.`);
  }

  function line(pen, from, y, to) {
    pen.beginPath();
    pen.moveTo(from, y);
    pen.lineTo(to, y);
    pen.stroke();
  }

  return {
    draw,
    resize: paint,
    restart: () => {
      last = null;
      end.restart();
      paint();
    },
    told: () => last || paint(),
    destroy: () => sheet.destroy(),
  };
}
