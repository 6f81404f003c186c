// All layers at once, a row each: what they answer over time, how much of the error reaches them, how fast they change,
// and which units are at work. A layer is a row through all of it, so there is no legend, and pointing lights the row.

import { GrowingEnd } from "../live/axis.js";
import { Sheet } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { count, number } from "../live/format.js";
import { Ladder } from "./marks/ladder.js";
import { Strip, density } from "./marks/strip.js";
import { Tip } from "./marks/tip.js";
import { STUCK_HIGH, STUCK_LOW, census, drawUnits, tiling } from "./marks/units.js";
import { Words } from "./marks/words.js";

const HEAD = 64; // px above the rows
const FOOT = 28; // px below them
const NARROW = 720; // px: below, one picture of three at a time
const TELLING = 100; // so many times more at one end than at the other is told as vanishing or exploding; our choice
const RULE = -3; // the rule of thumb for update to weight, as a power of ten
const QUANTITIES = [
  ["a", "answers", "What each layer answers", "every unit’s answer to every example"],
  ["z", "sums", "What each layer adds up", "every unit’s weighted sum, before its activation"],
  ["W", "weights", "The weights", "every weight of the layer"],
  ["dz", "gradients", "The gradients", "how the loss of each example leans on each sum"],
  ["update", "updates", "The last update", "what it changed about every weight"],
];
const RANGES = { sigmoid: [0, 1], tanh: [-1, 1], softmax: [0, 1] };

export function mount(element, options, { theme, ask, status, tools, texts, sentence, aim }) {
  const heads = ["strips", "felt", "ratio", "units"].map((name) => {
    const title = h("h3", { class: "wil-column-title" });
    const line = h("p", { class: "wil-column-line" });
    return { name, title, line, element: h("div", { class: "wil-column-head" }, title, line) };
  });
  const room = h("div", { class: "wil-layers-room" });
  const box = h("div", { class: "wil-layers", role: "img", tabindex: "0" }, room, heads.map((head) => head.element));
  const choice = h("div", { class: "wil-segments", role: "group", "aria-label": "Which picture" });
  const narrow = { shown: "felt" };
  for (const [name, label] of [["felt", "Error"], ["ratio", "Speed"], ["units", "Units"]]) {
    choice.append(h("button", { class: "wil-segment", type: "button", "aria-pressed": String(name === "felt"), onclick: (event) => choose(name, event.currentTarget) }, label));
  }
  choice.hidden = true;
  const kind = h("select", { class: "wil-select wil-small", "aria-label": "Which distribution", onchange: () => turnTo(kind.value) });
  kind.append(...QUANTITIES.map(([name, label]) => h("option", { value: name }, `over time: ${label}`)));
  kind.hidden = true;
  tools.append(kind);
  element.append(choice, box);
  const sheet = new Sheet(room, () => paint());
  const tip = new Tip(box);
  const felt = new Ladder(-2, 0);
  const ratio = new Ladder(-6, -1);
  const end = new GrowingEnd(100);
  const words = new Words(texts, sentence);
  const strips = [];
  let ends = [];
  let quantity = "a";
  let last = null;
  let lit = -1;
  let litUnit = -1;
  let spoken = 0;

  function choose(name, button) {
    narrow.shown = name;
    for (const other of choice.children) other.setAttribute("aria-pressed", String(other === button));
    paint();
  }

  function turnTo(name) {
    quantity = name;
    ends = [];
    last = null;
    aim({ layers: { quantity: name }, history: { quantity: name } });
  }

  function draw(arrays, scalars) {
    if (scalars.layers.quantity !== quantity || scalars.history.quantity !== quantity) return;
    const { layers, history } = arrays;
    const stride = history.points ? history.points.length / Math.max(1, history.step.length) : 0;
    const layersCount = layers.widths.length;
    const activations = scalars.layers.activations.split(",");
    const starts = [];
    layers.widths.reduce((sum, width) => (starts.push(sum), sum + width), 0);
    last = { layers, history, scalars, stride, layersCount, activations, starts, order: inOrder(history.step ?? []) };
    felt.reach(layers.felt.filter((_, i) => i % 3 < 2));
    felt.reach(history.felt ?? []);
    ratio.reach(layers.ratio.filter((_, i) => i % 3 < 2));
    end.reach(scalars.run.head);
    tellSentence();
    paint();
  }

  // --- geometry ------------------------------------------------------------------------------------------------------

  function geometry() {
    const { width, height } = sheet;
    const slim = width < NARROW;
    const rowsCount = last?.layersCount ?? 7;
    const top = HEAD + (slim ? -8 : 0);
    const each = (height - top - FOOT) / rowsCount;
    const label = slim ? 46 : 116;
    const axis = slim ? 0 : 20;
    const places = slim
      ? { strips: [label, label + (width - label) * 0.42], hist: 34, [narrow.shown]: [label + (width - label) * 0.42 + 34 + 26, width - 12] }
      : {
          strips: [label + axis, label + axis + width * 0.232],
          hist: width * 0.042,
          felt: [width * 0.425, width * 0.612],
          ratio: [width * 0.662, width * 0.825],
          units: [width * 0.864, width - 2],
        };
    return { slim, width, height, top, each, label, places, bottom: height - FOOT, row: (l) => top + each * (l + 0.5) };
  }

  // The least and the largest value of a layer's strip: the activation's own range, or one that grows with the run.
  function range(l) {
    const { layers, history, activations, stride, layersCount } = last;
    if (quantity === "a" && activations[l] in RANGES) return RANGES[activations[l]];
    const own = (ends[l] ??= { high: new GrowingEnd(1e-9), low: new GrowingEnd(1e-9) });
    const now = layers.points.length / layersCount;
    const inner = (points, from, size) => {
      const cut = Math.max(1, Math.round(size * 0.03));
      const high = points[from + size - 1 - cut];
      const low = points[from + cut];
      if (Number.isFinite(high)) own.high.reach(Math.max(0, high));
      if (Number.isFinite(low)) own.low.reach(Math.max(0, -low));
    };
    inner(layers.points, l * now, now);
    const then = stride / layersCount;
    const columns = history.step?.length ?? 0;
    for (let k = own.seen ?? 0; k < columns; k++) inner(history.points, k * stride + l * then, then);
    own.seen = columns;
    const high = own.high.end;
    const low = own.low.end;
    if (quantity === "a" && low < 0.02 * high) return [0, high];
    const both = Math.max(high, low);
    return [-both, both];
  }

  // --- painting ------------------------------------------------------------------------------------------------------

  function paint() {
    const pen = sheet.clear();
    if (!sheet.width) return;
    const g = geometry();
    choice.hidden = !g.slim;
    layHeads(g);
    if (!last) return;
    if (lit >= 0) {
      pen.fillStyle = theme.colour("zero");
      pen.globalAlpha = 0.6;
      pen.fillRect(0, g.top + g.each * lit, g.width, g.each);
      pen.globalAlpha = 1;
    }
    pen.strokeStyle = theme.colour("line");
    pen.lineWidth = 1;
    for (let l = 1; l < last.layersCount; l++) {
      const y = Math.round(g.top + g.each * l) + 0.5;
      pen.beginPath();
      pen.moveTo(0, y);
      pen.lineTo(g.width, y);
      pen.stroke();
    }
    names(pen, g);
    history(pen, g);
    if (g.places.felt) feltPicture(pen, g);
    if (g.places.ratio) ratioPicture(pen, g);
    if (g.places.units) unitsPicture(pen, g);
    if (!g.slim) {
      pen.font = theme.font(12);
      pen.fillStyle = theme.colour("muted");
      pen.textAlign = "right";
      pen.fillText(`on ${last.scalars.layers.rows} unseen examples`, g.width, g.bottom + 17);
    }
    speak();
  }

  function layHeads({ places, slim, label }) {
    const about = QUANTITIES.find(([name]) => name === quantity);
    const content = {
      strips: slim ? [about[2], ""] : [about[2], `${about[3]}, update by update`],
      felt: [slim ? "Error it feels" : "How much of the error it feels", slim ? "each line: ÷ 10" : "its gradient; each line to the left is ÷ 10"],
      ratio: [slim ? "How fast it changes" : "How fast it changes", "update ÷ weights, each step"],
      units: ["Units at work", "stronger: varies more"],
    };
    for (const { name, title, line, element } of heads) {
      const place = places[name];
      element.hidden = !place;
      if (!place) continue;
      const from = name === "strips" ? (slim ? 0 : 0) : place[0] - (name === "units" ? 0 : slim ? 0 : 18);
      element.style.left = `${Math.round(from)}px`;
      element.style.width = `${Math.round((name === "strips" ? place[1] + places.hist : place[1]) - from + (slim ? 0 : 18))}px`;
      say(title, content[name][0]);
      say(line, content[name][1]);
    }
  }

  function names(pen, { slim, row, each }) {
    const { layersCount, layers } = last;
    pen.textAlign = "left";
    for (let l = 0; l < layersCount; l++) {
      const edge = l === 0 || l === layersCount - 1;
      const name = l === layersCount - 1 ? "Last layer" : l === 0 ? "First layer" : `Layer ${l + 1}`;
      const many = l === layersCount - 1 ? plural(layers.widths[l], "output") : plural(layers.widths[l], "unit");
      pen.fillStyle = theme.colour("ink");
      pen.font = theme.font(slim ? 15 : 15, edge ? 700 : 400);
      const tight = each < 30;
      pen.fillText(slim ? l + 1 : name, 0, row(l) + (tight ? 5 : slim && !edge ? 5 : -1));
      if (tight || (slim && !edge)) continue;
      pen.fillStyle = theme.colour("muted");
      pen.font = theme.font(12.5);
      pen.fillText(slim ? (l ? "last" : "first") : many, 0, row(l) + 16);
    }
  }

  // The strips with their axis, the moment shown, the marks of what was changed, and the distribution now.
  function history(pen, g) {
    const { layers, history: past, order, stride, layersCount, scalars } = last;
    const [left, right] = g.places.strips;
    const wide = right - left;
    const tall = Math.max(8, Math.min(g.each - 12, 58));
    const x = (step) => left + (Math.min(step, end.end) / end.end) * wide;
    const here = Math.round(x(scalars.run.step)) + 0.5;
    const colours = theme.bytes("zero", "fill");
    const ratioOfScreen = Math.min(2, window.devicePixelRatio || 1);
    const size = layers.points.length / layersCount;
    const then = stride / layersCount;
    for (let l = 0; l < layersCount; l++) {
      const y = g.row(l) - tall / 2;
      const [low, high] = range(l);
      const strip = (strips[l] ??= new Strip());
      const canvas = strip.paint({
        width: wide * ratioOfScreen,
        height: tall * ratioOfScreen,
        points: past.points ?? [],
        from: l * then,
        stride,
        count: then,
        order,
        steps: past.step ?? [],
        until: scalars.run.step,
        limit: end.end,
        range: [low, high],
        colours,
      });
      pen.drawImage(canvas, left, y, wide, tall);
      if (here < right - 1 && scalars.run.step < scalars.run.head) {
        pen.fillStyle = theme.colour("surface");
        pen.globalAlpha = 0.62;
        pen.fillRect(here, y, right - here, tall);
        pen.globalAlpha = 1;
      }
      if (!g.slim) {
        pen.fillStyle = theme.colour("muted");
        pen.font = theme.font(12);
        pen.textAlign = "right";
        pen.fillText(bound(high), left - 5, y + 9);
        pen.fillText(bound(low), left - 5, y + tall);
      }
      pen.fillStyle = theme.colour("ink");
      pen.fillRect(right + 1, y, 1.5, tall);
      nowBars(pen, layers.points, l * size, size, low, high, right + 5, y, g.places.hist - 5, tall);
    }
    marks(pen, g, x);
    pen.fillStyle = theme.colour("ink");
    pen.fillRect(here - 0.5, g.top + 2, 1, g.bottom - g.top - 2);
    pen.font = theme.font(12.5, 700);
    pen.textAlign = "center";
    pen.fillText("now", right + g.places.hist / 2 + 4, g.top - 5);
    pen.font = theme.font(12);
    pen.fillStyle = theme.colour("muted");
    pen.textAlign = "left";
    pen.fillText("0", left, g.bottom + 17);
    pen.textAlign = "right";
    pen.fillText(`${count(end.end)} updates`, right, g.bottom + 17);
  }

  function nowBars(pen, points, from, size, low, high, x, y, wide, tall) {
    const bins = Math.max(6, Math.floor(tall / 2.5));
    const cells = new Float64Array(bins);
    if (!density(points, from, size, low, high, bins, cells)) return;
    const most = Math.max(...cells);
    const each = tall / bins;
    pen.fillStyle = theme.colour("fill");
    for (let i = 0; i < bins; i++) {
      if (cells[i] > 0) pen.fillRect(x, y + tall - (i + 1) * each, Math.max(1, (cells[i] / most) * wide), Math.max(1, each - 0.6));
    }
  }

  // Hairlines where the learner changed something, with the latest few in words above.
  function marks(pen, g, x) {
    const changes = (status()?.runs.find(({ id }) => id === status().shown)?.marks ?? []).filter(([step]) => step <= end.end);
    pen.font = theme.font(12);
    pen.textAlign = "center";
    let free = g.places.strips[1] - 16;
    for (const [step, what, before, after] of [...changes].reverse()) {
      const at = Math.round(x(step)) + 0.5;
      pen.setLineDash([2, 3]);
      pen.strokeStyle = theme.colour("ink");
      pen.globalAlpha = 0.7;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(at, g.top - 2);
      pen.lineTo(at, g.bottom);
      pen.stroke();
      pen.setLineDash([]);
      pen.globalAlpha = 1;
      const text = `${what === "learning rate" ? "rate" : what} ${before ? `${before} → ` : ""}${after}`;
      const wide = pen.measureText(text).width;
      if (g.slim || at + wide / 2 > free || at - wide / 2 < g.places.strips[0] - 20) continue;
      pen.fillStyle = theme.colour("ink");
      pen.fillText(text, at, g.top - 5);
      free = at - wide / 2 - 12;
    }
  }

  function feltPicture(pen, g) {
    const { layers, history: past, order, layersCount, scalars } = last;
    [felt.left, felt.right] = [g.places.felt[0], g.places.felt[1]];
    felt.grid(pen, theme, g.top, g.bottom);
    const rowsAt = Array.from({ length: layersCount }, (_, l) => g.row(l));
    const values = rowsAt.map((_, l) => layers.felt[3 * l + 1]);
    const comes = values[layersCount - 1];
    const enters = Math.round(felt.place(comes)) + 0.5;
    pen.setLineDash([5, 4]);
    pen.strokeStyle = theme.colour("baseline");
    pen.lineWidth = 1.25;
    pen.beginPath();
    pen.moveTo(enters, g.top);
    pen.lineTo(enters, g.bottom);
    pen.stroke();
    pen.setLineDash([]);
    if (!g.slim) {
      pen.fillStyle = theme.colour("muted");
      pen.font = theme.font(12.5);
      pen.textAlign = "center";
      pen.fillText("nothing lost", Math.min(enters, felt.right - 12), g.top - 5);
    }
    if (order.length && past.step[order[0]] === 0 && scalars.run.step > 0 && !g.slim) {
      const from = order[0] * layersCount;
      const start = Array.from(past.felt.subarray(from, from + layersCount));
      felt.line(pen, theme, start, rowsAt, { ghost: true });
    }
    const bands = values.map((_, l) => [layers.felt[3 * l], layers.felt[3 * l + 2]]);
    felt.line(pen, theme, values, rowsAt, { bands, lit });
    values.forEach((value, l) => {
      const text = l === layersCount - 1 ? number(value, 2) : against(comes, value);
      felt.label(pen, theme, [value, ...bands[l]], rowsAt[l], text, { bold: l === 0 || l === layersCount - 1 });
    });
  }

  function ratioPicture(pen, g) {
    const { layers, layersCount } = last;
    [ratio.left, ratio.right] = [g.places.ratio[0], g.places.ratio[1]];
    const from = ratio.place(10 ** (RULE - 0.5));
    const to = ratio.place(10 ** (RULE + 0.5));
    pen.fillStyle = theme.colour("fill");
    pen.globalAlpha = theme.scheme === "dark" ? 0.2 : 0.12;
    pen.fillRect(from, g.top, to - from, g.bottom - g.top);
    pen.globalAlpha = 1;
    ratio.grid(pen, theme, g.top, g.bottom, RULE);
    const middle = Math.round(ratio.place(10 ** RULE)) + 0.5;
    pen.setLineDash([4, 3]);
    pen.strokeStyle = theme.colour("accent");
    pen.lineWidth = 1.25;
    pen.beginPath();
    pen.moveTo(middle, g.top);
    pen.lineTo(middle, g.bottom);
    pen.stroke();
    pen.setLineDash([]);
    if (!g.slim) {
      pen.font = theme.font(12.5, 700);
      pen.fillStyle = theme.colour("accent");
      pen.textAlign = "center";
      pen.fillText("about right", middle, g.top - 5);
      const half = pen.measureText("about right").width / 2 + 10;
      pen.font = theme.font(12.5);
      pen.fillStyle = theme.colour("muted");
      pen.textAlign = "right";
      if (middle - half - ratio.left > 34) pen.fillText("too slow", middle - half, g.top - 5);
      pen.textAlign = "left";
      if (ratio.right - middle - half > 24) pen.fillText("too fast", middle + half, g.top - 5);
    }
    const rowsAt = Array.from({ length: layersCount }, (_, l) => g.row(l));
    const values = rowsAt.map((_, l) => layers.ratio[3 * l + 1]);
    if (!values.some(Number.isFinite)) {
      pen.fillStyle = theme.colour("muted");
      pen.font = theme.font(13);
      pen.textAlign = "center";
      pen.fillText("after the first updates", (ratio.left + ratio.right) / 2, g.row((layersCount - 1) / 2));
      return;
    }
    const bands = values.map((_, l) => [layers.ratio[3 * l], layers.ratio[3 * l + 2]]);
    ratio.line(pen, theme, values, rowsAt, { bands, lit });
    values.forEach((value, l) => {
      if (Number.isFinite(value)) ratio.label(pen, theme, [value, ...bands[l]], rowsAt[l], value > 0 ? `1 in ${count(round(1 / value))}` : "0", { side: "right", bold: l === 0 || l === layersCount - 1 });
    });
  }

  function unitsPicture(pen, g) {
    const { layers, layersCount, activations, starts } = last;
    const [left, right] = g.places.units;
    const pin = status()?.pin;
    last.tiles = [];
    for (let l = 0; l < layersCount; l++) {
      const many = layers.widths[l];
      const parts = census(layers.state, starts[l], many, activations[l]);
      const lines = g.each >= 30 ? 1 : 0;
      const tall = Math.max(6, g.each - 4 - lines * 15);
      const { size, columns } = tiling(many, right - left, tall);
      const rowsHigh = Math.ceil(many / columns) * size;
      const y = lines ? g.row(l) - (rowsHigh + 16) / 2 : g.row(l) - rowsHigh / 2;
      last.tiles.push({ x: left, y, size, columns, many });
      drawUnits(pen, theme, {
        reach: layers.reach,
        state: layers.state,
        from: starts[l],
        count: many,
        x: left,
        y,
        size,
        columns,
        pinned: pin?.layer === l ? pin.unit : -1,
        lit: lit === l ? litUnit : -1,
      });
      if (!lines) continue;
      pen.textAlign = "left";
      pen.fillStyle = theme.colour("ink");
      pen.font = theme.font(12.5, parts[0].startsWith("all") ? 700 : 400);
      pen.fillText(parts[0], left, y + rowsHigh + 13);
      const shift = pen.measureText(parts[0]).width;
      pen.font = theme.font(12.5);
      if (parts.length > 1) pen.fillText(` · ${parts.slice(1).join(", ")}`, left + shift, y + rowsHigh + 13, right - left - shift);
    }
  }

  // --- words ---------------------------------------------------------------------------------------------------------

  function tellSentence() {
    const { layers, layersCount } = last;
    const first = layers.felt[1];
    const lastOne = layers.felt[3 * (layersCount - 1) + 1];
    const slow = layers.ratio[1] < 10 ** (RULE - 1);
    if (layersCount < 2 || !Number.isFinite(first) || !Number.isFinite(lastOne)) return words.tell("flow-broken", {});
    if (!(first > 0)) return words.tell("flow-nothing", {});
    const times = lastOne / first;
    const values = { times: count(round(Math.max(times, 1 / times))) };
    if (times >= TELLING) return words.tell(slow ? "flow-vanishing-slow" : "flow-vanishing", values);
    if (times <= 1 / TELLING) return words.tell("flow-exploding", values);
    if (Math.max(times, 1 / times) < 1.5) return words.tell("flow-even", {});
    words.tell(times > 1 ? "flow-less" : "flow-more", { times: number(Math.max(times, 1 / times), 2) });
  }

  function speak() {
    const now = performance.now();
    if (now - spoken < 1000) return;
    spoken = now;
    const { layers, layersCount, starts, activations } = last;
    const told = Array.from({ length: layersCount }, (_, l) => {
      const name = l === 0 ? "First layer" : l === layersCount - 1 ? "Last layer" : `Layer ${l + 1}`;
      const speed = layers.ratio[3 * l + 1];
      const fast = speed > 0 ? `changes by 1 in ${count(round(1 / speed))} an update` : "";
      return [`${name}: gradient ${number(layers.felt[3 * l + 1], 2)}`, fast, `units at work: ${census(layers.state, starts[l], layers.widths[l], activations[l]).join(", ")}`].filter(Boolean).join(", ");
    });
    box.setAttribute("aria-label", told.join(". "));
  }

  // --- pointing ------------------------------------------------------------------------------------------------------

  function under(event) {
    if (!last) return { l: -1, unit: -1 };
    const frame = sheet.canvas.getBoundingClientRect();
    const x = event.clientX - frame.left;
    const y = event.clientY - frame.top;
    const g = geometry();
    const l = Math.floor((y - g.top) / g.each);
    if (l < 0 || l >= last.layersCount) return { l: -1, unit: -1, x, y };
    const tiles = g.places.units && last.tiles?.[l];
    let unit = -1;
    if (tiles) {
      const column = Math.floor((x - tiles.x) / tiles.size);
      const line = Math.floor((y - tiles.y) / tiles.size);
      const place = line * tiles.columns + column;
      if (column >= 0 && column < tiles.columns && line >= 0 && place < tiles.many) unit = place;
    }
    return { l, unit, x, y };
  }

  function pointed(event) {
    const { l, unit, x, y } = under(event);
    if (l !== lit || unit !== litUnit) {
      [lit, litUnit] = [l, unit];
      paint();
    }
    room.style.cursor = unit >= 0 ? "pointer" : "";
    if (unit < 0) return tip.hide();
    const what = last.layers.state[last.starts[l] + unit];
    const share = Math.round((100 * last.layers.reach[last.starts[l] + unit]) / 255);
    const stuck = what === STUCK_LOW || what === STUCK_HIGH ? ", always at the same end" : "";
    tip.show(`unit ${unit + 1} of layer ${l + 1}: its answers span ${share} % of the range${stuck} · click to pin`, x, y);
  }

  function left() {
    tip.hide();
    if (lit < 0) return;
    lit = litUnit = -1;
    paint();
  }

  room.addEventListener("pointermove", pointed);
  room.addEventListener("pointerleave", left);
  room.addEventListener("click", (event) => {
    const { l, unit } = under(event);
    if (unit >= 0) ask({ cmd: "pin", layer: l, unit });
  });

  return {
    draw,
    resize: paint,
    told: () => last && paint(),
    deepen: (level) => (kind.hidden = level < 1),
    restart: () => {
      last = null;
      ends = [];
      felt.restart();
      ratio.restart();
      end.restart();
      paint();
    },
    destroy: () => sheet.destroy(),
  };
}

// The order of columns by step; of several at one step only the newest.
function inOrder(steps) {
  const newest = new Map();
  steps.forEach((step, i) => newest.set(step, i));
  return [...newest.values()].sort((a, b) => steps[a] - steps[b]);
}

// How much less (or more) reaches a layer than comes in at the last one.
function against(comes, value) {
  if (!(value > 0)) return "0";
  const times = comes / value;
  if (times > 1.05) return `÷ ${times < 10 ? number(times, 2) : count(round(times))}`;
  if (times < 0.95) return `× ${1 / times < 10 ? number(1 / times, 2) : count(round(1 / times))}`;
  return "the same";
}

function plural(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

// Two significant digits.
function round(value) {
  return Number(value.toPrecision(2));
}

function bound(value) {
  return Math.abs(value) >= 0.001 || value === 0 ? number(value, 2) : value.toExponential(0).replace("-", "−").replace("e−", "e−");
}
