// How one unit answers to each class: a row a class, a mark an unseen example, the bold line their middle.

import { GrowingEnd } from "../live/axis.js";
import { Sheet } from "../live/canvas.js";
import { number } from "../live/format.js";
import { classesOf } from "../live/run.js";
import { ALIKE, OFF, STUCK_HIGH, STUCK_LOW } from "./marks/units.js";
import { Words } from "./marks/words.js";

const LEFT = 64;
const FOOT = 26;

export function mount(element, options, { theme, status, texts, sentence, light }) {
  element.setAttribute("role", "img");
  const sheet = new Sheet(element, () => paint());
  const words = new Words(texts, sentence);
  const high = new GrowingEnd(1e-6);
  const low = new GrowingEnd(1e-6);
  let last = null;
  let which = "";
  let spoken = 0;
  const unfollow = light.follow(() => paint());
  element.addEventListener("pointermove", (event) => {
    if (!last?.groups) return;
    const k = Math.floor((event.offsetY / (sheet.height - FOOT)) * last.groups.length);
    light.set(k >= 0 && k < last.groups.length && last.labelled ? { class: k } : {});
  });
  element.addEventListener("pointerleave", () => light.set({}));

  function draw(arrays, scalars) {
    const { answers, labels, range, rows } = arrays.unit;
    const { layer, unit } = scalars.unit;
    if (which !== `${layer}.${unit}`) {
      which = `${layer}.${unit}`;
      high.restart();
      low.restart();
    }
    const names = classesOf(status());
    const labelled = labels.length === answers.length;
    const groups = Array.from({ length: labelled ? names.length : 1 }, () => []);
    answers.forEach((answer, i) => groups[labelled ? labels[i] : 0].push([answer, rows[i]]));
    for (const group of groups) group.sort((a, b) => a[0] - b[0]);
    const middles = groups.map((group) => (group.length ? group[Math.round((group.length - 1) / 2)][0] : NaN));
    for (const answer of answers) {
      high.reach(answer);
      low.reach(-answer);
    }
    const ends = Number.isFinite(range[0]) ? [range[0], range[1]] : [low.end > 0.02 * high.end ? -low.end : 0, high.end];
    last = { ...scalars.unit, groups, middles, names: labelled ? names : ["all"], labelled, ends };
    tell();
    paint();
  }

  function tell() {
    const { state, layer, layers, unit, middles, names, labelled, groups } = last;
    const name = `Unit ${unit + 1} of ${layer === layers - 1 ? "the last layer" : layer ? `layer ${layer + 1}` : "the first layer"}`;
    const known = middles.map((value, k) => [value, k]).filter(([value]) => Number.isFinite(value)).sort((a, b) => b[0] - a[0]);
    if (state === OFF) words.tell("neuron-off", { name });
    else if (state === STUCK_LOW || state === STUCK_HIGH) words.tell("neuron-stuck", { name });
    else if (state === ALIKE) words.tell("neuron-alike", { name });
    else if (labelled && known.length > 1) words.tell("neuron-working", { name, most: names[known[0][1]], least: names[known.at(-1)[1]] });
    else words.tell("neuron-plain", { name, low: number(groups[0][0]?.[0]), high: number(groups[0].at(-1)?.[0]) });
    const now = performance.now();
    if (now - spoken < 1000) return;
    spoken = now;
    element.setAttribute("aria-label", `${name}, the middle of its answers: ${known.map(([value, k]) => `${names[k]}: ${number(value, 2)}`).join(", ")}`);
  }

  function paint() {
    const pen = sheet.clear();
    if (!last || !sheet.width) return;
    const { groups, middles, names, ends, labelled, activation } = last;
    const [right, bottom] = [sheet.width - 14, sheet.height - FOOT];
    const each = bottom / groups.length;
    const x = (value) => LEFT + ((value - ends[0]) / (ends[1] - ends[0])) * (right - LEFT);
    pen.lineWidth = 1;
    pen.font = theme.font(12);
    pen.textAlign = "center";
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const value = ends[0] + share * (ends[1] - ends[0]);
      pen.strokeStyle = theme.colour("line");
      pen.beginPath();
      pen.moveTo(Math.round(x(value)) + 0.5, 0);
      pen.lineTo(Math.round(x(value)) + 0.5, bottom);
      pen.stroke();
      pen.fillStyle = theme.colour("muted");
      pen.fillText(share === 0.5 && sheet.width > 420 ? `${number(value, 2)} · its answer (${activation.replace("_", " ")})` : number(value, 2), x(value), sheet.height - 7);
    }
    const { class: lit, sample } = light.on;
    groups.forEach((group, k) => {
      const middle = each * (k + 0.5);
      const faded = lit !== undefined && lit !== k;
      pen.strokeStyle = labelled ? theme.colour(`class${k % 10}`) : theme.colour("fill");
      pen.globalAlpha = faded ? 0.12 : 0.42;
      pen.lineWidth = 1.5;
      pen.beginPath();
      for (const [answer] of group) {
        pen.moveTo(x(answer), middle - each * 0.3);
        pen.lineTo(x(answer), middle + each * 0.3);
      }
      pen.stroke();
      pen.globalAlpha = faded ? 0.3 : 1;
      if (Number.isFinite(middles[k])) {
        pen.lineWidth = 3.5;
        pen.lineCap = "round";
        pen.beginPath();
        pen.moveTo(x(middles[k]), middle - each * 0.38);
        pen.lineTo(x(middles[k]), middle + each * 0.38);
        pen.stroke();
      }
      pen.fillStyle = theme.colour(lit === k ? "ink" : "muted");
      pen.font = theme.font(15, lit === k ? 700 : 400);
      pen.textAlign = "right";
      pen.fillText(names[k], LEFT - 16, middle + 5, LEFT - 18);
      pen.globalAlpha = 1;
      const one = group.find(([, row]) => row === sample);
      if (one) {
        pen.beginPath();
        pen.arc(x(one[0]), middle, 6, 0, 2 * Math.PI);
        pen.strokeStyle = theme.colour("ink");
        pen.lineWidth = 2;
        pen.stroke();
      }
    });
  }

  return {
    draw,
    resize: paint,
    restart: () => (last = null),
    destroy: () => {
      unfollow();
      sheet.destroy();
    },
  };
}
