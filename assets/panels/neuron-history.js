// How much of the error one unit has felt, over the updates so far: the middle of the unseen examples and a band.

import { GrowingEnd } from "../live/axis.js";
import { Sheet } from "../live/canvas.js";
import { count, number } from "../live/format.js";
import { tick } from "./marks/ladder.js";

const [LEFT, RIGHT, TOP, FOOT] = [56, 64, 8, 26];

export function mount(element, options, { theme, status }) {
  element.setAttribute("role", "img");
  const sheet = new Sheet(element, () => paint());
  const end = new GrowingEnd(100);
  let last = null;
  let powers = [-3, 0];
  let which = "";

  function draw(arrays, scalars) {
    const { layer, unit } = scalars.history;
    const { step, felt } = arrays.history;
    if (!step?.length) return;
    if (which !== `${layer}.${unit}`) {
      which = `${layer}.${unit}`;
      powers = [-3, 0];
    }
    end.reach(scalars.run.head);
    const newest = new Map();
    step.forEach((one, i) => newest.set(one, i));
    const order = [...newest.values()].sort((a, b) => step[a] - step[b]);
    for (let i = 0; i < felt.length; i += 3) {
      if (felt[i + 1] > 0) powers[0] = Math.max(-30, Math.min(powers[0], Math.floor(Math.log10(felt[i + 1]))));
      if (felt[i + 2] > 0) powers[1] = Math.max(powers[1], Math.ceil(Math.log10(felt[i + 2])));
    }
    last = { step, felt, order, here: scalars.run.step };
    const now = felt[3 * order.at(-1) + 1];
    element.setAttribute("aria-label", `The gradient at this unit over the updates so far; the newest middle value is ${number(now, 2)}.`);
    paint();
  }

  function paint() {
    const pen = sheet.clear();
    if (!last || !sheet.width) return;
    const { step, felt, order, here } = last;
    const [right, bottom] = [sheet.width - RIGHT, sheet.height - FOOT];
    const x = (at) => LEFT + (at / end.end) * (right - LEFT);
    const y = (value) => (value > 0 ? bottom - Math.max(0, (Math.log10(value) - powers[0]) / (powers[1] - powers[0])) * (bottom - TOP) : bottom);
    pen.lineWidth = 1;
    pen.font = theme.font(12);
    const every = Math.ceil((powers[1] - powers[0]) / Math.max(2, Math.floor((bottom - TOP) / 28)));
    for (let power = powers[0]; power <= powers[1]; power++) {
      if ((power - powers[1]) % every) continue;
      pen.strokeStyle = theme.colour("line");
      pen.beginPath();
      pen.moveTo(LEFT, Math.round(y(10 ** power)) + 0.5);
      pen.lineTo(right, Math.round(y(10 ** power)) + 0.5);
      pen.stroke();
      pen.fillStyle = theme.colour("muted");
      pen.textAlign = "right";
      pen.fillText(tick(power), LEFT - 8, y(10 ** power) + 4);
    }
    pen.textAlign = "left";
    pen.fillText("0", LEFT, sheet.height - 7);
    pen.textAlign = "right";
    pen.fillText(`${count(end.end)} updates`, right, sheet.height - 7);
    marks(pen, x, bottom);
    const until = order.filter((i) => step[i] <= here);
    for (const [part, alpha] of [[order, 0.3], [until, 1]]) line(pen, part, x, y, alpha);
    const newest = until.at(-1);
    if (newest === undefined) return;
    const value = felt[3 * newest + 1];
    pen.fillStyle = theme.colour("fill");
    pen.beginPath();
    pen.arc(x(step[newest]), y(value), 5, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = theme.colour("ink");
    pen.font = theme.font(14, 700);
    pen.textAlign = "left";
    pen.fillText(number(value, 2), Math.min(x(step[newest]) + 10, right + 6), y(value) + 5);
  }

  function line(pen, order, x, y, alpha) {
    const { step, felt } = last;
    pen.fillStyle = pen.strokeStyle = theme.colour("fill");
    pen.globalAlpha = 0.18 * alpha;
    pen.beginPath();
    for (const i of order) pen.lineTo(x(step[i]), y(felt[3 * i + 2]));
    for (const i of [...order].reverse()) pen.lineTo(x(step[i]), y(felt[3 * i]));
    pen.fill();
    pen.globalAlpha = alpha;
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.beginPath();
    for (const i of order) pen.lineTo(x(step[i]), y(felt[3 * i + 1]));
    pen.stroke();
    pen.globalAlpha = 1;
  }

  // Hairlines where the learner changed something.
  function marks(pen, x, bottom) {
    const changes = status()?.runs.find(({ id }) => id === status().shown)?.marks ?? [];
    pen.setLineDash([2, 3]);
    pen.strokeStyle = theme.colour("ink");
    pen.globalAlpha = 0.6;
    for (const [at] of changes) {
      if (at > end.end) continue;
      pen.beginPath();
      pen.moveTo(Math.round(x(at)) + 0.5, TOP);
      pen.lineTo(Math.round(x(at)) + 0.5, bottom);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  return {
    draw,
    resize: paint,
    told: () => last && paint(),
    restart: () => {
      last = null;
      end.restart();
      paint();
    },
    destroy: () => sheet.destroy(),
  };
}
