// The gradient check, a column a run: how far each gradient that it learns with is from what really happens when a weight
// is nudged. Right ones lie far to the left, wrong ones beyond the limit; a ring shows where the right gradient lies.

import { Sheet } from "../live/canvas.js";
import { h } from "../live/dom.js";

const LEFT = 70; // px for the layers' names
const TOP = 58;
const BOTTOM = 46;
const LOW = -11; // powers of ten that the axis spans
const HIGH = 0;
const GAP = 26; // px between two runs

export function mount(element, options, { theme, status, runs }) {
  const box = h("div", { class: "wil-check-room", role: "img" });
  const key = h("p", { class: "wil-check-key" }, sign("●", "right"), " agrees · ", sign("✗", "wrong"), " does not · ", sign("○", "right"), " where the right gradient lies");
  element.append(box, key);
  const sheet = new Sheet(box, () => paint());

  // The runs that were checked: {label, checks: [{layer, bias, error, right}], limit}.
  function columns() {
    const told = status();
    return (told?.runs ?? []).flatMap((run) => {
      const found = runs.get(run.id)?.probes.check;
      if (!found?.arrays.layer) return [];
      const { layer, bias, error, right } = found.arrays;
      const checks = Array.from(layer, (l, i) => ({ layer: l, bias: Boolean(bias[i]), error: error[i], right: right[i] }));
      return [{ label: told.comparison?.labels[run.id] ?? run.title, checks, limit: found.scalars.limit }];
    });
  }

  function paint() {
    const pen = sheet.clear();
    const all = columns();
    if (!all.length || !sheet.width) return;
    const rows = [...new Map(all.flatMap(({ checks }) => checks).map((check) => [nameOf(check), check])).keys()].sort();
    const width = (sheet.width - LEFT - GAP * (all.length - 1) - 14) / all.length;
    const down = (sheet.height - TOP - BOTTOM) / rows.length;
    const y = (name) => TOP + (rows.indexOf(name) + 0.5) * down;
    pen.textBaseline = "middle";
    pen.font = theme.font(14);
    pen.textAlign = "left";
    pen.fillStyle = theme.colour("ink");
    for (const name of rows) pen.fillText(name, 0, y(name));
    all.forEach((one, i) => column(pen, one, LEFT + i * (width + GAP), width, y));
    box.setAttribute("aria-label", all.map(spoken).join(" "));
  }

  function column(pen, { label, checks, limit }, left, width, y) {
    const x = (error) => left + ((Math.log10(Math.max(error, 10 ** LOW)) - LOW) / (HIGH - LOW)) * width;
    const bottom = sheet.height - BOTTOM;
    const wrong = checks.some(({ error }) => error > limit);
    pen.textAlign = "left";
    pen.font = theme.font(14, 600);
    pen.fillStyle = theme.colour("ink");
    pen.fillText(fitted(pen, label, width), left, 12);
    pen.font = theme.font(14);
    pen.fillStyle = theme.colour(wrong ? "wrong" : "accent");
    pen.fillText(wrong ? "✗ the check fails" : "✓ the check passes", left, 33);
    pen.lineWidth = 1;
    pen.strokeStyle = theme.colour("line");
    pen.fillStyle = theme.colour("muted");
    pen.font = theme.font(12);
    pen.textAlign = "center";
    for (const power of [-10, -5, 0]) {
      line(pen, x(10 ** power), TOP - 6, bottom);
      pen.fillText(power ? `10${raised(power)}` : "1", x(10 ** power), bottom + 14);
    }
    pen.setLineDash([5, 4]);
    pen.strokeStyle = theme.colour("baseline");
    line(pen, x(limit), TOP - 6, bottom);
    pen.setLineDash([]);
    pen.fillText(width > 150 ? "agrees up to here" : "limit", x(limit), bottom + 32);
    for (const check of checks) mark(pen, check, limit, x, y(nameOf(check)));
  }

  // One array: a ring where the right gradient lies, and a dot, or a cross, where the run's own does.
  function mark(pen, { error, right }, limit, x, y) {
    const off = error > limit;
    if (off) {
      pen.strokeStyle = theme.colour("wrong");
      pen.lineWidth = 1.25;
      pen.beginPath();
      pen.moveTo(x(right) + 6, y);
      pen.lineTo(x(error) - 8, y);
      pen.stroke();
      pen.strokeStyle = theme.colour("accent");
      pen.lineWidth = 1.75;
      circle(pen, x(right), y, 5).stroke();
      pen.strokeStyle = theme.colour("wrong");
      pen.lineWidth = 2.5;
      for (const way of [-1, 1]) {
        pen.beginPath();
        pen.moveTo(x(error) - 5, y - 5 * way);
        pen.lineTo(x(error) + 5, y + 5 * way);
        pen.stroke();
      }
      pen.font = theme.font(13, 600);
      pen.fillStyle = theme.colour("wrong");
      pen.textAlign = "right";
      pen.fillText(error.toFixed(error < 0.1 ? 3 : 2), x(error) - 12, y - 10);
    } else {
      pen.fillStyle = theme.colour("accent");
      circle(pen, x(error), y, 5.5).fill();
    }
  }

  function circle(pen, x, y, radius) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    return pen;
  }

  function line(pen, x, from, to) {
    const at = Math.round(x) + 0.5;
    pen.beginPath();
    pen.moveTo(at, from);
    pen.lineTo(at, to);
    pen.stroke();
  }

  return { draw: paint, resize: paint, restart: paint, destroy: () => sheet.destroy() };
}

function sign(mark, colour) {
  return h("span", { class: `wil-check-${colour}`, "aria-hidden": "true" }, mark);
}

function nameOf({ layer, bias }) {
  return `Layer ${layer + 1} ${bias ? "b" : "W"}`;
}

function raised(power) {
  return String(power).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
}

function fitted(pen, label, width) {
  let text = label;
  while (text.length > 4 && pen.measureText(text).width > width) text = `${text.slice(0, -2).trimEnd()}…`;
  return text;
}

function spoken({ label, checks, limit }) {
  const wrong = checks.filter(({ error }) => error > limit);
  if (!wrong.length) return `${label}: every gradient agrees with the measured slopes.`;
  return `${label}: wrong in ${wrong.map((check) => `${nameOf(check)} (${check.error.toFixed(2)})`).join(", ")}.`;
}
