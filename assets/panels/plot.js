// Curves with axes, drawn by Plotly: hover for values, drag to zoom. A zoom stays while new points come in.
//
// The figure's frame (axes, colours, labels, dashed baseline) is made by pages/shared/figures.py, once for each colour
// scheme; this puts the numbers in, smooths them, and lets the axes grow in steps.

import { GrowingEnd } from "../live/axis.js";
import { h, say } from "../live/dom.js";
import { number } from "../live/format.js";

const EVERY = 180; // ms between two drawings at least
const POINTS = 1200; // at most, of one curve
const NARROW = 440; // px below which the axis' title goes and margins shrink
const LINE = 16; // px from one name beside the plot to the next

let library = null;

function plotly(base) {
  return (library ??= new Promise((resolve, reject) => {
    const script = h("script", { src: `${base}api/plotly.min.js`, onload: () => resolve(window.Plotly), onerror: reject });
    document.head.append(script);
  }));
}

export function mount(element, options, { theme, base, tools }) {
  const box = h("div", { class: "wil-plot" });
  element.append(box);
  const log = h("input", { type: "checkbox", onchange: () => change() });
  const smooth = h("input", { class: "wil-range", type: "range", min: 0, max: 0.98, step: 0.02, value: 0, "aria-label": "Smoothing", oninput: () => change() });
  const whole = h("button", { class: "wil-button wil-small wil-whole", type: "button", hidden: true, onclick: () => zoomOut() }, "Whole curve");
  element.append(whole);
  if (options.log) tools.append(h("label", { class: "wil-check" }, log, "Log scale"));
  tools.append(h("span", { class: "wil-check" }, h("span", { "aria-hidden": "true" }, "Smoothing"), smooth));

  const right = new GrowingEnd(300);
  const top = new GrowingEnd(options.top);
  let last = null;
  let zoom = null;
  let timer = null;
  let drawnAt = 0;
  let ready = null;
  let gone = false;
  let run = null;

  plotly(base).then(
    (found) => {
      ready = found;
      if (!gone) paint();
    },
    () => say(box, "The library that draws this curve could not be loaded; reload the page."),
  );

  function draw(arrays, scalars) {
    const { step, head } = scalars.run;
    const past = step < head ? step : null;
    if (last?.step === arrays.curve.step && last.past === past) return;
    last = { ...arrays.curve, past };
    timer ??= setTimeout(paint, Math.max(0, EVERY - (performance.now() - drawnAt)));
  }

  function change() {
    smooth.style.setProperty("--share", `${(100 * smooth.value) / smooth.max}%`);
    zoom = zoom && !log.checked !== (box.layout?.yaxis.type === "log") ? zoom : null;
    paint();
  }

  function zoomOut() {
    zoom = null;
    paint();
  }

  function paint() {
    clearTimeout(timer);
    timer = null;
    if (!ready || gone || !box.isConnected || !box.clientWidth) return;
    drawnAt = performance.now();
    const figure = structuredClone(options.figures[theme.scheme]);
    const { layout, data } = figure;
    layout.font = { family: theme.family };
    [layout.width, layout.height] = [box.clientWidth, box.clientHeight]; // Plotly's own measure misses presenter mode's zoom
    layout.yaxis.type = log.checked ? "log" : "linear";
    const steps = last?.step ?? [];
    const ranges = zoom ?? axes(steps);
    layout.xaxis.range = ranges.x;
    layout.yaxis.range = ranges.y;
    const [from, to] = between(steps, ranges.x);
    for (const trace of data) {
      if (trace.meta === "published") publish(trace, layout, ranges.x);
      else fill(trace, layout, steps, from, to);
    }
    layout.annotations.find(({ name }) => name === "baseline").y = baseline(layout);
    part(layout);
    if (last?.past != null) layout.shapes = [...(layout.shapes ?? []), ...veil(last.past, layout)];
    whole.hidden = !zoom;
    if (box.clientWidth < NARROW) fold(layout);
    const first = !box.layout;
    ready.react(box, data, layout, { displayModeBar: false, responsive: false, doubleClick: false, scrollZoom: false });
    if (first) {
      box.on("plotly_relayout", (event) => zoomed(event));
      box.on("plotly_doubleclick", () => zoomOut());
    }
  }

  // Looking back: what the run has learned after the present update fades.
  function veil(step, { xaxis }) {
    const after = { type: "rect", xref: "x", yref: "paper", x0: step, x1: Math.max(step, xaxis.range[1]), y0: 0, y1: 1, line: { width: 0 }, fillcolor: theme.colour("surface"), opacity: 0.72, layer: "above" };
    const now = { type: "line", xref: "x", yref: "paper", x0: step, x1: step, y0: 0, y1: 1, line: { color: theme.colour("ink"), width: 1 } };
    return [after, now];
  }

  // The line that guessing would draw: the run knows where, since it depends on its loss and its classes.
  function baseline(layout) {
    const annotation = layout.annotations.find(({ name }) => name === "baseline");
    const line = layout.shapes.find(({ name }) => name === "baseline");
    const level = run?.guessing?.[options.guess] ?? annotation.y;
    if (level !== annotation.y) annotation.text = `guessing: ${number(level, 2)}`;
    line.y0 = line.y1 = level;
    return place(level, layout);
  }

  // What the run's tutorial reports: points over its updates, or where there is but one, a line at its height.
  function publish(trace, layout, [low, high]) {
    const label = layout.annotations.find(({ name }) => name === "published");
    const known = run?.published;
    label.visible = trace.visible = Boolean(known);
    if (!known) return;
    const level = known.steps.length === 1;
    trace.x = level ? [low, high] : known.steps;
    trace.y = level ? [known.accuracy[0], known.accuracy[0]] : known.accuracy;
    trace.mode = level ? "lines" : "lines+markers";
    const seen = known.steps.filter((step) => step <= high).length;
    const next = known.accuracy[Math.max(0, seen - 1)];
    label.y = place(next, layout);
    const percentage = `${Math.round(100 * next)} %`;
    label.text = level || seen ? `published: ${percentage}` : `${percentage} published ›`;
  }

  // One curve: the points in sight, thinned out, and its name beside its newest value.
  function fill(trace, layout, steps, from, to) {
    const series = trace.meta;
    const raw = last?.[series] ?? [];
    const values = smoothed(raw, Number(smooth.value));
    const stride = Math.max(1, Math.ceil((to - from) / POINTS));
    trace.x = [];
    trace.y = [];
    for (let i = from; i < to; i += i + stride >= to && i < to - 1 ? to - 1 - i : stride) {
      trace.x.push(steps[i]);
      trace.y.push(values[i]);
    }
    const label = layout.annotations.find(({ name }) => name === series);
    const end = values[values.length - 1];
    if (label) label.visible = Number.isFinite(end);
    if (label?.visible) label.y = place(end, layout);
  }

  // A narrow figure leaves to the card's title what its vertical axis shows.
  function fold(layout) {
    layout.yaxis.title.text = "";
    layout.margin.l = 42;
    layout.margin.r = 100;
    layout.xaxis.nticks = 4;
  }

  // Where an annotation stands at a value: on a logarithmic axis Plotly wants its logarithm.
  function place(value, layout) {
    return layout.yaxis.type === "log" ? Math.log10(value) : value;
  }

  // The names beside the plot never stand on each other, and a name out of sight is left out.
  function part({ annotations, margin, yaxis }) {
    const [low, high] = yaxis.range;
    const scale = (box.clientHeight - margin.t - margin.b) / (high - low);
    const names = annotations.filter((name) => name.visible !== false && name.y >= low && name.y <= high);
    for (const name of annotations) name.visible = names.includes(name);
    names.sort((one, other) => other.y - one.y);
    const wanted = names.map(({ y }) => (high - y) * scale);
    const places = [...wanted];
    for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i], places[i - 1] + LINE);
    let below = (high - low) * scale + LINE / 2; // the lowest stays above the axis' numbers
    for (let i = places.length - 1; i >= 0; i--) below = places[i] = Math.min(places[i], below - LINE);
    names.forEach((name, i) => (name.yshift = wanted[i] - places[i]));
  }

  function axes(steps) {
    const end = right.reach(steps.length ? steps[steps.length - 1] : 0);
    if (options.fixed) return { x: [0, end], y: options.fixed };
    let least = Infinity;
    let most = 0;
    for (const trace of options.figures.light.data) {
      for (const value of last?.[trace.meta] ?? []) {
        if (value > 0 && value < least) least = value;
        if (value > most && Number.isFinite(value)) most = value;
      }
    }
    const high = top.reach(most);
    if (!log.checked) return { x: [0, end], y: [0, high] };
    const bottom = 10 ** Math.floor(Math.log10(Math.min(least, high / 10)));
    return { x: [0, end], y: [Math.log10(bottom), Math.log10(high)] };
  }

  function zoomed(event) {
    if (!("xaxis.range[0]" in event || "yaxis.range[0]" in event)) return;
    zoom = { x: [...box.layout.xaxis.range], y: [...box.layout.yaxis.range] };
    paint();
  }

  const observer = new ResizeObserver(() => paint());
  observer.observe(box);

  // Another run, or the same with other words: its baselines may be others.
  function told(_, now) {
    const known = JSON.stringify([now?.guessing, now?.published]);
    const same = known === told.known;
    [run, told.known] = [now, known];
    if (same) return;
    top.least = smallest();
    top.restart();
    paint();
  }

  // An axis reaches at least a little above what guessing would get.
  function smallest() {
    const level = run?.guessing?.[options.guess];
    return level && options.guess === "loss" ? 1.1 * level : options.top;
  }

  return {
    draw,
    told,
    resize: paint,
    restart: () => {
      last = null;
      zoom = null;
      right.restart();
      top.restart();
      paint();
    },
    destroy: () => {
      gone = true;
      clearTimeout(timer);
      observer.disconnect();
      if (box.layout) ready.purge(box);
    },
  };
}

// The running mean of a curve: each point keeps `weight` of the mean so far.
function smoothed(values, weight) {
  if (!weight) return values;
  const result = new Float32Array(values.length);
  let mean = 0;
  let share = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) {
      mean = weight * mean + (1 - weight) * values[i];
      share = weight * share + (1 - weight);
    }
    result[i] = share ? mean / share : NaN;
  }
  return result;
}

// The places of the first and past the last step in sight, with one more on either side.
function between(steps, [low, high]) {
  let from = 0;
  let to = steps.length;
  while (from < to - 1 && steps[from + 1] < low) from++;
  while (to > from + 1 && steps[to - 2] > high) to--;
  return [from, to];
}
