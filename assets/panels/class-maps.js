// Where the classes go: the same unseen examples in every layer's own map, each mark the example's class. Pointing at one
// lights it, and its class, in all of them.

import { Sheet } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { count, percent } from "../live/format.js";
import { classesOf, shownRun } from "../live/run.js";
import { Tip } from "./marks/tip.js";
import { Words } from "./marks/words.js";

const HEAD = 44; // px above each map
const EDGE = 9; // px that marks keep from a map's edge
const GLIDE = 450; // ms that the marks take to their new places when the axes have been turned

export function mount(element, options, { theme, ask, status, tools, aim, light, texts, sentence }) {
  element.setAttribute("role", "img");
  const sheet = new Sheet(element, () => paint());
  const tip = new Tip(element);
  const words = new Words(texts, sentence);
  const hold = h("button", { class: "wil-button wil-small", type: "button", "aria-pressed": "false", onclick: () => toggle() }, "Hold the axes");
  const turned = h("span", { class: "wil-measured" });
  tools.append(turned, hold);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let held = null; // the step whose axes are held
  let last = null;
  let shown = null; // the places now drawn, x and y of each mark of each map
  let flips = null; // 1 or -1 for each axis of each map
  let reach = []; // how far each map reaches
  let glide = null;
  let spoken = 0;
  const unfollow = light.follow(() => glide || paint());

  function toggle() {
    held = held === null && last ? last.basis : null;
    hold.setAttribute("aria-pressed", String(held !== null));
    say(hold, held === null ? "Hold the axes" : "Let the axes turn");
    aim({ map: held === null ? {} : { basis_step: held } });
  }

  function draw(arrays, scalars) {
    const { points, explained, layers, labels, answers, rows } = arrays.map;
    const basis = scalars.map.basis_step;
    const again = last !== null && last.points.length === points.length;
    const changed = !again || last.basis !== basis;
    last = { points, explained, layers, labels, answers, rows, basis, each: rows.length };
    if (!again) [shown, reach] = [null, []];
    if (changed) flips = facing();
    const place = (i) => Math.floor(i / (2 * last.each));
    const target = Float32Array.from(points, (value, i) => (value / 1000) * flips[2 * place(i) + (i % 2)]);
    if (changed) reach = Array.from(layers, () => 0);
    target.forEach((value, i) => {
      const far = Math.abs(value);
      if (far > reach[place(i)]) reach[place(i)] = Math.ceil(far * 1.04 * 5) / 5;
    });
    say(turned, `axes of step ${count(basis)}`);
    tell();
    if (glide) glide.to = target;
    else if (changed && shown && !still) return begin(target);
    else shown = target;
    if (!glide) paint();
  }

  // An axis has no direction of its own: of both, that one is taken which leaves the marks where they were.
  function facing() {
    const { points, layers, each } = last;
    const found = new Float32Array(2 * layers.length).fill(1);
    if (!shown) return found;
    for (let axis = 0; axis < found.length; axis++) {
      let sum = 0;
      for (let i = 0; i < each; i++) {
        const at = 2 * ((axis >> 1) * each + i) + (axis & 1);
        sum += points[at] * shown[at];
      }
      if (sum < 0) found[axis] = -1;
    }
    return found;
  }

  function begin(target) {
    const from = shown;
    const start = performance.now();
    glide = { to: target };
    const step = () => {
      const share = Math.min(1, (performance.now() - start) / GLIDE);
      const eased = share * share * (3 - 2 * share);
      shown = Float32Array.from(from, (value, i) => value + (glide.to[i] - value) * eased);
      if (share < 1) glide.frame = requestAnimationFrame(step);
      else glide = null;
      paint();
    };
    step();
  }

  // Where each map is: as many beside each other as make them largest.
  function maps() {
    const pictures = last.layers.length;
    const { width, height } = sheet;
    let best = { side: -Infinity };
    for (let columns = 1; columns <= pictures; columns++) {
      const lines = Math.ceil(pictures / columns);
      const side = Math.min(width / columns - 16, height / lines - HEAD - 6);
      if (side > best.side) best = { columns, lines, side };
    }
    const { columns, lines, side } = best;
    const across = width / columns;
    const down = Math.min(height / lines, side + HEAD + 12);
    const top = Math.max(0, (height - lines * down) / 2);
    return Array.from({ length: pictures }, (_, p) => ({
      x: across * (p % columns) + (across - side) / 2,
      y: top + down * Math.floor(p / columns) + HEAD,
      side: Math.max(20, side),
    }));
  }

  // Where mark i is in map p.
  function spot({ x, y, side }, p, i) {
    const at = 2 * (p * last.each + i);
    const half = side / 2;
    const scale = (half - EDGE) / (reach[p] || 1);
    return [x + half + shown[at] * scale, y + half - shown[at + 1] * scale];
  }

  function name(layer) {
    const outputs = shownRun(status())?.sizes.length - 2;
    return layer < 0 ? "The inputs" : layer === outputs ? "The answers" : `Layer ${layer + 1}`;
  }

  function paint() {
    const pen = sheet.clear();
    if (!last || !shown || !sheet.width) return;
    maps().forEach((map, p) => draft(pen, map, p));
    speak();
  }

  function draft(pen, map, p) {
    const { layers, explained, labels, answers, rows, each } = last;
    const { x, y, side } = map;
    const names = classesOf(status());
    const final = p === layers.length - 1 && labels.length > 0;
    const { class: lit, sample } = light.on;
    pen.textAlign = "left";
    pen.fillStyle = theme.colour("ink");
    pen.font = theme.font(15, 700);
    pen.fillText(name(layers[p]), x, y - 24, side);
    pen.fillStyle = theme.colour("muted");
    pen.font = theme.font(12.5);
    const share = side < 200 ? percent(explained[p]) : `shows ${percent(explained[p])}`;
    pen.fillText(`${share}${side < 200 && final ? "" : " of the spread"}${final ? " · ringed: wrong" : ""}`, x, y - 7, side);
    pen.fillStyle = theme.colour("zero");
    pen.beginPath();
    pen.roundRect(x, y, side, side, 10);
    pen.fill();
    pen.textAlign = "center";
    const size = Math.max(9.5, Math.min(14, side / 22));
    pen.font = theme.font(size, 600);
    for (let i = 0; i < each; i++) {
      const [left, top] = spot(map, p, i);
      const k = labels.length ? labels[i] : -1;
      const faded = lit !== undefined && lit !== k;
      pen.globalAlpha = faded ? 0.12 : 0.9;
      pen.fillStyle = theme.colour(k < 0 ? "fill" : `class${k % 10}`);
      if (k >= 0 && names[k].length <= 2) pen.fillText(names[k], left, top + size * 0.36);
      else circle(pen, left, top, 3.2, true);
      pen.globalAlpha = 1;
      pen.strokeStyle = theme.colour("ink");
      if (final && answers[i] !== k && !faded) {
        pen.lineWidth = 1;
        circle(pen, left, top, size * 0.62);
      }
      if (rows[i] === sample) {
        pen.lineWidth = 2;
        circle(pen, left, top, size * 0.85);
      }
    }
  }

  function circle(pen, x, y, radius, filled = false) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    if (filled) pen.fill();
    else pen.stroke();
  }

  // --- words ---------------------------------------------------------------------------------------------------------

  // The share of examples whose nearest other one, on a map, is of their own class.
  function together(p) {
    const { points, labels, each } = last;
    let same = 0;
    for (let i = 0; i < each; i++) {
      const at = 2 * (p * each + i);
      let nearest = -1;
      let least = Infinity;
      for (let j = 0; j < each; j++) {
        if (j === i) continue;
        const other = 2 * (p * each + j);
        const far = (points[at] - points[other]) ** 2 + (points[at + 1] - points[other + 1]) ** 2;
        if (far < least) [least, nearest] = [far, j];
      }
      same += labels[nearest] === labels[i];
    }
    return String(Math.round((100 * same) / each));
  }

  function tell() {
    const { labels, layers } = last;
    if (!labels.length || layers.length < 3) return words.tell("classes-plain", {});
    words.tell("classes-told", { before: together(0), after: together(layers.length - 2) });
  }

  function speak() {
    const now = performance.now();
    if (now - spoken < 1500) return;
    spoken = now;
    const parts = Array.from(last.layers, (layer, p) => `${name(layer)}: ${percent(last.explained[p])} of the spread`);
    element.setAttribute("aria-label", `${last.each} unseen examples in every layer's own map. ${parts.join(", ")}.`);
  }

  // --- pointing ------------------------------------------------------------------------------------------------------

  function under(event) {
    if (!last || !shown) return null;
    const frame = sheet.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let found = null;
    maps().forEach((map, p) => {
      if (x < map.x || x > map.x + map.side || y < map.y || y > map.y + map.side) return;
      let least = 15;
      for (let i = 0; i < last.each; i++) {
        const [left, top] = spot(map, p, i);
        const far = Math.hypot(left - x, top - y);
        if (far < least) [least, found] = [far, { i, x, y }];
      }
    });
    return found;
  }

  function point(event) {
    const found = under(event);
    element.style.cursor = found ? "pointer" : "";
    if (!found) {
      tip.hide();
      return light.set({});
    }
    const { labels, answers, rows } = last;
    const names = classesOf(status());
    const k = labels.length ? labels[found.i] : undefined;
    const wrong = k !== undefined && answers[found.i] !== k ? `, taken for a ${names[answers[found.i]]}` : "";
    tip.show(`${k === undefined ? `example ${rows[found.i] + 1}` : `a ${names[k]}${wrong}`} · click to look at it`, found.x, found.y);
    light.set({ class: k, sample: rows[found.i] });
  }

  element.addEventListener("pointermove", point);
  element.addEventListener("pointerleave", () => {
    tip.hide();
    light.set({});
  });
  element.addEventListener("click", (event) => {
    const found = under(event);
    if (found) ask({ cmd: "look", how: "index", value: last.rows[found.i] });
  });

  return {
    draw,
    resize: paint,
    restart: () => {
      cancelAnimationFrame(glide?.frame);
      last = shown = flips = glide = null;
      reach = [];
      if (held !== null) toggle();
    },
    destroy: () => {
      unfollow();
      cancelAnimationFrame(glide?.frame);
      sheet.destroy();
    },
  };
}
