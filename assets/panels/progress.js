// How well it goes: the share of right answers (or the error, where there are values to learn) and the loss, on the new and
// on the training dots, each above the dashed line that answering without looking would draw.

import { GrowingEnd } from "../live/axis.js";
import { Sheet } from "../live/canvas.js";
import { count, fixed, number } from "../live/format.js";

const LEFT = 74;
const RIGHT = 46;
const KEY_ROW = 20; // the key takes a second row where the first is too short
const BOTTOM = 26;
const GAP = 30;

export function mount(element, options, { theme }) {
  element.classList.add("wil-curve");
  element.setAttribute("role", "img");
  const end = new GrowingEnd(100);
  const highest = new GrowingEnd(0.1);
  let last = null;
  let regression = false;
  let telling = null;
  const sheet = new Sheet(element, () => paint());

  function told(_, run) {
    regression = run?.task === "regression";
    if (!last) paint();
  }

  // With every frame, so that the end points and their numbers are always those of the sentence.
  function draw(arrays, scalars) {
    last = { curve: arrays.curve, outcome: scalars.outcome, run: scalars.run };
    paint();
  }

  function paint() {
    const pen = sheet.clear();
    const { width, height } = sheet;
    if (!width) return;
    const top = 10 + KEY_ROW * key(pen, width);
    const limit = last ? end.reach(Math.max(last.run.step, last.run.head ?? 0)) : end.end;
    const x = (step) => LEFT + (step / limit) * (width - LEFT - RIGHT);
    const room = height - top - BOTTOM;
    if (regression) loss(pen, x, top, room, width);
    else {
      const upper = (room - GAP) * 0.56;
      right(pen, x, top, upper, width);
      loss(pen, x, top + upper + GAP, room - GAP - upper, width);
    }
    pen.fillStyle = theme.colour("muted");
    pen.font = theme.font(12.5);
    pen.textAlign = "left";
    pen.fillText("0", LEFT, height - 6);
    pen.textAlign = "right";
    pen.fillText(`${count(limit)} updates`, width - RIGHT, height - 6);
    describe();
  }

  // What the lines stand for; returns how many rows that took.
  function key(pen, width) {
    pen.font = theme.font(13);
    pen.textAlign = "left";
    let x = 0;
    let row = 0;
    for (const [words, colour, size, dash] of [["new dots", "fill", 3, []], ["training", "muted", 1.5, []], ["guessing", "baseline", 1.5, [4, 3]]]) {
      const needed = 26 + pen.measureText(words).width;
      if (x && x + needed > width) [x, row] = [0, row + 1];
      const y = 8 + KEY_ROW * row;
      pen.strokeStyle = theme.colour(colour);
      pen.lineWidth = size;
      pen.setLineDash(dash);
      stroke(pen, [[x, y], [x + 20, y]]);
      pen.setLineDash([]);
      pen.fillStyle = theme.colour("muted");
      pen.fillText(words, x + 26, y + 4.5);
      x += needed + 14;
    }
    return row + 1;
  }

  function axis(pen, name, unit, ticks, y, width) {
    pen.textAlign = "left";
    pen.fillStyle = theme.colour("ink");
    pen.font = theme.font(13, 700);
    const nameEnd = pen.measureText(name).width + 6;
    pen.font = theme.font(12.5);
    const beside = nameEnd < LEFT - 8 - pen.measureText(number(ticks[ticks.length - 1])).width; // else below a long number
    pen.font = theme.font(13, 700);
    pen.fillText(name, 0, y(ticks[ticks.length - 1]) + (beside ? 5 : 21));
    pen.font = theme.font(12.5);
    pen.fillStyle = theme.colour("muted");
    pen.fillText(unit, 0, y(ticks[ticks.length - 1]) + 21);
    pen.textAlign = "right";
    for (const tick of ticks) {
      pen.strokeStyle = theme.colour("line");
      pen.lineWidth = 1;
      const at = Math.round(y(tick)) + 0.5;
      stroke(pen, [[LEFT, at], [width - RIGHT, at]]);
      pen.fillText(number(tick), LEFT - 8, at + 4);
    }
  }

  function baseline(pen, at, width) {
    pen.strokeStyle = theme.colour("baseline");
    pen.lineWidth = 1.5;
    pen.setLineDash([4, 3]);
    stroke(pen, [[LEFT, at], [width - RIGHT, at]]);
    pen.setLineDash([]);
  }

  function right(pen, x, top, room, width) {
    const y = (share) => top + (1 - share / 100) * room;
    axis(pen, "Right", "in 100", [0, 50, 100], y, width);
    if (!last) return;
    const { curve, outcome } = last;
    if (outcome.new_dots) baseline(pen, y((100 * outcome.new_guess) / outcome.new_dots), width);
    series(pen, curve.step, curve.accuracy, x, (share) => y(100 * share), "muted", 1.5);
    const now = outcome.new_dots ? outcome.new_right / outcome.new_dots : NaN;
    series(pen, curve.step, curve.heldout_accuracy, x, (share) => y(100 * share), "fill", 2.5, [last.run.step, now, String(Math.round(100 * now))]);
  }

  function loss(pen, x, top, room, width) {
    const values = last?.curve.heldout_loss ?? [];
    let most = last?.outcome.guess_loss ?? 0;
    const tell = (value) => (most = value > most && value < 1e6 ? value : most);
    for (const value of values) tell(value);
    tell(last?.outcome.new_loss);
    const high = highest.reach(most * 1.02);
    const y = (value) => top + (1 - Math.min(value, high) / high) * room;
    axis(pen, "Loss", "", room > 90 ? [0, high / 2, high] : [0, high], y, width);
    if (!last) return;
    const { curve, outcome } = last;
    baseline(pen, y(outcome.guess_loss), width);
    series(pen, curve.step, curve.loss, x, y, "muted", 1.5);
    const now = outcome.new_loss;
    series(pen, curve.step, values, x, y, "fill", 2.5, [last.run.step, now, fixed(now, now < 0.1 ? 3 : 2)]);
  }

  // A curve, one point a pixel at most, and where it is now. What was learned beyond the present update, after the run was
  // wound back, is drawn faintly.
  function series(pen, steps, values, x, y, colour, size, now) {
    pen.strokeStyle = pen.fillStyle = theme.colour(colour);
    pen.lineWidth = size;
    pen.lineJoin = "round";
    const past = steps.findLastIndex((step) => step <= last.run.step) + 1;
    pen.globalAlpha = 0.25;
    stroke(pen, trace(steps, values, Math.max(0, past - 1), steps.length, x, y));
    pen.globalAlpha = 1;
    const points = trace(steps, values, 0, past, x, y);
    if (now && Number.isFinite(now[1])) points.push([x(now[0]), y(now[1])]);
    stroke(pen, points);
    if (!now || !Number.isFinite(now[1])) return;
    const [step, value, text] = now;
    const at = [x(step), y(value)];
    pen.beginPath();
    pen.arc(...at, 4.5, 0, 2 * Math.PI);
    pen.fill();
    pen.font = theme.font(14, 700);
    pen.textAlign = "left";
    const wide = pen.measureText(text).width;
    const left = Math.min(at[0] + 10, sheet.width - wide);
    pen.fillStyle = theme.colour("surface");
    pen.fillRect(left - 3, at[1] - 9, wide + 6, 18);
    pen.fillStyle = theme.colour("accent");
    pen.fillText(text, left, at[1] + 5);
    pen.font = theme.font(12.5);
  }

  // The points from one up to another.
  function trace(steps, values, from, to, x, y) {
    const points = [];
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(values[i])) continue;
      const place = [x(steps[i]), y(values[i])];
      if (points.length && place[0] - points[points.length - 1][0] < 0.8 && i < to - 1) continue;
      points.push(place);
    }
    return points;
  }

  // In words, once a second at most.
  function describe() {
    telling ??= setTimeout(describeNow, 1000);
  }

  function describeNow() {
    telling = null;
    if (!last) return;
    const { outcome } = last;
    const share = `${outcome.new_right} of ${outcome.new_dots} new dots right, guessing gets ${outcome.new_guess}. `;
    element.setAttribute("aria-label", `${regression ? "" : share}Loss on new dots ${fixed(outcome.new_loss, 3)}, guessing gets ${fixed(outcome.guess_loss, 3)}.`);
  }

  return {
    draw,
    told,
    resize: paint,
    restart: () => {
      last = null;
      end.restart();
      highest.restart();
      paint();
    },
    destroy: () => {
      clearTimeout(telling);
      sheet.destroy();
    },
  };
}

function stroke(pen, points) {
  pen.beginPath();
  for (const point of points) pen.lineTo(...point);
  pen.stroke();
}
