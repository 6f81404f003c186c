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
    const newest = scalars.run.step;
    const limit = end.reach(newest);
    const x = (step) => LEFT + (step / limit) * (width - LEFT - RIGHT);
    pen.fillStyle = theme.colour("muted");
    pen.textAlign = "left";
    pen.fillText("0", LEFT, height - 8);
    pen.textAlign = "right";
    pen.fillText(`${count(limit)} ${scalars.run.batch_size === 1 ? "digits seen" : "updates"}`, width - RIGHT, height - 8);
    trace(pen, steps, values, x, y);
    label(pen, values, y, chance, width);
  }

  // The curve, at most one point a pixel column, and a dot where it is now.
  function trace(pen, steps, values, x, y) {
    pen.strokeStyle = pen.fillStyle = theme.colour("fill");
    pen.lineWidth = 2.25;
    pen.lineJoin = "round";
    pen.beginPath();
    let at = -1;
    let point = null;
    for (let i = 0; i < steps.length; i++) {
      if (!(values[i] >= 0)) continue;
      point = [x(steps[i]), y(values[i])];
      if (point[0] - at < 0.7 && i < steps.length - 1) continue;
      at = point[0];
      pen.lineTo(...point);
    }
    pen.stroke();
    if (!point) return;
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
