// The stages of an update as tiles: each a number with its symbol, its picture and where it comes from.

import { h } from "../../live/dom.js";
import { count } from "../../live/format.js";
import { along, bars, lossCurve, ranked, slope, sorted } from "./charts.js";
import { math } from "./math.js";
import { plain, sig, signed, telling } from "./numbers.js";

// The tiles of one part of a stage. `how` has words, quiz, rows, effect (the probe's scalars, or null) and go(part).
export function tilesOf(model, at, how) {
  const { stage, part } = model.stages[at];
  if (stage === "forward") return forward(model, part, how);
  if (stage === "loss") return loss(model, how);
  if (stage === "backward") return backward(model, part, how);
  return part ? outcome(model, how) : equations(model);
}

function tile({ link, badge = null, lit = false, wide = false, classes = "", label }, ...children) {
  return h(
    "div",
    { class: `wilu-tile ${wide ? "wilu-wide" : ""} ${lit ? "wilu-now-tile" : ""} ${classes}`, "data-link": link, tabindex: "0", role: "group", "aria-label": label },
    badge === null ? null : h("span", { class: "wilu-badge", "aria-hidden": "true" }, badge),
    children,
  );
}

function operator(sign) {
  return h("span", { class: "wilu-operator", "aria-hidden": "true" }, sign);
}

// --- forward -------------------------------------------------------------------------------------------------------------

function forward(model, layer, { words }) {
  const sum = model.path[layer];
  const shape = model.layers[layer];
  const inputs = sum.inputs.map((i, k) => ({ name: model.inputName(layer, i), x: sum.x[k], w: sum.w[k], chosen: layer === model.chosen.layer && i === model.chosen.i }));
  const most = Math.max(...inputs.map(({ x, w }) => Math.abs(x * w)), Math.abs(sum.rest), Math.abs(sum.b ?? 0), 1e-30);
  const line = (name, sums, value, link, chosen = false) =>
    h(
      "tr",
      { class: chosen ? "wilu-followed" : "", "data-link": link },
      h("th", { scope: "row" }, name),
      h("td", { class: "wilu-work" }, sums),
      h("td", {}, signedBar(value / most)),
      h("td", { class: "wilu-amount" }, sig(value)),
    );
  const target = sum.u ?? sum.z;
  const table = h(
    "table",
    { class: "wilu-sum" },
    h(
      "tbody",
      {},
      inputs.map(({ name, x, w, chosen }) => line(chosen ? `${name} · ${model.symbol}` : name, `${sig(x)} × ${sig(w)}`, x * w, chosen ? "input" : "x", chosen)),
      line(words.plain("folded", { count: count(sum.others) }), "", sum.rest, "x"),
      sum.b === null ? null : line("bias", "", sum.b, "b", layer === model.chosen.layer && model.bias),
      h("tr", { class: "wilu-total", "data-link": "z" }, h("th", { scope: "row" }, "adds up to"), h("td", {}), h("td", {}), h("td", { class: "wilu-amount" }, sig(target))),
    ),
  );
  const unit = `{${sum.unit}}`;
  const z = `\\link{z}{z_${unit}}`;
  const softmax = shape.activation === "softmax";
  const formula = model.activation(layer, softmax ? `z_${unit}` : z, `a_${unit}`);
  const linear = `${sum.u === null ? z : `u_${unit}`} = \\sum_i \\link{x}{x_i} \\link{W}{w_{i , ${sum.unit}}}${sum.b === null ? "" : ` + \\link{b}{b_${unit}}`}`;
  const name = model.unitName(layer, sum.unit);
  return [
    tile({ link: "x", wide: true, label: `${name}: the weighted sum ${sig(target)}` }, math(linear), table),
    operator("→"),
    tile(
      { link: "a", lit: true, label: `${name} puts out ${sig(sum.a)}` },
      formula ? math(`\\link{a}{a_${unit}} = ${formula}`) : h("p", { class: "wilu-source" }, `a = ${shape.formula}`),
      softmax ? beliefBars(model) : slopePicture(model, layer, sum),
      h("p", { class: "wilu-big" }, sig(sum.a)),
      h("p", { class: "wilu-meaning" }, softmax ? `its share of e to the z: ${shape.activation}` : `${shape.activation} of ${sig(sum.z)}`),
      h("p", { class: "wilu-origin" }, sum.u === null ? "" : `batch norm: ${sig(sum.u)} → ${sig(sum.z)}. `, sum.factor === null ? "" : `× ${sig(sum.factor)} (dropout or switch)`, `1 of ${model.n} × ${shape.fan_out}`),
    ),
  ];
}

function signedBar(share) {
  const part = `${(Math.abs(share) * 50).toFixed(1)}%`;
  return h("span", { class: "wilu-signed", "aria-hidden": "true" }, h("span", { class: share < 0 ? "wilu-left" : "wilu-right", style: `width: ${part}` }));
}

function slopePicture(model, layer, sum) {
  const { [`curve_z${layer}`]: zs, [`curve_a${layer}`]: as } = model.arrays;
  return zs ? slope(zs, as, sum.z, sum.active, null, `z = ${sig(sum.z)}`) : null;
}

function beliefBars(model) {
  const { outputs } = model.arrays;
  return bars(Array.from(outputs), { marks: model.perClass ? [model.label] : [], names: model.perClass ? model.names : Array.from(outputs, (_, i) => String(i)) });
}

// --- loss ----------------------------------------------------------------------------------------------------------------

function loss(model, { words }) {
  const { sure: classes, truth } = model;
  const joined = model.loss_name === "mse" ? words.plain("mean square") : `−ln ${sig(model.belief)} = ${sig(model.row_loss, 4)}`;
  return [
    tile(
      { link: "belief", wide: true, label: classes ? `Its belief in ${truth}, the truth: ${sig(model.belief)}` : `Its answer ${sig(model.belief)}; the truth is ${truth}` },
      h("p", { class: "wilu-meaning wilu-first" }, classes ? `what it says · outlined: ${truth}, the truth` : `what it says; right is ${truth}`),
      beliefBars(model),
      h("p", { class: "wilu-big" }, sig(model.belief)),
      h("p", { class: "wilu-meaning" }, classes ? `its belief in ${truth}` : "its answer"),
      h("p", { class: "wilu-origin" }, `${model.n} × ${model.arrays.outputs.length}`),
    ),
    operator("→"),
    tile(
      { link: "loss", lit: true, label: `The loss of this row: ${sig(model.row_loss, 4)}` },
      model.lossFormula ? math(`\\link{loss}{L} = ${model.lossFormula}`) : null,
      model.loss_name !== "mse" ? lossCurve(model.belief, model.row_loss) : errorBars(model),
      h("p", { class: "wilu-big" }, sig(model.row_loss, 4)),
      h("p", { class: "wilu-meaning" }, joined),
      h("p", { class: "wilu-origin" }, model.n > 1 ? `the batch’s mean: ${sig(model.loss, 4)}` : "one number"),
    ),
  ];
}

function errorBars(model) {
  const { outputs } = model.arrays;
  const target = model.target ?? Array.from(outputs, (_, k) => (k === model.label ? 1 : 0));
  return bars(Array.from(outputs, (a, k) => (a - target[k]) ** 2), { names: Array.from(outputs, (_, k) => (model.perClass ? model.names[k] : String(k))) });
}

// --- backward ------------------------------------------------------------------------------------------------------------

function backward(model, part, how) {
  const { words, quiz } = how;
  const found = [];
  model.factors.forEach((factor, k) => {
    if (k) found.push(operator(factor.then));
    found.push(factorTile(model, factor, k, k === part, how));
  });
  const missing = quiz.blank !== null && !quiz.solved;
  const share = model.n > 1;
  const what = words.plain(share ? "factor share" : "factor product", names(model));
  const value = share ? model.share : model.gradient;
  const hidden = missing && quiz.withheld;
  found.push(operator("="));
  found.push(
    tile(
      { link: "product", badge: "=", lit: part === model.factors.length, classes: "wilu-result", label: `${what}: ${hidden ? "withheld" : sig(value)}` },
      math(model.derivative("product")),
      sorted(model.arrays.gradients, model.gradient),
      h("p", { class: "wilu-big" }, hidden ? "?" : sig(value)),
      h("p", { class: "wilu-meaning" }, what),
      h("p", { class: "wilu-origin" }, share ? words.plain("about share", { n: count(model.n), gradient: hidden ? "?" : sig(model.gradient) }) : `${ordinal(model.rank + 1)} steepest of ${count(model.size)}`),
    ),
  );
  return found;
}

function factorTile(model, factor, k, lit, { words, quiz, go }) {
  const blank = quiz.blank === k && !quiz.solved;
  const what = words.plain(`factor ${factor.what}`, names(model));
  const value = sig(factor.value, model.digits);
  const wrong = factor.right !== null;
  const label = `Factor ${k + 1}: ${what}: ${blank ? "missing, fill it in" : value}${wrong ? `; a bug is on, right would be ${sig(factor.right, model.digits)}` : ""}`;
  const element = tile(
    { link: factor.what, badge: k + 1, lit, classes: `${wrong ? "wilu-wrong-tile" : ""} ${blank ? "wilu-blank" : ""}`, label },
    math(model.derivative(factor.what)),
    factorPicture(model, factor),
    blank ? quiz.element : h("p", { class: "wilu-big" }, value, quiz.blank === k ? h("span", { class: "wilu-tick" }, " ✓") : null),
    h("p", { class: "wilu-meaning" }, what),
    h("p", { class: "wilu-origin" }, wrong && !blank ? `bug: right is ${sig(factor.right, model.digits)}` : origin(model, factor, words, blank)),
  );
  element.addEventListener("click", (event) => event.target.closest("input, button") || go("backward", k));
  return element;
}

function factorPicture(model, factor) {
  const { parts, x } = model.arrays;
  const { layer, i } = model.chosen;
  if ((factor.what === "da" || factor.what === "dz") && parts) {
    const next = factor.what === "da" ? model.chosen.layer + 1 : model.last;
    const named = next === model.last && parts.length <= 16 ? Array.from(parts, (_, k) => (model.perClass ? model.names[k] : String(k))) : null;
    return bars(Array.from(parts), { names: named });
  }
  if (factor.what === "slope") {
    const { z, active } = model.path[layer];
    const { [`curve_z${layer}`]: zs, [`curve_a${layer}`]: as } = model.arrays;
    return zs ? slope(zs, as, z, active, factor.value, `z = ${sig(z)}`) : null;
  }
  if (factor.what === "input") return ranked(Array.from(layer ? model.arrays[`a${layer - 1}`] : x), i);
  if (factor.what === "truth") return lossCurve(model.belief, model.row_loss);
  if (["answer", "dz", "da"].includes(factor.what)) return beliefBars(model);
  return null;
}

function origin(model, factor, words, blank) {
  const { layer, i } = model.chosen;
  const shape = model.layerOf;
  const size = { da: shape.fan_out, slope: shape.fan_out, dz: shape.fan_out, input: shape.fan_in }[factor.what];
  const joined = factor.what === "dz" && !model.arrays.parts;
  const pixel = factor.what === "input" && layer === 0 ? model.pixel(i) : null;
  const batch = factor.what === "truth" && model.n > 1;
  const own = factor.what === "da" && model.out;
  const single = factor.what === "da" && model.arrays.parts?.length === 1;
  const name = `about ${factor.what}${joined ? " joined" : pixel ? " pixel" : batch ? " batch" : own ? " out" : single ? " single" : ""}`;
  const values = {
    count: model.arrays.parts?.length ?? "",
    n: count(model.n),
    gradient: model.loss_gradient,
    belief: sig(model.belief),
    formula: shape.derivative,
    a: sig(model.path[layer].active),
    pixel,
  };
  const text = factor.what === "answer" ? "a (1 − a), or −a a" : words.plain(name, values);
  return [blank ? "" : text, size ? h("span", { class: "wilu-shape" }, `1 of ${model.n} × ${count(size)}`) : null];
}

// The values that texts about factors may name.
export function names(model) {
  return {
    to: model.to,
    from: model.from,
    w: model.symbol,
    parameter: model.bias ? "bias" : "weight",
    truth: model.truth,
    activation: model.layerOf.activation,
  };
}

export function ordinal(number) {
  const rest = number % 100;
  const ending = rest > 10 && rest < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th");
  return `${count(number)}${ending}`;
}

// --- update --------------------------------------------------------------------------------------------------------------

const LINKS = { g: "product", "g_L": "product" };

function equations(model) {
  return [
    h(
      "div",
      { class: `wilu-equations ${model.equations.length < 3 ? "wilu-few" : model.equations.length > 3 ? "wilu-many" : ""}` },
      model.equations.map(({ link, formula, values }) =>
        h(
          "div",
          { class: "wilu-equation", "data-link": link, tabindex: "0", role: "group", "aria-label": Object.entries(values).map(([name, value]) => `${name} is ${plain(value)}`).join(", ") },
          math(formula, { links: LINKS }),
          math(formula, { links: LINKS, values, digits: (name) => (link === "w" && name.startsWith("w") ? telling(values.w, values["w'"] - values.w) : 3) }),
        ),
      ),
    ),
  ];
}

function outcome(model, { words, effect, effectArrays }) {
  if (!effect) return [];
  const { promised, before, after, helped, hurt } = effect;
  const layers = Array.from(effectArrays.layers);
  const number = (value, what) => h("div", { class: "wilu-count" }, h("p", { class: "wilu-big" }, value), h("p", { class: "wilu-meaning" }, what));
  return [
    tile(
      { link: "effect", wide: true, label: `Promised: ${signed(promised)}. What came of it: ${signed(after - before)}` },
      h("p", { class: "wilu-meaning wilu-first" }, words.plain("along")),
      along(Array.from(effectArrays.along), promised),
    ),
    tile(
      { link: "ripple", classes: "wilu-counts", label: `${helped} unseen examples helped, ${hurt} hurt` },
      h("p", { class: "wilu-meaning wilu-first" }, words.plain("promised by layer")),
      bars(layers, { names: layers.map((_, l) => String(l + 1)) }),
      number(String(helped), "unseen examples helped"),
      number(String(hurt), "hurt"),
    ),
  ];
}
