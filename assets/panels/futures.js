// Several runs in one picture: a curve each over the same updates, named where it ends, with a line where they parted.
// Every run keeps its own pattern of dashes; the shown one is the strong green one.

import { Sheet, words } from "../live/canvas.js";
import { GrowingEnd } from "../live/axis.js";
import { h, svg } from "../live/dom.js";
import { count, fixed } from "../live/format.js";

const LEFT = 48;
const TOP = 20;
const BOTTOM = 30;
const NARROW = 520; // px below which names stand under the picture
const LINE = 17; // px from one name beside the curves to the next
const SAMPLE = 30; // px of a line beside its name: enough to tell its pattern
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

const MEASURES = {
  loss: { title: "Loss", unit: "loss on unseen examples", column: "heldout_loss", places: 3 },
  accuracy: { title: "Right answers", unit: "right of 100 unseen", column: "heldout_accuracy", scale: 100, places: 0, top: 100 },
};

export function mount(element, options, { theme, status, runs, tools }) {
  element.classList.add("wil-futures");
  const names = options.measures ?? Object.keys(MEASURES);
  let measure = names[0];
  const tabs = names.length > 1 ? names.map((name) => h("button", { class: "wil-button wil-small wil-tab", type: "button", "aria-pressed": String(name === measure), onclick: () => turn(name) }, MEASURES[name].title)) : [];
  const close = h("label", { class: "wil-check" }, h("input", { type: "checkbox", checked: true, onchange: (event) => zoom(event.target.checked) }), "From where they parted");
  tools.append(...tabs, close);
  const box = h("div", { class: "wil-futures-room", role: "img" });
  const legend = h("div", { class: "wil-futures-legend", "aria-hidden": "true" });
  element.append(box, legend);
  const sheet = new Sheet(box, () => paint());
  const right = new GrowingEnd(300);
  const tops = Object.fromEntries(names.map((name) => [name, new GrowingEnd(MEASURES[name].top ?? 0.1)]));
  const seats = new Map(); // which pattern a run has, for as long as it is there
  let near = true;

  function seat(told) {
    const there = new Set(told.runs.map(({ id }) => id));
    for (const id of seats.keys()) if (!there.has(id)) seats.delete(id);
    for (const id of there) {
      const taken = new Set(seats.values());
      let free = 0;
      while (taken.has(free)) free++;
      if (!seats.has(id)) seats.set(id, free);
    }
  }

  // How a run's line looks: the shown one is green and strong, its dashes are its own.
  function look({ id, shown }) {
    const place = seats.get(id);
    return { colour: shown ? "fill" : place < 4 ? "ink" : "muted", dashes: DASHES[place % 4], width: shown ? 2.5 : 1.5 };
  }

  function turn(name) {
    measure = name;
    tabs.forEach((tab, i) => tab.setAttribute("aria-pressed", String(names[i] === name)));
    paint();
  }

  function zoom(on) {
    near = on;
    restart();
  }

  // The runs that have a curve: {id, label, shown, steps, values, now}.
  function lines() {
    const told = status();
    const { column, scale = 1 } = MEASURES[measure];
    return (told?.runs ?? []).flatMap((run) => {
      const state = runs.get(run.id);
      const curve = state?.probes.curve?.arrays;
      if (!curve?.step) return [];
      const label = told.comparison?.labels[run.id] || run.name || run.title;
      return [{ id: run.id, label, shown: run.id === told.shown, steps: curve.step, values: curve[column], scale, now: state.scalars.step, head: Math.max(run.head, state.scalars.head) }];
    });
  }

  function paint() {
    const pen = sheet.clear();
    const { width, height } = sheet;
    const told = status();
    if (!width || !told) return;
    seat(told);
    const all = lines();
    const narrow = width < NARROW;
    const margin = narrow || all.length < 2 ? 90 : Math.min(280, Math.max(170, 0.26 * width));
    const bottom = height - BOTTOM;
    const partings = Object.values(told.comparison?.parted ?? {}).filter((step) => step !== null);
    const parting = partings.length ? Math.min(...partings) : 0;
    const first = near && parting > 0 ? Math.floor(Math.min(parting * 0.9, ...all.map((one) => newest(one, parting).step))) : 0;
    const now = Math.max(0, ...all.map((one) => one.now));
    const end = Math.max(right.reach(Math.max(0, ...all.map((one) => one.head))), first + 10);
    const top = tops[measure];
    for (const one of all) if (Number.isFinite(newest(one).value)) top.reach(Math.min(newest(one).value, MEASURES[measure].top ?? 20));
    for (const one of all) for (let i = 0; i < one.values.length; i++) if (one.steps[i] >= first && Number.isFinite(one.values[i])) top.reach(Math.min(one.values[i] * one.scale, MEASURES[measure].top ?? 20));
    const x = (step) => LEFT + ((step - first) / (end - first)) * (width - LEFT - margin);
    const y = (value) => bottom - (Math.min(value, top.end) / top.end) * (bottom - TOP);
    grid(pen, first, end, top.end, x, y, bottom);
    const chance = guess(pen, told, y, x(end));
    publish(pen, told, first, x, y, end);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, 0, x(end) - LEFT + 6, height);
    pen.clip();
    for (const one of [...all].sort((a, b) => a.shown - b.shown)) draw(pen, one, x, y, now);
    pen.restore();
    for (const one of all) dot(pen, one, x, y);
    part(pen, [...new Set(partings)].filter((step) => step > 0), x, bottom);
    label(pen, all, chance, x(end), y, bottom, width, narrow);
    legend.hidden = !narrow;
    if (narrow) legend.replaceChildren(...all.map((one) => h("span", { class: one.shown ? "wil-futures-shown" : "" }, sample(one), one.label)));
    describe(all);
  }

  function grid(pen, first, end, high, x, y, bottom) {
    pen.font = theme.font(13);
    pen.lineWidth = 1;
    for (const share of [0, 0.5, 1]) {
      pen.strokeStyle = theme.colour("line");
      const level = Math.round(y(high * share)) + 0.5;
      stroke(pen, [LEFT, level], [x(end), level]);
      pen.fillStyle = theme.colour("muted");
      pen.textAlign = "right";
      pen.fillText(String(Number((high * share).toPrecision(3))), LEFT - 8, level + 4);
    }
    pen.textAlign = "left";
    pen.fillText(count(first), LEFT, bottom + 20);
    pen.fillText(MEASURES[measure].unit, LEFT, 11);
    pen.textAlign = "right";
    pen.fillText(`${count(end)} updates`, x(end), bottom + 20);
  }

  // The line that guessing would draw; returns its value, or null where the runs have no such line in common.
  function guess(pen, told, y, right) {
    const run = told.runs[0];
    const classes = run?.classes?.length;
    if (!classes || told.runs.some((other) => other.classes?.length !== classes)) return null;
    const level = measure === "accuracy" ? 100 / classes : run.guessing.loss;
    const same = measure === "accuracy" || told.runs.every((other) => other.guessing.loss === level);
    if (level === null || !same || level > tops[measure].end) return null;
    pen.setLineDash([5, 4]);
    pen.strokeStyle = theme.colour("baseline");
    stroke(pen, [LEFT, y(level)], [right, y(level)]);
    pen.setLineDash([]);
    return level;
  }

  // What the tutorial's author reports, where it is of the same measure: diamonds, or a line where it is one number.
  function publish(pen, told, first, x, y, end) {
    const known = told.runs.map(({ published }) => published).find((one) => one);
    if (!known || measure !== "accuracy" || first > 0) return;
    const level = known.steps.length === 1;
    const points = known.steps.map((step, i) => [step, 100 * known.accuracy[i]]).filter(([step]) => step <= end);
    pen.strokeStyle = pen.fillStyle = theme.colour("baseline");
    pen.setLineDash([5, 4]);
    if (level) stroke(pen, [LEFT, y(100 * known.accuracy[0])], [x(end), y(100 * known.accuracy[0])]);
    pen.beginPath();
    for (const [step, value] of points) pen.lineTo(x(step), y(value));
    pen.stroke();
    pen.setLineDash([]);
    for (const [step, value] of level ? [] : points) {
      pen.beginPath();
      for (const [dx, dy] of [[0, -5], [5, 0], [0, 5], [-5, 0]]) pen.lineTo(x(step) + dx, y(value) + dy);
      pen.fill();
    }
    pen.fillStyle = theme.colour("muted");
    pen.textAlign = "right";
    if (level) pen.fillText(`published: ${Math.round(100 * known.accuracy[0])}`, x(end), y(100 * known.accuracy[0]) - 6);
    else if (points.length) pen.fillText("published", x(points.at(-1)[0]), y(points.at(-1)[1]) - 10);
  }

  function part(pen, steps, x, bottom) {
    pen.setLineDash([2, 3]);
    pen.strokeStyle = pen.fillStyle = theme.colour("muted");
    pen.lineWidth = 1;
    pen.textAlign = "left";
    steps.forEach((step) => {
      stroke(pen, [x(step), TOP - 6], [x(step), bottom]);
    });
    pen.setLineDash([]);
    if (steps.length) words(pen, theme, `parted after ${count(steps[0])}`, x(steps[0]) + 7, bottom - 7);
  }

  // What lies after now is faint, as on the timeline.
  function draw(pen, one, x, y, now) {
    const { colour, dashes, width } = look(one);
    pen.strokeStyle = pen.fillStyle = theme.colour(colour);
    pen.lineWidth = width;
    pen.lineJoin = "round";
    pen.setLineDash(dashes);
    for (const past of [true, false]) {
      pen.globalAlpha = past ? 1 : 0.25;
      pen.beginPath();
      let last = -Infinity;
      one.steps.forEach((step, i) => {
        const value = one.values[i];
        if (!Number.isFinite(value) || (past ? step > now : one.steps[i + 1] <= now)) return;
        if (x(step) - last < 0.7 && i < one.steps.length - 1) return;
        last = x(step);
        pen.lineTo(last, y(value * one.scale));
      });
      pen.stroke();
    }
    pen.globalAlpha = 1;
    pen.setLineDash([]);
  }

  // A dot where its newest value was measured.
  function dot(pen, one, x, y) {
    const { colour, width } = look(one);
    const { step, value } = newest(one);
    if (!Number.isFinite(value)) return;
    pen.fillStyle = theme.colour(colour);
    pen.beginPath();
    pen.arc(x(step), y(value), width + 1, 0, 2 * Math.PI);
    pen.fill();
  }

  // The newest value that was measured up to an update, by default the present one, and when.
  function newest(one, until = one.now) {
    const i = one.steps.findLastIndex((step, k) => step <= until && Number.isFinite(one.values[k]));
    return i < 0 ? { step: 0, value: NaN } : { step: one.steps[i], value: one.values[i] * one.scale };
  }

  // A piece of a run's line, to stand beside its name.
  function sample(one) {
    const { colour, dashes, width } = look(one);
    const line = svg("path", { d: `M0 5h${SAMPLE}`, fill: "none", stroke: theme.colour(colour), "stroke-width": width, "stroke-dasharray": dashes.join(" ") });
    return svg("svg", { width: SAMPLE, height: 10, class: "wil-futures-sample" }, line);
  }

  // Names in the right margin, each as high as its curve is now, kept apart; that of the line for guessing among them.
  function label(pen, all, chance, end, y, bottom, width, narrow) {
    const placed = all.map((one) => ({ one, value: newest(one).value })).filter(({ value }) => Number.isFinite(value));
    if (chance !== null) placed.push({ value: chance });
    placed.sort((a, b) => b.value - a.value);
    let below = -Infinity;
    for (const place of placed) below = place.at = Math.max(y(place.value), below + LINE);
    let limit = bottom;
    for (const place of [...placed].reverse()) limit = (place.at = Math.min(place.at, limit)) - LINE;
    const left = end + 12;
    pen.textAlign = "left";
    for (const { one, value, at } of placed) {
      pen.font = theme.font(13, one?.shown ? 600 : 400);
      pen.fillStyle = theme.colour(!one ? "muted" : one.shown ? "accent" : "ink");
      if (!one) {
        pen.fillText("guessing", left, at + 4.5);
        continue;
      }
      const { colour, dashes, width: thick } = look(one);
      pen.strokeStyle = theme.colour(colour);
      pen.lineWidth = thick;
      pen.setLineDash(dashes);
      stroke(pen, [left, at], [left + SAMPLE, at]);
      pen.setLineDash([]);
      const name = fixed(value, MEASURES[measure].places) + (narrow || all.length < 2 ? "" : ` · ${one.label}`);
      pen.fillText(fit(pen, name, width - left - SAMPLE - 6), left + SAMPLE + 6, at + 4.5);
    }
  }

  function describe(all) {
    const spoken = all.map((one) => `${one.label}: ${fixed(newest(one).value, MEASURES[measure].places)}`).join("; ");
    box.setAttribute("aria-label", `${MEASURES[measure].title} of ${all.length} runs on unseen examples. ${spoken}.`);
  }

  function stroke(pen, from, to) {
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  }

  function restart() {
    right.restart();
    for (const top of Object.values(tops)) top.restart();
    paint();
  }

  return {
    draw: paint,
    told: (news) => {
      const parted = Object.values(news.comparison?.parted ?? {});
      close.hidden = !parted.some((step) => step > 0);
      paint();
    },
    resize: paint,
    restart,
    destroy: () => sheet.destroy(),
  };
}

// As much of a text as finds room.
function fit(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return `${text.slice(0, length)}…`;
}
